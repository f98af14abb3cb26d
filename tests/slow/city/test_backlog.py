"""A million effects wait in one feature's queue and another feature hangs: citizens are answered within a second.

A machine that needs longer even without them is measured against itself.
"""

import json
import time
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from attrs import define, field
from pydantic import BaseModel
from sqlalchemy import text

from govline import City
from govline.city import LineChannel
from govline.core import FEATURE_API, Done, Effect, Offers, Responder, SystemClock
from govline.core.messages import Text
from govline.line import sign
from govline.simulator import ChannelSettings, LineWorld, Simulator
from govline.store import outbox
from govline.testing.effects import HangingHandler

pytestmark = pytest.mark.slow

CHANNEL = ChannelSettings()
BACKLOG = 1_000_000
SERIES = {
    "sqlite": "WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < {most}) SELECT n FROM g",
    "postgresql": "SELECT n FROM generate_series(1, {most}) AS g(n)",
}
COPY = """
INSERT INTO gl_outbox SELECT 'row-' || n, queue, topic, version, payload, 'copy-' || n, order_key, position, strict, priority,
enqueued, due, expires, state, wake, fence, attempts, first_attempt, reason, ended FROM gl_outbox, ({series}) AS series
WHERE topic = 'busy.work'
"""


class NoSettings(BaseModel):
    pass


class SlowHandler:
    """A provider that takes a tenth of a second."""

    def __init__(self):
        self.done = 0

    def run(self, payload, context):
        time.sleep(0.1)
        self.done += 1
        return Done()

    def record(self, tx, payload, fate):
        pass


@define
class Burdened:
    """A feature with a slow provider and one that hangs; and another that answers."""

    name = "burdened"
    api = FEATURE_API
    config = NoSettings
    migrations = ""
    slow: SlowHandler = field(factory=SlowHandler)
    stuck: HangingHandler = field(factory=HangingHandler)

    def build(self, env, config):
        return self

    def offers(self, service):
        return Offers(
            effects={"busy.work": self.slow, "stuck.work": self.stuck},
            responders=[Responder("echo", "search", lambda tx, context, said: [Text(f"「{said.text}」")])],
        )


def fill(db):
    db.run(lambda tx: tx.enqueue(Effect("busy.work", {}, "first")))
    db.run(lambda tx: [tx.enqueue(Effect("stuck.work", {}, str(number))) for number in range(500)])
    db.budget = 300
    copy = COPY.format(series=SERIES[db.dialect].format(most=BACKLOG))
    with db.engine.exclusive() as connection:
        connection.execute(copy)


def said(user, number, token):
    event = {
        "type": "message",
        "mode": "active",
        "timestamp": int(datetime.now(UTC).timestamp() * 1000),
        "source": {"type": "user", "userId": user},
        "webhookEventId": f"01BACK{number:020d}",
        "deliveryContext": {"isRedelivery": False},
        "replyToken": token,
        "message": {"id": str(number), "type": "text", "text": f"質問{number}", "quoteToken": "q"},
    }
    return json.dumps({"destination": CHANNEL.bot_user_id, "events": [event]}).encode()


def test_replies_come_within_a_second(any_db):
    any_db.clock = SystemClock()
    burdened = Burdened()
    world = LineWorld(channels=[CHANNEL])
    users = world.befriend_many(20)
    with Simulator(world).serve() as url:
        channel = LineChannel(lambda: (CHANNEL.secret,), lambda: CHANNEL.token, api=url)
        city = City(any_db, [burdened], line=channel)
        city.messenger.reply(
            "not a token", []
        )  # the SDK is loaded once, as in a worker that has been up for a while
        with working(city):
            alone = [ask(world, city, users[number], number) for number in range(20)]
        fill(any_db)
        try:
            with working(city):
                assert burdened.stuck.entered.wait(60)
                waits = [ask(world, city, users[number % 20], number) for number in range(20, 60)]
                burdened.stuck.gate.set()
        finally:
            burdened.stuck.gate.set()
            city.messenger.close()
    assert max(waits) < max(1.0, 4 * max(alone)), (alone, waits)
    assert burdened.slow.done > 0
    left = any_db.read(
        lambda tx: tx.connection.execute(
            text("SELECT count(*) FROM gl_outbox WHERE state = 'ready'")
        ).scalar()
    )
    assert left > BACKLOG * 0.9
    assert any_db.read(outbox.counts)["reply"] == {"done": 60}


@contextmanager
def working(city):
    worker = city.background()
    worker.start()
    try:
        yield
    finally:
        worker.stop()


def ask(world, city, user, number):
    """Seconds from the webhook to the reply in the citizen's talk."""
    channel = world.channel()
    before = len(channel.talks[user])
    raw = said(user, number, channel.issue_reply_token(user))
    began = time.monotonic()
    assert city.receive(raw, sign(CHANNEL.secret, raw)) == 200
    while len(channel.talks[user]) == before:
        assert time.monotonic() - began < 30
        time.sleep(0.005)
    return time.monotonic() - began
