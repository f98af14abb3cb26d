"""A fresh town, and the command run in this process."""

import pytest

from govline.cli import main

OWN_VARIABLES = (
    "LINE_CHANNEL_SECRET",
    "LINE_CHANNEL_ACCESS_TOKEN",
    "GOVLINE_KEYS",
    "GOVLINE_TOWN",
    "GOVLINE_LINE_API",
    "GOVLINE_CLOCK_FILE",
)


class Ran:
    """What came of a command: exit code, what it printed, what it complained."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err


@pytest.fixture
def clean(monkeypatch, tmp_path):
    """An empty folder as the present one, and none of our variables set; what commands set is undone."""
    for name in OWN_VARIABLES:
        monkeypatch.setenv(name, "undone at the end")
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def govline(clean, capsys):
    def run(*words):
        code = main(list(words))
        printed = capsys.readouterr()
        return Ran(code, printed.out, printed.err)

    return run


@pytest.fixture
def town(clean, govline, monkeypatch):
    """A fresh `govline new nagasu`, with its folder as the present one."""
    assert govline("new", "nagasu", "--title", "長洲町").code == 0
    monkeypatch.chdir(clean / "nagasu")
    return clean / "nagasu"


@pytest.fixture
def ready(town, govline):
    """The same, migrated."""
    assert govline("db", "upgrade").code == 0
    return town
