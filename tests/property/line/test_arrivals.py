"""What the receiver counts by its own clock: however late calls and answers come, no window of it holds more than the limit."""

import heapq
from datetime import timedelta
from itertools import count, cycle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govline.core import FixedClock
from govline.line.limiter import LIMITS, Arrivals, Limit, Limiter
from govline.line.shared_limiter import SharedLimiter
from govline.store import Database

LIMIT = Limit(40, 1.0)
WAY = 0.02  # there and back at least, half of it each


class World:
    """A clock that moves when a limiter waits; answers come in at their moments meanwhile."""

    def __init__(self):
        self.now = 0.0
        self.answers = []
        self.arrived = []
        self.order = count()

    def wait(self, seconds):
        until = self.now + seconds
        while self.answers and self.answers[0][0] <= until:
            self.now, _, done = heapq.heappop(self.answers)
            done(True)
        self.now = until

    def send(self, turn, there, back):
        turn.hold()
        arrival = self.now + WAY / 2 + there
        self.arrived.append(arrival)
        heapq.heappush(self.answers, (arrival + WAY / 2 + back, next(self.order), turn.done))

    def fullest(self):
        moments = sorted(self.arrived)
        return max(sum(start <= each < start + 1 - 1e-6 for each in moments) for start in moments)


# quiet, a little jitter, and now and then a stall in which everything piles up and arrives together
delays = st.lists(
    st.tuples(st.integers(5, 60), st.floats(0, 0.8), st.floats(0, 0.3), st.booleans()), min_size=1, max_size=6
)


def play(world, gate, phases, *others):
    gates = cycle([gate, *others])
    for each in (gate, *others):  # the way is known
        world.send(each.reserve("a"), 0.0, 0.0)
    world.wait(WAY)
    for calls, delay, back, stall in phases:
        over = world.now + delay
        for number in range(calls):
            asked = next(gates)
            while (turn := asked.reserve("a")).refused:
                world.wait(turn.refused)
            there = max(0.0, over - world.now) if stall else delay * (number % 7) / 7
            world.send(turn, there, back * (number % 3) / 3)


@settings(max_examples=40, deadline=None)
@given(delays)
def test_no_window_of_the_receiver_holds_more_than_the_limit(phases):
    world = World()
    play(world, Limiter({"a": LIMIT}, clock=lambda: world.now, wait=world.wait), phases)
    assert world.fullest() <= LIMIT.calls


def test_without_counting_arrivals_a_stall_goes_beyond_it(monkeypatch):
    monkeypatch.setattr(Arrivals, "count", lambda _self, _now: 0)
    world = World()
    play(world, Limiter({"a": LIMIT}, clock=lambda: world.now, wait=world.wait), STALL)
    assert world.fullest() > LIMIT.calls


STALL = [(20, 0.5, 0.0, True), (60, 0.0, 0.0, False)]


class WallClock(FixedClock):
    """The world's moments as instants."""

    def __init__(self, start, world):
        super().__init__(start)
        self._world = world

    def now(self):
        return super().now() + timedelta(seconds=self._world.now)


def shared(tmp_path, clock, world):
    database = Database.open(f"sqlite:///{tmp_path}/town.db", clock=WallClock(clock.now(), world))
    database.migrate(["govline.line.migrations"])
    return database, SharedLimiter(database, "c", {"a": LIMIT}, wait=world.wait)


def test_the_shared_limiter_of_one_worker_holds_through_a_stall(tmp_path, clock):
    world = World()
    database, gate = shared(tmp_path, clock, world)
    with database:
        play(world, gate, [*STALL, (60, 0.3, 0.1, False), *STALL])
    assert world.fullest() <= LIMIT.calls


@pytest.mark.parametrize("workers", [2, 3])
def test_several_workers_hold_through_stalls_that_meet_all_of_them(tmp_path, clock, workers):
    world, multicast = World(), {"a": LIMITS["multicast"]}
    phases = [(150, 0.0, 0.0, False), (100, 0.5, 0.0, True), (300, 0.1, 0.1, False), (100, 0.7, 0.0, True)]
    database, _ = shared(tmp_path, clock, world)
    with database:
        gates = [SharedLimiter(database, "c", multicast, wait=world.wait) for _ in range(workers)]
        play(world, gates[0], [*phases, *phases], *gates[1:])
    assert world.fullest() <= 200


def test_the_shared_limiter_without_counting_goes_beyond_it(tmp_path, clock, monkeypatch):
    monkeypatch.setattr(Arrivals, "count", lambda _self, _now: 0)
    world = World()
    database, gate = shared(tmp_path, clock, world)
    with database:
        play(world, gate, STALL)
    assert world.fullest() > LIMIT.calls


def test_a_call_that_never_left_makes_room_at_once():
    arrivals = Arrivals(1.0)
    arrivals.sent()
    assert arrivals.count(0.0) == 1
    arrivals.ended(0.0, 0.1, reached=False)
    assert arrivals.count(0.1) == 0


def test_the_quickest_way_of_long_ago_is_forgotten():
    arrivals = Arrivals(1.0)
    for number in range(1_100):
        arrivals.sent()
        arrivals.ended(number * 2.0, number * 2.0 + (0.01 if number == 0 else 0.2), reached=True)
    arrivals.count(3_000.0)
    arrivals.sent()
    arrivals.ended(3_000.0, 3_000.2, reached=True)
    assert (arrivals.count(3_000.99), arrivals.count(3_001.01)) == (1, 0)


def test_a_slow_first_answer_says_nothing_of_the_way():
    arrivals = Arrivals(1.0)
    arrivals.sent()
    arrivals.ended(0.0, 0.5, reached=True)  # half a window on the way there, as far as anybody knows
    assert [arrivals.count(now) for now in (1.2, 1.6)] == [1, 0]
