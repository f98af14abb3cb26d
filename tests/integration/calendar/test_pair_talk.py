"""第1回と第2回 in a talk: the first, then what fits after it, both or none; old buttons, double taps; moved together."""

from datetime import datetime
from textwrap import dedent

import pytest
from attrs import evolve

from govline.calendar.talk.actions import BookArgs, CalendarActions
from govline.calendar.wording.talk import CALENDAR_TEXTS
from govline.cli.local import local_town
from govline.core import TalkContext
from govline.core.jst import JST
from govline.core.texts import Texts
from govline.testing.talks import parse_talk, play

CITY = """\
id: hinata
name: ひなた町
database: sqlite:///town.db
line: {secret_env: LINE_CHANNEL_SECRET, token_env: LINE_CHANNEL_ACCESS_TOKEN}
features: {calendar: {}, scenario: {}, web: {login_channel: "1650000001"}}
"""
BOOK = """\
scenario: dose
title: 接種の予約
triggers: [接種の予約]
start: pick
steps:
  pick: {do: calendar.pick_slot, with: {calendar: PROGRAMME}, save: slot, next: sure, none: over}
  sure: {say: "{slot.label} でよろしいですか?", choices: {はい: book, いいえ: over}}
  book: {do: calendar.book, with: {slot: "{slot.id}"}, save: booking, next: done, refused: pick}
  done: {end: booked, say: "予約しました。{booking.label} ({booking.second.label})"}
  over: {end: over, say: お手続きは以上です。}
"""
CHANGE = """\
scenario: change
title: 予約の変更
triggers: [予約の変更]
start: change
steps:
  change: {do: calendar.change, save: booking, next: done, refused: over, none: over}
  done: {end: moved, say: "変更しました。{booking.label}"}
  over: {end: over, say: お手続きは以上です。}
"""
LIST = """\
scenario: list
title: 予約の一覧
triggers: [予約の一覧]
start: list
steps:
  list: {do: calendar.list, next: over, none: over}
  over: {end: over}
"""
FIRST = """\
programme: dose-1
label: 接種1回目
capacity: 1
slots:
  - {dates: 2027-02-16/2027-02-17, times: [9:00-9:30], name: A社}
  - {dates: 2027-02-16, times: [10:00-10:30], name: B社}
linked: {to: dose-2, least_days: 21, most_days: 28, same_product: true, on_cancel: ask}
"""
SECOND = """\
programme: dose-2
label: 接種2回目
capacity: 1
slots:
  - {dates: [2027-03-09, 2027-03-17], times: [9:00-9:30], name: A社}
  - {dates: 2027-03-10, times: [11:00-11:30], name: B社}
"""
COURSE = """\
programme: course
label: 教室
capacity: 1
slots: [{dates: [2027-02-16, 2027-02-23, 2027-03-02], times: [9:00-9:30]}]
linked: {least_days: 7, most_days: 7}
"""
ASKING = SECOND + "policy: {questions: [{ask: 1回目のあとに具合が悪くなりましたか?}]}\n"
PICK = """\
花子> 接種の予約
花子< 接種1回目の日時をお選びください。
"""


class Town:
    """A town on the stage, with what is booked of each programme."""

    def __init__(self, local):
        self.local, self.city, self.stage = local, local.city, local.stage()
        self.stage.move_clock(datetime(2027, 2, 1, 9, tzinfo=JST))
        self.stage.do("花子", "follow", [])
        self.stage.settle()
        self.read = len(self.stage.messages("花子"))

    def slots(self, programme):
        since = datetime(2027, 1, 1, tzinfo=JST)
        return self.city.read(lambda tx: self.city.calendar.slots(tx, programme, since=since))

    @property
    def booked(self):
        return [
            (slot.programme, f"{slot.starts.astimezone(JST):%m-%d}")
            for name in self.city.calendar.programmes
            for slot in self.slots(name)
            if slot.booked
        ]

    def take(self, programme, day, key="taken"):
        """Somebody else was faster."""
        (slot,) = [slot for slot in self.slots(programme) if f"{slot.starts.astimezone(JST):%m-%d}" == day]
        return self.city.run(lambda tx: self.city.calendar.book(tx, slot.id, None, key=key))

    def tap_old(self, slot):
        """A button of an older list."""
        citizen = self.local.client.citizen("花子", follow=False)
        citizen.tap_action({"type": "postback", "data": slot.id})
        self.stage.settle()

    def messages(self, citizen):
        return (
            self.stage.messages(citizen)[self.read :] if citizen == "花子" else self.stage.messages(citizen)
        )

    def __getattr__(self, name):
        return getattr(self.stage, name)

    def acted(self, text):
        failures = play(parse_talk(dedent(text), "scene"), self).failures
        self.read = len(self.stage.messages("花子"))
        assert failures == []


@pytest.fixture
def programme():
    return "dose-1"


@pytest.fixture
def town(tmp_path, programme):
    written = {"dose-1": (FIRST, SECOND), "asking": (FIRST, ASKING), "course": (COURSE,)}[programme]
    files = {
        "city.yaml": CITY,
        "scenarios/book.yaml": BOOK.replace("PROGRAMME", programme.replace("asking", "dose-1")),
    }
    files |= {"scenarios/change.yaml": CHANGE, "scenarios/list.yaml": LIST}
    files |= {f"calendars/{number}.yaml": text for number, text in enumerate(written)}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    with local_town(tmp_path, worker="none", at=datetime(2027, 1, 31, 9, tzinfo=JST)) as local:
        yield Town(local)


BOOKED = f"""\
{PICK}花子> [2月16日(火) 9:00 A社 残1]
花子< 2月16日(火) 9:00 A社 ですね。続きの回の日時をお選びください。
花子<? 3月9日(火) 9:00 A社 残1 / 前の回を選び直す
花子> [3月9日(火) 9:00 A社 残1]
花子< 2月16日(火) 9:00 A社 と 3月9日(火) 9:00 A社 でよろしいですか?
花子> [はい]
花子< 接種1回目 2月16日(火) 9:00 1名 受付番号 … 接種2回目 3月9日(火) 9:00 1名 受付番号
花子< 予約しました。2月16日(火) 9:00 と 3月9日(火) 9:00 (3月9日(火) 9:00)
"""


def test_both_are_chosen_one_after_the_other_and_booked_at_once(town):
    town.acted(BOOKED)
    assert town.booked == [("dose-1", "02-16"), ("dose-2", "03-09")]
    town.acted(
        """
        花子> 予約の一覧
        花子< ・接種2回目 3月9日(火) 9:00 1名(2月16日(火) 9:00 の続き)
        """
    )


def test_nothing_is_booked_between_the_two(town):
    town.acted(f"{PICK}花子> [2月16日(火) 9:00 A社 残1]\n花子< 続きの回の日時をお選びください。\n")
    assert town.booked == []


def test_a_first_one_without_a_second_of_its_product_is_not_offered(town):
    town.take("dose-2", "03-10")
    town.acted(f"{PICK}花子<? 2月16日(火) 9:00 A社 残1 / 2月17日(水) 9:00 A社 残1\n")


def test_the_second_is_gone_meanwhile_so_both_are_chosen_again(town):
    town.acted(
        f"""{PICK}花子> [2月16日(火) 9:00 A社 残1]
花子< 続きの回の日時をお選びください。
花子> [3月9日(火) 9:00 A社 残1]
花子< でよろしいですか?
"""
    )
    town.take("dose-2", "03-09")
    town.acted(
        """
        花子> [はい]
        花子< 3月9日(火) 9:00 A社: 満員です。
        花子< 接種1回目の日時をお選びください。
        """
    )
    assert town.booked == [("dose-2", "03-09")]


def test_no_second_is_left_while_one_chooses(town):
    town.acted(f"{PICK}花子> [2月16日(火) 9:00 A社 残1]\n花子< 続きの回の日時をお選びください。\n")
    town.take("dose-2", "03-09")
    town.acted(
        """
        花子> なに?
        花子< 2月16日(火) 9:00 A社 は選べませんでした。この枠に続けて予約できる、続きの回の空きがありません。
        花子> [2月17日(水) 9:00 A社 残1]
        花子< 2月17日(水) 9:00 A社 ですね。
        """
    )


ON = """\
花子< 2月17日(水) 9:00 A社 ですね。
花子> [3月17日(水) 9:00 A社 残1]
花子< 2月17日(水) 9:00 A社 と 3月17日(水) 9:00 A社
花子> [はい]
花子< 受付番号
花子< 予約しました。
"""
CHOSEN = f"{PICK}花子> [2月16日(火) 9:00 A社 残1]\n花子< 2月16日(火) 9:00 A社 ですね。\n"


def test_the_first_one_can_be_chosen_again(town):
    town.acted(
        f"{CHOSEN}花子> [前の回を選び直す]\n花子< 接種1回目の日時\n花子> [2月17日(水) 9:00 A社 残1]\n{ON}"
    )
    assert town.booked == [("dose-1", "02-17"), ("dose-2", "03-17")]


def test_a_button_of_the_first_list_chooses_another_first_one(town):
    town.acted(CHOSEN)
    town.tap_old(town.slots("dose-1")[-1])
    town.acted(ON)
    assert town.booked == [("dose-1", "02-17"), ("dose-2", "03-17")]


def test_a_double_tap_on_the_first_asks_for_the_second_once_more(town):
    town.acted(CHOSEN)
    town.tap_old(town.slots("dose-1")[0])
    town.acted("花子< 2月16日(火) 9:00 A社 ですね。\n花子> 3/9 9:00\n花子< でよろしいですか?\n")
    assert town.booked == []


@pytest.mark.parametrize("programme", ["course"])
def test_in_one_programme_a_button_of_the_first_list_is_the_second_where_it_fits(town):
    first, second, third = town.slots("course")
    town.acted("花子> 接種の予約\n花子< 教室の日時をお選びください。\n")
    town.tap_old(first)
    town.acted("花子< 2月16日(火) 9:00 ですね。\n")
    town.tap_old(third)  # too far to be the second
    town.acted("花子< 3月2日(火) 9:00 は選べませんでした。\n")
    town.tap_old(first)
    town.acted("花子< 2月16日(火) 9:00 ですね。\n")
    town.tap_old(second)
    town.acted("花子< 2月16日(火) 9:00 と 2月23日(火) 9:00 でよろしいですか?\n")


def test_a_change_that_breaks_the_days_moves_both(town):
    town.acted(BOOKED)
    town.acted(
        """
        花子> 予約の変更
        花子< どの予約ですか?
        花子> [3月9日(火) 9:00]
        花子< からの変更です。新しい日時をお選びください。
        花子> [3月17日(水) 9:00 A社 残1]
        花子< 3月17日(水) 9:00 A社 に変更するには、続きの予約(接種1回目 2月16日(火) 9:00)も一緒に変更します。
        花子<? 2月17日(水) 9:00 A社 残1 / 前の回を選び直す
        """
    )
    assert town.booked == [("dose-1", "02-16"), ("dose-2", "03-09")]
    town.acted(
        """
        花子> [2月17日(水) 9:00 A社 残1]
        花子< 両方の予約を変更しました。 … 2月17日(水) 9:00 … 3月17日(水) 9:00
        花子< 変更しました。2月17日(水) 9:00 と 3月17日(水) 9:00
        """
    )
    assert town.booked == [("dose-1", "02-17"), ("dose-2", "03-17")]
    assert town.city.read(town.city.calendar.reconcile) == []


def test_a_change_that_another_reason_refuses_moves_nothing_else(town):
    town.acted(BOOKED)
    town.acted(
        """
        花子> 予約の変更
        花子< どの予約ですか?
        花子> [3月9日(火) 9:00]
        花子< からの変更です。
        """
    )
    town.take("dose-2", "03-17")
    town.acted(
        "花子> [3月17日(水) 9:00 A社 残1]\n花子< 満員です。 … 前の回から28日以内\n花子< お手続きは以上です\n"
    )
    assert town.booked == [("dose-1", "02-16"), ("dose-2", "03-09"), ("dose-2", "03-17")]


def test_who_loses_one_of_the_new_slots_keeps_both_old_ones(town):
    town.acted(BOOKED)
    town.acted(
        """
        花子> 予約の変更
        花子< どの予約ですか?
        花子> [3月9日(火) 9:00]
        花子< からの変更です。
        花子> [3月17日(水) 9:00 A社 残1]
        花子< も一緒に変更します。
        """
    )
    town.take("dose-2", "03-17")
    town.acted(
        "花子> [2月17日(水) 9:00 A社 残1]\n花子< 3月17日(水) 9:00 A社: 満員です。\n花子< お手続きは以上です\n"
    )
    assert ("dose-1", "02-16") in town.booked
    assert ("dose-2", "03-09") in town.booked


@pytest.mark.parametrize("programme", ["asking"])
@pytest.mark.parametrize(
    ("answer", "said"), [("はい", "お手続きは以上です"), ("いいえ", "続きの回の日時をお選びください。")]
)
def test_what_the_second_asks_comes_before_it_is_chosen(town, answer, said):
    asked = "1回目のあとに具合が悪くなりましたか?"
    stop = "花子< お受けできません\n" if answer == "はい" else ""
    town.acted(
        f"{PICK}花子> [2月16日(火) 9:00 A社 残1]\n花子< {asked}\n花子> [{answer}]\n{stop}花子< {said}\n"
    )
    assert town.booked == []


def test_when_no_second_is_left_at_all_the_citizen_reads_so(town):
    for day in ("03-09", "03-10", "03-17"):
        town.take("dose-2", day, key=day)
    town.acted(
        """
        花子> 接種の予約
        花子< いま予約できる枠がありません。 … 続きの回の空きがありません。
        花子< お手続きは以上です
        """
    )


@pytest.mark.parametrize("programme", ["course"])
def test_two_of_one_programme(town):
    town.acted(
        """
        花子> 接種の予約
        花子< 教室の日時をお選びください。
        花子<? 2月16日(火) 9:00 残1 / 2月23日(火) 9:00 残1
        花子> [2月16日(火) 9:00 残1]
        花子< 2月16日(火) 9:00 ですね。
        花子> [2月23日(火) 9:00 残1]
        花子< 2月16日(火) 9:00 と 2月23日(火) 9:00 でよろしいですか?
        花子> [はい]
        花子< 受付番号
        花子< 予約しました。
        """
    )
    assert town.booked == [("course", "02-16"), ("course", "02-23")]


def test_an_event_that_comes_twice_books_one_pair(town):
    actions = CalendarActions(town.city.calendar, Texts(defaults=CALENDAR_TEXTS))
    slots = [town.slots(name)[0].id for name in ("dose-1", "dose-2")]
    context = TalkContext(citizen="c-1", now=datetime(2027, 2, 1, tzinfo=JST), key="event", step="book")
    args = BookArgs(slot="+".join(slots))
    first, second = (town.city.run(lambda tx: actions.book(tx, context, args)) for _ in range(2))
    assert first == second
    assert first.outcome == "ok"
    half = evolve(context, key="event-2")
    alone = town.city.run(lambda tx: actions.book(tx, half, BookArgs(slot=slots[0])))
    assert (alone.outcome, alone.value) == ("refused", {"reasons": ["GL-2150"]})
    assert len(town.booked) == 2
