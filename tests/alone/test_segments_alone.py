"""Segments alone: a filter over a table that is not ours, on bare sqlite3."""

import sqlite3
import subprocess
import sys
from contextlib import closing

from govline.segments import attr


def test_five_lines() -> None:
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(
            "CREATE TABLE resident (id, ward_cd); INSERT INTO resident VALUES (1, 'A'), (2, 'C'), (3, NULL)"
        )
        where, params = (~attr("ward").in_("A", "B")).to_sql(
            columns={"ward": "resident.ward_cd"}, dialect="sqlite"
        )
        assert db.execute(f"SELECT id FROM resident WHERE {where} ORDER BY id", params).fetchall() == [
            (2,),
            (3,),
        ]


def test_it_loads_neither_sqlalchemy_nor_the_store() -> None:
    code = (
        "import sys, govline.segments as s; "
        "f = s.attr('a').in_('x') & s.attr('b'); f.to_sql({'a': 'a', 'b': 'b'}, 'sqlite'); f.predicate()({}); "
        "s.Filter.from_json(f.to_json()); f.to_text(); "
        "print([m for m in sys.modules if m.split('.')[0] in ('sqlalchemy', 'linebot') or m == 'govline.store'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
