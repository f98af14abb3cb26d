"""Where places or pieces were taken away from under bookings: who is there can still change, and what is refused leaves all as it was."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from attrs import evolve

from govline.calendar import (
    Booking,
    Calendar,
    Policy,
    Programme,
    Refused,
    SlotPlan,
    SlotRule,
    closures,
    ledger,
)
from govline.calendar.datasets import datasets
from govline.calendar.linked import Linked
from govline.calendar.model import CutOff, Link, PoolRule
from govline.calendar.options import Option
from govline.calendar.pricing import Fee, Tariff
from govline.core import Actor
from govline.tabular import Files

CLERK = Actor("staff", "s-1", "counter")
DAY = date(2026, 12, 1)
START = datetime(2026, 12, 1, 1, tzinfo=UTC)
HOUR, ONE_DAY = timedelta(hours=1), timedelta(days=1)
MIC, SCREEN = "マイク", "プロジェクター"


def rule(name="", *hours, capacity=5, days=1):
    times = [(time(start), time(end)) for start, end in hours or [(9, 12)]]
    return SlotRule(times, capacity, [(DAY, DAY + timedelta(days=days - 1))], name=name)


def laid(db, *programmes):
    calendar = Calendar(programmes)
    db.run(calendar.prepare)
    return calendar, [db.read(lambda tx, p=p: calendar.slots(tx, p.id)) for p in programmes]


def set_places(db, calendar, subject, places):
    key = f"set-{subject}-{places}"
    db.run(lambda tx: calendar.upkeep.set_places(tx, subject, places, reason="x", key=key), actor=CLERK)


def book(db, calendar, slot, who, **more):
    answer = db.run(lambda tx: calendar.book(tx, slot.id, who, key=f"b-{who}", **more))
    assert isinstance(answer, Booking), answer
    return answer


def test_who_is_in_a_slot_made_smaller_still_changes_party_and_pieces(any_db):
    programme = Programme("p", rules=[rule()], options={MIC: Option(stock=3)})
    calendar, ((slot,),) = laid(any_db, programme)
    mine = book(any_db, calendar, slot, "a", party=3)
    book(any_db, calendar, slot, "b", party=2)
    set_places(any_db, calendar, slot.id, 3)

    def change(key, **more):
        return any_db.run(lambda tx: calendar.change(tx, mine.id, to=slot.id, key=key, **more))

    assert isinstance(change("1", options={MIC: 1}), Booking)
    assert isinstance(change("2", party=2), Booking)
    assert not change("3", party=3)
    now = any_db.read(lambda tx: calendar.slot(tx, slot.id))
    assert (now.booked, now.capacity) == (4, 4)
    assert any_db.read(calendar.reconcile) == []


def pair(db, *, first=None, **more):
    one = Programme("one", rules=[rule(days=3, capacity=3)], link=Link("two", least=1), **(first or {}))
    two = Programme(
        "two", rules=[SlotRule([(time(9), time(12))], 1, [(DAY + 10 * ONE_DAY, DAY + 12 * ONE_DAY)])]
    )
    return laid(db, one, two)


def both(db, calendar, firsts, seconds, who):
    answer = db.run(
        lambda tx: calendar.book_linked(tx, [(firsts[0].id, 1), (seconds[0].id, 1)], who, key=who)
    )
    assert isinstance(answer, Linked), answer
    return answer.bookings


def refused_move(db, calendar, mine, firsts, seconds):
    book(db, calendar, seconds[1], "rival")
    moves = {mine[0].id: firsts[1].id, mine[1].id: seconds[1].id}
    return db.run(lambda tx: calendar.change_linked(tx, moves, key="move"))


def test_a_pair_that_cannot_move_goes_back_to_a_slot_made_smaller(any_db):
    calendar, (firsts, seconds) = pair(any_db)
    mine = both(any_db, calendar, firsts, seconds, "a")
    book(any_db, calendar, firsts[0], "b")
    set_places(any_db, calendar, firsts[0].id, 1)
    assert isinstance(refused_move(any_db, calendar, mine, firsts, seconds), Refused)
    now = any_db.read(lambda tx: calendar.slot(tx, firsts[0].id))
    assert (now.booked, now.capacity) == (2, 2)
    assert any_db.read(calendar.reconcile) == []


def test_a_pair_that_cannot_move_goes_back_to_a_supply_made_smaller(any_db):
    calendar, (firsts, seconds) = pair(any_db, first={"pools": (PoolRule("ワクチン", 2, per="day"),)})
    mine = both(any_db, calendar, firsts, seconds, "a")
    book(any_db, calendar, firsts[0], "b")
    supply = any_db.read(lambda tx: calendar.upkeep.supplies(tx, "one"))[0]
    assert supply.booked == 2
    set_places(any_db, calendar, supply.id, 1)
    assert isinstance(refused_move(any_db, calendar, mine, firsts, seconds), Refused)
    assert any_db.read(lambda tx: calendar.upkeep.supplies(tx, "one"))[0].booked == 2
    assert any_db.read(calendar.reconcile) == []


def test_a_pair_that_cannot_move_goes_back_to_a_slot_that_is_closed(any_db):
    calendar, (firsts, seconds) = pair(any_db)
    mine = both(any_db, calendar, firsts, seconds, "a")
    since, until = firsts[0].starts, firsts[0].ends
    any_db.run(lambda tx: calendar.counter.close(tx, "one", since, until, "断水", key="c"), actor=CLERK)
    assert isinstance(refused_move(any_db, calendar, mine, firsts, seconds), Refused)
    assert any_db.read(calendar.reconcile) == []


def test_a_move_that_fails_half_way_gives_back_what_it_left_of_a_stock_made_smaller(any_db, monkeypatch):
    rooms = Programme(
        "rooms",
        rules=[rule("A", capacity=3), rule("B", (13, 16), capacity=3)],
        options={MIC: Option(stock=3)},
    )
    calendar, (slots,) = laid(any_db, rooms)
    a, b = slots
    mine = book(any_db, calendar, a, "a", options={MIC: 2})
    book(any_db, calendar, a, "b", options={MIC: 1})
    book(any_db, calendar, b, "c", options={MIC: 2})
    stock = any_db.read(lambda tx: calendar.upkeep.equipment(tx, "rooms", DAY))
    set_places(any_db, calendar, stock[0].id, 1)

    def moved(tx):
        return ledger.move(tx, mine, b, 1, 1)

    assert any_db.run(moved) == "full"
    assert any_db.read(calendar.reconcile) == []


def test_a_slot_is_not_enlarged_for_somebody_whose_room_or_supply_is_short(any_db):
    programme = Programme("p", rules=[rule(capacity=1)], pools=(PoolRule("ワクチン", 1),))
    calendar, ((slot,),) = laid(any_db, programme)
    book(any_db, calendar, slot, "a")
    answer = any_db.run(
        lambda tx: calendar.counter.book(tx, slot.id, citizen="b", reason="x", raise_capacity=True, key="r"),
        actor=CLERK,
    )
    assert isinstance(answer, Refused)
    assert any_db.read(lambda tx: calendar.slot(tx, slot.id)).capacity == 1


def test_a_room_that_was_given_no_place_is_no_second_room_when_it_is_given_one(any_db):
    names = [rule(name, capacity=1) for name in ("A", "B", "AB")]
    hall = Programme("p", rules=names, parts={"AB": ("A", "B")}, per_group=True)
    calendar, (slots,) = laid(any_db, hall)
    by = {slot.name: slot for slot in slots}
    set_places(any_db, calendar, by["A"].id, 0)
    any_db.run(calendar.prepare)

    def force():
        terms = {"citizen": "b", "reason": "x", "raise_capacity": True}
        key = f"r-{any_db.read(lambda tx: calendar.slot(tx, by['A'].id)).capacity}"
        return any_db.run(lambda tx: calendar.counter.book(tx, by["A"].id, key=key, **terms), actor=CLERK)

    assert not force(), "nobody counts a room that is laid out for nobody"
    set_places(any_db, calendar, by["A"].id, 1)
    assert force()
    assert not any_db.run(lambda tx: calendar.book(tx, by["AB"].id, "c", key="c"))


@pytest.mark.parametrize("shared", [{"pools": (PoolRule("ワクチン", 1),)}, {"parts": {"AB": ("A", "B")}}])
def test_slots_that_were_added_by_code_share_from_the_first_booking_on(any_db, shared):
    calendar = Calendar([Programme("p", **shared)])
    any_db.run(calendar.prepare)
    plans = [SlotPlan(START, START + HOUR, 5, name) for name in ("A", "AB")]
    assert any_db.run(lambda tx: calendar.add_slots(tx, "p", plans)) == 2
    one, other = any_db.read(lambda tx: calendar.slots(tx, "p"))
    book(any_db, calendar, one, "a")
    assert not any_db.run(lambda tx: calendar.book(tx, other.id, "b", key="b"))
    any_db.run(calendar.prepare)
    assert not any_db.run(lambda tx: calendar.book(tx, other.id, "b", key="b2"))


def test_a_stock_that_slots_added_by_code_do_not_have_any_more_limits_nobody(any_db):
    programme = Programme("p", options={MIC: Option(stock=1)})
    calendar = Calendar([programme])
    any_db.run(lambda tx: calendar.add_slots(tx, "p", [SlotPlan(START, START + HOUR, 5)]))
    (slot,) = any_db.read(lambda tx: calendar.slots(tx, "p"))
    book(any_db, calendar, slot, "a", options={MIC: 1})
    calendar = Calendar([evolve(programme, options={MIC: Option()})])
    any_db.run(calendar.prepare)
    book(any_db, calendar, slot, "b", options={MIC: 7})
    assert any_db.read(calendar.reconcile) == []


def test_a_room_whose_hours_change_is_let_again_only_when_who_has_booked_it_has_left(any_db):
    """9-12 becomes 9-11 and 11-13: the room that somebody has until twelve is theirs until then, and staff read so."""
    hall = Programme(
        "p", rules=[rule("A", capacity=1, days=2)], per_group=True, between=timedelta(minutes=10)
    )
    calendar, ((first, _),) = laid(any_db, hall)
    mine = book(any_db, calendar, first, "a")
    calendar = Calendar([evolve(hall, rules=[rule("A", (9, 11), (11, 13), capacity=1, days=2)])])
    layout = any_db.run(lambda tx: calendar.lay_out(tx, "p"))
    assert [slot.id for slot in layout.conflicts] == [first.id]
    slots = any_db.read(lambda tx: calendar.slots(tx, "p"))
    hours = [((slot.ends - slot.starts) // HOUR, slot.capacity) for slot in slots]
    assert hours == [(3, 1), (2, 1), (2, 1), (2, 1)]
    (conflict,) = any_db.read(lambda tx: calendar.conflicts(tx, "p"))
    assert (conflict.slot.id, conflict.places, conflict.bookings) == (first.id, 0, (mine.id,))
    assert not any_db.run(lambda tx: calendar.book(tx, slots[1].id, "b", key="b"))
    any_db.run(lambda tx: calendar.cancel(tx, mine.id, key="x"))
    assert any_db.run(lambda tx: calendar.book(tx, slots[1].id, "b", key="b2"))


def test_a_slot_whose_hours_changed_takes_nobody_for_the_old_ones_and_has_the_new_ones_when_it_is_empty(
    any_db, clock
):
    programme = Programme("p", rules=[rule()])
    calendar, ((slot,),) = laid(any_db, programme)
    mine = book(any_db, calendar, slot, "a")
    calendar = Calendar([evolve(programme, rules=[rule("", (9, 11))])])
    any_db.run(calendar.prepare)
    assert not any_db.run(lambda tx: calendar.book(tx, slot.id, "b", key="b"))
    any_db.run(lambda tx: calendar.cancel(tx, mine.id, key="x"))
    clock.set(datetime(2026, 11, 21, tzinfo=UTC))
    any_db.run(calendar.prepare)
    now = any_db.read(lambda tx: calendar.slot(tx, slot.id))
    assert (now.ends, now.capacity) == (START + HOUR, 5)


def test_who_waits_for_another_slot_is_not_cancelled_for_want_of_payment(any_db, clock):
    paid = Programme(
        "p", rules=[rule(days=2)], policy=Policy(pay_by=CutOff(days=3)), tariff=Tariff(fees=[Fee(500)])
    )
    calendar, (slots,) = laid(any_db, paid)
    mine = book(any_db, calendar, slots[0], "a")
    since, until = slots[0].starts, slots[0].ends
    closure = any_db.run(
        lambda tx: calendar.counter.close(tx, "p", since, until, "断水", key="c"), actor=CLERK
    )
    clock.set(datetime(2026, 11, 29, tzinfo=UTC))
    assert not any_db.run(lambda tx: calendar.end_unpaid(tx, mine.id))
    assert any_db.read(lambda tx: calendar.booking(tx, mine.id)).state == "displaced"
    any_db.run(lambda tx: calendar.counter.reopen(tx, closure.id, "直った", key="o"), actor=CLERK)
    assert any_db.read(lambda tx: calendar.booking(tx, mine.id)).state == "confirmed"


def unpaid_pair(db, on_cancel):
    """A pair of which the first one is to be paid for."""
    last = DAY + 10 * ONE_DAY
    fees = {"policy": Policy(pay_by=CutOff(days=3)), "tariff": Tariff(fees=[Fee(500)])}
    one = Programme("one", rules=[rule()], link=Link("two", least=1, on_cancel=on_cancel), **fees)
    two = Programme("two", rules=[SlotRule([(time(9), time(12))], 1, [(last, last)])])
    calendar, (firsts, seconds) = laid(db, one, two)
    return calendar, firsts[0], both(db, calendar, firsts, seconds, "a")


@pytest.mark.parametrize(("on_cancel", "left"), [("both", "cancelled"), ("ask", "confirmed")])
def test_who_does_not_pay_the_first_one_has_no_second_without_being_asked(any_db, clock, on_cancel, left):
    calendar, _, (first, second) = unpaid_pair(any_db, on_cancel)
    clock.set(datetime(2026, 11, 29, tzinfo=UTC))
    assert any_db.run(lambda tx: calendar.end_unpaid(tx, first.id))
    assert any_db.read(lambda tx: calendar.booking(tx, second.id)).state == left
    with any_db.begin() as tx:
        told = tx.connection.exec_driver_sql("SELECT payload FROM gl_outbox WHERE topic = 'line.push'").all()
    assert len(told) == 2, "of both, or of the first and what becomes of the second"


def test_whom_a_closure_leaves_without_a_first_one_keeps_no_second(any_db, clock):
    calendar, slot, (first, second) = unpaid_pair(any_db, "both")
    until = datetime(2026, 11, 27, tzinfo=UTC)

    def close(tx):
        span = (slot.starts, slot.ends, "断水")
        return calendar.counter.close(tx, "one", *span, key="c", priority_until=until)

    closure = any_db.run(close, actor=CLERK)
    clock.set(until)
    any_db.run(lambda tx: closures.step(tx, calendar._desk, closure.id))
    states = [any_db.read(lambda tx, b=b: calendar.booking(tx, b.id)).state for b in (first, second)]
    assert states == ["cancelled", "cancelled"]
    assert any_db.read(calendar.reconcile) == []


def test_what_was_paid_is_what_it_cost_then_though_the_group_is_left_afterwards(any_db):
    """A choir pays half; who leaves it afterwards and gives a microphone back has paid half, and not the whole."""
    tariff = Tariff(fees=[Fee(300)], options={MIC: Fee(50)}, reductions={"福祉": 50})
    policy = Policy(pay_by=CutOff(days=3))
    programme = Programme("p", rules=[rule()], options={MIC: Option(stock=3)}, tariff=tariff, policy=policy)
    calendar, ((slot,),) = laid(any_db, programme)
    group = any_db.run(lambda tx: calendar.groups.ask(tx, "合唱団", "福祉", "a", key="g"))
    approved = {"rate": 50, "until": None, "reason": "x"}
    any_db.run(lambda tx: calendar.groups.approve(tx, group, **approved), actor=CLERK)
    mine = book(any_db, calendar, slot, "a", options={MIC: 2})
    assert any_db.run(lambda tx: calendar.paid(tx, mine.id))
    any_db.run(lambda tx: calendar.groups.drop_member(tx, group, "a"), actor=CLERK)
    any_db.run(lambda tx: calendar.change(tx, mine.id, to=slot.id, key="1", options={MIC: 1}))
    (row,) = any_db.read(lambda tx: calendar.upkeep.repriced(tx))
    assert (row.billed, row.owed) == (250, 350)


def test_slots_of_a_file_have_the_stock_from_the_first_booking_on(any_db, tmp_path):
    calendar = Calendar([Programme("p", options={MIC: Option(stock=1)})])
    any_db.run(calendar.prepare)
    path = tmp_path / "slots.csv"
    rows = [
        f"p,2026-12-01 {hour}:00,2026-12-01 {hour + 2}:00,{name},1" for hour, name in ((9, "A"), (10, "B"))
    ]
    path.write_text("\n".join(["プログラム,開始,終了,部屋,定員", *rows]), "utf-8")
    assert Files(any_db, datasets(calendar)).load("slots", path, actor=CLERK).added == 2
    one, other = any_db.read(lambda tx: calendar.slots(tx, "p"))
    book(any_db, calendar, one, "a", options={MIC: 1})
    asked = {MIC: 1}
    assert not any_db.run(lambda tx: calendar.book(tx, other.id, "b", key="b", options=asked))
