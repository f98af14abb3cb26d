"""The composition root: a town is a database, features and edges."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from govline.city.asgi import asgi
from govline.city.channel import LineChannel
from govline.city.city import City
from govline.city.router import Router

if TYPE_CHECKING:
    from govline.city.config import CityConfig, LineConfig, read_config

__all__ = ["City", "CityConfig", "LineChannel", "LineConfig", "Router", "asgi", "read_config"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module("govline.city.config"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
