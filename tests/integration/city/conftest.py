"""A town whose only feature writes down what it heard, against a simulated LINE over loopback."""

import json

import pytest
from attrs import define, field
from pydantic import BaseModel

from govline import City
from govline.city import LineChannel
from govline.core import FEATURE_API, Event, Offers, Ref, Responder
from govline.core.messages import Text
from govline.line import sign
from govline.simulator import ChannelSettings, LineWorld, Simulator, SimulatorClient

CHANNEL = ChannelSettings(name="ひなた町")


class NoSettings(BaseModel):
    pass


@define
class Echo:
    """Repeats what it hears; raises for 「壊れる」 while `broken`."""

    name = "echo"
    api = FEATURE_API
    config = NoSettings
    migrations = ""
    heard: list = field(factory=list)
    broken: bool = True

    def build(self, env, config):
        return self

    def offers(self, service):
        return Offers(responders=[Responder("echo", "search", self.answer)])

    def answer(self, tx, context, said):
        if said.kind != "text":
            return None
        tx.emit(Event("echo.heard", Ref("citizen", context.citizen), data={"key": said.key}))
        if self.broken and said.text == "壊れる":
            raise RuntimeError(said.text)
        self.heard.append(said.text)
        return [Text(f"「{said.text}」ですね")]


@pytest.fixture
def echo():
    return Echo()


@pytest.fixture
def line(clock):
    """A running simulator: (world, client, url)."""
    world = LineWorld(clock=clock, channels=[CHANNEL])
    with Simulator(world).serve() as url, SimulatorClient(url) as client:
        yield world, client, url


@pytest.fixture
def city(any_db, echo, line):
    channel = LineChannel(lambda: (CHANNEL.secret, "an older secret"), lambda: CHANNEL.token, api=line[2])
    town = City(any_db, [echo], name="ひなた町", line=channel)
    yield town
    if "messenger" in town.__dict__:
        town.messenger.close()


class Body:
    """Builds webhook bodies as LINE does."""

    def __init__(self, client):
        self.user = client.citizens_in_bulk(1)[0]
        self.number = 0

    def text(self, text, *, at=None, **changed):
        self.number += 1
        return {
            "type": "message",
            "mode": "active",
            "timestamp": 1_795_000_000_000 + (at if at is not None else self.number),
            "source": {"type": "user", "userId": self.user},
            "webhookEventId": f"01TEST{self.number:020d}",
            "deliveryContext": {"isRedelivery": False},
            "replyToken": f"{self.number:032x}",
            "message": {"id": str(self.number), "type": "text", "text": text, "quoteToken": "q"},
            **changed,
        }

    def raw(self, *events):
        return json.dumps({"destination": CHANNEL.bot_user_id, "events": events}, ensure_ascii=False).encode()


@pytest.fixture
def body(line):
    return Body(line[1])


@pytest.fixture
def post(city):
    """Posts a signed body and returns the status."""

    def posted(raw, secret=CHANNEL.secret):
        return city.receive(raw, sign(secret, raw))

    return posted


@pytest.fixture
def replies(line, body):
    """Texts that the citizen of `body` has got so far."""

    def texts():
        _world, client, _url = line
        rows = client.request("GET", f"/citizens/{body.user}/messages?after=0")["messages"]
        return [row["message"]["text"] for row in rows if row["side"] == "town"]

    return texts
