"""発熱者は検査予約前に停止: questions before a booking, in a talk; an answer that stops ends it, and none is kept."""

from datetime import UTC, datetime

import pytest

from govline.calendar import Calendar, parse
from govline.calendar.talk.actions import CalendarActions, PickArgs, ScreenArgs
from govline.calendar.wording.pages import PAGE_TEXTS
from govline.calendar.wording.talk import CALENDAR_TEXTS
from govline.core import Ask, Finished, Input, TalkContext
from govline.core.texts import Texts

NOW = datetime(2026, 11, 20, tzinfo=UTC)
FEVER, PLACE = "37.5度以上の熱がありますか?", "会場は市内ですか?"
WRITTEN = {
    "programme": "pcr",
    "label": "検査",
    "capacity": 2,
    "slots": [{"dates": "2026-11-24/2026-11-29", "times": ["10:00-11:30"]}],
    "policy": {
        "questions": [
            {"ask": FEVER, "say": "検査センター 00-0000 へお電話ください。"},
            {"ask": PLACE, "stop": "いいえ"},
        ]
    },
}


@pytest.fixture
def talk(town_db):
    texts = Texts(defaults=CALENDAR_TEXTS | PAGE_TEXTS)
    actions = {each.name: each for each in CalendarActions(Calendar([parse(WRITTEN)]), texts).all()}

    def step(name, args=None, *, state=None, said=None):
        context = TalkContext(citizen="a", now=NOW, key="event", step="step")
        if said is None:
            return town_db.run(lambda tx: actions[name].run(tx, context, args))
        heard = said if isinstance(said, Input) else Input("text", text=said)
        result = town_db.run(lambda tx: actions[name].resume(tx, context, state, heard))
        assert isinstance(result, Ask) or result.outcome in actions[name].outcomes
        assert isinstance(result, Ask) is False or result.heard in ("", None)
        return result

    return step


def shown(result):
    return result.messages[-1].to_line()["text"] if result.messages else ""


def test_whoever_has_a_fever_sees_no_slot(talk):
    asked = talk("calendar.pick_slot", PickArgs(calendar="pcr"))
    assert shown(asked) == FEVER
    stopped = talk("calendar.pick_slot", state=asked.state, said="はい")
    assert (stopped.outcome, stopped.heard) == ("none", "")
    assert shown(stopped) == "検査センター 00-0000 へお電話ください。"


def test_whoever_has_none_goes_on_to_the_slots_and_no_answer_is_kept(talk):
    asked = talk("calendar.pick_slot", PickArgs(calendar="pcr"))
    puzzled = talk("calendar.pick_slot", state=asked.state, said="さあ")
    assert shown(puzzled).startswith("下のボタンからお選びください。")
    button = asked.messages[0].to_line()["quickReply"]["items"][1]["action"]
    second = talk("calendar.pick_slot", state=puzzled.state, said=Input("postback", data=button["data"]))
    assert (shown(second), second.heard) == (PLACE, "")
    slots = talk("calendar.pick_slot", state=second.state, said="はい")
    assert isinstance(slots, Ask)
    assert "question" not in slots.state
    for result in (asked, puzzled, second, slots):
        assert "はい" not in repr(result.state)
        assert "いいえ" not in repr(result.state)


def test_a_talk_may_ask_first_and_pick_later(talk):
    asked = talk("calendar.screen", ScreenArgs(calendar="pcr"))
    second = talk("calendar.screen", state=asked.state, said="いいえ")
    assert talk("calendar.screen", state=second.state, said="はい") == Finished("ok", heard="")
    stopped = talk("calendar.screen", state=second.state, said="いいえ")
    assert (stopped.outcome, shown(stopped)) == (
        "stopped",
        "お答えの内容から、この予約はお受けできません。窓口にご相談ください。",
    )
    assert FEVER not in shown(talk("calendar.pick_slot", PickArgs(calendar="pcr", screened=True)))
