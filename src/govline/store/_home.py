"""What the store keeps with a driver connection of its own; a connection that was joined has none."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

__all__ = ["Home"]


class Home:
    """Lives in the attribute `_govline` of a driver connection and dies with it."""

    def __init__(self) -> None:
        self.engine: Engine | None = None
