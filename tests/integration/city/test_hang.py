"""AC-8: a feature that hangs in its answers keeps nobody else from theirs."""

import threading

import pytest
from attrs import define, field
from pydantic import BaseModel

from govline import City
from govline.city import LineChannel
from govline.core import FEATURE_API, Offers, Ref, Responder
from govline.core.messages import Text
from govline.line import sign
from govline.simulator import ChannelSettings
from govline.store import inbox
from govline.testing.store_table import until

CHANNEL = ChannelSettings(name="ひなた町")


class NoSettings(BaseModel):
    pass


@define
class Stuck:
    """Writes something, then hangs while it answers 「固まる」."""

    name = "stuck"
    api = FEATURE_API
    config = NoSettings
    migrations = ""
    go: threading.Event = field(factory=threading.Event)
    inside: int = 0

    def build(self, env, config):
        return self

    def offers(self, service):
        return Offers(responders=[Responder("stuck", "keyword", self.answer)])

    def answer(self, tx, context, said):
        if said.kind != "text" or said.text != "固まる":
            return None
        tx.audit("stuck.begins", Ref("stuck", "1"))
        self.inside += 1
        assert self.go.wait(60)
        return [Text("やっと")]


@pytest.fixture
def stuck():
    return Stuck()


@pytest.fixture
def town(any_db, echo, stuck, line):
    channel = LineChannel(lambda: (CHANNEL.secret,), lambda: CHANNEL.token, api=line[2])
    with City(any_db, [stuck, echo], name="ひなた町", line=channel) as city:
        worker = city.background()
        worker.start()
        yield city
        stuck.go.set()
        worker.stop()


def test_others_are_answered_while_a_feature_hangs(town, stuck, line, body):
    users = line[1].citizens_in_bulk(8)

    def say(user, text):
        raw = body.raw(body.text(text, source={"type": "user", "userId": user}))
        assert town.receive(raw, sign(CHANNEL.secret, raw)) == 200

    def heard(user):
        rows = line[1].request("GET", f"/citizens/{user}/messages?after=0")["messages"]
        return [row["message"]["text"] for row in rows if row["side"] == "town"]

    for user in users[:4]:
        say(user, "固まる")
    until(lambda: stuck.inside >= 2)
    for user in users[4:]:
        say(user, "ペットボトル")
    until(lambda: all(heard(user) == ["「ペットボトル」ですね"] for user in users[4:]))
    assert not any("やっと" in heard(user) for user in users[:4])
    stuck.go.set()
    until(lambda: not town.read(inbox.next_citizens))
    states = town.read(inbox.counts)
    assert states["done"]["message.text"] == 8
