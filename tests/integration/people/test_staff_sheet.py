"""The staff as a sheet: out of the town, edited, and handed to a hand-over, which moves only whom the sheet moves."""

import csv
from datetime import date

import pytest

from govline import City
from govline.core import Actor, Handler
from govline.errors import InputError
from govline.people import Move, PeopleFeature

DEFINITION = {
    "departments": {
        "kikaku": {"label": "企画課"},
        "kosodate": {"label": "子育て課"},
    },
    "roles": {
        "editor": {"label": "作成者", "verbs": ["delivery.plan"]},
        "chief": {"label": "承認者・課長", "verbs": ["delivery.approve", "people.manage"]},
    },
}
APRIL = date(2027, 4, 1)


@pytest.fixture
def city(sqlite_db):
    return City(sqlite_db, [(PeopleFeature(), {"definition": DEFINITION})])


@pytest.fixture
def members(city):
    def hire(tx):
        people, ids = city.people, {}
        for login, name in (
            ("1001", "山田 花子"),
            ("1002", "鈴木 太郎"),
            ("1003", "佐藤 次郎"),
            ("1004", "退職者"),
        ):
            ids[login] = people.add(tx, login, name)
        people.assign(tx, ids["1001"], "editor", "kikaku")
        people.assign(tx, ids["1002"], "chief", "kikaku")
        people.assign(tx, ids["1002"], "editor", "kikaku")
        people.assign(tx, ids["1003"], "chief")
        return ids

    return city.run(hire)


def sheet(city, path):
    city.tabular.export("staff", path, encoding="cp932")
    with path.open(encoding="cp932", newline="") as file:
        return list(csv.DictReader(file))


def hand_over(city, path, *, day=APRIL):
    def unit(tx):
        moves, unread = city.people.read_moves(tx, path.read_bytes())
        assert unread == []
        return city.people.hand_over(tx, moves, day)

    return city.run(unit)


def write(path, rows):
    with path.open("w", encoding="cp932", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def test_the_sheet_as_it_is_moves_nobody(city, members, tmp_path):
    path = tmp_path / "staff.csv"
    rows = sheet(city, path)
    assert [(row["職員番号"], row["氏名"], row["所属"], row["役割"]) for row in rows] == [
        ("1001", "山田 花子", "企画課", "作成者"),
        ("1002", "鈴木 太郎", "企画課", "chief・作成者"),
        ("1003", "佐藤 次郎", "全庁", "chief"),
        ("1004", "退職者", "", ""),
    ]
    write(path, rows[:3])
    told = []
    city.database.listen(
        [Handler("people.moved", lambda _tx, event: told.append(event.subject.id), "same_tx")]
    )
    plan = hand_over(city, path)
    assert told == []
    assert (plan.problems, plan.starts, plan.ends) == ((), (), ())
    assert len(plan.unchanged) == 3


def test_an_edited_sheet_moves_whom_it_names_and_an_undo_puts_them_back(city, members, tmp_path):
    path = tmp_path / "staff.csv"
    rows = sheet(city, path)
    rows[0]["所属"] = "子育て課"
    rows[1]["役割"] = "chief"
    rows[3]["退職"] = "○"
    write(path, rows)
    told = []
    city.database.listen(
        [Handler("people.moved", lambda _tx, event: told.append(event.subject.id), "same_tx")]
    )
    plan = hand_over(city, path)
    assert told == [members["1001"], members["1002"], members["1004"]]
    assert plan.problems == ()
    assert (len(plan.starts), len(plan.ends), plan.leavers) == (2, 3, (members["1004"],))
    assert plan.unchanged == (members["1003"],)
    then = {
        row.member.id: [grant.text for grant in row.grants]
        for row in city.read(lambda tx: city.people.members(tx, on=APRIL))
    }
    assert then[members["1001"]] == ["kosodate:editor"]
    assert then[members["1002"]] == ["kikaku:chief"]
    city.run(lambda tx: city.people.undo(tx, plan.id))
    then = {
        row.member.id: [grant.text for grant in row.grants]
        for row in city.read(lambda tx: city.people.members(tx, on=APRIL))
    }
    assert then[members["1001"]] == ["kikaku:editor"]
    assert sorted(then[members["1002"]]) == ["kikaku:chief", "kikaku:editor"]


def test_who_sits_in_two_departments_is_asked_for(city, members, tmp_path):
    path = tmp_path / "staff.csv"
    city.run(lambda tx: city.people.assign(tx, members["1001"], "editor", "kosodate"))
    rows = sheet(city, path)
    assert rows[0]["所属"] == ""
    problems = city.run(lambda tx: city.people.read_moves(tx, path.read_bytes()))[1]
    assert [problem.place for problem in problems] == ["2行目 異動先", "5行目 異動先"]


def test_who_has_left_is_no_longer_listed_and_a_role_to_come_is_no_standstill(city, members, tmp_path, clock):
    path = tmp_path / "staff.csv"
    rows = sheet(city, path)
    rows[3]["退職"] = "○"
    write(path, rows[3:])
    hand_over(city, path, day=clock.now().date())
    assert [row["職員番号"] for row in sheet(city, path)] == ["1001", "1002", "1003"]
    city.run(
        lambda tx: city.people.assign(tx, members["1001"], "editor", "kosodate", starts=date(2027, 6, 1))
    )
    write(path, rows[:1])
    plan = hand_over(city, path)
    assert plan.unchanged == ()
    assert len(plan.ends) == 2


def test_more_than_a_page_of_staff(city, tmp_path):
    def hire(tx):
        for number in range(620):
            city.people.add(tx, f"n{number}", f"職員{number}")

    city.run(hire)
    assert city.tabular.export("staff", tmp_path / "staff.csv").rows == 620


def test_a_role_that_is_prolonged_where_it_is_goes_on(city, members, tmp_path):
    path, may, people = tmp_path / "staff.csv", date(2027, 5, 1), city.people
    rows = sheet(city, path)

    def prolong(tx):
        (standing,) = [each for each in people.members(tx) if each.member.id == members["1001"]]
        assert len(standing.grants) == 1
        people.hand_over(tx, [Move(members["1001"], leaves=True)], may)
        people.assign(tx, members["1001"], "editor", "kikaku", starts=may)

    city.run(prolong)
    write(path, rows[:1])
    plan = hand_over(city, path)
    assert plan.unchanged == (members["1001"],)
    assert (plan.ends, plan.starts) == ((), ())


def test_a_role_that_goes_along_keeps_its_end_whatever_begins_later(city, members):
    june, people = date(2027, 6, 1), city.people

    def unit(tx):
        who = people.add(tx, "v1", "受託者", kind="operator")
        people.assign(tx, who, "editor", "kikaku", ends=june)
        people.assign(tx, who, "editor", "kikaku", starts=june, ends=date(2028, 6, 1))
        return people.hand_over(tx, [Move(who, "kosodate")], APRIL)

    (start,) = city.run(unit).starts
    assert start.ends == june


def test_who_may_not_manage_people_hands_nobody_over(city, members):
    clerk = Actor("staff", members["1001"], "web", roles=frozenset(["kikaku:editor"]))
    move = Move(members["1002"], "kosodate")
    for dry_run in (True, False):
        with pytest.raises(InputError, match="GL-1500"):
            city.run(
                lambda tx, dry=dry_run: city.people.hand_over(tx, [move], APRIL, dry_run=dry), actor=clerk
            )
