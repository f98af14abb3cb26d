"""Marks of drills in every disguise, ordinary news that only speaks of drills, and senders that only look right."""

from datetime import UTC, datetime

import pytest

from govline.core.messages import Text
from govline.delivery.sources import (
    Incoming,
    IncomingFacts,
    Source,
    held_back,
    is_drill,
    mentions_drill,
    refused,
)

NOW = datetime(2026, 11, 20, tzinfo=UTC)
MAIL = Source("mail", {"by": "everybody"}, senders=["bosai@city.example"])


def incoming(text="大雨警報が出ました", **more):
    return Incoming("bosai@city.example", "k", NOW, [Text(text)], **more)


@pytest.mark.parametrize(
    "words",
    [
        "訓練",
        "訓 練",
        "訓\u3000練",
        "訓\n練",
        "訓\t練",
        "訓/練",
        "訓\ufe00練",
        "訓\U000e0100練",
        "訓\u034f練",
        "訓\u3164練",
        "訓\u00ad練",
        "訓\u2060練",
        "訓&#32244;",
        "&#35347;&#32244;",
        "<b>訓</b>練",
        "ﾃｽﾄ",
        "ﾃ ｽ ﾄ",
        "テ\u200dスト",
        "てすと",
        "くん練",
        "訓れん",
        "クンレン",
        "test",
        "ＴＥＳＴ",
        "T E S T",
        "Ｔ　Ｅ　Ｓ　Ｔ",
        "T.E.S.T.",
        "t-e-s-t",
        "D R I L L",
        "\U0001d413\U0001d404\U0001d412\U0001d413",
        "Ⓣⓔⓢⓣ",
        "ТЕSТ",
        "ΤEST",
        "これはテスト配信です",
    ],
)
@pytest.mark.parametrize("where", ["subject", "body", "text", "status"])
def test_no_disguise_lets_a_mark_through(words, where):
    found = incoming(**{where: words})
    facts = IncomingFacts(now=NOW)
    assert refused(MAIL, found, facts) or held_back(MAIL, found, facts)


@pytest.mark.parametrize(
    "subject",
    [
        "避難訓練のお知らせ",
        "【避難訓練のお知らせ】11月5日(日)",
        "【総合防災訓練を行います】",
        "訓練のお知らせ",
        "訓練生の募集",
        "試験日程のお知らせ",
        "練習試合のお知らせ",
        "【職員採用試験】受付中",
        "Testing site opens",
    ],
)
def test_news_about_a_drill_is_held_for_two_people_and_never_thrown_away(subject):
    found = incoming(subject=subject)
    assert refused(MAIL, found, IncomingFacts(now=NOW)) == ()
    assert mentions_drill(found) or subject.startswith("Testing")


@pytest.mark.parametrize(
    "subject",
    [
        "訓練 大雨警報",
        "訓練:大雨警報",
        "【訓練】大雨警報",
        "【 訓 練 】大雨警報",
        "(訓練)大雨警報",
        "■訓練■大雨警報",
        "訓練配信",
        "【訓練配信】",
        "【これは訓練です】",
        "[TEST] flood",
        "TEST: flood",
        "【テスト送信】",
        "【訓練・訓練】",
        "【防災訓練】避難指示",
        "訓練、訓練、大雨警報",
    ],
)
def test_a_drill_stays_a_drill(subject):
    assert is_drill(incoming(subject=subject))


@pytest.mark.parametrize("status", ["Draft", "System", "訓練電文", "取消?", "00"])
def test_a_status_that_is_not_known_as_real_waits_for_staff(status):
    assert held_back(MAIL, incoming(status=status), IncomingFacts(now=NOW))


@pytest.mark.parametrize("status", ["", "通常", "Actual", "ACTUAL", "通常 "])
def test_a_real_status_goes(status):
    assert held_back(MAIL, incoming(status=status), IncomingFacts(now=NOW)) == ()


@pytest.mark.parametrize(
    "text",
    [
        "写真コンテスト",
        "the latest news",
        "プロテスト",
        "ファッションテスト会",
        "It is the best estimate yet",
        "Greatest show",
    ],
)
def test_other_words_are_no_marks(text):
    if "テスト会" not in text:
        assert not mentions_drill(incoming(text))
    assert not is_drill(incoming(text))


@pytest.mark.parametrize(
    "sender",
    [
        "bo\u017fai@city.example",
        "bosai@city.e\u0445ample",
        "bosai@city.example\n",
        " bosai@city.example",
        "bosai@city.example.evil.example",
        "bosai@city.example,x@evil.example",
        "防災 <bosai@city.example>",
        "bosai@c\u0131ty.example",
        "ｂosai@city.example",
        "",
    ],
)
def test_who_only_looks_like_the_sender_is_a_stranger(sender):
    offered = Incoming(sender, "k", NOW, [Text("大雨警報")])
    assert [each.code for each in refused(MAIL, offered, IncomingFacts(now=NOW))] == ["GL-1076"]


def test_case_alone_makes_no_stranger():
    offered = Incoming("BOSAI@City.Example", "k", NOW, [Text("大雨警報")])
    assert refused(MAIL, offered, IncomingFacts(now=NOW)) == ()
