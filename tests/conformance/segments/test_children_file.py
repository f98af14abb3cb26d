"""Rows of a children attribute as a file of staff: in, out, wrong rows named, taken back, forgotten with the citizen."""

from datetime import date

import pytest

from govline import City
from govline.segments import SegmentsFeature, attr
from govline.store import identity

ATTRIBUTES = [
    {"name": "ward", "type": "choice", "label": "地区", "choices": {"a": "港"}},
    {
        "name": "children",
        "type": "children",
        "label": "子ども",
        "data": "personal",
        "fields": [
            {"name": "birth_date", "type": "date", "label": "生年月日"},
            {"name": "nursery", "type": "boolean", "label": "保育園"},
        ],
    },
]


@pytest.fixture
def city(any_db):
    return City(any_db, [(SegmentsFeature(), {"attributes": ATTRIBUTES})]).prepare()


@pytest.fixture
def families(city):
    return city.run(lambda tx: sorted(identity.citizen_of(tx, f"U{n}") for n in range(3)))


@pytest.fixture
def file(tmp_path):
    def write(*rows, header="住民ID,何人目,生年月日,保育園"):
        path = tmp_path / "children.csv"
        path.write_text("\n".join([header, *rows]) + "\n", "cp932")
        return path

    return write


def of(city, citizen):
    return city.read(lambda tx: city.segments.get(tx, citizen, "children"))


def test_in_and_out_and_taken_back(city, families, file, tmp_path):
    hana, taro, _ = families
    first = [f"{hana},1,令和2年4月1日,○", f"{hana},2,2023-05-06,×", f"{taro},1,2024-01-02,"]
    report = city.tabular.load("citizens-children", file(*first))
    assert (report.added, report.refused, report.written) == (3, 0, True)
    assert of(city, hana) == [
        {"birth_date": "2020-04-01", "nursery": True},
        {"birth_date": "2023-05-06", "nursery": False},
    ]
    young = attr("children").any(age=(0, 3))
    assert city.read(lambda tx: city.segments.count(tx, young, date(2026, 11, 22))) == 2
    assert city.tabular.export("citizens-children", tmp_path / "out.csv").rows == 3
    again = city.tabular.load("citizens-children", tmp_path / "out.csv")
    assert (again.unchanged, again.written) == (3, False)
    city.tabular.load("citizens-children", file(f"{hana},2,2023-05-07,×", f"{hana},3,2026-01-01,"))
    assert [child["birth_date"] for child in of(city, hana)] == ["2020-04-01", "2023-05-07", "2026-01-01"]
    assert city.tabular.undo("citizens-children").rows == 2
    assert [child["birth_date"] for child in of(city, hana)] == ["2020-04-01", "2023-05-06"]
    assert city.tabular.undo("citizens-children").rows == 3
    assert of(city, hana) is None
    sources = city.read(lambda tx: {each.source for each in city.segments.history(tx, hana, "children")})
    assert sources == {"import"}


def test_wrong_rows_are_named_without_their_values(city, families, file):
    hana, taro, _ = families
    rows = [
        f"{hana},2,2020-04-01,",
        "nobody,1,2020-04-01,",
        f"{taro},1,2020-02-30,",
        f"{taro},0,2020-04-01,",
        f"{taro},1,2020-04-01,",
        f"{taro},1,2020-04-02,",
    ]
    report = city.tabular.check("citizens-children", file(*rows))
    assert [(issue.row, issue.column, issue.code) for issue in report.issues] == [
        (2, "何人目", "rule"),
        (3, "住民ID", "rule"),
        (4, "生年月日", "not_date"),
        (5, "何人目", "too_small"),
        (7, "住民ID", "duplicate"),
    ]
    assert "1 から順に" in report.issues[0].remedy
    assert "2020" not in str(report.to_json()["issues"])
    assert of(city, hana) is None


def test_rows_over_several_pages(city, families, file, tmp_path):
    everybody = city.run(lambda tx: [identity.citizen_of(tx, f"V{n}") for n in range(400)])
    rows = [f"{citizen},{n},2020-04-0{n}," for citizen in everybody for n in (1, 2, 3)]
    assert city.tabular.load("citizens-children", file(*rows)).added == 1_200
    assert city.tabular.export("citizens-children", tmp_path / "out.csv").rows == 1_200
    assert city.tabular.load("citizens-children", tmp_path / "out.csv").unchanged == 1_200
    assert city.tabular.undo("citizens-children").rows == 1_200


def test_nothing_of_an_erased_citizen_comes_back(city, families, file):
    hana = families[0]
    city.tabular.load("citizens-children", file(f"{hana},1,2020-04-01,"))
    city.run(lambda tx: city.erase(tx, hana))
    report = city.tabular.load("citizens-children", file(f"{hana},1,2020-04-01,"))
    assert (report.refused, report.written) == (1, False)
