"""The public names: what is listed is what can be had, and importing costs neither SDK nor SQLAlchemy."""

import importlib
import subprocess
import sys

import pytest

ROOMS = [
    *("govline", "govline.core", "govline.errors", "govline.city", "govline.store", "govline.line"),
    *("govline.delivery", "govline.segments", "govline.scenario", "govline.calendar"),
    *("govline.calendar.garbage", "govline.mynumber", "govline.payments", "govline.simulator"),
]


@pytest.mark.parametrize("room", ROOMS)
def test_every_listed_name_arrives_and_an_unlisted_one_does_not(room):
    module = importlib.import_module(room)
    assert len(set(module.__all__)) == len(module.__all__)
    for name in module.__all__:
        assert getattr(module, name) is not None
    with pytest.raises(AttributeError):
        module.no_such_name  # noqa: B018


def test_the_front_shows_what_it_lists():
    import govline

    assert set(dir(govline)) == set(govline.__all__)


@pytest.mark.parametrize("room", ["govline", "govline.core", "govline.errors"])
def test_importing_loads_neither_the_sdk_nor_sqlalchemy(room):
    heavy = (
        "{'linebot', 'sqlalchemy', 'alembic', 'pydantic', 'cryptography', 'urllib3', 'starlette', 'asyncio'}"
    )
    program = f"import sys, {room}; print(*sorted({heavy} & {{name.split('.')[0] for name in sys.modules}}))"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert set(ran.stdout.split()) <= ({"pydantic"} if room == "govline.core" else set())
