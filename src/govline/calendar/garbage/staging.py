"""A town's calendars in the database: what holds, what is staged, and the turn from one to the next."""

from collections.abc import Iterator
from datetime import date
from itertools import groupby
from operator import itemgetter

from attrs import evolve

from govline.calendar.garbage import _queries as q
from govline.calendar.garbage.area_table import Problem
from govline.calendar.garbage.centers import Closure
from govline.calendar.garbage.editions import Book, Edition, PlainArea, crossing
from govline.calendar.garbage.plan import Closing, DayChange
from govline.core import Transaction

__all__ = ["book_of", "overlaps", "replace", "stage", "turn"]


def book_of(tx: Transaction, closing: Closing = "drop") -> Book:
    """The town's calendars as they stand."""
    cells = {
        area: [(kind, cell) for _, kind, cell in own] for area, own in groupby(tx.all(q.RULES), itemgetter(0))
    }
    base = Edition(
        [label for (label,) in tx.all(q.KINDS)],
        [
            PlainArea(name, reading, center, cells.get(name, ()))
            for name, reading, center in tx.all(q.AREAS_WHOLE)
        ],
        [Closure(*row) for row in tx.all(q.CENTER_CLOSURES)],
        [DayChange(*row) for row in tx.all(q.EXCEPTIONS)],
    )
    staged = [Edition.from_json(document, starts, ends) for starts, ends, document in tx.all(q.EDITIONS)]
    return Book(base, staged, closing)


def replace(tx: Transaction, edition: Edition) -> None:
    """Let an edition hold from now on, in the place of what held."""
    for statement in q.CLEAR:
        tx.write(statement)
    rows = [
        {"name": area.name, "reading": area.reading, "center": area.center, "position": position}
        for position, area in enumerate(edition.areas)
    ]
    tx.write_many(q.ADD["area"], rows)
    tx.write_many(
        q.ADD["kind"], [{"label": kind, "position": position} for position, kind in enumerate(edition.kinds)]
    )
    cells = [
        {"area": area.name, "kind": kind, "cell": cell} for area in edition.areas for kind, cell in area.cells
    ]
    tx.write_many(q.ADD["rule"], cells)
    spans = {(each.center, each.first, each.last) for each in edition.closures}
    names = ("center", "first_day", "last_day")
    tx.write_many(q.ADD["closure"], [dict(zip(names, span, strict=True)) for span in sorted(spans)])
    columns = ("day", "area", "kind", "action", "moved_to")
    changes = {(c.day, c.area, c.kind, c.action): c.moved_to for c in edition.changes}
    tx.write_many(
        q.ADD["exception"], [dict(zip(columns, (*key, to), strict=True)) for key, to in changes.items()]
    )
    _add_kinds(tx)


def stage(tx: Transaction, edition: Edition) -> None:
    """Keep an edition until its first day; one of the same days is replaced."""
    assert edition.starts is not None
    row = {
        "name": _name(edition.starts, edition.ends),
        "starts": edition.starts,
        "ends": edition.ends,
        "document": edition.to_json(),
        "imported_at": tx.now,
    }
    tx.write(q.STAGE, row)
    _add_kinds(tx)


def overlaps(tx: Transaction, edition: Edition) -> Iterator[Problem]:
    """Calendars for a while that are staged for some of the days of this one: named, with the one that then holds."""
    if edition.starts is None or edition.ends is None:
        return
    for starts, ends, document in tx.all(q.EDITIONS):
        if ends is None or (starts, ends) == (edition.starts, edition.ends):
            continue
        first, last = max(starts, edition.starts), min(ends, edition.ends)
        if first <= last:
            other = Edition.from_json(document, starts, ends)
            holding = Book(other, [other, edition]).on(first)
            yield Problem(
                0,
                "期間",
                edition.title,
                f"{other.title} と {first} から {last} までが重なります(この間は {holding.title} によります)",
                "GL-2032",
            )


def turn(tx: Transaction, today: date) -> bool:
    """Whether a staged calendar took over or one that was over went."""
    spans = tx.all(q.STAGED)
    over = [(starts, ends) for starts, ends in spans if (starts <= today if ends is None else ends < today)]
    if not over:
        return False
    documents = {(starts, ends): document for starts, ends, document in tx.all(q.EDITIONS)}
    before = book_of(tx).base
    for starts, ends in over:
        tx.write(q.DROP_EDITION, {"which": _name(starts, ends)})
    due = max((starts for starts, ends in over if ends is None), default=None)
    if due is not None:
        following = Edition.from_json(documents[due, None], due, None)
        replace(tx, evolve(following, changes=[*following.changes, *crossing(before, due)]))
    _drop_kinds(tx, {kind for span in over for kind in documents[span]["kinds"]})
    return True


def _drop_kinds(tx: Transaction, gone: set[str]) -> None:
    """Kinds that only a calendar had which is over."""
    still = {kind for _, kind, _ in tx.all(q.RULES)}
    still |= {kind for _, _, document in tx.all(q.EDITIONS) for kind in document["kinds"]}
    for kind in sorted(gone - still):
        tx.write(q.DROP_KIND, {"which": kind})


def _name(starts: date, ends: date | None) -> str:
    return f"{starts}/{ends or ''}"


def _add_kinds(tx: Transaction) -> None:
    """Days of a staged calendar are shown and told of by its kinds, so the town knows them before its day."""
    known = [label for (label,) in tx.all(q.KINDS)]
    staged = [kind for _, _, document in tx.all(q.EDITIONS) for kind in document["kinds"]]
    new = [kind for kind in dict.fromkeys(staged) if kind not in known]
    for position, label in enumerate(new, len(known)):
        tx.write(q.ADD_KIND, {"label": label, "position": position})
