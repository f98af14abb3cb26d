"""The scenario feature inside an assembled town, and inside a vendor's own transaction."""

import sqlite3

import pytest
from pydantic import BaseModel

from govline.city.assembly import assemble
from govline.city.router import Router
from govline.core import (
    FEATURE_API,
    Action,
    Env,
    Finished,
    Input,
    Offers,
    Responder,
    SystemClock,
    TalkContext,
    Uuid7Source,
)
from govline.core.messages import Text
from govline.errors import ConfigError, DefinitionError
from govline.scenario import ScenarioFeature, ScenarioService, loads

TALK = """
scenario: facility
start: people
triggers: [予約]
steps:
  people: {ask: "何名ですか?", type: integer, between: [1, 10], save: party, next: book}
  book: {do: town.book, with: {party: "{party}"}, next: done, refused: full}
  done: {end: booked, say: "{party}名で予約しました"}
  full: {say: "満員です", next: people}
"""


class BookArgs(BaseModel):
    party: int


class NoSettings(BaseModel):
    pass


class TownFeature:
    """A vendor's feature: an action and a responder of its own."""

    name = "town"
    api = FEATURE_API
    config = NoSettings
    migrations = ""

    def build(self, env, config):
        return self

    def offers(self, service):
        book = Action("town.book", BookArgs, frozenset({"ok", "refused"}), self.book)
        last = Responder("town.default", "default", lambda _tx, _context, _said: [Text("メニューをどうぞ")])
        return Offers(actions=[book], responders=[last])

    def book(self, tx, context, args):
        return Finished("ok" if args.party < 10 else "refused")


@pytest.fixture
def env(sqlite_db, tmp_path):
    def surroundings(port):
        return Env(
            town="hinata",
            database=sqlite_db,
            clock=SystemClock(),
            ids=Uuid7Source(),
            folder=tmp_path,
            secret=str,
            text=str,
            port=port,
        )

    return surroundings


def test_the_router_leads_a_citizen_through_the_talk_of_the_folder(env, sqlite_db, tmp_path):
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "facility.yaml").write_text(TALK, encoding="utf-8")
    town = assemble([ScenarioFeature(), TownFeature()], env)
    router = Router(town.each("responders"))

    def say(text, key):
        context = lambda tx: TalkContext(citizen="c1", now=tx.now, key=key)  # noqa: E731
        said = sqlite_db.run(lambda tx: router.answer(tx, context(tx), Input("text", text, key=key)))
        return [message.to_line()["text"] for message in said]

    assert say("こんにちは", "1") == ["メニューをどうぞ"]
    assert say("予約", "2") == ["何名ですか?"]
    assert say("10", "3") == ["満員です", "何名ですか?"]
    assert say("2", "4") == ["2名で予約しました"]
    assert say("2", "5") == ["メニューをどうぞ"]
    assert town.migrations == ("govline.scenario.migrations",)
    assert {field.table for field in town.each("data_map")} == {
        "gl_scenario_definition",
        "gl_scenario_session",
        "gl_scenario_turn",
    }


def test_a_town_whose_talks_do_not_fit_its_features_does_not_start(env):
    with pytest.raises(DefinitionError, match="GL-4012"):
        assemble([ScenarioFeature([loads(TALK)])], env)
    with pytest.raises(DefinitionError, match="GL-4013"):
        assemble([ScenarioFeature([loads(TALK.replace(", refused: full", ""))]), TownFeature()], env)
    with pytest.raises(ConfigError, match="GL-9014"):
        assemble([(ScenarioFeature([]), {"keep_days": 0})], env)


def test_awaited_events_become_handlers(env):
    town = assemble([(ScenarioFeature([]), {"awaits": ["payments.settled"]})], env)
    assert [handler.event for handler in town.each("handlers")] == ["payments.settled"]


@pytest.mark.parametrize("kept", [True, False])
def test_a_talk_lives_and_dies_with_the_vendors_own_transaction(sqlite_db, tmp_path, kept):
    service = ScenarioService([loads(TALK)])
    service.bind_actions({action.name: action for action in TownFeature().offers(None).actions})
    connection = sqlite3.connect(tmp_path / "town.db", isolation_level=None)
    try:
        connection.execute("CREATE TABLE mine (id TEXT)")
        connection.execute("BEGIN IMMEDIATE")
        with sqlite_db.join(connection) as tx:
            connection.execute("INSERT INTO mine VALUES ('x')")
            assert [said.to_line()["text"] for said in service.start(tx, "c1", "facility")] == ["何名ですか?"]
        connection.execute("COMMIT" if kept else "ROLLBACK")
        assert connection.execute("SELECT count(*) FROM mine").fetchone() == (int(kept),)
    finally:
        connection.close()
    assert (sqlite_db.read(lambda tx: service.session_of(tx, "c1")) is not None) is kept
