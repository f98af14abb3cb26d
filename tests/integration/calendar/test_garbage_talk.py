"""Garbage days as a scenario asks about them, and from the command line."""

from datetime import UTC, datetime, time
from types import SimpleNamespace

import pytest

from govline.calendar.garbage import Garbage
from govline.calendar.garbage.actions import AreaArgs, GarbageActions, NextArgs, NoArgs
from govline.calendar.garbage.commands import import_command
from govline.calendar.garbage.hours import NoticeHours
from govline.calendar.garbage.model import Setting
from govline.core import Ask, Input, TalkContext
from govline.core.messages import render
from govline.store.policies import QuietHours

NOW = datetime(2026, 11, 20, tzinfo=UTC)
NAMES = ("ひなた町", "東町", "西町", "港町一丁目", "港町二丁目", *(f"中央{n}丁目" for n in range(1, 21)))
AREAS = "地名,読み,センター,燃やすごみ,ペットボトル\n" + "".join(
    f"{name},{'みなとまち' if '港町' in name else ''},,月 木,水1 水3\n" for name in NAMES
)


@pytest.fixture
def garbage(town_db, tmp_path):
    (tmp_path / "area_days.csv").write_text(AREAS, "utf-8")
    service = Garbage()
    town_db.run(lambda tx: service.import_file(tx, tmp_path / "area_days.csv"))
    return service


@pytest.fixture
def talk(town_db, garbage):
    actions = {action.name: action for action in GarbageActions(garbage).all()}
    context = TalkContext(citizen="a", now=NOW, key="event")

    def step(name, args=None, *, state=None, said=None):
        action = actions[name]

        def work(tx):
            return action.run(tx, context, args) if said is None else action.resume(tx, context, state, said)

        result = town_db.run(work)
        render(result.messages)
        assert isinstance(result, Ask) or result.outcome in action.outcomes
        return result

    return step


def said(result):
    return result.messages[0].text


def labels(result):
    return [reply.action.label for reply in result.messages[0].quick]


def choose(talk, words):
    ask = talk("garbage.choose_area", AreaArgs())
    return talk("garbage.choose_area", state=ask.state, said=Input("text", text=words))


def test_a_few_characters_find_the_area(talk, town_db, garbage):
    assert said(talk("garbage.choose_area", AreaArgs())).startswith("お住まいの地区の名前")
    done = choose(talk, "ヒナタ")
    assert (done.outcome, done.value) == ("ok", {"area": "ひなた町"})
    assert said(done) == "地区を「ひなた町」に設定しました。"
    assert town_db.read(lambda tx: garbage.settings(tx, "a")) == [Setting("ひなた町")]


def test_several_hits_become_buttons(talk):
    ask = choose(talk, "みなと")
    assert labels(ask) == ["港町一丁目", "港町二丁目"]
    done = talk("garbage.choose_area", state=ask.state, said=Input("postback", data="港町二丁目"))
    assert done.value == {"area": "港町二丁目"}


def test_an_exact_name_wins_over_its_longer_neighbours(talk):
    assert choose(talk, "中央１丁目").value == {"area": "中央1丁目"}


def test_many_hits_ask_for_more(talk):
    ask = choose(talk, "中央")
    assert said(ask).startswith("20件見つかりました。")
    assert len(labels(ask)) == 12
    assert choose(talk, "丁目 二").outcome == "ok"


def test_no_hit_asks_again(talk):
    ask = choose(talk, "ぬりかべ" * 30)
    assert said(ask).startswith("合う地区が見つかりません")
    assert "ぬりかべ" not in said(ask), "it may be an address"
    assert isinstance(ask, Ask)


def test_moving_takes_one_message(talk, town_db, garbage):
    choose(talk, "東町")
    moved = talk("garbage.choose_area", AreaArgs(words="西町"))
    assert moved.outcome == "ok"
    assert town_db.read(lambda tx: garbage.settings(tx, "a")) == [Setting("西町")]


def test_a_second_area_is_added_and_taken_away(talk, town_db, garbage):
    choose(talk, "東町")
    talk("garbage.settings", state={}, said=Input("text", text="当日7時"))
    ask = talk("garbage.add_area", AreaArgs())
    several = talk("garbage.add_area", state=ask.state, said=Input("text", text="みなと"))
    assert labels(several) == ["港町一丁目", "港町二丁目"]
    done = talk("garbage.add_area", state=several.state, said=Input("postback", data="港町二丁目"))
    assert said(done) == "地区「港町二丁目」を追加しました。お知らせする地区: 東町・港町二丁目"
    both = [Setting("東町", days_before=0, hour=7), Setting("港町二丁目", days_before=0, hour=7)]
    assert town_db.read(lambda tx: garbage.settings(tx, "a")) == both, (
        "the new area is told of like the others"
    )
    assert talk("garbage.add_area", AreaArgs(words="東町")).outcome == "ok"
    assert len(town_db.read(lambda tx: garbage.settings(tx, "a"))) == 2
    which = talk("garbage.remove_area", NoArgs())
    assert labels(which) == ["東町", "港町二丁目"]
    again = talk("garbage.remove_area", state=which.state, said=Input("text", text="西町"))
    assert isinstance(again, Ask)
    gone = talk("garbage.remove_area", state=again.state, said=Input("text", text="東町"))
    assert said(gone) == "地区「東町」を外しました。"
    assert town_db.read(lambda tx: garbage.settings(tx, "a")) == both[1:]


def test_areas_are_not_endless(talk):
    assert talk("garbage.remove_area", NoArgs()).outcome == "none"
    for n in range(1, 6):
        assert talk("garbage.add_area", AreaArgs(words=f"中央{n}丁目")).outcome == "ok"
    full = talk("garbage.add_area", AreaArgs(words="東町"))
    assert (full.outcome, said(full)) == ("none", "登録できる地区は5つまでです。")


def test_the_time_can_be_set_and_stopped(talk, town_db, garbage):
    assert talk("garbage.settings", NoArgs()).outcome == "none"
    choose(talk, "東町")
    ask = talk("garbage.settings", NoArgs())
    assert said(ask) == "東町のお知らせ: 前日18時\nいつお知らせしますか?"
    assert labels(ask) == ["前日18時", "前日20時", "当日6時", "当日7時", "種類を選ぶ", "お知らせを止める"]
    done = talk("garbage.settings", state=ask.state, said=Input("text", text="当日７時"))
    assert said(done) == "お知らせを「当日7時」に設定しました。"
    assert town_db.read(lambda tx: garbage.settings(tx, "a")) == [Setting("東町", days_before=0, hour=7)]
    off = talk("garbage.settings", state=ask.state, said=Input("text", text="お知らせを止める"))
    assert said(off) == "お知らせを「停止中」に設定しました。"
    assert not town_db.read(lambda tx: garbage.settings(tx, "a"))[0].enabled
    again = talk("garbage.settings", state=ask.state, said=Input("text", text="夜中の3時"))
    assert isinstance(again, Ask)


def test_kinds_can_be_left_out(talk, town_db, garbage):
    choose(talk, "東町")
    ask = talk("garbage.settings", NoArgs())
    kinds = talk("garbage.settings", state=ask.state, said=Input("text", text="種類を選ぶ"))
    assert said(kinds).endswith("☑ 燃やすごみ\n☑ ペットボトル")
    without = talk("garbage.settings", state=kinds.state, said=Input("text", text="燃やすごみ"))
    assert said(without).endswith("□ 燃やすごみ\n☑ ペットボトル")
    assert town_db.read(lambda tx: garbage.muted(tx, "a")) == ["燃やすごみ"]
    back = talk("garbage.settings", state=without.state, said=Input("postback", data="燃やすごみ"))
    assert said(back).startswith("お知らせする種類")
    assert town_db.read(lambda tx: garbage.muted(tx, "a")) == []
    assert talk("garbage.settings", state=back.state, said=Input("text", text="終わる")).outcome == "ok"


def test_next_days(talk):
    assert talk("garbage.next", NextArgs()).outcome == "none"
    choose(talk, "東町")
    done = talk("garbage.next", NextArgs(days=14))
    assert said(done) == (
        "東町の収集日\n11月23日(月) 燃やすごみ\n11月26日(木) 燃やすごみ\n11月30日(月) 燃やすごみ\n"
        "12月2日(水) ペットボトル\n12月3日(木) 燃やすごみ"
    )


def test_a_town_without_a_calendar_says_so(town_db):
    action = GarbageActions(Garbage())
    context = TalkContext(citizen="a", now=NOW)
    done = town_db.run(lambda tx: action.choose(tx, context, AreaArgs()))
    assert done.outcome == "none"


def test_few_areas_are_buttons_at_once(town_db, tmp_path):
    (tmp_path / "area_days.csv").write_text("地名,ごみ\n東,月\n西,火\n", "utf-8")
    garbage = Garbage()
    town_db.run(lambda tx: garbage.import_file(tx, tmp_path / "area_days.csv"))
    context = TalkContext(citizen="a", now=NOW)
    ask = town_db.run(lambda tx: GarbageActions(garbage).choose(tx, context, AreaArgs()))
    assert labels(ask) == ["東", "西"]


def test_the_import_command(town_db, tmp_path, capsys):
    city = SimpleNamespace(garbage=Garbage(), database=town_db)
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text("地名,燃やすごみ,資源\n東町,月 木,水2\n", "cp932")
    bad.write_text("地名,燃やすごみ,資源\n東町,月 木,管路\n", "utf-8")
    assert import_command(city, [str(good)]) == 0
    assert "地区 1 · 種類 2 · セル 2(空 0、読めた 2) · 休止 0" in capsys.readouterr().out
    assert import_command(city, [str(bad)]) == 1
    told = capsys.readouterr().out
    assert "問題 2行目 資源: 「管路」 収集日として読めません: 管路" in told
    assert "登録していません" in told
    assert import_command(city, [str(bad), "--skip-unreadable"]) == 0
    assert import_command(city, [str(tmp_path / "absent.csv")]) == 2
    bad.write_bytes(b"")
    assert import_command(city, [str(bad)]) == 2


@pytest.mark.data
def test_joyo_goes_in_by_the_command(town_db, data_folder, capsys):
    city = SimpleNamespace(garbage=Garbage(), database=town_db)
    assert import_command(city, [str(data_folder / "garbage5374" / "joyo" / "area_days.csv")]) == 0
    assert "地区 2 · 種類 6 · セル 12(空 0、読めた 12) · 休止 1" in capsys.readouterr().out


def test_quiet_hours_are_neither_offered_nor_taken(talk, town_db, garbage):
    garbage.hours = NoticeHours(QuietHours(time(20), time(8)))
    choose(talk, "東町")
    ask = talk("garbage.settings", NoArgs())
    assert labels(ask) == ["前日18時", "当日8時", "当日9時", "種類を選ぶ", "お知らせを止める"]
    for spoken in (Input("text", text="前日20時"), Input("postback", data="garbage:1:20")):
        again = talk("garbage.settings", state=ask.state, said=spoken)
        assert said(again) == "「前日20時」は、町がお知らせを送らない時間帯のため選べません。"
        assert [reply.action.label for reply in again.messages[1].quick] == labels(ask)
    assert town_db.read(lambda tx: garbage.settings(tx, "a")) == [Setting("東町")]
    done = talk("garbage.settings", state=ask.state, said=Input("text", text="前日19時"))
    assert said(done) == "お知らせを「前日19時」に設定しました。"
