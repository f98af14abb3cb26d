"""Halls and their parts, a supply, 備品, closures and places by hand together, against a pure model, step by random step, on both engines.

A booking of the whole takes the parts and the reverse; the supply is never passed; at no moment more pieces of equipment are out than
there are; a closure loses nobody; counters that drift are mended by their rows. What the model knows is a dictionary.
"""

from datetime import UTC, date, datetime, time, timedelta

import hypothesis.strategies as st
import pytest
from attrs import evolve, field, frozen
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from govline.calendar import Booking, Calendar, Policy, Programme
from govline.calendar import _queries as q
from govline.calendar._queries import shared as qp
from govline.calendar.closures import go_on
from govline.calendar.mending import Mended
from govline.calendar.model import PoolRule, SlotRule
from govline.calendar.options import Option
from govline.calendar.upkeep import Placed
from govline.core import Actor, FixedClock

NOW = datetime(2026, 11, 20, tzinfo=UTC)
DAY = date(2026, 12, 1)
HOURS = (9, 13)
ROOMS = ("全面", "A面", "B面", "和室")
LASTS = {"和室": 4}
PARTS = {"全面": ("A面", "B面")}
KEYS = 3
MICS = 3
MOST_MICS = 2
HOLD = timedelta(minutes=10)
CLERK = Actor("staff", "s-1", "counter")
ASKED = st.sampled_from(
    [{}, {}, {"マイク": 1}, {"マイク": 2}, {"マイク": 3}, {"幕": 1}, {"幕": 1, "マイク": 1}]
)
ROOM = st.tuples(st.sampled_from(HOURS), st.sampled_from(ROOMS))
PEOPLE = st.sampled_from("abcd")


@frozen
class Row:
    """A live booking as the model knows it."""

    at: tuple[int, str]
    person: str
    held_until: datetime | None = None
    state: str = "confirmed"
    options: dict = field(factory=dict)


def overlap(one, other):
    """Whether two rooms cannot be used at one time."""
    return one == other or one in PARTS.get(other, ()) or other in PARTS.get(one, ())


def hall(mics=MICS):
    rules = [
        SlotRule(
            [(time(hour), time(hour + LASTS.get(name, 3))) for hour in HOURS], 1, [(DAY, DAY)], name=name
        )
        for name in ROOMS
    ]
    return Programme(
        "hall",
        rules=rules,
        parts=PARTS,
        per_group=True,
        pools=(PoolRule("鍵", KEYS, per_place=False),),
        options={
            "マイク": Option(stock=mics, most=MOST_MICS),
            "幕": Option(stock=1, slots={"全面", "A面", "B面"}),
        },
        policy=Policy(hold=HOLD, max_party=50),
    )


class Hall(RuleBasedStateMachine):
    """One town; `open_town` gives the database."""

    open_town = None

    def __init__(self):
        super().__init__()
        self.clock = FixedClock(NOW)
        self.db, self.leave = type(self).open_town(self.clock)
        self.calendar = Calendar([hall()])
        self.live: dict[str, Row] = {}
        self.closed: dict[int, str] = {}
        self.keys, self.mics = KEYS, MICS
        self.asked = 0

    def teardown(self):
        self.db.close()
        self.leave()

    @initialize()
    def begin(self):
        self.db.run(self.calendar.prepare)
        found = self.db.read(lambda tx: self.calendar.slots(tx, "hall"))
        self.slots = {((slot.starts.hour + 9) % 24, slot.name): slot.id for slot in found}
        assert len(self.slots) == len(HOURS) * len(ROOMS)
        (self.supply,) = (
            each
            for each in self.db.read(lambda tx: self.calendar.upkeep.supplies(tx, "hall"))
            if each.label == "鍵"
        )

    # --- what should be true ---

    def rows(self, but=()):
        now = self.clock.now()
        return {
            key: row
            for key, row in self.live.items()
            if key not in but and (row.held_until is None or row.held_until > now)
        }

    def free(self, at, but=()):
        hour, room = at
        rows = self.rows(but).values()
        clear = not any(row.at[0] == hour and overlap(room, row.at[1]) for row in rows)
        return hour not in self.closed and clear and len(rows) < self.keys

    def out(self, name, at, but=()):
        """The most pieces that are out at any moment of a use: each hour is looked at by itself."""
        hour, room = at
        moments = range(hour, hour + LASTS.get(room, 3))
        return max(
            sum(
                row.options.get(name, 0)
                for row in self.rows(but).values()
                if row.at[0] <= moment < row.at[0] + LASTS.get(row.at[1], 3)
            )
            for moment in moments
        )

    def can_have(self, options, at, but=()):
        if "幕" in options and at[1] == "和室":
            return False
        stock = {"マイク": self.mics, "幕": 1}
        fits = all(self.out(name, at, but) + number <= stock[name] for name, number in options.items())
        return fits and options.get("マイク", 0) <= MOST_MICS

    # --- requests ---

    def ask(self, work, actor=None):
        self.asked += 1
        key = f"key-{self.asked}"
        return self.db.run(lambda tx: work(tx, key), **({"actor": actor} if actor else {}))

    def some(self, data):
        return data.draw(st.sampled_from(sorted(self.rows())))

    @rule(at=ROOM, person=PEOPLE, options=ASKED, verb=st.sampled_from(["book", "hold"]), rush=st.booleans())
    def take(self, at, person, options, verb, rush):
        allowed = self.free(at) and self.can_have(options, at)
        self.asked += 1
        key, slot = f"key-{self.asked}", self.slots[at]
        if rush:
            ask = self.calendar.book_on if verb == "book" else self.calendar.hold_on
            answer = ask(self.db, slot, person, party=20, key=key, options=options)
        else:
            ask = getattr(self.calendar, verb)
            answer = self.db.run(lambda tx: ask(tx, slot, person, party=20, key=key, options=options))
        assert isinstance(answer, Booking) == allowed, (answer, at)
        if allowed:
            assert answer.options == options
            self.live[answer.id] = Row(at, person, answer.held_until, answer.state.value, options)

    @precondition(lambda self: self.rows())
    @rule(data=st.data(), at=ROOM, stays=st.booleans(), options=st.none() | ASKED)
    def change(self, data, at, stays, options):
        booking = self.some(data)
        row = self.live[booking]
        at = row.at if stays else at
        has = row.options if at == row.at else {}
        wanted = row.options if options is None else options
        more = {name: number for name, number in wanted.items() if number > has.get(name, 0)}
        allowed = self.free(at, {booking}) and self.can_have(more, at, {booking})
        slot = self.slots[at]
        answer = self.ask(
            lambda tx, key: self.calendar.change(tx, booking, to=slot, key=key, options=options)
        )
        assert isinstance(answer, Booking) == allowed, (answer, row, at, options)
        if allowed:
            assert answer.options == wanted
            state = "confirmed" if row.state == "displaced" else row.state
            self.live[booking] = evolve(row, at=at, state=state, options=wanted)

    @precondition(lambda self: self.rows())
    @rule(data=st.data())
    def cancel(self, data):
        booking = self.some(data)
        assert isinstance(self.ask(lambda tx, key: self.calendar.cancel(tx, booking, key=key)), Booking)
        del self.live[booking]

    @precondition(lambda self: self.rows())
    @rule(data=st.data())
    def confirm(self, data):
        booking = self.some(data)
        row = self.live[booking]
        answer = self.ask(lambda tx, key: self.calendar.confirm(tx, booking, key=key))
        assert isinstance(answer, Booking) == (row.state != "displaced"), answer
        if isinstance(answer, Booking):
            self.live[booking] = evolve(row, held_until=None, state="confirmed")

    # --- staff ---

    @rule(hour=st.sampled_from(HOURS))
    def close(self, hour):
        starts = datetime(2026, 12, 1, hour, tzinfo=UTC) - timedelta(hours=9)
        until = self.clock.now() + timedelta(hours=6)
        span = (starts, starts + timedelta(hours=1))
        answer = self.ask(
            lambda tx, key: self.calendar.counter.close(
                tx, "hall", *span, "雪", key=key, priority_until=until
            ),
            CLERK,
        )
        if hour in self.closed:
            assert answer.slots == 0
            return
        assert answer.slots == len(ROOMS)
        self.closed[hour] = answer.id
        for booking, row in list(self.live.items()):
            if row.at[0] == hour and row.state == "held":
                del self.live[booking]
            elif row.at[0] == hour:
                self.live[booking] = evolve(row, state="displaced")

    def to_end(self):
        return sorted(hour for hour, closure in self.closed.items() if closure)

    @precondition(lambda self: self.to_end())
    @rule(data=st.data(), again=st.booleans())
    def closure_ends(self, data, again):
        """It is taken back, or its people's first right is over: then those who stayed are cancelled."""
        hour = data.draw(st.sampled_from(self.to_end()))
        closure = self.closed[hour]
        if again:
            self.ask(lambda tx, key: self.calendar.counter.reopen(tx, closure, "晴", key=key), CLERK)
            del self.closed[hour]
            for booking, row in self.live.items():
                if row.state == "displaced" and row.at[0] == hour:
                    self.live[booking] = evolve(row, state="confirmed")
            return
        self.clock.advance(timedelta(hours=7))
        self.db.run(lambda tx: go_on(tx, self.calendar.counter.desk, {"closure": closure}))
        stayed = [key for key, row in self.live.items() if row.state == "displaced" and row.at[0] == hour]
        for booking in stayed:
            del self.live[booking]
        self.closed[hour] = ""  # for good

    @rule(keys=st.integers(0, 4))
    def set_supply(self, keys):
        answer = self.ask(
            lambda tx, key: self.calendar.upkeep.set_places(tx, self.supply.id, keys, reason="鍵", key=key),
            CLERK,
        )
        assert isinstance(answer, Placed)
        assert len(answer.conflicts) == max(answer.booked - keys, 0)
        self.keys = keys

    @rule(mics=st.integers(0, 4))
    def stock(self, mics):
        """The town buys microphones, or some break: whoever has one keeps it, and those beyond the stock are listed."""
        same, self.mics = mics == self.mics, mics
        self.calendar.adopt([hall(mics)])
        layout = self.db.run(lambda tx: self.calendar.lay_out(tx, "hall"))
        most = max(self.out("マイク", (hour, "和室")) for hour in HOURS)
        assert same or most <= mics or "マイク" in layout.short

    @rule()
    def lay_out_again(self):
        self.db.run(self.calendar.prepare)

    @rule(at=ROOM, by=st.sampled_from([-1, 1]))
    def drift_and_mend(self, at, by):
        slot = self.slots[at]

        def drift(tx):
            now = self.calendar.slot(tx, slot)
            by_now = by if now.booked + by >= 0 else 1
            tx.write(q.GIVE, {"slot": slot, "places": -by_now})
            (pool, *_) = tx.all(qp.POOLS, {"programme": "hall"})
            tx.write(qp.DRAW, {"pool": pool.id, "units": -1 if pool.booked else 0})

        self.db.run(drift)
        answer = self.db.run(self.calendar.counter.mend, actor=CLERK)
        assert isinstance(answer, Mended)
        assert answer.mended
        assert not answer.over

    @rule(minutes=st.sampled_from([5, 10]))
    def time_passes(self, minutes):
        self.clock.advance(timedelta(minutes=minutes))

    @rule()
    def expire(self):
        self.db.run(self.calendar.expire_holds)
        self.live = self.rows()

    # --- what never fails ---

    @invariant()
    def sound(self):
        if not hasattr(self, "slots"):
            return
        with self.db.begin() as tx:
            assert self.calendar.reconcile(tx) == []
            now = {at: self.calendar.slot(tx, slot) for at, slot in self.slots.items()}
            standing = {key: self.calendar.booking(tx, key) for key in self.rows()}
            left = {at: self.calendar.options_left(tx, slot) for at, slot in self.slots.items()}
        for at, slot in now.items():
            booked = sum(row.at == at for row in self.rows().values())
            assert booked <= slot.booked <= slot.capacity
            assert slot.cancelled == (at[0] in self.closed)
        for key, row in self.rows().items():
            assert standing[key].state.value == row.state
            assert standing[key].slot == self.slots[row.at]
            assert standing[key].options == row.options
        for at, pieces in left.items():
            assert pieces["マイク"] <= max(self.mics - self.out("マイク", at), 0)
            assert pieces.get("幕", 0) <= 1 - self.out("幕", at) or at[1] == "和室"
        rows = [*self.rows().values()]
        for n, one in enumerate(rows):
            for other in rows[n + 1 :]:
                assert one.at[0] != other.at[0] or not overlap(one.at[1], other.at[1]), (one, other)


@pytest.mark.parametrize(("engine", "examples"), [("sqlite", 12), ("postgres", 3)])
def test_halls_and_supplies_are_what_the_model_says(request, engine, examples):
    opened = request.getfixturevalue(f"{engine}_town")
    machine = type("Machine", (Hall,), {"open_town": staticmethod(opened)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
            report_multiple_bugs=False,
        ),
    )
