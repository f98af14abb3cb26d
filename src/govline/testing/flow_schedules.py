"""Conformance: schedules, ticks, audit, identity and blobs, on any database."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from govline.core import Actor, Effect, FixedClock, Ref, Schedule, Tick, Transaction
from govline.store import Database, Keyring, audit, blobs, identity, inbox, outbox, schedules, ticks
from govline.store.inbox import Incoming
from govline.store.policies import QuietHours
from govline.store.schedules import Fired
from govline.testing.refusals import refusal

__all__ = ["ScheduleSuite"]

STAFF = Actor("staff", "s1", "counter", roles=frozenset({"clerk"}))


def _clock(db: Database) -> FixedClock:
    assert isinstance(db.clock, FixedClock), "the suite needs a database on a FixedClock"
    return db.clock


def _jst(day: int, hour: int, minute: int = 0) -> datetime:
    """A November 2026 wall-clock time in Asia/Tokyo, as the instant it is."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC) - timedelta(hours=9)


def _plan(key: str, due: datetime, **rest: Any) -> Schedule:
    effect = Effect(
        "line.push", {"citizen": key}, f"{key}@{due.isoformat()}", expires=due + timedelta(hours=5)
    )
    return Schedule(key, due, Ref("booking", key), effect, **rest)


class ScheduleSuite:
    """Subclass it and give it a fixture `db`: a fresh, migrated Database on a FixedClock."""

    def test_a_schedule_fires_once_when_due(self, db: Database) -> None:
        clock = _clock(db)
        due = clock.now() + timedelta(hours=1)
        plan = _plan("b1", due)
        db.run(lambda tx: tx.schedule(plan))
        assert db.read(lambda tx: schedules.of_subject(tx, plan.subject)) == [plan]
        assert db.read(schedules.next_due) == due
        assert schedules.fire(db) == Fired()
        clock.set(due)
        assert [schedules.fire(db), schedules.fire(db)] == [Fired(1), Fired()]
        (entry,) = db.read(outbox.list)
        assert (entry.topic, entry.expires, entry.state) == ("line.push", plan.effect.expires, "ready")

    def test_a_schedule_moves_with_its_subject_and_can_be_taken_back(self, db: Database) -> None:
        clock = _clock(db)
        now = clock.now()
        db.run(lambda tx: tx.schedule(_plan("b1", now)))
        db.run(lambda tx: tx.schedule(_plan("b1", now + timedelta(hours=1))))
        db.run(lambda tx: tx.schedule(_plan("b2", now)))
        assert db.run(lambda tx: (tx.unschedule("b2"), tx.unschedule("b2"))) == (True, False)
        assert schedules.fire(db) == Fired()
        clock.advance(timedelta(hours=1))
        assert schedules.fire(db) == Fired(1)
        assert len(db.read(outbox.list)) == 1

    def test_quiet_hours_put_off_to_their_end(self, db: Database) -> None:
        clock = _clock(db)
        quiet = QuietHours(time(21), time(8))
        clock.set(_jst(20, 22, 30))
        db.run(lambda tx: tx.schedule(_plan("b1", clock.now(), quiet_hours=True)))
        db.run(lambda tx: tx.schedule(_plan("urgent", clock.now())))
        assert schedules.fire(db, quiet=quiet) == Fired(fired=1, postponed=1)
        clock.set(_jst(21, 7, 59))
        assert schedules.fire(db, quiet=quiet) == Fired()
        clock.set(_jst(21, 8))
        assert schedules.fire(db, quiet=quiet) == Fired(1)

    def test_firing_goes_in_pages(self, db: Database) -> None:
        now = _clock(db).now()
        for n in range(5):
            db.run(lambda tx, n=n: tx.schedule(_plan(f"b{n}", now - timedelta(minutes=n))))  # type: ignore[misc]  # mypy infers no lambda with defaults
        assert [schedules.fire(db, limit=2).fired for _ in range(4)] == [2, 2, 1, 0]

    def test_a_tick_runs_once_a_day(self, db: Database) -> None:
        clock = _clock(db)
        ran: list[datetime] = []
        tick = Tick("evening", time(18), lambda tx, due: ran.append(due))  # noqa: ARG005 - the handler's shape
        clock.set(_jst(20, 17))
        assert ticks.run_due(db, [tick]).ran == (), "yesterday's was before the town began"
        clock.set(_jst(20, 18))
        assert [ticks.run_due(db, [tick]).ran for _ in range(3)] == [("evening",), (), ()]
        clock.set(_jst(21, 18, 5))
        ticks.run_due(db, [tick])
        clock.set(_jst(25, 9))
        ticks.run_due(db, [tick])
        assert ran == [_jst(20, 18), _jst(21, 18), _jst(24, 18)], (
            "after downtime only the newest is made up for"
        )

    def test_a_tick_seen_first_within_the_hour_runs(self, db: Database) -> None:
        _clock(db).set(_jst(20, 18, 59))
        tick = Tick("evening", time(18), lambda tx, due: tx.audit("ticked", Ref("tick", due.isoformat())))
        assert ticks.run_due(db, [tick]).ran == ("evening",)

    def test_a_tick_that_fails_is_undone_and_tried_again(self, db: Database) -> None:
        clock = _clock(db)
        clock.set(_jst(20, 18))
        attempts: list[int] = []

        def fail_once(tx: Transaction, due: datetime) -> None:  # noqa: ARG001 - the handler's shape
            tx.audit("ticked", Ref("tick", "x"))
            attempts.append(1)
            if len(attempts) == 1:
                raise LookupError

        both = [Tick("bad", time(18), fail_once), Tick("good", time(18), lambda tx, due: None)]  # noqa: ARG005 - the handler's shape
        report = ticks.run_due(db, both)
        assert (report.ran, report.failed) == (("good",), ("bad",))
        assert ticks.run_due(db, both).failed == ()
        clock.advance(ticks.RETRY_AFTER)
        assert ticks.run_due(db, both).ran == ("bad",)
        assert len(db.read(lambda tx: audit.list(tx, subject=Ref("tick", "x")))) == 1

    def test_audit_tells_who_what_and_when(self, db: Database) -> None:
        db.run(lambda tx: tx.audit("booking.cancel", Ref("booking", "b1"), {"reason": "GL-1"}), actor=STAFF)
        (entry,) = db.read(lambda tx: audit.list(tx, subject=Ref("booking", "b1")))
        assert (entry.actor_kind, entry.actor_id, entry.channel) == ("staff", "s1", "counter")
        assert (entry.action, entry.at, entry.data) == ("booking.cancel", db.clock.now(), {"reason": "GL-1"})
        assert db.read(lambda tx: audit.list(tx, actor=STAFF)) == [entry]
        assert db.read(lambda tx: audit.list(tx, actor=STAFF, after=entry.id)) == []

    def test_a_line_user_is_one_citizen_and_only_sealed(self, db: Database) -> None:
        user = "U" + "c0ffee00" * 4
        citizen = db.run(lambda tx: identity.citizen_of(tx, user))
        assert db.run(lambda tx: identity.citizen_of(tx, user)) == citizen
        other = db.run(lambda tx: identity.citizen_of(tx, "U2"))
        assert other != citizen
        assert db.read(lambda tx: identity.find_citizen(tx, "U3")) is None
        assert db.read(lambda tx: identity.line_user_of(tx, citizen)) == user
        assert db.read(lambda tx: identity.line_users_of(tx, [citizen, "none", other])) == {
            citizen: user,
            other: "U2",
        }
        stored = db.run(lambda tx: str(tx.connection.exec_driver_sql("SELECT * FROM gl_identity").all()))
        assert user not in stored

    def test_blocking_has_a_history(self, db: Database) -> None:
        citizen = db.run(lambda tx: identity.citizen_of(tx, "U1"))

        def turn(blocked: bool) -> bool:
            return db.run(lambda tx: identity.set_blocked(tx, citizen, blocked))

        assert [turn(True), turn(True), turn(False)] == [True, False, True]
        assert db.read(lambda tx: [entry.blocked for entry in identity.history(tx, citizen)]) == [True, False]
        assert db.read(lambda tx: (identity.blocked(tx, citizen), identity.blocked(tx, "nobody"))) == (
            False,
            True,
        )

    def test_keys_rotate_without_losing_anyone(self, db: Database) -> None:
        assert db.keys is not None
        old = db.keys
        citizens = [db.run(lambda tx, n=n: identity.citizen_of(tx, f"U{n}")) for n in range(3)]  # type: ignore[misc]  # mypy infers no lambda with defaults
        fresh = Keyring.generate("k2")
        db.keys = Keyring.from_text(f"{fresh.to_text()},{old.to_text()}")
        assert db.run(lambda tx: identity.citizen_of(tx, "U1")) == citizens[1], "found under the old key"
        after: str | None = ""
        while after is not None:
            after = db.run(lambda tx, after=after: identity.rewrap(tx, limit=2, after=after))  # type: ignore[misc]  # mypy infers no lambda with defaults
        db.keys = fresh
        for number, citizen in enumerate(citizens):
            user = f"U{number}"
            assert db.run(lambda tx, user=user: identity.citizen_of(tx, user)) == citizen  # type: ignore[misc]  # mypy infers no lambda with defaults
            assert db.read(lambda tx, who=citizen: identity.line_user_of(tx, who)) == user  # type: ignore[misc]  # mypy infers no lambda with defaults

    def test_erasing_forgets_the_person(self, db: Database) -> None:
        citizen = db.run(lambda tx: identity.citizen_of(tx, "U1"))
        event = Incoming("message.text", 1, 0, '{"text":"x"}', id="e1", citizen=citizen)
        db.run(lambda tx: inbox.receive(tx, [event]))
        db.run(lambda tx: identity.set_blocked(tx, citizen, blocked=True))
        db.run(lambda tx: identity.erase(tx, citizen))
        assert db.read(lambda tx: identity.line_user_of(tx, citizen)) is None
        assert db.read(lambda tx: (identity.history(tx, citizen), inbox.list(tx))) == ([], [])
        assert db.run(lambda tx: identity.citizen_of(tx, "U1")) != citizen

    def test_blobs_are_sealed_and_expire(self, db: Database) -> None:
        store = blobs.Blobs()
        data = bytes(range(256)) * 40
        expires = db.clock.now() + timedelta(days=1)
        ref, keep = db.run(
            lambda tx: (store.put(tx, data, "image/jpeg", expires=expires), store.put(tx, b"x", "text/plain"))
        )
        assert db.read(lambda tx: store.get(tx, ref)) == (data, "image/jpeg")
        assert db.read(lambda tx: store.get(tx, Ref("blob", "none"))) is None
        _clock(db).set(expires)
        assert db.read(lambda tx: store.get(tx, ref)) is None
        assert db.run(blobs.purge) == 1
        assert db.read(lambda tx: store.get(tx, keep)) == (b"x", "text/plain")
        assert db.run(lambda tx: (store.remove(tx, keep), store.remove(tx, keep))) == (True, False)

    def test_a_sealed_value_that_was_moved_does_not_open(self, db: Database) -> None:
        store = blobs.Blobs()
        first, second = db.run(lambda tx: (store.put(tx, b"1", "a/b"), store.put(tx, b"2", "a/b")))
        swap = f"UPDATE gl_blob SET sealed = (SELECT sealed FROM gl_blob WHERE id = '{first.id}') WHERE id = '{second.id}'"
        db.run(lambda tx: tx.connection.exec_driver_sql(swap))
        assert refusal(lambda: db.read(lambda tx: store.get(tx, second))) == "GL-1121"
