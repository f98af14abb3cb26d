"""What the search finds, in what order, and what it refuses."""

import pytest

from govline.answers import ANSWERED, Index, Item, NoReader, SudachiReader, search

ITEMS = [
    Item("ペットボトル", "資源"),
    Item("ペットボトルのふた", "プラスチック"),
    Item("ハンガー(木製)", "燃やすごみ"),
    Item("ハンガー(針金)", "資源"),
    Item("ハンガー(プラスチック製)", "プラスチック"),
    Item("炊飯器", "小型家電"),
    Item("自転車", "粗大ごみ", reading="じてんしゃ", aliases=["チャリ", "ママチャリ"]),
    Item("グローブ", "燃やすごみ"),
    Item("やかん", "金属"),
    Item("空気入れ", "金属"),
    Item("綿", "燃やすごみ", reading="わた"),
    Item("皿・茶碗", "埋立ごみ"),
    Item("粗大ごみの申込みはいつまでですか", kind="faq", note="三日前までです", aliases=["粗大 申込"]),
    Item("コミュニティバス", kind="link", link="https://hinata.example/bus"),
]


@pytest.fixture(scope="module")
def index():
    return Index.build(ITEMS, SudachiReader())


def first(index, query):
    result = search(index, query)
    return result.results[0].name if result.answered else None


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("ペットボトル", "ペットボトル"),
        ("ﾍﾟｯﾄﾎﾞﾄﾙ", "ペットボトル"),
        ("ぺっとぼとる", "ペットボトル"),
        ("ペツトボトル", "ペットボトル"),
        ("ペットホトル", "ペットボトル"),
        ("すいはんき", "炊飯器"),
        ("スイハンキ", "炊飯器"),
        ("炊飯機", "炊飯器"),
        ("グロブ", "グローブ"),
        ("グーブ", "グローブ"),
        ("チャリ", "自転車"),
        ("じてんしゃ", "自転車"),
        ("わた", "綿"),
        ("茶碗", "皿・茶碗"),
        ("粗大ごみの申込みはいつまで?", "粗大ごみの申込みはいつまでですか"),
        ("コミュニティバス", "コミュニティバス"),
    ],
)
def test_ways_of_typing_one_word(index, query, name):
    assert first(index, query) == name


@pytest.mark.parametrize(
    "sentence",
    [
        "{}を捨てたい",
        "{}は何ゴミ?",
        "{}の捨て方は?",
        "すみません、古い{}ってどう捨てればいいですか。",
        "いらなくなった{}を引き取ってほしいのですが",
        "壊れた{} 分別",
        "{}、どこに出すの",
        "捨て方を教えてください。{}",
    ],
)
@pytest.mark.parametrize("word", ["炊飯器", "やかん", "空気入れ", "ペットボトルのふた"])
def test_a_sentence_around_the_word_changes_nothing(index, sentence, word):
    assert first(index, sentence.format(word)) == word


@pytest.mark.parametrize(
    "query",
    ["住民票", "市役所", "こんにちは", "いす", "", "  ", "?", "🍎", "保育園に入りたいのですが", "a" * 5000],
)
def test_what_is_not_in_the_list_is_not_answered(index, query):
    result = search(index, query)
    assert not result.answered
    assert result.narrowing is None
    assert all(found.score < ANSWERED for found in result.results)


def test_kanji_that_merely_sound_alike_are_other_words(index):
    assert first(index, "薬缶") == "やかん"
    assert first(Index.build([Item("杓子", "燃やすごみ")], SudachiReader()), "市役所") is None


@pytest.mark.parametrize(
    ("listed", "asked", "found"),
    [
        ("テレビ台", "テレビ", False),
        ("冷凍庫", "冷蔵庫", False),
        ("電話台", "電話", False),
        ("洗濯機", "洗濯", True),
        ("薬びん", "びん", True),
        ("やかん", "かん", False),
        ("針金ハンガー", "ハンガー", True),
        ("ハンガー", "木のハンガー", True),
        ("カーテンレール", "カーテン", False),
    ],
)
def test_a_thing_is_not_taken_for_its_neighbour(listed, asked, found):
    assert search(Index.build([Item(listed, "資源")], SudachiReader()), asked).answered is found


def test_equal_names_ask_what_tells_them_apart(index):
    result = search(index, "はんがーを捨てたい")
    assert result.narrowing.by == "word"
    assert [choice.label for choice in result.narrowing.choices] == ["木製", "針金", "プラスチック製"]
    assert first(index, result.narrowing.choices[1].names[0]) == "ハンガー(針金)"


def test_equal_answers_need_no_question():
    items = [Item("ハンガー(木製)", "燃やすごみ"), Item("ハンガー(竹製)", "燃やすごみ")]
    assert search(items, "ハンガー").narrowing is None


def test_forty_hits_are_grouped_by_class():
    items = [Item(f"ハンガー({n}号)", "資源" if n % 2 else "金属") for n in range(40)]
    narrowing = search(items, "ハンガー").narrowing
    assert (narrowing.by, narrowing.count) == ("label", 40)
    assert [(choice.label, len(choice.names)) for choice in narrowing.choices] == [("金属", 20), ("資源", 20)]
    kept = search(items, "ハンガー", label="資源")
    assert {found.label for found in kept.results} == {"資源"}


def test_an_exact_word_goes_before_a_longer_one(index):
    assert [found.name for found in search(index, "ペットボトル").results[:2]] == [
        "ペットボトル",
        "ペットボトルのふた",
    ]
    assert search(index, "ペットボトル").results[0].score == 1.0


def test_without_readings_kana_still_find_kana():
    index = Index.build(ITEMS, NoReader())
    assert first(index, "やかん") == "やかん"
    assert first(index, "すいはんき") is None


def test_results_are_limited_and_plain_json(index):
    result = search(index, "ハンガー", limit=2)
    assert result.to_json() == {
        "query": "ハンガー",
        "answered": True,
        "results": [
            {"name": "ハンガー(木製)", "label": "燃やすごみ", "score": 1.0},
            {"name": "ハンガー(針金)", "label": "資源", "score": 1.0},
        ],
    }
