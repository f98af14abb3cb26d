"""Rooms and supplies while rules change: what is in use, and what is booked, is nobody else's."""

from datetime import UTC, date, datetime, time, timedelta

from attrs import evolve

from govline.calendar import Calendar, Programme, Refused
from govline.calendar.model import Link, PoolRule, SlotRule
from govline.core import Actor

DAY = date(2026, 12, 1)
CLERK = Actor("staff", "s-1", "counter")


def test_a_room_in_use_stays_in_use_when_the_programme_is_laid_out_meanwhile(any_db, clock):
    rules = [
        SlotRule([(time(9), time(12))], 1, [(DAY, DAY)], name="全面"),
        SlotRule([(time(11), time(13))], 1, [(DAY, DAY)], name="A面"),
    ]
    calendar = Calendar(
        [
            Programme(
                "hall",
                rules=rules,
                parts={"全面": ("A面", "B面")},
                per_group=True,
                pools=(PoolRule("鍵", 5, per_place=False),),
            )
        ]
    )
    any_db.run(calendar.prepare)
    slots = {s.name: s.id for s in any_db.read(lambda tx: calendar.slots(tx, "hall"))}
    any_db.run(lambda tx: calendar.book(tx, slots["全面"], "a", key="1"))
    clock.set(datetime(2026, 12, 1, 1, tzinfo=UTC))  # 10:00
    (keys,) = any_db.read(lambda tx: calendar.upkeep.supplies(tx, "hall"))
    any_db.run(lambda tx: calendar.upkeep.set_places(tx, keys.id, 4, reason="鍵", key="2"), actor=CLERK)
    any_db.run(calendar.prepare)
    answer = any_db.run(lambda tx: calendar.book(tx, slots["A面"], "b", key="3"))
    assert isinstance(answer, Refused), answer


def test_what_is_booked_keeps_its_room_though_no_rule_asks_for_it_any_more(any_db):
    def hall(begin, end):
        rules = [SlotRule([(time(begin), time(end))], 1, [(DAY, DAY)], name=name) for name in ("全面", "A面")]
        pools = (PoolRule("鍵", 1, per_place=False),)
        return Calendar(
            [Programme("hall", rules=rules, parts={"全面": ("A面", "B面")}, per_group=True, pools=pools)]
        )

    old = hall(9, 12)
    any_db.run(old.prepare)
    slots = {s.name: s.id for s in any_db.read(lambda tx: old.slots(tx, "hall"))}
    any_db.run(lambda tx: old.book(tx, slots["全面"], "a", key="1"))
    new = hall(10, 13)
    layout = any_db.run(lambda tx: new.lay_out(tx, "hall"))
    assert [slot.id for slot in layout.conflicts] == [slots["全面"]]
    (half,) = [s.id for s in any_db.read(lambda tx: new.slots(tx, "hall")) if s.name == "A面" and s.capacity]
    answer = any_db.run(lambda tx: new.book(tx, half, "b", key="2"))
    assert isinstance(answer, Refused), answer
    assert {reason.code for reason in answer.reasons} == {"GL-2115"}
    assert len(answer.reasons) == 2, "the hall is in use, and so is the only key"
    assert any_db.read(new.reconcile) == []


def test_a_slot_that_takes_nobody_any_more_keeps_the_room_of_who_is_in_it(any_db):
    rules = [SlotRule([(time(9), time(12))], 1, [(DAY, DAY)], name=name) for name in ("全面", "A面")]
    calendar = Calendar([Programme("hall", rules=rules, parts={"全面": ("A面", "B面")}, per_group=True)])
    any_db.run(calendar.prepare)
    slots = {s.name: s.id for s in any_db.read(lambda tx: calendar.slots(tx, "hall"))}
    booking = any_db.run(lambda tx: calendar.book(tx, slots["全面"], "a", key="1"))
    any_db.run(
        lambda tx: calendar.upkeep.set_places(tx, slots["全面"], 0, reason="工事", key="2"), actor=CLERK
    )
    any_db.run(calendar.prepare)
    taken = any_db.run(lambda tx: calendar.book(tx, slots["A面"], "b", key="3"))
    assert [reason.code for reason in taken.reasons] == ["GL-2115"]
    any_db.run(lambda tx: calendar.cancel(tx, booking.id, key="4"))
    assert any_db.run(lambda tx: calendar.book(tx, slots["A面"], "b", key="5"))


def test_a_supply_that_counts_otherwise_from_now_on_counts_who_is_there_so_too(any_db):
    """Three people of one booking had three sets; now a booking has one: two more bookings find theirs."""

    def town(*, per_place):
        rules = [SlotRule([(time(9), time(12))], 9, [(DAY, DAY)])]
        return Calendar([Programme("p", rules=rules, pools=(PoolRule("機材", 3, per_place=per_place),))])

    before, after = town(per_place=True), town(per_place=False)
    any_db.run(before.prepare)
    (slot,) = any_db.read(lambda tx: before.slots(tx, "p"))
    any_db.run(lambda tx: before.book(tx, slot.id, "a", party=3, key="1"))
    assert not any_db.run(lambda tx: before.book(tx, slot.id, "b", key="2"))
    any_db.run(lambda tx: after.lay_out(tx, "p"))
    for who in "bc":
        assert any_db.run(lambda tx, who=who: after.book(tx, slot.id, who, party=2, key=f"after-{who}"))
    refused = any_db.run(lambda tx: after.book(tx, slot.id, "d", key="4"))
    assert [reason.code for reason in refused.reasons] == ["GL-2115"]
    assert any_db.read(after.reconcile) == []


def test_a_room_that_is_being_cleaned_is_not_free_when_the_programme_is_laid_out_meanwhile(any_db, clock):
    rules = [SlotRule([(time(9), time(12)), (time(12, 20), time(14))], 1, [(DAY, DAY)], name="室")]
    room = Programme("room", rules=rules, between=timedelta(minutes=30), per_group=True)
    calendar = Calendar([room])
    any_db.run(calendar.prepare)
    first, second = any_db.read(lambda tx: calendar.slots(tx, "room"))
    any_db.run(lambda tx: calendar.book(tx, first.id, "a", key="1"))
    clock.set(datetime(2026, 12, 1, 3, 10, tzinfo=UTC))  # 12:10
    calendar = Calendar([evolve(room, closed=((date(2027, 1, 1), date(2027, 1, 1)),))])
    any_db.run(calendar.prepare)
    assert isinstance(any_db.run(lambda tx: calendar.book(tx, second.id, "b", key="2")), Refused)


def test_what_was_used_yesterday_is_not_in_the_supply_again(any_db, clock):
    days = [(DAY, DAY + timedelta(days=1))]
    rules = [SlotRule([(time(9), time(12))], 9, days)]
    programme = Programme("p", rules=rules, pools=(PoolRule("ワクチン", 3),))
    any_db.run(Calendar([programme]).prepare)
    calendar = Calendar([evolve(programme, closed=((date(2027, 1, 1), date(2027, 1, 1)),))])
    yesterday, today = any_db.read(lambda tx: calendar.slots(tx, "p"))
    any_db.run(lambda tx: calendar.book(tx, yesterday.id, "a", party=2, key="1"))
    clock.set(datetime(2026, 12, 1, 20, tzinfo=UTC))
    any_db.run(calendar.prepare)
    assert not any_db.run(lambda tx: calendar.book(tx, today.id, "b", party=2, key="2"))
    assert any_db.run(lambda tx: calendar.book(tx, today.id, "b", key="3"))


def test_who_leaves_a_slot_that_staff_have_made_smaller_makes_room_for_nobody(any_db):
    """Three are booked, staff leave two places: the third may stay, and when somebody goes nobody else comes in."""
    calendar = Calendar([Programme("p", rules=[SlotRule([(time(9), time(12))], 5, [(DAY, DAY)])])])
    any_db.run(calendar.prepare)
    (slot,) = any_db.read(lambda tx: calendar.slots(tx, "p"))
    first, second, _ = (
        any_db.run(lambda tx, who=who: calendar.book(tx, slot.id, who, key=who)) for who in "abc"
    )
    any_db.run(lambda tx: calendar.upkeep.set_places(tx, slot.id, 2, reason="席", key="s"), actor=CLERK)

    def ask(who):
        return any_db.run(lambda tx: calendar.book(tx, slot.id, who, key=f"new-{who}-{len(gone)}"))

    gone = []
    assert not ask("d")
    any_db.run(lambda tx: calendar.cancel(tx, first.id, key="x1"))
    gone.append(first)
    assert not ask("d"), "two are left, and two places"
    any_db.run(lambda tx: calendar.cancel(tx, second.id, key="x2"))
    gone.append(second)
    assert ask("d")
    assert not ask("e")
    assert any_db.read(lambda tx: calendar.slot(tx, slot.id)).capacity == 2
    assert any_db.read(calendar.reconcile) == []


def test_of_a_pair_that_is_refused_the_first_ones_supply_comes_back(any_db):
    """The second dose has no place: the first takes none of the vaccine either."""

    def dose(name, day, capacity, **more):
        rule = SlotRule([(time(9), time(12))], capacity, [(day, day)])
        return Programme(name, rules=[rule], **more)

    first = dose("one", DAY, 5, pools=(PoolRule("ワクチン", 2),), link=Link("two"))
    second = dose("two", DAY + timedelta(days=21), 1)
    calendar = Calendar([first, second])
    any_db.run(calendar.prepare)
    one, two = (any_db.read(lambda tx, n=name: calendar.slots(tx, n))[0].id for name in ("one", "two"))
    assert any_db.run(lambda tx: calendar.book(tx, two, "a", key="full"))
    pair = [(one, 1), (two, 1)]
    for who in "bcd":
        assert not any_db.run(lambda tx, w=who: calendar.book_linked(tx, pair, w, key=w))
    (supply,) = any_db.read(lambda tx: calendar.upkeep.supplies(tx, "one"))
    assert supply.booked == 0
    assert any_db.read(calendar.reconcile) == []
