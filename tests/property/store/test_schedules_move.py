"""Reminders move with their subject, whatever happens in whatever order: changes, cancellations, clock jumps, a worker that sleeps."""

from datetime import timedelta
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govline.core import Done, Effect, Ref, Schedule, from_micros, to_micros
from govline.store import outbox, schedules
from govline.store.pump import Pump

AHEAD = timedelta(hours=24)
ACTS = st.one_of(
    st.tuples(st.just("book"), st.sampled_from([3, 20, 30, 70])),
    st.tuples(st.just("cancel"), st.just(0)),
    st.tuples(st.just("clock"), st.sampled_from([-30, -2, 1, 6, 50])),
    st.tuples(st.just("fire"), st.just(0)),
    st.tuples(st.just("pump"), st.just(0)),
)
EXAMPLES = count()


class Reminders:
    """One subject with a reminder a day ahead, as the calendar has it; notes what was sent, when, and what was true then."""

    def __init__(self, db, name):
        self.db, self.name, self.key = db, name, f"remind:{name}"
        self.starts = None
        self.sent = []
        self.pump = Pump(db, {"test.remind": self})

    def run(self, payload, context):
        if payload["who"] == self.name:
            self.sent.append((from_micros(payload["starts"]), self.db.clock.now(), self.starts))
        return Done()

    def record(self, tx, payload, fate):
        pass

    def book(self, hours):
        self.starts = self.db.clock.now() + timedelta(hours=hours)
        payload = {"who": self.name, "starts": to_micros(self.starts)}
        effect = Effect("test.remind", payload, f"{self.key}:{payload['starts']}", expires=self.starts)
        plan = Schedule(self.key, self.starts - AHEAD, Ref("booking", self.name), effect)
        self.db.run(lambda tx: tx.schedule(plan))

    def cancel(self, _):
        self.starts = None
        self.db.run(lambda tx: tx.unschedule(self.key))

    def clock(self, hours):
        self.db.clock.advance(timedelta(hours=hours))

    def fire(self, _=0):
        schedules.fire(self.db)

    def pump_once(self, _=0):
        self.pump.run_once()


@given(acts=st.lists(ACTS, min_size=5, max_size=14))
@settings(max_examples=50)
def test_a_reminder_tells_the_truth_once_and_in_time(any_db, acts):
    one = Reminders(any_db, f"b{next(EXAMPLES)}")
    steps = {
        "book": one.book,
        "cancel": one.cancel,
        "clock": one.clock,
        "fire": one.fire,
        "pump": one.pump_once,
    }
    for act, value in acts:
        steps[act](value)
        planned = any_db.read(lambda tx: schedules.of_subject(tx, Ref("booking", one.name)))
        assert len(planned) <= (one.starts is not None)
    for starts, when, true_then in one.sent:
        assert starts == true_then, "sent although the booking had moved or was cancelled"
        assert when < starts, "sent after it was of use"
        assert when >= starts - AHEAD or any(act == "clock" and value < 0 for act, value in acts)
    assert len({starts for starts, _, _ in one.sent}) == len(one.sent), "sent twice"
    one.fire()
    one.pump_once()
    now = any_db.clock.now()
    if one.starts is not None and one.starts - AHEAD <= now < one.starts:
        assert [starts for starts, _, _ in one.sent].count(one.starts) == 1, "owed and not sent"
    one.book(4)
    one.fire()  # the reminder waits in the outbox, no worker takes it
    steps[acts[0][0]](acts[0][1])
    one.cancel(0)
    one.fire()
    told = len(one.sent)
    one.clock(200)
    one.fire()
    one.pump_once()
    assert len(one.sent) == told, "sent after everything was cancelled"


def test_a_reminder_in_the_outbox_is_withdrawn_and_the_next_in_line_goes_on(any_db):
    effect = Effect("test.remind", {"who": "x"}, "d1", order_key="line")

    def plan(tx):
        tx.schedule(Schedule("k1", tx.now, Ref("b", "1"), effect))

    any_db.run(plan)
    schedules.fire(any_db)
    behind = any_db.run(lambda tx: tx.enqueue(Effect("test.remind", {}, "d2", order_key="line")))
    assert any_db.run(lambda tx: tx.unschedule("k1"))
    assert not any_db.run(lambda tx: tx.unschedule("k1"))
    rows = {row.id: (row.state, row.reason, dict(row.payload)) for row in any_db.read(outbox.list)}
    assert rows.pop(behind)[0] == "ready"
    assert list(rows.values()) == [("skipped", "withdrawn", {})]


@pytest.mark.parametrize("state", ["leased", "done"])
def test_what_a_worker_has_begun_is_not_withdrawn(any_db, state):
    any_db.run(
        lambda tx: tx.schedule(
            Schedule("k1", tx.now, Ref("b", "1"), Effect("test.remind", {"who": "x"}, "d1"))
        )
    )
    schedules.fire(any_db)
    any_db.run(lambda tx: tx.connection.exec_driver_sql(f"UPDATE gl_outbox SET state = '{state}'") and None)
    assert not any_db.run(lambda tx: tx.unschedule("k1"))
    assert [row.state for row in any_db.read(outbox.list)] == [state]


def test_what_is_planned_is_listed_in_pages(any_db):
    def plan(tx):
        for number in range(5):
            due = tx.now + timedelta(hours=number // 2)
            tx.schedule(Schedule(f"k{number}", due, Ref("b", str(number)), Effect("t.x", {}, str(number))))

    any_db.run(plan)
    first = any_db.read(lambda tx: schedules.upcoming(tx, limit=3))
    last = (first[-1].due, first[-1].key)
    rest = any_db.read(lambda tx: schedules.upcoming(tx, after=last, limit=3))
    assert [plan.key for plan in (*first, *rest)] == ["k0", "k1", "k2", "k3", "k4"]
