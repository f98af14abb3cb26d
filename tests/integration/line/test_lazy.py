"""What importing the LINE edge costs: never the SDK, the store or SQLAlchemy."""

import subprocess
import sys

import pytest

HEAVY = ("linebot", "sqlalchemy", "alembic", "requests", "aiohttp", "govline.store", "cryptography")


@pytest.mark.parametrize(
    "statement",
    [
        "import govline.line",
        "from govline.line import Webhook, parse, from_sdk, to_input, signature_fits",
        "from govline.line import SdkMessenger, Limiter, judge, line_effects, diagnose, publish_menu, SharedLimiter",
    ],
)
def test_importing_loads_nothing_heavy(statement):
    code = f"{statement}\nimport sys\nprint([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_importing_the_package_alone_loads_no_pydantic_either():
    code = "import govline.line, sys; print('pydantic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_every_public_name_is_there():
    import govline.line

    for name in govline.line.__all__:
        assert getattr(govline.line, name).__doc__
    with pytest.raises(AttributeError):
        _ = govline.line.nothing_of_this_name
