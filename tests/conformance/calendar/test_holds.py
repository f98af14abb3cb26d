"""Holds that ran out: they make room the moment somebody asks, at both doors, and nobody waits in a circle over them."""

import json
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date, time, timedelta

import pytest

from govline.calendar import Booking, Calendar, Policy, Programme, SlotRule, holds, ledger
from govline.calendar._queries import rush
from govline.calendar.model import PoolRule
from govline.errors import ConfigError

DAY = date(2026, 12, 1)
LATER = timedelta(minutes=10)


def laid(db, *, names=("",), capacity=1, policy=None, **more):
    rules = [
        SlotRule([(time(9), time(11)), (time(13), time(15))], capacity, [(DAY, DAY)], name=name)
        for name in names
    ]
    calendar = Calendar([Programme("p", policy=policy or Policy(hold=LATER), rules=rules, **more)])
    db.run(lambda tx: calendar.lay_out(tx, "p"))
    return calendar, {
        (slot.starts.hour, slot.name): slot.id for slot in db.read(lambda tx: calendar.slots(tx, "p"))
    }


@pytest.fixture(params=["desk", "rush"])
def ask(request, any_db):
    """Both ways to a place: one after another, and in sets."""

    def take(verb, calendar, slot, who, key, *, party=1):
        if request.param == "rush":
            return getattr(calendar, f"{verb}_on")(any_db, slot, who, party=party, key=key)
        return any_db.run(lambda tx: getattr(calendar, verb)(tx, slot, who, party=party, key=key))

    return take


def test_ones_own_hold_that_ran_out_is_no_booking_of_the_slot(any_db, clock, ask):
    calendar, slots = laid(any_db, capacity=5)
    ask("hold", calendar, slots[0, ""], "a", "1")
    clock.advance(LATER)
    assert isinstance(ask("book", calendar, slots[0, ""], "a", "2"), Booking)
    assert any_db.read(calendar.reconcile) == []


def test_a_hold_of_the_whole_hall_that_ran_out_frees_its_halves(any_db, clock, ask):
    calendar, slots = laid(any_db, names=("全", "A", "B"), parts={"全": ("A", "B")}, per_group=True)
    held = ask("hold", calendar, slots[0, "全"], "a", "1")
    other = ask("hold", calendar, slots[4, "全"], "a", "2")
    assert [reason.code for reason in ask("book", calendar, slots[0, "A"], "b", "3").reasons] == ["GL-2115"]
    clock.advance(LATER)
    assert isinstance(ask("book", calendar, slots[0, "A"], "b", "4"), Booking)
    states = [any_db.read(lambda tx, b=b: calendar.booking(tx, b.id)).state for b in (held, other)]
    assert states == ["expired", "held"], "what stands in nobody's way is left to the worker"
    assert any_db.read(calendar.reconcile) == []


def test_a_supply_comes_back_from_holds_of_other_slots(any_db, clock, ask):
    calendar, slots = laid(any_db, capacity=9, pools=(PoolRule("supply", 6),))
    ask("hold", calendar, slots[0, ""], "a", "1", party=4)
    clock.advance(LATER)
    assert isinstance(ask("book", calendar, slots[4, ""], "b", "2", party=2), Booking)
    assert isinstance(ask("book", calendar, slots[4, ""], "c", "3", party=4), Booking)
    assert [reason.code for reason in ask("book", calendar, slots[4, ""], "d", "4").reasons] == ["GL-2115"]
    assert any_db.read(calendar.reconcile) == []


def test_a_move_makes_room_for_itself(any_db, clock):
    calendar, slots = laid(any_db, capacity=2)
    mine = any_db.run(lambda tx: calendar.book(tx, slots[0, ""], "a", key="1"))
    any_db.run(lambda tx: calendar.hold(tx, slots[4, ""], "b", party=2, key="2"))
    clock.advance(LATER)
    moved = any_db.run(lambda tx: calendar.change(tx, mine.id, to=slots[4, ""], key="3"))
    assert moved.slot == slots[4, ""]
    assert any_db.read(calendar.reconcile) == []


def test_a_hold_that_ran_out_cannot_be_moved(any_db, clock):
    calendar, slots = laid(any_db)
    held = any_db.run(lambda tx: calendar.hold(tx, slots[0, ""], "a", key="1"))
    clock.advance(LATER)
    refused = any_db.run(lambda tx: calendar.change(tx, held.id, to=slots[4, ""], key="2"))
    assert [reason.code for reason in refused.reasons] == ["GL-2113"]


def test_the_sweep_ends_what_ran_out_first_and_no_more(any_db, clock):
    calendar, slots = laid(any_db, capacity=9, pools=(PoolRule("supply", 9),))
    first = any_db.run(lambda tx: calendar.hold(tx, slots[4, ""], "a", party=2, key="1"))
    clock.advance(timedelta(minutes=1))
    later = any_db.run(lambda tx: calendar.hold(tx, slots[0, ""], "b", key="2"))
    clock.advance(LATER - timedelta(minutes=1))
    assert not any_db.run(lambda tx: calendar.expire_hold(tx, later.id))
    clock.advance(timedelta(minutes=1))
    assert any_db.run(lambda tx: calendar.expire_holds(tx, limit=1)) == 1
    states = [any_db.read(lambda tx, b=b: calendar.booking(tx, b.id)).state for b in (first, later)]
    assert states == ["expired", "held"]
    assert any_db.run(lambda tx: calendar.expire_hold(tx, later.id))
    assert any_db.read(calendar.reconcile) == []
    assert all(slot.booked == 0 for slot in any_db.read(lambda tx: calendar.slots(tx, "p")))


def test_a_key_that_was_claimed_and_never_answered_is_answered(any_db, ask):
    """A caller who goes on after an error commits the claim; the request can be made again all the same."""
    calendar, slots = laid(any_db)
    with any_db.begin() as tx, pytest.raises(ConfigError):
        Calendar([]).book(tx, slots[0, ""], "a", key="k")
    answer = ask("book", calendar, slots[0, ""], "a", "k")
    assert isinstance(answer, Booking)
    assert ask("book", calendar, slots[0, ""], "a", "k") == answer
    assert any_db.read(calendar.reconcile) == []


# --- nobody waits in a circle ---


def waits_for_a_lock(db, number):
    """Until so many sessions of this database wait for a lock."""
    count = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    pause = threading.Event()
    for _ in range(1_000):
        if db.read(lambda tx: tx.connection.exec_driver_sql(count).scalar()) >= number:
            return
        pause.wait(0.01)
    raise AssertionError("nobody waits")


@pytest.mark.parametrize("guarded", [True, False])
@pytest.mark.parametrize("verb", ["expire", "cancel"])
def test_who_ends_a_hold_and_who_wants_its_place_do_not_wait_for_each_other(
    postgres_db, clock, monkeypatch, verb, guarded
):
    """The booking is locked before its slot, whoever comes first; the other way round PostgreSQL has to shoot one of the two."""
    db, runs, stopped = postgres_db, Counter(), threading.Event()
    calendar, slots = laid(db)
    slot = slots[0, ""]
    held = db.run(lambda tx: calendar.hold(tx, slot, "a", key="1"))
    clock.advance(LATER)
    ender, give = threading.local(), ledger._give

    def give_late(tx, *place):
        if getattr(ender, "here", False) and not stopped.is_set():
            stopped.set()
            waits_for_a_lock(db, 1)
        give(tx, *place)

    monkeypatch.setattr(ledger, "_give", give_late)
    if not guarded:
        room = holds.make_room

        def slot_first(tx, desk, asked, *more, **others):
            tx.all(rush.LOCK_SLOTS, {"slots": json.dumps(asked)})
            return room(tx, desk, asked, *more, **others)

        monkeypatch.setattr(holds, "make_room", slot_first)

    def end():
        def work(tx):
            runs["end"] += 1
            return calendar.expire_holds(tx) if verb == "expire" else calendar.cancel(tx, held.id, key="2")

        ender.here = True
        return db.run(work)

    look = holds.make_room

    def counted(*args, **more):
        runs["book"] += 1
        return look(*args, **more)

    monkeypatch.setattr(holds, "make_room", counted)
    with ThreadPoolExecutor(2) as pool:
        ending = pool.submit(end)
        assert stopped.wait(10)
        booked = pool.submit(calendar.book_on, db, slot, "b", key="3").result()
        ending.result()
    assert isinstance(booked, Booking)
    assert db.read(calendar.reconcile) == []
    assert (sum(runs.values()) == 2) == guarded, "nothing had to run again"


# --- a clock that jumps back ---


def test_a_clock_that_jumps_back_oversells_nothing_and_keeps_the_order_of_events(any_db, clock, ask):
    calendar, slots = laid(any_db, capacity=2)
    held = ask("hold", calendar, slots[0, ""], "a", "1")
    any_db.run(lambda tx: calendar.confirm(tx, held.id, key="2"))
    late = ask("hold", calendar, slots[0, ""], "b", "3")
    clock.advance(-timedelta(hours=1))
    assert [reason.code for reason in ask("book", calendar, slots[0, ""], "c", "4").reasons] == ["GL-2103"]
    assert any_db.run(calendar.expire_holds) == 0
    assert any_db.run(lambda tx: calendar.confirm(tx, late.id, key="5")).state == "confirmed"
    moved = any_db.run(lambda tx: calendar.change(tx, held.id, to=slots[4, ""], key="6"))
    any_db.run(lambda tx: calendar.cancel(tx, held.id, key="7"))
    assert ask("hold", calendar, slots[0, ""], "a", "1") == held, (
        "the answer of the key, whatever the clock says"
    )
    steps = any_db.read(lambda tx: calendar.history(tx, held.id))
    assert [step.what for step in steps] == ["made", "confirmed", "changed", "cancelled"]
    assert [step.slot for step in steps] == [slots[0, ""], slots[0, ""], moved.slot, moved.slot]
    assert any_db.read(calendar.reconcile) == []
