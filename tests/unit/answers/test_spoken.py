"""Everyday words, sentences and slips as people type them, and questions in other words than they are listed."""

import pytest
from benchmarks._answers_spoken import faq, outside, questions, spoken, things

from govline.answers import Index, Item, NoReader, SudachiReader, Synonyms, search


@pytest.fixture(scope="module")
def reader():
    return SudachiReader()


def share(index, asked, least):
    """The share answered by the meant item first; every miss is told when it is too small."""
    missed = {}
    for query, meant in asked.items():
        result = search(index, query)
        first = result.results[0].name if result.results else ""
        if not result.answered or first != meant:
            missed[query] = (first, result.answered)
    found = 1 - len(missed) / len(asked)
    assert found >= least, missed
    return found


def test_what_people_type_is_answered(reader):
    assert len(spoken()) >= 150
    share(Index.build(things(), reader), spoken(), 0.97)
    share(Index.build(things(), NoReader()), spoken(), 0.88)


@pytest.mark.parametrize("voice", ["sudachi", "none"])
def test_words_of_no_list_are_not_answered(reader, voice):
    index = Index.build(things(), reader if voice == "sudachi" else NoReader())
    assert [word for word in outside() if search(index, word).answered] == []


def test_questions_are_found_in_other_words(reader):
    index = Index.build(faq(), reader)
    asked = questions()
    ranks = []
    for query, meant in asked.items():
        names = [found.name for found in search(index, query).results]
        ranks.append(names.index(meant) + 1 if meant in names else 0)
    assert len(faq()) >= 60
    assert sum(rank == 1 for rank in ranks) / len(ranks) >= 0.93
    assert sum(0 < rank <= 3 for rank in ranks) / len(ranks) >= 0.97
    assert sum(search(index, query).answered for query in asked) / len(asked) >= 0.8


def test_a_question_about_something_else_is_no_answer(reader):
    index = Index.build(faq(), reader)
    for query in ("図書館の本の返却", "水族館の開館時間", "ラーメン屋の営業期間", "将棋", "恐竜の骨"):
        assert not search(index, query).answered, query


def test_a_town_may_do_without_the_general_words_and_add_its_own():
    bicycle = [Item("自転車", "粗大ごみ")]
    assert search(Index.build(bicycle), "チャリ").answered
    assert not search(Index.build(bicycle, synonyms=Synonyms()), "チャリ").answered
    own = Synonyms().with_words({"自転車": ["ケッタ"]})
    assert search(Index.build(bicycle, synonyms=own), "ケッタマシーン").answered is False
    assert search(Index.build(bicycle, synonyms=own), "けった").results[0].name == "自転車"


def test_the_towns_own_name_goes_before_a_synonym():
    listed = [Item("携帯電話", "小型家電"), Item("スマートフォン", "回収箱")]
    result = search(Index.build(listed), "スマートフォン")
    assert (result.results[0].name, result.narrowing) == ("スマートフォン", None)


def test_a_bracket_may_be_said_before_the_name():
    index = Index.build([Item("ハンガー(木製)", "燃やすごみ"), Item("ハンガー(針金)", "資源")])
    for query in ("木製のハンガー", "木製ハンガー", "針金ハンガー"):
        result = search(index, query)
        assert (result.results[0].name[5:7], result.narrowing) == (query[:2], None)
