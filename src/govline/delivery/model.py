"""The language of delivery: run, batch, ledger row, counts."""

from datetime import datetime
from typing import Final, Literal

from attrs import field, frozen

from govline.core.ids import CitizenId, Id
from govline.core.message_limits import MULTICAST_RECIPIENTS

__all__ = ["BATCH_SIZE", "Counts", "FrozenBatch", "LedgerRow", "Run", "State"]

BATCH_SIZE: Final = MULTICAST_RECIPIENTS
"""A batch is one multicast."""

State = Literal["planned", "sent", "unknown", "not_reached"]
"""What is known of one recipient: waiting, accepted by LINE, cannot be known, or certainly without the message."""


@frozen
class Counts:
    """How many recipients of a run stand in each state; their sum is the number of ledger rows."""

    planned: int = 0
    sent: int = 0
    unknown: int = 0
    not_reached: int = 0

    @property
    def total(self) -> int:
        """Everybody whom the run was for."""
        return self.planned + self.sent + self.unknown + self.not_reached


@frozen
class Run:
    """One sending of fixed messages to fixed recipients.

    Args:
        key: The caller's idempotency key.
        source: Which feature asked: `garbage.evening`, `segments.campaign` …
        unit: LINE's custom aggregation unit, or None.
        digest: SHA-256 of the message bytes, hex.
        batches: Number of batches.
        finished: When the last batch's fate was recorded; None before.
    """

    id: Id
    key: str
    source: str
    unit: str | None
    digest: str
    started: datetime
    due: datetime | None
    expires: datetime | None
    batches: int
    finished: datetime | None
    counts: Counts


@frozen
class FrozenBatch:
    """At most 500 recipients with the message bytes and the retry key that go with every attempt.

    LINE takes a retry as the same request only when content and recipients are equal, so nothing of this ever changes.

    Args:
        messages: JSON array of message objects in UTF-8, as it goes on the wire.
        citizens: In frozen order.
    """

    id: Id
    run: Id
    number: int
    retry_key: str
    unit: str | None
    state: State
    messages: bytes = field(repr=False)
    citizens: tuple[CitizenId, ...] = field(repr=False)


@frozen
class LedgerRow:
    """What is known of one citizen in one run."""

    citizen: CitizenId
    state: State
    reason: str
