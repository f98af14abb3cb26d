"""Importing a town's calendar: read everything, then replace or stage everything, or write nothing at all."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar

from attrs import asdict, evolve, field, frozen

from govline.calendar.garbage import _queries as q
from govline.calendar.garbage import staging
from govline.calendar.garbage.area_table import AreaTable, Problem
from govline.calendar.garbage.centers import Closure, read_centers
from govline.calendar.garbage.editions import Edition, edition_of
from govline.calendar.garbage.files import read_calendar
from govline.calendar.garbage.labels import japanese
from govline.calendar.garbage.model import ImportReport
from govline.calendar.garbage.places import TownName
from govline.calendar.garbage.plan import Closing, DayChange
from govline.calendar.garbage.rules import On, Rule
from govline.calendar.garbage.side_files import Changes, read_exceptions, without_effect
from govline.calendar.garbage.towns import PostalTown, read_postcodes, read_towns, with_postcodes
from govline.core import Ref, Transaction, frozen_tuple
from govline.core.jst import to_jst

__all__ = ["TownFiles", "extend", "import_files", "lay_out", "lost_areas", "read_files"]

_AHEAD = timedelta(days=200)
_REFRESH = timedelta(days=170)
_DAY = timedelta(days=1)

T = TypeVar("T")


@frozen
class TownFiles:
    """What was read: areas, closures, exceptions, towns, and what could not be read of the latter three.

    `towns` and `postal` are None where there is no such file: those that the town has stay. `name` is the calendar's file.
    """

    table: AreaTable
    closures: tuple[Closure, ...] = field(default=(), converter=frozen_tuple)
    changes: tuple[DayChange, ...] = field(default=(), converter=frozen_tuple)
    problems: tuple[Problem, ...] = field(default=(), converter=frozen_tuple)
    towns: tuple[TownName, ...] | None = None
    postal: tuple[PostalTown, ...] | None = None
    name: str = ""


def read_files(
    path: str | Path,
    center: str | Path | None = None,
    exceptions: str | Path | None = None,
    *,
    towns: str | Path | None = None,
    postcodes: str | Path | None = None,
    municipality: str = "",
) -> TownFiles:
    """Read a calendar with the `center.csv`, `exceptions.csv` and `towns.csv` beside it where none are named; needs no transaction.

    Args:
        path: The calendar; `center`, `exceptions` and `towns` as the names say.
        postcodes: Japan Post's KEN_ALL; `municipality` says whose rows are meant where it holds several. See `read_postcodes`.

    Raises:
        FileError: GL-2021, one of them holds no table.
    """
    named = _beside(path, "towns.csv", towns, read_towns)
    closures, problems = _beside(path, "center.csv", center, read_centers) or ([], [])
    read = _beside(path, "exceptions.csv", exceptions, read_exceptions) or Changes()
    return TownFiles(
        read_calendar(path),
        closures,
        read.changes,
        [*problems, *read.problems, *(named.problems if named else ())],
        named.towns if named else None,
        tuple(read_postcodes(postcodes, municipality)) if postcodes else None,
        Path(path).name,
    )


def import_files(
    tx: Transaction,
    files: TownFiles,
    *,
    closing: Closing = "drop",
    skip_unreadable: bool = False,
    starts: date | None = None,
    ends: date | None = None,
) -> ImportReport:
    """Replace the town's calendar, or stage one that holds from `starts` on, or only until `ends`. Citizens' settings stay.

    Args:
        closing: What closures do to days.
        skip_unreadable: Import although some cells cannot be read; those kinds are then unknown in those areas.
        starts: First day of a calendar that is staged; one that begins today or earlier and is open replaces at once.
        ends: Last day of one that holds for a while (January apart).

    Returns:
        Counts, problems and warnings; `written` is False, and nothing was written, when there are problems.
    """
    files = evolve(files, table=japanese(files.table))
    edition, doubtful = edition_of(files.table, files.closures, files.changes)
    edition = evolve(edition, starts=starts, ends=ends, source=files.name)
    report = _report(files, edition, doubtful)
    if not edition.areas or (report.problems and not skip_unreadable):
        return report
    today = to_jst(tx.now).date()
    staged = starts is not None and (starts > today or ends is not None)
    warned = [
        *_keep_towns(tx, files, [area.name for area in edition.areas], add=staged),
        *staging.overlaps(tx, edition),
    ]
    if staged:
        staging.stage(tx, edition)
    else:
        staging.replace(tx, edition)
    count, until = lay_out(tx, closing)
    verb = "garbage.stage" if staged else "garbage.import"
    tx.audit(verb, Ref("garbage.calendar", "days"), {"areas": report.areas, "days": count})
    lost = lost_areas(tx, [area.name for area in edition.areas])
    return evolve(
        report,
        days=count,
        until=until,
        written=True,
        staged=staged,
        imported_at=tx.now,
        lost_areas=lost,
        warnings=[*report.warnings, *warned],
    )


def _keep_towns(tx: Transaction, files: TownFiles, areas: Sequence[str], *, add: bool) -> list[Problem]:
    """Replace the towns where a file of them was read, or add to them; warnings of what fits no area."""
    if files.towns is None and files.postal is None:
        return []
    towns, warnings = with_postcodes(files.towns or (), areas, files.postal or ())
    known = set(areas)
    unknown = dict.fromkeys(town.area for town in towns if town.area not in known)
    reason = "その地区は収集日の表にありません"
    warnings += [Problem(0, "町名", area, reason, "GL-2029") for area in unknown]
    kept = dict.fromkeys([*(tx.all(q.TOWNS) if add else ()), *towns])
    tx.write(q.CLEAR_TOWNS)
    tx.write_many(q.ADD_TOWN, [{"position": at, **asdict(town)} for at, town in enumerate(kept)])
    return warnings


def extend(tx: Transaction, closing: Closing = "drop") -> int:
    """Let a staged calendar hold whose day has come, drop those that are over, and lay out more days when fewer than 170 are ahead.

    Returns:
        How many days are laid out then; 0 when nothing was to do.
    """
    row = tx.one(q.HORIZON)
    if row is None:
        return 0
    today = to_jst(tx.now).date()
    turned = staging.turn(tx, today)
    if row[0] >= today + _REFRESH and not turned:
        return 0
    return lay_out(tx, closing)[0]


def lay_out(tx: Transaction, closing: Closing = "drop") -> tuple[int, date]:
    """Write the days from yesterday on, for 200 days; what lay there is laid out afresh. How many, and until when."""
    first = to_jst(tx.now).date() - _DAY
    last = first + _AHEAD
    days: dict[tuple[date, str, str], None] = {}
    changed: dict[tuple[date, str, str], date | None] = {}
    for cell in staging.book_of(tx, closing).lay_out(first, last):
        days.update(((day, cell.area, cell.kind), None) for day in cell.laid.days)
        changed.update(((day, cell.area, cell.kind), to) for day, to in cell.laid.changed)
    for statement in q.CLEAR_DAYS:
        tx.write(statement)
    names = ("day", "area", "kind")
    count = tx.write_many(q.ADD["day"], [dict(zip(names, key, strict=True)) for key in days])
    tx.write_many(
        q.ADD["change"],
        [
            {**dict(zip(names, key, strict=True)), "moved_to": to}
            for key, to in changed.items()
            if key not in days
        ],
    )
    tx.write(
        q.REMEMBER_HORIZON,
        {"name": "days", "laid_out_to": last, "laid_out_at": tx.now, "version": tx.new_id()},
    )
    return count, last


def lost_areas(tx: Transaction, names: Sequence[str] | None = None) -> list[tuple[str, int]]:
    """Areas that citizens have chosen and that are none of `names` (the present areas where omitted), with how many chose each."""
    known = set(names) if names is not None else {area.name for area in tx.all(q.AREAS)}
    return [(area, count) for area, count in tx.all(q.CHOSEN_AREAS) if area not in known]


def _report(files: TownFiles, edition: Edition, doubtful: Sequence[Problem]) -> ImportReport:
    table = files.table
    odd = [
        *table.warnings,
        *_unknown_centers(table, files.closures),
        *_dates_in_closures(edition),
        *without_effect(table, files.changes),
    ]
    return ImportReport(
        areas=len(edition.areas),
        kinds=table.kinds,
        cells=table.cells,
        empty=table.empty,
        parsed=table.parsed,
        closures=len(files.closures),
        problems=[*table.problems, *files.problems, *doubtful],
        warnings=odd,
    )


def _beside(path: str | Path, name: str, given: str | Path | None, read: Callable[[Path], T]) -> T | None:
    source = Path(given) if given else Path(path).parent / name
    return read(source) if given or source.exists() else None


def _unknown_centers(table: AreaTable, closures: Sequence[Closure]) -> Iterator[Problem]:
    """Closures that reach no area: the files do not fit, and a notice would go out on a closed day."""
    known = {area.center for area in table.areas}
    for name in dict.fromkeys(closure.center for closure in closures):
        if name not in known:
            reason = "このセンターに属する地区がありません(休止は反映されません)"
            yield Problem(0, "center.csv", name, reason, "GL-2024")


def _dates_in_closures(edition: Edition) -> Iterator[Problem]:
    """A date in a cell on which its centre is closed: one of the two files is wrong, and the date stands."""
    for area in edition.areas:
        closed = [(each.first, each.last) for each in edition.closures if each.center == area.center]
        for kind, cell in area.cells if closed else ():
            for term in Rule.parse(cell).terms:
                if isinstance(term, On) and any(first <= term.day <= last for first, last in closed):
                    yield Problem(
                        0,
                        kind,
                        f"{term.day:%Y%m%d}",
                        f"{area.name}: 休止期間中の日付です(収集ありとして扱います)",
                        "GL-2024",
                    )
