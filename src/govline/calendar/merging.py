"""Who books by telephone or at the counter is a contact; with a code from the receipt their bookings become the citizen's on LINE."""

import re
import secrets
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from attrs import evolve, field, frozen

from govline.calendar import _queries as q
from govline.calendar import closure_messages, guessing, history, holds, ledger, reminders, requests
from govline.calendar._queries import contacts as qc
from govline.calendar.desk import Desk, find_slot, tell
from govline.calendar.guessing import Meter
from govline.calendar.model import Booking, Refused
from govline.calendar.reasons import because
from govline.calendar.terms import Guessing
from govline.core import CitizenId, Id, Json, Reason, Ref, SealedColumn, Transaction, frozen_tuple
from govline.core.individual_number import guard
from govline.errors import InputError
from govline.store._reach import keyring
from govline.store.sealed import hashed, lookups, open_value, seal_value

__all__ = [
    "SEALED",
    "Contact",
    "MergeCode",
    "Merged",
    "add_contact",
    "erase_contacts",
    "find_contact",
    "issue_code",
    "merge",
    "plain_code",
    "purge_contacts",
    "read_contact",
]

LABEL: Final = SealedColumn("gl_calendar_contact", "label")
PHONE: Final = SealedColumn(
    "gl_calendar_contact", "phone", lookup="phone_hash", purpose="calendar.contact.phone"
)
SEALED: Final = (LABEL, PHONE)
_PURPOSE: Final = "calendar.merge"
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's: nothing in it is taken for another letter on the telephone."""
_LENGTH: Final = 10
_GUESSING: Final = Guessing(most=5, within=timedelta(hours=24), lock=timedelta(minutes=30))
_LONGEST: Final = 100


@frozen
class Contact:
    """How a person without LINE is reached; both may be empty where a programme asks for nobody's name.

    Args:
        label: A name, or what staff call them. `phone`: a telephone number. Both are kept sealed.
    """

    label: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)

    def __attrs_post_init__(self) -> None:
        if max(len(self.label), len(self.phone)) > _LONGEST:
            raise InputError("a name or telephone number is too long", code="GL-2052")
        guard(self.label)
        guard(self.phone)

    def __bool__(self) -> bool:
        return bool(self.label.strip() or self.phone.strip())

    @property
    def digits(self) -> str:
        """The telephone number as it is compared."""
        return re.sub(r"\D", "", unicodedata.normalize("NFKC", self.phone))


@frozen
class MergeCode:
    """A code that makes a contact's bookings the citizen's, once. Print it on the receipt or read it out."""

    text: str = field(repr=False)
    until: datetime


@frozen
class Merged:
    """What a merge did; nothing is lost.

    Args:
        moved: Bookings that are the citizen's now. `kept`: that stay with the contact, because the citizen has the slot already.
        told: What the citizen should know: limits that are passed now, places that are doubled.
    """

    moved: tuple[Booking, ...] = field(default=(), converter=frozen_tuple)
    kept: tuple[Booking, ...] = field(default=(), converter=frozen_tuple)
    told: tuple[Reason, ...] = field(default=(), converter=frozen_tuple)


def add_contact(tx: Transaction, contact: Contact) -> Id:
    """Keep a contact, or find the one of the same name and telephone number: their bookings count together.

    Raises:
        ConfigError: GL-1122, a name or number is given and the database was opened without keys.
    """
    known = find_contact(tx, contact, to_book=True)
    if known is not None:
        return known
    row = tx.new_id()
    tx.write(
        qc.ADD_CONTACT,
        {
            "id": row,
            "label": seal_value(tx, LABEL, row, contact.label) if contact.label.strip() else None,
            "phone": seal_value(tx, PHONE, row, contact.digits) if contact.digits else None,
            "phone_hash": hashed(tx, PHONE, contact.digits) if contact.digits else None,
            "merge": None,
            "merge_until": None,
            "citizen": None,
            "made_at": tx.now,
        },
    )
    return row


def read_contact(tx: Transaction, contact: Id) -> Contact | None:
    """A contact's name and telephone number, opened; the reading stands in the audit."""
    row: qc.ContactRow | None = tx.one(qc.CONTACT, {"contact": contact})
    if row is None or row.citizen is not None:
        return None
    tx.audit("calendar.contact.read", Ref("calendar.contact", contact), {})
    return _opened(tx, row)


def issue_code(tx: Transaction, contact: Id, *, lasts: timedelta) -> MergeCode:
    """A fresh code for a contact, 50 bits; the one before is void. Only its keyed hash is kept.

    Raises:
        InputError: GL-2053, there is no such contact, or they have joined already.
    """
    text = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    until = tx.now + lasts
    code = keyring(tx).lookup(text, _PURPOSE)
    if not tx.write(qc.SET_MERGE, {"contact": contact, "code": code, "until": until}):
        raise InputError(
            "a merge code is for a booking of somebody without LINE",
            code="GL-2053",
            hint="book with contact=Contact(…), and once only",
        )
    tx.audit("calendar.merge_code", Ref("calendar.contact", contact), {"until": until.isoformat()})
    return MergeCode(f"{text[:5]}-{text[5:]}", until)


def merge(tx: Transaction, desk: Desk, code: str, citizen: CitizenId, *, key: str) -> Merged | Refused:
    """Make the bookings of the code's contact the citizen's."""
    plain = plain_code(code)
    content = {"code": keyring(tx).lookup(plain, _PURPOSE), "citizen": citizen}
    return requests.once(
        tx,
        key,
        "merge",
        content,
        lambda: _merge(tx, desk, plain, citizen),
        citizen=citizen,
        write=_to_json,
        read=_from_json,
    )


def plain_code(text: str) -> str:
    """A code as it is compared: narrow capitals without hyphens, I and L for 1, O for 0."""
    narrow = re.sub(r"[^0-9A-Z]", "", unicodedata.normalize("NFKC", text).upper())
    return narrow.translate(str.maketrans("ILO", "110"))


def erase_contacts(tx: Transaction, citizen: CitizenId) -> None:
    """Forget which contacts the citizen was."""
    for (contact,) in tx.all(qc.OF_CITIZEN, {"who": citizen}):
        _forget(tx, contact)


def purge_contacts(tx: Transaction, before: datetime, limit: int) -> int:
    """Take away contacts whose last booking was over before the instant; how many."""
    idle = tx.all(qc.IDLE, {"before": before, "limit": limit})
    for (contact,) in idle:
        _forget(tx, contact)
    return len(idle)


def _forget(tx: Transaction, contact: Id) -> None:
    for statement in (q.FORGET_BOOKINGS, q.FORGET_PERSON, q.FORGET_REQUESTS):
        tx.write(statement, {"who": contact})
    tx.write(qc.DROP_CONTACT, {"contact": contact})


def _merge(tx: Transaction, desk: Desk, plain: str, citizen: CitizenId) -> Merged | Refused:
    own = (Meter(guessing.MERGING, "citizen", citizen),)
    channel = Meter(guessing.MERGING, "source", tx.actor.channel)
    if until := guessing.locked_until(tx, own, channel):
        return Refused([because("code_locked", until=until)])
    contact = _by_code(tx, plain)
    if contact is None or not tx.write(qc.JOINED, {"contact": contact.id, "who": citizen}):
        until, left = guessing.count_wrong(tx, own, channel, _GUESSING)
        return Refused(
            [because("code_locked", until=until) if until else because("wrong_code", remaining=left)]
        )
    guessing.clear(tx, own[0])
    return _moved(tx, desk, contact.id, citizen)


def _moved(tx: Transaction, desk: Desk, contact: Id, citizen: CitizenId) -> Merged:
    live: Sequence[Booking] = tx.all(qc.BOOKINGS_OF_CONTACT, {"contact": contact})
    found = [each for each in live if each.held_until is None or each.held_until > tx.now]
    for name in sorted({booking.programme for booking in found}):
        tx.write(q.QUEUE_PERSON, {"programme": name, "citizen": citizen, "requests": 1})
    # a hold of theirs that ran out is no second booking of a slot
    holds.make_room(tx, desk, [booking.slot for booking in found], 0, requests=0)
    tx.write(qc.VOUCHERS_TO_CITIZEN, {"contact": contact, "who": citizen})
    tx.write(qc.ENDED_TO_CITIZEN, {"contact": contact, "who": citizen})
    moved, kept = [], []
    for booking in found:
        if ledger.hand_over(tx, booking, citizen):
            moved.append(_theirs(tx, desk, booking, citizen))
        else:
            kept.append(booking)
    told = [*map(_doubled, kept), *_passed(tx, desk, moved, citizen)]
    return Merged(moved, kept, told)


def _theirs(tx: Transaction, desk: Desk, booking: Booking, citizen: CitizenId) -> Booking:
    theirs = evolve(booking, citizen=citizen, contact=False)
    if theirs.state == "confirmed":
        reminders.remind(tx, desk.programme(theirs.programme), theirs, desk.quiet)
    closure_messages.tell_joined(tx, desk, theirs)
    tell(tx, "calendar.merged", theirs, {"slot": theirs.slot})
    history.record(tx, theirs, "merged", theirs.state)
    return theirs


def _passed(tx: Transaction, desk: Desk, moved: Sequence[Booking], citizen: CitizenId) -> list[Reason]:
    """Limits that the citizen has passed by the merge, each once; they are told and not enforced."""
    passed: dict[str, Reason] = {}
    for booking in moved:
        slot = find_slot(tx, booking.slot)
        if slot is not None:
            reasons = desk.standing_reasons(tx, booking, slot, citizen)
            passed |= {reason.text: reason for reason in reasons if reason.code == "GL-2108"}
    return [*passed.values()]


def _by_code(tx: Transaction, plain: str) -> qc.ContactRow | None:
    for code in keyring(tx).lookups(plain, _PURPOSE) if len(plain) == _LENGTH else ():
        row: qc.ContactRow | None = tx.one(qc.BY_MERGE, {"code": code, "now": tx.now})
        if row is not None:
            return row
    return None


def find_contact(tx: Transaction, contact: Contact, *, to_book: bool = False) -> Id | None:
    """The contact of the same name and telephone number who has not joined LINE; None where either is not given.

    Args:
        to_book: The caller books for them: nobody joins as them before this unit is over.
    """
    if not (contact.digits and contact.label.strip()):
        return None
    for value in lookups(tx, PHONE, contact.digits):
        for row in tx.all(qc.BY_PHONE_TO_BOOK if to_book else qc.BY_PHONE, {"phone": value}):
            if _opened(tx, row).label == contact.label:
                return str(row.id)
    return None


def _opened(tx: Transaction, row: qc.ContactRow) -> Contact:
    label = open_value(tx, LABEL, row.id, row.label) if row.label else ""
    phone = open_value(tx, PHONE, row.id, row.phone) if row.phone else ""
    return Contact(label, phone)


def _doubled(booking: Booking) -> Reason:
    return because("booked_twice", starts=booking.starts, booking=booking.id)


# --- as the answer is stored ---


def _to_json(answer: Merged) -> Json:
    lists = {"moved": answer.moved, "kept": answer.kept}
    told = requests.to_json(Refused(answer.told))
    return {"told": told, **{name: [requests.to_json(each) for each in own] for name, own in lists.items()}}


def _from_json(data: Mapping[str, Any]) -> Merged:
    moved, kept = ([requests.booking_of(each) for each in data[name]] for name in ("moved", "kept"))
    return Merged(moved, kept, requests.refused_of(data["told"]).reasons)
