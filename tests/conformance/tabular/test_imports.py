"""Imports on both engines: dry run, all or nothing, good rows, undo, recovery, idempotence, audit."""

from datetime import timedelta

import pytest

from govline.core import Actor, Reason
from govline.errors import GovlineError, InputError
from govline.store import audit
from govline.tabular import Files
from govline.tabular import _queries as q
from govline.tabular.taking_back import TakingBack

HEADER = "番号,氏名,地区,生年月日\n"
CLERK = Actor("staff", "clerk-1", "import")


@pytest.fixture
def file(tmp_path):
    def write(*rows, header=HEADER, encoding="utf-8", name="people.csv"):
        path = tmp_path / name
        path.write_text(header + "".join(f"{row}\n" for row in rows), encoding=encoding)
        return path

    return write


def many(count, ward="港"):
    return [f"{number:06},住民{number},{ward},2001-02-03" for number in range(count)]


def test_a_dry_run_names_every_fault_and_writes_nothing(files, file, everybody):
    path = file(
        "000001,水俣 花子,港,令和2年4月1日",
        "000002,天草 太郎,山,2020/2/30",
        ",名無し,港,",
        "000001,二人目,港,",
        encoding="cp932",
    )
    report = files.check("people", path)
    assert [(issue.row, issue.column, issue.code) for issue in report.issues] == [
        (3, "地区", "unknown_choice"),
        (3, "生年月日", "not_date"),
        (4, "番号", "required"),
        (5, "番号", "duplicate"),
    ]
    assert (report.rows, report.refused, report.added, report.changed) == (4, 3, 1, 0)
    assert report.source.encoding == "cp932"
    assert everybody() == []
    assert not files.load("people", path).written
    assert everybody() == []


def test_good_rows_alone(files, file, everybody):
    report = files.load("people", file("000001,花子,港,", "000002,太郎,山,"), good_rows=True)
    assert (report.written, report.added, report.refused) == (True, 1, 1)
    assert [row[0] for row in everybody()] == ["000001"]


def test_new_changed_unchanged_and_absent(files, file):
    files.load("people", file("1,花子,港,", "2,太郎,港,", "3,次郎,港,"))
    report = files.load("people", file("000001,花子,港,", "000002,太郎,川辺,", "000004,三郎,港,"))
    assert (report.added, report.changed, report.unchanged, report.absent) == (1, 1, 1, 1)


def test_the_same_file_again_changes_nothing(files, file, everybody, any_db):
    path = file(*many(30))
    assert files.load("people", path, actor=CLERK).added == 30
    before = everybody()
    again = files.load("people", path, actor=CLERK)
    assert (again.added, again.changed, again.unchanged, again.written) == (0, 0, 30, False)
    assert everybody() == before
    entries = any_db.read(lambda tx: [e for e in audit.list(tx) if e.action.startswith("tabular.")])
    assert [(entry.action, entry.actor_kind) for entry in entries] == [
        ("tabular.done", "staff"),
        ("tabular.unchanged", "staff"),
    ]
    assert "花子" not in str(entries)
    assert entries[0].data["added"] == 30


def test_a_column_that_the_file_lacks_stays(files, file, everybody):
    files.load("people", file("000001,花子,港,2001-02-03"))
    report = files.load("people", file("000001,川辺", header="番号,地区\n"))
    assert report.lacking == ("氏名", "生年月日")
    assert everybody()[0][1:3] == ("花子", "k")
    files.load("people", file("000001,", header="番号,地区\n"))
    assert everybody()[0][2] is None, "an empty cell empties"


def test_undo_takes_the_last_import_back_and_then_the_one_before(files, file, everybody):
    files.load("people", file(*many(1200)))
    first = everybody()
    files.load("people", file(*many(1300, ward="川辺")))
    undone = files.undo("people")
    assert (undone.rows, undone.left) == (1300, 0)
    assert everybody() == first
    assert files.undo("people").rows == 1200
    assert everybody() == []
    with pytest.raises(InputError, match="GL-0067"):
        files.undo("people")


def test_undo_is_refused_where_rows_changed_since(files, file, everybody, any_db):
    files.load("people", file("000001,花子,港,", "000002,太郎,港,"))
    files.load("people", file("000001,花子,川辺,", "000002,太郎,川辺,"))
    any_db.run(lambda tx: tx.connection.exec_driver_sql("UPDATE people SET ward = 'm' WHERE no = '000002'"))
    any_db.run(lambda tx: tx.connection.exec_driver_sql("UPDATE people SET name = '花' WHERE no = '000001'"))
    with pytest.raises(InputError, match="GL-0067") as refused:
        files.undo("people")
    assert "rows of its file: 3;" in refused.value.hint
    assert "太郎" not in str(refused.value)
    undone = files.undo("people", keep_changed=True)
    assert (undone.rows, undone.left) == (1, 1)
    assert [row[1:3] for row in everybody()] == [("花", "m"), ("太郎", "m")], "another column's change stays"


def test_what_was_added_and_then_changed_by_somebody_stays(files, file, everybody, any_db):
    files.load("people", file("000001,花子,港,", "000002,太郎,港,"))
    any_db.run(lambda tx: tx.connection.exec_driver_sql("UPDATE people SET name = '花' WHERE no = '000001'"))
    with pytest.raises(InputError, match="GL-0067"):
        files.undo("people")
    assert files.undo("people", keep_changed=True).left == 1
    assert [row[:2] for row in everybody()] == [("000001", "花")]


def test_an_import_is_taken_back_by_one_alone(files, file, everybody, any_db, people):
    """Both have seen the same import that stands; the second one finds it in other hands."""
    files.load("people", file(*many(20)))
    dataset = files.dataset("people")
    hands = [TakingBack(any_db, dataset, dataset.table(), CLERK) for _ in range(2)]
    found = any_db.read(lambda tx: tx.one(q.LAST, {"kind": "people"}))
    any_db.run(lambda tx: hands[0]._take(tx, found))
    with pytest.raises(InputError, match="GL-0065"):
        any_db.run(lambda tx: hands[1]._take(tx, found))
    with pytest.raises(InputError, match="GL-0065"):
        Files(any_db, [people.dataset()]).load("people", file(*many(30)))
    assert hands[1].take_over(found) == 0


def test_an_error_in_the_middle_leaves_nothing(files, file, everybody, people):
    files.load("people", file(*many(700)))
    before = everybody()
    people.fail_at, people.error = people.pages + 3, InputError("the dataset refuses", code="GL-0002")
    with pytest.raises(InputError, match="the dataset refuses"):
        files.load("people", file(*many(2200, ward="川辺")))
    assert everybody() == before
    assert [each.state for each in files.imports("people")] == ["undone", "done"]


class Killed(BaseException):
    """Stands for a process that is gone: nothing of ours runs after it."""


def test_a_process_that_dies_in_the_middle_is_taken_back(files, file, everybody, people, moving):
    any_db, clock, monkeypatch = moving
    files.load("people", file(*many(700)))
    before = everybody()
    people.fail_at, people.error = people.pages + 3, Killed()
    monkeypatch.setattr("govline.tabular.taking_back.TakingBack.abandon", lambda *_: None)
    with pytest.raises(Killed):
        files.load("people", file(*many(2200, ward="川辺")))
    assert everybody() != before, "the test would prove nothing if no page had been written"
    others = Files(any_db, [people.dataset()])
    with pytest.raises(InputError, match="GL-0065"):
        others.load("people", file(*many(3)))
    assert others.recover() == 0, "a minute has not passed"
    clock.advance(timedelta(seconds=61))
    assert others.recover() == 1000
    assert everybody() == before
    assert others.load("people", file(*many(3, ward="川辺"))).written
    assert any_db.read(lambda tx: tx.all(q.OPEN)) == []


def test_whoever_was_taken_over_writes_nothing_more(files, file, everybody, people, moving):
    any_db, clock, monkeypatch = moving
    others = Files(any_db, [people.dataset()])

    taken = []

    def late(reading):
        for count, row in enumerate(reading, 1):
            if count == 1100 and not taken:
                clock.advance(timedelta(minutes=5))
                taken.append(others.recover())
            yield row

    from govline.tabular import service

    real = service.read

    class Dawdling:
        def __init__(self, reading):
            self._reading = reading
            self.source, self.path = reading.source, reading.path

        def __iter__(self):
            return late(self._reading)

    calls = []

    def reading(*args, **named):
        calls.append(1)
        return real(*args, **named) if len(calls) == 1 else Dawdling(real(*args, **named))

    monkeypatch.setattr(service, "read", reading)
    with pytest.raises(GovlineError, match="GL-0068"):
        files.load("people", file(*many(2000)))
    assert taken == [1000]
    assert everybody() == []


def swap(people, at, move):
    """Let something happen as the n-th page is written."""
    real = people.write

    def write(tx, changes):
        real(tx, changes)
        if people.pages == at:
            move(tx)

    people.write = write


def test_a_file_that_changes_between_its_two_readings_is_not_taken(
    any_db, people, file, everybody, monkeypatch
):
    from govline.tabular import service

    real, calls = service.read, []

    def reading(*args, **named):
        calls.append(1)
        if len(calls) == 2:
            file(*many(30, ward="川辺"))
        return real(*args, **named)

    monkeypatch.setattr(service, "read", reading)
    with pytest.raises(GovlineError, match="GL-0066"):
        Files(any_db, [people.dataset()]).load("people", file(*many(30)))
    assert (len(calls), everybody(), people.pages) == (2, [], 0)


def test_a_file_that_changes_while_it_is_written_is_taken_back(any_db, people, file, everybody):
    path = file(*many(1_200))
    swap(people, 2, lambda _: path.write_bytes(path.read_bytes() + b"\n"))
    with pytest.raises(GovlineError, match="GL-0066"):
        Files(any_db, [people.dataset()]).load("people", path)
    assert everybody() == []


def test_whom_nobody_knows_any_more_while_it_is_written_takes_all_back(any_db, people, file, everybody):
    Files(any_db, [people.dataset()]).load("people", file(*many(1_200)))

    people.pages = 0
    swap(people, 1, lambda tx: tx.connection.exec_driver_sql("DELETE FROM people WHERE no = '001000'"))
    closed = Files(any_db, [people.dataset(adds=False)])
    with pytest.raises(GovlineError, match="GL-0066"):
        closed.load("people", file(*many(1_200, ward="川辺")))
    assert {row[2] for row in everybody()} == {"m"}


def test_rows_of_people_nobody_knows(any_db, people, file, everybody):
    files = Files(any_db, [people.dataset()])
    files.load("people", file("000001,花子,港,"))
    closed = Files(any_db, [people.dataset(adds=False)])
    report = closed.load("people", file("000001,花,港,", "000009,誰か,港,"), good_rows=True)
    assert [(issue.row, issue.code) for issue in report.issues] == [(3, "unknown_key")]
    assert (report.added, report.changed) == (0, 1)
    assert [row[1] for row in everybody()] == ["花"]


def test_personal_columns_are_sealed_where_they_are_kept(any_db, people, file, everybody):
    files = Files(any_db, [people.dataset(personal=True)])
    report = files.load("people", file("000001,秘密の名,港,", f"000002,{'長' * 41},港,"), good_rows=True)
    kept = any_db.read(lambda tx: tx.connection.exec_driver_sql("SELECT data FROM gl_import_change").all())
    assert "秘密" not in str(kept)
    assert "長長" not in report.to_text() + str(report.to_json()) + repr(report)
    assert report.issues[0].code == "too_long"
    assert files.undo("people").rows == 1
    assert everybody() == []


def test_what_was_kept_is_erased_with_the_citizen_and_forgotten_in_time(any_db, people, file, clock):
    from govline.tabular import journal

    files = Files(any_db, [people.dataset()])
    files.load("people", file(*many(5)))
    any_db.run(lambda tx: journal.erase(tx, "000003"))
    kept = "SELECT count(*) FROM gl_import_change"
    assert any_db.read(lambda tx: tx.connection.exec_driver_sql(kept).scalar_one()) == 4
    clock.advance(timedelta(days=31))
    any_db.run(lambda tx: journal.purge(tx, tx.now - journal.KEEP, 100))
    assert any_db.read(lambda tx: tx.connection.exec_driver_sql(kept).scalar_one()) == 0
    with pytest.raises(InputError, match="too old"):
        files.undo("people")


class Nobody:
    def refuses(self, actor, verb, *, department=""):
        return Reason("GL-1999", f"{verb} {department}")


def test_the_policy_is_asked_first(any_db, people, file, tmp_path):
    files = Files(any_db, [people.dataset(department="welfare")], policy=Nobody())
    for call in (files.check, files.load):
        with pytest.raises(InputError, match=r"data\.import welfare"):
            call("people", tmp_path / "absent.csv")
    with pytest.raises(InputError, match=r"data\.import"):
        files.undo("people")
    with pytest.raises(InputError, match=r"data\.export"):
        files.export("people", tmp_path / "out.csv")
    assert list(tmp_path.glob("out*")) == []


def test_unknown_and_export_only_datasets(any_db, people, file):
    from attrs import evolve

    files = Files(any_db, [evolve(people.dataset(), write=None)])
    with pytest.raises(InputError, match="GL-0064"):
        files.check("people", file("000001,花子,港,"))
    with pytest.raises(InputError, match="GL-0063"):
        files.check("nothing", file("000001,花子,港,"))
    with pytest.raises(GovlineError, match="GL-0062"):
        Files(any_db, [people.dataset(), people.dataset()])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp932", "utf-16-le", "utf-16-be", "xlsx"])
def test_what_is_exported_comes_back_unchanged(files, file, tmp_path, encoding, everybody):
    names = ["𠮷野 〜太郎−", "=1+1", "'=x", "髙﨑\n二行目", 'と"いう",', "–é①㈱", "ソ能表", " 前後 "]
    files.load("people", file(*[f"{n:06},x,港,1985-11-30" for n in range(len(names))]))
    files.database.run(lambda tx: [_rename(tx, n, name) for n, name in enumerate(names)])
    before = everybody()
    target = tmp_path / ("out.xlsx" if encoding == "xlsx" else "out.csv")
    written = files.export("people", target, encoding="" if encoding == "xlsx" else encoding)
    assert written.rows == len(names)
    if encoding == "cp932":
        assert ("𠮷", "〓") in [(each.char, each.replacement) for each in written.substitutes]
    report = files.load("people", target)
    assert (report.unchanged, report.changed, report.refused) == (len(names), 0, 0), report.to_text()
    assert everybody() == before


def _rename(tx, number, name):
    from sqlalchemy import text

    tx.connection.execute(
        text("UPDATE people SET name = :name WHERE no = :no"), {"name": name, "no": f"{number:06}"}
    )
