"""Freeze a run, hand out its batches, record what became of them; everything in the caller's transaction."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime

from govline.core import CitizenId, Message, Transaction
from govline.delivery import _queries as q
from govline.delivery.freezing import (
    add_batches,
    add_run,
    check_terms,
    cut,
    leave_out,
    pages,
    serialise,
    started,
    take_in,
)
from govline.delivery.model import Run
from govline.delivery.planning import claim_unit
from govline.delivery.reading import ledger, ledger_counts, ledger_table, run, runs, same_run
from govline.delivery.sending import batch, finish_if_done, hand_out, open_batch, record_batch

__all__ = [
    "batch",
    "freeze",
    "ledger",
    "ledger_counts",
    "ledger_table",
    "open_batch",
    "record_batch",
    "run",
    "runs",
]


def freeze(
    tx: Transaction,
    *,
    key: str,
    source: str,
    messages: Sequence[Message],
    recipients: Iterable[CitizenId],
    unit: str | None = None,
    due: datetime | None = None,
    expires: datetime | None = None,
) -> Run:
    """Fix who gets what, cut it into batches and hand each to the outbox; nothing is sent before the commit.

    For what a feature sends by itself (reminders, notices that citizens asked for), in one unit of work: some ten thousand
    people. What staff send goes through `Delivery.plan`. Recipients are taken as a stream, de-duplicated, and kept in the
    given order; those who blocked the account are written into the ledger as not reached. The same key again gives the run
    that stands.

    Args:
        key: Idempotency key of the run.
        source: Which feature sends, for staff and reports.
        messages: 1 to 5 messages, checked against LINE's limits.
        unit: LINE's custom aggregation unit, `[A-Za-z0-9_]{1,30}`. The 1,001st name of a month, which LINE would not record,
            is left out: the message goes, `Run.unit` is None.
        due: Not before; `expires`: not after, what is unsent then ends not reached.

    Raises:
        MessageError: A message breaks one of LINE's limits.
        InputError: GL-1050 bad unit, GL-1051 expiry not after due, GL-1052 key known with other messages.
    """
    check_terms(unit, due, expires)
    body = serialise(messages)
    digest = hashlib.sha256(body).hexdigest()
    if unit is not None and tx.one(q.RUN_BY_KEY, {"key": key}) is None and not claim_unit(tx, unit, due):
        unit = None
    run_id = add_run(
        tx, key=key, source=source, messages=body, digest=digest, unit=unit, due=due, expires=expires
    )
    if run_id is None:
        return same_run(tx, key, digest)
    offered, placed = 0, 0
    for page in pages(recipients):
        placed += take_in(tx, run_id, page, offered)
        offered += len(page)
    excluded = leave_out(tx, run_id, 0)
    batches = add_batches(tx, run_id, cut(tx, run_id))
    written = {"number": len(batches), "excluded": excluded, "reachable": placed - excluded}
    tx.write(q.PLAN_RUN, {"run": run_id, **written})
    for batch_id in batches:
        hand_out(tx, batch_id, kind="multicast", source=source, dedupe=batch_id, due=due, expires=expires)
    started(tx, run_id, source, len(batches))
    finish_if_done(tx, run_id)
    frozen = run(tx, run_id)
    assert frozen is not None
    return frozen
