"""Two hundred rooms in the LINE picker, and a programme with nothing left: what is said, tapped and typed."""

from datetime import UTC, datetime

import pytest

from govline.calendar import Calendar, parse
from govline.calendar.talk.actions import BookArgs, CalendarActions, OwnArgs, PickArgs
from govline.calendar.wording.pages import PAGE_TEXTS
from govline.calendar.wording.talk import CALENDAR_TEXTS
from govline.core import Ask, Finished, Input, TalkContext
from govline.core.messages import render
from govline.core.texts import Texts, speaking

NOW = datetime(2026, 11, 20, tzinfo=UTC)
ROOMS = [f"みなと総合文化会館 第{number}会議室" for number in range(1, 201)]
WRITTEN = {
    "programme": "rooms",
    "label": "会議室",
    "capacity": 1,
    "slots": [
        {"dates": "2026-11-24/2026-11-25", "times": ["9:00-12:00", "13:00-17:00"], "name": room}
        for room in ROOMS
    ],
    "policy": {"limit": 1},
}
LATER = {
    "programme": "later",
    "label": "確定申告",
    "capacity": 1,
    "slots": [{"dates": "2027-02-16", "times": ["9:00-9:30"]}],
    "policy": {"opens": "2027-01-20 09:00"},
}


@pytest.fixture
def calendar():
    return Calendar([parse(WRITTEN), parse(LATER)])


@pytest.fixture
def talk(town_db, calendar):
    offered = CalendarActions(calendar, Texts(defaults=CALENDAR_TEXTS | PAGE_TEXTS)).all()
    actions = {action.name: action for action in offered}
    counter = iter(range(1000))

    def step(name, args=None, *, state=None, said=None, citizen="a"):
        context = TalkContext(citizen=citizen, now=NOW, key=f"event-{next(counter)}", step="step")
        run, resume = actions[name].run, actions[name].resume
        result = town_db.run(
            lambda tx: run(tx, context, args) if said is None else resume(tx, context, state, said)
        )
        if result.messages:
            render(result.messages)
        return result

    return step


def pick(talk, state, **said):
    return talk("calendar.pick_slot", state=state, said=Input(**said))


def test_two_hundred_rooms_are_told_apart_and_reached(talk):
    ask = talk("calendar.pick_slot", PickArgs(calendar="rooms"))
    said = ask.messages[-1]
    labels = [reply.action.label for reply in said.quick]
    assert labels[0].startswith("1.11月24日"), "too short for the room: numbered, as the list is"
    assert said.text.split("\n")[1].startswith("1. 11月24日(火) 9:00 みなと総合文化会館 第")
    day = pick(talk, ask.state, kind="postback", data="calendar:on:2026-11-25")
    assert "場所をお選びください" in day.messages[-1].text
    room = pick(talk, day.state, kind="text", text="みなと総合文化会館 第200会議室")
    assert [reply.action.label for reply in room.messages[-1].quick][:2] == [
        "9:00-12:00 残1",
        "13:00-17:00 残1",
    ]
    done = pick(talk, room.state, kind="postback", data=room.messages[-1].quick[1].action.data)
    assert isinstance(done, Finished)
    assert done.value["label"] == "11月25日(水) 13:00 みなと総合文化会館 第200会議室"


def test_what_stands_in_a_citizen_s_own_way_is_said_before_they_choose(town_db, calendar, talk):
    ask = talk("calendar.pick_slot", PickArgs(calendar="rooms"))
    slot = ask.messages[-1].quick[0].action.data
    town_db.run(lambda tx: calendar.book(tx, slot, "a", key="k"))
    with speaking("en"):
        done = talk("calendar.pick_slot", PickArgs(calendar="rooms"))
    assert done.outcome == "none"
    assert done.messages[0].text.endswith("\nBookings per person: up to 1.")
    assert done.value == {"reasons": ["GL-2108"]}
    other = talk("calendar.pick_slot", PickArgs(calendar="rooms"), citizen="b")
    assert isinstance(other, Ask)
    move = talk("calendar.change", OwnArgs())
    assert isinstance(move, Ask), "a booking that moves does not stand in its own way"


def test_a_programme_that_opens_later_says_when(talk):
    done = talk("calendar.pick_slot", PickArgs(calendar="later"))
    assert done.outcome == "none"
    assert done.messages[0].text.endswith("受付開始前です。受付は1月20日(水) 9:00からです。")
    with speaking("ja-easy"):
        easy = talk("calendar.pick_slot", PickArgs(calendar="later"))
    assert easy.messages[0].text.endswith("まだ 予約(よやく)できません。1月20日(水) 9:00から できます。")


DOSES = [
    {
        **WRITTEN,
        "programme": "dose-1",
        "label": "接種1回目",
        "slots": [{"dates": "2026-11-24/2026-11-25", "times": ["9:00-12:00"], "name": "保健センター"}],
        "linked": {"to": "dose-2", "least_days": 21, "most_days": 28},
    },
    {
        **WRITTEN,
        "programme": "dose-2",
        "label": "接種2回目",
        "slots": [
            {"dates": "2026-12-15/2026-12-22", "times": ["9:00-12:00"], "name": room} for room in ROOMS
        ],
    },
]


class TestHundredsOfSecondOnes:
    @pytest.fixture
    def calendar(self):
        return Calendar([parse(each) for each in DOSES])

    @pytest.fixture
    def second(self, talk, town_db, calendar):
        """The first is chosen; a day, then a room, then a time lead to the second."""
        town_db.run(lambda tx: calendar.lay_out(tx, "dose-2"))
        ask = talk("calendar.pick_slot", PickArgs(calendar="dose-1"))
        first = ask.messages[-1].quick[0].action.data
        return pick(talk, ask.state, kind="postback", data=first)

    def test_days_that_fit_stand_side_by_side(self, second):
        cards = second.messages[0].columns
        assert [card.title for card in cards] == [
            f"12月{day}日({name})" for day, name in zip(range(15, 23), "火水木金土日月火", strict=True)
        ]
        assert "(200枠中200枠)" in cards[0].text
        assert second.messages[-1].quick[-1].action.label == "前の回を選び直す"

    def test_a_day_and_a_room_lead_to_both(self, talk, second, town_db, calendar):
        day = pick(talk, second.state, kind="postback", data="calendar:on:2026-12-22")
        assert isinstance(day, Ask)
        assert "の場所をお選びください" in day.messages[-1].text
        times = pick(talk, day.state, kind="postback", data=day.messages[-1].quick[3].action.data)
        done = pick(talk, times.state, kind="postback", data=times.messages[-1].quick[0].action.data)
        assert isinstance(done, Finished)
        assert done.value["label"].startswith("11月24日(火) 9:00 保健センター と 12月22日(火) 9:00 ")
        booked = talk("calendar.book", BookArgs(slot=done.value["id"]))
        assert (booked.outcome, booked.value["second"]["calendar"]) == ("ok", "dose-2")

    def test_another_day_than_those_that_fit_has_nothing(self, talk, second):
        none = pick(talk, second.state, kind="postback", data="calendar:on:2026-12-23")
        assert none.messages[-1].text.startswith("12月23日(水)に予約できる枠はありません。")
