"""Collection rules alone: a cell or a town hall's prose in, dates out; no database, no City."""

import subprocess
import sys
from datetime import date

from govline.calendar.garbage import Rule


def test_five_lines():
    rule = Rule.parse("第1・第3水曜")
    days = rule.between(date(2026, 12, 1), date(2026, 12, 31))
    assert days == [date(2026, 12, 2), date(2026, 12, 16)]


def test_it_loads_neither_sqlalchemy_nor_the_store_nor_dateutil():
    code = (
        "import sys, datetime as d, govline.calendar.garbage as g; "
        "g.read_area_days('地名,燃やすごみ\\n東,月\\n'.encode()); "
        "print([m for m in sys.modules if m.split('.')[0] in ('sqlalchemy', 'linebot', 'dateutil') or m == 'govline.store'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
