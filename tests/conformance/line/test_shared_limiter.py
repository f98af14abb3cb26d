"""Several workers on one channel stay below LINE's limit together, on both engines."""

import threading
from datetime import timedelta

import pytest

from govline.core import FixedClock
from govline.line import _queries
from govline.line.limiter import LIMITS, Limit, Limiter
from govline.line.shared_limiter import SharedLimiter, _Share, _take

HERE = {"on_channel": "c", "to_endpoint": "push"}
LIMIT = Limit(60, 1.0)
SECOND = timedelta(seconds=1)


def enter(gate, endpoint):
    """A call that is answered in the moment in which it leaves; 0.0, or the seconds to come back after."""
    turn = gate.reserve(endpoint)
    if not turn.refused:
        turn.call(lambda: None)
    return turn.refused


def used(gates, clock, rounds=160):
    """When calls went out while every worker asks all the time, on a clock that moves 10 ms a round."""
    sent = []
    for _ in range(rounds):
        for gate in gates:
            while enter(gate, "multicast") == 0.0:
                sent.append(clock.now())
        clock.advance(timedelta(milliseconds=10))
    return sent


def fullest(sent):
    return max(sum(start <= moment < start + SECOND for moment in sent) for start in sent)


def shared(db, channel="c"):
    # no patience: a worker that would have to wait for its moment is sent back, for the clock stands still meanwhile
    return SharedLimiter(db, channel, {"multicast": LIMIT}, patience=0.0)


def test_four_workers_together_keep_below_the_limit(any_db, clock: FixedClock):
    sent = used([shared(any_db) for _ in range(4)], clock)
    assert fullest(sent) <= LIMIT.calls
    lasted = (clock.now() - sent[0]).total_seconds()
    assert len(sent) >= LIMIT.calls * lasted * 0.8


def test_without_the_shared_row_they_go_beyond_it(clock: FixedClock):
    def monotonic():
        return clock.now().timestamp()

    alone = [Limiter({"multicast": LIMIT}, patience=0.0, clock=monotonic) for _ in range(4)]
    assert fullest(used(alone, clock)) > LIMIT.calls


def test_channels_and_endpoints_have_budgets_of_their_own(any_db):
    first, second = shared(any_db, "a"), shared(any_db, "b")
    assert [enter(gate, "multicast") for gate in (first, second)] == [0.0, 0.0]
    assert enter(first, "broadcast") == 0.0


def test_a_slice_that_was_not_used_in_time_is_lost(any_db, clock: FixedClock):
    gate = shared(any_db)
    enter(gate, "multicast")
    clock.advance(timedelta(hours=1))
    sent = used([gate], clock, rounds=120)
    assert fullest(sent) <= LIMIT.calls


def test_the_delay_says_when_to_come_back(any_db, clock: FixedClock):
    first = SharedLimiter(any_db, "c", {"menu.batch": Limit(3, 3600)}, patience=0.5)
    second = SharedLimiter(any_db, "c", {"menu.batch": Limit(3, 3600)}, patience=0.5)
    assert enter(first, "menu.batch") == 0.0
    delay = enter(second, "menu.batch")
    assert 1000 < delay < 3600
    clock.advance(timedelta(seconds=delay + 0.5))
    assert enter(second, "menu.batch") == 0.0


@pytest.mark.parametrize("workers", [8])
def test_threads_lease_without_getting_in_each_others_way(any_db, clock: FixedClock, workers):
    gates = [
        SharedLimiter(any_db, "c", {"push": Limit(2000)}, patience=10.0, wait=lambda _s: None)
        for _ in range(2)
    ]
    granted = []

    def work(gate):
        granted.extend(gate.reserve("push").refused == 0.0 for _ in range(50))

    threads = [threading.Thread(target=work, args=(gates[number % 2],)) for number in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert granted == [True] * (50 * workers)


def test_a_row_that_a_neighbour_opens_between_two_looks_is_leased(any_db):
    class Overtaken:
        """A transaction whose first look comes before the neighbour's commit."""

        def __init__(self, tx):
            self._tx = tx

        def __getattr__(self, name):
            return getattr(self._tx, name)

        def one(self, statement, params):
            if statement is _queries.LEASE and self._tx.one(_queries.FREE_AT, HERE) is None:
                self._tx.write(_queries.OPEN, {"channel": "c", "endpoint": "push", "free_at": self._tx.now})
                return None
            return self._tx.one(statement, params)

    first = any_db.run(lambda tx: (_take(Overtaken(tx), "c", "push", _Share(LIMIT, 0.5), 0.5), tx.now))
    assert first[0] == first[1]


def test_one_worker_alone_reaches_95_percent_of_the_limit_and_never_more(any_db, clock: FixedClock):
    gate = SharedLimiter(any_db, "c", patience=0.0)
    sent = used([gate], clock, rounds=150)
    lasted = (clock.now() - sent[0]).total_seconds()
    assert len(sent) >= LIMITS["multicast"].calls * lasted * 0.95
    assert fullest(sent) <= LIMITS["multicast"].calls


def test_an_urgent_broadcast_and_its_correction_need_not_lie_minutes_apart(any_db):
    gates = [SharedLimiter(any_db, "c", patience=0.0) for _ in range(2)]
    assert [enter(gate, "broadcast") for gate in gates * 5] == [0.0] * 10


def test_who_comes_late_for_a_place_waits_for_another(any_db, clock: FixedClock):
    def wait(seconds):
        clock.advance(timedelta(seconds=seconds))

    gate = SharedLimiter(any_db, "c", {"multicast": Limit(100, 1.0)}, patience=0.5, wait=wait)
    late = [gate.reserve("multicast") for _ in range(40)]
    start = clock.advance(timedelta(seconds=10))  # the database stood still
    sent = []
    for turn in late:
        turn.hold()
        sent.append(clock.now())
    assert fullest(sent) <= 100
    assert 0.3 < (sent[-1] - start).total_seconds() < 0.6


@pytest.mark.parametrize("endpoint", ["multicast", "broadcast"])
def test_a_clock_that_is_set_back_stops_nobody(any_db, clock: FixedClock, endpoint):
    gates = [SharedLimiter(any_db, "c", patience=0.0) for _ in range(2)]
    assert [enter(gate, endpoint) for gate in gates] == [0.0, 0.0]
    clock.advance(-timedelta(hours=5))
    waits = [enter(gate, endpoint) for gate in gates]
    assert max(waits) <= 200.0  # LINE's own pace of an hour's 60, never the five hours


def test_a_clock_that_is_set_back_makes_no_burst(any_db, clock: FixedClock):
    gate = shared(any_db)
    before = used([gate], clock, rounds=100)
    clock.advance(-timedelta(minutes=10))
    after = used([gate], clock, rounds=100)
    joined = before + [moment + timedelta(minutes=10) for moment in after]
    assert fullest(joined) <= LIMIT.calls
    assert len(after) >= LIMIT.calls * 0.7


@pytest.mark.usefixtures("clock")
def test_a_clock_that_stands_still_is_waited_for_once(any_db):
    """A vendor's test has such a clock: calls under way together leave, and none waits for ever."""
    waits = []

    def wait(seconds):
        waits.append(seconds)
        assert len(waits) < 50

    gate = SharedLimiter(any_db, "c", {"multicast": LIMIT}, patience=0.5, wait=wait)
    turns = [turn for turn in (gate.reserve("multicast") for _ in range(20)) if not turn.refused]
    for turn in turns:
        turn.hold()
    assert len(turns) == 20
    assert any(seconds > 0 for seconds in waits)


def test_nobody_leaves_before_their_moment_and_none_is_lost_by_waiting(any_db, clock: FixedClock):
    waits = []

    def wait(seconds):
        waits.append(seconds)
        clock.advance(timedelta(seconds=seconds))

    gate = SharedLimiter(any_db, "c", {"multicast": Limit(100, 1.0)}, patience=0.5, wait=wait)
    turns = [gate.reserve("multicast") for _ in range(30)]
    start = clock.now()
    for turn in turns:
        turn.call(lambda: None)
    took = (clock.now() - start).total_seconds()
    assert 0.2 < took < 0.35
    assert sum(waits) == pytest.approx(took)
    assert len(waits) <= len(turns)
