"""Datasets whose file is the whole list: what it no longer holds goes, and comes back with an undo."""

import pytest

from govline.errors import InputError
from govline.store import audit
from govline.tabular import Files, journal

HEADER = "番号,氏名,地区\n"


@pytest.fixture
def files(any_db, people):
    return Files(any_db, [people.dataset(whole=True)])


@pytest.fixture
def file(tmp_path):
    def write(*rows, name="people.csv"):
        path = tmp_path / name
        path.write_text(HEADER + "".join(f"{row}\n" for row in rows), encoding="utf-8")
        return path

    return write


def test_what_the_file_no_longer_holds_goes_and_an_undo_brings_it_back(files, file, everybody, any_db):
    files.load("people", file("1,花子,港", "2,太郎,港", "3,次郎,港"))
    first = everybody()
    path = file("000002,太郎,川辺", "000004,三郎,港")
    told = files.check("people", path)
    assert (told.added, told.changed, told.unchanged, told.removed, told.absent) == (1, 1, 0, 2, 0)
    assert "なくなる行 2" in told.to_text()
    assert told.to_json()["removed"] == 2
    assert everybody() == first
    done = files.load("people", path)
    assert (done.removed, done.written) == (2, True)
    assert [row[0] for row in everybody()] == ["000002", "000004"]
    entry = any_db.read(lambda tx: [e for e in audit.list(tx) if e.action == "tabular.done"])[-1]
    assert entry.data["removed"] == 2
    assert files.undo("people").rows == 4
    assert everybody() == first


def test_only_removals(files, file, everybody):
    files.load("people", file("1,花子,港", "2,太郎,港"))
    done = files.load("people", file("1,花子,港"))
    assert (done.added, done.changed, done.unchanged, done.removed, done.written) == (0, 0, 1, 1, True)
    assert [row[0] for row in everybody()] == ["000001"]
    files.undo("people")
    assert len(everybody()) == 2


def test_more_than_a_page_goes_and_comes_back(files, file, everybody):
    files.load("people", file(*(f"{number},住民,港" for number in range(1, 1301))))
    before = everybody()
    assert files.load("people", file("700,住民,港")).removed == 1299
    assert [row[0] for row in everybody()] == ["000700"]
    assert files.undo("people").rows == 1299
    assert everybody() == before


@pytest.mark.parametrize("rows", [("1,花子,山",), ()])
def test_a_file_with_wrong_rows_or_none_takes_nothing_away(files, file, everybody, rows):
    files.load("people", file("1,花子,港", "2,太郎,港"))
    report = files.load("people", file(*rows), good_rows=True)
    assert (report.removed, report.absent) == (0, 2 - len(rows))
    assert len(everybody()) == 2


def test_an_undo_leaves_what_somebody_has_put_there_since(files, file, everybody, any_db):
    files.load("people", file("1,花子,港", "2,太郎,港"))
    files.load("people", file("1,花子,港"))
    sql = "INSERT INTO people (no, name) VALUES ('000002', '別の人')"
    any_db.run(lambda tx: tx.connection.exec_driver_sql(sql))
    with pytest.raises(InputError, match="GL-0067"):
        files.undo("people")
    assert files.undo("people", keep_changed=True).left == 1
    assert [row[1] for row in everybody()] == ["花子", "別の人"]


def test_a_removal_that_fails_leaves_everything_as_it_was(files, file, everybody, people):
    files.load("people", file(*(f"{number},住民,港" for number in range(1, 1301))))
    before = everybody()
    people.error, people.fail_at = RuntimeError("disk"), people.pages + 2
    with pytest.raises(RuntimeError):
        files.load("people", file("700,住民,港"))
    assert everybody() == before


def test_who_was_erased_after_a_removal_does_not_come_back(files, file, everybody, any_db):
    files.load("people", file("1,花子,港", "2,太郎,港", "3,次郎,港"))
    files.load("people", file("1,花子,港"))
    any_db.run(lambda tx: journal.erase(tx, "000002"))
    assert files.undo("people").rows == 1
    assert [row[0] for row in everybody()] == ["000001", "000003"]
