"""Holds that ran out: they make room the moment somebody asks, at both doors, and nobody waits in a circle over them."""

import json
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date, time, timedelta

import pytest
from sqlalchemy import bindparam, select

from govline.calendar import Booking, Calendar, Policy, Programme, SlotRule, holds, ledger
from govline.calendar import _queries as q
from govline.calendar._queries import rush
from govline.calendar._tables import requests
from govline.calendar.desk import new_booking
from govline.calendar.model import PoolRule
from govline.calendar.rush import Wish, take_many
from govline.errors import ConfigError, RetryNeeded
from govline.store import Statement
from govline.store.transaction import StoreTransaction

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
    assert isinstance(ask("book", calendar, slots[4, ""], "b", "2", party=1), Booking)
    assert isinstance(ask("book", calendar, slots[4, ""], "c", "3", party=2), Booking)
    assert isinstance(ask("book", calendar, slots[4, ""], "e", "5", party=3), Booking)
    assert [reason.code for reason in ask("book", calendar, slots[4, ""], "d", "4").reasons] == ["GL-2115"]
    assert any_db.read(calendar.reconcile) == []


def test_a_batch_makes_room_for_all_of_it(any_db, clock):
    """What is short is reckoned for all that the batch asks for, by place or by booking."""
    pools = (PoolRule("kits", 3, per_place=False), PoolRule("supply", 9))
    calendar, slots = laid(any_db, capacity=9, pools=pools)
    any_db.run(lambda tx: calendar.hold(tx, slots[0, ""], "a", party=2, key="1"))
    clock.advance(LATER)
    wishes = [Wish("book", slots[4, ""], who, 3, who) for who in "bcd"]
    answers = any_db.run(lambda tx: take_many(tx, calendar._desk, wishes))
    assert [isinstance(answer, Booking) for answer in answers] == [True] * 3
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


def test_the_sweep_goes_by_the_time_that_ran_out(any_db, clock):
    calendar, slots = laid(any_db, capacity=9)
    later = any_db.run(lambda tx: calendar.hold(tx, slots[0, ""], "a", key="1"))
    clock.advance(-timedelta(minutes=5))
    first = any_db.run(lambda tx: calendar.hold(tx, slots[0, ""], "b", key="2"))
    clock.advance(timedelta(hours=1))
    assert any_db.run(lambda tx: calendar.expire_holds(tx, limit=1)) == 1
    states = [any_db.read(lambda tx, b=b: calendar.booking(tx, b.id)).state for b in (first, later)]
    assert states == ["expired", "held"]


def test_a_key_that_another_process_answered_meanwhile_is_never_answered_anew(any_db, monkeypatch):
    calendar, slots = laid(any_db, capacity=2)
    said = calendar.book_on(any_db, slots[0, ""], "a", key="k")
    blind = select(requests.c.key).where(requests.c.key == bindparam("keys"))
    monkeypatch.setattr(rush, "KNOWN_REQUESTS", Statement("calendar.known_to_nobody", blind))
    with pytest.raises(RetryNeeded), any_db.begin() as tx:
        take_many(tx, calendar._desk, [Wish("book", slots[0, ""], "a", 1, "k")])
    monkeypatch.undo()
    assert calendar.book_on(any_db, slots[0, ""], "a", key="k") == said


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


@pytest.mark.parametrize("guarded", [True, False])
@pytest.mark.parametrize("leads", ["move", "sweep"])
def test_slots_are_taken_in_one_order_by_everybody(postgres_db, clock, monkeypatch, leads, guarded):
    """Whoever leads stops after the first slot until the other waits; in another order the two would hold each other's."""
    db, runs, stopped, here = postgres_db, Counter(), threading.Event(), threading.local()
    calendar, slots = laid(db, capacity=3)
    one, other = sorted(slots.values())
    mine = db.run(lambda tx: calendar.book(tx, one, "a", key="1"))
    theirs = db.run(lambda tx: calendar.book(tx, other, "b", key="2"))
    for number, slot in enumerate((other, one)):
        db.run(lambda tx, n=number, s=slot: calendar.hold(tx, s, f"h{n}", key=f"h{n}"))
    clock.advance(LATER)
    write = StoreTransaction.write

    def write_then_wait(tx, statement, params=None):
        count = write(tx, statement, params)
        if statement in (q.GIVE, q.TAKE) and getattr(here, "leads", False) and not stopped.is_set():
            stopped.set()
            waits_for_a_lock(db, 1)
        return count

    monkeypatch.setattr(StoreTransaction, "write", write_then_wait)
    if not guarded:

        def old_place_first(tx, booking, to, places):
            ledger._give(tx, booking.slot, booking.places)
            return tx.write(q.TAKE, {"slot": to.id, "places": places, "draws": to.draws})

        monkeypatch.setattr(ledger, "_swap_places", old_place_first)
        monkeypatch.setattr(ledger, "sorted", list, raising=False)

    def run(name, work):
        here.leads = name == "leads"

        def counted(tx):
            runs[name] += 1
            return work(tx)

        return db.run(counted)

    def move(tx, booking, to):
        return calendar.change(tx, booking.id, to=to, key=booking.id).slot == to

    first = calendar.expire_holds if leads == "sweep" else lambda tx: move(tx, theirs, one)
    with ThreadPoolExecutor(2) as pool:
        ahead = pool.submit(run, "leads", first)
        assert stopped.wait(10)
        behind = pool.submit(run, "follows", lambda tx: move(tx, mine, other))
        assert ahead.result()
        assert behind.result()
    assert db.read(calendar.reconcile) == []
    assert (sum(runs.values()) == 2) == guarded, "nothing had to run again"


def test_who_cancels_second_hears_that_it_is_cancelled(postgres_db, monkeypatch):
    """The booking is locked before it is read, so that nobody is told of a collision who can be told what stands."""
    calendar, slots = laid(postgres_db)
    mine = postgres_db.run(lambda tx: calendar.book(tx, slots[0, ""], "a", key="1"))
    stopped, give = threading.Event(), ledger._give

    def give_late(tx, *place):
        stopped.set()
        waits_for_a_lock(postgres_db, 1)
        give(tx, *place)

    monkeypatch.setattr(ledger, "_give", give_late)

    def cancel(key):
        return postgres_db.run(lambda tx: calendar.cancel(tx, mine.id, key=key))

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(cancel, "2")
        assert stopped.wait(10)
        second = pool.submit(cancel, "3")
        assert first.result().state == "cancelled"
        assert [reason.code for reason in second.result().reasons] == ["GL-2112"]


def test_a_place_that_another_process_freed_meanwhile_is_seen(postgres_db, clock, monkeypatch):
    """Refused for a hold that ran out; before we can end it somebody else does: the place is free, and so is the answer."""
    calendar, slots = laid(postgres_db)
    postgres_db.run(lambda tx: calendar.hold(tx, slots[0, ""], "a", key="1"))
    clock.advance(LATER)
    room = holds.make_room

    def late(*args, **more):
        with ThreadPoolExecutor(1) as other:
            assert other.submit(postgres_db.run, calendar.expire_holds).result() == 1
        return room(*args, **more)

    monkeypatch.setattr(holds, "make_room", late)
    assert isinstance(postgres_db.run(lambda tx: calendar.book(tx, slots[0, ""], "b", key="2")), Booking)


def test_a_slot_whose_pools_changed_since_it_was_read_is_not_taken(any_db):
    calendar, slots = laid(any_db, capacity=5)
    stale = any_db.read(lambda tx: calendar.slot(tx, slots[0, ""]))
    capped, _ = laid(any_db, capacity=5, pools=(PoolRule("supply", 1),))

    def work(tx):
        programme = capped.programme("p")
        two = [new_booking(tx, programme, stale, who, 1, hold=False) for who in "ab"]
        assert [ledger.place(tx, stale, each) for each in two] == ["full", "full"]
        fresh = capped.slot(tx, stale.id)
        return [ledger.place(tx, fresh, each) for each in two]

    assert any_db.run(work) == ["placed", "full"]
    assert any_db.read(capped.reconcile) == []
