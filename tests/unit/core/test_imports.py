"""core stays light: nothing heavy comes with it, and every public name is there when asked for."""

import subprocess
import sys

import pytest

import govline.core

HEAVY = ("holidays", "pydantic", "sqlalchemy", "linebot", "zoneinfo", "govline.core.messages")


def test_importing_core_loads_nothing_heavy():
    probe = f"import sys, govline.core; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_asking_for_messages_and_a_calendar_loads_no_holiday_library():
    probe = (
        "import sys; from govline.core import HolidayCalendar, Text, Texts; HolidayCalendar.official();"
        "print([name for name in ('holidays', 'pydantic') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", govline.core.__all__)
def test_every_public_name_is_there(name):
    assert getattr(govline.core, name) is not None


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = govline.core.Nothing
