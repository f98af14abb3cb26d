"""`govline calendar check` in a real town: findings with file and line, JSON, exit codes; the list changes what it finds."""

import json
from datetime import UTC, datetime

import pytest

from govline import City
from govline.calendar import Calendar, parse
from govline.calendar.commands.check import examine, warn
from govline.cli.app import run
from govline.cli.template import new_town
from govline.core import Actor

WRITTEN = """\
programme: flu
label: 予防接種
capacity: 5
slots:
  - {rolling: 60, times: [10:00, 13:00]}
policy:
  closes: 2099-12-31 17:00
  windows:
    - {name: 第1回, cohort: A}
  eligibility: {number: 10桁}
"""


@pytest.fixture
def town(tmp_path, monkeypatch, keys):
    monkeypatch.setenv("GOVLINE_KEYS", keys.to_text())
    folder = new_town(tmp_path / "town")
    (folder / "calendars" / "flu.yaml").write_text(WRITTEN, "utf-8")
    with City.load(folder / "city.yaml") as city:
        city.prepare()
    return folder


def check(town, capsys, *words):
    code = run(["calendar", "check", "--town", str(town), *words])
    return code, capsys.readouterr().out


def take_in(town, *rows):
    path = town / "list.csv"
    path.write_text("\n".join(["券番号,生年月日,区分", *rows]), "utf-8")
    with City.load(town / "city.yaml") as city:
        city.tabular.load("eligible-flu", path, actor=Actor("staff", "s1", "counter"))


def test_a_clerk_mends_what_the_check_finds(town, capsys):
    code, said = check(town, capsys)
    assert code == 1
    assert "✗ GL-2209 flu.yaml:10 policy.eligibility: 対象者の一覧が空です。" in said
    assert "→ govline import eligible-flu FILE" in said

    take_in(town, "0000000001,1950-04-02,B")
    code, said = check(town, capsys, "--json")
    assert code == 1
    found = {each["code"]: each for each in json.loads(said)["findings"]}
    assert (found["GL-2210"]["file"], found["GL-2210"]["line"]) == ("flu.yaml", 8)
    assert found["GL-2216"]["level"] == "warning"

    take_in(town, "0000000001,1950-04-02,A")
    assert check(town, capsys) == (0, "✓ 問題は見つかりませんでした\n")

    (town / "calendars" / "flu.yaml").write_text(WRITTEN + "  max_party: 9\n", "utf-8")
    code, said = check(town, capsys)
    assert code == 0  # a warning alone
    assert said.startswith("! GL-2220 flu.yaml:11 policy.max_party")


def test_doctor_leaves_what_may_be_meant_to_the_check(sqlite_db, clock):
    clock.set(datetime(2026, 11, 20, tzinfo=UTC))
    odd = {
        "programme": "hiroba",
        "capacity": 10,
        "slots": [{"rolling": 14, "times": "10:00"}],
        "policy": {"opens_days_before": 7, "cancel_until": "8日前"},
    }
    calendar = Calendar([parse(odd)])
    found = sqlite_db.read(lambda tx: examine(tx, calendar, None))
    assert [(each.code, each.level) for each in found] == [("GL-2208", "warning")]
    assert sqlite_db.read(lambda tx: warn(tx, calendar)) == []
    empty = Calendar([parse({**odd, "capacity": 0})])
    (told,) = sqlite_db.read(lambda tx: warn(tx, empty))
    assert "GL-2214" in told
