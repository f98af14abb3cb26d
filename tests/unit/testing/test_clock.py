"""The clock that processes share through a file."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from govline.testing.clock import FileClock

THEN = datetime(2026, 12, 1, tzinfo=UTC)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "clock.json"


def near(first, second):
    return abs(first - second) < timedelta(minutes=5)


def test_without_a_file_it_is_the_machines_time(path):
    assert near(FileClock(path).now(), datetime.now(UTC))


def test_whoever_sets_it_sets_it_for_all_who_share_the_file(path):
    mine, theirs = FileClock(path), FileClock(path)
    mine.set(THEN)
    assert near(theirs.now(), THEN)
    theirs.advance(timedelta(days=1))
    assert near(mine.now(), THEN + timedelta(days=1))
    assert near(FileClock(path).now(), THEN + timedelta(days=1))


def test_it_runs_on(path):
    clock = FileClock(path)
    clock.set(THEN)
    assert THEN <= clock.now() <= clock.now()


def test_a_reader_never_meets_half_a_file(path):
    FileClock(path).set(THEN)
    assert set(json.loads(path.read_text(encoding="utf-8"))) == {"offset_us"}
    assert list(path.parent.iterdir()) == [path]


def test_many_threads_may_put_it_forward_at_once(path):
    clock = FileClock(path)
    clock.set(THEN)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: clock.advance(timedelta(days=1)), range(200)))
    assert near(clock.now(), THEN + timedelta(days=200))
    assert list(path.parent.iterdir()) == [path]
