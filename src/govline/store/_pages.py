"""Keyset pages: rows behind a known id, forward in time or back from the newest."""

from typing import Any

from attrs import frozen
from sqlalchemy import ColumnElement, true

from govline.core import Id

__all__ = ["Page"]


@frozen
class Page:
    """One page of a listing; `after` is the last id of the page before, "" for the first."""

    after: Id
    limit: int
    newest: bool = False

    def beyond(self, column: ColumnElement[Any]) -> ColumnElement[bool]:
        """Rows that the pages before have not shown."""
        if self.newest:
            return column < self.after if self.after else true()
        return column > self.after

    def order(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """The listing's order."""
        return column.desc() if self.newest else column
