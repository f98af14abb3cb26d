"""The town's items and the words nobody could answer, as a clerk's files."""

import csv

from govline.answers import Answers, Item
from govline.answers.datasets import DATASETS
from govline.tabular import Files


def test_items_and_unmatched_words(any_db, tmp_path):
    answers = Answers()
    items = [Item(f"品目{n}", "資源", aliases=("別、名", f"い{n}")) for n in range(620)]
    any_db.run(lambda tx: answers.replace(tx, items))
    any_db.run(lambda tx: answers.log(tx, answers.search(tx, "住民票")))
    files = Files(any_db, DATASETS)
    assert files.export("items", tmp_path / "items.csv", encoding="cp932").rows == 620
    with (tmp_path / "items.csv").open(encoding="cp932", newline="") as file:
        rows = list(csv.DictReader(file))
    assert (rows[619]["番号"], rows[619]["名称"], rows[0]["別名"]) == ("620", "品目619", "別\\、名、い0")
    assert files.export("unmatched", tmp_path / "words.csv").rows == 1
    assert "住民票" in (tmp_path / "words.csv").read_text(encoding="utf-8-sig")
