"""AC-6: a large CP932 file with three bad rows; the dry run names them, then import, export, import: all unchanged."""

import pytest

WARDS = ("港", "川辺")
BAD = {7_000: ("地区", "山"), 13_000: ("生年月日", "2026/2/30"), 19_999: ("氏名", "長" * 41)}


def lines(count, bad):
    yield "番号,氏名,地区,生年月日"
    for number in range(count):
        cells = {
            "番号": f"{number:06}",
            "氏名": f"髙﨑 花子{number % 977}～",
            "地区": WARDS[number % 2],
            "生年月日": f"{1940 + number % 80}/{1 + number % 12}/{1 + number % 28}",
        }
        title, value = bad.get(number, ("番号", cells["番号"]))
        cells[title] = value
        yield ",".join(cells.values())


def prove(files, everybody, tmp_path, count):
    scale = count // 20_000
    bad = {number * scale: fault for number, fault in BAD.items()}
    path = tmp_path / "large.csv"
    path.write_bytes("\r\n".join(lines(count, bad)).encode("cp932"))
    report = files.check("people", path)
    assert report.source.encoding == "cp932"
    assert [(issue.row, issue.column) for issue in report.issues] == [
        (number + 2, title) for number, (title, _) in sorted(bad.items())
    ]
    assert (report.rows, report.refused) == (count, 3)
    assert not files.load("people", path).written
    assert everybody() == []
    path.write_bytes("\r\n".join(lines(count, {})).encode("cp932"))
    assert files.load("people", path).added == count
    out = tmp_path / "out.csv"
    assert files.export("people", out, encoding="cp932").substituted == 0
    again = files.load("people", out)
    assert (again.unchanged, again.added, again.changed, again.written) == (count, 0, 0, False)


def test_twenty_thousand_rows(files, everybody, tmp_path):
    prove(files, everybody, tmp_path, 20_000)


def test_a_large_file_is_written_in_small_units(files, people, tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("\r\n".join(lines(3_000, {})).encode("cp932"))
    files.load("people", path)
    assert people.pages == 6, "500 rows a unit: the writer is free between them"


@pytest.mark.slow
def test_two_hundred_thousand_rows(files, everybody, tmp_path, people):
    prove(files, everybody, tmp_path, 200_000)
    assert files.undo("people").rows == 200_000
    assert everybody() == []
