"""Rich menus of one channel: objects, images, links per user, aliases, the default and its lag (line.md §6)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from govline.core import Json
from govline.simulator.limits import Limits
from govline.simulator.mint import Mint
from govline.simulator.model import Content

__all__ = ["MenuShelf"]


class MenuShelf:
    """Not locked: its channel is."""

    def __init__(self, mint: Mint, limits: Limits) -> None:
        self._mint = mint
        self._limits = limits
        self.menus: dict[str, dict[str, Any]] = {}
        self.images: dict[str, Content] = {}
        self.links: dict[str, str] = {}
        self.aliases: dict[str, str] = {}
        self._defaults: list[tuple[datetime, str | None]] = []

    @property
    def default(self) -> str | None:
        """The default as the API knows it; citizens may still see the one before."""
        menu = self._defaults[-1][1] if self._defaults else None
        return menu if menu in self.menus else None

    def create(self, body: dict[str, Json]) -> str | None:
        """Shelve a checked menu; None when the bot has as many as LINE allows."""
        if len(self.menus) >= self._limits.rich_menus:
            return None
        menu_id = "richmenu-" + self._mint.hex(32)
        self.menus[menu_id] = {"richMenuId": menu_id, **body}
        return menu_id

    def delete(self, menu_id: str) -> bool:
        if self.menus.pop(menu_id, None) is None:
            return False
        self.images.pop(menu_id, None)
        self.unlink([user for user, menu in self.links.items() if menu == menu_id])
        return True

    def set_default(self, menu_id: str | None, now: datetime) -> None:
        self._defaults.append((now, menu_id))

    def link(self, users: Iterable[str], menu_id: str) -> None:
        self.links.update(dict.fromkeys(users, menu_id))

    def unlink(self, users: Iterable[str]) -> None:
        for user in users:
            self.links.pop(user, None)

    def shown(self, user: str, now: datetime, opened: datetime | None) -> dict[str, Any] | None:
        """The menu a citizen sees: the own link at once, else the default as of opening the talk or the lag ago."""
        linked = self.links.get(user)
        if linked in self.menus:
            return self.menus[linked]
        horizon = now - self._limits.menu_lag
        horizon = max(horizon, opened) if opened else horizon
        # What seems to be set in the future was set before a talk moved its clock back.
        seen = [menu for since, menu in self._defaults if since <= horizon or since > now]
        return self.menus.get(seen[-1] or "") if seen else None
