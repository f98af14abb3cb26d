"""Moving by one message: understood, asked back, done by a tap; several places are narrowed, addresses are not kept."""

import pytest

from govline.calendar.garbage import GarbageFeature
from govline.calendar.garbage.model import Setting
from govline.city.assembly import assemble
from govline.city.router import Router
from govline.core import Env, Input, TalkContext
from govline.core.messages import render
from govline.core.texts import speaking
from govline.scenario import ScenarioFeature, loads

TALK = """
scenario: area
version: 1
start: area
triggers: [引っ越しました]
steps:
  area: {do: garbage.choose_area, save: area, next: done, none: done}
  done: {end: ok}
"""
AREAS = "地区,読み,センター,燃やすごみ\nみどり,,,月 木\n港が丘,みなとがおか,,火 金\n港町,みなとまち,,水 土\n本町,ほんまち,,月\n"
TOWNS = "町名,よみ,郵便番号,地区,範囲\n緑町,みどりまち,319-0001,みどり,\n汐見台,しおみだい,319-0002,港が丘,1番から\n汐見台,しおみだい,319-0002,港町,20番から\n"


@pytest.fixture
def town(any_db, tmp_path):
    any_db.migrate([f"govline.{name}.migrations" for name in ("delivery", "calendar.garbage", "scenario")])
    (tmp_path / "area_days.csv").write_text(AREAS, "utf-8")
    (tmp_path / "towns.csv").write_text(TOWNS, "utf-8")
    made = assemble(
        [GarbageFeature(), ScenarioFeature([loads(TALK)])],
        lambda port: Env("hinata", any_db, any_db.clock, any_db.ids, tmp_path, str, str, port),
    )
    any_db.run(lambda tx: made.services["garbage"].import_file(tx, tmp_path / "area_days.csv"))
    return made


@pytest.fixture
def settings(any_db, town):
    return lambda: any_db.read(lambda tx: town.services["garbage"].settings(tx, "c1"))


@pytest.fixture
def send(any_db, town):
    router = Router(town.each("responders"))

    def sent(given, locale="ja"):
        def work(tx):
            with speaking(locale):
                return router.answer(tx, TalkContext("c1", tx.now, given.key, locale=locale), given)

        messages = any_db.run(work)
        if messages:
            render(messages)
        return list(messages or ())

    return sent


@pytest.fixture
def say(send):
    return lambda text, locale="ja": send(Input("text", text=text, key=text), locale)


@pytest.fixture
def tap(send):
    def tapped(message, label):
        (data,) = [each.action.data for each in message.quick if each.action.label == label]
        return send(Input("postback", data=data, key=data))

    return tapped


def labels(message):
    return [each.action.label for each in message.quick]


def test_one_message_and_one_tap(any_db, town, say, tap, settings):
    garbage = town.services["garbage"]
    any_db.run(lambda tx: garbage.save(tx, "c1", Setting("本町", hour=20)))
    for words in (
        "港が丘に引っ越しました",
        "みなとがおかへ引っ越した",
        "引越して港が丘になりました",
        "本町から みなとがお に引っ越した",
    ):
        (asked,) = say(words)
        assert asked.text == "お引越しですね。ごみ収集日のお知らせを「港が丘」に変えますか?"
        assert labels(asked) == ["はい、変えます", "いいえ、このままで"]
        assert settings() == [Setting("本町", hour=20)], "nothing changes before the tap"
    (stays,) = tap(asked, "いいえ、このままで")
    assert (stays.text, settings()) == ("お知らせの地区は変えていません。", [Setting("本町", hour=20)])
    (done,) = tap(asked, "はい、変えます")
    assert (done.text, settings()) == ("地区を「港が丘」に設定しました。", [Setting("港が丘", hour=20)])


def test_several_places_are_narrowed(say, tap, settings):
    (which,) = say("みなとに引っ越しました")
    assert labels(which) == ["港が丘", "港町"]
    tap(which, "港町")
    assert settings() == [Setting("港町")]


def test_a_town_in_several_areas_asks_for_its_part(say, tap, settings):
    (which,) = say("汐見台に転居しました")
    assert (
        which.text == "「汐見台」は地区が分かれています。どちらですか?\n・港が丘(1番から)\n・港町(20番から)"
    )
    tap(which, "港が丘")
    assert settings() == [Setting("港が丘")]


def test_of_a_whole_address_only_the_town_is_said_again(say):
    warned, asked = say("〒319-0001 ひなた町緑町1-2-3 メゾン205に引っ越しました")
    assert warned.text.startswith("番地や建物名は要りません")
    assert "「みどり」" in asked.text
    assert "205" not in "".join([asked.text, *(each.action.data for each in asked.quick)])


@pytest.mark.parametrize(
    "words", ["海の向こうに引っ越しました", "実家に引っ越しました", "港が丘", "引っ越しの手続きは?"]
)
def test_what_is_no_move_to_a_known_place_is_left_to_others(say, words):
    assert say(words) == []


def test_the_bare_word_still_starts_the_towns_own_talk(say):
    (asked,) = say("引っ越しました")
    assert asked.to_line()["text"].startswith("どの地区ですか?")


def test_a_button_that_is_older_than_the_calendar(send, settings):
    (gone,) = send(Input("postback", data="garbage:move:廃町", key="k"))
    assert gone.text.startswith("合う地区が見つかりません")
    (which,) = send(Input("postback", data="garbage:move:汐見台", key="k2"))
    assert labels(which) == ["港が丘", "港町"]
    assert settings() == []


@pytest.mark.parametrize(("locale", "begins"), [("en", "You have moved."), ("ja-easy", "ひっこしましたか?")])
def test_the_question_is_in_the_citizens_language(say, locale, begins):
    (asked,) = say("港が丘に引っ越しました", locale)
    assert asked.text.startswith(begins)
