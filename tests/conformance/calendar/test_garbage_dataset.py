"""The collection days as a file of staff: out and in again, corrected, wrong cells named, taken back; on both engines."""

from datetime import date

import pytest

from govline.calendar.garbage import Garbage
from govline.calendar.garbage.datasets import collection_dataset
from govline.tabular import Files

AREAS = "地名,センター,燃やすごみ,資源\n東町,北工場,月 木,水2 水4\n西町,,火 金,水1 水3\n"
CENTERS = "名称,休止開始日,休止終了日\n北工場,2026/12/31,2027/1/3\n"


@pytest.fixture
def garbage():
    return Garbage()


@pytest.fixture
def town(town_db, garbage, tmp_path):
    (tmp_path / "area_days.csv").write_text(AREAS, "utf-8")
    (tmp_path / "center.csv").write_text(CENTERS, "utf-8")
    assert town_db.run(lambda tx: garbage.import_file(tx, tmp_path / "area_days.csv")).written
    return town_db


@pytest.fixture
def files(town, garbage):
    town.migrate(["govline.tabular.migrations"])
    return Files(town, [collection_dataset(garbage)])


@pytest.fixture
def file(tmp_path):
    def write(*rows, header="地区,種別,収集日"):
        path = tmp_path / "garbage.csv"
        path.write_text("\n".join([header, *rows]) + "\n", "cp932")
        return path

    return write


def book(town, garbage):
    base = town.read(garbage.book).base
    return (
        base.kinds,
        {area.name: (area.reading, area.center, dict(area.cells)) for area in base.areas},
        base.closures,
    )


def week(town, garbage, area):
    first = date(2026, 12, 7)
    found = town.read(lambda tx: garbage.next_days(tx, area, first=first, days=7))
    return {each.day.day: "・".join(each.kinds) for each in found}


def test_out_and_in_again_changes_nothing(files, town, garbage, tmp_path):
    before = book(town, garbage)
    for name in ("out.csv", "out.tsv"):
        assert files.export("garbage", tmp_path / name, encoding="cp932").rows == 4
        again = files.load("garbage", tmp_path / name)
        assert (again.unchanged, again.removed, again.written) == (4, 0, False)
    assert book(town, garbage) == before


def test_corrections_hold_at_once_and_an_undo_brings_back_what_was(files, town, garbage, file):
    before = book(town, garbage)
    assert week(town, garbage, "東町") == {7: "燃やすごみ", 9: "資源", 10: "燃やすごみ"}
    report = files.load(
        "garbage",
        file(
            "東町,燃やすごみ,毎週火・金曜日",
            "東町,資源,水2 水4",
            "西町,燃やすごみ,火 金",
            "南町,燃やすごみ,月 木",
            "南町,びん,水2",
        ),
    )
    assert (report.added, report.changed, report.unchanged, report.removed) == (2, 1, 2, 1)
    assert week(town, garbage, "東町") == {8: "燃やすごみ", 9: "資源", 11: "燃やすごみ"}
    assert week(town, garbage, "南町") == {7: "燃やすごみ", 9: "びん", 10: "燃やすごみ"}
    kinds, areas, closures = book(town, garbage)
    assert kinds == ("燃やすごみ", "資源", "びん")
    assert areas["東町"][1] == "北工場"
    assert closures == before[2]
    assert files.undo("garbage").rows == 4
    assert book(town, garbage) == before
    assert week(town, garbage, "東町") == {7: "燃やすごみ", 9: "資源", 10: "燃やすごみ"}
    assert week(town, garbage, "南町") == {}


def test_an_area_that_is_no_longer_there_goes_and_comes_back_with_its_centre(files, town, garbage, file):
    before = book(town, garbage)
    files.load("garbage", file("西町,燃やすごみ,火 金", "西町,資源,水1 水3"))
    assert list(book(town, garbage)[1]) == ["西町"]
    files.undo("garbage")
    after = book(town, garbage)
    assert after[1] == before[1]
    assert set(after[0]) == set(before[0])


def test_every_wrong_cell_is_named_and_nothing_is_written(files, town, garbage, file):
    before = book(town, garbage)
    report = files.load(
        "garbage",
        file(
            "東町,燃やすごみ,ときどき", ",資源,水2", "西町,資源,", "西町,燃やすごみ,火", "西町,燃やすごみ,金"
        ),
    )
    assert [(issue.row, issue.column, issue.code) for issue in report.issues] == [
        (2, "収集日", "unfit"),
        (3, "地区", "required"),
        (4, "収集日", "required"),
        (6, "地区", "duplicate"),
    ]
    assert "ときどき" in report.issues[0].remedy
    assert book(town, garbage) == before
