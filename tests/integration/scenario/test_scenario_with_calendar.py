"""The north star's talk, with the calendar's real actions, in one assembled town."""

import pytest

from govline.calendar import CalendarFeature
from govline.city.assembly import assemble
from govline.city.router import Router
from govline.core import Env, Input, TalkContext
from govline.core.messages import check_messages
from govline.scenario import ScenarioFeature, loads

TALK = """
scenario: play-facility
version: 3
start: menu
triggers: [施設予約]
steps:
  menu:   {say: "ご用件をお選びください", choices: {予約する: people, 予約の確認: list, 予約の取消: cancel}}
  people: {ask: "何名ですか?", type: integer, between: [1, 10], save: party, next: pick}
  pick:   {do: calendar.pick_slot, with: {calendar: copal, party: "{party}"}, save: slot, next: confirm, none: menu}
  confirm: {say: "{slot.label} {party}名でよろしいですか?", choices: {はい: book, いいえ: menu}}
  book:   {do: calendar.book, with: {slot: "{slot.id}", party: "{party}"}, save: booking, next: done, refused: menu}
  done:   {end: booked, say: "{booking.label} で予約しました"}
  list:   {do: calendar.list, next: bye, none: bye, reversible: true}
  cancel: {do: calendar.cancel, next: bye, none: bye, refused: bye, kept: bye}
  bye:    {end: ok}
"""
PROGRAMME = """\
programme: copal
label: 屋内遊び場コパル
capacity: 3
slots:
  - {dates: 2026-11-24/2026-11-27, times: [10:00-11:30, 13:00-14:30]}
"""


@pytest.fixture
def say(sqlite_db, tmp_path):
    sqlite_db.migrate(["govline.calendar.migrations", "govline.scenario.migrations"])
    (tmp_path / "calendars").mkdir()
    (tmp_path / "calendars" / "copal.yaml").write_text(PROGRAMME, "utf-8")
    features = [CalendarFeature(), ScenarioFeature([loads(TALK)])]
    town = assemble(
        features,
        lambda port: Env("hinata", sqlite_db, sqlite_db.clock, sqlite_db.ids, tmp_path, str, str, port),
    )
    sqlite_db.run(town.services["calendar"].prepare)
    router = Router(town.each("responders"))
    keys = iter(range(1000))

    def said(text="", citizen="c1", **more):
        key = f"k{next(keys)}"
        given = Input(**{"kind": "text", "text": text, "key": key, **more})
        answer = sqlite_db.run(
            lambda tx: router.answer(tx, TalkContext(citizen=citizen, now=tx.now, key=key), given)
        )
        messages = [message.to_line() for message in answer]
        if messages:
            check_messages(messages)
        return messages

    return said


def quick(messages):
    return [item["action"] for item in messages[-1]["quickReply"]["items"]]


def test_books_sees_and_cancels(say):
    say("施設予約")
    say("予約する")
    slots = say("２名")
    first = quick(slots)[0]
    confirm = say(kind="postback", data=first["data"])
    assert confirm[-1]["text"].endswith("2名でよろしいですか?")
    assert say("戻る")[0]["text"] == slots[0]["text"]
    say(kind="postback", data=first["data"])
    assert "で予約しました" in say("はい")[-1]["text"]

    say("施設予約", citizen="c2")
    say("予約する", citizen="c2")
    offered = quick(say("2", citizen="c2"))
    assert first["data"] not in [action.get("data") for action in offered]

    say("施設予約")
    assert "2名" in say("予約の確認")[-1]["text"]
    say("施設予約")
    question = say("予約の取消")
    assert question[-1]["type"] == "template"
    say("はい")
    say("施設予約")
    assert "2名" not in say("予約の確認")[-1]["text"]
