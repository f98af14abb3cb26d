"""Rows as they stand: every writing of one table gives the same rows, with the lines on which they begin."""

import io
from datetime import date, datetime

import openpyxl
import pytest

from govline.errors import FileError
from govline.tabular.plain import plain_rows

ROWS = [["地名", "資源"], ["みどり", "月 木"], ["かわべ", "第2水曜"]]
CSV = "\n".join(",".join(row) for row in ROWS)


def saved(fill):
    book = openpyxl.Workbook()
    fill(book.active)
    file = io.BytesIO()
    book.save(file)
    book.close()
    return file.getvalue()


def table(sheet):
    for row in ROWS:
        sheet.append(row)


@pytest.mark.parametrize(
    "data",
    [
        CSV.encode(),
        CSV.encode("utf-8-sig"),
        CSV.encode("cp932"),
        CSV.encode("utf-16"),
        CSV.replace("\n", "\r\n").encode(),
        CSV.replace("\n", "\r").encode(),
        CSV.replace(",", "\t").encode("utf-16"),
        CSV.replace(",", ";").encode(),
        "\n".join(",".join(f'"{cell}"' for cell in row) for row in ROWS).encode(),
        saved(table),
    ],
)
def test_every_writing_of_one_table(data, tmp_path):
    (path := tmp_path / "days.csv").write_bytes(data)
    assert [row for _, row in plain_rows(data, code="GL-2021")] == ROWS
    assert plain_rows(path, code="GL-2021") == [(1, ROWS[0]), (2, ROWS[1]), (3, ROWS[2])]


def test_lines_are_those_on_which_rows_begin():
    data = '地名,資源\n\n"みどり\n(北)",月\nかわべ,火\n'.encode()
    assert [number for number, _ in plain_rows(data, code="GL-2021")] == [1, 3, 5]


def test_cells_of_a_workbook():
    def fill(sheet):
        sheet.append([])
        sheet.append(["北", date(2026, 4, 10), datetime(2026, 4, 11, 9), 20260412.0, 1.5, "=1+1", None, " "])
        sheet.append(["南"])
        for row in range(50):
            sheet.append([f"町{row}", "月"])
        sheet.merge_cells("B3:B40")
        sheet.merge_cells("C5:D5")

    rows = plain_rows(saved(fill), code="GL-2021")
    assert rows[0] == (2, ["北", "2026-04-10", "2026-04-11", "20260412", "1.5", "(計算結果なし)"])
    assert rows[1][1][:2] == ["南", ""]
    assert [row[1] for number, row in rows if 3 <= number <= 41] == [""] * 38 + ["月"]


def test_vertically_merged_cells_repeat_however_far_down():
    def fill(sheet):
        for row in range(60):
            sheet.append([f"町{row}", "月" if row in (0, 45) else None])
        sheet.merge_cells("B46:B50")

    rows = dict(plain_rows(saved(fill), code="GL-2021"))
    assert [number for number, row in rows.items() if row[1] == "月"] == [1, 46, 47, 48, 49, 50]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"\n , \n", "empty"),
        ('"地名,資源\nみどり,月'.encode(), "no CSV"),
        (b"PK\x03\x04 no book", "workbook"),
        ("地名,資源".encode("utf-16-le"), "UTF-16"),
        (b"%PDF-1.7 ...", "PDF"),
    ],
)
def test_what_is_no_table_bears_the_readers_own_code(data, why, tmp_path):
    (path := tmp_path / "days.csv").write_bytes(data)
    with pytest.raises(FileError, match=why) as error:
        plain_rows(path, code="GL-4200")
    assert (error.value.code, error.value.place["file"]) == ("GL-4200", "days.csv")


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileError, match="cannot be read"):
        plain_rows(tmp_path / "none.csv", code="GL-2021")


def test_nothing_where_nothing_is_allowed():
    assert plain_rows(b" \n", code="GL-2021", may_be_empty=True) == []
    assert plain_rows(b" ,\n", code="GL-2021", may_be_empty=True) == []
