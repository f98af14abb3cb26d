"""govline: composable primitives for the LINE backends of Japanese municipalities.

Importing `govline` loads no SDK and no SQLAlchemy; every name below arrives when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from govline.city import City as City
    from govline.city import asgi as asgi
    from govline.core import Clock as Clock
    from govline.core import FixedClock as FixedClock
    from govline.core import SystemClock as SystemClock
    from govline.errors import GovlineError as GovlineError
    from govline.store import Database as Database
    from govline.store import Keyring as Keyring

__version__: Final = "0.1.0"

_HOMES: Final = {
    "City": "govline.city",
    "Clock": "govline.core",
    "Database": "govline.store",
    "FixedClock": "govline.core",
    "GovlineError": "govline.errors",
    "Keyring": "govline.store",
    "SystemClock": "govline.core",
    "asgi": "govline.city",
}

__all__ = [
    "City",
    "Clock",
    "Database",
    "FixedClock",
    "GovlineError",
    "Keyring",
    "SystemClock",
    "__version__",
    "asgi",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'govline' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
