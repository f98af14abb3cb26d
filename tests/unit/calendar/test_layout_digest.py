"""Every process knows by the same digest whether slots are laid out by its rules."""

import os
import subprocess
import sys

import pytest

_ASKED = """
from datetime import date
from govline.calendar.definition import parse
from govline.calendar.layout import _digest

rooms = ["大ホール", "和室", "会議室", "調理室"]
slots = [{"dates": "2026-12-14", "times": "9:00-12:00", "name": name} for name in rooms]
said = {"programme": "hall", "label": "公民館", "capacity": 1, "slots": slots, SAID}
print(_digest(parse(said), date(2026, 11, 22), lambda day: False))
"""


@pytest.mark.parametrize(
    "said",
    [
        '"options": {"マイク": {"stock": 3, "slots": rooms}}',
        '"pools": [{"name": "係員", "capacity": 3, "slots": rooms}]',
    ],
)
def test_processes_whose_sets_have_another_order_agree(said):
    script = _ASKED.replace("SAID", said)
    told = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(told) == 1
