"""The search as citizens and clerks meet it: free text, a scenario's step, the command line."""

import io
import json
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from govline.answers import Answers, Item, SudachiReader
from govline.answers.actions import AnswersTalk, SearchArgs
from govline.answers.commands import ask_command, import_command, search_command, unmatched_command
from govline.answers.feature import AnswersConfig, AnswersFeature
from govline.core import Ask, Finished, Input, TalkContext
from govline.core.messages import render

CONTEXT = TalkContext(citizen="a", now=datetime(2026, 11, 20, tzinfo=UTC), key="event")
ITEMS = [
    Item("ハンガー(木製)", "燃やすごみ", note="金具は外す"),
    Item("ハンガー(針金)", "資源"),
    Item("炊飯器", "小型家電", fee="無料", link="https://hinata.example/small"),
    Item("粗大ごみの申込みはいつまでですか", kind="faq", note="三日前までです"),
    Item("コミュニティバス", kind="link", link="https://hinata.example/bus", note="土日も走ります"),
    *(Item(f"容器({n}番)", "資源" if n % 3 else "埋立", note=f"{n}番の袋") for n in range(30)),
]


@pytest.fixture
def answers(sqlite_db):
    service = Answers(reader=SudachiReader())
    sqlite_db.run(lambda tx: service.replace(tx, ITEMS))
    return service


@pytest.fixture
def say(sqlite_db, answers):
    responder = AnswersTalk(answers).responder()

    def said(text):
        messages = sqlite_db.run(lambda tx: responder.respond(tx, CONTEXT, Input("text", text=text)))
        if messages:
            render(messages)
        return messages[0] if messages else None

    return said


def test_an_answer_says_everything_that_the_list_says(say):
    assert say("すいはんきの捨て方は?").text.splitlines() == [
        "「炊飯器」は「小型家電」です。",
        "料金: 無料",
        "詳しくはこちら: https://hinata.example/small",
    ]
    assert say("粗大ごみの申し込みはいつまで").text.endswith("三日前までです")
    assert say("コミュニティバス").text.splitlines()[-1] == "https://hinata.example/bus"


def test_a_slip_is_answered_as_a_question_first(say):
    assert say("すいはんぎ").text.startswith("もしかして「炊飯器」ですか?")


def test_equal_items_are_narrowed_down_by_a_tap(say):
    asked = say("はんがー")
    assert asked.text.splitlines() == ["「はんがー」は2件あります。どれですか?", "・木製", "・針金"]
    tapped = say(asked.quick[0].action.text)
    assert tapped.text == "「ハンガー(木製)」は「燃やすごみ」です。\n金具は外す"


def test_many_items_are_narrowed_down_by_class_then_by_word(say):
    asked = say("容器")
    assert [reply.action.label for reply in asked.quick] == ["埋立", "資源"]
    again = say(asked.quick[0].action.text)
    assert [reply.action.label for reply in again.quick] == [f"{n}番" for n in range(0, 30, 3)]
    assert say(again.quick[3].action.text).text == "「容器(9番)」は「埋立」です。\n9番の袋"


def test_nobody_answers_and_the_word_is_counted(say, sqlite_db, answers):
    assert say("ドラゴンを捨てたい") is None
    assert say("ドラゴン") is None
    assert [(each.word, each.asked) for each in sqlite_db.read(answers.unmatched)] == [("ドラゴン", 2)]
    assert say("あ" * 200) is None
    assert say("   ") is None


def test_other_inputs_are_not_for_the_search(sqlite_db, answers):
    responder = AnswersTalk(answers).responder()
    assert responder.rank == "search"
    for kind in ("image", "sticker", "postback"):
        assert (
            sqlite_db.run(lambda tx, kind=kind: responder.respond(tx, CONTEXT, Input(kind, text="炊飯器")))
            is None
        )


def test_a_step_asks_narrows_and_hands_the_item_on(sqlite_db, answers):
    action = AnswersTalk(answers).action()

    def run(args):
        return sqlite_db.run(lambda tx: action.run(tx, CONTEXT, args))

    def resume(state, text):
        return sqlite_db.run(lambda tx: action.resume(tx, CONTEXT, state, Input("text", text=text)))

    asked = run(SearchArgs())
    assert isinstance(asked, Ask)
    narrowed = resume(asked.state, "ハンガー")
    assert isinstance(narrowed, Ask)
    done = resume(narrowed.state, narrowed.messages[0].quick[1].action.text)
    assert (done.outcome, done.value) == ("ok", {"name": "ハンガー(針金)", "label": "資源"})
    none = run(SearchArgs(words="ドラゴン"))
    assert isinstance(none, Finished)
    assert (none.outcome, none.value) == ("none", {"word": "ドラゴン"})
    assert run(SearchArgs(ask="何を捨てますか?")).messages[0].text == "何を捨てますか?"


# --- the command line ---


@pytest.fixture
def city(sqlite_db, answers):
    return SimpleNamespace(database=sqlite_db, answers=answers)


def test_import_names_rows_and_writes_all_or_nothing(city, tmp_path, capsys):
    path = tmp_path / "target.csv"
    path.write_text("type,name\n資源,びん\n,缶\n", "cp932")
    assert import_command(city, [str(path)]) == 1
    assert "問題 3行目 type: 「」 分別区分がありません" in capsys.readouterr().out
    assert import_command(city, [str(path), "--skip-unreadable", "--list", "extra"]) == 0
    assert "登録しました: extra 1件" in capsys.readouterr().out
    assert import_command(city, [str(tmp_path / "absent.csv")]) == 2
    assert "GL-4200" in capsys.readouterr().err


@pytest.mark.parametrize("with_file", [True, False])
def test_each_line_in_is_a_line_out(city, tmp_path, capsys, monkeypatch, with_file):
    path = tmp_path / "items.csv"
    path.write_text("type,name\n小型家電,炊飯器\n", "utf-8")
    monkeypatch.setattr("sys.stdin", io.StringIO("すいはんきを捨てたい\n\n住民票\n"))
    if with_file:
        assert search_command(None, ["--json", "--items", str(path)]) == 0
    else:
        assert ask_command(city, ["--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["query"] for line in lines] == ["すいはんきを捨てたい", "", "住民票"]
    assert [line["answered"] for line in lines] == [True, False, False]
    best = lines[0]["results"][0]
    assert (best["name"], best["label"], set(best)) == ("炊飯器", "小型家電", {"name", "label", "score"})


def test_plain_lines_and_unmatched_words(city, capsys, monkeypatch, sqlite_db, answers):
    monkeypatch.setattr("sys.stdin", io.StringIO("炊飯器\nドラゴン\n"))
    assert ask_command(city, []) == 0
    assert capsys.readouterr().out.splitlines() == ["炊飯器: 炊飯器(小型家電)", "ドラゴン: 見つかりません"]
    sqlite_db.run(lambda tx: answers.log(tx, answers.search(tx, "ドラゴン")))
    assert unmatched_command(city, []) == 0
    assert capsys.readouterr().out == "1\tドラゴン\t2026-11-20\t2026-11-20\n"


def test_the_feature_builds_from_settings(tmp_path):
    env = SimpleNamespace(folder=tmp_path)
    for choice in ("auto", "sudachi", "none"):
        assert isinstance(AnswersFeature().build(env, AnswersConfig(readings=choice)), Answers)
