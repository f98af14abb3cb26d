"""Rooms and supplies while rules change: what is in use, and what is booked, is nobody else's."""

from datetime import UTC, date, datetime, time

from govline.calendar import Calendar, Programme, Refused
from govline.calendar.model import PoolRule, SlotRule
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
