"""Many bookings in one unit of work: what waits for the same slot is judged and written together, each answered for itself.

The verdicts are those of `Desk.take`, one after another in order of arrival; only the statements are shared. The slots' rows are
locked before anybody is judged, so that no other process can take a place in between.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from attrs import Factory, evolve, field, frozen, mutable

from govline.calendar import holds, ledger
from govline.calendar._queries import rush
from govline.calendar._queries import shared as qp
from govline.calendar._queries.shared import SharedRow
from govline.calendar._tables import booking_draws, bookings, persons, requests
from govline.calendar.desk import Desk, new_booking, no_such_slot
from govline.calendar.knowledge import Known, Pair, facts_of, holds_on_vouchers, look_up
from govline.calendar.model import Booking, Refused, Shared, Slot
from govline.calendar.options import NO_OPTIONS, option_reasons, pieces
from govline.calendar.requests import Answer, booking_content, digest_of, row_of, stored_answer
from govline.calendar.rules import check
from govline.core import CitizenId, Id, Json, Transaction
from govline.errors import InputError, RetryNeeded
from govline.store.rows import rows_text

__all__ = ["Wish", "take_many"]

_BOOKING: Final = {each.name: each.type for each in bookings.columns}
_DRAWN: Final = {each.name: each.type for each in booking_draws.columns}
_PERSON: Final = {each.name: each.type for each in persons.columns}
_REQUEST: Final = {each.name: each.type for each in requests.columns}


@frozen
class Wish:
    """A request to book or hold places, as it waits in the line of its slot."""

    verb: str
    slot: Id
    citizen: CitizenId | None
    party: int
    key: str
    options: Mapping[str, int] = field(default=NO_OPTIONS, converter=pieces, kw_only=True)
    digest: str = field(
        init=False,
        repr=False,
        default=Factory(lambda self: digest_of(self.verb, _content(self)), takes_self=True),
    )
    """What is kept of it."""


def _content(wish: Wish) -> dict[str, Json]:
    return booking_content(wish.slot, wish.citizen, wish.party, wish.options)


def take_many(
    tx: Transaction, desk: Desk, wishes: Sequence[Wish], *, personal: bool = True
) -> list[Answer | Exception]:
    """Answer every wish, in order; a key that was answered before gets that answer again.

    Args:
        personal: Whether any programme must know something of its citizens; False spares the look.

    Returns:
        A booking, a refusal with every reason, or the InputError GL-2001 of a key that was used for something else.

    Raises:
        RetryNeeded: Somebody answered one of the keys, or moved into one of the slots, in this very moment.
    """
    keys = json.dumps([wish.key for wish in wishes])
    known = {row[0]: row[1:] for row in tx.all(rush.KNOWN_REQUESTS, {"keys": keys})}
    fresh: dict[str, Wish] = {}
    for wish in wishes:
        # claimed by the same request and never answered: whoever claimed it went on after an error
        if known.get(wish.key, (wish.verb, wish.digest, None)) == (wish.verb, wish.digest, None):
            fresh.setdefault(wish.key, wish)
    answers = _Batch.of(tx, desk, list(fresh.values()), personal=personal).answer() if fresh else {}
    first = {key: (wish.verb, wish.digest, None) for key, wish in fresh.items()}
    return [_said(wish, {**first, **known}[wish.key], answers) for wish in wishes]


def _said(wish: Wish, row: tuple[str, str, Any], answers: Mapping[str, Answer]) -> Answer | Exception:
    try:
        stored = stored_answer(row, wish.verb, wish.digest)
        return answers[wish.key] if stored is None else stored
    except InputError as used_twice:
        return used_twice


@mutable
class _Batch:
    """Requests that nobody has answered yet, with what must be known to judge them; grows as places are won."""

    tx: Transaction
    desk: Desk
    wishes: list[Wish]
    slots: dict[Id, Slot]
    pairs: set[tuple[Id, CitizenId]]
    known: dict[Pair, Known]
    shared: dict[Id, list[SharedRow]]
    pools: dict[Id, int]
    won: list[Booking] = field(factory=list)
    drawn: Counter[Id] = field(factory=Counter)
    draw_rows: list[dict[str, Any]] = field(factory=list)

    @classmethod
    def of(cls, tx: Transaction, desk: Desk, wishes: list[Wish], *, personal: bool) -> "_Batch":
        """Lock and look: persons whose bookings count, holds that ran out, then slots, then what stands in them."""
        named = {"slots": json.dumps(sorted({wish.slot for wish in wishes}))}
        asking = _asking(desk, tx.all(rush.FIND_SLOTS, named), wishes) if personal else []
        counted = [pair for pair in asking if desk.programme(pair[0]).policy.counts]
        if counted:
            rows = [{"programme": programme, "citizen": who, "requests": 1} for programme, who in counted]
            tx.write(rush.QUEUE_PERSONS, {"rows": rows_text(_PERSON, rows)})
        holds.make_room(
            tx,
            desk,
            sorted({wish.slot for wish in wishes}),
            sum(wish.party for wish in wishes),
            requests=len(wishes),
            others=holds_on_vouchers(tx, desk.programme, counted),
            options=any(wish.options for wish in wishes),
        )
        slots = {slot.id: slot for slot in tx.all(rush.LOCK_SLOTS, named)}
        asked = [{"slot": wish.slot, "citizen": wish.citizen} for wish in wishes if wish.citizen]
        standing = tx.all(rush.LIVE_PAIRS, {"rows": json.dumps(asked)}) if asked else []
        pairs = {(slot, who) for slot, who, booking in standing if booking}
        known = look_up(tx, desk.programme, asking, desk.profile)
        rows_of_pools = _locked_pools(tx, slots, {wish.slot for wish in wishes if wish.options})
        return cls(tx, desk, wishes, slots, pairs, known, *_by_slot(rows_of_pools))

    def answer(self) -> dict[str, Answer]:
        """Judge one after another, then write everything."""
        answers = {wish.key: self._judge(wish) for wish in self.wishes}
        self._write(answers)
        return answers

    def _judge(self, wish: Wish) -> Answer:
        slot = self.slots.get(wish.slot)
        if slot is None:
            return Refused([no_such_slot()])
        programme = self.desk.programme(slot.programme)
        who = wish.citizen or ""
        places = programme.places(wish.party)
        known = self.known.get((slot.programme, who))
        facts = facts_of(
            known,
            programme,
            slot,
            wish.party,
            self.tx.now,
            in_slot=(slot.id, who) in self.pairs,
            person=wish.citizen is not None,
        )
        seen = evolve(slot, shared=self._shared(slot, wish)) if slot.draws or wish.options else slot
        reasons = check(programme.policy, seen, facts, self.tx.now, business_day=self.desk.business_day)
        reasons += option_reasons(programme.offered, slot.name, wish.options)
        if reasons:
            return Refused(reasons)
        booking = new_booking(self.tx, programme, slot, wish.citizen, wish.party, hold=wish.verb == "hold")
        if wish.options:
            drawn = len(self._rows(slot.id, wish.options))
            booking = evolve(booking, options=wish.options, draws=drawn)
        if programme.policy.eligibility is not None and facts.voucher is not None:
            booking = evolve(booking, voucher=facts.voucher.id)
        self.slots[slot.id] = evolve(slot, booked=slot.booked + places)
        self._draw(booking)
        if wish.citizen:
            self.pairs.add((slot.id, who))
            if known is not None:
                self.known[slot.programme, who] = known.with_booking(booking, slot, programme.policy)
        self.won.append(booking)
        return booking

    # --- pools ---

    def _rows(self, slot: Id, options: Mapping[str, int]) -> list[SharedRow]:
        """The pools that a booking with these options takes from."""
        return [row for row in self.shared.get(slot, ()) if not row.option or row.option in options]

    def _shared(self, slot: Slot, wish: Wish) -> list[Shared]:
        rows = self._rows(slot.id, wish.options)
        return [ledger.shared_of(evolve(row, booked=self.pools[row.pool]), wish.options) for row in rows]

    def _draw(self, booking: Booking) -> None:
        for row in self._rows(booking.slot, booking.options):
            units = ledger.shared_of(row, booking.options).needs(booking.places)
            self.pools[row.pool] += units
            self.drawn[row.pool] += units
            self.draw_rows += ledger.draw_rows(booking.id, {row.pool: units})

    # --- rows ---

    def _write(self, answers: Mapping[str, Answer]) -> None:
        tx = self.tx
        if self.won:
            rows = rows_text(_BOOKING, [ledger.row_of(tx, booking) for booking in self.won])
            _all_new(tx.write(rush.ADD_BOOKINGS, {"rows": rows}), len(self.won))
            taken: Counter[Id] = Counter()
            for booking in self.won:
                taken[booking.slot] += booking.places
            for slot, places in sorted(taken.items()):
                _all_new(tx.write(rush.TAKE_PLACES, {"slot": slot, "places": places}), 1)
            for pool, units in sorted(self.drawn.items()):
                _all_new(tx.write(qp.DRAW, {"pool": pool, "units": units}), 1)
            if self.draw_rows:
                tx.write(qp.ADD_BOOKING_DRAWS, {"rows": rows_text(_DRAWN, self.draw_rows)})
        asked = [
            row_of(tx, wish.key, wish.verb, wish.digest, citizen=wish.citizen, answer=answers[wish.key])
            for wish in self.wishes
        ]
        _all_new(tx.write(rush.ADD_REQUESTS, {"rows": rows_text(_REQUEST, asked)}), len(asked))
        self.desk.taken(tx, self.won)


def _asking(desk: Desk, slots: Iterable[Slot], wishes: Iterable[Wish]) -> list[Pair]:
    """Of whom something must be known, by programme."""
    programmes = {slot.id: slot.programme for slot in slots}
    asking = {
        (programmes[wish.slot], wish.citizen) for wish in wishes if wish.citizen and wish.slot in programmes
    }
    return sorted(each for each in asking if desk.programme(each[0]).policy.personal)


def _locked_pools(tx: Transaction, slots: Mapping[Id, Slot], with_options: set[Id]) -> Iterable[SharedRow]:
    """The pools of the slots; what 備品 draw as well where any wish asks for some."""
    drawing = {slot.id for slot in slots.values() if slot.draws} | (with_options & slots.keys())
    if not drawing:
        return ()
    found: Iterable[SharedRow] = tx.all(
        qp.LOCK_WITH_OPTIONS if with_options else qp.LOCK_SHARED, {"slots": json.dumps(sorted(drawing))}
    )
    return found


def _by_slot(rows: Iterable[SharedRow]) -> tuple[dict[Id, list[SharedRow]], dict[Id, int]]:
    """What each slot draws on, and every pool's counter."""
    shared: dict[Id, list[SharedRow]] = {}
    counters: dict[Id, int] = {}
    for row in rows:
        shared.setdefault(row.slot, []).append(row)
        counters[row.pool] = row.booked
    return shared, counters


def _all_new(written: int, expected: int) -> None:
    if written != expected:
        raise RetryNeeded("another request of the same key or person was faster", hint="run the unit again")
