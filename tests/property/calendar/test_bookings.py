"""The calendar against a pure model, step by random step: booked equals rows, never beyond capacity, one live booking a person."""

import shutil
import tempfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

from govline.calendar import Booking, Calendar, Policy, Programme, Refused, SlotPlan
from govline.core import FixedClock, SeededIds
from govline.store import Database, Keyring

NOW = datetime(2026, 11, 20, tzinfo=UTC)
START = NOW + timedelta(days=4)
SLOTS, PLACES, LIMIT = 3, 4, 2
HOLD = timedelta(minutes=10)
PEOPLE = st.sampled_from("abcde")
SLOT = st.integers(0, SLOTS - 1)
PARTY = st.integers(1, 3)


class Model:
    """What should be true, as a dictionary: booking id to (slot, person, party, held until)."""

    def __init__(self, clock):
        self.clock = clock
        self.live = {}

    def alive(self, row):
        return row[3] is None or row[3] > self.clock.now()

    def booked(self, slot, but=None):
        return sum(
            row[2] for key, row in self.live.items() if key != but and row[0] == slot and self.alive(row)
        )

    def of(self, person):
        return [row for row in self.live.values() if row[1] == person and self.alive(row)]

    def may_take(self, slot, person, party):
        mine = self.of(person)
        fits = self.booked(slot) + party <= PLACES
        return fits and len(mine) < LIMIT and all(row[0] != slot for row in mine)

    def may_move(self, booking, slot, party):
        row = self.live.get(booking)
        if row is None or not self.alive(row):
            return False
        fits = self.booked(slot, but=booking) + party <= PLACES
        other = [found for key, found in self.live.items() if key != booking and self.alive(found)]
        return fits and not any(found[:2] == (slot, row[1]) for found in other)


class Bookings(RuleBasedStateMachine):
    template = None
    made = Bundle("made")

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        path = self.folder / "town.db"
        if type(self).template is None:
            type(self).template = self._template()
        shutil.copyfile(type(self).template, path)
        self.clock = FixedClock(NOW)
        self.db = Database.open(f"sqlite:///{path}", town="t", clock=self.clock, ids=SeededIds(1))
        self.calendar = Calendar([Programme("p", policy=Policy(limit=LIMIT, hold=HOLD))])
        self.model = Model(self.clock)
        self.sent = []

    @staticmethod
    def _template():
        path = Path(tempfile.mkdtemp()) / "template.db"
        database = Database.open(f"sqlite:///{path}", keys=Keyring.generate())
        database.migrate(["govline.calendar.migrations"])
        database.close()
        return path

    def teardown(self):
        self.db.close()
        shutil.rmtree(self.folder)

    @initialize()
    def open(self):
        plans = [
            SlotPlan(START + timedelta(hours=n), START + timedelta(hours=n + 1), PLACES) for n in range(SLOTS)
        ]
        self.db.run(lambda tx: self.calendar.add_slots(tx, "p", plans))
        self.slots = [slot.id for slot in self.db.read(lambda tx: self.calendar.slots(tx, "p"))]

    def ask(self, verb, *args, **more):
        """The answer to a request under a fresh key; it may be sent again later."""
        key = f"key-{len(self.sent)}"
        ask = getattr(self.calendar, verb)

        def send():
            if verb.endswith("_on"):
                return ask(self.db, *args, key=key, **more)
            return self.db.run(lambda tx: ask(tx, *args, key=key, **more))

        answer = send()
        self.sent.append((send, answer))
        return answer

    def take(self, verb, slot, person, party):
        allowed = self.model.may_take(slot, person, party)
        answer = self.ask(verb, self.slots[slot], person, party=party)
        assert isinstance(answer, Booking) == allowed, answer
        if allowed:
            self.model.live[answer.id] = (slot, person, party, answer.held_until)
            return answer.id
        assert answer.reasons
        return multiple()

    @rule(target=made, slot=SLOT, person=PEOPLE, party=PARTY, verb=st.sampled_from(["book", "book_on"]))
    def book(self, slot, person, party, verb):
        return self.take(verb, slot, person, party)

    @rule(target=made, slot=SLOT, person=PEOPLE, party=PARTY, verb=st.sampled_from(["hold", "hold_on"]))
    def hold(self, slot, person, party, verb):
        return self.take(verb, slot, person, party)

    @rule(back=st.integers(1, 5))
    def replay(self, back):
        if back <= len(self.sent):
            send, answer = self.sent[-back]
            assert send() == answer

    @rule(slot=SLOT, person=PEOPLE, minutes=st.sampled_from([0, 9, 10]))
    def hold_and_decide(self, slot, person, minutes):
        booking = self.take("hold", slot, person, 1)
        if isinstance(booking, str):
            self.clock.advance(timedelta(minutes=minutes))
            self.confirm(booking)

    @rule(booking=made)
    def confirm(self, booking):
        row = self.model.live.get(booking)
        answer = self.ask("confirm", booking)
        expected = row is not None and self.model.alive(row)
        assert isinstance(answer, Booking) == expected, answer
        if expected:
            self.model.live[booking] = (*row[:3], None)

    @rule(booking=made, slot=SLOT, party=PARTY)
    def change(self, booking, slot, party):
        allowed = self.model.may_move(booking, slot, party)
        answer = self.ask("change", booking, to=self.slots[slot], party=party)
        assert isinstance(answer, Booking) == allowed, answer
        if allowed:
            row = self.model.live[booking]
            self.model.live[booking] = (slot, row[1], party, row[3])

    @rule(booking=made)
    def cancel(self, booking):
        row = self.model.live.get(booking)
        answer = self.ask("cancel", booking)
        if row is not None and self.model.alive(row):
            assert isinstance(answer, Booking)
        elif row is None:
            assert isinstance(answer, Refused)
        self.model.live.pop(booking, None)

    @rule(minutes=st.sampled_from([5, 10]))
    def time_passes(self, minutes):
        self.clock.advance(timedelta(minutes=minutes))

    @rule(minutes=st.sampled_from([3, 60]))
    def clock_jumps_back(self, minutes):
        """What has ended stays ended; what still stands stands longer."""
        self.expire()
        self.clock.advance(-timedelta(minutes=minutes))

    @rule()
    def expire(self):
        self.db.run(self.calendar.expire_holds)
        self.model.live = {key: row for key, row in self.model.live.items() if self.model.alive(row)}
        counters = [self.db.read(lambda tx, s=slot: self.calendar.slot(tx, s)).booked for slot in self.slots]
        assert counters == [self.model.booked(slot) for slot in range(SLOTS)]

    @invariant()
    def sound(self):
        if not hasattr(self, "slots"):
            return
        assert self.db.read(self.calendar.reconcile) == []
        for number, slot in enumerate(self.slots):
            booked = self.db.read(lambda tx, s=slot: self.calendar.slot(tx, s)).booked
            assert self.model.booked(number) <= booked <= PLACES
        pairs = Counter((row[0], row[1]) for row in self.model.live.values() if self.model.alive(row))
        assert not pairs or max(pairs.values()) == 1


Bookings.TestCase.settings = settings(max_examples=25, stateful_step_count=40, deadline=None)
TestBookings = Bookings.TestCase
