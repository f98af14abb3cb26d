"""経緯: every transition of a booking with who, through which channel, why and when; nothing personal in it."""

from collections.abc import Mapping, Sequence

from govline.calendar._queries import history as qh
from govline.calendar._queries.history import Step
from govline.calendar.model import Booking, BookingState
from govline.core import Id, Json, Transaction
from govline.core.individual_number import guard
from govline.errors import InputError

__all__ = ["MADE", "Step", "check_reason", "record", "steps"]

MADE = "made"
"""The step with which a booking begins; written only where staff gave a reason, told from the booking itself otherwise."""
_LONGEST = 200


def record(
    tx: Transaction,
    booking: Booking,
    what: str,
    was: BookingState,
    *,
    reason: str = "",
    data: Mapping[str, Json] | None = None,
) -> None:
    """Add a step.

    Args:
        booking: As it stands afterwards.
        was: Its state before.
    """
    actor = tx.actor
    row = {
        "id": tx.new_id(),
        "booking_id": booking.id,
        "at": tx.now,
        "what": what,
        "was": was.value,
        "slot_id": booking.slot,
        "actor_kind": actor.kind,
        "actor": actor.id if actor.kind == "staff" else "",
        "channel": actor.channel,
        "reason": reason,
        "data": dict(data or {}),
    }
    tx.write(qh.ADD_STEP, row)


def steps(tx: Transaction, booking_id: Id) -> list[Step]:
    """The whole history of a booking, oldest first; empty when there is no such booking."""
    made = tx.one(qh.MADE_OF, {"booking": booking_id})
    if made is None:
        return []
    later: Sequence[Step] = tx.all(qh.STEPS_OF, {"booking": booking_id})
    if later and later[0].what == MADE:
        return [*later]
    at, kind, channel, state, slot = made
    began = later[0].was if later else state
    moved = next((step.data["from"] for step in later if "from" in step.data), slot)
    return [Step(at, MADE, began, moved, kind, "", channel), *later]


def check_reason(reason: str) -> str:
    """A reason as it is kept: one line, short, without an individual number.

    Raises:
        InputError: GL-2051, longer than 200 characters.
        InputError: It holds a 個人番号.
    """
    line = " ".join(reason.split())
    if len(line) > _LONGEST:
        raise InputError(
            f"a reason is a few words, at most {_LONGEST} characters",
            code="GL-2051",
            hint="say why, without names or telephone numbers",
        )
    guard(line)
    return line
