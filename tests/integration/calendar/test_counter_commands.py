"""The counter at a terminal, in a town of its own: a booking by telephone, its code, a closure, a counter that drifted."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from govline import City, Database, FixedClock
from govline.calendar import CalendarFeature, SlotPlan
from govline.calendar import _queries as q
from govline.store import Keyring

START = datetime(2026, 12, 1, 1, tzinfo=UTC)
PROGRAMME = {"programme": "p", "capacity": 2, "slots": [], "contact": "required", "no_show_minutes": 30}


@pytest.fixture
def town(tmp_path):
    clock = FixedClock(datetime(2026, 11, 20, tzinfo=UTC))
    url = f"sqlite:///{tmp_path / 'town.db'}"
    database = Database.open(url, town="hinata", clock=clock, keys=Keyring.generate())
    feature = CalendarFeature()
    city = City(database, [(feature, {"programmes": [PROGRAMME]})], folder=tmp_path).prepare()
    plans = [SlotPlan(START + timedelta(days=n), START + timedelta(days=n, hours=1), 2) for n in range(2)]
    city.run(lambda tx: city.calendar.add_slots(tx, "p", plans))
    commands = {command.name: command for command in feature.offers(city.calendar).commands}
    slots = [slot.id for slot in city.read(lambda tx: city.calendar.slots(tx, "p"))]
    yield lambda name, *words: commands[name].run(city, words), city, slots, clock
    city.close()


def test_a_day_at_the_counter(town, capsys):
    run, _, (one, two), clock = town

    def said(*words):
        code = run(*words)
        return code, json.loads(capsys.readouterr().out)

    assert run("book", one, "--as", "tanaka") == 1
    assert "GL-2162" in capsys.readouterr().err
    code, booked = said(
        "book", one, "--name", "佐藤", "--phone", "090", "--as", "tanaka", "--channel", "phone", "--json"
    )
    assert (code, len(booked["merge_code"])) == (0, 11)
    code, closed = said(
        "close", "p", "2026-12-01T09:00", "2026-12-01T12:00", "--reason", "大雪", "--instead", two, "--json"
    )
    assert (code, closed["slots"], closed["displaced"]) == (0, 1, 1)
    code, opened = said("reopen", closed["closure"], "--json")
    assert (code, opened["state"]) == (0, "reopened")
    clock.advance(START - clock.now())
    code, came = said("arrive", booked["booking"], "--json")
    assert (code, came["state"]) == (0, "attended")
    code, back = said("arrive", booked["booking"], "--undo", "--reason", "人違い", "--json")
    assert (code, back["state"]) == (0, "confirmed")
    assert run("history", booked["booking"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines] == ["made", "displaced", "restored", "attended", "undone"]
    assert "佐藤" not in "".join(lines)
    assert said("cancel", booked["booking"], "--json")[1]["state"] == "cancelled"
    assert run("history", "nothing") == 1
    assert run("arrive", "0000-0000-0000") == 1


def test_a_counter_that_drifted_is_found_and_mended(town, capsys):
    run, city, (one, _), _ = town
    assert run("reconcile") == 0
    city.run(lambda tx: tx.write(q.GIVE, {"slot": one, "places": -1}))
    assert run("reconcile", "--json") == 1
    capsys.readouterr()
    assert run("reconcile", "--fix") == 0
    assert "直しました" in capsys.readouterr().out
    assert run("reconcile") == 0


def test_what_the_feature_brings(town):
    _, city, _, _ = town
    offers = CalendarFeature().offers(city.calendar)
    assert "calendar.close" in offers.effects
    assert {column.column for column in offers.sealed} == {"label", "phone"}
    assert any(tick.name.startswith("calendar.no_show") for tick in offers.ticks)
    assert [keep.name for keep in offers.retention if keep.name == "calendar.contacts"]
