"""Runs in which each citizen gets their own messages: a batch a person, sent by push."""

import hashlib
from collections.abc import Mapping, Sequence

from govline.core import CitizenId, Id, Message, Transaction
from govline.delivery import _queries as q
from govline.delivery import _sql as sql
from govline.delivery.freezing import add_batches, add_run, leave_out, serialise, started, take_in
from govline.delivery.model import Run
from govline.delivery.reading import run, same_run
from govline.delivery.sending import finish_if_done, hand_out
from govline.errors import MessageError

__all__ = ["cut_each", "freeze_each", "freeze_personal"]


def freeze_personal(
    tx: Transaction, *, key: str, source: str, messages: Mapping[CitizenId, Sequence[Message]]
) -> Run:
    """Freeze a run in which each citizen gets their own messages; for what a feature sends by itself, see `freeze`.

    Raises:
        MessageError: A message breaks one of LINE's limits.
        InputError: GL-1052, the key is known with other messages.
    """
    return freeze_each(
        tx, key=key, source=source, bodies={who: serialise(own) for who, own in messages.items()}
    )


def freeze_each(tx: Transaction, *, key: str, source: str, bodies: Mapping[CitizenId, bytes]) -> Run:
    """As `freeze_personal`, of bytes that were checked."""
    digest = hashlib.sha256(
        b"\n".join(who.encode() + body for who, body in sorted(bodies.items()))
    ).hexdigest()
    run_id = add_run(tx, key=key, source=source, messages=b"[]", digest=digest, kind="push")
    if run_id is None:
        return same_run(tx, key, digest)
    placed = take_in(tx, run_id, list(bodies), 0)
    excluded = leave_out(tx, run_id, 0)
    places = tx.all(sql.POSITIONS_AFTER, {"run": run_id, "after": -1, "limit": max(1, len(bodies))})
    own = [bodies[citizen] for _, citizen in places]
    batches = add_batches(tx, run_id, [(place, place, 1) for place, _ in places], own=own)
    tx.write(
        q.PLAN_RUN,
        {"run": run_id, "number": len(batches), "excluded": excluded, "reachable": placed - excluded},
    )
    for batch_id in batches:
        hand_out(tx, batch_id, kind="push", source=source, dedupe=batch_id)
    started(tx, run_id, source, len(batches))
    finish_if_done(tx, run_id)
    frozen = run(tx, run_id)
    assert frozen is not None
    return frozen


def cut_each(
    tx: Transaction,
    run_id: Id,
    places: Sequence[tuple[int, CitizenId]],
    rendered: Mapping[CitizenId, Sequence[Message]],
    number: int,
) -> tuple[list[Id], int]:
    """Batches of one person each for a page of positions; their ids, and how many have no message that LINE would take."""
    ranges: list[tuple[int, int, int]] = []
    own: list[bytes] = []
    for place, citizen in places:
        try:
            body = serialise(rendered[citizen])
        except (KeyError, MessageError):
            tx.write(sql.LEAVE_OUT_ONE, {"run": run_id, "person": citizen, "why": "no message"})
            continue
        ranges.append((place, place, 1))
        own.append(body)
    return add_batches(tx, run_id, ranges, number=number, own=own), len(places) - len(ranges)
