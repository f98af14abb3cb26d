"""Back-off, quiet hours and fates as pure decisions."""

import random
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govline.core import Dead, Done, Retry, Unknown
from govline.core.jst import JST
from govline.errors import OutcomeUnknown, RateLimited
from govline.store.fates import after_run, before_run, fate_of_error, lift
from govline.store.outbox_claims import Job
from govline.store.policies import Backoff, QueueLimit, QuietHours
from govline.testing.effects import RecordingHandler

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def job(**changed):
    plain = {
        "id": "e1", "queue": "line", "topic": "line.push", "version": 1, "payload": {}, "order_key": None,
        "strict": True, "priority": 0, "enqueued": NOW, "expires": None, "lease_until": NOW, "fence": 1, "attempts": 1,
        "first_attempt": NOW,
    }  # fmt: skip
    return Job(**{**plain, **changed})


def decide(fate, the_job, handler=None, backoff=None):
    return after_run(
        fate, the_job, handler, backoff=backoff or Backoff(jitter=0), rng=random.Random(1), now=NOW
    )


def test_the_default_backoff_makes_26_attempts_in_about_a_day():
    backoff = Backoff(jitter=0)
    waits = [backoff.wait(attempt, random.Random(1)) for attempt in range(1, backoff.max_attempts)]
    assert waits[:3] == [timedelta(seconds=2), timedelta(seconds=4), timedelta(seconds=8)]
    assert max(waits) == backoff.cap
    assert timedelta(hours=18) < sum(waits, timedelta()) < timedelta(hours=24)


@given(attempt=st.integers(1, 10_000), seed=st.integers())
def test_jitter_stays_within_its_share(attempt, seed):
    plain = Backoff(jitter=0).wait(attempt, random.Random(0))
    wait = Backoff(jitter=0.2).wait(attempt, random.Random(seed))
    assert plain * 0.79 <= wait <= plain * 1.21


def test_jitter_spreads_those_who_failed_together():
    rng = random.Random(1)
    waits = {Backoff(jitter=0.2).wait(5, rng) for _ in range(100)}
    assert max(waits) - min(waits) > timedelta(seconds=32) * 0.3


@pytest.mark.parametrize(
    ("start", "end", "now", "until"),
    [
        ((21, 0), (8, 0), (20, 59), None),
        ((21, 0), (8, 0), (21, 0), (21, 8, 0)),
        ((21, 0), (8, 0), (23, 59), (21, 8, 0)),
        ((21, 0), (8, 0), (0, 0), (20, 8, 0)),
        ((21, 0), (8, 0), (7, 59), (20, 8, 0)),
        ((21, 0), (8, 0), (8, 0), None),
        ((12, 0), (13, 0), (12, 30), (20, 13, 0)),
        ((12, 0), (13, 0), (13, 0), None),
        ((9, 0), (9, 0), (9, 0), None),
    ],
)
def test_quiet_hours_end_when_they_say(start, end, now, until):
    quiet = QuietHours(time(*start), time(*end))
    here = datetime(2026, 11, 20, *now, tzinfo=JST).astimezone(UTC)
    expected = None if until is None else datetime(2026, 11, until[0], *until[1:], tzinfo=JST)
    assert quiet.until(here) == expected


def test_an_expired_effect_is_dead_before_it_runs():
    assert before_run(job(expires=NOW), RecordingHandler(), NOW) == Dead("expired")
    assert before_run(job(expires=NOW + timedelta(seconds=1)), RecordingHandler(), NOW) is None


def test_only_a_repeated_attempt_can_be_too_old():
    handler = RecordingHandler(unknown_after=timedelta(hours=24))
    old = NOW - timedelta(hours=24)
    assert isinstance(before_run(job(attempts=2, first_attempt=old), handler, NOW), Unknown)
    assert before_run(job(attempts=1, first_attempt=old), handler, NOW) is None
    assert before_run(job(attempts=2, first_attempt=old + timedelta(seconds=1)), handler, NOW) is None


def test_a_retry_wakes_in_time_for_its_end():
    soon = NOW + timedelta(seconds=1)
    assert decide(Retry("x"), job(expires=soon)).wake_at == soon
    handler = RecordingHandler(unknown_after=timedelta(seconds=1))
    assert decide(Retry("x"), job(), handler).wake_at == soon
    assert decide(Retry("x", after=0.5), job(), handler).wake_at == NOW + timedelta(seconds=0.5)


def test_fates_become_states():
    assert decide(Done({"n": 1}), job()).state == "done"
    assert decide(Dead("no"), job()).reason == "no"
    assert decide(Unknown("lost"), job()).state == "unknown"
    last = decide(Retry("busy"), job(attempts=26))
    assert (last.state, last.fate) == ("dead", Dead("gave up after 26 attempts: busy"))
    assert len(decide(Dead("x" * 999), job()).reason) == 200


def test_errors_become_retries_without_their_message():
    assert fate_of_error(RateLimited("山田", retry_after=3.0)) == Retry("GL-8002", after=3.0)
    assert fate_of_error(OutcomeUnknown("山田")) == Retry("GL-7001")
    assert fate_of_error(KeyError("山田")) == Retry("KeyError")


def test_upcasters_run_from_version_to_version():
    steps = {("t", 1): lambda payload: {**payload, "b": 1}, ("t", 2): lambda payload: {**payload, "c": 2}}
    handler = RecordingHandler()
    assert lift({"a": 0}, "t", 1, handler, steps) == {"a": 0, "b": 1, "c": 2}
    assert lift({"a": 0}, "t", 3, handler, steps) == {"a": 0}
    handler.version = 2
    assert isinstance(lift({}, "t", 1, handler, steps), Retry)


@pytest.mark.parametrize("wrong", [{"workers": 0}, {"per_second": 0}, {"ahead": 0}])
def test_a_queue_limit_that_stops_everything_is_refused(wrong):
    with pytest.raises(ValueError):
        QueueLimit(**wrong)
