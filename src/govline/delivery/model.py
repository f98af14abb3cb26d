"""The language of delivery: plan, preview, run, batch, ledger row, counts."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal

from attrs import field, frozen

from govline.core.ids import CitizenId, Id
from govline.core.message_limits import MULTICAST_RECIPIENTS
from govline.core.values import Json, Reason, frozen_map, frozen_tuple

__all__ = [
    "BATCH_SIZE",
    "Control",
    "Counts",
    "FrozenBatch",
    "Kind",
    "LedgerRow",
    "Plan",
    "PlanState",
    "Preview",
    "Refused",
    "Run",
    "RunState",
    "Stage",
    "State",
]

BATCH_SIZE: Final = MULTICAST_RECIPIENTS
"""A batch is one multicast."""

State = Literal["planned", "sent", "unknown", "not_reached"]
"""What is known of one recipient: waiting, accepted by LINE, cannot be known, or certainly without the message."""

Kind = Literal["multicast", "push", "broadcast"]
"""How LINE is called: one message to 500 people a request, each person's own, or everybody who is a friend."""

PlanState = Literal["draft", "requested", "approved", "sent", "held", "withdrawn", "recurring"]
"""`recurring`: sends a run of its own on each of its days. `held`: sent, but its recipients drifted from what was approved, and nothing leaves until it is approved again."""

Stage = Literal["freezing", "held", "cutting", "cut"]
"""How far a run is written: recipients come in, it waits for an approval, batches are made, all are made."""

Control = Literal["going", "paused", "cancelled"]
"""What staff said last."""

RunState = Literal["freezing", "held", "sending", "paused", "cancelled", "finished"]
"""Stage and control in one word."""


@frozen
class Refused:
    """Something was not done; every reason at once. Nothing was written."""

    reasons: tuple[Reason, ...] = field(converter=frozen_tuple)

    def __str__(self) -> str:
        return Reason.join(self.reasons)


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
        campaign: The campaign that it is a sending of, or "".
        terms: What else was fixed at the start: selection, topic, emergency, quiet hours; plain JSON.
        counts: Of a broadcast all zero: its recipients are LINE's friends, not a list of ours.
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
    campaign: str
    kind: Kind
    stage: Stage
    control: Control
    terms: Mapping[str, Json] = field(converter=frozen_map, hash=False, repr=False)
    counts: Counts

    @property
    def state(self) -> RunState:
        """Stage and control in one word."""
        if self.control == "cancelled":
            return "cancelled"
        if self.finished is not None:
            return "finished"
        if self.stage == "held":
            return "held"
        if self.control == "paused":
            return "paused"
        return "freezing" if self.stage == "freezing" else "sending"


@frozen
class FrozenBatch:
    """At most 500 recipients with the message bytes and the retry key that go with every attempt.

    LINE takes a retry as the same request only when content and recipients are equal, so nothing of this ever changes.

    Args:
        messages: JSON array of message objects in UTF-8, as it goes on the wire.
        citizens: In frozen order: up to 500 of a multicast, one of a push, none of a broadcast.
        tries: Attempts before this one that LINE may have accepted.
    """

    id: Id
    run: Id
    number: int
    retry_key: str
    unit: str | None
    state: State
    messages: bytes = field(repr=False)
    citizens: tuple[CitizenId, ...] = field(repr=False)
    kind: Kind = "multicast"
    tries: int = 0


@frozen
class LedgerRow:
    """What is known of one citizen in one run."""

    citizen: CitizenId
    state: State
    reason: str


@frozen
class Plan:
    """A sending before it is frozen: what, to whom, when; its run has the same id.

    Args:
        key: The caller's idempotency key.
        campaign: What previews are compared within: the runs of one campaign.
        messages: JSON array of message objects; where each citizen gets their own, what the preview shows of it is rendered.
        selection: Who: `{"by": name, …}`, evaluated again at the send.
        renderer: Makes each citizen's own messages: `{"by": name, …}`; None where all get the same.
        topic: Who opted out of it is left out; "" for none.
        emergency: Passes caps, quiet hours and opt-outs; noted in the audit.
        corrects: The run whose recipients get this as a correction.
        digest: Content hash over everything above and the times; an approval is bound to it.
        planner, editor: `kind:id` of who made it and who changed it last.
        expected: Recipients at the preview that approval was asked for. `found`: at the send, where it was held.
        approver: Who approved; "" while nobody has, and again after every change.
        recurs: `Recurrence` as JSON: the plan is a template of runs; None for a single one.
    """

    id: Id
    key: str
    campaign: str
    source: str
    department: str
    kind: Kind
    messages: bytes = field(repr=False)
    renderer: Mapping[str, Json] | None = field(hash=False, repr=False)
    selection: Mapping[str, Json] = field(hash=False, repr=False)
    topic: str
    emergency: bool
    corrects: Id | None
    unit: str | None
    due: datetime | None
    expires: datetime | None
    state: PlanState
    revision: int
    digest: str
    planner: str
    editor: str
    expected: int | None
    found: int | None
    validated: str
    approver: str
    approved: str
    approved_at: datetime | None
    changed: datetime
    recurs: Mapping[str, Json] | None = field(default=None, hash=False)


@frozen
class Preview:
    """What a plan would do now; nothing was written.

    Args:
        digest: Content hash that it was made of.
        count: Citizens who would get it.
        left_out: Who would not, by reason: blocked, no LINE account, opted_out, capped.
        previous: The last run of the same campaign. `new`: who was not in it. `gone`: who was in it and is not now.
        samples: Up to three rendered message lists (plain LINE JSON), without a word about whose they are.
        size: Bytes of the largest message list seen.
        warnings: What would refuse the send as things stand.
    """

    digest: str
    count: int
    left_out: Mapping[str, int] = field(hash=False)
    previous: Id | None
    new: int
    gone: int
    samples: tuple[Json, ...] = field(hash=False, repr=False)
    size: int
    warnings: tuple[Reason, ...] = ()
