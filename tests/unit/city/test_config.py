"""city.yaml: what it may say, and that every mistake names place and remedy."""

from pathlib import Path

import pytest

from govline.city.config import read_config
from govline.city.environment import environment_secret
from govline.errors import ConfigError

LEAST = "id: hinata\nname: ひなた町\n"


@pytest.fixture
def read(tmp_path):
    def write_and_read(text):
        path = tmp_path / "city.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_config(path)

    return write_and_read


def refused(read, text):
    with pytest.raises(ConfigError) as caught:
        read(text)
    return caught.value


def test_two_lines_are_a_town(read):
    config = read(LEAST)
    assert (config.id, config.name, config.database) == ("hinata", "ひなた町", "sqlite:///town.db")
    assert (config.quiet_hours.start, config.quiet_hours.end) == ("21:00", "08:00")
    assert config.features == {}


def test_the_pool_of_a_process_is_said_in_the_towns_file(tmp_path, monkeypatch, keys):
    from govline.city import City, opening

    monkeypatch.setenv("GOVLINE_KEYS", keys.to_text())
    (tmp_path / "city.yaml").write_text(LEAST + "pool_size: 24\n", "utf-8")
    asked = {}

    def opened(_url, **more):
        asked.update(more)
        raise ConfigError("enough seen", code="GL-9101")

    monkeypatch.setattr(opening.Database, "open", opened)
    with pytest.raises(ConfigError, match="enough seen"):
        City.load(tmp_path / "city.yaml")
    assert asked["pool_size"] == 24


def test_yaml_is_1_2(read):
    """In YAML 1.1 12:30 is 750, `no` is False and 0900 a number in base eight."""
    config = read(
        LEAST
        + "quiet_hours: {start: 22:30, end: 07:00}\nmenu: [yes, no, on, off]\nfeatures: {calendar: {until: 12:30}}\n"
    )
    assert config.quiet_hours.start == "22:30"
    assert config.menu == ["yes", "no", "on", "off"]
    assert config.features["calendar"]["until"] == "12:30"


def test_a_feature_needs_no_settings(read):
    assert read(LEAST + "features:\n  calendar:\n  scenario: {}\n").features == {
        "calendar": {},
        "scenario": {},
    }


def test_one_secret_or_several_during_rotation(read):
    assert read(LEAST + "line: {secret_env: A}\n").line.secret_env == ["A"]
    assert read(LEAST + "line: {secret_env: [A, B]}\n").line.secret_env == ["A", "B"]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("name: ひなた町\n", "id"),
        ("id: hinata\n", "name"),
        ("id: Hinata\nname: x\n", "id"),
        ("id: hinata-cho\nname: x\n", "id"),
        (LEAST + "nmae: y\n", "nmae"),
        (LEAST + "schema: a;drop\n", "schema"),
        (LEAST + "line: {secret: abc}\n", "line.secret"),
        (LEAST + "line: {secret_env: []}\n", "line.secret_env"),
        (LEAST + "line: {timeout: 0}\n", "line.timeout"),
        (LEAST + "line: {timeout: 61}\n", "line.timeout"),
        (LEAST + "quiet_hours: {start: 24:00}\n", "quiet_hours.start"),
        (LEAST + "quiet_hours: {end: 7:00}\n", "quiet_hours.end"),
        (LEAST + f"menu: [{', '.join('abcdefghijklmn')}]\n", "menu"),
        (LEAST + "features: [calendar]\n", "features"),
        (LEAST + "features: {calendar: 3}\n", "features.calendar"),
        (LEAST + "texts: {talk.welcome: 3}\n", "texts.talk.welcome"),
        ("- hinata\n", "(top)"),
        ("", "(top)"),
    ],
)
def test_a_wrong_key_is_named(read, text, key):
    error = refused(read, text)
    assert error.code == "GL-9002"
    assert error.place == {"file": "city.yaml", "key": key}
    assert error.hint


def test_what_is_no_yaml_names_the_line(read):
    error = refused(read, LEAST + "menu: [a, b\nfeatures: {}\n")
    assert error.code == "GL-9001"
    assert error.place["file"] == "city.yaml"
    assert error.place["line"] >= 3


def test_a_key_that_stands_twice_is_refused(read):
    error = refused(read, LEAST + "name: y\n")
    assert error.code == "GL-9001"
    assert error.place["line"] == 3


@pytest.mark.parametrize(
    "raw", [b"\xff\xfe", LEAST.encode("cp932"), b"name: \x00", b"id: 2026-13-45", b"[" * 1500]
)
def test_what_is_no_text_is_refused(read, raw):
    assert refused(read, raw).code == "GL-9001"


def test_a_file_that_is_not_there_is_named():
    with pytest.raises(ConfigError) as caught:
        read_config(Path("/nowhere/city.yaml"))
    assert caught.value.code == "GL-9001"
    assert caught.value.place == {"file": "/nowhere/city.yaml"}


def test_yaml_builds_no_python_object(read):
    assert refused(read, "id: !!python/object/apply:os.getcwd []\nname: x\n").code.startswith("GL-900")


def test_a_secret_comes_from_the_environment_or_is_named_as_missing(monkeypatch):
    monkeypatch.setenv("A_SECRET", "value")
    assert environment_secret("A_SECRET") == "value"
    monkeypatch.setenv("A_SECRET", "")
    with pytest.raises(ConfigError) as caught:
        environment_secret("A_SECRET")
    assert caught.value.code == "GL-9003"
    assert "A_SECRET" in str(caught.value)
