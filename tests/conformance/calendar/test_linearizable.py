"""What real threads were answered can be put in one order that a single clerk with one book would have answered the same way.

A history is a list of calls: when it began and ended by a common counter, what was asked, what was said. The checker looks for an
order that keeps every call which ended before another began in front of it (Wing and Gong), and remembers states it has failed from.
Slots are independent, so histories of one slot are checked alone; histories with moves are checked whole.
"""

import itertools
import random
import threading
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from functools import partial

import pytest
from attrs import frozen
from sqlalchemy import Integer, bindparam, update

from govline.calendar import Booking, Calendar, Policy, Programme, SlotPlan, SlotRule, ledger, rules
from govline.calendar import _queries as q
from govline.calendar._queries import shared
from govline.calendar._tables import pools as pool_table
from govline.calendar._tables import slots as slot_table
from govline.calendar.rush import _Batch
from govline.store import Statement

START = datetime(2026, 12, 1, tzinfo=UTC)
PLACES = 3
HOLD = timedelta(minutes=10)
SAID = {"GL-2103": "full", "GL-2107": "twice", "GL-2112": "gone", "GL-2113": "gone", "GL-2115": "shared"}
PLAIN = ("book", "book", "cancel")
MOVES = ("book", "book", "book", "cancel", "change")
HOLDS = ("hold", "hold", "book", "confirm", "cancel")


@frozen
class Call:
    """One request: `verb` with `what`, from `began` to `ended`, answered `said`."""

    began: int
    ended: int
    verb: str
    what: tuple
    said: str


def clerk(state, verb, what):
    """One book, one clerk: the state is the set of (booking, slot, person, party)."""
    if verb == "book":
        _, slot, person, party = what
        here = [row for row in state if row[1] == slot]
        reasons = set()
        if sum(row[3] for row in here) + party > PLACES:
            reasons.add("full")
        if any(row[2] == person for row in here):
            reasons.add("twice")
        return (state, "+".join(sorted(reasons))) if reasons else (state | {what}, "won")
    mine = next((row for row in state if row[0] == what[0]), None)
    if mine is None:
        return state, "gone"
    rest = state - {mine}
    if verb == "cancel":
        return rest, "won"
    here = [row for row in rest if row[1] == what[1]]
    reasons = set()
    if sum(row[3] for row in here) + mine[3] > PLACES:
        reasons.add("full")
    if any(row[2] == mine[2] for row in here):
        reasons.add("twice")
    moved = (mine[0], what[1], *mine[2:])
    return (state, "+".join(sorted(reasons))) if reasons else (rest | {moved}, "won")


def hall_clerk(state, verb, what):
    """The clerk of a hall whose whole is its two halves: slots 0 (the whole), 1 and 2; one booking fills a room."""
    rest = state
    if verb != "book":
        mine = next((row for row in state if row[0] == what[0]), None)
        if mine is None:
            return state, "gone"
        rest = state - {mine}
        if verb == "cancel":
            return rest, "won"
        what = (mine[0], what[1], *mine[2:])
    _, slot, person, _ = what
    overlapping = {0: (0, 1, 2), 1: (0, 1), 2: (0, 2)}[slot]
    reasons = {
        *(["full"] if any(row[1] == slot for row in rest) else []),
        *(["shared"] if any(row[1] in overlapping for row in rest) else []),
        *(["twice"] if any((row[1], row[2]) == (slot, person) for row in rest) else []),
    }
    return (state, "+".join(sorted(reasons))) if reasons else (rest | {what}, "won")


def holding_clerk(state, verb, what):
    """The clerk who also notes what is only held: the state is what `clerk` knows, and the names of the holds."""
    rows, held = state
    if verb == "late":
        return (frozenset(row for row in rows if row[0] not in held), frozenset()), ""
    if verb == "confirm":
        return (rows, held - {what[0]}), "won" if any(row[0] == what[0] for row in rows) else "gone"
    rows, said = clerk(rows, "book" if verb == "hold" else verb, what)
    return (rows, held | {what[0]} if (verb, said) == ("hold", "won") else held), said


def linearizable(history, clerk=clerk, state=frozenset()):
    """Whether one order of the calls explains every answer of this clerk, who begins with this state."""
    calls = sorted(history, key=lambda call: call.began)
    failed = set()

    def search(left, state):
        if not left:
            return True
        if (left, state) in failed:
            return False
        first_end = min(calls[n].ended for n in left)
        for n in left:
            call = calls[n]
            if call.began > first_end:
                continue
            after, said = clerk(state, call.verb, call.what)
            if said == call.said and search(left - {n}, after):
                return True
        failed.add((left, state))
        return False

    return search(frozenset(range(len(calls))), state)


def by_slot(history):
    parts = defaultdict(list)
    slot_of = {call.what[0]: call.what[1] for call in history if call.verb == "book"}
    for call in history:
        parts[slot_of[call.what[0]]].append(call)
    return parts.values()


# --- the checker itself ---


@pytest.mark.parametrize(
    ("history", "sound"),
    [
        ([Call(0, 1, "book", ("k1", "s", "a", 3), "won"), Call(2, 3, "book", ("k2", "s", "b", 1), "full")], True),
        ([Call(0, 3, "book", ("k1", "s", "a", 3), "won"), Call(1, 2, "book", ("k2", "s", "b", 1), "won")], False),
        ([Call(0, 3, "book", ("k1", "s", "a", 3), "full"), Call(1, 2, "book", ("k2", "s", "b", 1), "won")], True),
        ([Call(2, 3, "book", ("k1", "s", "a", 3), "full"), Call(0, 1, "book", ("k2", "s", "b", 1), "won"),
          Call(4, 5, "cancel", ("k2",), "won"), Call(6, 7, "book", ("k3", "s", "c", 3), "full")], False),
        ([Call(0, 1, "book", ("k1", "s", "a", 1), "won"), Call(2, 3, "book", ("k2", "s", "a", 1), "won")], False),
        ([Call(0, 1, "book", ("k1", "s", "a", 1), "won"), Call(2, 5, "cancel", ("k1",), "won"),
          Call(3, 4, "book", ("k2", "s", "a", 1), "won")], True),
    ],
)  # fmt: skip
def test_the_checker_tells_sound_histories_from_others(history, sound):
    assert linearizable(history) == sound


# --- threads ---


def record(db, calendar, slots, *, seed, workers, each, verbs=PLAIN, rush, late=None):
    """What every thread asked and was told; half-way, while all of them wait, `late` moves the clock past every hold."""
    ticks, lock = itertools.count(), threading.Lock()
    history = []

    def tick():
        with lock:
            return next(ticks)

    def called(verb, what, ask):
        began = tick()
        answer = ask()
        ended = tick()
        codes = {SAID[reason.code] for reason in getattr(answer, "reasons", ())}
        said = "won" if isinstance(answer, Booking) else "+".join(sorted(codes))
        with lock:
            history.append(Call(began, ended, verb, what, said))
        return answer

    halfway = threading.Barrier(workers, lambda: called("late", (), late), timeout=60)

    def work(worker):
        dice = random.Random(seed * 100 + worker)
        own = []
        for n in range(each):
            if late and n == each // 2:
                halfway.wait()
            key = f"{seed}:{worker}:{n}"
            verb = dice.choice(verbs)
            if verb in ("book", "hold") or not own:
                verb = "hold" if verb == "hold" else "book"
                slot, person, party = (
                    dice.randrange(len(slots)),
                    dice.choice("abcdef"),
                    dice.choice([1, 1, 2]),
                )
                together = rush and dice.random() < 0.5
                take = getattr(calendar, f"{verb}_on" if together else verb)
                ask = partial(_taken, db, take, slots[slot], person, party=party, key=key, rush=together)
                answer = called(verb, (key, slot, person, party), ask)
                if isinstance(answer, Booking):
                    own.append((key, answer.id))
            elif verb in ("cancel", "confirm"):
                name, booking = dice.choice(own)
                end = getattr(calendar, verb)
                called(verb, (name,), lambda e=end, b=booking, k=key: db.run(lambda tx: e(tx, b, key=k)))
            else:
                (name, booking), to = dice.choice(own), dice.randrange(len(slots))
                called(
                    "change",
                    (name, to),
                    lambda b=booking, t=to, k=key: db.run(
                        lambda tx: calendar.change(tx, b, to=slots[t], key=k)
                    ),
                )

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, range(workers)))
    return history


def _taken(db, take, slot, person, *, party, key, rush):
    if rush:
        return take(db, slot, person, party=party, key=key)
    return db.run(lambda tx: take(tx, slot, person, party=party, key=key))


def _unguarded_take():
    taken = slot_table.c.booked + bindparam("places", type_=Integer)
    statement = update(slot_table).where(slot_table.c.id == bindparam("slot")).values(booked=taken)
    return Statement("calendar.take_unguarded", statement)


@pytest.fixture
def town(any_db):
    calendar = Calendar([Programme("p", policy=Policy(hold=HOLD))])
    plans = [SlotPlan(START + timedelta(hours=n), START + timedelta(hours=n + 1), PLACES) for n in range(3)]
    any_db.run(lambda tx: calendar.add_slots(tx, "p", plans))
    return any_db, calendar, [slot.id for slot in any_db.read(lambda tx: calendar.slots(tx, "p"))]


@pytest.mark.parametrize("rush", [False, True])
def test_bookings_and_cancellations_of_a_slot(town, rush):
    db, calendar, slots = town
    history = record(db, calendar, slots, seed=1, workers=8, each=9, rush=rush)
    parts = list(by_slot(history))
    assert sum(map(len, parts)) == 72
    assert all(linearizable(part) for part in parts)
    assert db.read(calendar.reconcile) == []


@pytest.mark.parametrize("seed", range(3))
def test_moves_between_slots(town, seed):
    db, calendar, slots = town
    history = record(db, calendar, slots, seed=seed, workers=4, each=8, verbs=MOVES, rush=True)
    assert linearizable(history)
    assert db.read(calendar.reconcile) == []


@pytest.mark.parametrize("guarded", [True, False])
def test_holds_that_run_out_half_way(town, clock, monkeypatch, guarded):
    db, calendar, slots = town
    if not guarded:
        monkeypatch.setattr(q, "TAKE", _unguarded_take())
        monkeypatch.setattr(rules, "_place_reasons", lambda *_: ())
    history = record(
        db,
        calendar,
        slots,
        seed=1,
        workers=4,
        each=12,
        verbs=HOLDS,
        rush=guarded,
        late=partial(clock.advance, HOLD),
    )
    nothing = (frozenset(), frozenset())
    assert linearizable(history, holding_clerk, nothing) == guarded
    assert {call.verb for call in history} == {*HOLDS, "late"}
    assert db.read(calendar.reconcile) == []


def hall(db, name):
    """A calendar of one hall, and its slots: the whole and its two halves."""
    rooms = [
        SlotRule([(time(9), time(12))], 1, [(START.date(), START.date())], name=room)
        for room in ("全面", "A面", "B面")
    ]
    calendar = Calendar([Programme(name, rules=rooms, parts={"全面": ("A面", "B面")}, per_group=True)])
    db.run(lambda tx: calendar.lay_out(tx, name))
    named = {slot.name: slot.id for slot in db.read(lambda tx: calendar.slots(tx, name))}
    return calendar, [named[room] for room in ("全面", "A面", "B面")]


def test_all_reasons_of_a_hall_are_true_at_one_moment(any_db):
    for seed in range(10):
        calendar, slots = hall(any_db, f"hall-{seed}")
        history = record(any_db, calendar, slots, seed=seed, workers=6, each=7, verbs=MOVES, rush=seed % 2)
        assert linearizable(history, hall_clerk)
    assert any_db.read(calendar.reconcile) == []


def test_without_the_guard_of_pools_no_order_explains_a_hall(any_db, monkeypatch):
    calendar, slots = hall(any_db, "hall")
    units = bindparam("units", type_=Integer)
    unguarded = update(pool_table).where(pool_table.c.id == bindparam("pool"))
    unguarded = unguarded.values(booked=pool_table.c.booked + units)
    monkeypatch.setattr(shared, "DRAW", Statement("calendar.draw_unguarded", unguarded))
    monkeypatch.setattr(ledger, "with_shared", lambda _tx, slot, *_: slot)
    monkeypatch.setattr(_Batch, "_shared", lambda *_: ())
    history = record(any_db, calendar, slots, seed=1, workers=4, each=8, verbs=MOVES, rush=True)
    assert not linearizable(history, hall_clerk)


def test_without_the_guard_no_order_explains_the_answers(town, monkeypatch):
    db, calendar, slots = town
    monkeypatch.setattr(q, "TAKE", _unguarded_take())
    monkeypatch.setattr(rules, "_place_reasons", lambda *_: ())
    history = record(db, calendar, slots, seed=1, workers=8, each=9, rush=False)
    assert not all(linearizable(part) for part in by_slot(history))
