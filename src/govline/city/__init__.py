"""The composition root: a town is a database, features and edges."""

from govline.city.asgi import asgi
from govline.city.channel import LineChannel
from govline.city.city import City
from govline.city.config import CityConfig, LineConfig, read_config
from govline.city.router import Router

__all__ = ["City", "CityConfig", "LineChannel", "LineConfig", "Router", "asgi", "read_config"]
