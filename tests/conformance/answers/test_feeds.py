"""Feeds are fetched outside transactions and kept with the time that they are of, on SQLite and PostgreSQL."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from govline.answers import Answers, NoReader
from govline.answers.feed_shapes import Shape
from govline.answers.feeds import TOPIC, Board, Feed, FeedHandler
from govline.core import Dead, EffectContext

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "plough.txt"
    _replace(path, "山手は作業中\n", NOW - timedelta(minutes=5))
    return path


def _replace(path, text, at):
    path.write_text(text, "utf-8")
    os.utime(path, (at.timestamp(), at.timestamp()))


@pytest.fixture
def answers(any_db, source, clock):
    clock.set(NOW)
    service = Answers(
        reader=NoReader(),
        feeds=[Feed("除雪の状況", source, Shape("text"), aliases=["雪かき"], link="https://hinata.example")],
    )
    any_db.run(service.prepare)
    return service


def _fetch(db, answers, clock):
    handler, payload = FeedHandler(answers.feeds), {"feed": "除雪の状況"}
    now = clock.now()
    fate = handler.run(payload, EffectContext("e", TOPIC, 1, now, now, now, "hinata"))
    db.run(lambda tx: handler.record(tx, payload, fate))


def _board(db, answers):
    return db.read(lambda tx: answers.feeds.board(tx, "除雪の状況"))


def test_what_was_fetched_stands_with_its_time_and_grows_old(any_db, answers, clock):
    assert _board(any_db, answers) == Board()
    _fetch(any_db, answers, clock)
    assert _board(any_db, answers) == Board(["山手は作業中"], NOW - timedelta(minutes=5), "", stale=False)
    assert any_db.read(answers.feeds.problems) == []
    clock.set(NOW + timedelta(minutes=56))
    assert _board(any_db, answers).stale
    assert any_db.read(answers.feeds.problems) == [
        "「除雪の状況」が新しくありません(2026-11-22 11:55): worker は動いていますか"
    ]


def test_a_failure_keeps_what_stood_and_says_so(any_db, answers, clock, source):
    _fetch(any_db, answers, clock)
    source.unlink()
    _fetch(any_db, answers, clock)
    board = _board(any_db, answers)
    assert (board.lines, board.stale) == (("山手は作業中",), False)
    assert "GL-4204" in board.problem
    _replace(source, "終了\n", NOW)
    _fetch(any_db, answers, clock)
    assert _board(any_db, answers) == Board(["終了"], NOW, "", stale=False)


def test_the_next_look_is_planned_whatever_came(any_db, answers, clock):
    handler, payload = FeedHandler(answers.feeds), {"feed": "除雪の状況"}
    any_db.run(lambda tx: handler.record(tx, payload, Dead("x")))
    assert _board(any_db, answers).problem
    assert any_db.read(lambda tx: _planned(tx)) == NOW + timedelta(minutes=10)
    any_db.run(lambda tx: handler.record(tx, {"feed": "gone"}, Dead("x")))


def _planned(tx):
    from govline.store import schedules

    return schedules.next_due(tx)


def test_feeds_are_found_and_leave_with_the_settings(any_db, answers):
    result = any_db.read(lambda tx: answers.search(tx, "雪かき"))
    assert (result.answered, result.results[0].item.kind) == (True, "feed")
    other = Answers(reader=NoReader())
    any_db.run(other.prepare)
    assert not any_db.read(lambda tx: other.search(tx, "雪かき")).answered
