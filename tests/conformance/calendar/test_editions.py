"""Rules that change from a day on, rooms under new names: on both engines, with bookings in place, nothing is lost."""

from datetime import date

import pytest

from govline.calendar import Calendar, parse


def written(**more):
    return {
        "programme": "hall",
        "capacity": 2,
        "slots": [{"dates": "2027-03-30/2027-04-02", "times": "10:00", "name": "A室"}],
        **more,
    }


@pytest.fixture
def lay(any_db):
    """Lays a definition out and gives calendar and layout."""

    def work(**more):
        calendar = Calendar([parse(written(**more))])
        return calendar, any_db.run(lambda tx: calendar.lay_out(tx, "hall"))

    return work


def names(db, calendar):
    """Slot names by day of month, those with places only."""
    found = db.read(lambda tx: calendar.slots(tx, "hall"))
    return {(slot.starts.day, slot.name): (slot.capacity, slot.booked) for slot in found if slot.capacity}


def slots(*rooms, dates="2027-03-30"):
    return [{"dates": dates, "times": "10:00", **room} for room in rooms]


def book(db, calendar, name, who="c1", party=1):
    (slot,) = [each for each in db.read(lambda tx: calendar.slots(tx, "hall")) if each.name == name][:1]
    return db.run(lambda tx: calendar.book(tx, slot.id, who, party=party, key=f"{name}{who}"))


def test_next_years_rules_are_laid_out_beside_this_years(any_db, lay):
    edition = {
        "from": date(2027, 4, 1),
        "capacity": 5,
        "slots": [{"dates": "2027-03-30/2027-04-02", "times": "13:00", "name": "A室"}],
    }
    calendar, layout = lay(editions=[edition])
    assert layout.added == 4
    found = any_db.read(lambda tx: calendar.slots(tx, "hall"))
    assert [(slot.starts.day, (slot.starts.hour + 9) % 24, slot.capacity) for slot in found] == [
        (30, 10, 2),
        (31, 10, 2),
        (1, 13, 5),
        (2, 13, 5),
    ]


def test_a_staged_change_lists_who_is_affected(any_db, lay):
    calendar, _ = lay()
    last = any_db.read(lambda tx: calendar.slots(tx, "hall"))[-1]
    booking = any_db.run(lambda tx: calendar.book(tx, last.id, "c1", key="k"))
    calendar, layout = lay(editions=[{"from": "2027-04-01", "slots": []}])
    assert [slot.id for slot in layout.conflicts] == [last.id]
    (conflict,) = any_db.read(lambda tx: calendar.conflicts(tx, "hall"))
    assert (conflict.slot.id, conflict.places, conflict.bookings) == (last.id, 0, (booking.id,))
    assert conflict.slot.capacity == 1, "the place that is booked stays, and no other"
    to = any_db.read(lambda tx: calendar.slots(tx, "hall"))[0]
    any_db.run(lambda tx: calendar.change(tx, booking.id, to=to.id, key="move"))
    assert any_db.read(lambda tx: calendar.conflicts(tx, "hall")) == []
    assert any_db.read(calendar.reconcile) == []


def test_a_smaller_room_gives_no_further_places(any_db, lay):
    calendar, _ = lay(capacity=5)
    book(any_db, calendar, "A室", party=3)
    calendar, layout = lay(capacity=2)
    assert len(layout.conflicts) == 1
    assert names(any_db, calendar)[30, "A室"] == (3, 3)


def test_a_renamed_room_keeps_its_bookings(any_db, lay):
    calendar, _ = lay(slots=slots({"name": "A室"}))
    booking = book(any_db, calendar, "A室")
    calendar, layout = lay(slots=slots({"name": "第1研修室", "was": "A室"}))
    assert (layout.renamed, layout.added, layout.conflicts) == (1, 0, ())
    assert names(any_db, calendar) == {(30, "第1研修室"): (2, 1)}
    assert any_db.read(lambda tx: calendar.booking(tx, booking.id)).slot == booking.slot


def test_renumbering_swaps_once(any_db, lay):
    calendar, _ = lay(slots=slots({"name": "1番"}, {"name": "2番"}, {"name": "3番"}))
    booking = book(any_db, calendar, "1番")
    circle = [{"name": "2番", "was": "1番"}, {"name": "3番", "was": "2番"}, {"name": "1番", "was": "3番"}]
    calendar, layout = lay(slots=slots(*circle))
    assert (layout.renamed, layout.added, layout.conflicts) == (3, 0, ())
    assert names(any_db, calendar)[30, "2番"] == (2, 1)
    calendar, layout = lay(slots=slots(*circle), capacity=3)  # laid out anew: not renamed a second time
    assert (layout.renamed, layout.resized) == (0, 3)
    assert names(any_db, calendar)[30, "2番"] == (3, 1)
    assert any_db.read(lambda tx: calendar.booking(tx, booking.id)).slot == booking.slot


def test_a_name_given_too_late_finds_the_booked_room(any_db, lay):
    calendar, _ = lay(slots=slots({"name": "A室"}))
    book(any_db, calendar, "A室")
    calendar, layout = lay(slots=slots({"name": "B室"}))
    assert len(layout.conflicts) == 1
    calendar, layout = lay(slots=slots({"name": "B室", "was": "A室"}))
    assert (layout.renamed, layout.conflicts) == (2, ())
    assert names(any_db, calendar) == {(30, "B室"): (2, 1)}


def test_two_booked_rooms_stay_two(any_db, lay):
    calendar, _ = lay(slots=slots({"name": "A室"}, {"name": "B室"}))
    book(any_db, calendar, "A室")
    book(any_db, calendar, "B室", "c2")
    calendar, layout = lay(slots=slots({"name": "B室", "was": "A室"}))
    assert [slot.name for slot in layout.conflicts] == ["A室"]
    assert names(any_db, calendar) == {(30, "A室"): (1, 1), (30, "B室"): (2, 1)}


def test_a_deleted_room_that_nobody_booked_goes(any_db, lay):
    calendar, _ = lay(slots=slots({"name": "A室"}, {"name": "B室"}))
    book(any_db, calendar, "A室")
    calendar, layout = lay(slots=slots({"name": "A室"}))
    assert (layout.removed, layout.conflicts) == (1, ())
    assert names(any_db, calendar) == {(30, "A室"): (2, 1)}


def test_renamed_parts_of_a_hall_still_exclude_each_other(any_db, lay):
    rooms = slots({"name": "全面"}, {"name": "A面"}, {"name": "B面"})
    calendar, _ = lay(capacity=1, slots=rooms, parts={"全面": ["A面", "B面"]}, per_group=True)
    book(any_db, calendar, "A面")
    rooms = slots({"name": "全面"}, {"name": "東面", "was": "A面"}, {"name": "西面", "was": "B面"})
    calendar, layout = lay(capacity=1, slots=rooms, parts={"全面": ["東面", "西面"]}, per_group=True)
    assert layout.renamed == 2
    assert not book(any_db, calendar, "全面", "c2")
    assert book(any_db, calendar, "西面", "c3")
    assert any_db.read(calendar.reconcile) == []
