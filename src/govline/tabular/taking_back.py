"""Takes an import back from what it kept: by hand, or because it broke off. Page by page, last page first, to be begun again anywhere."""

from collections.abc import Sequence
from typing import Any

from attrs import frozen

from govline.core import Actor, Dataset, Id, Transaction
from govline.core.ports import DatabasePort
from govline.errors import InputError, StoreError
from govline.tabular import _queries as q
from govline.tabular._queries import Import
from govline.tabular.journal import LEASE, Kept
from govline.tabular.model import Change, Table, Values
from govline.tabular.pages import PAGE, Pages, busy

__all__ = ["TakingBack", "Undone"]

_NAMED = 10


@frozen
class Undone:
    """What was taken back.

    Args:
        rows: As they were before the import.
        left: Changed since by somebody else, so they stay as they are now.
    """

    import_id: Id
    rows: int
    left: int = 0


class TakingBack:
    """Takes imports of one dataset back."""

    def __init__(self, database: DatabasePort, dataset: Dataset, table: Table, actor: Actor) -> None:
        self.database, self.dataset, self.actor = database, dataset, actor
        self.pages = Pages(dataset, table)
        self.own = [column.name for column in table.columns if not column.read_only]

    def last(self, *, keep_changed: bool) -> Undone:
        """The last import that stands.

        Raises:
            InputError: GL-0067, none, too old, or rows changed since (unless they may be left).
        """
        found: Import | None = self.database.read(lambda tx: tx.one(q.LAST, {"kind": self.dataset.name}))
        if found is None or found.state == "closed":
            why = "the last import is too old" if found else "no import stands"
            raise InputError(
                f"nothing can be taken back: {why}", code="GL-0067", place={"dataset": self.dataset.name}
            )
        if not keep_changed and (rows := self._changed_since(found.id)):
            named = ", ".join(str(row) for row in rows[:_NAMED]) + (" …" if len(rows) > _NAMED else "")
            raise InputError(
                f"{len(rows)} rows of the import were changed since",
                code="GL-0067",
                hint=f"rows of its file: {named}; keep_changed (--keep-changed) leaves them as they are now",
                place={"dataset": self.dataset.name, "import": found.id},
            )
        return self._go_on(found.id, self.database.run(lambda tx: self._take(tx, found), actor=self.actor))

    def take_over(self, broken: Import) -> int:
        """An import that broke off; how many rows. 0 where somebody else was quicker."""
        try:
            token = self.database.run(lambda tx: self._take(tx, broken), actor=self.actor)
            return self._go_on(broken.id, token).rows
        except InputError:
            return 0

    def abandon(self, import_id: Id, token: Id) -> None:
        """Our own import that met an error."""
        try:
            mine = self.database.run(lambda tx: self._from_writing(tx, import_id, token), actor=self.actor)
        except StoreError:
            return  # somebody took it over, and back
        self._go_on(import_id, mine)

    def _from_writing(self, tx: Transaction, import_id: Id, token: Id) -> Id:
        given = {
            "import_id": import_id,
            "seen": token,
            "was": "writing",
            "mine": token,
            "until": tx.now + LEASE,
        }
        if not tx.write(q.TAKE_OVER, given):
            raise StoreError("the import is no longer ours", code="GL-0068")
        return token

    def _take(self, tx: Transaction, found: Import) -> Id:
        """Make an import ours, in state `undoing`; the token that shows it."""
        others = [each for each in tx.all(q.OPEN) if each.kind == found.kind and each.id != found.id]
        token = tx.new_id()
        given = {
            "import_id": found.id,
            "seen": found.token,
            "was": found.state,
            "mine": token,
            "until": tx.now + LEASE,
        }
        if others or not tx.write(q.TAKE_OVER, given):
            raise busy(found.kind)
        return token

    def _go_on(self, import_id: Id, token: Id) -> Undone:
        rows = left = 0
        below = ""
        while page := self.database.run(
            lambda tx, below=below: self._page(tx, import_id, token, below),  # type: ignore[misc]  # as below
            actor=self.actor,
        ):
            rows, left, below = rows + page[0], left + page[1], page[2]
        self.database.run(
            lambda tx: self.pages.end(tx, import_id, token, ("undoing", "undone"), rows=rows, left=left),
            actor=self.actor,
        )
        return Undone(import_id, rows, left)

    def _page(self, tx: Transaction, import_id: Id, token: Id, below: str) -> tuple[int, int, str] | None:
        self.pages.renew(tx, import_id, token)
        kept = self.pages.codec.back(tx, import_id, below, PAGE)
        if not kept:
            return None
        reverse = [change for change in self._reversed(tx, kept) if change is not None]
        if reverse:
            self.pages.carry_out(tx, reverse)
        tx.write_many(q.FORGET_CHANGE, [{"row": each.id} for each in kept])
        return len(reverse), len(kept) - len(reverse), kept[-1].id

    def _changed_since(self, import_id: Id) -> list[int]:
        """Rows of the file whose change no longer stands as it was made."""
        found: list[int] = []
        after = ""
        while True:
            page, changed = self.database.read(lambda tx, after=after: self._look(tx, import_id, after))  # type: ignore[misc]  # mypy infers no lambda with a default
            if not page:
                return found
            found += changed
            after = page[-1].id

    def _look(self, tx: Transaction, import_id: Id, after: str) -> tuple[list[Kept], list[int]]:
        page = self.pages.codec.after(tx, import_id, after, PAGE)
        judged = zip(page, self._reversed(tx, page), strict=True)
        return page, [each.row for each, change in judged if change is None]

    def _reversed(self, tx: Transaction, kept: Sequence[Kept]) -> list[Change | None]:
        """For each change the one that takes it back, None where the row is no longer as the import left it."""
        standing = self.pages.standing(tx, [each.change.key for each in kept])
        return [self._reverse(each.change, standing.get(each.change.key)) for each in kept]

    def _reverse(self, change: Change, now: Values | None) -> Change | None:
        before, after = change.before, change.after
        if after is None:
            return Change(change.key, None, before) if now is None else None
        if now is None:
            return None
        if before is None:
            same = all(now.get(name) == after.get(name) for name in self.own)
            return Change(change.key, now, None) if same else None
        touched: dict[str, Any] = {
            name: before.get(name) for name in self.own if before.get(name) != after.get(name)
        }
        if any(now.get(name) != after.get(name) for name in touched):
            return None
        return Change(change.key, now, {**now, **touched})
