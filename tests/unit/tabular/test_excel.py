"""Workbooks: typed both ways, what Excel hides is said, bombs are refused before they unfold."""

import re
import subprocess
import sys
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
import pytest

from govline.errors import FileError
from govline.tabular import Column, Table, read, write

TABLE = Table(
    "people",
    [
        Column("no", "番号", type="code", required=True, width=4),
        Column("name", "氏名"),
        Column("born", "生年月日", type="date"),
        Column("ward", "地区", type="choice", choices={"m": "港", "k": "川辺,山"}),
        Column("count", "人数", type="integer"),
        Column("fee", "料金", type="decimal"),
        Column("at", "受付", type="datetime"),
        Column("opens", "開館", type="time"),
        Column("yes", "同意", type="boolean"),
    ],
    key="no",
)
ROW = {
    "no": "0123",
    "name": "=1+1",
    "born": date(1985, 11, 30),
    "ward": "k",
    "count": 3,
    "fee": Decimal("12.5"),
    "at": datetime(2026, 4, 1, 0, 30, tzinfo=UTC),
    "opens": "24:00",
    "yes": False,
}


@pytest.fixture
def book(tmp_path):
    path = tmp_path / "a.xlsx"
    write(TABLE, path, [ROW, {"no": "0004", "born": date(1868, 1, 25), "count": 10**17}])
    return path


def test_what_is_written_is_typed_and_guided(book):
    sheet = openpyxl.load_workbook(book)["people"]
    kinds = [(cell.data_type, cell.number_format) for cell in sheet[2]]
    assert kinds[0] == ("s", "@")
    assert (sheet["B2"].value, kinds[1][0]) == ("=1+1", "s"), "text, never a formula"
    assert (kinds[2], sheet["C2"].value) == (("d", "yyyy-mm-dd"), datetime(1985, 11, 30))
    assert kinds[4][0] == kinds[5][0] == "n"
    assert kinds[6] == ("d", "yyyy-mm-dd hh:mm:ss")
    assert sheet["G2"].value == datetime(2026, 4, 1, 9, 30)
    assert sheet.column_dimensions["C"].width >= len("1985-11-30") + 1, "Excel shows ##### in a narrower one"
    assert sheet.column_dimensions["G"].width >= len("2026-04-01 09:30:00") + 1
    assert sheet.freeze_panes == "A2"
    assert sheet["A1"].font.bold
    assert sheet.column_dimensions["A"].number_format == "@"
    rules = {str(rule.sqref): rule.formula1 for rule in sheet.data_validations.dataValidation}
    assert rules == {"D2:D1048576": "'選択肢'!$A$1:$A$2", "I2:I1048576": "'選択肢'!$B$1:$B$2"}
    assert openpyxl.load_workbook(book)["選択肢"]["A2"].value == "川辺,山"


def test_it_comes_back_as_it_was(book):
    reading = read(TABLE, book)
    first, second = reading
    assert first.values == ROW
    assert second.values["born"] == date(1868, 1, 25), "before Excel's calendar: as text"
    assert second.values["count"] == 10**17, "beyond Excel's digits: as text"
    assert (reading.source.sheet, reading.source.encoding) == ("people", "xlsx")


def make(tmp_path, fill, name="b.xlsx"):
    workbook = openpyxl.Workbook()
    fill(workbook.active)
    path = tmp_path / name
    workbook.save(path)
    return path


def test_a_clerks_workbook(tmp_path):
    def fill(sheet):
        sheet.append(["令和8年度 名簿"])
        sheet.append(["番号", "住民", None, "生年月日"])
        sheet.append([None, "氏名", "地区", None])
        for cells in ("A2:A3", "D2:D3", "B2:C2", "A1:D1"):
            sheet.merge_cells(cells)
        sheet.append([123, "花子", "港", 46113])
        sheet.append([4, "太郎", "川辺,山", datetime(2026, 4, 1)])
        sheet.append([5, "次郎", "港", "令和8年4月1日"])
        sheet.row_dimensions[5].hidden = True
        sheet.column_dimensions["C"].hidden = True
        sheet.column_dimensions["F"].hidden = True

    reading = read(TABLE, make(tmp_path, fill))
    rows = list(reading)
    assert [row.values["no"] for row in rows] == ["0123", "0004", "0005"]
    assert {row.values["born"] for row in rows} == {date(2026, 4, 1)}
    assert (reading.source.header_row, reading.source.hidden_rows, reading.report.padded) == (3, 1, 3)
    assert reading.source.hidden_columns == ("地区",)
    assert "非表示の行が 1 行" in reading.report.to_text()
    assert "非表示の列も読みました: 地区" in reading.report.to_text()


def test_formulas_errors_and_lost_results(tmp_path):
    def fill(sheet):
        sheet.append(["番号", "氏名", "人数"])
        sheet.append(["1", "#N/A", "=1+2"])

    path = make(tmp_path, fill)
    row = next(iter(read(TABLE, path)))
    assert [(issue.column, issue.code) for issue in row.issues] == [
        ("氏名", "error_cell"),
        ("人数", "no_cached_value"),
    ]
    cached = rewrite(path, "xl/worksheets/sheet1.xml", lambda xml: re.sub(r"<v ?/>|<v></v>", "<v>3</v>", xml))
    assert [issue.code for issue in next(iter(read(TABLE, cached))).issues] == ["error_cell"]


def rewrite(path, part, change, extra=(), compression=zipfile.ZIP_DEFLATED):
    target = path.with_name("changed.xlsx")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w", compression) as new:
        for item in old.infolist():
            data = old.read(item)
            new.writestr(item.filename, change(data.decode()) if item.filename == part else data)
        for name, data in extra:
            new.writestr(name, data)
    return target


def test_the_first_shown_sheet_with_the_header_is_read(tmp_path):
    """Notes and lists of choices often stand on sheets before it; a sheet that is named is the one that is meant."""
    made = openpyxl.Workbook()
    made.active.title = "説明"
    made.active.append(["この表の使い方"])
    made.create_sheet("隠れた表").append(["番号", "氏名"])
    made["隠れた表"].sheet_state = "hidden"
    for name in ("名簿", "去年の名簿"):
        sheet = made.create_sheet(name)
        sheet.append(["番号", "氏名"])
        sheet.append(["1", name])
        sheet.append(["　", " \n"])
    made.save(tmp_path / "x.xlsx")
    table = Table("people", [Column("no", "番号", required=True), Column("name", "氏名")])
    reading = read(table, tmp_path / "x.xlsx")
    assert [row.values["name"] for row in reading] == ["名簿"]
    assert (reading.source.sheet, reading.report.blank_rows) == ("名簿", 1)
    with pytest.raises(FileError) as named:
        read(table, tmp_path / "x.xlsx", sheet="説明")
    assert (named.value.code, named.value.place) == ("GL-0031", {"file": "x.xlsx", "sheet": "説明"})


def test_of_sheets_without_the_header_the_nearest_is_told(tmp_path):
    made = openpyxl.Workbook()
    made.active.append(["この表の使い方"])
    made.create_sheet("名簿").append(["氏名"])
    made.create_sheet("メモ").append(["何もない"])
    made.save(tmp_path / "x.xlsx")
    table = Table("people", [Column("no", "番号", required=True), Column("name", "氏名")])
    with pytest.raises(FileError) as error:
        read(table, tmp_path / "x.xlsx")
    assert (error.value.code, error.value.place) == ("GL-0032", {"file": "x.xlsx", "sheet": "名簿", "row": 1})


def test_sheets_by_name_and_the_first_that_is_shown(tmp_path):
    workbook = openpyxl.Workbook()
    workbook.active.title = "隠し"
    workbook.active.sheet_state = "hidden"
    for title in ("名簿", "別"):
        workbook.create_sheet(title).append(["番号"])
        workbook[title].append([title])
    path = tmp_path / "c.xlsx"
    workbook.save(path)
    assert read(TABLE, path).source.sheet == "名簿"
    assert next(iter(read(TABLE, path, sheet="別"))).values["no"] == "別"
    with pytest.raises(FileError, match="GL-0039") as missing:
        read(TABLE, path, sheet="ない")
    assert "名簿, 別" in missing.value.hint


LAUGHS = '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize(
    "part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml", "[Content_Types].xml"]
)
@pytest.mark.parametrize("prolog", [LAUGHS, OUTSIDE, "<!-- " + "x" * 200_000 + " -->" + LAUGHS[21:]])
def test_entities_are_refused(book, part, prolog):
    bad = rewrite(book, part, lambda xml: prolog + re.sub(r"^<\?xml[^>]*\?>", "", xml))
    with pytest.raises(FileError, match="GL-0038") as refused:
        read(TABLE, bad)
    assert "entities" in refused.value.message


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("xl/worksheets/sheet1.xml", lambda xml: xml.replace('<row r="2"', '<row r="999999999"')),
        ("xl/worksheets/sheet1.xml", lambda xml: xml.replace('r="A2"', 'r="ZZZZ2"')),
        ("xl/worksheets/sheet1.xml", lambda xml: xml[: len(xml) // 2]),
        ("xl/workbook.xml", lambda xml: "<workbook/>"),
        ("[Content_Types].xml", lambda xml: "no xml"),
    ],
)
def test_damage_and_false_counts_are_refused(book, part, change):
    with pytest.raises(FileError, match=r"GL-003[89]"):
        list(read(TABLE, rewrite(book, part, change)))


def test_a_torn_zip_is_refused(book, tmp_path):
    torn = tmp_path / "torn.xlsx"
    torn.write_bytes(book.read_bytes()[:900])
    with pytest.raises(FileError, match="GL-0038"):
        read(TABLE, torn)


def test_a_bomb_is_refused_before_memory_grows(book, tmp_path):
    """A million bytes that unfold into a thousand million: refused in a process that may take 200 MB."""
    bomb = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            if item.filename != "xl/worksheets/sheet1.xml":
                new.writestr(item.filename, old.read(item))
        with new.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            part.write(b"<worksheet><sheetData><row><c><v>")
            for _ in range(1000):
                part.write(b"9" * 1_000_000)
    code = (
        "import re, sys\n"
        "from pathlib import Path\n"
        "from govline.tabular import Column, Table, read\n"
        "from govline.errors import FileError\n"
        "try:\n"
        "    read(Table('t', [Column('a', '番号')]), sys.argv[1])\n"
        "except FileError as error:\n"
        # of this process alone: ru_maxrss begins with the peak of whoever forked it
        "    peak = re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())\n"
        "    print(error.code, int(peak[1]) // 1024)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, bomb], capture_output=True, text=True, check=True)
    refused, megabytes = done.stdout.split()
    assert refused == "GL-0038"
    assert int(megabytes) < 200


def test_a_zip_with_a_password_is_refused(book):
    content = bytearray(book.read_bytes())
    entry = content.find(b"PK\x01\x02")
    while entry >= 0:
        content[entry + 8] |= 1
        entry = content.find(b"PK\x01\x02", entry + 4)
    book.write_bytes(content)
    with pytest.raises(FileError, match=r"GL-0038.*encrypted"):
        read(TABLE, book)


def test_a_part_that_unfolds_without_measure_is_refused(book):
    bad = rewrite(book, "", str, extra=[("xl/media/image1.png", bytes(5 << 20))])
    with pytest.raises(FileError, match="without measure"):
        read(TABLE, bad)


def test_one_endless_cell_and_too_many_parts(book, tmp_path):
    long = rewrite(book, "xl/worksheets/sheet1.xml", lambda xml: xml.replace("=1+1", random_text(3_000_000)))
    with pytest.raises(FileError, match="longer than Excel"):
        read(TABLE, long)
    many = rewrite(book, "", str, extra=[(f"xl/x{n}.bin", b"") for n in range(2_001)])
    with pytest.raises(FileError, match="unfolds into too much"):
        read(TABLE, many)


@pytest.mark.parametrize(
    ("part", "change"),
    [
        (
            "xl/worksheets/sheet1.xml",
            lambda xml: xml.replace("<sheetData>", "<x/>" * 600_000 + "<sheetData>"),
        ),
        ("xl/worksheets/sheet1.xml", lambda xml: xml.replace("</row>", "<x/>" * 200_000 + "</row>", 1)),
        (
            "xl/worksheets/sheet2.xml",
            lambda xml: xml.replace("</sheetData>", "</sheetData>" + "<x/>" * 600_000),
        ),
        ("xl/styles.xml", lambda xml: xml + "<!-- " + random_text(17 << 20) + " -->"),
        ("[Content_Types].xml", lambda xml: xml.replace("/xl/worksheets/sheet1.xml", "/xl/media/sheet1.xml")),
    ],
)
def test_what_openpyxl_would_hold_at_once_is_bounded(book, part, change):
    bad = rewrite(book, part, change, compression=zipfile.ZIP_STORED)
    with pytest.raises(FileError, match="GL-0038"):
        read(TABLE, bad)


def random_text(length):
    from random import Random

    return "".join(Random(7).choices("0123456789abcdef", k=length))


def test_too_long_for_excel_says_so(tmp_path):
    with pytest.raises(FileError, match="GL-0061"):
        write(TABLE, tmp_path / "a.xlsx", [{"no": "1", "name": "あ" * 32_768}])
    assert list(tmp_path.iterdir()) == []
