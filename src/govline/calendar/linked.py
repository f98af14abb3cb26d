"""Linked bookings (第1回と第2回): booked together or not at all, moved together or not at all."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from attrs import evolve, field, frozen

from govline.calendar import _queries as q
from govline.calendar import history, holds, ledger, requests
from govline.calendar.desk import Desk, find_slot, linked_with, no_such_slot, own_booking
from govline.calendar.model import Booking, Refused, Slot
from govline.calendar.overriding import PLAIN, Terms
from govline.calendar.partners import apart
from govline.calendar.reasons import because
from govline.core import CitizenId, Id, Json, Reason, Transaction, frozen_tuple

__all__ = ["Linked", "answered_once", "book_linked", "change_linked", "move_pair", "take_all"]


@frozen
class Linked:
    """Bookings that were made or moved together, in order of time. The first one's id is their link."""

    bookings: tuple[Booking, ...] = field(converter=frozen_tuple)


def book_linked(
    tx: Transaction, desk: Desk, wanted: Sequence[tuple[Id, int]], citizen: CitizenId | None, *, key: str
) -> Linked | Refused:
    """Take places in all these slots, or in none.

    Args:
        wanted: Slot and number of people of each, in any order.
    """
    content: dict[str, Json] = {"slots": [list(each) for each in wanted], "citizen": citizen}
    return answered_once(
        tx, key, "book_linked", content, lambda: take_all(tx, desk, wanted, citizen), citizen=citizen
    )


def change_linked(
    tx: Transaction, desk: Desk, moves: Mapping[Id, Id], citizen: CitizenId | None, *, key: str
) -> Linked | Refused:
    """Move several bookings of one link to other slots, all or none.

    Args:
        moves: Booking to new slot.
    """
    content: dict[str, Json] = {"moves": dict(moves), "citizen": citizen}
    return answered_once(
        tx, key, "change_linked", content, lambda: _change(tx, desk, moves, citizen), citizen=citizen
    )


def answered_once(
    tx: Transaction,
    key: str,
    verb: str,
    content: Mapping[str, Json],
    work: Callable[[], Linked | Refused],
    *,
    citizen: CitizenId | None,
) -> Linked | Refused:
    """Do the work unless this key was answered before; then give that answer again. See `requests.once`."""
    return requests.once(tx, key, verb, content, work, citizen=citizen, write=_to_json, read=_from_json)


def take_all(
    tx: Transaction,
    desk: Desk,
    wanted: Sequence[tuple[Id, int]],
    citizen: CitizenId | None,
    terms: Terms = PLAIN,
) -> Linked | Refused:
    """The bookings of a link, all or none; whoever calls has made sure that the request is a new one."""
    slots = [find_slot(tx, slot) for slot, _ in wanted]
    chain = [(desk.programme(slot.programme), slot) for slot in slots if slot is not None]
    if len(chain) < len(wanted) or not chain:
        return Refused([no_such_slot()])
    reasons = apart(desk, chain)
    if reasons:
        return Refused(reasons)
    people = dict(zip((slot.id for _, slot in chain), (party for _, party in wanted), strict=True))
    placed: list[Booking] = []
    for _, slot in sorted(chain, key=lambda each: each[1].starts):
        answer = desk.place(tx, "book", slot.id, citizen, people[slot.id], terms=terms)
        if isinstance(answer, Refused):
            for booking in reversed(placed):
                ledger.take_back(tx, booking)
            later = [each for _, each in chain if each.starts > slot.starts]
            return Refused([*_of(slot, answer.reasons), *_as_they_are(tx, desk, later, people)])
        placed.append(answer)
    linked = [evolve(booking, link=placed[0].id) for booking in placed]
    for booking in linked:
        tx.write(q.SET_LINK, {"booking": booking.id, "link": booking.link})
    desk.taken(tx, linked)
    for booking in linked:
        data = {"link": booking.link, "waived": booking.waived}
        history.record(tx, booking, history.MADE, booking.state, reason=terms.reason, data=data)
    return Linked(linked)


def move_pair(
    tx: Transaction, desk: Desk, booking_id: Id, to: tuple[Id, Id], *, reason: str = ""
) -> Linked | Refused:
    """Move a booking and the one other that it is linked with, both or none.

    Args:
        to: Where it goes, and where the other one goes.
    """
    booking = own_booking(tx, booking_id, None)
    if isinstance(booking, Refused):
        return booking
    others = [each for each in linked_with(tx, booking) if each.state.open]
    if len(others) != 1:
        return Refused([because("not_moved_together")])
    return _change(tx, desk, {booking.id: to[0], others[0].id: to[1]}, None, reason=reason)


def _of(slot: Slot, reasons: Iterable[Reason]) -> list[Reason]:
    """The reasons, each saying of which slot it speaks."""
    return [evolve(reason, help={**reason.help, "slot": slot.id}) for reason in reasons]


def _as_they_are(
    tx: Transaction, desk: Desk, slots: Sequence[Slot], people: Mapping[Id, int]
) -> Iterator[Reason]:
    """What the others of a refused pair say of themselves; nothing of the person, who has not the first one."""
    for slot in slots:
        yield from _of(slot, holds.reasons_without(tx, desk, slot, None, people[slot.id]))


def _change(
    tx: Transaction, desk: Desk, moves: Mapping[Id, Id], citizen: CitizenId | None, *, reason: str = ""
) -> Linked | Refused:
    found = [own_booking(tx, booking, citizen) for booking in moves]
    refused = [answer for answer in found if isinstance(answer, Refused)]
    if refused or not found:
        return refused[0] if refused else Refused([because("no_booking")])
    bookings = [answer for answer in found if isinstance(answer, Booking)]
    reasons = _apart_afterwards(tx, desk, bookings, moves)
    if reasons:
        return Refused(reasons)
    done: list[tuple[Booking, Booking]] = []
    for booking in sorted(bookings, key=lambda each: each.id):
        answer = desk.shift(tx, booking, moves[booking.id], None, together=True)
        if isinstance(answer, Refused):
            for before, after in reversed(done):
                ledger.put_back(tx, before, after)
            slot = find_slot(tx, moves[booking.id])
            return answer if slot is None else Refused(_of(slot, answer.reasons))
        done.append((booking, answer))
    moved = [desk.moved(tx, *each, reason=reason) for each in done]
    return Linked(sorted(moved, key=lambda each: each.starts))


def _apart_afterwards(
    tx: Transaction, desk: Desk, bookings: Sequence[Booking], moves: Mapping[Id, Id]
) -> list[Reason]:
    if len({booking.link for booking in bookings}) != 1 or bookings[0].link is None:
        return [because("not_moved_together")]
    rest = [each for each in linked_with(tx, bookings[0]) if each.state.live and each.id not in moves]
    slots = [find_slot(tx, slot) for slot in (*moves.values(), *(each.slot for each in rest))]
    chain = [(desk.programme(slot.programme), slot) for slot in slots if slot is not None]
    return [no_such_slot()] if len(chain) < len(slots) else desk.chain_reasons(chain)


def _to_json(answer: Linked) -> Json:
    return {"linked": [requests.to_json(booking) for booking in answer.bookings]}


def _from_json(data: Mapping[str, Any]) -> Linked:
    return Linked([requests.booking_of(each) for each in data["linked"]])
