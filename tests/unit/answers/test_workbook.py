"""Lists as town halls keep them: Excel, the national standard's header, question lists; each says what its CSV would."""

import io
from datetime import date

import openpyxl
import pytest

from govline.answers import Item, read_items
from govline.errors import FileError

STANDARD = ["ゴミの品目", "ゴミの品目_カナ", "分別区分", "注意点", "料金種別", "料金", "料金備考", "備考"]
CODES = ["全国地方公共団体コード", "ID", "地方公共団体名"]
ROW = ["自転車", "ジテンシャ", "粗大ごみ", "鍵を外す", "有料", "500円", "1台", "持込みは無料"]
BICYCLE = Item("自転車", "粗大ごみ", "ジテンシャ", note="鍵を外す\n持込みは無料", fee="有料 500円 1台")


def book(*rows):
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    file = io.BytesIO()
    made.save(file)
    made.close()
    return file.getvalue()


@pytest.mark.parametrize("prefix", ["", "ごみ分別_", "家庭ごみ "])
@pytest.mark.parametrize("form", ["xlsx", "utf-8-sig", "cp932", "utf-16"])
def test_the_national_standards_table(prefix, form):
    header = [*CODES, *(prefix + title for title in STANDARD)]
    row = ["312011", "0000000001", "ひなた町", *ROW]
    if form == "xlsx":
        data = book(header, [], row)
    else:
        sign = "\t" if form == "utf-16" else ","
        data = "\r\n".join(sign.join(cells) for cells in (header, row)).encode(form)
    table = read_items(data)
    assert (table.items, table.problems) == ((BICYCLE,), ())


def test_questions_in_excel():
    header = ["No", "質問", "よみ", "別名", "回答", "リンク", "カテゴリ"]
    rows = [
        [
            1,
            "住民票はどこで取れますか",
            "じゅうみんひょう",
            "住民票の写し、謄本",
            "窓口です",
            "https://hinata.example/",
            "届出",
        ],
        [2, "開庁時間は", None, None, date(2026, 4, 1), None, "その他"],
        [3, "空の答え", None, None, None, None, None],
    ]
    table = read_items(book(header, *rows))
    first, second = table.items
    assert first.aliases == ("住民票の写し", "謄本")
    assert (first.kind, first.label, first.link) == ("faq", "届出", "https://hinata.example/")
    assert second.note == "2026-04-01"
    assert [(each.row, each.column) for each in table.problems] == [(4, "回答")]


def test_a_file_path_counts_too_and_whole_numbers_stay_whole(tmp_path):
    (tmp_path / "list.xlsx").write_bytes(book(["品目", "分別", "手数料"], ["机", "粗大ごみ", 500.0]))
    assert read_items(tmp_path / "list.xlsx").items == (Item("机", "粗大ごみ", fee="500"),)


@pytest.mark.parametrize("data", [b"PK\x03\x04 no zip", book(), book([" "], [None])])
def test_what_is_no_table_is_refused(data):
    with pytest.raises(FileError):
        read_items(data)
