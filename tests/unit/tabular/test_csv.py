"""Text files as offices have them: encodings, delimiters, headers, broken rows; each finding is said."""

import os
import resource
import signal
import tracemalloc

import pytest

from govline.core import DataClass
from govline.errors import FileError
from govline.tabular import Column, Table, read, write
from govline.tabular.guarding import guard, unguard

TABLE = Table(
    "people",
    [
        Column("no", "番号", type="code", required=True),
        Column("name", "氏名", aliases=("お名前",), data=DataClass.PERSONAL),
        Column("note", "備考"),
    ],
    key="no",
)
TEXT = "番号,氏名,備考\r\n1,水俣 花子,ソ・能・表・十\r\n2,髙﨑 〜,①㈱Ⅳ\r\n"


@pytest.fixture
def file(tmp_path):
    def make(content, encoding="utf-8", name="a.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return make


def rows(reading):
    return [tuple(row.values.values()) for row in reading]


@pytest.mark.parametrize(
    ("encoding", "mark", "found"),
    [
        ("utf-8", b"", "utf-8"),
        ("utf-8", b"\xef\xbb\xbf", "utf-8-sig"),
        ("cp932", b"", "cp932"),
        ("utf-16-le", b"\xff\xfe", "utf-16-le"),
        ("utf-16-be", b"\xfe\xff", "utf-16-be"),
    ],
)
def test_encodings_are_found_and_said(file, encoding, mark, found):
    text = TEXT.replace("〜", "～")
    reading = read(TABLE, file(mark + text.encode(encoding)))
    assert reading.source.encoding == found
    assert rows(reading) == [("1", "水俣 花子", "ソ・能・表・十"), ("2", "髙﨑 ～", "①㈱Ⅳ")]
    assert reading.report.ok
    assert reading.report.to_text().startswith("a.csv: ")


@pytest.mark.parametrize(("sign", "name"), [(",", "カンマ"), ("\t", "タブ"), (";", "セミコロン")])
def test_delimiters_are_found_and_said(file, sign, name):
    reading = read(TABLE, file(TEXT.replace(",", sign)))
    assert (reading.source.delimiter, len(rows(reading))) == (sign, 2)
    assert name in reading.report.to_text()


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_line_ends(file, end):
    assert len(rows(read(TABLE, file(TEXT.replace("\r\n", end))))) == 2


def test_breaks_commas_and_quotes_inside_values(file):
    reading = read(TABLE, file('番号,氏名,備考\n1,"水俣, 花子","一行目\r\n二行目\n""三"""\n'))
    assert rows(reading) == [("1", "水俣, 花子", '一行目\n二行目\n"三"')]


def test_headers_as_clerks_write_them(file):
    text = '令和8年度 名簿,,\n,,\n"※番 号\n（必須）",お名前 （任意）,ﾋﾞｺｳ?,備　考(例: 持ち物)\n1,花子,x,y\n'
    reading = read(TABLE, file(text))
    assert reading.source.header_row == 3
    assert rows(reading) == [("1", "花子", "y")]
    assert reading.report.unknown == ("ﾋﾞｺｳ?",)
    row = next(iter(reading))
    assert row.number == 4


def test_a_header_in_the_middle_is_skipped_and_said(file):
    reading = read(TABLE, file("番号,氏名,備考\n1,a,\n番号,氏名,備考\n\n2,b,\n"))
    assert [row.number for row in reading] == [2, 5]
    assert (reading.report.repeated_headers, reading.report.blank_rows) == (1, 1)
    assert "途中の見出し" in reading.report.to_text()


def test_headers_that_do_not_fit(file):
    with pytest.raises(FileError, match="GL-0031"):
        read(TABLE, file("1,花子,x\n2,太郎,y\n"))
    with pytest.raises(FileError, match="GL-0032") as missing:
        read(TABLE, file("氏名,備考\na,b\n"))
    assert "番号" in missing.value.message
    with pytest.raises(FileError, match="GL-0033"):
        read(TABLE, file("番号,氏名,お名前\n1,a,b\n"))
    assert read(TABLE, file("番号,氏名\n1,a\n")).report.lacking == ("備考",)


def test_every_fault_of_every_row_and_how_many_more(file):
    text = "番号,氏名,備考\n" + ",花子\n" + "1,a,b,余分\n" + "".join(f",{n},\n" for n in range(150))
    reading = read(TABLE, file(text))
    list(reading)
    report = reading.report
    assert [(issue.row, issue.code) for issue in report.issues[:3]] == [
        (2, "too_few_cells"),
        (3, "too_many_cells"),
        (4, "required"),
    ]
    assert report.counts == {"too_few_cells": 1, "too_many_cells": 1, "required": 150}
    assert report.more == {"required": 50}
    assert "ほかに 50 件" in report.to_text()
    assert (report.rows, report.refused) == (152, 152)


def test_bytes_that_are_no_text_are_named_by_row(file):
    content = TEXT.replace("〜", "x").encode() + b"3,\xff\xfe\x81,x\n"
    reading = read(TABLE, file(content))
    bad = [row for row in reading if row.issues]
    assert [(row.number, row.issues[0].column, row.issues[0].code) for row in bad] == [
        (4, "氏名", "undecodable")
    ]


def test_nul_is_named_by_row(file):
    reading = read(TABLE, file("番号,氏名,備考\n1,a\0b,\n2,c,\n"))
    assert [[issue.code for issue in row.issues] for row in reading] == [["nul"], []]


def test_open_quotes_are_named(file):
    with pytest.raises(FileError, match=r"GL-0037.*row=3"):
        list(read(TABLE, file('番号,氏名,備考\n1,a,b\n2,"c,d\n3,e,f\n')))


@pytest.mark.parametrize(
    ("content", "code", "hint"),
    [
        (b"", "GL-0036", "header"),
        (b"\xef\xbb\xbf\r\n\r\n", "GL-0036", "header"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "GL-0034", ".xlsx"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
            "GL-0034",
            "password",
        ),
        (b"%PDF-1.7 ...", "GL-0034", ".xlsx"),
        (b"<html><table>", "GL-0034", ".xlsx"),
        ("番号,氏名".encode("iso-2022-jp"), "GL-0034", "UTF-8"),
        ("番号,no,name,note\n".encode("utf-16-le") * 9, "GL-0034", "UTF-8"),
    ],
)
def test_what_cannot_be_read_says_the_remedy(file, content, code, hint):
    with pytest.raises(FileError) as refused:
        read(TABLE, file(content))
    assert refused.value.code == code
    assert hint in refused.value.hint


def test_absent_files_and_wrong_encodings(tmp_path, file):
    with pytest.raises(FileError, match="GL-0036"):
        read(TABLE, tmp_path / "absent.csv")
    with pytest.raises(FileError, match="GL-0034"):
        read(TABLE, file(TEXT), encoding="klingon")
    assert read(TABLE, file(TEXT.replace("〜", ""), "cp932"), encoding="sjis").source.encoding == "cp932"


@pytest.mark.parametrize(
    "encoding", ["rot13", "hex", "zip", "idna", "punycode", "undefined", "utf-32", "latin-1", "a\0b", "日本"]
)
def test_codecs_that_are_no_encoding_of_an_office_are_refused(file, encoding):
    with pytest.raises(FileError, match="GL-0034"):
        read(TABLE, file(TEXT), encoding=encoding)


@pytest.mark.parametrize(
    ("encoding", "mark", "said", "found"),
    [
        ("utf-8", b"\xef\xbb\xbf", "utf-8", "utf-8-sig"),
        ("utf-8", b"", " UTF_8", "utf-8"),
        ("utf-16-be", b"\xfe\xff", "UTF16", "utf-16-be"),
        ("utf-16-be", b"\xfe\xff", "utf-16", "utf-16-be"),
        ("utf-16-le", b"\xff\xfe", "utf-16", "utf-16-le"),
        ("utf-16-le", b"", "utf-16-le", "utf-16-le"),
        ("utf-16-be", b"", "utf-16-be", "utf-16-be"),
        ("cp932", b"", "Windows-31J", "cp932"),
        ("cp932", b"", "x-sjis", "cp932"),
    ],
)
def test_an_encoding_that_the_clerk_names_agrees_with_the_mark(file, encoding, mark, said, found):
    reading = read(TABLE, file(mark + TEXT.replace("〜", "").encode(encoding)), encoding=said)
    assert reading.source.encoding == found
    assert [row.values["no"] for row in reading] == ["1", "2"]


def test_a_wide_file_of_kanji_alone_is_known_by_its_line_ends(file):
    with pytest.raises(FileError, match=r"GL-0034.*UTF-16"):
        read(
            TABLE,
            file(("番号,氏名\r\n" + "東京都港区赤坂見附,水俣花子之助左衛門尉\r\n" * 50).encode("utf-16-le")),
        )


def test_one_endless_line_is_refused_in_bounded_memory(file):
    path = file(b"\xef\xbb\xbf" + "番号,氏名\r\n1,".encode() + b"x" * 40_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(FileError, match="GL-0037"):
            list(read(TABLE, path))
        assert tracemalloc.get_traced_memory()[1] < 30_000_000
    finally:
        tracemalloc.stop()


def test_a_pipe_is_no_file(tmp_path):
    path = tmp_path / "pipe.csv"
    os.mkfifo(path)
    with pytest.raises(FileError, match="GL-0036"):
        read(TABLE, path)


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_what_cannot_be_written_says_so_and_leaves_nothing(tmp_path, suffix):
    (tmp_path / f"folder{suffix}").mkdir()
    with pytest.raises(FileError, match="GL-0036"):
        write(TABLE, tmp_path / f"folder{suffix}", [{"no": "1"}])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))  # a full disk, as far as a test can fill one
    try:
        with pytest.raises(FileError, match="GL-0036"):
            write(
                TABLE,
                tmp_path / f"full{suffix}",
                ({"no": str(n), "note": f"{n * 7919:x}" * 40} for n in range(5_000)),
            )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    assert [each.name for each in tmp_path.iterdir()] == [f"folder{suffix}"]


def test_no_value_of_a_personal_column_is_in_a_report(file):
    table = Table(
        "t",
        [Column("no", "番号", required=True), Column("born", "生年月日", "date", data=DataClass.PERSONAL)],
    )
    reading = read(table, file("番号,生年月日\n1,ひみつの日\n"))
    shown = [
        repr(list(reading)),
        repr(reading.report),
        reading.report.to_text(),
        str(reading.report.to_json()),
    ]
    assert "ひみつ" not in "".join(shown)


def test_formulas_are_guarded_and_come_back(tmp_path):
    risky = ["=1+1", "+81", "-x", "@SUM(A1)", "\t=1", "＝1", "'=1", "''+1", "'quoted", "plain"]
    path = tmp_path / "a.csv"
    write(TABLE, path, [{"no": str(n), "note": text} for n, text in enumerate(risky)])
    cells = path.read_text(encoding="utf-8-sig").splitlines()
    assert [line.partition(",,")[2] for line in cells[1:5]] == ["'=1+1", "'+81", "'-x", "'@SUM(A1)"]
    assert [row.values["note"] for row in read(TABLE, path)] == [text.strip() for text in risky]
    assert all(unguard(guard(text)) == text for text in risky)


def test_cp932_substitutes_are_told(tmp_path):
    path = tmp_path / "a.csv"
    rows_ = [{"no": "1", "name": "𠮷野", "note": "〜−é🍎か\u3099"}]
    written = write(TABLE, path, rows_, encoding="cp932")
    assert path.read_bytes().decode("cp932").splitlines()[1] == "1,〓野,～－e〓が"
    told = [(each.row, each.column, each.char, each.replacement) for each in written.substitutes]
    assert told == [
        (2, "氏名", "𠮷", "〓"),
        (2, "備考", "〜", "～"),
        (2, "備考", "−", "－"),
        (2, "備考", "é", "e"),
        (2, "備考", "🍎", "〓"),
    ]
    assert "𠮷" not in repr(written)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16-le"])
def test_what_no_reader_would_take_is_not_written(tmp_path, encoding):
    written = write(TABLE, tmp_path / "a.csv", [{"no": "1", "note": "a\0b"}], encoding=encoding)
    assert [(each.char, each.replacement) for each in written.substitutes] == [("\0", "")]
    assert [row.values["note"] for row in read(TABLE, tmp_path / "a.csv")] == ["ab"]


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("old")

    def broken():
        yield {"no": "1"}
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError):
        write(TABLE, path, broken())
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["a.csv"]
    write(TABLE, path, [])
    assert path.stat().st_mode & 0o077 == 0


def test_negative_keys_are_not_taken_for_doubles(file):
    table = Table("t", [Column("n", "数", type="integer")], key="n")
    assert [row.issues for row in read(table, file("数\n-1\n-2\n"))] == [(), ()]


def test_rules_look_at_whole_rows(file):
    def in_order(values):
        if values["a"] > values["b"]:
            yield "b", "終わりが始まりより前です", "日付を直してください"

    table = Table("t", [Column("a", "始まり", "date"), Column("b", "終わり", "date")], rules=(in_order,))
    reading = read(table, file("始まり,終わり\n2026-04-02,2026-04-01\n2026-04-01,2026-04-02\n"))
    assert [[(i.column, i.reason) for i in row.issues] for row in reading] == [
        [("終わり", "終わりが始まりより前です")],
        [],
    ]


def test_encodings_and_delimiters_by_their_other_names(tmp_path):
    row = [{"no": "1", "note": "a;b"}]
    assert write(TABLE, tmp_path / "a.csv", row, encoding="Shift_JIS", delimiter="tab").encoding == "cp932"
    assert read(TABLE, tmp_path / "a.csv").source.delimiter == "\t"
    assert write(TABLE, tmp_path / "a.tsv", row).digest == read(TABLE, tmp_path / "a.tsv").source.digest
    for wrong in ({"delimiter": "::"}, {"delimiter": "|"}, {"encoding": "ebcdic"}):
        with pytest.raises(FileError, match="GL-0034"):
            write(TABLE, tmp_path / "a.csv", row, **wrong)
    with pytest.raises(FileError, match="GL-0036"):
        write(TABLE, tmp_path / "absent" / "a.csv", row)
