"""The whole ledger against a pure model, step by random step, on both engines: counters equal rows, never beyond capacity, nothing lost.

Citizens book, hold, confirm, change and cancel; staff book for contacts, override, enlarge, close, reopen; contacts join; bookings
are linked; a pool is shared; clocks jump; every request may come again. What the model knows is a dictionary.
"""

from collections import Counter
from datetime import UTC, datetime, timedelta

import hypothesis.strategies as st
import pytest
from attrs import evolve, frozen
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from govline.calendar import Booking, Calendar, Policy, Programme, Refused
from govline.calendar.closures import Closure, go_on
from govline.calendar.linked import Linked
from govline.calendar.merging import Contact, Merged
from govline.calendar.model import BookingState, Link, PoolRule, SlotRule
from govline.core import Actor, FixedClock

NOW = datetime(2026, 11, 20, tzinfo=UTC)
FIRST = datetime(2026, 11, 24, 0, tzinfo=UTC)
DAYS, PLACES, LIMIT, SUPPLY = 4, 3, 2, 8
HOLD = timedelta(minutes=10)
LINK = Link(least=1, most=2)
PEOPLE = st.sampled_from("abc")
SLOT = st.integers(0, DAYS - 1)
PARTY = st.integers(1, 2)
CLERK = Actor("staff", "s-1", "phone")


@frozen
class Row:
    """A live booking as the model knows it."""

    slot: int
    person: str
    party: int
    held_until: datetime | None = None
    state: str = "confirmed"
    link: str = ""
    waived: bool = False


def programme():
    day = NOW.date()
    rules = [
        SlotRule(
            times=[((FIRST + timedelta(hours=9)).time(), (FIRST + timedelta(hours=10)).time())],
            capacity=PLACES,
            dates=[(day + timedelta(days=4 + n), day + timedelta(days=4 + n))],
        )
        for n in range(DAYS)
    ]
    policy = Policy(limit=LIMIT, hold=HOLD)
    return Programme("p", policy=policy, rules=rules, link=LINK, pools=(PoolRule("supply", SUPPLY),))


class Ledger(RuleBasedStateMachine):
    """One town; `open_town` gives the database."""

    open_town = None

    def __init__(self):
        super().__init__()
        self.clock = FixedClock(NOW)
        self.db, self.leave = type(self).open_town(self.clock)
        self.calendar = Calendar([programme()])
        self.live: dict[str, Row] = {}
        self.capacity = [PLACES] * DAYS
        self.closed: dict[int, str] = {}
        self.reserved: dict[int, tuple[str, datetime]] = {}
        self.closures: dict[str, tuple[int, datetime]] = {}
        self.sent = []

    def teardown(self):
        self.db.close()
        self.leave()

    @initialize()
    def begin(self):
        self.db.run(lambda tx: self.calendar.lay_out(tx, "p"))
        self.slots = [slot.id for slot in self.db.read(lambda tx: self.calendar.slots(tx, "p"))]
        assert len(self.slots) == DAYS

    # --- what should be true ---

    def alive(self, row):
        return row.held_until is None or row.held_until > self.clock.now()

    def rows(self, but=()):
        return {key: row for key, row in self.live.items() if key not in but and self.alive(row)}

    def booked(self, slot, but=()):
        return sum(row.party for row in self.rows(but).values() if row.slot == slot)

    def mine(self, person, but=()):
        return [row for row in self.rows(but).values() if row.person == person]

    def open(self, slot, right=""):
        reserved = self.reserved.get(slot, ("", NOW))
        return slot not in self.closed and (
            reserved[1] <= self.clock.now() or (right and reserved[0] == right)
        )

    def room(self, slot, party, but=()):
        supply = sum(row.party for row in self.rows(but).values())
        return self.booked(slot, but) + party <= self.capacity[slot], supply + party <= SUPPLY

    def may_take(self, slot, person, party, *, override=False):
        if slot in self.closed or not all(self.room(slot, party)):
            return False
        mine = self.mine(person) if person else []
        if any(row.slot == slot for row in mine):
            return False
        return override or (self.open(slot) and len(mine) < LIMIT)

    # --- requests ---

    def ask(self, work, actor=None):
        """The answer to a request under a fresh key; it may be sent again later."""
        key = f"key-{len(self.sent)}"

        def send():
            more = {"actor": actor} if actor else {}
            return self.db.run(lambda tx: work(tx, key), **more)

        answer = send()
        self.sent.append((send, answer))
        return answer

    @rule(slot=SLOT, person=PEOPLE, party=PARTY, verb=st.sampled_from(["book", "hold"]))
    def take(self, slot, person, party, verb):
        allowed = self.may_take(slot, person, party)
        ask = getattr(self.calendar, verb)
        answer = self.ask(lambda tx, key: ask(tx, self.slots[slot], person, party=party, key=key))
        self.won(answer, allowed, Row(slot, person, party))

    @rule(slot=SLOT, person=PEOPLE, party=PARTY)
    def take_in_a_rush(self, slot, person, party):
        allowed = self.may_take(slot, person, party)
        key = f"rush-{len(self.sent)}"

        def send():
            return self.calendar.book_on(self.db, self.slots[slot], person, party=party, key=key)

        answer = send()
        self.sent.append((send, answer))
        self.won(answer, allowed, Row(slot, person, party))

    @rule(slot=SLOT, who=st.sampled_from(["佐藤", "鈴木", ""]), party=PARTY, override=st.booleans())
    def at_the_counter(self, slot, who, party, override):
        contact = Contact(who, "1" * (1 + len(who))) if who else None
        person = self.contact_of(who) if who else ""
        allowed = self.may_take(slot, person, party, override=override or not who)
        if not who and not override:
            allowed = allowed and self.open(slot)
        answer = self.ask(
            lambda tx, key: self.calendar.counter.book(
                tx, self.slots[slot], contact=contact, party=party, key=key, override=override, reason="理由"
            ),
            CLERK,
        )
        if isinstance(answer, Booking) and who:
            person = answer.citizen
        self.won(answer, allowed, Row(slot, person, party))

    def contact_of(self, who):
        found = self.db.read(
            lambda tx: [
                each
                for each in {row.person for row in self.live.values() if len(row.person) > 1}
                if (read := self.read_contact(tx, each)) and read.label == who
            ]
        )
        return found[0] if found else ""

    @staticmethod
    def read_contact(tx, contact):
        from govline.calendar._queries import contacts as qc
        from govline.calendar.merging import _opened

        row = tx.one(qc.CONTACT, {"contact": contact})
        return None if row is None or row.citizen else _opened(tx, row)

    def won(self, answer, allowed, row):
        assert isinstance(answer, Booking) == bool(allowed), (answer, row)
        if allowed:
            held = answer.held_until
            early = "GL-2104" in answer.waived
            self.live[answer.id] = evolve(row, held_until=held, state=answer.state.value, waived=early)
        else:
            assert answer.reasons

    @rule(slot=SLOT, person=PEOPLE)
    def enlarge(self, slot, person):
        """Staff raise a full slot for one person; what it shares with others stays as it is."""
        mine = self.mine(person)
        free = slot not in self.closed and self.room(slot, 1)[1]
        allowed = free and all(row.slot != slot for row in mine)
        answer = self.ask(
            lambda tx, key: self.calendar.counter.book(
                tx,
                self.slots[slot],
                citizen=person,
                key=key,
                override=True,
                raise_capacity=True,
                reason="特例",
            ),
            CLERK,
        )
        if allowed:
            self.capacity[slot] = max(self.capacity[slot], self.booked(slot) + 1)
        self.won(answer, allowed, Row(slot, person, 1))

    def some(self, data, state=("held", "confirmed", "displaced")):
        keys = sorted(key for key, row in self.live.items() if row.state in state)
        return data.draw(st.sampled_from(keys))

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def confirm(self, data):
        booking = self.some(data)
        row = self.live[booking]
        answer = self.ask(lambda tx, key: self.calendar.confirm(tx, booking, key=key))
        expected = self.alive(row) and row.state in ("held", "confirmed")
        assert isinstance(answer, Booking) == expected, (answer, row)
        if expected:
            self.live[booking] = evolve(row, held_until=None, state="confirmed")

    @precondition(lambda self: self.live)
    @rule(data=st.data(), slot=SLOT, party=PARTY)
    def change(self, data, slot, party):
        booking = self.some(data)
        row = self.live[booking]
        right = self.right_of(booking)
        others = [each for each in self.mine(row.person, {booking}) if row.person]
        linked = self.linked(booking)
        allowed = (
            self.alive(row)
            and all(self.room(slot, party, {booking}))
            and (self.open(slot, right) or (row.waived and slot == row.slot and slot not in self.closed))
            and all(each.slot != slot for each in others)
            and all(LINK.least <= abs(each.slot - slot) <= LINK.most for each in linked)
            and self.in_order(booking, slot)
        )
        answer = self.ask(
            lambda tx, key: self.calendar.change(tx, booking, to=self.slots[slot], party=party, key=key)
        )
        assert isinstance(answer, Booking) == bool(allowed), (answer, row, slot)
        if allowed:
            state = "confirmed" if row.state == "displaced" else row.state
            self.live[booking] = evolve(row, slot=slot, party=party, state=state)

    def in_order(self, booking, slot):
        """Two linked bookings never share a day."""
        return all(each.slot != slot for each in self.linked(booking))

    def linked(self, booking):
        link = self.live[booking].link
        return [row for key, row in self.live.items() if link and row.link == link and key != booking]

    def right_of(self, booking):
        row = self.live[booking]
        return self.closed.get(row.slot, "") if row.state == "displaced" else ""

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def cancel(self, data):
        booking = self.some(data)
        row = self.live[booking]
        answer = self.ask(lambda tx, key: self.calendar.cancel(tx, booking, key=key))
        assert isinstance(answer, Booking), (answer, row)
        gone = [booking] + [key for key, other in self.live.items() if row.link and other.link == row.link]
        for key in {*gone}:
            self.live.pop(key, None)

    @rule(person=PEOPLE, first=SLOT, second=SLOT)
    def book_two(self, person, first, second):
        early, late = sorted((first, second))
        fits = LINK.least <= late - early <= LINK.most
        mine = self.mine(person)
        both = all(
            self.open(slot) and self.room(slot, 1)[0] and all(row.slot != slot for row in mine)
            for slot in (early, late)
        )
        supply = sum(row.party for row in self.rows().values()) + 2 <= SUPPLY
        allowed = fits and both and supply and len(mine) + 2 <= LIMIT
        wanted = [(self.slots[first], 1), (self.slots[second], 1)]
        answer = self.ask(lambda tx, key: self.calendar.book_linked(tx, wanted, person, key=key))
        assert isinstance(answer, Linked) == bool(allowed), (answer, first, second)
        if allowed:
            for booking in answer.bookings:
                slot = self.slots.index(booking.slot)
                self.live[booking.id] = Row(slot, person, 1, link=booking.link)

    # --- closures ---

    @rule(slot=SLOT, instead=SLOT)
    def close(self, slot, instead):
        starts = FIRST + timedelta(hours=0, days=slot)
        span = (starts - timedelta(hours=12), starts + timedelta(hours=12))
        until = self.clock.now() + timedelta(minutes=25)
        answer = self.ask(
            lambda tx, key: self.calendar.counter.close(
                tx, "p", *span, "雪", key=key, priority_until=until, instead=[self.slots[instead]]
            ),
            CLERK,
        )
        assert isinstance(answer, Closure)
        now = self.clock.now()
        if slot not in self.closed:
            assert answer.slots == 1
            self.closed[slot] = answer.id
            for key, row in list(self.live.items()):
                if row.slot == slot and row.state == "held":
                    del self.live[key]
                elif row.slot == slot:
                    self.live[key] = evolve(row, state="displaced")
        else:
            assert answer.slots == 0
        if instead not in self.closed and self.reserved.get(instead, ("", NOW))[1] <= now:
            self.reserved[instead] = (answer.id, until)
        self.closures[answer.id] = (slot, until)

    @precondition(lambda self: self.closures)
    @rule(data=st.data())
    def reopen(self, data):
        closure = data.draw(st.sampled_from(sorted(self.closures)))
        answer = self.ask(lambda tx, key: self.calendar.counter.reopen(tx, closure, "晴", key=key), CLERK)
        assert isinstance(answer, Closure)
        self.closures.pop(closure)
        for slot in [slot for slot, by in self.closed.items() if by == closure]:
            del self.closed[slot]
            for key, row in self.live.items():
                if row.slot == slot and row.state == "displaced":
                    self.live[key] = evolve(row, state="confirmed")
        self.reserved = {slot: each for slot, each in self.reserved.items() if each[0] != closure}

    @precondition(lambda self: self.closures)
    @rule()
    def first_rights_end(self):
        self.clock.advance(timedelta(minutes=30))
        for closure in sorted(self.closures):
            self.db.run(lambda tx, c=closure: go_on(tx, self.calendar.counter.desk, {"closure": c}))
        for closure in list(self.closures):
            for slot in [slot for slot, by in self.closed.items() if by == closure]:
                displaced = [k for k, r in self.live.items() if r.slot == slot and r.state == "displaced"]
                for key in displaced:
                    self.live.pop(key, None)
        self.closures.clear()
        self.reserved.clear()

    # --- contacts ---

    @precondition(lambda self: any(len(row.person) > 1 for row in self.live.values()))
    @rule(data=st.data(), person=PEOPLE)
    def join(self, data, person):
        contact = data.draw(
            st.sampled_from(sorted({r.person for r in self.live.values() if len(r.person) > 1}))
        )
        booking = next(key for key, row in self.live.items() if row.person == contact)
        code = self.db.run(lambda tx: self.calendar.counter.merge_code(tx, booking), actor=CLERK)
        answer = self.ask(lambda tx, key: self.calendar.merge(tx, code.text, person, key=key))
        assert isinstance(answer, Merged)
        taken = {row.slot for row in self.live.values() if row.person == person}
        theirs = {key for key, row in self.live.items() if row.person == contact}
        kept = {key for key in theirs if self.live[key].slot in taken}
        assert {each.id for each in answer.kept} == kept
        assert {each.id for each in answer.moved} == theirs - kept
        for key in theirs - kept:
            self.live[key] = evolve(self.live[key], person=person)
        for key in kept:
            self.live[key] = evolve(self.live[key], person="")

    # --- time and repeats ---

    @rule(back=st.integers(1, 6))
    def replay(self, back):
        if back <= len(self.sent):
            send, answer = self.sent[-back]
            assert send() == answer

    @rule(minutes=st.sampled_from([5, 10]))
    def time_passes(self, minutes):
        self.clock.advance(timedelta(minutes=minutes))

    @rule()
    def expire(self):
        self.db.run(self.calendar.expire_holds)
        self.live = self.rows()

    @invariant()
    def sound(self):
        if not hasattr(self, "slots"):
            return
        with self.db.begin() as tx:
            assert self.calendar.reconcile(tx) == []
            now = [self.calendar.slot(tx, slot) for slot in self.slots]
        for number, slot in enumerate(now):
            assert self.booked(number) <= slot.booked <= slot.capacity == self.capacity[number]
            assert slot.cancelled == (number in self.closed)
        assert sum(row.party for row in self.rows().values()) <= SUPPLY
        pairs = Counter((row.slot, row.person) for row in self.rows().values() if row.person)
        assert not pairs or max(pairs.values()) == 1

    @invariant()
    def every_live_booking_stands(self):
        if not hasattr(self, "slots"):
            return
        with self.db.begin() as tx:
            for key, row in self.rows().items():
                booking = self.calendar.booking(tx, key)
                assert booking.state.live
                assert booking.state == BookingState(row.state)
                assert booking.slot == self.slots[row.slot]
                assert self.calendar.history(tx, key)[0].what == "made"
        assert all(not isinstance(answer, Refused) or answer.reasons for _, answer in self.sent)


@pytest.mark.parametrize(("engine", "examples"), [("sqlite", 15), ("postgres", 4)])
def test_the_ledger_is_what_the_model_says(request, engine, examples):
    opened = request.getfixturevalue(f"{engine}_town")
    machine = type("Machine", (Ledger,), {"open_town": staticmethod(opened)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
            report_multiple_bugs=False,
        ),
    )
