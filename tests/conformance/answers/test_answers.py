"""Lists, searching and the log of unmatched words, on SQLite and PostgreSQL."""

import threading
from datetime import date, timedelta

import pytest

from govline.answers import Answers, Item, NoReader, read_items
from govline.answers.feature import AnswersFeature
from govline.errors import FileError

ITEMS = [
    Item("やかん", "金属", aliases=["ケトル"], note="空にする"),
    Item("紙", "資源", link="https://hinata.example"),
]


@pytest.fixture
def answers():
    return Answers(reader=NoReader())


def found(db, answers, query):
    result = db.read(lambda tx: answers.search(tx, query))
    return [(each.name, each.label) for each in result.results] if result.answered else []


def test_a_list_is_kept_whole_and_in_order(any_db, answers):
    any_db.run(lambda tx: answers.replace(tx, ITEMS))
    assert any_db.read(answers.index).items == tuple(ITEMS)


def test_lists_stand_beside_each_other_and_are_replaced_one_by_one(any_db, answers):
    any_db.run(lambda tx: answers.replace(tx, ITEMS))
    any_db.run(
        lambda tx: answers.replace(tx, [Item("窓口はどこですか", kind="faq", note="一階")], source="faq")
    )
    assert found(any_db, answers, "けとる") == [("やかん", "金属")]
    assert found(any_db, answers, "窓口はどこですか")
    any_db.run(lambda tx: answers.replace(tx, [Item("なべ", "金属")]))
    assert found(any_db, answers, "やかん") == []
    assert found(any_db, answers, "なべ") == [("なべ", "金属")]
    assert found(any_db, answers, "窓口はどこですか")


def test_another_process_import_is_seen_at_the_next_search(any_db, answers):
    any_db.run(lambda tx: answers.replace(tx, ITEMS))
    held = any_db.read(answers.index)
    assert any_db.read(answers.index) is held
    other = Answers(reader=NoReader())
    any_db.run(lambda tx: other.replace(tx, [Item("なべ", "金属")]))
    assert found(any_db, answers, "なべ") == [("なべ", "金属")]
    assert held.items == tuple(ITEMS)


def test_an_import_that_rolls_back_leaves_no_index_behind(any_db, answers):
    any_db.run(lambda tx: answers.replace(tx, ITEMS))

    def fails(tx):
        answers.replace(tx, [Item("なべ", "金属")])
        assert answers.search(tx, "なべ").answered
        raise RuntimeError("after all")

    with pytest.raises(RuntimeError):
        any_db.run(fails)
    assert found(any_db, answers, "なべ") == []
    assert found(any_db, answers, "やかん")


def test_a_reload_under_searchers_never_shows_half_a_list(any_db, answers):
    lists = [[Item(f"品{letter}{n}", letter) for n in range(30)] for letter in "甲乙"]
    any_db.run(lambda tx: answers.replace(tx, lists[0]))
    seen, stop = set(), threading.Event()

    def read():
        while not stop.is_set():
            seen.add(tuple(sorted({item.label for item in any_db.read(answers.index).items})))

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for turn in range(8):
        any_db.run(lambda tx, turn=turn: answers.replace(tx, lists[turn % 2]))
    stop.set()
    for reader in readers:
        reader.join()
    assert seen <= {("甲",), ("乙",)}


def test_nothing_is_imported_where_a_row_cannot_be_read(any_db, answers):
    table = read_items("type,name\n資源,びん\n,缶\n".encode())
    report = any_db.run(lambda tx: answers.import_table(tx, table))
    assert (report.written, len(report.problems)) == (False, 1)
    assert found(any_db, answers, "びん") == []
    assert any_db.run(lambda tx: answers.import_table(tx, table, skip_unreadable=True)).written
    assert found(any_db, answers, "びん") == [("びん", "資源")]


def test_words_without_an_answer_are_counted_and_forgotten(any_db, answers, clock):
    any_db.run(lambda tx: answers.replace(tx, ITEMS))

    def ask(tx, query):
        return answers.log(tx, answers.search(tx, query))

    for query in ("ドラゴンを捨てたい", "ﾄﾞﾗｺﾞﾝ", "一角獣", "やかん", "090-1234-5678", "1234 5678 9018"):
        any_db.run(lambda tx, query=query: ask(tx, query))
    words = any_db.read(answers.unmatched)
    assert [(each.word, each.asked) for each in words] == [("ドラゴン", 2), ("一角獣", 1)]
    assert words[0].first_day == date(2026, 11, 20)
    assert [each.word for each in any_db.read(lambda tx: answers.unmatched(tx, least=2))] == ["ドラゴン"]
    clock.advance(timedelta(days=60))
    any_db.run(lambda tx: ask(tx, "ドラゴン"))
    clock.advance(timedelta(days=60))
    assert any_db.run(answers.forget_unmatched) == 1
    assert [(each.word, each.asked) for each in any_db.read(answers.unmatched)] == [("ドラゴン", 3)]


def test_configured_files_are_imported_once_and_again_when_they_change(any_db, tmp_path):
    path = tmp_path / "items.csv"
    path.write_text("type,name\n資源,びん\n", "utf-8")
    answers = Answers(reader=NoReader(), files=[("items", path)])
    for _ in range(2):
        any_db.run(answers.prepare)
    assert found(any_db, answers, "びん") == [("びん", "資源")]
    path.write_text("type,name\n埋立,びん\n", "utf-8")
    any_db.run(answers.prepare)
    assert found(any_db, answers, "びん") == [("びん", "埋立")]
    path.write_text("type,name\n,びん\n", "utf-8")
    with pytest.raises(FileError) as refused:
        any_db.run(answers.prepare)
    assert (refused.value.code, refused.value.place["row"]) == ("GL-4203", 2)


def test_what_the_town_sees_and_is_told_to_do(any_db, answers):
    offers = AnswersFeature().offers(answers)
    assert "govline answers import" in any_db.read(offers.checks[0].run)[0]
    any_db.run(lambda tx: answers.replace(tx, ITEMS))
    assert any_db.read(offers.checks[0].run) == []
    for _ in range(2):
        any_db.run(lambda tx: answers.log(tx, answers.search(tx, "ドラゴン")))
    assert any_db.read(offers.view) == [
        {"kind": "items", "name": "", "count": 2},
        {"kind": "unmatched", "name": "ドラゴン", "count": 2},
    ]
