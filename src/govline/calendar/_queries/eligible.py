"""The statements of the eligibility list, and of wrong entries on it."""

from datetime import date, datetime
from typing import Any, Final

from attrs import frozen
from sqlalchemy import Integer, and_, bindparam, delete, false, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from govline.calendar._queries.sets import among
from govline.calendar._tables import bookings, eligible, guesses
from govline.core import CitizenId, Id
from govline.store import Statement
from govline.store.columns import InstantColumn
from govline.store.rows import insert_rows

__all__ = [
    "ADD_ENTRIES",
    "ATTACH",
    "BIND",
    "CHANGE_ENTRY",
    "CLEAR_GUESSES",
    "COHORTS",
    "CURE",
    "ENTRIES_AFTER",
    "FIND_ENTRY",
    "FORGET_CLAIMS",
    "FORGET_GUESSES",
    "GUESSES",
    "LAST_DAYS",
    "LOCKS",
    "PURGE_GUESSES",
    "QUEUE_GUESS",
    "STANDING_ON",
    "TERMS",
    "WRONG",
    "Entry",
    "GuessRow",
]

_SUBJECT = and_(
    guesses.c.programme == bindparam("programme"),
    guesses.c.kind == bindparam("kind"),
    guesses.c.subject == bindparam("subject"),
)


@frozen
class Entry:
    """A row of the list as it stands: keyed hashes, and what staff may read."""

    id: Id
    number: str
    born: str
    cohort: str
    earlier: date | None
    product: str
    until: date | None
    withdrawn: bool
    citizen: CitizenId | None


@frozen
class GuessRow:
    """How often a citizen, a number or a channel was wrong."""

    wrong: int
    since: datetime
    locked_until: datetime | None
    locks: int


_ENTRY = (
    eligible.c.id,
    eligible.c.number,
    eligible.c.born,
    eligible.c.cohort,
    eligible.c.earlier_on,
    eligible.c.product,
    eligible.c.good_until,
    eligible.c.withdrawn,
    eligible.c.citizen,
)
_OF_PROGRAMME = eligible.c.programme == bindparam("programme")


def _found(dialect: str) -> Any:
    return select(*_ENTRY).where(_OF_PROGRAMME, among(eligible.c.number, "numbers", dialect))


# --- rows of the list ---
FIND_ENTRY: Final = Statement("calendar.find_entry", _found("postgresql"), Entry, sqlite=_found("sqlite"))
ENTRIES_AFTER: Final = Statement(
    "calendar.entries_after",
    select(*_ENTRY)
    .where(_OF_PROGRAMME, eligible.c.withdrawn.is_(false()), eligible.c.number > bindparam("after"))
    .order_by(eligible.c.number)
    .limit(bindparam("limit", type_=Integer)),
    Entry,
)
ADD_ENTRIES: Final = insert_rows("calendar.add_entries", eligible)
CHANGE_ENTRY: Final = Statement(
    "calendar.change_entry",
    update(eligible)
    .where(eligible.c.id == bindparam("entry"))
    .values(
        number=bindparam("number_"),
        born=bindparam("birth"),
        cohort=bindparam("class_"),
        earlier_on=bindparam("earlier", type_=eligible.c.earlier_on.type),
        product=bindparam("of_product"),
        good_until=bindparam("until", type_=eligible.c.good_until.type),
        withdrawn=bindparam("gone", type_=eligible.c.withdrawn.type),
    ),
)
COHORTS: Final = Statement(
    "calendar.cohorts",
    select(
        eligible.c.cohort,
        func.count(),
        func.count(eligible.c.citizen),
        func.count(bookings.c.id),
    )
    .outerjoin(bookings, and_(bookings.c.voucher == eligible.c.id, bookings.c.ended_at.is_(None)))
    .where(_OF_PROGRAMME, eligible.c.withdrawn.is_(false()))
    .group_by(eligible.c.cohort)
    .order_by(eligible.c.cohort),
)
TERMS: Final = Statement(
    "calendar.eligible_terms",
    select(eligible.c.earlier_on, eligible.c.good_until, func.count())
    .outerjoin(bookings, and_(bookings.c.voucher == eligible.c.id, bookings.c.ended_at.is_(None)))
    .where(_OF_PROGRAMME, eligible.c.withdrawn.is_(false()), bookings.c.id.is_(None))
    .group_by(eligible.c.earlier_on, eligible.c.good_until),
)
LAST_DAYS: Final = Statement(
    "calendar.eligible_last_days",
    select(eligible.c.programme, func.max(eligible.c.good_until))
    .where(eligible.c.withdrawn.is_(false()))
    .group_by(eligible.c.programme)
    .having(func.count() == func.count(eligible.c.good_until))
    .order_by(eligible.c.programme),
)
"""When the whole list of a programme has run out; one with an entry that stays good for ever is not among them."""
BIND: Final = Statement(
    "calendar.bind_entry",
    update(eligible)
    .where(eligible.c.id == bindparam("entry"))
    .values(citizen=bindparam("who"), claimed_at=bindparam("now", type_=InstantColumn)),
)
STANDING_ON: Final = Statement(
    "calendar.standing_on_entry",
    select(bookings.c.id, bookings.c.citizen).where(
        bookings.c.voucher == bindparam("entry"),
        bookings.c.ended_at.is_(None),
        or_(bookings.c.held_until.is_(None), bookings.c.held_until > bindparam("now", type_=InstantColumn)),
    ),
)
# Staff took the place before the number was known; the NOT EXISTS spares PostgreSQL the broken transaction.
_other = bookings.alias("other")
ATTACH: Final = Statement(
    "calendar.attach_voucher",
    update(bookings)
    .where(
        bookings.c.id == bindparam("booking"),
        bookings.c.voucher.is_(None),
        bookings.c.ended_at.is_(None),
        ~select(_other.c.id)
        .where(_other.c.voucher == bindparam("entry"), _other.c.ended_at.is_(None))
        .exists(),
    )
    .values(voucher=bindparam("entry")),
)
FORGET_CLAIMS: Final = Statement(
    "calendar.forget_claims",
    update(eligible).where(eligible.c.citizen == bindparam("who")).values(citizen=None, claimed_at=None),
)

# --- wrong entries ---


def _queue(build: Any) -> Any:
    """Takes the row's lock whether it was there or not: rival guesses at one number, or of one citizen, wait here."""
    made = build(guesses)
    keys = ["programme", "kind", "subject"]
    return made.on_conflict_do_update(index_elements=keys, set_={"wrong": guesses.c.wrong})


QUEUE_GUESS: Final = Statement(
    "calendar.queue_guess", _queue(postgresql_insert), sqlite=_queue(sqlite_insert)
)
GUESSES: Final = Statement(
    "calendar.guesses",
    select(guesses.c.wrong, guesses.c.since, guesses.c.locked_until, guesses.c.locks).where(_SUBJECT),
    GuessRow,
)
WRONG: Final = Statement(
    "calendar.wrong_guess",
    update(guesses)
    .where(_SUBJECT)
    .values(
        wrong=bindparam("number", type_=Integer),
        since=bindparam("begun", type_=InstantColumn),
        locked_until=bindparam("until", type_=InstantColumn),
        locks=bindparam("locked", type_=Integer),
    ),
)
CLEAR_GUESSES: Final = Statement("calendar.clear_guesses", delete(guesses).where(_SUBJECT))
# Lets go of a lock, keeps how often there was one.
CURE: Final = Statement(
    "calendar.release_guesses",
    update(guesses)
    .where(_SUBJECT, guesses.c.locked_until > bindparam("now", type_=InstantColumn))
    .values(wrong=0, locked_until=None),
)
LOCKS: Final = Statement(
    "calendar.locks",
    select(guesses.c.kind, func.count())
    .where(
        guesses.c.programme == bindparam("programme"),
        guesses.c.locked_until > bindparam("now", type_=InstantColumn),
    )
    .group_by(guesses.c.kind)
    .order_by(guesses.c.kind),
)
PURGE_GUESSES: Final = Statement(
    "calendar.purge_guesses",
    delete(guesses).where(
        guesses.c.since < bindparam("before", type_=InstantColumn),
        or_(
            guesses.c.locked_until.is_(None),
            guesses.c.locked_until < bindparam("before", type_=InstantColumn),
        ),
    ),
)
FORGET_GUESSES: Final = Statement(
    "calendar.forget_guesses",
    delete(guesses).where(guesses.c.kind == "citizen", guesses.c.subject == bindparam("who")),
)
