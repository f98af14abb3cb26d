"""What is set aside for people of a closure, and for whom staff made an exception, on both engines: just that, and for nobody else."""

from datetime import UTC, datetime, time, timedelta

import pytest

from govline.calendar import Booking, Calendar, CutOff, Policy, Programme, Refused, SlotPlan
from govline.calendar.merging import Contact
from govline.core import Actor

START = datetime(2026, 12, 1, 1, tzinfo=UTC)  # 10:00 in Japan
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
CLERK = Actor("staff", "s-1", "counter")


def town_of(db, places=2, **policy):
    calendar = Calendar([Programme("p", policy=Policy(**policy))])
    plans = [SlotPlan(START + n * DAY, START + n * DAY + HOUR, places) for n in range(4)]
    db.run(lambda tx: calendar.add_slots(tx, "p", plans))
    slots = [slot.id for slot in db.read(lambda tx: calendar.slots(tx, "p"))]
    return db, calendar, slots


def book(town, slot, who="c-1"):
    db, calendar, slots = town
    booking = db.run(lambda tx: calendar.book(tx, slots[slot], who, key=f"{who}-{slot}"))
    assert isinstance(booking, Booking), booking
    return booking


def close(town, day, instead=()):
    db, calendar, slots = town
    since, kept = START + day * DAY, [slots[n] for n in instead]
    return db.run(
        lambda tx: calendar.counter.close(tx, "p", since, since + HOUR, "雪", key=f"x{day}", instead=kept),
        actor=CLERK,
    )


def move(town, booking, to, who="c-1"):
    db, calendar, slots = town
    return db.run(
        lambda tx: calendar.change(tx, booking.id, to=slots[to], citizen=who, key=f"{booking.id}-{to}")
    )


def codes(answer):
    return sorted(reason.code for reason in answer.reasons) if isinstance(answer, Refused) else []


@pytest.mark.parametrize("verb", ["change", "cancel"])
def test_whose_slot_is_closed_on_its_day_may_still_go_elsewhere_or_cancel(any_db, clock, verb):
    """The cut-off was days before, also for what is offered instead; who is told in the morning has missed it through no fault of theirs."""
    cut = CutOff(days=3, at=time(17))
    town = db, calendar, _ = town_of(any_db, change=cut, cancel=cut)
    displaced, other = book(town, 0), book(town, 0, "c-2")
    clock.set(START - HOUR)

    def ask(booking, who):
        if verb == "change":
            return move(town, booking, 1, who)
        return db.run(lambda tx: calendar.cancel(tx, booking.id, citizen=who, key=f"end-{booking.id}"))

    assert codes(ask(other, "c-2")) == ["GL-2106"]
    close(town, 0)
    assert isinstance(ask(displaced, "c-1"), Booking)


def test_whose_slot_is_closed_may_go_elsewhere_after_reception_has_ended_and_nobody_else(any_db, clock):
    town = town_of(any_db, closes=START - DAY)
    displaced, other = book(town, 0), book(town, 1, "c-2")
    clock.set(START - DAY)
    close(town, 0)
    assert codes(move(town, other, 2, "c-2")) == ["GL-2105"]
    assert isinstance(move(town, displaced, 2), Booking)


def test_what_is_kept_for_the_people_of_one_closure_is_not_open_to_those_of_another(any_db):
    town = town_of(any_db)
    first, second = book(town, 0), book(town, 1, "c-2")
    close(town, 0, instead=[2])
    close(town, 1, instead=[3])
    assert codes(move(town, first, 3)) == ["GL-2104"]
    assert isinstance(move(town, first, 2), Booking)
    assert isinstance(move(town, second, 3, "c-2"), Booking)


def test_who_was_squeezed_into_a_full_slot_is_told_of_others_that_they_are_full(any_db):
    """Enlarging one slot for somebody sets no capacity aside: they are not told of a collision later."""
    town = db, calendar, slots = town_of(any_db, places=1, limit=1)
    book(town, 0, "c-2")
    book(town, 1, "c-3")
    book(town, 2, "c-1")
    made = db.run(
        lambda tx: calendar.counter.book(
            tx, slots[0], citizen="c-1", key="k", reason="市長", override=True, raise_capacity=True
        ),
        actor=CLERK,
    )
    assert made.waived == ("GL-2108",)
    assert codes(move(town, made, 1)) == ["GL-2103"]


def test_no_mandate_gives_a_person_a_slot_twice(any_db):
    town = db, calendar, slots = town_of(any_db, places=5)
    sato = Contact("佐藤", "1")
    first, again = (
        db.run(
            lambda tx, n=n: calendar.counter.book(
                tx, slots[0], contact=sato, key=n, reason="特例", override=True
            ),
            actor=CLERK,
        )
        for n in "12"
    )
    assert isinstance(first, Booking)
    assert codes(again) == ["GL-2107"]
    assert town[0].read(calendar.reconcile) == []


@pytest.mark.parametrize("verb", ["change", "cancel"])
def test_whom_staff_booked_after_the_cut_off_may_still_change_and_cancel(any_db, clock, verb):
    """Cut-offs that had passed before they were let in are no trap for them."""
    cut = CutOff(days=3, at=time(17))
    town = db, calendar, slots = town_of(any_db, book=cut, change=cut, cancel=cut)
    clock.set(START - HOUR)
    made = db.run(
        lambda tx: calendar.counter.book(tx, slots[1], citizen="c-1", key="k", reason="特例", override=True),
        actor=CLERK,
    )
    assert made.waived == ("GL-2106",)
    if verb == "cancel":
        assert isinstance(db.run(lambda tx: calendar.cancel(tx, made.id, citizen="c-1", key="x")), Booking)
    else:
        party = db.run(lambda tx: calendar.change(tx, made.id, to=slots[1], party=2, citizen="c-1", key="x"))
        assert party.party == 2
        assert codes(move(town, made, 2)) == ["GL-2106"], "another slot is as late as for everybody"
