"""The pieces of the search: forms, similarity, candidates, what may be logged."""

import pytest

from govline.answers import similarity
from govline.answers.forms import base_name, fold, parts, qualifier
from govline.answers.phrases import candidates
from govline.answers.readings import NoReader, SudachiReader
from govline.answers.similarity import plain_edits, plain_ratio
from govline.answers.unmatched import loggable
from govline.errors import MissingExtra


def test_folding_makes_equal_what_people_mix_up():
    assert (
        len(
            {
                fold(word)
                for word in ("ペットボトル", "ﾍﾟｯﾄﾎﾞﾄﾙ", "ぺっとぼとる", "ペット・ボトル", "ペットボートル")
            }
        )
        == 1
    )
    assert fold("ヴァイオリン") == fold("ぶぁいおりん")
    assert fold("ＩＨヒーター") == "ihひた"


def test_brackets_and_joined_names():
    assert (base_name("アイアン〔ゴルフクラブ〕"), qualifier("アイアン〔ゴルフクラブ〕")) == (
        "アイアン",
        "ゴルフクラブ",
    )
    assert base_name("(株)の看板") == "(株)の看板"
    assert parts("皿・茶碗") == ["皿", "茶碗"]
    assert parts("皿") == []


@pytest.mark.parametrize(
    ("left", "right", "most", "edits"),
    [
        ("かばん", "ばかん", 2, 1),
        ("やかん", "かん", 2, 1),
        ("やかん", "みかん", 0, 1),
        ("あ", "あいうえお", 2, 3),
        ("同じ", "同じ", 1, 0),
    ],
)
def test_edits_count_swaps_once(left, right, most, edits):
    assert plain_edits(left, right, most) == edits
    assert similarity.edits(left, right, most) == edits


def test_the_fallback_measures_as_rapidfuzz_does():
    assert plain_ratio("ぺっとぼとる", "ぺとぼとる") == pytest.approx(
        similarity.ratio("ぺっとぼとる", "ぺとぼとる")
    )
    assert plain_ratio("", "") == 1.0
    assert plain_ratio("あ", "") == 0.0


def test_candidates_offer_the_thing_and_keep_the_whole():
    words = candidates("すみません、古い扇風機ってどう捨てればいい?")
    assert "扇風機" in words
    assert "空気入れ" in candidates("空気入れ")
    assert candidates(" 　") == []


@pytest.mark.parametrize("piece", ["どう", "なに", "すてる", "は何", "です", "出し", "った", " ", "の紙"])
def test_no_sentence_makes_the_grammar_search_for_ever(piece):
    assert candidates(piece * 100 + "X")


@pytest.mark.parametrize(
    "word",
    [
        "",
        "あ",
        "0123456",
        "1234 5678 9012",
        "a@example.jp",
        "山田さん",
        "私の名前は山田太郎です",
        "とても長い長い長い長い長い長い長い文章です",
        "https://x.example",
        "緑町1-2-3",
        "緑町3の5山田",
        "緑町一の二",
        "緑町5番2号",
        "東京都千代田区秘密町",
        "ドラ\0ゴン",
        "ドラゴン\ud83d",
    ],
)
def test_what_may_point_at_a_person_is_not_logged(word):
    assert loggable(word) == ""


def test_a_thing_is_logged_in_normal_form():
    assert loggable(" ﾄﾞﾗｺﾞﾝ ") == "ドラゴン"


@pytest.mark.parametrize(
    "word", ["単1電池", "番傘", "道具箱", "町内会の旗", "一升の瓶", "20Lの灯油缶", "都市ガスの器具"]
)
def test_things_like_addresses_are_logged(word):
    assert loggable(word) == word


def test_readings_come_from_sudachi_or_from_nobody(monkeypatch):
    assert SudachiReader().read("炊飯器") == ["スイハンキ"]
    assert SudachiReader().read("やかん") == []
    assert NoReader().read("炊飯器") == []
    monkeypatch.setattr("govline.answers.readings.find_spec", lambda _name: None)
    with pytest.raises(MissingExtra, match="readings"):
        SudachiReader()
