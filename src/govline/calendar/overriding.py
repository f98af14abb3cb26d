"""職員の特例: which reasons staff may set aside, and why none of them comes back when the citizen changes or cancels. Pure."""

from collections.abc import Sequence
from typing import Final

from attrs import evolve, frozen

from govline.calendar.model import Booking, BookingState, CutOff, Policy, Slot
from govline.core import Id, Reason
from govline.errors import InputError

__all__ = ["NEVER_WAIVED", "PLAIN", "Terms", "eased", "open_to", "split", "still_held"]

NEVER_WAIVED: Final = frozenset({"GL-2102", "GL-2103", "GL-2107", "GL-2115", "GL-2124", "GL-2140", "GL-2142"})
"""What no mandate changes: no place, no piece of a 備品, no second booking of one person in a slot or on a voucher."""

_CUT_OFF: Final = "GL-2106"
_OF_THE_SLOT: Final = frozenset({"GL-2104", _CUT_OFF, "GL-2109", "GL-2110"})
"""Waived for one slot; another one is judged afresh: it must be open."""
_OF_RECEPTION: Final = frozenset({"GL-2105"})


@frozen
class Terms:
    """On which terms staff book for somebody.

    Args:
        contact: The person is a contact, without LINE.
        reason: Why; stands in the history and the audit.
        override: Set reasons of the policy aside; those of capacity never.
        raise_capacity: Where the slot is full, make it larger by what is missing; the pools it shares stay as they are. A slot
            with no place at all that shares rooms or a stock is given some by `upkeep.set_places` first.
    """

    contact: bool = False
    reason: str = ""
    override: bool = False
    raise_capacity: bool = False

    def __attrs_post_init__(self) -> None:
        if (self.override or self.raise_capacity) and not self.reason.strip():
            raise InputError(
                "an override needs a reason",
                code="GL-2050",
                hint="say in a few words why, without names or telephone numbers",
            )


PLAIN: Final = Terms()
"""As everybody books."""


def split(reasons: Sequence[Reason]) -> tuple[tuple[str, ...], list[Reason]]:
    """Codes that an override sets aside, and the reasons that stand all the same."""
    firm = [reason for reason in reasons if reason.code in NEVER_WAIVED]
    return tuple(sorted({reason.code for reason in reasons if reason not in firm})), firm


def eased(policy: Policy, booking: Booking) -> Policy:
    """The policy as it holds for changing or cancelling this booking: what staff came past is no trap afterwards."""
    if booking.state is BookingState.DISPLACED or _CUT_OFF in booking.waived:
        return evolve(policy, change=CutOff(), cancel=CutOff())
    return policy


def still_held(booking: Booking, to: Id, reasons: Sequence[Reason]) -> list[Reason]:
    """Reasons against a change that were not waived when it was booked; whoever was displaced may come after reception has ended."""
    waived = set(booking.waived) if to == booking.slot else set(booking.waived) - _OF_THE_SLOT
    if booking.state is BookingState.DISPLACED:
        waived |= _OF_RECEPTION
    return [reason for reason in reasons if reason.code not in waived]


def open_to(booking: Booking, slot: Slot) -> Slot:
    """The slot as the people of a closure see it: what is reserved for them is open."""
    first = booking.state is BookingState.DISPLACED and slot.reserved_for == booking.closure
    return evolve(slot, reserved_until=None) if first else slot
