"""Replies through the real outbox: what the pump makes of LINE's answers, and that nothing goes out twice."""

import json
from datetime import timedelta

import pytest

from govline.core import Effect
from govline.core.messages import Text
from govline.line.effects import line_effects
from govline.store import identity, outbox
from govline.store.pump import Pump

TARO = "U" + "1" * 32
HELLO = [Text("こんにちは").to_line()]


@pytest.fixture
def pump(sqlite_db, messenger):
    made = Pump(sqlite_db, line_effects(sqlite_db, messenger))
    yield made
    made.close()


@pytest.fixture
def reply(sqlite_db):
    def work(tx):
        citizen = identity.citizen_of(tx, TARO)
        payload = {"citizen": citizen, "reply_token": "token", "messages": HELLO}
        tx.enqueue(Effect("line.reply", payload, dedupe="e1", order_key=f"citizen:{citizen}", strict=False))

    sqlite_db.run(work)


def states(db):
    return {entry.topic: entry.state for entry in db.read(outbox.list)}


def sent(line):
    return [request[1].rpartition("/")[2] for request in line.requests]


def test_a_reply_is_sent_once(line, sqlite_db, pump, reply):
    for _ in range(3):
        pump.run_once()
    assert states(sqlite_db) == {"line.reply": "done"}
    assert sent(line) == ["reply"]


def test_a_used_token_becomes_one_push_under_the_effect_s_own_key(line, sqlite_db, pump, reply, clock):
    line.say(400, "Invalid reply token")
    line.say(500)
    pump.run_once()
    pump.run_once()
    clock.advance(timedelta(minutes=1))
    line.say(409, "already accepted")
    pump.run_once()
    assert states(sqlite_db) == {"line.reply": "done"}
    assert sent(line) == ["reply", "push", "push"]
    first, second = line.requests[1:]
    assert first[2]["X-Line-Retry-Key"] == second[2]["X-Line-Retry-Key"]
    assert json.loads(first[3]) == json.loads(second[3]) == {"to": TARO, "messages": HELLO}


def test_a_push_instead_of_a_reply_keeps_its_place(line, sqlite_db, pump, reply):
    citizen = sqlite_db.read(lambda tx: identity.find_citizen(tx, TARO))
    payload = {"citizen": citizen, "reply_token": "fresh", "messages": HELLO}
    later = Effect("line.reply", payload, dedupe="e2", order_key=f"citizen:{citizen}", strict=False)
    sqlite_db.run(lambda tx: tx.enqueue(later))
    line.say(400, "Invalid reply token")
    pump.run_until_idle()
    assert sent(line) == ["reply", "push", "reply"]


def test_a_lost_answer_ends_unknown_and_is_never_pushed(line, sqlite_db, pump, reply, clock):
    line.cut = 1
    pump.run_once()
    line.say(400, "Invalid reply token")
    clock.advance(timedelta(seconds=2))
    pump.run_once()
    assert states(sqlite_db) == {"line.reply": "unknown"}
    assert sent(line) == ["reply", "reply"]


def test_a_lost_answer_of_a_reply_that_did_not_arrive_is_made_good(line, sqlite_db, pump, reply, clock):
    line.cut = 1
    pump.run_once()
    clock.advance(timedelta(seconds=2))
    pump.run_once()
    assert states(sqlite_db) == {"line.reply": "done"}
    assert sent(line) == ["reply", "reply"]
