"""What is owed and never paid, and money that staff settle: nobody who came is cancelled, no payment is lost."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from govline.calendar import Booking, Calendar, CutOff, Policy, Programme, Refused, SlotRule
from govline.calendar.model import PoolRule
from govline.calendar.options import Option
from govline.calendar.pricing import Fee, Tariff
from govline.core import Actor
from govline.errors import InputError

DAY = date(2026, 12, 1)
NINE = datetime(2026, 12, 1, tzinfo=UTC)  # 9:00 in Japan
CLERK = Actor("staff", "s-1", "counter")


@pytest.fixture
def hall(any_db):
    made = Calendar(
        [
            Programme(
                "hall",
                rules=[SlotRule([(time(9), time(12))], 5, [(DAY, DAY + timedelta(days=1))], name="ホール")],
                pools=(PoolRule("1日", 8, "day"),),
                options={"マイク": Option(stock=2)},
                policy=Policy(pay_by=CutOff(hours=0)),
                tariff=Tariff(fees=[Fee(500)]),
            )
        ]
    )
    any_db.run(made.prepare)
    return made


def book(db, calendar, who, slot=0):
    found = db.read(lambda tx: calendar.slots(tx, "hall"))
    answer = db.run(lambda tx: calendar.book(tx, found[slot].id, who, key=f"{who}:{slot}"))
    assert isinstance(answer, Booking), answer
    return answer


def state(db, calendar, booking):
    return db.read(lambda tx: calendar.booking(tx, booking.id)).state


def unsettled(db, calendar):
    return [each.booking.id for each in db.read(calendar.upkeep.unsettled)]


def test_who_has_come_already_is_not_cancelled_because_they_pay_afterwards(any_db, hall, clock):
    mine, absent = book(any_db, hall, "a"), book(any_db, hall, "b")
    clock.set(NINE - timedelta(minutes=10))
    any_db.run(lambda tx: hall.counter.arrive(tx, mine.id, key="come"), actor=CLERK)
    clock.set(NINE)
    assert not any_db.run(lambda tx: hall.end_unpaid(tx, mine.id))
    assert state(any_db, hall, mine) == "attended"
    assert any_db.run(lambda tx: hall.end_unpaid(tx, absent.id))
    assert any_db.run(lambda tx: hall.paid(tx, mine.id)), "what they pay afterwards was owed"
    assert unsettled(any_db, hall) == []


def test_what_is_not_there_any_more_costs_nothing_and_ends_nothing(any_db, hall):
    assert any_db.read(lambda tx: hall.price(tx, "gone")).total == 0
    assert not any_db.run(lambda tx: hall.paid(tx, "gone"))
    assert not any_db.run(lambda tx: hall.end_unpaid(tx, "gone"))


def test_money_is_not_rebooked_to_what_does_not_stand(any_db, hall):
    over, gone = book(any_db, hall, "a"), book(any_db, hall, "a", slot=1)
    for each in (over, gone):
        any_db.run(lambda tx, b=each: hall.cancel(tx, b.id, key=f"x{b.id}"))
    any_db.run(lambda tx: hall.paid(tx, over.id))
    for to in (gone.id, "nowhere"):
        answer = any_db.run(
            lambda tx, to=to: hall.upkeep.settle(tx, over.id, "rebooked", to=to, reason="入金が遅れた"),
            actor=CLERK,
        )
        assert isinstance(answer, Refused)
        assert [reason.code for reason in answer.reasons] == ["GL-2112"]
    assert unsettled(any_db, hall) == [over.id], "the money is still to be settled"
    with pytest.raises(InputError, match="GL-2057"):
        any_db.run(lambda tx: hall.upkeep.settle(tx, over.id, "kept", reason=" "), actor=CLERK)
    with pytest.raises(InputError, match="GL-2057"):
        any_db.run(lambda tx: hall.upkeep.settle(tx, over.id, "kept", to=gone.id, reason="x"), actor=CLERK)


def test_the_stock_of_a_day_and_the_supplies_are_listed_apart(any_db, hall):
    stock = any_db.read(lambda tx: hall.upkeep.equipment(tx, "hall", DAY))
    assert [(each.label, each.capacity) for each in stock] == [("マイク 9:00", 2)]
    supplies = any_db.read(lambda tx: hall.upkeep.supplies(tx, "hall"))
    assert [(each.label, each.capacity) for each in supplies] == [("1日", 8), ("1日", 8)]


def test_each_room_has_its_own_fee(any_db):
    rules = [SlotRule([(time(9), time(12))], 5, [(DAY, DAY)], name=name) for name in ("ホール", "和室")]
    fees = [Fee(3_000, slots={"ホール"}), Fee(400, slots={"和室"})]
    calendar = Calendar([Programme("hall", rules=rules, tariff=Tariff(fees=fees))])
    any_db.run(calendar.prepare)
    for slot in any_db.read(lambda tx: calendar.slots(tx, "hall")):
        cost = any_db.read(lambda tx, s=slot: calendar.price(tx, s.id)).total
        assert cost == {"ホール": 3_000, "和室": 400}[slot.name]
