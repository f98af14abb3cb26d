"""第1回を取り消したら第2回は: asked in the chat and on the page, answered both ways, and nothing is lost by silence."""

import json
from datetime import datetime
from textwrap import dedent

import pytest

from govline.cli.local import local_town
from govline.core import Actor
from govline.core.jst import JST
from govline.store import identity
from govline.testing.talks import parse_talk, play

CLERK = Actor("staff", "s1", "phone")
CITY = """\
id: hinata
name: ひなた町
database: sqlite:///town.db
line: {secret_env: LINE_CHANNEL_SECRET, token_env: LINE_CHANNEL_ACCESS_TOKEN}
features: {calendar: {}, scenario: {}, web: {login_channel: "1650000001"}}
"""
CANCEL = """\
scenario: own
title: 予約の取消
triggers: [予約の取消]
start: cancel
steps:
  cancel: {do: calendar.cancel, next: done, kept: done, refused: done, none: done}
  done: {end: over, say: お手続きは以上です。}
"""
FIRST = """\
programme: dose-1
label: 接種1回目
capacity: 3
slots: [{dates: 2027-02-16, times: [9:00-9:30]}]
linked: {to: dose-2, least_days: 21, most_days: 28, on_cancel: ask}
"""
SECOND = """\
programme: dose-2
label: 接種2回目
capacity: 3
slots: [{dates: 2027-03-10, times: [9:00-9:30]}]
policy: {cancel_until: 3日前}
"""


class Town:
    """A town where 花子 has booked both doses, and what is booked of each."""

    def __init__(self, local):
        self.local, self.city, self.stage = local, local.city, local.stage()
        self.stage.move_clock(datetime(2027, 2, 1, 9, tzinfo=JST))
        self.stage.do("花子", "follow", [])
        self.stage.settle()
        self.user = local.client.citizen("花子", follow=False).user_id
        self.who = self.city.read(lambda tx: identity.find_citizen(tx, self.user))
        slots = [self.slots(name)[0].id for name in ("dose-1", "dose-2")]
        self.pair = self.city.run(
            lambda tx: self.city.calendar.book_linked(tx, [(each, 1) for each in slots], self.who, key="pair")
        ).bookings
        self.read = len(self.stage.messages("花子"))

    def slots(self, programme):
        return self.city.read(lambda tx: self.city.calendar.slots(tx, programme, since=self.beginning))

    beginning = datetime(2027, 1, 1, tzinfo=JST)

    @property
    def booked(self):
        return tuple(self.slots(name)[0].booked for name in ("dose-1", "dose-2"))

    def messages(self, citizen):
        return self.stage.messages(citizen)[self.read :]

    def __getattr__(self, name):
        return getattr(self.stage, name)

    def acted(self, text):
        failures = play(parse_talk(dedent(text), "scene"), self).failures
        self.read = len(self.stage.messages("花子"))
        assert failures == []


@pytest.fixture
def town(tmp_path):
    for name, text in {
        "city.yaml": CITY,
        "scenarios/own.yaml": CANCEL,
        "calendars/dose-1.yaml": FIRST,
        "calendars/dose-2.yaml": SECOND,
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    with local_town(tmp_path, worker="none", at=datetime(2027, 1, 31, 9, tzinfo=JST)) as local:
        yield Town(local)


ASKED = """\
花子> 予約の取消
花子< どの予約ですか?
花子> [2月16日(火) 9:00]
花子< 接種1回目 2月16日(火) 9:00 1名 の予約を取り消しますか?
花子> [取り消す]
花子< 予約を取り消しました。接種1回目 2月16日(火) 9:00 1名
花子< 接種2回目 3月10日(水) 9:00
"""


@pytest.mark.parametrize("answer", ["[こちらも取り消す]", "こちらも取り消す", "はい"])
def test_the_second_goes_too(town, answer):
    town.acted(f"{ASKED}花子> {answer}\n花子< 取り消しました。\n花子< お手続きは以上です\n")
    assert town.booked == (0, 0)


def test_the_second_stays_and_may_still_be_cancelled_by_the_same_button(town):
    town.acted(
        f"{ASKED}花子> たぶん\n花子< こちらも取り消しますか?\n花子> [そのまま残す]\n花子< そのまま残っています\n花子< お手続きは以上です\n"
    )
    assert town.booked == (0, 1)
    town.acted("花子> [こちらも取り消す]\n花子< 取り消しました。\n")
    assert town.booked == (0, 0)
    town.acted("花子> [そのまま残す]\n花子< もうありません\n")


def test_without_an_answer_it_stays_and_the_button_works_until_the_cut_off(town):
    town.acted(ASKED)
    assert town.booked == (0, 1)
    town.acted(
        "@ 2027-03-08 09:00\n花子> [こちらも取り消す]\n花子< 取消の締切(3月8日(月) 0:00)を過ぎています。\n"
    )
    assert town.booked == (0, 1)


def test_when_staff_cancel_the_first_the_citizen_is_asked_by_a_message(town):
    first = town.pair[0].id
    town.city.run(
        lambda tx: town.city.calendar.counter.cancel(tx, first, key="k", reason="医師の都合"), actor=CLERK
    )
    town.stage.settle()
    town.acted(
        """
        花子< 【予約のお知らせ】次の予約が取り消されました。
        花子< 接種2回目 3月10日(水) 9:00
        花子> [こちらも取り消す]
        花子< 取り消しました。
        """
    )
    assert town.booked == (0, 0)


def test_a_stranger_s_tap_does_nothing(town):
    town.acted(ASKED)
    asked = json.dumps(town.stage.messages("花子")[-1])
    data = next(part.split('"')[0] for part in asked.split('"data": "')[1:] if "cancel" in part.split('"')[0])
    town.stage.do("太郎", "follow", [])
    town.local.client.citizen("太郎", follow=False).tap_action({"type": "postback", "data": data})
    town.stage.settle()
    assert town.booked == (0, 1)


@pytest.mark.parametrize(("rest", "left"), [("cancel", (0, 0)), ("keep", (0, 1))])
def test_the_page_asks_before_it_cancels(town, visitor, rest, left):
    page = visitor(town.local, town.user).page("calendar/mine").follow("2月16日(火) 9:00を取り消す")
    assert "つながっている予約(接種2回目 3月10日(水) 9:00)はどうしますか?" in page.text
    assert "取り消しました" in page.send(rest=rest).text
    assert town.booked == left


def test_the_page_cancels_both_or_says_why_not(town, visitor):
    moved = datetime(2027, 2, 16, 8, tzinfo=JST)
    town.stage.move_clock(moved)
    page = visitor(town.local, town.user).page("calendar/mine").follow("3月10日(水) 9:00を取り消す")
    page.send(rest="cancel")
    assert "取り消しました" in page.text
    assert town.booked == (0, 0)


@pytest.mark.parametrize("later", ["", "@ 2027-02-03 09:00\n"])
def test_the_message_s_button_works_in_the_middle_of_another_talk_and_long_after_it(town, later):
    town.acted("花子> 予約の取消\n花子< どの予約ですか?\n")
    first = town.pair[0].id
    town.city.run(lambda tx: town.city.calendar.counter.cancel(tx, first, key="k"), actor=CLERK)
    town.stage.settle()
    town.acted(
        f"花子< 次の予約が取り消されました\n花子< 接種2回目 3月10日(水) 9:00\n{later}花子> [そのまま残す]\n花子< そのまま残っています\n"
    )
    assert town.booked == (0, 1)
    if not later:  # the talk stands where it was
        town.acted("花子> 3月10日(水) 9:00\n花子< 接種2回目 3月10日(水) 9:00 1名 の予約を取り消しますか?\n")


def test_a_button_of_a_talk_whose_time_is_over_says_so(town):
    town.acted(
        "花子> 予約の取消\n花子< どの予約ですか?\n@ 2027-02-03 09:00\n花子> [2月16日(火) 9:00]\n花子< 時間が空いたため\n"
    )
    assert town.booked == (1, 1)
