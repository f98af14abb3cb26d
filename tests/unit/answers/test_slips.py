"""What people slip at in short words: letters that change places, and words that are words of their own."""

import pytest

from govline.answers import Index, Item, SudachiReader, search

ITEMS = [
    Item("歯ブラシ", "燃やすごみ"),
    Item("タイヤ", "粗大ごみ"),
    Item("アイロン", "小型家電"),
    Item("紙くず", "燃やすごみ"),
    Item("箸", "燃やすごみ"),
    Item("ロッカー", "粗大ごみ"),
    Item("体温計(水銀あり)", "有害ごみ", aliases=("あり",)),
    Item("はし(木製)", "燃やすごみ"),
    *(Item(f"はし{n}号", "燃やすごみ") for n in range(60)),
]


@pytest.fixture(scope="module")
def index():
    return Index.build(ITEMS, SudachiReader())


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("はらぶし", "歯ブラシ"),
        ("はぶしら", "歯ブラシ"),
        ("みかくず", "紙くず"),
        ("そいろん", "アイロン"),
        ("アロイン", "アイロン"),
    ],
)
def test_letters_out_of_place_are_found_among_many_neighbours(index, slip, meant):
    found = search(index, slip)
    assert found.answered
    assert found.results[0].name == meant


def test_letters_out_of_place_are_found_behind_forty_nearer_ones():
    """はらぶし shares more pairs with はらあし, はらいし … than with はぶらし."""
    near = [
        Item(f"はら{kana}し", "資源")
        for kana in "あいうえおかきくけこさすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわん"
    ]
    found = search(Index.build([*near, Item("はぶらし", "燃やすごみ")]), "はらぶし")
    assert found.results[0].name == "はぶらし"


@pytest.mark.parametrize("word", ["ありがとう", "サッカー", "こんにちは"])
def test_a_word_of_its_own_is_no_sentence_and_no_slip(index, word):
    assert not search(index, word).answered


def test_kana_that_fall_into_short_words_are_no_word():
    reader = SudachiReader()
    assert [reader.knows(word) for word in ("サッカー", "そいろん", "りんたく", "食用油", "")] == [
        True,
        False,
        False,
        True,
        True,
    ]
