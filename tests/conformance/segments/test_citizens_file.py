"""The citizens' attributes as a file: export, change in Excel or CSV, import, history, undo; on both engines."""

import csv
from concurrent.futures import ThreadPoolExecutor

import pytest
from attrs import evolve
from sqlalchemy import literal, select

from govline.core import DataClass
from govline.errors import FileError
from govline.segments import AttributeDef, Attributes, Segments
from govline.segments._queries import PeopleStatements
from govline.segments.dataset import citizens
from govline.store import erasure, footprints, identity
from govline.tabular import Files, journal

ATTRIBUTES = (
    AttributeDef("ward", "choice", "地区", {"m": "港", "k": "川辺"}),
    AttributeDef("size", "integer", "世帯人数"),
    AttributeDef("born", "date", "生年月日", data=DataClass.PERSONAL),
    AttributeDef("note", "text", "備考"),
    AttributeDef("topics", "tags", "受け取る話題", {"g": "ごみ", "d": "防災", "c": "子育て"}),
    AttributeDef("wants", "boolean", "希望"),
    AttributeDef("children", "children", "子", fields=(AttributeDef("birth_date", "date"),)),
)


@pytest.fixture
def segments_of():
    def make(db):
        service = Segments(Attributes(ATTRIBUTES))
        db.run(service.apply)
        return service

    return make


@pytest.fixture
def segments(any_db, segments_of):
    return segments_of(any_db)


@pytest.fixture
def people(any_db):
    return any_db.run(lambda tx: [identity.citizen_of(tx, f"U{number:032x}") for number in range(3)])


@pytest.fixture
def files(any_db, segments):
    return Files(any_db, [citizens(segments)])


def test_export_change_import_undo(any_db, files, segments, people, tmp_path):
    def fill(tx):
        segments.set(tx, people[0], "ward", "m", source="line")
        segments.set(tx, people[0], "topics", ["g", "d"], source="line")
        segments.set(tx, people[1], "born", "1990-05-01", source="line")

    any_db.run(fill)
    path = tmp_path / "citizens.csv"
    assert files.export("citizens", path, encoding="cp932").rows == 3
    assert files.load("citizens", path).unchanged == 3
    with path.open(encoding="cp932", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [
        "住民ID",
        "ブロック中",
        "地区",
        "世帯人数",
        "生年月日",
        "備考",
        "受け取る話題",
        "希望",
    ]
    rows[0] |= {"地区": "川辺", "受け取る話題": "子育て、ごみ", "世帯人数": "４", "ブロック中": "○"}
    rows[1] |= {"生年月日": "", "希望": "はい"}
    with path.open("w", encoding="cp932", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    report = files.load("citizens", path)
    assert (report.changed, report.unchanged, report.added, report.absent) == (2, 1, 0, 0)

    def read(tx):
        return [
            segments.get(tx, who, name)
            for who in people[:2]
            for name in ("ward", "topics", "size", "born", "wants")
        ]

    assert any_db.read(read) == ["k", ["c", "g"], 4, None, None, None, None, None, None, True]
    history = any_db.read(lambda tx: segments.history(tx, people[0], "ward"))
    assert [(change.value, change.source) for change in history] == [("m", "line"), ("k", "import")]
    assert files.undo("citizens").rows == 2
    assert any_db.read(read) == ["m", ["d", "g"], None, None, None, None, None, None, "1990-05-01", None]


@pytest.mark.parametrize("guard", [True, False])
def test_who_is_erased_while_a_file_is_imported_leaves_nothing(
    postgres_db, segments_of, tmp_path, monkeypatch, guard
):
    """Without the lock the page, begun before the erasure and ended after it, would bring the person's values back."""
    db, segments = postgres_db, segments_of(postgres_db)
    gone = db.run(lambda tx: identity.citizen_of(tx, "U" + "0" * 32))
    offered = citizens(segments)
    looks = []

    def erase(tx):
        segments.erase(tx, gone)
        journal.erase(tx, gone)
        erasure.erase(tx, gone)

    def find(tx, keys):
        found = offered.find(tx, keys)
        looks.append(1)
        if len(looks) == 2:  # the first look is that of the dry run
            thread.submit(db.run, erase).result(10)
        return found

    if not guard:
        monkeypatch.setattr(PeopleStatements, "holding", lambda _, ids: select(literal(1)).limit(len(ids)))
    path = tmp_path / "citizens.csv"
    path.write_text(f"住民ID,生年月日\n{gone},1990-05-01\n", encoding="utf-8")
    with ThreadPoolExecutor(1) as thread:
        load = Files(db, [evolve(offered, find=find)]).load
        if guard:
            with pytest.raises(FileError, match="GL-0066"):
                load("citizens", path)
        else:
            assert load("citizens", path).written
    left = db.read(lambda tx: footprints.find(tx, [gone]))
    assert (left == {}) == guard, left


def test_a_file_makes_no_citizens_and_names_no_birth_dates(files, people, tmp_path):
    path = tmp_path / "citizens.csv"
    path.write_text(f"住民ID,生年月日\nnobody,1990-05-01\n{people[0]},5月1日生\n", encoding="utf-8")
    report = files.check("citizens", path)
    assert [(issue.row, issue.column, issue.code) for issue in report.issues] == [
        (2, "住民ID", "unknown_key"),
        (3, "生年月日", "not_date"),
    ]
    assert "5月1日生" not in report.to_text()
