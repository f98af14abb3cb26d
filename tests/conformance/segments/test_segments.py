"""Segments on both engines: attributes, history, counts, deliveries."""

import json
from datetime import date
from types import SimpleNamespace

import pytest

from govline import delivery
from govline.core import Ask, DataClass, Finished, Input, TalkContext
from govline.core.messages import Text
from govline.errors import DefinitionError, InputError, StoreError
from govline.segments import AttributeDef, Attributes, Segments, SegmentsFeature, attr
from govline.segments.definition import to_json
from govline.store import identity

WARDS = {str(number): f"第{number}地区" for number in range(1, 31)}
DECLARED = (
    AttributeDef("ward", "choice", "地区", WARDS),
    AttributeDef("household", "integer", "世帯人数"),
    AttributeDef("nickname", "text", "呼び名"),
    AttributeDef("mail", "boolean", "メール希望"),
    AttributeDef("birth_date", "date", "生年月日", data=DataClass.PERSONAL),
    AttributeDef("topics", "tags", "関心", {"ごみ": "ごみ", "子育て": "子育て", "防災": "防災"}),
    AttributeDef(
        "children",
        "children",
        "お子さま",
        data=DataClass.PERSONAL,
        fields=(AttributeDef("birth_date", "date", "生年月日"), AttributeDef("school", "text", "学校")),
    ),
)
FAMILY = attr("ward").in_("1", "2") & attr("children").any(age=(0, 3)) & ~attr("blocked")


@pytest.fixture
def town(any_db):
    segments = Segments(Attributes(DECLARED))
    any_db.run(segments.apply)
    return segments


def people(db, count):
    return db.run(lambda tx: [identity.citizen_of(tx, f"U{number:032x}") for number in range(count)])


def put(db, town, who, **values):
    def work(tx):
        for name, value in values.items():
            town.set(tx, who, name, value, source="test")

    db.run(work)


def test_many_people_are_read_in_a_statement_for_each_kind_of_attribute(any_db, town):
    from sqlalchemy import event

    crowd = people(any_db, 1200)
    for who in crowd[:40:3]:
        put(any_db, town, who, ward="2", birth_date="1950-02-03", topics=["防災", "ごみ"])
    put(any_db, town, crowd[1], children=[{"birth_date": "2020-01-02", "school": "東"}, {"school": "西"}])
    names = ["ward", "birth_date", "household", "topics", "children"]
    said = []

    def read(tx):
        note = lambda *args: said.append(args[2])  # noqa: E731 - what SQLAlchemy calls
        event.listen(tx.connection, "before_cursor_execute", note)
        many = town.get_many(tx, crowd, names)
        event.remove(tx.connection, "before_cursor_execute", note)
        one = {who: {name: town.get(tx, who, name) for name in names} for who in crowd[:50]}
        return many, one

    any_db.read(lambda tx: town.get(tx, crowd[0], "ward"))  # the first reading looks at the columns
    many, one = any_db.read(read)
    assert len(said) == 2 * 3, "two pages of people: plain values, tags, children"
    for who in crowd[:50]:
        assert {name: many.get(who, {}).get(name) for name in names} == one[who]


def test_values_come_back_as_they_went_in_and_leave_a_history(any_db, town, clock):
    (who,) = people(any_db, 1)
    values = {
        "ward": "2",
        "household": 4,
        "nickname": "たろう'; DROP TABLE attr_profile;--",
        "mail": False,
        "birth_date": "1980-02-29",
        "topics": ["防災", "ごみ", "防災"],
        "children": [
            {"birth_date": "2024-04-01", "school": None},
            {"birth_date": None, "school": "ひなた小"},
        ],
    }
    put(any_db, town, who, **values)
    put(any_db, town, who, **values)
    found = {name: any_db.read(lambda tx, name=name: town.get(tx, who, name)) for name in values}
    assert found == values | {"topics": sorted({"防災", "ごみ"})}
    put(any_db, town, who, ward="3", topics=[], children=None)
    assert any_db.read(lambda tx: town.get(tx, who, "topics")) is None
    changes = any_db.read(lambda tx: town.history(tx, who, "ward"))
    assert [(change.value, change.source) for change in changes] == [("2", "test"), ("3", "test")]
    assert changes[0].at == clock.now()
    assert [change.value for change in any_db.read(lambda tx: town.history(tx, who, "topics"))][-1] is None


def test_a_value_that_does_not_fit_is_refused_without_repeating_it(any_db, town):
    (who,) = people(any_db, 1)
    bad = {
        "ward": "99",
        "household": True,
        "nickname": "a\0b",
        "mail": "yes",
        "birth_date": "2026-02-30",
        "topics": ["ゴミ"],
        "children": [{"secret": 1}],
    }
    for name, value in bad.items():
        with pytest.raises(InputError, match="GL-3020") as caught:
            put(any_db, town, who, **{name: value})
        assert repr(value) not in str(caught.value)
    for name in ("blocked", "nobody"):
        with pytest.raises(DefinitionError, match="GL-3002"):
            put(any_db, town, who, **{name: True})
    with pytest.raises(InputError, match="GL-0020"):
        put(any_db, town, who, nickname="マイナンバーは123456789018")


def test_filters_count_everyone_the_town_knows(any_db, town):
    a, b, c, d = people(any_db, 4)
    put(any_db, town, a, ward="1", children=[{"birth_date": "2025-05-01"}])
    put(any_db, town, b, ward="2", children=[{"birth_date": "2010-05-01"}])
    put(any_db, town, c, ward="1", children=[{"birth_date": "2024-01-01"}])
    any_db.run(lambda tx: identity.set_blocked(tx, c, True))

    def ids(flt):
        return any_db.read(lambda tx: list(town.ids(tx, flt)))

    assert ids(FAMILY) == [a]
    assert ids(~FAMILY) == sorted([b, c, d])
    assert ids(attr("ward").unanswered()) == [d]
    assert any_db.read(lambda tx: town.count(tx, ~(attr("ward") == "1"))) == 2
    assert any_db.read(lambda tx: town.count(tx, FAMILY, date(2040, 1, 1))) == 0


def test_the_trace_says_which_clause_keeps_a_person_out(any_db, town):
    a, b = people(any_db, 2)
    put(any_db, town, a, ward="1", children=[{"birth_date": "2025-05-01"}])
    put(any_db, town, b, ward="1")
    trace = any_db.read(lambda tx: town.explain(tx, FAMILY, b))
    assert [part.met for part in trace.parts] == [True, False, True]
    assert not trace.met
    assert any_db.read(lambda tx: town.explain(tx, FAMILY, a)).met


def test_ids_stream_while_the_same_unit_writes(any_db, town, monkeypatch):
    monkeypatch.setattr("govline.segments.service._PAGE", 3)
    everyone = people(any_db, 10)

    def work(tx):
        for who in town.ids(tx, attr("ward").unanswered()):
            town.set(tx, who, "ward", "1", source="test")
            yield who

    assert any_db.run(lambda tx: list(work(tx))) == sorted(everyone)
    assert any_db.read(lambda tx: town.count(tx, attr("ward") == "1")) == 10
    assert any_db.run(lambda tx: next(town.ids(tx, attr("ward") == "1"))) == min(everyone)


def test_a_filter_is_checked_against_the_declaration(any_db, town):
    wrong = (
        attr("nobody") == 1,
        attr("ward") == "99",
        attr("ward") == 1,
        attr("household") == True,  # noqa: E712
        attr("topics") == "ごみ",
        attr("ward").any("1"),
        attr("ward").age >= 3,
        attr("children").any(nobody=1),
        attr("household").in_(1, 2) & attr("mail").in_("x"),
    )
    for flt in wrong:
        with pytest.raises(DefinitionError, match=r"GL-300[23]"):
            any_db.read(lambda tx, flt=flt: town.count(tx, flt))


def test_send_freezes_the_people_of_the_moment(any_db, town):
    a, b, c = people(any_db, 3)
    for who in (a, b, c):
        put(any_db, town, who, ward="1")
    any_db.run(lambda tx: identity.set_blocked(tx, b, True))

    def send(tx):
        return town.send(tx, attr("ward") == "1", [Text("お知らせ")], "campaign-1")

    run = any_db.run(send)
    assert (run.counts.planned, run.counts.not_reached) == (2, 1)
    put(any_db, town, c, ward="2")
    assert any_db.run(send) == run
    assert any_db.read(lambda tx: delivery.run(tx, run.id)) == run


def test_tables_grow_with_the_declaration_and_never_change_type(any_db, town):
    assert any_db.read(town.plan) == ()
    more = Segments(Attributes([*DECLARED, AttributeDef("pet", "boolean"), AttributeDef("clubs", "tags")]))
    (who,) = people(any_db, 1)
    with pytest.raises(StoreError, match="GL-3013"):
        any_db.run(lambda tx: more.set(tx, who, "pet", True, source="test"))
    assert [step.column or step.table for step in any_db.run(more.apply)] == ["pet", "attr_tags_clubs"]
    put(any_db, more, who, pet=True, clubs=["将棋"])
    assert any_db.read(lambda tx: more.count(tx, attr("pet") & attr("clubs").any("将棋"))) == 1
    with pytest.raises(DefinitionError, match="GL-3011"):
        any_db.read(Segments(Attributes([AttributeDef("ward", "integer")])).plan)


def test_erase_forgets_values_and_history(any_db, town):
    a, b = people(any_db, 2)
    for who in (a, b):
        put(any_db, town, who, ward="1", topics=["ごみ"], children=[{"school": "ひなた小"}])
    any_db.run(lambda tx: town.erase(tx, a))
    assert (
        any_db.read(lambda tx: [town.get(tx, a, name) for name in ("ward", "topics", "children")])
        == [None] * 3
    )
    assert any_db.read(lambda tx: town.history(tx, a, "ward")) == ()
    assert any_db.read(lambda tx: town.get(tx, b, "topics")) == ["ごみ"]


def test_the_scenario_asks_page_by_page_and_saves(any_db, town):
    (who,) = people(any_db, 1)
    offers = SegmentsFeature().offers(town)
    choose = next(action for action in offers.actions if action.name == "segments.choose")
    context = TalkContext(who, any_db.run(lambda tx: tx.now), scenario="register")
    asked = choose.run(None, context, choose.args(attribute="ward", prompt="地区は?"))

    def labels(ask):
        return [item["action"]["label"] for item in ask.messages[0].to_line()["quickReply"]["items"]]

    assert isinstance(asked, Ask)
    assert labels(asked) == [*list(WARDS.values())[:12], "ほかを見る"]

    def say(text, state):
        return any_db.run(lambda tx: choose.resume(tx, context, state, Input("text", text=text)))

    second = say("ほかを見る", asked.state)
    assert labels(second)[0] == "第13地区"
    assert labels(say("ほかを見る", say("ほかを見る", second.state).state))[0] == "第1地区"
    assert isinstance(say("火星", second.state), Ask)
    assert say("第１３地区", second.state) == Finished("ok", "13")
    assert any_db.read(lambda tx: town.history(tx, who, "ward"))[0].source == "scenario:register"


def test_chat_never_registers_personal_data(any_db, town):
    (who,) = people(any_db, 1)
    setter, choose = SegmentsFeature().offers(town).actions
    for action, name in (
        (setter, "birth_date"),
        (setter, "blocked"),
        (setter, "nobody"),
        (choose, "household"),
    ):
        with pytest.raises(ValueError, match="attribute"):
            action.args(attribute=name)
    context = TalkContext(who, any_db.run(lambda tx: tx.now))

    def run(value):
        return any_db.run(lambda tx: setter.run(tx, context, setter.args(attribute="household", value=value)))

    assert run(3) == Finished("ok", 3)
    assert run("三") == Finished("invalid")


def test_the_feature_builds_from_its_section_and_shows_itself(any_db):
    feature = SegmentsFeature(AttributeDef("pet", "boolean"))
    config = feature.config.model_validate(
        {
            "attributes": [
                {"name": "ward", "type": "choice", "label": "地区", "choices": ["東", "西"], "data": "public"}
            ]
        }
    )
    sending = delivery.Delivery()
    town = feature.build(SimpleNamespace(port={"delivery": sending}.__getitem__), config)
    assert sending.setup.knows({"by": "segments"})
    offers = feature.offers(town)
    (check,) = offers.checks
    assert len(any_db.read(check.run)) == 3
    assert any_db.read(offers.view) == []
    any_db.run(town.apply)
    assert any_db.read(check.run) == []
    (who,) = people(any_db, 1)
    put(any_db, town, who, ward="西")
    assert [row["answered"] for row in any_db.read(offers.view)] == [0, 1]
    assert {(line.table, line.data) for line in offers.data_map} >= {("attr_profile", DataClass.PUBLIC)}


def test_the_commands_count_and_send(any_db, town, capsys, tmp_path):
    city = SimpleNamespace(database=any_db, segments=town)
    count, send = (command.run for command in SegmentsFeature().offers(town).commands)
    for who in people(any_db, 3):
        put(any_db, town, who, ward="1")
    wanted = json.dumps((attr("ward") == "1").to_json())
    (tmp_path / "filter.json").write_text(wanted, encoding="utf-8")
    assert count(city, [wanted]) == 0
    assert capsys.readouterr().out == "3 人: 地区が「第1地区」\n"
    for _ in range(2):
        assert send(city, ["k1", str(tmp_path / "filter.json"), "お知らせ"]) == 0
    assert [run.counts.planned for run in any_db.read(delivery.runs)] == [3]
    assert count(city, ["ward=1,2 topics=ごみ"]) == 0
    assert count(city, ["ward=1"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "3 人: 地区が「第1地区」"
    for bad in (
        "",
        "{",
        "nowhere.json",
        "ward=99",
        "nobody=1",
        '{"version": 1}',
        json.dumps((attr("nobody") == 1).to_json()),
    ):
        assert count(city, [bad]) == 1
        assert send(city, ["k2", bad, "x"]) == 1
    assert "GL-3001" in capsys.readouterr().err


def test_a_selection_is_read_page_by_page(any_db):
    town = Segments(Attributes([AttributeDef("pet", "boolean")]))
    any_db.run(town.apply)
    who = sorted(people(any_db, 7))
    for each in who[:5]:
        any_db.run(lambda tx, each=each: town.set(tx, each, "pet", True, source="t"))
    wanted = attr("pet").in_(True)
    selection = {"by": "segments", "filter": to_json(wanted), "as_of": "2026-11-20"}
    first = any_db.read(lambda tx: town.select(tx, selection, "", 3))
    rest = any_db.read(lambda tx: town.select(tx, selection, first[-1], 3))
    assert [*first, *rest] == who[:5]
    assert any_db.read(lambda tx: town.select(tx, selection, who[4], 3)) == []
