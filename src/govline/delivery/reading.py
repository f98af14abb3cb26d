"""What became of runs: runs with their counts, and the ledger's rows; reads only."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from govline.core import CitizenId, Id, Transaction
from govline.core.transaction import NamedStatement
from govline.delivery import _queries as q
from govline.delivery.model import Counts, LedgerRow, Run
from govline.errors import InputError

__all__ = [
    "LEDGER_HEADER",
    "ledger",
    "ledger_counts",
    "ledger_table",
    "number",
    "run",
    "run_by_key",
    "runs",
    "same_run",
]

LEDGER_HEADER: Final = ("citizen", "state", "reason")
"""Column names of `ledger_table`."""

_LAST_ID: Final = "g"  # sorts after every id, in every collation
_PAGE: Final = 5_000


def run(tx: Transaction, run_id: Id) -> Run | None:
    """One run with its counts, or None."""
    row = tx.one(q.RUN_BY_ID, {"id": run_id})
    return None if row is None else _with_counts(tx, row)


def run_by_key(tx: Transaction, key: str) -> Run | None:
    """The run of an idempotency key, or None."""
    row = tx.one(q.RUN_BY_KEY, {"key": key})
    return None if row is None else _with_counts(tx, row)


def same_run(tx: Transaction, key: str, digest: str) -> Run:
    """The run that stands under a key that was just written or was known.

    Raises:
        InputError: GL-1052, it is of other messages.
    """
    standing = run_by_key(tx, key)
    assert standing is not None
    if standing.digest != digest:
        raise InputError(
            "the key names a run with other messages",
            code="GL-1052",
            hint="a changed message is a new run with a new key",
            place={"run": standing.id},
        )
    return standing


def runs(tx: Transaction, *, before: Id | None = None, limit: int = 50) -> tuple[Run, ...]:
    """Runs with their counts, newest first; `before` is the last id of the page read so far."""
    rows = tx.all(q.RUNS, {"before": before or _LAST_ID, "limit": limit})
    return tuple(_with_counts(tx, row) for row in rows)


def ledger(
    tx: Transaction, run_id: Id, *, after: CitizenId = "", limit: int = 1_000
) -> tuple[LedgerRow, ...]:
    """A page of a run's ledger in order of citizen id; `after` is the last citizen of the page read so far."""
    return tuple(tx.all(q.LEDGER, {"run": run_id, "after": after, "limit": limit}))


def ledger_table(tx: Transaction, run_id: Id) -> Iterator[tuple[str, str, str]]:
    """Every row of a run's ledger as texts, for a CSV under `LEDGER_HEADER`; read page by page, whatever its length."""
    after = ""
    while page := ledger(tx, run_id, after=after, limit=_PAGE):
        for row in page:
            yield row.citizen, row.state, row.reason
        after = page[-1].citizen


def ledger_counts(tx: Transaction, run_id: Id) -> Counts:
    """The counts as the ledger's rows give them: equal to `Run.counts`, which come from the batches."""
    return Counts(**{state: int(rows) for state, rows in tx.all(q.LEDGER_COUNTS, {"run": run_id})})


def number(tx: Transaction, statement: NamedStatement, params: Mapping[str, Any]) -> int:
    """The one number that a counting statement gives."""
    row = tx.one(statement, params)
    return 0 if row is None else int(row[0])


def _with_counts(tx: Transaction, row: Any) -> Run:
    """Who was placed and has no fate yet is planned, in a batch already or not."""
    *fields, left_out, placed = row
    found = {state: int(size) for state, size in tx.all(q.BATCH_COUNTS, {"run": fields[0]})}
    sent, unknown, refused = (found.get(state, 0) for state in ("sent", "unknown", "not_reached"))
    counts = Counts(placed - sent - unknown - refused, sent, unknown, refused + left_out)
    values = (*fields, counts)
    return Run(*values)
