"""Every command that the program and the template town offer has a section, with each of its options."""

import re

import pytest

from govline import City
from govline.cli.app import app
from govline.cli.template import new_town
from govline.people.commands import COMMANDS


def _commands(group, words=()):
    import typer

    for name, command in sorted(group.commands.items()):
        if isinstance(command, typer.core.TyperGroup):
            yield from _commands(command, (*words, name))
        else:
            options = [
                option for parameter in command.params for option in parameter.opts if option.startswith("--")
            ]
            yield " ".join((*words, name)), options


@pytest.fixture(scope="module")
def own_commands():
    import typer

    return dict(_commands(typer.main.get_command(app)))


@pytest.fixture
def feature_commands(tmp_path, monkeypatch, keys):
    monkeypatch.setenv("GOVLINE_KEYS", keys.to_text())
    with City.load(new_town(tmp_path / "town") / "city.yaml") as city:
        staff = [f"people {command.name}" for command in COMMANDS]  # the template town sets up no roles
        yield staff + [
            f"{feature} {name}" for feature, commands in city.commands.items() for name in commands
        ]


def _sections(page):
    parts = re.split(r"^## govline ", page.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return dict(part.split("\n", 1) for part in parts)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_command_and_option_is_documented(page_of, own_commands, feature_commands, language):
    sections = _sections(page_of(language)["cli.md"])
    assert set(sections) == {*own_commands, *feature_commands}
    for command, options in own_commands.items():
        for option in options:
            assert option in sections[command], (command, option)
