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


DOSES = [
    {**PROGRAMME, "programme": "dose-1", "linked": {"to": "dose-2", "least_days": 21, "most_days": 28}},
    {**PROGRAMME, "programme": "dose-2"},
]


def test_a_pair_at_the_counter(tmp_path, capsys):
    clock = FixedClock(datetime(2026, 11, 20, tzinfo=UTC))
    url = f"sqlite:///{tmp_path / 'town.db'}"
    database = Database.open(url, town="hinata", clock=clock, keys=Keyring.generate())
    feature = CalendarFeature()
    city = City(database, [(feature, {"programmes": DOSES})], folder=tmp_path).prepare()
    commands = {command.name: command for command in feature.offers(city.calendar).commands}
    slots = {}
    for programme, days in (("dose-1", (0, 1)), ("dose-2", (20, 21, 29))):
        plans = [SlotPlan(START + timedelta(days=n), START + timedelta(days=n, hours=1), 1) for n in days]
        city.run(lambda tx, p=programme, plans=plans: city.calendar.add_slots(tx, p, plans))
        found = city.read(lambda tx, p=programme: city.calendar.slots(tx, p))
        slots[programme] = [slot.id for slot in found]
    (one, other), (early, fits, late) = slots["dose-1"], slots["dose-2"]

    def said(*words):
        code = commands[words[0]].run(city, words[1:])
        out = capsys.readouterr()
        return code, json.loads(out.out) if out.out else out.err

    assert [each["slot"] for each in said("book-pair", one, "--json")[1]] == [fits]
    person = ("--name", "佐藤", "--phone", "090", "--as", "tanaka", "--json")
    code, refused = said("book-pair", one, early, *person)
    assert (code, "GL-2151" in refused) == (1, True)
    code, booked = said("book-pair", one, fits, *person)
    assert (code, len(booked["bookings"]), len(booked["merge_code"])) == (0, 2, 11)
    second = booked["bookings"][1]["booking"]
    assert "GL-2152" in said("change", second, late, "--json")[1]
    code, moved = said("change-pair", second, late, other, "--reason", "電話の希望", "--json")
    assert (code, [each["starts"][:10] for each in moved["bookings"]]) == (0, ["2026-12-02", "2026-12-30"])
    steps = city.read(lambda tx: city.calendar.history(tx, second))
    assert [(step.what, step.reason) for step in steps][-1] == ("changed", "電話の希望")
    single = city.run(lambda tx: city.calendar.book(tx, fits, "c", key="k"))
    assert "GL-2150" in said("change-pair", single.id, early, one, "--json")[1]
    city.close()


def test_options_at_the_counter(tmp_path, capsys):
    database = Database.open(
        f"sqlite:///{tmp_path / 'town.db'}",
        town="hinata",
        clock=FixedClock(datetime(2026, 11, 20, tzinfo=UTC)),
        keys=Keyring.generate(),
    )
    feature = CalendarFeature()
    slots = [{"dates": "2026-12-01", "times": "10:00-12:00", "name": name} for name in ("A", "B")]
    rooms = {"programme": "p", "capacity": 1, "slots": slots, "options": "マイク 3個"}
    city = City(database, [(feature, {"programmes": [rooms]})], folder=tmp_path).prepare()
    commands = {command.name: command for command in feature.offers(city.calendar).commands}
    one, two = [slot.id for slot in city.read(lambda tx: city.calendar.slots(tx, "p"))]

    def said(name, *words):
        code = commands[name].run(city, [*words, "--json"])
        return code, json.loads(capsys.readouterr().out or "{}")

    code, booked = said("book", one, "--nobody", "--option", "マイク=2")
    assert (code, booked["options"]) == (0, {"マイク": 2})
    assert commands["book"].run(city, [two, "--nobody", "--option", "マイク=2"]) == 1
    assert "残り1個" in capsys.readouterr().err
    assert said("change", booked["booking"], one, "--option", "マイク=1")[0] == 0
    assert commands["book"].run(city, [two, "--nobody", "--option", "マイク=2"]) == 0
    assert "マイク×2" in capsys.readouterr().out
    assert said("change", booked["booking"], one, "--no-options")[0] == 0
    assert not city.read(lambda tx: city.calendar.booking(tx, booked["booking"])).options
    with pytest.raises(SystemExit):
        commands["book"].run(city, [two, "--option", "マイク"])
    city.close()


@pytest.mark.parametrize(
    ("command", "words", "said"),
    [
        ("close", ["hall", "2026-13-01", "2026-12-01T10:00", "--reason", "x"], "write 2026-12-01T13:00"),
        ("roster", ["hall", "26日", "x.xlsx"], "write 2026-12-01"),
        ("book", ["--help"], "govline export slots"),
    ],
)
def test_a_clerk_reads_how_it_is_written(town, capsys, command, words, said):
    with pytest.raises(SystemExit):
        town[0](command, *words)
    assert said in " ".join("".join(capsys.readouterr()).split())
