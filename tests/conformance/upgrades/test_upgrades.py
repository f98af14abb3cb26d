"""A town with rows in every table comes from any older revision to today's: nothing is lost, and the old release writes meanwhile.

Every branch is walked by itself: who adds a revision adds a case.
"""

import uuid
from datetime import UTC, datetime

import psycopg
import pytest
from sqlalchemy import Column, ForeignKey, MetaData, Table, Text

from govline.answers import Answers
from govline.calendar import Calendar
from govline.calendar.garbage import Garbage
from govline.core import CitizenId, FixedClock
from govline.delivery import reading
from govline.store import Database, audit, inbox, outbox, schedules
from govline.testing.rooms import metadata_of, migration_packages

from . import rows as rows_of
from .town import Town, revisions

CHANGED = {
    "garbage_0005": {
        "gl_garbage_known_change": "written by nobody since garbage_0004's release: who was told stands in gl_garbage_announced"
    }
}


def _counters_equal_rows(rows):
    """What the release of these columns kept true: a counter is the sum of its live bookings."""
    for slot, booking in zip(rows["gl_calendar_slot"], rows["gl_calendar_booking"], strict=True):
        booking["held_until"] = None if booking["ended_at"] else booking["held_until"]
        slot["booked"] = 0 if booking["ended_at"] else booking.get("places", booking["party"])
    for pool, draw in zip(
        rows.get("gl_calendar_pool", ()), rows.get("gl_calendar_booking_draw", ()), strict=True
    ):
        pool["booked"] = draw["units"]


SENSE = {"govline.calendar.migrations": _counters_equal_rows}


def _calendar(tx, rows):
    calendar = Calendar([])
    assert calendar.reconcile(tx) == []
    for booking in rows("gl_calendar_booking"):
        found = calendar.booking(tx, booking["id"])
        assert (found.party, found.places, found.slot) == (
            booking["party"],
            booking["party"],
            booking["slot_id"],
        )
        assert calendar.slot(tx, found.slot).programme
        if found.citizen and booking["ended_at"] is None:
            assert found.id in {each.id for each in calendar.bookings(tx, CitizenId(found.citizen))}


def _delivery(tx, rows):
    placed = {batch["run_id"]: batch["size"] for batch in rows("gl_delivery_batch")}
    counted = [
        run for run in rows("gl_delivery_run") if run["placed"]
    ]  # delivery_0001 wrote none meanwhile: it was never released
    assert len(counted) >= rows_of.PER_TABLE
    for run in counted:
        assert reading.run(tx, run["id"]).counts.total == run["left_out"] + placed[run["id"]]
        assert reading.ledger(tx, run["id"])


def _garbage(tx, rows):
    garbage = Garbage()
    assert garbage.areas(tx) == [
        area["name"] for area in sorted(rows("gl_garbage_area"), key=lambda row: row["position"])
    ]
    assert sorted(garbage.kinds(tx)) == sorted(kind["label"] for kind in rows("gl_garbage_kind"))
    for setting in rows("gl_garbage_setting"):
        assert [each.area for each in garbage.settings(tx, setting["citizen"])] == [setting["area"]]


def _answers(tx, rows):
    answers = Answers()
    assert len(answers.unmatched(tx)) == len(rows("gl_answers_unmatched"))
    assert answers.index(tx)


def _store(tx, rows):
    assert [entry.id for entry in audit.list(tx)] == sorted(row["id"] for row in rows("gl_audit"))
    assert len(outbox.list(tx)) == len(rows("gl_outbox"))
    assert len(inbox.list(tx)) == len(rows("gl_inbox"))
    assert len(schedules.upcoming(tx)) == len(rows("gl_schedule"))


READERS = {
    "govline.answers.migrations": _answers,
    "govline.calendar.garbage.migrations": _garbage,
    "govline.calendar.migrations": _calendar,
    "govline.delivery.migrations": _delivery,
    "govline.store.migrations": _store,
}
BEFORE_ALL_ROWS = FixedClock(datetime(2026, 9, 1, tzinfo=UTC))
STEPS = [(package, step.revision) for package in migration_packages() for step in revisions(package)[:-1]]


@pytest.fixture
def database(request, tmp_path):
    if request.param == "sqlite":
        with Database.open(f"sqlite:///{tmp_path}/town.db", clock=BEFORE_ALL_ROWS) as database:
            yield database
        return
    url, schema = request.getfixturevalue("postgres_18"), f"u_{uuid.uuid4().hex}"
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as server:
        with Database.open(url, schema=schema, clock=BEFORE_ALL_ROWS) as database:
            yield database
        server.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")


both = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)


@both
@pytest.mark.parametrize(("package", "revision"), STEPS, ids=[revision for _, revision in STEPS])
def test_a_town_with_rows_comes_to_today(database, package, revision, tmp_path, monkeypatch):
    room = metadata_of(package)
    town = Town(database, package, revision, room, CHANGED, SENSE.get(package, lambda _: None))
    town.settle(tmp_path, monkeypatch)
    upgrade(town)
    if reader := READERS.get(package):
        with database.begin() as tx:
            reader(
                tx,
                lambda table: [
                    dict(row._mapping) for row in tx.connection.execute(room.tables[table].select())
                ],
            )


def upgrade(town):
    """What `govline db upgrade --phase pre`, the old release writing on, and `govline db upgrade` have to keep true."""
    town.write()
    town.note()
    gone = town.migrate()
    assert town.lost() == []
    town.write(first=100, gone=gone)
    town.note()
    town.database.migrate([town.package])
    assert town.lost() == []
    assert town.database.pending([town.package]) == []
    assert town.drift() == []
    assert list(town.unread()) == []


TODAY = MetaData()
Table("gl_toy", TODAY, Column("id", Text, primary_key=True), Column("label", Text))
Table(
    "gl_toy_part", TODAY, Column("toy", Text, ForeignKey("gl_toy.id"), primary_key=True), Column("note", Text)
)
FIRST = """
    op.create_table("gl_toy", sa.Column("id", sa.Text, primary_key=True), sa.Column("label", sa.Text))
    op.create_table(
        "gl_toy_part",
        sa.Column("toy", sa.Text, sa.ForeignKey("gl_toy.id"), primary_key=True),
        sa.Column("note", sa.Text),
    )
"""
HEAD = "import sqlalchemy as sa\nfrom alembic import op\n"


# What a revision does wrong, in which phase; None where it does nothing wrong.
@both
@pytest.mark.parametrize(
    ("broken", "complaint"),
    [
        (("pass", "pre"), None),
        (("op.drop_column('gl_toy', 'label')", "pre"), "label"),
        (("op.drop_column('gl_toy', 'label')", "post"), "label"),
        (("op.drop_table('gl_toy_part')", "post"), "gl_toy_part"),
        (("op.execute('DELETE FROM gl_toy_part')", "pre"), r"gl_toy_part: \("),
        (("op.execute('DELETE FROM gl_toy_part')", "post"), r"gl_toy_part: \("),
        (("op.execute('UPDATE gl_toy SET label = upper(label)')", "pre"), "gl_toy: "),
        (("op.execute(\"UPDATE gl_toy SET label = '' WHERE label IS NULL\")", "pre"), "gl_toy: "),
        (("op.add_column('gl_toy', sa.Column('size', sa.Text, nullable=False))", "pre"), "(?i)not null"),
        (("op.add_column('gl_toy', sa.Column('size', sa.Text))", "pre"), "remove_column"),
        (("op.create_index('gl_toy_1', 'gl_toy', [sa.text('1')], unique=True)", "pre"), "(?i)unique"),
        (("op.create_index('gl_toy_label', 'gl_toy', ['label'])", "pre"), "remove_index"),
    ],
)
def test_a_broken_migration_is_found(database, broken, complaint, tmp_path, monkeypatch):
    step, phase = broken
    room = tmp_path / f"toys_{uuid.uuid4().hex}"
    room.mkdir()
    (room / "__init__.py").touch()
    (room / "0001_toys.py").write_text(
        f"{HEAD}revision, down_revision, branch_labels = 'toys_0001', None, ('toys',)\ndef upgrade():{FIRST}"
    )
    (room / "0002_toys.py").write_text(
        f"{HEAD}revision, down_revision, phase = 'toys_0002', 'toys_0001', '{phase}'\ndef upgrade():\n    {step}\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    town = Town(database, room.name, "toys_0001", TODAY)
    town.settle(tmp_path, monkeypatch)
    if complaint is None:
        upgrade(town)
        return
    with pytest.raises(Exception, match=complaint):
        upgrade(town)
