"""The calendar's verbs, each inside the caller's transaction. Refusals are values; only misuse raises."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial

from govline.calendar import _queries as q
from govline.calendar import arrivals, holds, ledger, linked, merging, partners, reasons
from govline.calendar._queries import by_hand as qh
from govline.calendar.availability import DayView, SlotView
from govline.calendar.availability_reader import days_of, free_slots, times_of
from govline.calendar.billing import Billing
from govline.calendar.closure_messages import Rebooking
from govline.calendar.counter import Counter
from govline.calendar.desk import Desk, find_slot, no_such_slot
from govline.calendar.dues import Dues
from govline.calendar.eligibility import EligibilityList
from govline.calendar.groups import Groups
from govline.calendar.history import Step, steps
from govline.calendar.ics_reader import booking_file
from govline.calendar.layout import Conflict, Layout, add_slots, conflicts, lay_out, window
from govline.calendar.left_over import LeftOver
from govline.calendar.mending import differences
from govline.calendar.model import (
    Allowed,
    Booking,
    BookingState,
    Difference,
    Programme,
    Refused,
    Slot,
    SlotPlan,
)
from govline.calendar.options import pieces
from govline.calendar.planning import reaches
from govline.calendar.preflight import TownFacts
from govline.calendar.reminders import told_at_once
from govline.calendar.reminding import Quiet
from govline.calendar.requests import Answer, answered_once, booking_content, check_party
from govline.calendar.rules import judge
from govline.calendar.rush_door import RushDoor
from govline.calendar.upkeep import Upkeep
from govline.calendar.wording.talk import CALENDAR_TEXTS
from govline.core import ALLOW_ALL, CitizenId, ClaimPort, Id, Json, PolicyPort, ProfilePort, Ref, Transaction
from govline.core.holidays import HolidayCalendar
from govline.core.jst import to_jst
from govline.core.texts import Texts
from govline.errors import ConfigError

__all__ = ["Calendar"]

_PAGE = 1_000
_ANSWERS_KEPT = timedelta(days=90)


class Calendar(RushDoor, Billing):
    """Programmes bound to their tables.

    Args:
        programmes: What can be booked.
        business_day: Which days count for cut-offs; Monday to Friday except national holidays and 29 December to 3 January by default.
        holiday: Which days are national holidays, for programmes that close on them.
        texts: The wording of reminders; the Japanese defaults where omitted.
        profile: Where attributes of citizens are, for policies that ask for them.
        claims: Where claims are made, for programmes with `pay_item`.
        policy: Which staff may do what at the `counter`.
        quiet: The town's quiet hours: reminders and notices wait for their end.
        follow: Every programme anew once another process has published; asked often, so it must be cheap.
    """

    def __init__(
        self,
        programmes: Iterable[Programme] = (),
        *,
        business_day: Callable[[date], bool] | None = None,
        holiday: Callable[[date], bool] | None = None,
        texts: Texts | None = None,
        profile: ProfilePort | None = None,
        claims: ClaimPort | None = None,
        policy: PolicyPort = ALLOW_ALL,
        quiet: Quiet | None = None,
        follow: Callable[[], Iterable[Programme] | None] = lambda: None,
    ) -> None:
        self._programmes: Mapping[str, Programme] = {item.id: item for item in programmes}
        self._follow = follow
        official = HolidayCalendar.official()
        self._business_day = business_day or official.with_year_end().is_business_day
        self._holiday = holiday or official.is_holiday
        super().__init__()
        self._texts = texts or Texts(defaults=CALENDAR_TEXTS)
        self.groups = Groups(policy, self._texts, quiet)
        self.eligibility = EligibilityList(self.programme, policy)
        self._dues = Dues(self._business_day, self._holiday, self._texts, claims, self.groups)
        self._desk = Desk(
            self.programme, self._business_day, self._texts, profile, dues=self._dues, quiet=quiet
        )
        self.counter = Counter(self._desk, policy)
        self.upkeep = Upkeep(self._desk, policy, lay_out=self.lay_out)

    @property
    def programmes(self) -> Mapping[str, Programme]:
        """What can be booked, by id."""
        published = self._follow()
        if published is not None:
            self.adopt(published)
        return self._programmes

    def programme(self, programme: str) -> Programme:
        """The programme of this id.

        Raises:
            ConfigError: GL-2002, it is not declared.
        """
        try:
            return self.programmes[programme]
        except KeyError:
            known = ", ".join(sorted(self._programmes)) or "none"
            raise ConfigError(
                f"no programme is called {programme!r}", code="GL-2002", hint=f"declared: {known}"
            ) from None

    def worded(self, refused: Refused, locale: str = "") -> Refused:
        """The same in the town's own words and the citizen's language; that of whoever is being answered where omitted."""
        return Refused(reasons.worded(refused.reasons, self._texts, locale))

    # --- slots ---

    def prepare(self, tx: Transaction) -> None:
        """Lay out every programme, and forget answers by key that are older than 90 days."""
        for programme in self.programmes:
            tx.write(qh.FOLLOW_FIXED, {"programme": programme})
            self.lay_out(tx, programme)
        tx.write(q.PURGE_REQUESTS, {"before": tx.now - _ANSWERS_KEPT})
        self.eligibility.purge(tx)

    def lay_out(self, tx: Transaction, programme: str | Programme) -> Layout:
        """Write the slots that the programme's rules ask for; cheap when nothing changed.

        Args:
            programme: The id of a declared one, or one that is about to be.
        """
        found = programme if isinstance(programme, Programme) else self.programme(programme)
        return lay_out(tx, found, self._holiday)

    def keep_up(self, tx: Transaction, programme: str) -> None:
        """Go on with the slots of rules that roll from day to day, unless somebody else laid out other rules since."""
        lay_out(tx, self.programme(programme), self._holiday, only_ours=True)

    def conflicts(self, tx: Transaction, programme: str) -> Sequence[Conflict]:
        """Booked slots that the programme's rules do not ask for any more, or not with so many places: staff decide about each."""
        return conflicts(tx, self.programme(programme), self._holiday)

    def add_slots(self, tx: Transaction, programme: str, plans: Iterable[SlotPlan]) -> int:
        """Write slots by hand; how many are new."""
        found = self.programme(programme)
        new = add_slots(tx, found.id, plans)
        if new and found.pooled:  # what slots share and its stock are over these as well
            tx.write(qh.FORGET_LAYOUT, {"programme": found.id})
            self.lay_out(tx, found.id)
        return new

    def cancel_slot(self, tx: Transaction, slot_id: Id, *, cancelled: bool = True) -> bool | Refused:
        """Close (or reopen) a slot for new bookings; those in it stay until they are cancelled. Whether it exists."""

        def work() -> bool:
            tx.audit("calendar.cancel_slot", Ref("calendar.slot", slot_id), {"cancelled": cancelled})
            return bool(tx.write(q.CANCEL_SLOT, {"slot": slot_id, "cancelled": cancelled}))

        return self.counter.asked(tx, "calendar.close", work)

    def slot(self, tx: Transaction, slot_id: Id) -> Slot | None:
        """The slot as it is now."""
        return find_slot(tx, slot_id)

    def slots(
        self,
        tx: Transaction,
        programme: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = _PAGE,
    ) -> Sequence[Slot]:
        """All slots that start in `[since, until)`, in order; from now for a year where omitted."""
        start, end = window(tx, since, until)
        terms = {"programme": self.programme(programme).id, "since": start, "until": end, "limit": limit}
        return tx.all(q.SLOTS_BETWEEN, terms)

    def available(
        self,
        tx: Transaction,
        programme: str,
        *,
        party: int = 1,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = _PAGE,
        citizen: CitizenId | None = None,
    ) -> Sequence[Slot]:
        """Slots with at least `party` places left that the policy lets anybody (or this citizen) book now, in order."""
        found = self.programme(programme)
        start, end = window(tx, since, until)
        return free_slots(tx, self._desk, found, start, end, party=party, limit=limit, citizen=citizen)

    def days(
        self,
        tx: Transaction,
        programme: str,
        first: date,
        last: date,
        *,
        party: int = 1,
        citizen: CitizenId | None = None,
    ) -> tuple[DayView, ...]:
        """Every day from `first` to `last`: whether `party` places can be booked, by anybody or this citizen, and if not, why."""
        return days_of(tx, self._desk, self.programme(programme), first, last, party=party, citizen=citizen)

    def times(
        self,
        tx: Transaction,
        programme: str,
        first: date,
        last: date,
        *,
        party: int = 1,
        citizen: CitizenId | None = None,
    ) -> tuple[SlotView, ...]:
        """Every slot from `first` to `last` with its state and all reasons, for anybody or this citizen."""
        return times_of(tx, self._desk, self.programme(programme), first, last, party=party, citizen=citizen)

    # --- bookings ---

    def options_left(self, tx: Transaction, slot_id: Id) -> dict[str, int]:
        """How many pieces of each 備品 with a stock nobody has for the whole time of this slot."""
        return ledger.options_left(tx, slot_id)

    def can_book(
        self,
        tx: Transaction,
        slot_id: Id,
        citizen: CitizenId | None,
        *,
        party: int = 1,
        options: Mapping[str, int] | None = None,
    ) -> Allowed | Refused:
        """Whether this booking would be taken now, or every reason why not."""
        slot = self.slot(tx, slot_id)
        if slot is None:
            return Refused([no_such_slot()])
        reasons = holds.reasons_without(tx, self._desk, slot, citizen, party, options=pieces(options))
        return judge(reasons)

    def hold(
        self,
        tx: Transaction,
        slot_id: Id,
        citizen: CitizenId | None,
        *,
        party: int = 1,
        key: str,
        options: Mapping[str, int] | None = None,
    ) -> Booking | Refused:
        """Take places until the policy's hold time runs out (仮押さえ); `confirm` makes it a booking."""
        return self._request(tx, "hold", slot_id, citizen, party=party, key=key, options=options)

    def book(
        self,
        tx: Transaction,
        slot_id: Id,
        citizen: CitizenId | None,
        *,
        party: int = 1,
        key: str,
        options: Mapping[str, int] | None = None,
    ) -> Booking | Refused:
        """Take places for good.

        Args:
            slot_id: Which slot.
            citizen: Who books; None for places that staff take for nobody in particular.
            party: Number of places, at least 1.
            key: Idempotency key; the same request again gets the same answer.
            options: How many of which 備品.

        Returns:
            The confirmed booking, or every reason against it.

        Raises:
            InputError: GL-2001 the key was used for another request, GL-2003 the party is not positive, GL-2005 less than none
                of an option.
        """
        return self._request(tx, "book", slot_id, citizen, party=party, key=key, options=options)

    def confirm(
        self, tx: Transaction, booking_id: Id, *, key: str, citizen: CitizenId | None = None
    ) -> Booking | Refused:
        """Turn a hold into a booking while it lasts. With `citizen`, only their own."""
        content = {"booking": booking_id, "citizen": citizen}
        work = partial(self._desk.confirm, tx, booking_id, citizen)
        return answered_once(tx, key, "confirm", content, work, citizen=citizen)

    def change(
        self,
        tx: Transaction,
        booking_id: Id,
        *,
        to: Id,
        key: str,
        party: int | None = None,
        citizen: CitizenId | None = None,
        options: Mapping[str, int] | None = None,
    ) -> Booking | Refused:
        """Move a booking to another slot of its programme, or to another number of places or of 備品.

        The old place is kept until the new one is won; a refusal leaves everything as it was.

        Args:
            to: The new slot; its own where only the rest changes.
            party, options: As before where omitted; `{}` gives back all options.
        """
        check_party(1 if party is None else party)
        beside = None if options is None else pieces(options)
        content: dict[str, Json] = {"booking": booking_id, "to": to, "party": party, "citizen": citizen}
        content |= {} if beside is None else {"options": dict(beside)}
        work = partial(self._desk.change, tx, booking_id, to, party, citizen, options=beside)
        return answered_once(tx, key, "change", content, work, citizen=citizen)

    def cancel(
        self,
        tx: Transaction,
        booking_id: Id,
        *,
        key: str,
        citizen: CitizenId | None = None,
        asked: bool = False,
    ) -> Booking | Refused:
        """End a booking and free its places. With `citizen`, only their own and before the cut-off.

        Args:
            asked: The caller asks what becomes of linked bookings (`on_cancel: ask`); a message asks the citizen where omitted.
        """
        content = {"booking": booking_id, "citizen": citizen}
        work = partial(self._desk.cancel, tx, booking_id, citizen, asked=asked)
        return answered_once(tx, key, "cancel", content, work, citizen=citizen)

    def book_linked(
        self, tx: Transaction, wanted: Sequence[tuple[Id, int]], citizen: CitizenId | None, *, key: str
    ) -> linked.Linked | Refused:
        """Book several slots together (第1回と第2回), all or none; the programme's `link` says what fits.

        Args:
            wanted: Slot and number of people of each.
        """
        for _, party in wanted:
            check_party(party)
        return linked.book_linked(tx, self._desk, wanted, citizen, key=key)

    def change_linked(
        self, tx: Transaction, moves: Mapping[Id, Id], *, key: str, citizen: CitizenId | None = None
    ) -> linked.Linked | Refused:
        """Move linked bookings together, all or none. `moves`: booking to new slot."""
        return linked.change_linked(tx, self._desk, moves, citizen, key=key)

    def fitting(
        self, tx: Transaction, slot_id: Id, *, party: int = 1, citizen: CitizenId | None = None
    ) -> list[Slot]:
        """Free slots for the booking that follows one in this slot (of this citizen): only those whose day and product fit."""
        slot = self.slot(tx, slot_id)
        return [] if slot is None else partners.fitting(tx, self._desk, slot, party=party, citizen=citizen)

    def merge(self, tx: Transaction, code: str, citizen: CitizenId, *, key: str) -> merging.Merged | Refused:
        """Make what was booked by telephone or at the counter the citizen's, by the code of the receipt; nothing is lost."""
        return merging.merge(tx, self._desk, code, citizen, key=key)

    def ticket(self, tx: Transaction, booking_id: Id) -> arrivals.Ticket:
        """The code to show at the counter (see `govline.calendar.qr`).

        Raises:
            ConfigError: GL-1122 the database was opened without keys.
        """
        return arrivals.ticket(tx, booking_id)

    def ics(self, tx: Transaction, booking_id: Id) -> bytes | None:
        """The booking for its holder's own calendar; once it has ended, what takes it out of there again. None where there is none."""
        return booking_file(tx, self.programmes, booking_id)

    def history(self, tx: Transaction, booking_id: Id) -> list[Step]:
        """What has happened to a booking, oldest first: who, through which channel, why, when."""
        return steps(tx, booking_id)

    def mark_no_shows(self, tx: Transaction, *, limit: int = 500) -> int:
        """Mark bookings that nobody checked in, in programmes with `no_show_after`; how many."""
        return arrivals.mark_no_shows(tx, self._desk, sorted(self.programmes), limit=limit)

    def rebooking(self) -> Rebooking:
        """What answers a tap on the buttons of a closure's message."""
        return Rebooking(self._desk, self.change)

    @property
    def left_over(self) -> LeftOver:
        """What asks and hears what becomes of bookings linked with a cancelled one."""
        return LeftOver(self.programme, self._texts, self.cancel)

    def booking(self, tx: Transaction, booking_id: Id) -> Booking | None:
        """The booking as it is now, live or not."""
        booking: Booking | None = tx.one(q.BOOKING_BY_ID, {"booking": booking_id})
        return booking

    def bookings(self, tx: Transaction, citizen: CitizenId) -> Sequence[Booking]:
        """The citizen's live bookings that are not over, in order of time."""
        rows = tx.all(q.BOOKINGS_OF, {"citizen": citizen, "now": tx.now})
        return [row for row in rows if row.held_until is None or row.held_until > tx.now]

    @property
    def business_day(self) -> Callable[[date], bool]:
        """Which days count as business days."""
        return self._business_day

    def reminds_at_once(self, tx: Transaction, booking: Booking) -> bool:
        """Whether the booking was made after its last reminder's time: its confirmation has to remind."""
        return told_at_once(tx, self.programme(booking.programme), booking, self._desk.quiet)

    def expire_holds(self, tx: Transaction, *, limit: int = 500) -> int:
        """End holds whose time has run out; how many."""
        return len(holds.expire_due(tx, self._desk, limit))

    def expire_hold(self, tx: Transaction, booking_id: Id) -> bool:
        """End this hold if its time has run out."""
        return bool(holds.expire(tx, self._desk, [booking_id]))

    def town_facts(self, tx: Transaction, programme: Programme, *, weeks: int = 6) -> TownFacts:
        """What the preflight must know besides a programme: holidays, names, and how its list stands.

        Args:
            weeks: How early to warn of dates that run out.
        """
        declared = getattr(getattr(self._desk.profile, "attributes", None), "declared", None)
        listed = programme.policy.eligibility is not None
        cohorts = self.eligibility.state(tx, programme.id).cohorts if listed else {}
        return TownFacts(
            business_day=self._business_day,
            holiday=self._holiday,
            holidays_until=HolidayCalendar.LAST_DAY,
            programmes=self.programmes.keys(),
            attributes=None if declared is None else [each.name for each in declared],
            cohorts={cohort: counts[0] for cohort, counts in cohorts.items()} if listed else None,
            weeks=weeks,
            reach=reaches([*self.programmes.values(), programme], to_jst(tx.now).date()),
            entries=self.eligibility.terms(tx, programme.id) if listed else None,
            booked=sum(booked for _, _, booked in cohorts.values()),
        )

    def adopt(self, programmes: Iterable[Programme]) -> None:
        """Use these programmes from the next unit of work on: rules change without a restart. Lay out what they ask for anew."""
        self._programmes = {item.id: item for item in programmes}

    def reconcile(self, tx: Transaction) -> list[Difference]:
        """Slots and pools whose counter does not equal their live bookings; empty while the calendar is sound."""
        return differences(tx)

    def erase(self, tx: Transaction, citizen: CitizenId) -> None:
        """Cancel what lies ahead of the citizen and take their id out of every row."""
        for booking in tx.all(q.BOOKINGS_OF, {"citizen": citizen, "now": tx.now}):
            self._desk.end(tx, booking, BookingState.CANCELLED)
        for statement in (q.FORGET_BOOKINGS, q.FORGET_PERSON, q.FORGET_REQUESTS):
            tx.write(statement, {"who": citizen})
        merging.erase_contacts(tx, citizen)
        self.eligibility.erase(tx, citizen)
        self.groups.erase(tx, citizen)

    def _request(
        self,
        tx: Transaction,
        verb: str,
        slot_id: Id,
        citizen: CitizenId | None,
        *,
        party: int,
        key: str,
        options: Mapping[str, int] | None,
    ) -> Answer:
        check_party(party)
        beside = pieces(options)
        content = booking_content(slot_id, citizen, party, beside)
        work = partial(self._desk.take, tx, verb, slot_id, citizen, party, options=beside)
        return answered_once(tx, key, verb, content, work, citizen=citizen)
