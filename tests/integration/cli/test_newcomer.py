"""What a newcomer types first: new, db upgrade, doctor, test; and what they are told when it goes wrong."""

import asyncio
import os
import runpy
import stat
import subprocess
import sys
from importlib.metadata import version

import pytest

from govline.city import read_config
from govline.cli.development import development_secrets


def test_no_words_show_the_commands(govline):
    ran = govline()
    assert ran.code == 0
    assert all(word in ran.out for word in ("new", "demo", "dev", "test", "worker", "doctor", "menu"))


def test_the_version(govline):
    ran = govline("--version")
    assert (ran.code, ran.out) == (0, f"govline {version('govline')}\n")


def test_a_new_town_is_data_that_git_may_keep(town):
    assert {path.name for path in town.iterdir()} == {
        *("app.py", "city.yaml", "answers", "calendars", "garbage", "scenarios", "talks"),
        *(".gitignore", ".govline"),
    }
    text = (town / "city.yaml").read_text(encoding="utf-8")
    assert "id: nagasu" in text
    assert "name: 長洲町" in text
    secrets = town / ".govline" / "development.env"
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o600
    assert ".govline/" in (town / ".gitignore").read_text(encoding="utf-8")


def test_the_towns_app_is_an_asgi_application(ready):
    development_secrets(ready)
    made = runpy.run_path(str(ready / "app.py"))
    sent = []

    async def send(message):
        sent.append(message)

    asyncio.run(made["app"]({"type": "http", "method": "GET", "path": "/healthz", "headers": []}, None, send))
    made["city"].close()
    assert sent[0]["status"] == 200


def test_a_folder_that_is_there_is_left_alone(town, govline):
    ran = govline("new", "../nagasu")
    assert ran.code == 2
    assert "GL-9105" in ran.err


def test_a_name_that_is_no_id_is_explained(govline):
    ran = govline("new", "Nagasu-Town")
    assert ran.code == 2
    assert "GL-9104" in ran.err
    assert "nagasu" in ran.err


def test_doctor_names_missing_tables_until_they_are_made(town, govline):
    ran = govline("doctor")
    assert ran.code == 1
    assert "govline db upgrade" in ran.out
    upgraded = govline("db", "upgrade", "--phase", "pre")
    assert upgraded.code == 0
    assert "calendar_0001" in upgraded.out
    again = govline("db", "upgrade")
    assert again.code == 0
    assert "calendar_0001" not in again.out
    ran = govline("doctor")
    assert (ran.code, ran.out.strip()) == (0, "✓ 問題は見つかりませんでした")


def test_doctor_names_a_missing_secret_and_never_a_value(ready, govline, monkeypatch):
    secrets = ready / ".govline" / "development.env"
    values = dict(line.split("=", 1) for line in secrets.read_text(encoding="utf-8").splitlines())
    secrets.unlink()
    monkeypatch.setenv("GOVLINE_KEYS", values["GOVLINE_KEYS"])
    monkeypatch.delenv("LINE_CHANNEL_SECRET", raising=False)
    monkeypatch.delenv("LINE_CHANNEL_ACCESS_TOKEN", raising=False)
    ran = govline("doctor")
    assert ran.code == 1
    assert "GL-9003" in ran.out
    assert "LINE_CHANNEL_SECRET" in ran.out
    assert not any(value in ran.out + ran.err for value in values.values())


@pytest.mark.parametrize(
    "words",
    [["db", "upgrade"], ["test"], ["doctor"], ["worker"], ["outbox", "list"], ["menu", "publish"], ["dev"]],
)
def test_without_a_town_every_command_says_so(govline, words):
    ran = govline(*words)
    assert ran.code == 2
    assert "GL-9101" in ran.err
    assert "govline new" in ran.err


def test_town_may_stand_in_an_option_or_in_the_environment(ready, govline, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert govline("outbox", "list", "--town", str(ready)).code == 0
    monkeypatch.setenv("GOVLINE_TOWN", str(ready))
    assert govline("outbox", "list").code == 0


@pytest.mark.parametrize(
    "words", [["outbox", "frob"], ["new"], ["demo", "--port", "x"], ["worker", "--poll", "0"]]
)
def test_wrong_words_exit_with_2(govline, words):
    ran = govline(*words)
    assert ran.code == 2
    assert "Error" in ran.err


BROKEN = [
    ("name: 長洲町", "name: [", ["GL-9001", "city.yaml", "line="]),
    ("id: nagasu", "id: 長洲", ["GL-9002", "key=id"]),
    ("menu:", "menuu:", ["GL-9002", "key=menuu"]),
    ('start: "21:00"', 'start: "25:00"', ["GL-9002", "key=quiet_hours.start"]),
    ("  scenario: {}", "  scenarioo: {}", ["GL-9011", "features.scenarioo", "scenario, segments"]),
    ("  scenario: {}", "  scenario: {deep: 1}", ["GL-9014", "features.scenario.deep"]),
    ("  segments:", "  garbage: {calendar: none.csv}\n  segments:", ["GL-9001", "city.yaml"]),
    ("database: sqlite:///town.db", "database: town.db", ["GL-"]),
]


@pytest.mark.parametrize(("old", "new", "told"), BROKEN, ids=[told[0] + " " + new for _, new, told in BROKEN])
def test_a_wrong_city_yaml_is_named_by_place(town, govline, old, new, told):
    path = town / "city.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    ran = govline("outbox", "list")
    assert ran.code == 2
    assert "Traceback" not in ran.err
    for word in told:
        assert word in ran.err


def test_a_city_yaml_that_is_empty_or_no_text(town, govline):
    path = town / "city.yaml"
    for content in (b"", b"- a\n", b"\xff\xfe\x00"):
        path.write_bytes(content)
        ran = govline("outbox", "list")
        assert ran.code == 2
        assert "GL-900" in ran.err


def test_a_scenario_that_cannot_be_right_names_file_and_line(town, govline):
    path = town / "scenarios" / "cancel.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("next: done", "next: gone"), encoding="utf-8")
    ran = govline("db", "upgrade")
    assert ran.code == 2
    assert "cancel.yaml" in ran.err
    assert "line=6" in ran.err


@pytest.mark.parametrize("line", ["from: 2026-02-30\n", "capacity: many\n", "slots: [\n", "colour: red\n"])
def test_a_calendar_that_cannot_be_right_names_its_file(town, govline, line):
    with (town / "calendars" / "hiroba.yaml").open("a", encoding="utf-8") as file:
        file.write(line)
    ran = govline("db", "upgrade")
    assert ran.code == 2
    assert "hiroba.yaml" in ran.err


def test_without_keys_nothing_is_opened(town, govline, monkeypatch):
    monkeypatch.delenv("GOVLINE_KEYS")
    (town / ".govline" / "development.env").unlink()
    ran = govline("outbox", "list")
    assert ran.code == 2
    assert "GL-9003" in ran.err
    assert "export GOVLINE_KEYS=" in ran.err
    assert not (town / "town.db").exists()


@pytest.mark.parametrize("words", [["outbox", "list"], ["segments", "count", "ward=minato"], ["worker"]])
def test_before_the_tables_are_made_the_remedy_is_named(town, govline, words):
    ran = govline(*words)
    assert ran.code == 2
    assert "GL-9107" in ran.err
    assert "govline db upgrade" in ran.err


@pytest.mark.parametrize("title", ["a: b", r"\1", "a #b", '"', "改\n行", "'"])
def test_any_title_becomes_the_town_s_name(clean, govline, title):
    assert govline("new", "nagasu", "--title", title).code == 0
    assert read_config(clean / "nagasu" / "city.yaml").name == title.strip()


@pytest.mark.parametrize("name", ["null", "true"])
def test_a_town_may_be_called_what_yaml_takes_for_something_else(clean, govline, name):
    assert govline("new", name).code == 0
    assert read_config(clean / name / "city.yaml").id == name


def test_a_terminal_without_japanese_does_not_end_a_command(clean):
    (clean / "area_days.csv").write_text("地区,センター,燃やすごみ\nみどり,,月\n", encoding="utf-8")
    plain = {"PATH": os.environ["PATH"], "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "govline.cli", "garbage", "check", "area_days.csv"]
    done = subprocess.run(command, env=plain, capture_output=True, cwd=clean, check=True, timeout=60)
    assert b"\\u" in done.stdout
