"""Files of the ended LINE SMART CITY GovTech programme: answers of its forms become attributes, its calendar grid slots.

Shapes as its manual and samples show them (linefukuoka/line-smart-city-docs): a form is exported with one row an answer, with the
columns ユーザーID, パーティションキー, #, one a question, and 状態; a calendar has a row a time and a column a date.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve, frozen

from govline.calendar.govtech import read_grid as read_calendar
from govline.core import ALLOW_ALL, SYSTEM, Actor, DataClass, Json, PolicyPort, ProfilePort, Ref, Transaction
from govline.errors import GovlineError, IndividualNumberRefused
from govline.line.accounts.followers import may_import
from govline.store import Database, identity

if TYPE_CHECKING:
    from govline.tabular import Report, Row, Table
    from govline.tabular.reading import Reading

__all__ = ["Migrated", "answers_table", "import_answers", "read_calendar"]

Convert = Callable[[str], Json]
_UNIT: Final = 200
_GONE: Final = frozenset({"取り消し", "取消", "キャンセル"})


@frozen
class Migrated:
    """What became of an exported form.

    Args:
        report: In the shape of every import: rows, faults with row and column, what is new, changed and unchanged.
        withdrawn: Rows that the programme itself had marked as cancelled. `elsewhere`: answers that did not come by LINE.
        unknown: Answers of people who are no friends of the account (any more): import its followers first.
    """

    report: "Report"
    withdrawn: int = 0
    elsewhere: int = 0
    unknown: int = 0


@frozen
class _Counts:
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    withdrawn: int = 0
    elsewhere: int = 0
    unknown: int = 0

    def __add__(self, other: "_Counts") -> "_Counts":
        return _Counts(*(getattr(self, name) + getattr(other, name) for name in _NAMES))


_NAMES: Final = ("added", "changed", "unchanged", "withdrawn", "elsewhere", "unknown")


class _Undo(Exception):
    """Takes a trial back; carries what it counted."""

    def __init__(self, counts: _Counts) -> None:
        super().__init__()
        self.counts = counts


def answers_table(questions: Mapping[str, str]) -> "Table":
    """The columns of an exported form.

    Args:
        questions: The question as its header reads -> the attribute that it becomes.
    """
    from govline.tabular import Column, Table

    secret = DataClass.PERSONAL
    own = [
        Column("user_id", "ユーザーID", pattern=r"U[0-9a-f]{32}", pattern_hint="LINEのuserId", data=secret),
        Column("state_", "状態"),
    ]
    asked = [Column(name, title, data=secret) for title, name in questions.items()]
    return Table("govtech.answers", (*own, *asked))


def import_answers(
    db: Database,
    path: Path,
    questions: Mapping[str, str],
    profile: ProfilePort,
    *,
    convert: Mapping[str, Convert] | None = None,
    dry_run: bool = False,
    good_only: bool = False,
    actor: Actor = SYSTEM,
    policy: PolicyPort = ALLOW_ALL,
) -> Migrated:
    """Answers of an exported form become attributes of known citizens; a later row wins, an empty cell changes nothing.

    Args:
        path: CSV in any encoding of an office, or Excel.
        questions: The question as its header reads -> the attribute.
        profile: Whose attributes: `city.segments`, or the vendor's own table.
        convert: Attribute -> from the answer's text to its value; ValueError or LookupError refuses the row. Text otherwise.
        dry_run: Try everything and write nothing.
        good_only: Write the good rows of a file with faults; otherwise such a file writes nothing.
        actor: Who imports; stands in the audit. `policy`: is asked for `data.import`.

    Raises:
        InputError: The policy's code, the actor may not import.
        FileError: The file cannot be read at all.
    """
    from govline.tabular import read

    may_import(policy, actor)
    reading = read(answers_table(questions), path)
    attributes = {name: (convert or {}).get(name, str) for name in questions.values()}
    tried = _over(db, reading, attributes, profile, keep=False)
    report = reading.report
    if dry_run or (report.refused and not good_only):
        return _told(report, tried, written=False)
    counts = _over(db, reading, attributes, profile, keep=True)
    told = {"added": counts.added, "changed": counts.changed}
    db.run(lambda tx: tx.audit("account.answers", Ref("account.import", "answers"), told), actor=actor)
    return _told(report, counts, written=True)


def _told(report: "Report", counts: _Counts, *, written: bool) -> Migrated:
    full = evolve(
        report, added=counts.added, changed=counts.changed, unchanged=counts.unchanged, written=written
    )
    return Migrated(full, counts.withdrawn, counts.elsewhere, counts.unknown)


def _over(
    db: Database, reading: "Reading", attributes: Mapping[str, Convert], profile: ProfilePort, *, keep: bool
) -> _Counts:
    total = _Counts()
    rows = (row for row in reading if not row.issues)
    for _number, part in groupby(enumerate(rows), lambda pair: pair[0] // _UNIT):
        page = [row for _at, row in part]
        total += _page(db, _Page(reading, attributes, profile, page), keep=keep)
    return total


def _page(db: Database, page: "_Page", *, keep: bool) -> _Counts:
    counts = db.run(page.write) if keep else _tried(db, page)
    for row, column, reason in page.refused:
        page.reading.refuse(row, column, reason)
    return counts


def _tried(db: Database, page: "_Page") -> _Counts:
    try:
        db.run(page.try_out)
    except _Undo as undone:
        return undone.counts
    raise AssertionError("a trial always ends in its undoing")


class _Page:
    """A page of rows in one unit, which may run again: what it refuses is told once it has ended."""

    def __init__(
        self,
        reading: "Reading",
        attributes: Mapping[str, Convert],
        profile: ProfilePort,
        rows: "Sequence[Row]",
    ) -> None:
        self.reading = reading
        self.refused: list[tuple[Row, str, Any]] = []
        self._attributes = attributes
        self._profile = profile
        self._rows = rows

    def try_out(self, tx: Transaction) -> None:
        raise _Undo(self.write(tx))

    def write(self, tx: Transaction) -> _Counts:
        self.refused = []
        return sum((self._row(tx, row) for row in self._rows), _Counts())

    def _row(self, tx: Transaction, row: "Row") -> _Counts:
        user = row.values.get("user_id")
        if (row.values.get("state_") or "") in _GONE:
            return _Counts(withdrawn=1)
        if not user:
            return _Counts(elsewhere=1)
        citizen = identity.find_citizen(tx, user)
        if citizen is None:
            return _Counts(unknown=1)
        given = {name: row.values[name] for name in self._attributes if row.values.get(name)}
        before = {name: self._profile.get(tx, citizen, name) for name in given}
        if not self._set(tx, row, citizen, given):
            return _Counts()
        if before == {name: self._profile.get(tx, citizen, name) for name in given}:
            return _Counts(unchanged=1)
        return _Counts(added=1) if not any(before.values()) else _Counts(changed=1)

    def _set(self, tx: Transaction, row: "Row", citizen: str, given: Mapping[str, Any]) -> bool:
        """Whether every answer of the row fits its attribute; none of a row with a fault stays."""
        from govline.tabular.wording import Misfit

        step = tx.connection.begin_nested()
        for name, value in given.items():
            try:
                self._profile.set(tx, citizen, name, self._attributes[name](value), source="govtech")
            except (GovlineError, ValueError, LookupError) as fault:
                step.rollback()
                number = isinstance(fault, IndividualNumberRefused)
                hint = getattr(fault, "hint", "") or "変換の決まりに合う値にしてください"
                why = Misfit("individual_number") if number else Misfit("unfit", hint=hint)
                self.refused.append((row, name, why))
                return False
        step.commit()
        return True
