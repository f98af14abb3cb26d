"""Importing a town's calendar: read everything, then replace everything, or write nothing at all."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

from attrs import evolve

from govline.calendar.garbage import _queries as q
from govline.calendar.garbage.model import ImportReport
from govline.calendar.garbage.readers import AreaTable, Closure, Problem, read_area_days, read_centers
from govline.calendar.garbage.rules import Rule
from govline.core import Ref, Transaction
from govline.core.jst import to_jst

__all__ = ["extend", "import_file", "import_table", "read_files"]

_AHEAD = timedelta(days=200)
_REFRESH = timedelta(days=170)
_DAY = timedelta(days=1)


def import_file(
    tx: Transaction, path: str | Path, *, center: str | Path | None = None, skip_unreadable: bool = False
) -> ImportReport:
    """Replace the town's calendar by an `area_days.csv`.

    Args:
        path: The file of areas.
        center: The file of closures; `center.csv` beside `path` where there is one.
        skip_unreadable: Import although some cells cannot be read; those kinds are then unknown in those areas.

    Returns:
        Counts, problems and warnings; `written` is False, and nothing was written, when there are problems.

    Raises:
        FileError: GL-2021, the file holds no table.
    """
    return import_table(tx, *read_files(path, center), skip_unreadable=skip_unreadable)


def read_files(
    path: str | Path, center: str | Path | None = None
) -> tuple[AreaTable, list[Closure], list[Problem]]:
    """The areas and the closures, outside any transaction; see `import_file`."""
    beside = Path(path).parent / "center.csv"
    source = center or (beside if beside.exists() else None)
    closures, problems = read_centers(source) if source else ([], [])
    return read_area_days(path), closures, problems


def import_table(
    tx: Transaction,
    table: AreaTable,
    closures: Sequence[Closure] = (),
    problems: Sequence[Problem] = (),
    *,
    skip_unreadable: bool = False,
) -> ImportReport:
    """Replace the town's calendar by what was read; citizens' settings stay."""
    report = ImportReport(
        areas=len(table.areas),
        kinds=table.kinds,
        cells=table.cells,
        empty=table.empty,
        parsed=table.parsed,
        closures=len(closures),
        problems=[*table.problems, *problems],
        warnings=[*table.warnings, *_unknown_centers(table, closures)],
    )
    if not table.areas or (report.problems and not skip_unreadable):
        return report
    _replace(tx, table, closures)
    count, until = _lay_out(tx)
    tx.audit("garbage.import", Ref("garbage.calendar", "days"), {"areas": report.areas, "days": count})
    lost = [tuple(row) for row in tx.all(q.LOST_AREAS)]
    return evolve(report, days=count, until=until, written=True, imported_at=tx.now, lost_areas=lost)


def extend(tx: Transaction) -> int:
    """Lay out more days when fewer than 170 are ahead; how many days are laid out then, 0 when nothing was to do."""
    row = tx.one(q.HORIZON)
    if row is None or row[0] >= to_jst(tx.now).date() + _REFRESH:
        return 0
    return _lay_out(tx)[0]


def _replace(tx: Transaction, table: AreaTable, closures: Sequence[Closure]) -> None:
    for statement in q.CLEAR:
        tx.write(statement)
    areas = [
        {"name": area.name, "reading": area.reading, "center": area.center, "position": position}
        for position, area in enumerate(table.areas)
    ]
    tx.write_many(q.ADD["area"], areas)
    tx.write_many(
        q.ADD["kind"], [{"label": kind, "position": position} for position, kind in enumerate(table.kinds)]
    )
    cells = [
        {"area": area.name, "kind": kind, "cell": cell}
        for area in table.areas
        for kind, cell in area.cells.items()
    ]
    tx.write_many(q.ADD["rule"], cells)
    spans = {(closure.center, closure.first, closure.last) for closure in closures}
    names = ("center", "first_day", "last_day")
    tx.write_many(q.ADD["closure"], [dict(zip(names, span, strict=True)) for span in sorted(spans)])


def _lay_out(tx: Transaction) -> tuple[int, date]:
    """Days from yesterday on, for 200 days; what lay there is laid out afresh."""
    first = to_jst(tx.now).date() - _DAY
    last = first + _AHEAD
    tx.write(q.CLEAR[0])
    count = tx.write_many(q.ADD["day"], list(_days(tx, first, last)))
    tx.write(q.REMEMBER_HORIZON, {"name": "days", "laid_out_to": last, "laid_out_at": tx.now})
    return count, last


def _days(tx: Transaction, first: date, last: date) -> Iterator[dict[str, date | str]]:
    closed: dict[str, list[tuple[date, date]]] = {}
    for center, start, end in tx.all(q.CENTER_CLOSURES):
        closed.setdefault(center, []).append((start, end))
    for area, center, kind, cell in tx.all(q.RULES):
        for day in Rule.parse(cell).between(first, last):
            if not any(start <= day <= end for start, end in closed.get(center, ())):
                yield {"day": day, "area": area, "kind": kind}


def _unknown_centers(table: AreaTable, closures: Sequence[Closure]) -> Iterator[Problem]:
    """Closures that reach no area: the files do not fit, and a notice would go out on a closed day."""
    known = {area.center for area in table.areas}
    for name in dict.fromkeys(closure.center for closure in closures):
        if name not in known:
            reason = "このセンターに属する地区がありません(休止は反映されません)"
            yield Problem(0, "center.csv", name, reason, "GL-2024")
