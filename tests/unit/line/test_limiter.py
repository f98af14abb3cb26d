"""The rate limits and the bucket that keeps them."""

import threading

import pytest

from govline.line.limiter import LIMITS, RATE, Limit, Limiter
from govline.line.messenger import Answer


class Time:
    """A monotonic clock that moves when somebody waits."""

    def __init__(self):
        self.now = 0.0
        self.waits = []

    def __call__(self):
        return self.now

    def wait(self, seconds):
        self.waits.append(seconds)
        self.now += seconds


def enter(gate, endpoint):
    """A call that is answered in the moment in which it leaves; 0.0, or the seconds to come back after."""
    turn = gate.reserve(endpoint)
    if not turn.refused:
        turn.call(lambda: None)
    return turn.refused


def test_lines_limits_stand_in_one_table():
    assert (LIMITS["multicast"].calls, LIMITS["push"].calls, LIMITS["broadcast"].seconds) == (200, 2000, 3600)


def test_a_burst_goes_through_then_calls_are_spaced():
    time = Time()
    limiter = Limiter({"push": Limit(100, 1.0, burst=10)}, clock=time, wait=time.wait)
    for _ in range(10):
        assert enter(limiter, "push") == 0.0
    assert time.waits == []
    for _ in range(90):
        assert enter(limiter, "push") == 0.0
    assert time.now == pytest.approx(1.0)


def test_endpoints_have_buckets_of_their_own():
    time = Time()
    limiter = Limiter({"a": Limit(1, 60.0), "b": Limit(1, 60.0)}, clock=time, wait=time.wait)
    assert [enter(limiter, name) for name in ("a", "b")] == [0.0, 0.0]
    assert enter(limiter, "a") == pytest.approx(60.0)


def test_beyond_our_patience_no_token_is_taken():
    time = Time()
    limiter = Limiter({"a": Limit(2, 3600.0)}, patience=0.5, clock=time, wait=time.wait)
    enter(limiter, "a")
    delays = [enter(limiter, "a") for _ in range(50)]
    assert set(delays) == {3600.0}
    time.now = 3600.0
    assert enter(limiter, "a") == 0.0


def test_what_line_does_not_list_has_the_general_limit():
    time = Time()
    limiter = Limiter(clock=time, wait=time.wait)
    for _ in range(RATE.burst):
        enter(limiter, "profile")
    assert time.waits == []
    enter(limiter, "profile")
    assert time.waits == [pytest.approx(1 / RATE.refill)]


def test_multicasts_reach_95_percent_of_the_limit():
    assert LIMITS["multicast"].refill / LIMITS["multicast"].calls >= 0.97
    assert LIMITS["broadcast"].burst == 30


@pytest.mark.parametrize("bad", [{"calls": 0}, {"calls": 1, "seconds": 0}])
def test_a_limit_of_nothing_is_refused(bad):
    with pytest.raises(ValueError):
        Limit(**bad)


def test_threads_share_the_bucket():
    granted = []
    limiter = Limiter({"a": Limit(40, 3600.0, burst=20)}, clock=lambda: 0.0, patience=0.0)

    def work():
        granted.extend(enter(limiter, "a") == 0.0 for _ in range(10))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert granted.count(True) == 20


def test_who_comes_late_for_a_place_waits_for_another():
    time = Time()
    limiter = Limiter({"a": Limit(100, 1.0, burst=10)}, clock=time, wait=time.wait)
    late = [limiter.reserve("a") for _ in range(30)]
    time.now = 10.0  # the database stood still for ten seconds
    for turn in late:
        turn.hold()
    assert time.now == pytest.approx(10.0 + 20 / 90)
    assert all(turn.refused == 0.0 for turn in late)


@pytest.mark.parametrize(("left", "sent"), [(False, 60.0), (True, 90.0)])
def test_a_call_that_never_left_counts_for_nothing(left, sent):
    time = Time()
    limiter = Limiter({"a": Limit(1, 60.0)}, clock=time, wait=time.wait)

    def slow():
        time.now += 30.0
        return Answer(0, left=left)

    limiter.reserve("a").call(slow)
    time.now = 60.0
    limiter.reserve("a").call(lambda: None)
    assert time.now == pytest.approx(sent, abs=0.1)
