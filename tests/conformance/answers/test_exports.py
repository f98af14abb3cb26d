"""The town's lists and the words nobody could answer, as a clerk's files: in, out, and taken back."""

import csv

import pytest

from govline.answers import Answers, Item
from govline.answers.datasets import UNMATCHED, list_dataset
from govline.tabular import Files

HEADER = "ゴミの品目,分別区分,注意点,ふりがな\n"


@pytest.fixture
def answers():
    return Answers()


@pytest.fixture
def files(any_db, answers):
    return Files(any_db, [UNMATCHED, list_dataset(answers, "items"), list_dataset(answers, "faq")])


@pytest.fixture
def file(tmp_path):
    def write(text, name="list.csv", encoding="cp932"):
        path = tmp_path / name
        path.write_text(text, encoding=encoding)
        return path

    return write


def test_items_and_unmatched_words(any_db, tmp_path, answers, files):
    items = [Item(f"品目{n}", "資源", aliases=("別、名", f"い{n}")) for n in range(620)]
    any_db.run(lambda tx: answers.replace(tx, items))
    any_db.run(lambda tx: answers.log(tx, answers.search(tx, "住民票")))
    assert files.export("items", tmp_path / "items.csv", encoding="cp932").rows == 620
    with (tmp_path / "items.csv").open(encoding="cp932", newline="") as file:
        rows = {row["名称"]: row for row in csv.DictReader(file)}
    assert (rows["品目0"]["区分"], rows["品目0"]["別名"]) == ("資源", "い0、別\\、名")
    again = files.load("items", tmp_path / "items.csv")
    assert (again.unchanged, again.removed, again.written) == (620, 0, False)
    assert files.export("unmatched", tmp_path / "words.csv").rows == 1
    assert "住民票" in (tmp_path / "words.csv").read_text(encoding="utf-8-sig")


def test_a_towns_own_file_comes_in_is_searched_changed_and_taken_back(any_db, answers, files, file):
    report = files.load(
        "items",
        file(
            HEADER
            + "板,燃やせるごみ,50cm以下,いた\n板,大型ごみ,50cmを超える,いた\n傘,燃やせないごみ,,かさ\n電池,資源,,でんち\n"
        ),
    )
    assert (report.added, report.refused, report.written) == (4, 0, True)

    def found(word):
        return [each.label for each in any_db.read(lambda tx: answers.search(tx, word)).results]

    assert found("かさ")[0] == "燃やせないごみ"
    assert set(found("板")[:2]) == {"燃やせるごみ", "大型ごみ"}
    edited = file(
        HEADER
        + "板,燃やせるごみ,50cm以下,いた\n板,大型ごみ,1mを超える,いた\n傘,資源,,かさ\n新聞,資源,,しんぶん\n"
    )
    told = files.check("items", edited)
    assert (told.added, told.changed, told.unchanged, told.removed) == (2, 1, 1, 2)
    files.load("items", edited)
    assert found("かさ")[0] == "資源"
    assert "資源" not in found("電池")
    files.undo("items")
    assert found("かさ")[0] == "燃やせないごみ"
    assert found("電池")[0] == "資源"


def test_every_wrong_cell_is_named_and_nothing_is_written(any_db, answers, files, file):
    text = "名称,区分,注意点・答え,種類,リンク\n傘,,,,\n,資源,,,\n電池,資源,,金属,\n窓口,,,リンク,town.example\nいつ,,,質問,\n傘立て,資源,,,\n傘立て,資源,,,\n"
    report = files.load("items", file(text))
    assert [(issue.row, issue.column, issue.code) for issue in report.issues] == [
        (2, "区分", "rule"),
        (3, "名称", "required"),
        (4, "種類", "unknown_choice"),
        (5, "リンク", "pattern"),
        (6, "注意点・答え", "rule"),
        (8, "名称", "duplicate"),
    ]
    assert all(issue.reason and issue.remedy for issue in report.issues)
    assert not report.written
    assert any_db.read(lambda tx: answers.search(tx, "傘立て")).results == ()


def test_questions_and_links_are_rows_of_their_own_list(any_db, answers, files, file, tmp_path):
    text = '質問,区分,回答,種類,リンク\n窓口は何時まで?,窓口,"午後5時15分までです。\n土日は休みです。",質問,\n防災地図,,,リンク,https://town.example/map\n'
    assert files.load("items-faq", file(text)).added == 2
    best = any_db.read(lambda tx: answers.search(tx, "窓口は何時まで")).results[0].item
    assert (best.kind, best.note) == ("faq", "午後5時15分までです。\n土日は休みです。")
    for name in ("out.csv", "out.tsv"):
        files.export("items-faq", tmp_path / name)
        again = files.load("items-faq", tmp_path / name)
        assert (again.unchanged, again.removed) == (2, 0)
    assert files.export("items", tmp_path / "none.csv").rows == 0


@pytest.mark.data
@pytest.mark.parametrize("town", ["chigasaki", "hachioji", "joyo", "kanazawa", "kyotango", "takamatsu"])
def test_lists_of_towns_go_round(any_db, data_folder, tmp_path, town):
    answers = Answers()
    files = Files(any_db, [list_dataset(answers, "items")])
    path = data_folder / "garbage5374" / town / "target.csv"
    read = any_db.run(lambda tx: answers.import_file(tx, path, skip_unreadable=True))
    before = any_db.read(lambda tx: [*answers.index(tx).items])
    assert files.export("items", tmp_path / "items.csv", encoding="cp932").rows == read.items
    again = files.load("items", tmp_path / "items.csv")
    assert (again.refused, again.added, again.changed, again.removed) == (0, 0, 0, 0)
    assert any_db.read(lambda tx: [*answers.index(tx).items]) == before


def test_a_deployment_keeps_what_staff_imported(any_db, tmp_path, file):
    path = file(HEADER + "傘,燃やせないごみ,,かさ\n", "configured.csv", "utf-8")
    answers = Answers(files=[("items", path)])
    files = Files(any_db, [list_dataset(answers, "items")])
    any_db.run(answers.prepare)
    files.load("items", file(HEADER + "傘,資源,,かさ\n"))
    any_db.run(answers.prepare)

    def label():
        return any_db.read(lambda tx: answers.search(tx, "傘")).results[0].label

    assert label() == "資源"
    path.write_text(HEADER + "傘,大型ごみ,,かさ\n", encoding="utf-8")
    any_db.run(answers.prepare)
    assert label() == "大型ごみ"
