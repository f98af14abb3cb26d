"""The outbox against a model in plain Python: whatever happens in whatever order, both say the same."""

import shutil
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from govline.core import Effect, FixedClock, SeededIds
from govline.store import Database, outbox, outbox_claims
from govline.testing.refusals import refusal

START = datetime(2026, 11, 20, tzinfo=UTC)
LEASE = timedelta(minutes=1)
MINUTES = st.integers(0, 5).map(lambda number: timedelta(minutes=number))
ENDINGS = {"done": "done", "dead": "dead", "unknown": "unknown", "retry": "asleep"}


class Row:
    """What the model remembers of an effect."""

    def __init__(self, row, effect):
        self.id, self.order_key, self.priority, self.due = row, effect.order_key, effect.priority, effect.due
        self.strict = effect.strict
        self.state, self.wake, self.fence, self.attempts, self.ended = "ready", None, 0, 0, None

    @property
    def open(self):
        return self.state not in ("done", "skipped")

    def awake(self, now):
        self.state, self.wake = ("ready", None) if self.due <= now else ("asleep", self.due)


class OutboxMachine(RuleBasedStateMachine):
    jobs = Bundle("jobs")
    template = None
    folder = None

    def __init__(self):
        super().__init__()
        path = self.folder / "town.db"
        for leftover in self.folder.glob("town.db*"):
            leftover.unlink()
        shutil.copyfile(self.template, path)
        self.clock = FixedClock(START)
        self.db = Database.open(f"sqlite:///{path}", clock=self.clock, ids=SeededIds(3))
        self.rows = {}
        self.keys = {}

    def teardown(self):
        self.db.close()

    @property
    def now(self):
        return self.clock.now()

    def advance(self, order_key):
        line = [row for row in self.rows.values() if row.order_key == order_key and row.open]
        if order_key is not None and line and line[0].state == "waiting":
            line[0].awake(self.now)

    @rule(
        topic=st.sampled_from(["a.x", "a.y"]),
        key=st.integers(0, 5),
        order_key=st.sampled_from([None, "k1", "k1", "k2"]),
        priority=st.integers(-1, 1),
        later=MINUTES,
        strict=st.booleans(),
    )
    def enqueue(self, topic, key, order_key, *, priority, later, strict):
        due = self.now + later
        effect = Effect(topic, {}, str(key), order_key=order_key, priority=priority, due=due, strict=strict)
        row = self.db.run(lambda tx: tx.enqueue(effect))
        if (topic, key) in self.keys:
            assert row == self.keys[topic, key]
            return
        self.keys[topic, key] = row
        entry = Row(row, effect)
        if any(other.order_key == order_key and other.open for other in self.rows.values()) and order_key:
            entry.state = "waiting"
        else:
            entry.awake(self.now)
        self.rows[row] = entry

    @initialize()
    def begin_with_a_line(self):
        for key in range(3):
            self.enqueue("a.x", key, "k1", priority=0, later=timedelta(0), strict=bool(key))

    @rule(target=jobs)
    def claim(self):
        now = self.now

        def unit(tx):
            outbox_claims.wake(tx, now, 100)
            return outbox_claims.claim(tx, "a", 1, now, now + LEASE)

        jobs = self.db.run(unit)
        for row in self.rows.values():
            if row.wake is not None and row.wake <= now:
                row.state, row.wake = "ready", None
        ready = [row for row in self.rows.values() if row.state == "ready"]
        expected = sorted(ready, key=lambda row: (-row.priority, row.id))[:1]
        assert [job.id for job in jobs] == [row.id for row in expected]
        for row in expected:
            row.state, row.wake = "leased", now + LEASE
            row.fence, row.attempts = row.fence + 1, row.attempts + 1
        return jobs[0] if jobs else None

    @rule(
        job=consumes(jobs), ending=st.sampled_from(["done", "done", "dead", "unknown", "retry"]), wait=MINUTES
    )
    def end(self, job, ending, wait):
        """A worker comes back, perhaps long after its lease was lost."""
        if job is None:
            return
        state = ENDINGS[ending]
        wake = self.now + wait if ending == "retry" else None
        held = self.db.run(lambda tx: outbox_claims.end(tx, job, state, reason=ending, wake_at=wake))
        row = self.rows.get(job.id)
        assert held == (row is not None and row.state == "leased" and row.fence == job.fence)
        if held:
            row.state, row.wake = state, wake
            row.ended = None if ending == "retry" else self.now
            key = row.order_key
            if state in ("dead", "unknown") and not row.strict:
                row.order_key = None
            if state != "asleep":
                self.advance(key)

    @rule()
    def leases_run_out(self):
        """Every worker that holds a job is stalled or gone; its job is still in the bundle and may come back."""
        self.clock.advance(LEASE)

    @rule(job=consumes(jobs))
    def release(self, job):
        if job is None:
            return
        held = self.db.run(lambda tx: outbox_claims.release(tx, job))
        row = self.rows.get(job.id)
        assert held == (row is not None and row.state == "leased" and row.fence == job.fence)
        if held:
            row.state, row.wake, row.attempts = "ready", None, row.attempts - 1

    @rule(by=MINUTES)
    def time_passes(self, by):
        self.clock.advance(by)

    @rule(data=st.data())
    def skip(self, data):
        row = self.pick(data)
        if row is None:
            return
        allowed = row.state not in ("done", "skipped", "leased")
        assert self.works(outbox.skip, row) == allowed
        if allowed:
            row.state, row.wake, row.ended = "skipped", None, self.now
            self.advance(row.order_key)

    @rule(data=st.data())
    def retry(self, data):
        row = self.pick(data)
        if row is None:
            return
        allowed = row.state in ("dead", "unknown", "asleep")
        assert self.works(outbox.retry, row) == allowed
        if allowed:
            row.state, row.wake, row.attempts, row.ended = "asleep", self.now, 0, None

    @rule(minutes=MINUTES)
    def purge(self, minutes):
        gone = self.db.run(lambda tx: outbox.purge(tx, older_than=minutes))
        old = [
            row
            for row in self.rows.values()
            if row.ended is not None
            and row.ended <= self.now - minutes
            and (row.state in ("done", "skipped") or row.order_key is None)
        ]
        assert gone == len(old)
        for row in old:
            del self.rows[row.id]
        self.keys = {key: row for key, row in self.keys.items() if row in self.rows}

    def pick(self, data):
        return self.rows[data.draw(st.sampled_from(sorted(self.rows)))] if self.rows else None

    def works(self, verb, row):
        code = refusal(lambda: self.db.run(lambda tx: verb(tx, row.id, "why")))
        assert code in ("", "GL-1102")
        return not code

    @invariant()
    def tables_say_what_the_model_says(self):
        stored = self.db.read(lambda tx: outbox.list(tx, limit=1000))
        assert {entry.id: (entry.state, entry.wake, entry.attempts, entry.ended) for entry in stored} == {
            row.id: (row.state, row.wake, row.attempts, row.ended) for row in self.rows.values()
        }

    @invariant()
    def one_row_of_a_key_is_on_its_way(self):
        for key in ("k1", "k2"):
            line = [row.state for row in self.rows.values() if row.order_key == key and row.open]
            assert set(line[1:]) <= {"waiting"}
            assert line[:1] != ["waiting"], "nobody would ever let it go"


def test_the_outbox_does_what_the_model_does(sqlite_db, tmp_path):
    sqlite_db.close()
    template = tmp_path / "template.db"
    shutil.copyfile(tmp_path / "town.db", template)
    machine = type("Machine", (OutboxMachine,), {"template": template, "folder": tmp_path})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=60,
            stateful_step_count=60,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
