"""Exports of the ended GovTech programme: a form's answers and a calendar's grid, tried first, then taken over."""

import pytest

from govline import City
from govline.calendar import parse
from govline.core import FixedClock
from govline.errors import FileError
from govline.line.accounts import import_answers, read_calendar
from govline.segments.feature import SegmentsFeature
from govline.store import friends, identity

ANN, BOB, EVE = ("U" + letter * 32 for letter in "abe")
ATTRIBUTES = [
    {"name": "ward", "type": "choice", "label": "地区", "choices": {"midori": "みどり", "kawabe": "かわべ"}},
    {"name": "birth_year", "type": "integer", "label": "生まれた年"},
]
QUESTIONS = {"お住まいの地区": "ward", "生まれた年": "birth_year"}
WARDS = {"みどり": "midori", "かわべ": "kawabe"}
HEADER = "ユーザーID,パーティションキー,#,お住まいの地区,生まれた年,LINE/外部,状態,作成日,更新日,管理者メモ"


@pytest.fixture
def city(any_db):
    town = City(any_db, [(SegmentsFeature(), {"attributes": ATTRIBUTES})])
    town.prepare()
    town.run(lambda tx: friends.add(tx, [ANN, BOB], as_of=tx.now))
    return town


@pytest.fixture
def export(tmp_path):
    def write(*rows, encoding="utf-8-sig"):
        path = tmp_path / "form.csv"
        path.write_bytes("\r\n".join([HEADER, *rows, ""]).encode(encoding))
        return path

    return write


def row(user="", ward="", year="", state="未対応"):
    return f"{user},p,1,{ward},{year},LINE,{state},2023/3/1,2023/3/2,メモ"


def take(city, path, **how):
    return import_answers(
        city.database,
        path,
        QUESTIONS,
        city.segments,
        convert={"birth_year": int, "ward": WARDS.__getitem__},
        **how,
    )


def values(city, user):
    def look(tx):
        citizen = identity.find_citizen(tx, user)
        return tuple(city.segments.get(tx, citizen, name) for name in ("ward", "birth_year"))

    return city.read(look)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp932"])
def test_answers_become_attributes_and_a_second_run_changes_nothing(city, export, encoding):
    path = export(
        row(ANN, "みどり", "1990"),
        row(BOB, "かわべ", ""),
        row(
            ANN, "", "1991"
        ),  # a later answer of an appending form: the newest wins, what it leaves empty stays
        row(BOB, "みどり", "", "取り消し"),
        row("", "みどり", "1950"),  # taken by phone
        row(EVE, "みどり", "1980"),
        encoding=encoding,
    )
    tried = take(city, path, dry_run=True)
    assert values(city, ANN) == (None, None)
    done = take(city, path)
    for told in (tried, done):
        assert (told.withdrawn, told.elsewhere, told.unknown) == (1, 1, 1)
        assert (told.report.rows, told.report.refused) == (6, 0)
        assert (told.report.added, told.report.changed) == (2, 1)
    assert (tried.report.written, done.report.written) == (False, True)
    assert (values(city, ANN), values(city, BOB)) == (("midori", 1991), ("kawabe", None))
    assert city.read(lambda tx: identity.find_citizen(tx, EVE)) is None
    again = take(city, export(row(ANN, "みどり", "1991")))
    assert (again.report.unchanged, again.report.changed) == (1, 0)


def test_a_fault_is_named_and_nothing_is_written_unless_asked(city, export):
    path = export(row(ANN, "みどり", "1990"), row(BOB, "かわべ", "昭和"), row("U12", "みどり", ""))
    told = take(city, path)
    assert not told.report.written
    assert values(city, ANN) == (None, None)
    faults = {(issue.row, issue.column, issue.code) for issue in told.report.issues}
    assert faults == {(3, "生まれた年", "unfit"), (4, "ユーザーID", "pattern")}
    assert all(issue.value == "" for issue in told.report.issues)  # a form's answers are personal
    assert "昭和" not in str(told.report.to_json())
    take(city, path, good_only=True)
    assert values(city, ANN) == ("midori", 1990)
    assert values(city, BOB) == (None, None)  # the ward of a row with a fault stays out as well


GRID = "id,____,____,2026/12/1,2026/12/2\r\n1,9:00,10:00,1,2\r\n2,10:00,11:00,0,\r\n3,13:00,14:00,2,2\r\n"


def test_a_calendar_grid_becomes_a_programme(tmp_path, clock):
    path = tmp_path / "calendar.csv"
    path.write_text(GRID, encoding="utf-8")
    written = read_calendar(path, "hiroba", "わくわく広場")
    programme = parse(written)
    assert (programme.id, programme.label) == ("hiroba", "わくわく広場")
    places = {(rule["times"][0], day): rule["capacity"] for rule in written["slots"] for day in rule["dates"]}
    assert places == {
        ("09:00-10:00", "2026-12-01"): 1,
        ("09:00-10:00", "2026-12-02"): 2,
        ("13:00-14:00", "2026-12-01"): 2,
        ("13:00-14:00", "2026-12-02"): 2,
    }
    assert isinstance(clock, FixedClock)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", (1, 1)),
        ("id,a,b,2026/13/1\n1,9:00,10:00,1\n", (1, 4)),
        ("id,a,b,2026/12/1\n1,九時,10:00,1\n", (2, 2)),
        ("id,a,b,2026/12/1\n1,9:00,10:00,多い\n", (2, 4)),
    ],
)
def test_a_grid_that_is_none_is_named(tmp_path, text, place):
    path = tmp_path / "calendar.csv"
    path.write_text(text, encoding="cp932")
    with pytest.raises(FileError) as caught:
        read_calendar(path, "hiroba")
    assert caught.value.code == "GL-8063"
    assert (caught.value.place["row"], caught.value.place["column"]) == place
