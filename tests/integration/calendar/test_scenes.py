"""The calendar's scenes as whole towns play them: settings, chat, counter and nightly work over the simulator's loopback LINE."""

import json
import re
from datetime import datetime
from textwrap import dedent

import pytest

from govline.calendar.merging import Contact
from govline.cli.local import local_town
from govline.core import Actor
from govline.core.jst import JST
from govline.testing.talks import parse_talk, play

CLERK = Actor("staff", "s1", "phone")
OPENED = datetime(2027, 1, 31, 9, tzinfo=JST)
CITY = """\
id: hinata
name: ひなた町
database: sqlite:///town.db
line: {secret_env: LINE_CHANNEL_SECRET, token_env: LINE_CHANNEL_ACCESS_TOKEN}
quiet_hours: {start: "21:00", end: "06:00"}
features: {calendar: {}, scenario: {}, web: {login_channel: "1650000001"}}
"""
TAX = """\
programme: tax
label: 確定申告
capacity: 2
slots: [{dates: 2027-02-16/2027-02-18, times: [9:00-9:30]}]
remind: [7日前 18:00, 前日 18:00]
"""
OWN = """\
scenario: own
title: 予約の取消
triggers: [予約の取消]
start: cancel
steps:
  cancel: {do: calendar.cancel, next: done, kept: kept, refused: kept, none: kept}
  done: {end: cancelled, say: 予約を取り消しました。}
  kept: {end: kept}
---
"""
CHANGE = """\
scenario: change
title: 予約の変更
triggers: [予約の変更]
start: change
steps:
  change: {do: calendar.change, save: booking, next: done, refused: kept, none: kept}
  done: {end: changed, say: "変更しました。{booking.label}です"}
  kept: {end: kept}
"""
MERGE = """\
scenario: merge
title: 電話予約をLINEに
triggers: [電話予約をLINEに]
start: merge
steps:
  merge: {do: calendar.merge, next: told, closed: told}
  told: {end: told}
"""
LIST = """\
scenario: mine
title: 予約の確認
triggers: [予約の確認]
start: list
steps:
  list: {do: calendar.list, next: told, none: told}
  told: {end: told}
"""


def booking_talk(programme, words):
    return dedent(f"""\
        scenario: {programme}
        title: {words}
        triggers: [{words}]
        start: pick
        steps:
          pick: {{do: calendar.pick_slot, with: {{calendar: {programme}}}, save: slot, next: book, none: none}}
          book: {{do: calendar.book, with: {{slot: "{{slot.id}}"}}, save: booking, next: done, refused: pick}}
          done: {{end: booked, say: "予約しました。{{booking.label}}です"}}
          none: {{end: none}}
        """)


class Folder:
    """A town's folder, written file by file."""

    def __init__(self, path):
        self.path = path
        self.write("city.yaml", CITY)
        self.write("scenarios/own.yaml", OWN.removesuffix("---\n"))
        self.write("scenarios/change.yaml", CHANGE)
        self.write("scenarios/merge.yaml", MERGE)
        self.write("scenarios/mine.yaml", LIST)

    def write(self, name, text):
        path = self.path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")

    def opened(self, at=OPENED):
        return local_town(self.path, worker="none", at=at)

    def programme(self, name, text, words):
        self.write(f"calendars/{name}.yaml", text)
        self.write(f"scenarios/{name}.yaml", booking_talk(name, words))


@pytest.fixture
def folder(tmp_path):
    made = Folder(tmp_path)
    made.programme("tax", TAX, "確定申告の予約")
    return made


class FromHere:
    """A stage whose citizens have read everything so far."""

    def __init__(self, stage):
        self._stage = stage
        self._read = {name: len(stage.messages(name)) for name in ("住民", "花子", "太郎")}

    def __getattr__(self, name):
        return getattr(self._stage, name)

    def messages(self, citizen):
        return self._stage.messages(citizen)[self._read[citizen] :]


def acted(stage, text):
    assert play(parse_talk(dedent(text), "scene"), FromHere(stage)).failures == []


def joined(stage, *names, now="2027-02-01 09:00"):
    acted(stage, f"@ {now}\n" + "".join(f"{name}> (follow)\n{name}< 友だち追加\n" for name in names))


def slots(city, programme):
    return city.read(lambda tx: city.calendar.slots(tx, programme))


def user(town, name):
    return town.client.citizen(name, follow=False).user_id


def test_another_kind_of_booking_by_settings_alone(folder):
    """確定申告予約の後、カード受取・時間外交付を設定だけで追加."""
    with folder.opened() as town:
        acted(
            town.stage(),
            """
            @ 2027-02-01 09:00
            > (follow)
            < 友だち追加
            > 確定申告の予約
            < 確定申告の日時をお選びください
            > [2月16日(火) 9:00 残2]
            < 予約しました。2月16日(火) 9:00です
            @ 2027-02-09 18:05
            < 【予約のお知らせ】確定申告のご予約は2月16日(火) 9:00です
            @ 2027-02-15 18:05
            < 【予約のお知らせ】確定申告のご予約は2月16日(火) 9:00です
            """,
        )
    card = "capacity: 1\nslots: [{dates: 2027-02-16, times: [10:00-10:30]}]\n"
    night = "capacity: 1\nslots: [{dates: 2027-02-17, times: [17:30-19:00]}]\n"
    folder.programme("card", f"programme: card\nlabel: カード受取\n{card}", "カードの予約")
    folder.programme("night", f"programme: night\nlabel: 時間外交付\n{night}", "時間外の予約")
    with folder.opened(datetime(2027, 2, 15, 18, 30, tzinfo=JST)) as town:
        acted(
            town.stage(),
            """
            @ 2027-02-15 19:00
            > (follow)
            < 友だち追加
            > カードの予約
            < カード受取の日時をお選びください
            > [2月16日(火) 10:00 残1]
            < 予約しました。2月16日(火) 10:00です
            > 時間外の予約
            < 時間外交付の日時をお選びください
            > [2月17日(水) 17:30 残1]
            < 予約しました。2月17日(水) 17:30です
            """,
        )
        assert slots(town.city, "tax")[0].booked == 1, "what was booked before stands"


def opened(stage, name):
    """The address behind the last button that the chat shows."""
    buttons = re.findall(r'"uri": "([^"]+)"', json.dumps(stage.messages(name)[-1]))
    return buttons[-1]


def test_booked_by_telephone_cancelled_on_line(folder, visitor):
    """電話予約も同じ台帳、後で友だち追加した本人がLINEで取消."""
    with folder.opened() as town:
        city, stage = town.city, town.stage()
        joined(stage, "太郎")
        slot = slots(city, "tax")[0]
        taken = city.run(
            lambda tx: city.calendar.counter.book(
                tx, slot.id, key="call-1", contact=Contact("港 花子", "03-0000-0000")
            ),
            actor=CLERK,
        )
        code = city.run(lambda tx: city.calendar.counter.merge_code(tx, taken.id), actor=CLERK)
        joined(stage, "花子", now="2027-02-01 09:10")
        acted(
            stage,
            """
            花子> 電話予約をLINEに
            花子< コードはここには書き込まないでください
            """,
        )
        page = visitor(town, user(town, "花子")).open(opened(stage, "花子"))
        assert "電話・窓口での予約をLINEに引き継ぐ" in page.text
        page.send(code=f" {code.text.lower().replace('-', '‐')} ")
        assert "LINEに引き継ぎました" in page.text
        assert "2月16日(火) 9:00" in page.text
        stage.settle()
        assert "予約1件が、LINEで確認・変更・取消できるように" in stage.messages("花子")[-1]["text"]
        acted(
            stage,
            """
            花子> 予約の確認
            花子< ・確定申告 2月16日(火) 9:00 1名
            花子> 予約の取消
            花子< 確定申告 2月16日(火) 9:00 1名 の予約を取り消しますか?
            花子> [取り消す]
            花子< 予約を取り消しました
            """,
        )
        assert slots(city, "tax")[0].booked == 0
        whats = [step.what for step in city.read(lambda tx: city.calendar.history(tx, taken.id))]
        assert (whats[0], whats[-1]) == ("made", "cancelled")


def test_the_page_goes_on_in_the_language_of_the_talk(folder, visitor):
    with folder.opened() as town:
        stage = town.stage()
        joined(stage, "花子")
        acted(stage, "花子> English\n花子< you will read English\n")
        acted(stage, "花子> 電話予約をLINEに\n花子< Please do not write the code here\n")
        page = visitor(town, user(town, "花子")).open(opened(stage, "花子"))
        assert "Bookings by telephone or counter" in page.text
        assert "This code was not found." in page.send(code="ABCDE-12345").text


def test_a_code_that_is_guessed_locks_and_one_that_was_used_is_no_good(folder, visitor):
    with folder.opened() as town:
        city, stage = town.city, town.stage()
        joined(stage, "太郎", "花子")
        slot = slots(city, "tax")[0]
        taken = city.run(
            lambda tx: city.calendar.counter.book(tx, slot.id, key="c", contact=Contact("港 花子", "03")),
            actor=CLERK,
        )
        code = city.run(lambda tx: city.calendar.counter.merge_code(tx, taken.id), actor=CLERK)
        thief = visitor(town, user(town, "太郎"))
        for left in (4, 3, 2, 1):
            thief.page("calendar/merge").send(code=f"ABCDE-1234{left}")
            assert f"あと{left}回入力できます" in thief.text
        thief.page("calendar/merge").send(code="ABCDE-12340")
        assert "コードの入力が続けて違っていたため" in thief.text
        thief.page("calendar/merge").send(code=code.text)
        assert "コードの入力が続けて違っていたため" in thief.text, "the right one too, while it is locked"
        owner = visitor(town, user(town, "花子"))
        assert "LINEに引き継ぎました" in owner.page("calendar/merge").send(code=code.text).text
        again = owner.page("calendar/merge?lang=en").send(code=code.text)
        assert "This code was not found." in again.text
        assert "2月16日" in owner.page("calendar/mine?lang=ja").text


def test_one_day_closes_and_its_people_come_first(folder):
    """1日中止、予約者だけに通知し優先再予約."""
    with folder.opened() as town:
        city, stage = town.city, town.stage()
        joined(stage, "花子", "太郎")
        acted(
            stage,
            """
            花子> 確定申告の予約
            花子< 確定申告の日時をお選びください
            花子> [2月16日(火) 9:00 残2]
            花子< 予約しました
            太郎> 確定申告の予約
            太郎< 確定申告の日時をお選びください
            太郎> [2月17日(水) 9:00 残2]
            太郎< 予約しました
            """,
        )
        day, until = (datetime(2027, 2, number, tzinfo=JST) for number in (16, 17))
        instead = [slots(city, "tax")[-1].id]
        city.run(
            lambda tx: city.calendar.counter.close(
                tx, "tax", day, until, "大雪のため", key="snow", instead=instead
            ),
            actor=CLERK,
        )
        stage.settle()
        told = stage.messages("花子")[-1]
        assert "大雪のため" in told["text"]
        assert len(stage.messages("太郎")) == 3, "who is not concerned hears nothing"
        label = next(
            item["action"]["label"]
            for item in told["quickReply"]["items"]
            if "2月18日" in item["action"]["label"]
        )
        stage.tap("花子", label)
        stage.settle()
        assert [slot.booked for slot in slots(city, "tax")] == [0, 1, 1]
        assert city.read(city.calendar.reconcile) == []


def test_with_a_voucher_moved_at_night_locked_after_wrong_entries(folder, visitor):
    """接種券番号+生年月日で予約し深夜に自分で変更、誤入力が続けばロック."""
    shots = "programme: shots\nlabel: 接種\ncapacity: 2\nslots: [{dates: 2027-02-16, times: [9:00-9:30, 10:00-10:30]}]\n"
    folder.programme(
        "shots", shots + "policy: {eligibility: {name: 接種券番号, number: 10桁}}\n", "接種の予約"
    )
    listed = folder.path / "list.csv"
    rows = ["接種券番号,生年月日", "0000000001,昭和25年1月1日", "0000000002,昭和30年1月1日"]
    listed.write_text("\n".join([*rows, ""]), "cp932")
    with folder.opened() as town:
        city, stage = town.city, town.stage()
        assert city.tabular.load("eligible-shots", listed).added == 2
        joined(stage, "花子", "太郎")
        wrong = visitor(town, user(town, "太郎"))
        for left in (4, 3, 2, 1):
            wrong.page("calendar/claim?programme=shots").send(number="0000000002", born="1999-01-01")
            assert f"あと{left}回入力できます" in wrong.text
        wrong.page("calendar/claim?programme=shots").send(number="0000000002", born="1999-01-01")
        assert "入力の誤りが続いたため" in wrong.text
        wrong.page("calendar/claim?programme=shots").send(number="0000000002", born="1955-01-01")
        assert "入力の誤りが続いたため" in wrong.text, "the right entry too, while it is locked"
        page = visitor(town, user(town, "花子"))
        page.page("calendar/confirm?programme=shots&slot=" + slots(city, "shots")[0].id)
        assert "先に接種券番号と生年月日を、予約ページで入力してください。" in page.text
        page.follow("予約できる方かどうかの確認").send(number="０００００００００１", born="1950-01-01")
        assert "続けて日時をお選びください" in page.text
        page.follow("予約する").follow("16").follow("9:00を選ぶ").send(party="1")
        assert "予約しました" in page.text
        stage.move_clock(datetime(2027, 2, 5, 2, tzinfo=JST))
        page.page("calendar/mine").follow("変更する").follow("16").follow("10:00を選ぶ").send(party="1")
        assert "変更しました" in page.text
        assert [slot.booked for slot in slots(city, "shots")] == [0, 1]
        stage.settle()
        told = [each["text"] for each in stage.messages("花子")]
        assert told[1:] == [
            "予約しました。接種 2月16日(火) 9:00 1名",
            "予約を変更しました。接種 2月16日(火) 10:00 1名",
        ], "the chat hears nothing of what was entered"
        acted(
            stage,
            """
            花子> 予約の変更
            花子< 接種 2月16日(火) 10:00 1名 からの変更です
            花子> [2月16日(火) 9:00 残2]
            花子< 変更しました。2月16日(火) 9:00です
            """,
        )


def test_whoever_has_a_fever_is_stopped_before_the_booking(folder):
    """発熱者は検査予約前に停止."""
    test = "programme: pcr\nlabel: 検査\ncapacity: 2\nslots: [{dates: 2027-02-16, times: [9:00-9:30]}]\n"
    policy = "policy: {questions: [{ask: 37.5度以上の熱がありますか?, say: 相談窓口へお電話ください。}]}\n"
    folder.programme("pcr", test + policy, "検査の予約")
    with folder.opened() as town:
        stage = town.stage()
        joined(stage, "花子", "太郎")
        acted(
            stage,
            """
            花子> 検査の予約
            花子< 37.5度以上の熱がありますか?
            花子> [はい]
            花子< 相談窓口へお電話ください。
            太郎> 検査の予約
            太郎< 37.5度以上の熱がありますか?
            太郎> [いいえ]
            太郎< 検査の日時をお選びください
            太郎> [2月16日(火) 9:00 残2]
            太郎< 予約しました
            """,
        )
        assert [slot.booked for slot in slots(town.city, "pcr")] == [1]
