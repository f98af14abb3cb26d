"""`govline import` and `govline export` as a clerk runs them."""

import csv
import json

import pytest

from govline.cli.towns import open_town
from govline.store import identity


@pytest.fixture
def citizen(ready):
    with open_town(ready) as city:
        return city.run(lambda tx: identity.citizen_of(tx, "U" + "1" * 32))


def rows_of(path):
    with path.open(encoding="cp932", newline="") as file:
        return list(csv.DictReader(file))


def test_out_changed_and_in_again(ready, citizen, govline):
    listed = govline("import", "--list").out
    assert "住民ID*、(ブロック中)" in listed
    for kind in ("citizens", "items", "unmatched", "garbage", "slots", "bookings"):
        assert f"\n{kind} " in f"\n{listed}"
    out = ready / "citizens.csv"
    assert "1 行" in govline("export", "citizens", str(out), "--encoding", "cp932").out
    again = govline("import", "citizens", str(out))
    assert (again.code, "Shift_JIS" in again.out, "同じ行 1" in again.out) == (0, True, True)
    (row,) = rows_of(out)
    title = next(name for name in row if name not in ("住民ID", "ブロック中"))
    with open_town(ready) as city:
        attribute = next(
            each for each in city.segments.attributes.declared if (each.label or each.name) == title
        )
    label = next(iter(attribute.choices.values()))
    out.write_bytes(
        f"住民ID,{title},知らない\n{citizen},{label},x\nnobody,{label},x\n{citizen},山のむこう,x\n".encode(
            "cp932"
        )
    )
    dry = govline("import", "citizens", str(out), "--dry-run", "--json")
    report = json.loads(dry.out)
    assert dry.code == 1
    assert [(issue["row"], issue["column"], issue["code"]) for issue in report["issues"]] == [
        (3, "住民ID", "unknown_key"),
        (4, title, "unknown_choice" if attribute.type == "choice" else "unknown_item"),
    ]
    assert (report["changed"], report["written"], report["unknown_headers"]) == (1, False, ["知らない"])
    assert govline("import", "citizens", str(out)).code == 1
    done = govline("import", "citizens", str(out), "--good-rows")
    assert "取り込みました" in done.out
    told = json.loads(govline("import", "--list", "--json").out)["datasets"]
    columns = {each["name"]: each["columns"] for each in told}["items"]
    assert [each["title"] for each in columns if each["required"]] == ["名称", "区分"]
    assert "ゴミの品目" in columns[0]["aliases"]
    assert "1 行" in govline("import", "citizens", "--undo").out
    assert govline("import", "citizens", "--undo").err.startswith("GL-0067")


def test_words_that_do_not_fit(ready, govline):
    assert govline("import", "citizens").err.startswith("GL-9110")
    assert govline("import", "nothing", "x.csv").err.startswith("GL-0063")
    assert govline("import", "citizens", "absent.csv").err.startswith("GL-0036")
    assert govline("export", "citizens", "out.csv", "--encoding", "ebcdic").err.startswith("GL-0034")
    assert json.loads(govline("export", "citizens", "out.xlsx", "--json").out)["rows"] == 0
