"""The search alone: items in, an answer or an honest refusal out; no database, no City."""

import subprocess
import sys

from govline.answers import Item, search


def test_five_lines():
    items = [Item("ペットボトル", "資源"), Item("やかん", "小型金属")]
    result = search(items, "ぺっとぼとるってどう捨てるの?")
    assert (result.answered, result.results[0].label) == (True, "資源")
    assert not search(items, "住民票").answered


def test_it_loads_neither_sqlalchemy_nor_the_store_nor_sudachi():
    code = (
        "import sys, govline.answers as a; "
        "a.search(a.read_items('type,name\\n資源,びん\\n'.encode()).items, 'ビン'); "
        "print([m for m in sys.modules if m.split('.')[0] in ('sqlalchemy', 'linebot', 'sudachipy') or m == 'govline.store'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
