"""Every write has an idempotency key: its answer is stored in the write's own transaction and given again."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from govline.calendar import _queries as q
from govline.calendar import reasons
from govline.calendar.model import Booking, BookingState, Refused
from govline.core import CitizenId, Id, Json, Transaction
from govline.errors import InputError
from govline.store.columns import dump_json

__all__ = [
    "Answer",
    "answered_once",
    "booking_content",
    "booking_of",
    "check_key",
    "check_party",
    "digest_of",
    "from_json",
    "once",
    "refused_of",
    "row_of",
    "stored_answer",
    "to_json",
]

Answer = Booking | Refused
T = TypeVar("T")


def answered_once(
    tx: Transaction,
    key: str,
    verb: str,
    content: Mapping[str, Json],
    work: Callable[[], Answer],
    *,
    citizen: CitizenId | None,
) -> Answer:
    """Do the work unless this key was answered before; then give that answer again. See `once`."""
    return once(tx, key, verb, content, work, citizen=citizen, write=to_json, read=booking_of)


def once(
    tx: Transaction,
    key: str,
    verb: str,
    content: Mapping[str, Json],
    work: Callable[[], T | Refused],
    *,
    citizen: CitizenId | None,
    write: Callable[[T], Json],
    read: Callable[[Any], T],
) -> T | Refused:
    """Do the work unless this key was answered before; then give that answer again.

    Args:
        key: The caller's idempotency key, unique in the town: a request id, a webhook event id.
        verb: What is asked. `content`: with what, nothing personal; a digest of both is kept.
        citizen: Whose request it is, so that it can be erased.
        write: The answer as it is stored. `read`: and back. A refusal is stored in its own way.

    Raises:
        InputError: GL-2001, the key was used for another verb or other content.
    """
    check_key(key)
    digest = digest_of(verb, content)
    if not tx.write(q.CLAIM_REQUEST, row_of(tx, key, verb, digest, citizen=citizen, answer=None)):
        stored = _stored(tx, key, verb, digest)
        if stored is not None:
            return refused_of(stored) if "refused" in stored else read(stored)
    answer = work()
    said = to_json(answer) if isinstance(answer, Refused) else write(answer)
    tx.write(q.ANSWER, {"request": key, "said": said})
    return answer


def check_key(key: str) -> None:
    """Refuse a write without a key.

    Raises:
        InputError: GL-2001.
    """
    if not key:
        raise InputError("a write to the calendar needs an idempotency key", code="GL-2001")


def check_party(party: int) -> None:
    """Refuse a number of people that nobody can mean.

    Raises:
        InputError: GL-2003.
    """
    if party < 1:
        raise InputError("a booking takes at least one place", code="GL-2003")


def booking_content(
    slot: Id, citizen: CitizenId | None, party: int, options: Mapping[str, int]
) -> dict[str, Json]:
    """What a request for places says; options only where some are asked for, so that older keys keep their digest."""
    content = {"slot": slot, "citizen": citizen, "party": party}
    return {**content, "options": dict(options)} if options else content


def digest_of(verb: str, content: Mapping[str, Json]) -> str:
    """What is kept of a request, to tell it from another under the same key."""
    return hashlib.sha256(dump_json([verb, content]).encode()).hexdigest()


def row_of(
    tx: Transaction, key: str, verb: str, digest: str, *, citizen: CitizenId | None, answer: Answer | None
) -> dict[str, Any]:
    """The row of a request, answered or just claimed."""
    return {
        "key": key,
        "verb": verb,
        "digest": digest,
        "citizen": citizen,
        "answer": None if answer is None else to_json(answer),
        "made_at": tx.now,
    }


def stored_answer(row: tuple[str, str, Json], verb: str, digest: str) -> Answer | None:
    """The answer that was given before; None where the request was claimed and not answered.

    Raises:
        InputError: GL-2001, the key was used for another verb or other content.
    """
    said = _same(row, verb, digest)
    return None if said is None else from_json(said)


def _same(row: tuple[str, str, Json], verb: str, digest: str) -> Any:
    """What was said to the same request."""
    if (row[0], row[1]) != (verb, digest):
        raise InputError(
            "this idempotency key was used for another request",
            code="GL-2001",
            hint="make a new key for every new request",
            place={"verb": verb, "before": row[0]},
        )
    return row[2]


def _stored(tx: Transaction, key: str, verb: str, digest: str) -> Any:
    row = tx.one(q.REQUEST, {"request": key})
    return None if row is None else _same(row, verb, digest)


def to_json(answer: Answer) -> Json:
    """An answer as it is stored."""
    if isinstance(answer, Refused):
        return {"refused": [reasons.to_json(reason) for reason in answer.reasons]}
    return {
        "booking": {
            "id": answer.id,
            "slot": answer.slot,
            "programme": answer.programme,
            "citizen": answer.citizen,
            "party": answer.party,
            "places": answer.places,
            "draws": answer.draws,
            "voucher": answer.voucher,
            "state": answer.state.value,
            "starts": answer.starts.isoformat(),
            "held_until": answer.held_until and answer.held_until.isoformat(),
            **_rare(answer),
        }
    }


def _rare(booking: Booking) -> dict[str, Json]:
    """What few bookings have; left out of the others' answers."""
    said: dict[str, Json] = {
        "contact": booking.contact,
        "waived": [*booking.waived],
        "link": booking.link,
        "closure": booking.closure,
        "options": dict(booking.options),
    }
    return {name: value for name, value in said.items() if value}


def from_json(data: Mapping[str, Any]) -> Answer:
    """What `to_json` gave."""
    return refused_of(data) if "refused" in data else booking_of(data)


def refused_of(data: Mapping[str, Any]) -> Refused:
    """The refusal that `to_json` wrote."""
    return Refused([reasons.from_json(reason) for reason in data["refused"]])


def booking_of(data: Mapping[str, Any]) -> Booking:
    """The booking that `to_json` wrote."""
    row = dict(data["booking"])
    row["state"] = BookingState(row["state"])
    row["starts"] = datetime.fromisoformat(row["starts"])
    row["held_until"] = row["held_until"] and datetime.fromisoformat(row["held_until"])
    return Booking(**row)
