"""Files alone: columns in, rows with all faults of each out; no database, no City."""

import subprocess
import sys
import tempfile
from datetime import date

from govline.tabular import Column, Table, read, write


def test_five_lines():
    table = Table("people", [Column("name", "氏名"), Column("born", "生年月日", type="date")], key="name")
    with tempfile.TemporaryDirectory() as folder:
        write(table, f"{folder}/a.csv", [{"name": "花子", "born": date(1985, 11, 30)}], encoding="cp932")
        reading = read(table, f"{folder}/a.csv")
        assert [row.values["born"] for row in reading] == [date(1985, 11, 30)]
    assert (reading.source.encoding, reading.report.ok) == ("cp932", True)


def test_it_loads_neither_sqlalchemy_nor_the_store_nor_openpyxl():
    code = (
        "import pathlib, sys, tempfile; from govline.tabular import Column, Table, read, write; "
        "t = Table('t', [Column('a', '番号')]); d = tempfile.TemporaryDirectory(); p = pathlib.Path(d.name, 'a.csv'); "
        "write(t, p, [{'a': '1'}]); list(read(t, p)); d.cleanup(); "
        "print([m for m in sys.modules if m.split('.')[0] in ('sqlalchemy', 'linebot', 'openpyxl') or m == 'govline.store'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
