"""Any file of collection days as one table: 5374.jp, a town's open data, one row a rule, Excel, YAML. Told apart by the header."""

from collections.abc import Sequence
from pathlib import Path

from govline.calendar.garbage.readers import AreaTable, read_rows, rows_of
from govline.core.text import normalize

__all__ = ["read_calendar"]

_PROPERTY = "#property"


def read_calendar(path: str | Path) -> AreaTable:
    """Read a file of collection days, whatever its form.

    Args:
        path: A CSV as 5374.jp publishes it, or as open data whose first header is `#property` (prose cells, names joined by ・).

    Raises:
        FileError: GL-2021, the file holds no table of areas.
    """
    rows: Sequence[tuple[int, Sequence[str]]] = rows_of(path)
    if normalize(rows[0][1][0]) == _PROPERTY:
        rows = [(number, row[1:]) for number, row in rows]
    return read_rows(rows)
