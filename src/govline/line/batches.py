"""Outbox handlers of delivery's batches: `line.multicast`, `line.broadcast` and personalised `line.push`, {"batch"} each.

A batch goes out as it was frozen, under its own retry key. The order of steps keeps LINE's rate even while the database is
busy: a place in the limiter's line first, then the batch is opened and its body made, then the place's moment is awaited.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from attrs import field, frozen

from govline.core import Dead, EffectContext, Fate, Json, Retry, Transaction, Unknown
from govline.line.bulk import BulkCall, broadcast_body, multicast_body, push_body
from govline.line.limiter import Gate
from govline.line.messenger import Answer, Messenger
from govline.line.outcomes import RETRY_KEY_LIFE, Busy, busy_kind, judge, key_too_old

if TYPE_CHECKING:
    from govline.delivery.model import FrozenBatch
    from govline.store import Database

__all__ = ["BatchHandler", "BroadcastHandler", "MulticastHandler", "PushBatchHandler", "QuotaMark", "Ready"]

_QUOTA_REST: Final = timedelta(minutes=1)


class QuotaMark:
    """Remembers that LINE said the month's quota is used up, so that the rest of a run is not tried one by one.

    After a minute one call asks again: staff may have raised the plan.
    """

    def __init__(self) -> None:
        self._until: datetime | None = None

    def hear(self, answer: Answer, now: datetime) -> None:
        """Note what LINE answered."""
        if answer.status == 429 and busy_kind(answer.message) is Busy.QUOTA:
            self._until = now + _QUOTA_REST

    def stands(self, now: datetime) -> bool:
        """Whether the answer is still fresh."""
        return self._until is not None and now < self._until


@frozen
class Ready:
    """A request that only waits for its moment."""

    retry_key: str
    body: bytes = field(repr=False)


class BatchHandler:
    """One kind of batch; see the module. Subclasses name the call and make the body.

    Args:
        quota: Shared by the handlers of one account.
    """

    call: ClassVar[BulkCall]
    unknown_after = RETRY_KEY_LIFE

    def __init__(
        self, db: "Database", messenger: Messenger, gate: Gate, quota: QuotaMark | None = None
    ) -> None:
        self._db = db
        self._messenger = messenger
        self._gate = gate
        self._quota = quota or QuotaMark()

    def run(self, payload: Mapping[str, Json], context: EffectContext) -> Fate:
        """Send the batch, or say why not.

        Who blocked the account since it was frozen stays in: LINE wants a retry to be equal in recipients, and does not
        deliver to them. Only who was erased drops out, because nobody knows their address any more.
        """
        too_old = key_too_old(context)
        if too_old is not None:
            return too_old
        if context.attempt <= 1 and self._quota.stands(context.now):
            return Dead("GL-8021 the monthly message quota is used up")
        turn = self._gate.reserve(self.call)
        if turn.refused:
            return Retry("GL-8027 LINE's rate limit, kept from our side", after=turn.refused, counts=False)
        ready = self.build(payload["batch"])
        if not isinstance(ready, Ready):
            return ready
        answer = turn.call(lambda: self._messenger.post(self.call, ready.body, retry_key=ready.retry_key))
        self._quota.hear(answer, context.now)
        return judge(answer)

    def build(self, batch_id: str) -> "Ready | Fate":
        """Open the batch in delivery's books and make its request; or the fate of one that must not be sent."""
        from govline.delivery import service
        from govline.delivery.model import FrozenBatch
        from govline.store import addresses

        def opened(tx: Transaction) -> "tuple[FrozenBatch | Fate, Sequence[str]]":
            batch = service.open_batch(tx, batch_id)
            to = batch.citizens if isinstance(batch, FrozenBatch) else ()
            return batch, addresses.line_users(tx, to) if to else ()

        batch, users = self._db.run(opened)
        if not isinstance(batch, FrozenBatch):
            return batch
        if not users and self.call != "broadcast":
            if batch.tries:
                return Unknown("GL-8026 the citizens were erased between attempts")
            return Dead("nobody of the batch can be reached")
        return Ready(batch.retry_key, self.body(batch, users))

    def body(self, batch: "FrozenBatch", users: Sequence[str]) -> bytes:
        """The request's bytes around the frozen messages."""
        raise NotImplementedError

    def record(self, tx: Transaction, payload: Mapping[str, Json], fate: Fate) -> None:
        """Write the batch's fate into delivery's books."""
        from govline.delivery import service

        service.record_batch(tx, payload["batch"], fate)


class MulticastHandler(BatchHandler):
    """`line.multicast`: at most 500 people, the same messages; 200 calls a second."""

    call = "multicast"

    def body(self, batch: "FrozenBatch", users: Sequence[str]) -> bytes:
        """See `multicast_body`."""
        return multicast_body(users, batch.messages, batch.unit)


class PushBatchHandler(BatchHandler):
    """`line.push` of a run that is written for each person."""

    call = "push"

    def body(self, batch: "FrozenBatch", users: Sequence[str]) -> bytes:
        """See `push_body`."""
        return push_body(users[0], batch.messages, batch.unit)


class BroadcastHandler(BatchHandler):
    """`line.broadcast`: every friend of the account; 60 calls an hour."""

    call = "broadcast"

    def body(self, batch: "FrozenBatch", users: Sequence[str]) -> bytes:  # noqa: ARG002 - LINE knows its friends
        """See `broadcast_body`."""
        return broadcast_body(batch.messages)
