"""Pools on both engines: what is shared is never oversold, comes back with a cancellation, follows a move, and equals the rows."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import date, time, timedelta

import pytest
from attrs import evolve

from govline.calendar import Booking, Calendar, Policy, Programme, SlotRule
from govline.calendar.model import PoolRule
from govline.calendar.rush import Wish, take_many

DAY = date(2026, 12, 1)
TIMES = [(time(9), time(11)), (time(13), time(15))]


def rooms(*names, capacity=1, times=TIMES, days=1):
    return [SlotRule(times, capacity, [(DAY, DAY + timedelta(days=days - 1))], name=name) for name in names]


HALL = Programme(
    "hall",
    rules=rooms("全面", "A面", "B面"),
    parts={"全面": ("A面", "B面")},
    per_group=True,
    policy=Policy(max_party=50),
)


def laid(db, programme):
    calendar = Calendar([programme])
    layout = db.run(lambda tx: calendar.lay_out(tx, programme.id))
    return calendar, layout


def slots_of(db, calendar, programme):
    return {(slot.starts.hour, slot.name): slot for slot in db.read(lambda tx: calendar.slots(tx, programme))}


def book(db, calendar, slot, who, party=1):
    return db.run(lambda tx: calendar.book(tx, slot.id, who, party=party, key=f"{slot.id}:{who}"))


@pytest.fixture(params=["desk", "rush"])
def asking(request, any_db):
    """Both ways to a place: one after another, and in sets."""

    def ask(calendar, slot, who, party=1):
        if request.param == "desk":
            return book(any_db, calendar, slot, who, party)
        wish = Wish("book", slot.id, who, party, f"{slot.id}:{who}")
        return any_db.run(lambda tx: take_many(tx, calendar._desk, [wish]))[0]

    return ask


def codes(answer):
    return [reason.code for reason in answer.reasons]


def test_the_whole_hall_and_its_halves(any_db, asking):
    calendar, _ = laid(any_db, HALL)
    slot = slots_of(any_db, calendar, "hall")
    left = asking(calendar, slot[0, "A面"], "a", 20)
    assert (left.party, left.places) == (20, 1)
    whole = asking(calendar, slot[0, "全面"], "b", 30)
    assert codes(whole) == ["GL-2115"]
    assert isinstance(asking(calendar, slot[0, "B面"], "b", 30), Booking)
    assert isinstance(asking(calendar, slot[4, "全面"], "b", 30), Booking)
    free = any_db.read(lambda tx: calendar.available(tx, "hall", party=9))
    assert [each.name for each in free] == []
    any_db.run(lambda tx: calendar.cancel(tx, left.id, key="c"))
    assert [each.name for each in any_db.read(lambda tx: calendar.available(tx, "hall"))] == ["A面"]
    assert any_db.read(calendar.reconcile) == []


def test_a_supply_ends_before_the_slots_do(any_db, asking):
    supply = PoolRule("ワクチン", 5)
    calendar, _ = laid(any_db, Programme("p", rules=rooms("", capacity=4), pools=[supply]))
    slot = slots_of(any_db, calendar, "p")
    assert isinstance(asking(calendar, slot[0, ""], "a", 3), Booking)
    refused = asking(calendar, slot[4, ""], "b", 3)
    assert [(reason.code, reason.text) for reason in refused.reasons] == [
        ("GL-2115", "「ワクチン」の残りは2です。")
    ]
    assert isinstance(asking(calendar, slot[4, ""], "c", 2), Booking)
    assert any_db.read(lambda tx: calendar.available(tx, "p")) == []
    assert any_db.read(calendar.reconcile) == []


def test_a_batch_reckons_with_what_it_has_given_itself(any_db):
    """Two slots, one supply: whoever comes last in the batch hears that it is short, with what is left."""
    supply = PoolRule("ワクチン", 5)
    calendar, _ = laid(any_db, Programme("p", rules=rooms("", capacity=4), pools=[supply]))
    slots = [slot.id for slot in any_db.read(lambda tx: calendar.slots(tx, "p"))]
    wishes = [Wish("book", slots[n % 2], f"c{n}", 2, f"k{n}") for n in range(3)]
    one, two, last = any_db.run(lambda tx: take_many(tx, calendar._desk, wishes))
    assert isinstance(one, Booking)
    assert isinstance(two, Booking)
    assert [reason.text for reason in last.reasons] == ["「ワクチン」の残りは1です。"]
    assert any_db.read(calendar.reconcile) == []


def test_a_move_takes_its_share_along_and_a_refused_one_leaves_everything(any_db):
    calendar, _ = laid(
        any_db, Programme("p", rules=rooms("", capacity=4, days=2), pools=[PoolRule("1日", 5, "day")])
    )
    slots = any_db.read(lambda tx: calendar.slots(tx, "p"))
    one, other = slots[0], slots[2]
    mine = book(any_db, calendar, one, "a", 3)
    theirs = book(any_db, calendar, other, "b", 3)

    def change(booking, to, party, key):
        return any_db.run(lambda tx: calendar.change(tx, booking.id, to=to.id, party=party, key=key))

    assert codes(change(mine, slots[3], None, "k1")) == ["GL-2115"]
    assert any_db.read(lambda tx: calendar.booking(tx, mine.id)) == mine
    assert any_db.read(calendar.reconcile) == []
    assert isinstance(change(mine, slots[1], 4, "k2"), Booking)  # within the day: what it had counts as free
    assert isinstance(change(mine, slots[3], 2, "k3"), Booking)
    assert isinstance(change(theirs, one, 4, "k4"), Booking)
    assert any_db.read(calendar.reconcile) == []


def test_a_pool_that_comes_later_counts_who_is_there(any_db):
    plain = Programme("p", rules=rooms("", capacity=4))
    calendar, _ = laid(any_db, plain)
    slot = slots_of(any_db, calendar, "p")
    first = book(any_db, calendar, slot[0, ""], "a", 3)
    capped = evolve(plain, pools=[PoolRule("在庫", 4)])
    calendar, layout = laid(any_db, capped)
    assert layout.short == ()
    assert codes(book(any_db, calendar, slot[4, ""], "b", 2)) == ["GL-2115"]
    assert any_db.read(calendar.reconcile) == []
    _, layout = laid(any_db, evolve(plain, pools=[PoolRule("在庫", 2)]))
    assert layout.short == ("在庫",)
    calendar, _ = laid(any_db, plain)
    assert isinstance(book(any_db, calendar, slot[4, ""], "c", 4), Booking)
    any_db.run(lambda tx: calendar.cancel(tx, first.id, key="c"))
    assert any_db.read(calendar.reconcile) == []


def test_a_crowd_of_halls_is_never_double_booked(any_db):
    """Through the set-based door, the plain one, cancellations and moves at once."""
    hall = evolve(HALL, rules=rooms("全面", "A面", "B面", days=4))
    calendar, _ = laid(any_db, hall)
    slots = any_db.read(lambda tx: calendar.slots(tx, "hall"))
    dice = random.Random(3)
    wanted = [(dice.choice(slots), f"c{number}", dice.random()) for number in range(200)]

    def ask(order):
        slot, who, luck = order
        if luck < 0.4:
            got = calendar.book_on(any_db, slot.id, who, key=who)
        else:
            got = any_db.run(lambda tx: calendar.book(tx, slot.id, who, key=who))
        if isinstance(got, Booking) and luck > 0.8:
            any_db.run(lambda tx: calendar.cancel(tx, got.id, key=f"x{who}"))
        elif isinstance(got, Booking) and luck < 0.2:
            to = slots[int(luck * 5 * len(slots)) % len(slots)]
            any_db.run(lambda tx: calendar.change(tx, got.id, to=to.id, key=f"m{who}"))

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(ask, wanted))
    assert any_db.read(calendar.reconcile) == []
    taken = [slot for slot in any_db.read(lambda tx: calendar.slots(tx, "hall")) if slot.booked]
    assert taken
    used = [(slot.starts, part) for slot in taken for part in hall.parts.get(slot.name, (slot.name,))]
    assert len(used) == len(set(used)), "a part was used twice at one time"


# --- a room that many use at once, each for themselves (個人開放) ---

OPEN_HALL = Programme(
    "open",
    rules=[*rooms("全面"), *rooms("A面", capacity=3), *rooms("B面", capacity=2)],
    parts={"全面": ("A面", "B面")},
)


def states(db, calendar, hour=0):
    return {
        view.slot.name: view.state.value
        for view in db.read(lambda tx: calendar.times(tx, "open", DAY, DAY))
        if view.slot.starts.hour == hour
    }


def test_a_half_of_many_places_fills_up_and_keeps_the_whole_hall_out(any_db, asking):
    calendar, _ = laid(any_db, OPEN_HALL)
    slot = slots_of(any_db, calendar, "open")
    assert all(isinstance(asking(calendar, slot[0, "A面"], who), Booking) for who in "abc")
    assert codes(asking(calendar, slot[0, "A面"], "d")) == ["GL-2103"], "nobody else is in the room"
    assert codes(asking(calendar, slot[0, "全面"], "d")) == ["GL-2115"]
    assert isinstance(asking(calendar, slot[0, "B面"], "d", 2), Booking), "the other half is its own"
    assert states(any_db, calendar) == {"全面": "blocked", "A面": "full", "B面": "full"}
    assert any_db.read(calendar.reconcile) == []


def test_the_whole_hall_keeps_out_all_places_of_its_halves_until_it_is_given_back(any_db, asking):
    calendar, _ = laid(any_db, OPEN_HALL)
    slot = slots_of(any_db, calendar, "open")
    whole = asking(calendar, slot[0, "全面"], "a")
    assert codes(asking(calendar, slot[0, "A面"], "b")) == ["GL-2115"]
    assert states(any_db, calendar) == {"全面": "full", "A面": "blocked", "B面": "blocked"}
    (day,) = any_db.read(lambda tx: calendar.days(tx, "open", DAY, DAY, party=3))
    assert (day.bookable, day.free) == (1, 3), "the afternoon's A面"
    any_db.run(lambda tx: calendar.cancel(tx, whole.id, key="off"))
    assert isinstance(asking(calendar, slot[0, "A面"], "c", 3), Booking)


def test_a_hall_whose_halves_were_single_follows_new_rules_with_its_bookings(any_db):
    calendar, _ = laid(any_db, evolve(OPEN_HALL, rules=rooms("全面", "A面", "B面")))
    first = book(any_db, calendar, slots_of(any_db, calendar, "open")[0, "A面"], "a")
    calendar.adopt([OPEN_HALL])
    any_db.run(lambda tx: calendar.lay_out(tx, "open"))
    slot = slots_of(any_db, calendar, "open")
    assert isinstance(book(any_db, calendar, slot[0, "A面"], "b", 2), Booking), "two are left of three"
    assert not book(any_db, calendar, slot[0, "全面"], "c")
    any_db.run(lambda tx: calendar.cancel(tx, first.id, key="off"))
    assert any_db.read(calendar.reconcile) == []
