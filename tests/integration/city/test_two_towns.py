"""Two towns in one web process, each with its own file, channel and secret: nothing of one is seen by the other."""

from contextlib import ExitStack
from types import SimpleNamespace

import pytest
import urllib3
from attrs import define
from pydantic import BaseModel

from govline import City, Database
from govline.city import LineChannel, asgi
from govline.core import FEATURE_API, Offers, Responder
from govline.core.messages import Text
from govline.line import sign
from govline.simulator import ChannelSettings, LineWorld, Simulator, SimulatorClient, serve
from govline.store import inbox

SETTINGS = {
    "hinata": ChannelSettings(name="ひなた町"),
    "tonari": ChannelSettings(
        name="となり町", channel_id="2", secret="another secret", token="other", bot_user_id="U" + "2" * 32
    ),
}


class NoSettings(BaseModel):
    pass


@define
class Greeter:
    """Says in which town it is."""

    town: str
    name = "greeter"
    api = FEATURE_API
    config = NoSettings
    migrations = ""

    def build(self, env, config):
        return self

    def offers(self, service):
        return Offers(responders=[Responder("greeter", "search", self.answer)])

    def answer(self, tx, context, said):
        return [Text(f"{self.town}です")] if said.kind == "text" else []


@pytest.fixture
def towns(tmp_path, clock, keys):
    """Two cities behind one ASGI app, and one simulated LINE with a channel for each."""
    world = LineWorld(clock=clock, channels=list(SETTINGS.values()))
    with ExitStack() as stack:
        line = stack.enter_context(Simulator(world).serve())
        cities, clients = {}, {}
        for name, settings in SETTINGS.items():
            database = Database.open(f"sqlite:///{tmp_path / name}.db", town=name, clock=clock, keys=keys)
            channel = LineChannel(lambda s=settings: (s.secret,), lambda s=settings: s.token, api=line)
            cities[name] = stack.enter_context(
                City(database, [Greeter(settings.name)], line=channel).prepare()
            )
            clients[name] = stack.enter_context(SimulatorClient(line, channel=settings.channel_id))
        web = stack.enter_context(serve(asgi(*cities.values(), work=False)))
        for name, settings in SETTINGS.items():
            world.set_webhook(f"{web}/{name}/line/webhook", settings.channel_id)
        yield SimpleNamespace(cities=cities, clients=clients, web=web)


def test_one_citizen_talks_with_both_and_each_answers_for_itself(towns):
    said = {name: client.citizen("花子") for name, client in towns.clients.items()}
    for citizen in said.values():
        citizen.follow()
        citizen.say("こんにちは")
    for name, city in towns.cities.items():
        towns.clients[name].settle()
        city.settle()
    greetings = {f"{settings.name}です" for settings in SETTINGS.values()}
    for name, citizen in said.items():
        texts = [row["message"]["text"] for row in citizen.messages()]
        assert [text for text in texts if text in greetings] == [f"{SETTINGS[name].name}です"]
    assert all(set(city.read(inbox.counts)) == {"done"} for city in towns.cities.values())


def test_a_body_of_one_town_is_refused_at_the_door_of_the_other(towns):
    raw = b'{"destination":"U0","events":[{"type":"message","webhookEventId":"e1","timestamp":1}]}'
    headers = {"x-line-signature": sign(SETTINGS["hinata"].secret, raw)}
    with urllib3.PoolManager() as http:
        answers = [
            http.request("POST", f"{towns.web}/{name}/line/webhook", body=raw, headers=headers).status
            for name in SETTINGS
        ]
    assert answers == [200, 401]
    assert [bool(city.read(inbox.counts)) for city in towns.cities.values()] == [True, False]
