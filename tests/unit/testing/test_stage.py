"""What a stage refuses: a slip in a talk is named, whatever it is, and never ends the run."""

from argparse import ArgumentParser
from types import SimpleNamespace

import pytest

from govline.errors import DefinitionError
from govline.testing.stage import SimulatorStage


@pytest.fixture
def stage():
    def run(_city, words):
        ArgumentParser(prog="govline segments send").parse_args(list(words))

    citizen = SimpleNamespace(send_location=lambda latitude, longitude: (latitude, longitude))
    client = SimpleNamespace(citizen=lambda _name, follow=True: citizen)
    commands = {"segments": {"send": SimpleNamespace(run=run)}}
    return SimulatorStage(client, SimpleNamespace(commands=commands, settle=lambda: None), clock=None)


def test_a_staff_act_with_wrong_words_is_named(stage, capsys):
    with pytest.raises(DefinitionError, match="GL-4905"):
        stage.staff("segments", ["send", "--unknown"])
    assert "--unknown" in capsys.readouterr().err
    with pytest.raises(DefinitionError, match=r"GL-4904.*segments send"):
        stage.staff("", [])


@pytest.mark.parametrize("act", ["location 北緯 東経", "location 35", "fly", ""])
def test_an_act_that_no_citizen_can_do_is_named(stage, act):
    name, *arguments = act.split() or [""]
    with pytest.raises(DefinitionError, match="GL-4903"):
        stage.do("花子", name, arguments)
