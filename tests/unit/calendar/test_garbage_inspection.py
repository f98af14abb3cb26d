"""`govline garbage check` and `dates`: what a file says, without any town."""

import csv
import json
import unicodedata

import pytest

from govline.calendar.garbage.inspection import check_command, dates_command

GOOD = "地名,センター,燃やすごみ,資源\n東,衛生,月 木,水2\n西,衛生,火 金,\n"


@pytest.fixture
def check(capsys, tmp_path):
    def run(text, *words):
        path = tmp_path / "area_days.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        code = check_command(None, [str(path), *words])
        return code, capsys.readouterr()

    return run


@pytest.fixture
def dates(capsys):
    def run(path, *words, first="2026-01-01", last="2026-01-31"):
        code = dates_command(None, [str(path), "--from", first, "--to", last, *words])
        said = capsys.readouterr()
        return code, json.loads(said.out) if "--json" in words and said.out else said.out, said.err

    return run


def test_a_clean_file(check):
    code, said = check(GOOD, "--json")
    counts = {"rows": 2, "areas": 2, "kinds": 2, "cells": 4, "empty": 1, "parsed": 3}
    assert (code, json.loads(said.out)) == (0, {**counts, "problems": [], "warnings": []})
    assert check(GOOD)[1].out.endswith("すべてのセルを読めました\n")


def test_problems_are_named_and_end_with_1(check):
    code, said = check(GOOD.replace("水2", "管路"), "--json")
    report = json.loads(said.out)
    assert (code, report["parsed"], len(report["problems"])) == (1, 2, 1)
    problem = report["problems"][0]
    assert (problem["row"], problem["column"], problem["cell"]) == (2, "資源", "管路")
    assert (problem["code"], problem["reason"]) == ("GL-2020", "収集日として読めません: 管路")
    assert "問題 2行目 資源: 「管路」" in check(GOOD.replace("水2", "管路"))[1].out


def test_warnings_are_no_problems(check):
    code, said = check(GOOD.replace("水2", "隔火20150114"), "--json")
    report = json.loads(said.out)
    assert (code, report["problems"], report["warnings"][0]["code"]) == (0, [], "GL-2022")


def test_what_holds_no_table_ends_with_2(check, capsys):
    code, said = check(b"", "--json")
    assert (code, json.loads(said.out)["problems"][0]["code"]) == (2, "GL-2021")
    assert said.err.startswith("GL-2021")
    assert check_command(None, ["/no/such/file"]) == 2
    assert capsys.readouterr().out == ""


def test_dates_by_area_and_kind(tmp_path, dates):
    path = tmp_path / "area_days.csv"
    path.write_text(GOOD, "utf-8")
    center = tmp_path / "center.csv"
    center.write_text(
        "名称,休止開始日,休止終了日\n衛生,2025/12/31,2026/1/5\n衛生,2026/1/29,2026/1/29\n", "utf-8"
    )
    code, found, _ = dates(path, "--json", last="2026-01-14")
    assert (code, list(found["areas"])) == (0, ["東", "西"])
    mondays_and_thursdays = ["2026-01-01", "2026-01-05", "2026-01-08", "2026-01-12"]
    assert found["areas"]["東"] == {"燃やすごみ": mondays_and_thursdays, "資源": ["2026-01-14"]}
    assert list(found["areas"]["西"]) == ["燃やすごみ"]
    _, open_days, _ = dates(path, "--json", "--center", str(center), "--area", "東")
    assert open_days["areas"]["東"]["燃やすごみ"][0] == "2026-01-08"
    assert "2026-01-29" not in open_days["areas"]["東"]["燃やすごみ"]
    assert "東 資源: 2026-01-14\n" in dates(path)[1]


def test_dates_of_a_file_with_problems(tmp_path, dates):
    path = tmp_path / "area_days.csv"
    path.write_text(GOOD.replace("水2", "管路"), "utf-8")
    code, found, said = dates(path, "--json")
    assert (code, list(found["areas"]["東"])) == (1, ["燃やすごみ"])
    assert "管路" in said
    assert dates(path, "--area", "南")[0] == 2


@pytest.mark.data
def test_names_stand_as_the_town_writes_them(data_folder, dates):
    path = data_folder / "garbage5374" / "hachioji" / "area_days.csv"
    with path.open(encoding="utf-8", newline="") as file:
        names = [row[0] for row in csv.reader(file)][1:]
    _, found, _ = dates(path, "--json")
    assert list(found["areas"]) == names
    wide = next(name for name in names if name != unicodedata.normalize("NFKC", name))
    assert list(dates(path, "--json", "--area", unicodedata.normalize("NFKC", wide))[1]["areas"]) == [wide]


@pytest.mark.data
def test_open_data_in_prose(data_folder, capsys, dates):
    path = data_folder / "opendata" / "takamatsu" / "garbage_collection_date.csv"
    assert check_command(None, [str(path), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["rows"], report["kinds"], report["cells"], report["parsed"]) == (8, 5, 40, 40)
    _, found, _ = dates(path, "--json")
    area = found["areas"]["栗林・太田・香川（浅野）"]
    assert area["破砕ごみ"] == ["2026-01-02", "2026-01-16"]
    assert {
        "row": 1,
        "column": "crushableGarbage",
        "cell": "crushableGarbage",
        "reason": "英語の見出しのため「破砕ごみ」としました",
        "code": "GL-2022",
        "suggestion": "",
    } in report["warnings"]
