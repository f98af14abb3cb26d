"""The calendar's actions as a scenario calls them: questions, answers, outcomes."""

from datetime import UTC, datetime

import pytest

from govline.calendar import Calendar, parse
from govline.calendar.talk.actions import BookArgs, CalendarActions, OwnArgs, PickArgs
from govline.calendar.wording.pages import PAGE_TEXTS
from govline.calendar.wording.talk import CALENDAR_TEXTS
from govline.core import Ask, Finished, Input, TalkContext
from govline.core.messages import render
from govline.core.texts import Texts

NOW = datetime(2026, 11, 20, tzinfo=UTC)
WRITTEN = {
    "programme": "copal",
    "label": "屋内遊び場コパル",
    "capacity": 2,
    "slots": [{"dates": "2026-11-24/2026-11-29", "times": ["10:00-11:30", "13:00-14:30", "15:00-16:30"]}],
    "policy": {"cancel_until": "前日 17:00", "limit": 2},
}


@pytest.fixture
def calendar():
    return Calendar([parse(WRITTEN)])


@pytest.fixture
def actions(calendar):
    offered = CalendarActions(calendar, Texts(defaults=CALENDAR_TEXTS | PAGE_TEXTS)).all()
    return {action.name: action for action in offered}


@pytest.fixture
def talk(town_db, actions):
    """Runs one step; every message must pass LINE's limits, every outcome must be declared."""
    counter = iter(range(1000))

    def step(name, args=None, *, state=None, said=None, citizen="a"):
        action = actions[name]
        context = TalkContext(citizen=citizen, now=NOW, key=f"event-{next(counter)}", step="step")

        def work(tx):
            if said is None:
                return action.run(tx, context, args)
            return action.resume(tx, context, state, said)

        result = town_db.run(work)
        if result.messages:
            render(result.messages)
        assert isinstance(result, Ask) or result.outcome in action.outcomes
        return result

    return step


def labels(ask):
    message = ask.messages[-1]
    return [reply.action.label for reply in message.quick]


def cards(ask):
    return {column.title: column for column in ask.messages[0].columns}


def tap(ask, label):
    (found,) = [reply.action for reply in ask.messages[-1].quick if reply.action.label == label]
    return Input("postback", data=found.data)


def pick(talk, label, citizen="a", **more):
    ask = talk("calendar.pick_slot", PickArgs(calendar="copal", **more), citizen=citizen)
    return talk("calendar.pick_slot", state=ask.state, said=tap(ask, label), citizen=citizen)


def book(talk, label="11月24日(火) 10:00 残2", citizen="a", party=1):
    slot = pick(talk, label, citizen).value["id"]
    return talk("calendar.book", BookArgs(slot=slot, party=party), citizen=citizen)


def test_picking_a_slot_lays_the_programme_out(talk):
    ask = talk("calendar.pick_slot", PickArgs(calendar="copal"))
    assert labels(ask)[:2] == ["11月24日(火) 10:00 残2", "11月24日(火) 13:00 残2"]
    assert labels(ask)[-2:] == ["次の候補", "日付で探す"]
    assert ask.messages[-1].text.startswith(
        "屋内遊び場コパルの日時をお選びください。\n・11月24日(火) 10:00 (残2)"
    )
    done = talk("calendar.pick_slot", state=ask.state, said=tap(ask, labels(ask)[0]))
    assert isinstance(done, Finished)
    assert (done.outcome, done.value["label"]) == ("ok", "11月24日(火) 10:00")


def test_paging_reaches_every_slot_and_returns(talk):
    ask = talk("calendar.pick_slot", PickArgs(calendar="copal"))
    second = talk("calendar.pick_slot", state=ask.state, said=tap(ask, "次の候補"))
    shown = labels(ask)[:10] + labels(second)[:8]
    assert len(set(shown)) == 18
    assert "次の候補" not in labels(second)
    again = talk("calendar.pick_slot", state=second.state, said=tap(second, "最初の候補"))
    assert labels(again) == labels(ask)


def test_a_day_can_be_picked(talk):
    ask = talk("calendar.pick_slot", PickArgs(calendar="copal"))
    data = tap(ask, "日付で探す").data
    chosen = Input("postback", data=data, params={"date": "2026-11-28"})
    day = talk("calendar.pick_slot", state=ask.state, said=chosen)
    assert labels(day)[:3] == ["11月28日(土) 10:00 残2", "11月28日(土) 13:00 残2", "11月28日(土) 15:00 残2"]
    empty = talk(
        "calendar.pick_slot",
        state=day.state,
        said=Input("postback", data=data, params={"date": "2026-12-24"}),
    )
    assert empty.messages[-1].text.startswith("12月24日(木)に予約できる枠はありません。")


def test_a_typed_label_counts_like_a_tap(talk):
    ask = talk("calendar.pick_slot", PickArgs(calendar="copal"))
    for words in ("11月24日(火) 13:00", "１１月２４日（火）　13:00", "11/24 13:00"):
        done = talk("calendar.pick_slot", state=ask.state, said=Input("text", text=words))
        assert done.value["label"] == "11月24日(火) 13:00"
    puzzled = talk("calendar.pick_slot", state=ask.state, said=Input("text", text="あさって"))
    assert puzzled.messages[-1].text.startswith("下のボタンから")
    assert puzzled.state == ask.state


def test_a_full_programme_says_so(talk):
    for citizen in range(18):
        ask = talk("calendar.pick_slot", PickArgs(calendar="copal"), citizen=f"c{citizen}")
        assert book(talk, labels(ask)[0], f"c{citizen}", party=2).outcome == "ok"
    done = talk("calendar.pick_slot", PickArgs(calendar="copal"))
    said, helps = done.messages[0].text.split("\n")
    assert (done.outcome, said) == ("none", "屋内遊び場コパルは、いま予約できる枠がありません。")
    assert helps.startswith("どの日も満員です。取消があると、また予約できるようになります。")
    assert done.value == {"reasons": ["GL-2103"]}


def test_a_refused_booking_says_every_reason(talk):
    slot = pick(talk, "11月24日(火) 10:00 残2").value["id"]
    assert talk("calendar.book", BookArgs(slot=slot)).outcome == "ok"
    refused = talk("calendar.book", BookArgs(slot=slot, party=2))
    assert refused.outcome == "refused"
    assert refused.value == {"reasons": ["GL-2103", "GL-2107"]}
    assert refused.messages[0].text == "残りは1名分です。\nこの枠には、すでにご本人の予約があります。"


def test_the_same_event_books_once(town_db, actions, talk, calendar):
    slot = pick(talk, "11月24日(火) 10:00 残2").value["id"]
    context = TalkContext(citizen="a", now=NOW, key="event-x", step="book")
    run = actions["calendar.book"].run
    first, second = (town_db.run(lambda tx: run(tx, context, BookArgs(slot=slot))) for _ in range(2))
    assert first == second
    assert town_db.read(lambda tx: calendar.slot(tx, slot)).booked == 1


def test_listing(talk):
    assert talk("calendar.list", OwnArgs()).outcome == "none"
    book(talk, party=2)
    listed = talk("calendar.list", OwnArgs())
    assert listed.messages[0].text == "ご予約の一覧です。\n・屋内遊び場コパル 11月24日(火) 10:00 2名"
    assert [row["label"] for row in listed.value] == ["11月24日(火) 10:00"]
    assert talk("calendar.list", OwnArgs(), citizen="b").outcome == "none"


def test_changing_the_only_booking(talk):
    book(talk)
    ask = talk("calendar.change", OwnArgs())
    assert ask.messages[-1].text.startswith("屋内遊び場コパル 11月24日(火) 10:00 1名 からの変更です。")
    assert labels(ask)[0] == "11月24日(火) 13:00 残2", "the slot one has is not offered"
    done = talk("calendar.change", state=ask.state, said=tap(ask, labels(ask)[0]))
    assert (done.outcome, done.value["label"]) == ("ok", "11月24日(火) 13:00")


def test_changing_one_of_two(talk):
    book(talk)
    book(talk, "11月24日(火) 15:00 残2")
    which = talk("calendar.change", OwnArgs())
    assert labels(which) == ["11月24日(火) 10:00", "11月24日(火) 15:00"]
    puzzled = talk("calendar.change", state=which.state, said=Input("text", text="あれ"))
    assert puzzled.state == which.state
    ask = talk("calendar.change", state=which.state, said=Input("text", text="11月24日(火) 15:00"))
    done = talk("calendar.change", state=ask.state, said=tap(ask, "11月24日(火) 13:00 残2"))
    assert done.outcome == "ok"
    assert [row["label"] for row in talk("calendar.list", OwnArgs()).value] == [
        "11月24日(火) 10:00",
        "11月24日(火) 13:00",
    ]


def test_a_lost_race_for_the_new_slot_keeps_the_old_one(talk):
    book(talk)
    ask = talk("calendar.change", OwnArgs())
    wanted = tap(ask, "11月24日(火) 13:00 残2")
    book(talk, "11月24日(火) 13:00 残2", citizen="b", party=2)
    refused = talk("calendar.change", state=ask.state, said=wanted)
    assert (refused.outcome, refused.messages[0].text) == ("refused", "満員です。")
    assert talk("calendar.list", OwnArgs()).value[0]["label"] == "11月24日(火) 10:00"


def test_cancelling_asks_first(talk):
    assert talk("calendar.cancel", OwnArgs()).outcome == "none"
    book(talk)
    ask = talk("calendar.cancel", OwnArgs())
    question = ask.messages[0].to_line()["template"]
    assert question["text"] == "屋内遊び場コパル 11月24日(火) 10:00 1名 の予約を取り消しますか?"
    again = talk("calendar.cancel", state=ask.state, said=Input("text", text="うーん"))
    assert again.state == ask.state
    assert talk("calendar.cancel", state=ask.state, said=Input("text", text="いいえ")).outcome == "kept"
    yes = Input("postback", data=question["actions"][0]["data"])
    assert talk("calendar.cancel", state=ask.state, said=yes).outcome == "ok"
    assert talk("calendar.list", OwnArgs()).outcome == "none"


def test_a_late_cancellation_is_refused_with_the_deadline(talk, clock):
    book(talk)
    ask = talk("calendar.cancel", OwnArgs())
    clock.set(datetime(2026, 11, 23, 8, tzinfo=UTC))
    refused = talk("calendar.cancel", state=ask.state, said=Input("text", text="はい"))
    assert (refused.outcome, refused.messages[0].text) == (
        "refused",
        "取消の締切(11月23日(月) 17:00)を過ぎています。",
    )


def test_someone_elses_booking_cannot_be_named(talk, calendar, town_db):
    mine = book(talk).value["id"]
    assert talk("calendar.cancel", OwnArgs(booking=mine), citizen="b").outcome == "none"
    stolen = talk("calendar.cancel", state={"booking": mine}, said=Input("text", text="はい"), citizen="b")
    assert stolen.outcome == "refused"
    assert town_db.read(lambda tx: calendar.booking(tx, mine)).state.value == "confirmed"


def test_two_rooms_at_one_time_are_told_apart(town_db):
    named = {
        "programme": "hall",
        "capacity": 1,
        "slots": [
            {"dates": "2026-11-24", "times": "10:00", "name": name}
            for name in ("中央公民館 大会議室(南)", "中央公民館 大会議室(北)")
        ],
    }
    calendar = Calendar([parse(named)])
    actions = CalendarActions(calendar, Texts(defaults=CALENDAR_TEXTS | PAGE_TEXTS))
    context = TalkContext(citizen="a", now=NOW)
    ask = town_db.run(lambda tx: actions.pick(tx, context, PickArgs(calendar="hall")))
    assert len(set(labels(ask))) == 2
    assert [label[:2] for label in labels(ask)] == ["1.", "2."]


def test_a_booking_after_its_reminders_reminds_at_once(town_db, clock):
    calendar = Calendar([parse({**WRITTEN, "remind": ["前日 18:00", "2時間前"]})])
    actions = CalendarActions(calendar, Texts(defaults=CALENDAR_TEXTS | PAGE_TEXTS))
    town_db.run(lambda tx: calendar.lay_out(tx, "copal"))
    first, *_, last = town_db.read(lambda tx: calendar.slots(tx, "copal"))
    clock.set(datetime(2026, 11, 23, 23, 30, tzinfo=UTC))

    def said(slot, key):
        context = TalkContext(citizen="a", now=clock.now(), key=key)
        return town_db.run(lambda tx: actions.book(tx, context, BookArgs(slot=slot.id))).messages

    (soon,) = said(first, "k1")
    assert (
        soon.text
        == "まもなくのご予約のため、あらためてのお知らせはありません。11月24日(火) 10:00にお越しください。"
    )
    assert said(last, "k2") == ()


def test_staff_after_hours(talk, actions):
    night = TalkContext(citizen="a", now=datetime(2026, 11, 20, 12, tzinfo=UTC))
    done = actions["calendar.ask_staff"].run(None, night, None)
    assert (done.outcome, done.messages[0].text) == (
        "closed",
        "ただいまの時間は、職員がお答えできません。職員がお答えする時間は、開庁日の8:30〜17:15です。次は11月24日(火) 8:30からです。",
    )
    assert talk("calendar.ask_staff", None).outcome == "open"


BIG = {
    "programme": "hall",
    "label": "公民館",
    "capacity": 1,
    "per_group": True,
    "slots": [
        {
            "dates": "2026-11-24/2026-12-08",
            "times": ["9:00-12:00", "13:00-17:00", "18:00-21:00"],
            "name": f"第{n}会議室",
        }
        for n in range(1, 13)
    ],
}


class Picking:
    """A talk about one calendar; what is said passes LINE's limits."""

    def __init__(self, db, written, **args):
        self.db = db
        self.calendar = Calendar([parse(written)])
        self.actions = CalendarActions(self.calendar, Texts(defaults=CALENDAR_TEXTS | PAGE_TEXTS))
        self.context = TalkContext(citizen="a", now=NOW)
        self.ask = db.run(
            lambda tx: self.actions.pick(tx, self.context, PickArgs(calendar=self.calendar_id, **args))
        )
        self.checked()

    @property
    def calendar_id(self):
        return next(iter(self.calendar.programmes))

    def checked(self):
        if self.ask.messages:
            render(self.ask.messages)
            quick = self.ask.messages[-1].quick
            assert len(quick) <= 13
            assert all(len(str(getattr(reply.action, "data", ""))) <= 300 for reply in quick)
        return self.ask

    def say(self, **said):
        state = self.ask.state
        self.ask = self.db.run(
            lambda tx: self.actions.picked(
                tx, self.context, state, Input(said.pop("kind", "postback"), **said)
            )
        )
        return self.checked()


def test_five_hundred_slots_by_day_room_and_time(town_db):
    talk = Picking(town_db, BIG)
    assert len(town_db.read(lambda tx: talk.calendar.slots(tx, "hall"))) == 540
    shown = cards(talk.ask)
    assert len(shown) == 10
    assert shown["11月24日(火)"].text == "空きがあります (36枠中36枠)"
    assert list(shown)[-1] == "ほかの日を見る"
    talk.say(data=shown["ほかの日を見る"].actions[0].data)
    assert next(iter(cards(talk.ask))) == "12月3日(木)"
    room = talk.say(data=shown["11月25日(水)"].actions[0].data)
    assert room.messages[0].text.startswith("11月25日(水)の場所をお選びください。\n・第10会議室")
    assert "次の候補" in labels(room)
    times = talk.say(data=tap(room, "第12会議室").data)
    assert labels(times)[:3] == ["9:00-12:00 残1", "13:00-17:00 残1", "18:00-21:00 残1"]
    done = talk.say(data=tap(times, labels(times)[1]).data)
    assert done.value["label"] == "11月25日(水) 13:00 第12会議室"


def test_a_room_may_be_typed_and_every_room_reached(town_db):
    talk = Picking(town_db, BIG)
    talk.say(data=cards(talk.ask)["11月25日(水)"].actions[0].data)
    second = talk.say(data=tap(talk.ask, "次の候補").data)
    assert labels(second)[:2] == ["第8会議室", "第9会議室"]
    times = talk.say(kind="text", text="第3会議室")
    assert "第3会議室" in times.messages[-1].text


def test_a_full_day_is_shown_as_full_and_what_is_free_next(town_db):
    talk = Picking(town_db, BIG)
    first = town_db.read(lambda tx: talk.calendar.slots(tx, "hall"))[:36]
    for slot in first:
        town_db.run(lambda tx, s=slot: talk.calendar.book(tx, s.id, None, key=s.id))
    talk = Picking(town_db, BIG)
    card = cards(talk.ask)["11月24日(火)"]
    assert (card.text, card.actions[0].label) == ("満員です", "ほかの日を探す")
    assert "11月25日(水) 9:00" in labels(talk.ask)[0]
    nothing = talk.say(data=card.actions[0].data)
    assert nothing.messages[-1].text.startswith("11月24日(火)に予約できる枠はありません。")


def test_how_many_people_is_asked_first(town_db):
    talk = Picking(town_db, {**WRITTEN, "capacity": 4, "policy": {"max_party": 4}}, party=0)
    assert talk.ask.messages[0].text == "何名ですか?(4名まで)"
    assert labels(talk.ask) == ["1名", "2名", "3名", "4名"]
    again = talk.say(kind="text", text="100名")
    assert labels(again) == ["1名", "2名", "3名", "4名"]
    slots = talk.say(kind="text", text="3名です")
    assert labels(slots)[0] == "11月24日(火) 10:00 残4"
    done = talk.say(data=tap(slots, labels(slots)[0]).data)
    assert done.value["party"] == 3


def test_a_room_for_a_group_asks_for_no_number(town_db):
    assert cards(Picking(town_db, BIG, party=0).ask)


@pytest.mark.parametrize(
    "data", ["calendar:on:x", "calendar:since:9999-99-99", "calendar:nothing", "calendar:party:2"]
)
def test_a_button_that_means_nothing_is_no_error(town_db, data):
    talk = Picking(town_db, BIG)
    assert talk.say(data=data).messages
