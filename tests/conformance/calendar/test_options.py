"""備品 on both engines: no moment has more pieces out than there are, whoever asks by whichever verb, and all comes back."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from threading import Barrier

import pytest
from attrs import evolve
from sqlalchemy import Integer, bindparam, text, update

from govline.calendar import (
    Booking,
    Calendar,
    Fee,
    Policy,
    Programme,
    Refused,
    SlotPlan,
    SlotRule,
    Tariff,
    ledger,
)
from govline.calendar import _queries as q
from govline.calendar._queries import shared as qp
from govline.calendar._tables import pools as pool_table
from govline.calendar.datasets import datasets
from govline.calendar.merging import Contact
from govline.calendar.model import BookingState, PoolRule
from govline.calendar.options import Option
from govline.calendar.requests import digest_of
from govline.calendar.roster import roster
from govline.calendar.rush import Wish, take_many
from govline.core import Actor
from govline.errors import InputError
from govline.store import Statement
from govline.tabular import Files

DAY = date(2026, 12, 1)
CLERK = Actor("staff", "s-1", "counter")
MIC, SCREEN, TEA = "マイク", "プロジェクター", "湯のみ"
OPTIONS = {MIC: Option(stock=3, most=2), SCREEN: Option(stock=1, slots={"A", "B"}), TEA: Option()}


def rule(name, *hours, days=2):
    times = [(time(start), time(end)) for start, end in hours]
    return SlotRule(times, 1, [(DAY, DAY + timedelta(days=days - 1))], name=name)


ROOMS = Programme(
    "rooms",
    rules=[rule("A", (9, 12), (13, 16)), rule("B", (10, 13), (13, 16)), rule("C", (9, 12))],
    per_group=True,
    options=OPTIONS,
    policy=Policy(max_party=50),
)


def laid(db, programme=ROOMS):
    calendar = Calendar([programme])
    layout = db.run(lambda tx: calendar.lay_out(tx, programme.id))
    found = db.read(lambda tx: calendar.slots(tx, programme.id))
    slots = {(slot.starts.day, (slot.starts.hour + 9) % 24, slot.name): slot for slot in found}
    return calendar, slots, layout


class Town:
    """One calendar with its slots by day, hour and room; every verb asks under a fresh key."""

    def __init__(self, db, programme=ROOMS, *, rush=False):
        self.db, self.rush, self.asked = db, rush, 0
        self.calendar, self.slots, self.layout = laid(db, programme)

    def key(self):
        self.asked += 1
        return f"k{self.asked}"

    def book(self, at, who, options=None, *, verb="book", party=1):
        slot = self.slots[1, *at].id
        if self.rush:
            wish = Wish(verb, slot, who, party, self.key(), options=options)
            return self.db.run(lambda tx: take_many(tx, self.calendar._desk, [wish]))[0]
        key, ask = self.key(), getattr(self.calendar, verb)
        return self.db.run(lambda tx: ask(tx, slot, who, party=party, key=key, options=options))

    def change(self, booking, at=None, **more):
        to = self.slots[1, *at].id if at else booking.slot
        key = self.key()
        return self.db.run(lambda tx: self.calendar.change(tx, booking.id, to=to, key=key, **more))

    def cancel(self, booking):
        key = self.key()
        return self.db.run(lambda tx: self.calendar.cancel(tx, booking.id, key=key))

    def sound(self):
        assert self.db.read(self.calendar.reconcile) == []

    def out(self):
        """Pieces that are out, by option, at every stretch where any are."""
        with self.db.begin() as tx:
            return sorted(
                (row.label, row.booked) for row in tx.all(qp.POOLS, {"programme": "rooms"}) if row.booked
            )


@pytest.fixture(params=["desk", "rush"])
def town(request, any_db):
    return Town(any_db, rush=request.param == "rush")


def said(answer):
    assert isinstance(answer, Refused), answer
    return [(reason.code, reason.help.get("remaining")) for reason in answer.reasons]


def test_a_projector_that_is_out_from_nine_is_out_in_every_room_until_twelve(town):
    first = town.book((9, "A"), "a", {SCREEN: 1})
    assert first.options == {SCREEN: 1}
    refused = town.book((10, "B"), "b", {SCREEN: 1})
    assert said(refused) == [("GL-2142", 0)]
    assert refused.reasons[0].text == "この時間の「プロジェクター」は、すべて予約されています。"
    assert isinstance(town.book((10, "B"), "b"), Booking)  # who asks for none gets the room
    assert isinstance(town.book((13, "B"), "b", {SCREEN: 1}), Booking)
    assert town.db.read(lambda tx: town.calendar.booking(tx, first.id)) == first
    town.sound()


def test_pieces_are_counted_over_bookings_and_refused_with_what_is_left(town):
    assert isinstance(town.book((9, "A"), "a", {MIC: 2}), Booking)
    assert said(town.book((9, "C"), "c", {MIC: 2})) == [("GL-2142", 1)]
    assert isinstance(town.book((9, "C"), "c", {MIC: 1, TEA: 40}), Booking)
    assert said(town.book((10, "B"), "b", {MIC: 1})) == [("GL-2142", 0)]
    town.sound()


def test_what_no_stock_says_is_refused_too_all_at_once(town):
    refused = town.book((9, "C"), "c", {MIC: 3, SCREEN: 1, "太鼓": 1})
    assert [reason.code for reason in refused.reasons] == ["GL-2140", "GL-2141", "GL-2140"]
    assert [reason.help["option"] for reason in refused.reasons] == [SCREEN, MIC, "太鼓"]
    assert [*refused.reasons[0].help["slots"]] == ["A", "B"]
    with pytest.raises(InputError, match="GL-2005") as caught:
        town.book((9, "C"), "c", {MIC: -1})
    assert caught.value.code == "GL-2005"
    town.sound()


def test_nothing_asked_is_no_option_at_all(town):
    booking = town.book((9, "A"), "a", {MIC: 0})
    assert booking.options == {}
    assert town.out() == []
    with town.db.begin() as tx:
        (stored,) = tx.connection.execute(text("SELECT options FROM gl_calendar_booking")).one()
    assert stored is None


def test_cancel_expire_and_confirm_move_the_pieces_with_the_booking(any_db):
    town = Town(any_db)
    one = town.book((9, "A"), "a", {SCREEN: 1, MIC: 2})
    town.cancel(one)
    assert town.out() == []
    held = town.book((9, "A"), "a", {SCREEN: 1}, verb="hold")
    kept = any_db.run(lambda tx: town.calendar.confirm(tx, held.id, key="c"))
    assert kept.options == {SCREEN: 1}
    assert said(town.book((10, "B"), "b", {SCREEN: 1})) == [("GL-2142", 0)]
    town.sound()


@pytest.mark.parametrize("rush", [False, True])
def test_a_hold_of_another_room_that_ran_out_gives_its_projector_to_whoever_asks(any_db, clock, rush):
    town = Town(any_db, rush=rush)
    town.book((9, "A"), "a", {SCREEN: 1}, verb="hold")
    slot = town.slots[1, 10, "B"].id
    clock.advance(timedelta(minutes=11))
    allowed = any_db.read(lambda tx: town.calendar.can_book(tx, slot, "b", options={SCREEN: 1}))
    assert allowed
    assert isinstance(town.book((10, "B"), "b", {SCREEN: 1}), Booking)
    town.sound()


def test_can_book_says_what_book_says_and_writes_nothing(any_db):
    town = Town(any_db)
    town.book((9, "A"), "a", {SCREEN: 1, MIC: 2})
    slot = town.slots[1, 10, "B"].id
    asked = {SCREEN: 1, MIC: 2}
    before = any_db.read(lambda tx: town.calendar.can_book(tx, slot, "b", options=asked))
    assert before == town.book((10, "B"), "b", asked)
    assert any_db.read(lambda tx: town.calendar.can_book(tx, slot, "b"))


def test_a_change_keeps_the_options_moves_their_pieces_and_gives_them_back(any_db):
    town = Town(any_db)
    mine = town.book((9, "A"), "a", {SCREEN: 1, MIC: 1})
    other = town.book((13, "B"), "b", {SCREEN: 1})
    assert said(town.change(mine, (13, "A"))) == [("GL-2142", 0)]
    assert any_db.read(lambda tx: town.calendar.booking(tx, mine.id)) == mine
    town.sound()
    moved = town.change(mine, (10, "B"))  # its own projector is no hindrance
    assert moved.options == {SCREEN: 1, MIC: 1}
    assert moved == any_db.read(lambda tx: town.calendar.booking(tx, mine.id))
    assert said(town.change(moved, (9, "C"))) == [("GL-2140", None)]  # it does not go with C
    without = town.change(moved, (9, "C"), options={MIC: 2})
    assert without.options == {MIC: 2}
    assert isinstance(town.change(other, (10, "B")), Booking)
    town.sound()
    assert town.change(without, options={}).options == {}
    town.sound()


def test_only_the_options_change_within_a_slot(any_db):
    town = Town(any_db)
    mine = town.book((9, "A"), "a")
    more = town.change(mine, options={MIC: 2})
    assert more.options == {MIC: 2}
    assert said(town.change(more, options={MIC: 3})) == [("GL-2141", None)]
    town.book((9, "C"), "c", {MIC: 1})
    assert said(
        town.change(any_db.read(lambda tx: town.calendar.bookings(tx, "c"))[0], options={MIC: 2})
    ) == [("GL-2142", 1)]
    less = town.change(more, options={MIC: 1})
    assert isinstance(town.book((10, "B"), "b", {MIC: 1}), Booking)
    town.sound()
    steps = any_db.read(lambda tx: town.calendar.history(tx, less.id))
    assert [step.data.get("options") for step in steps] == [None, {MIC: 2}, {MIC: 1}]


def test_the_same_key_gives_the_same_answer_and_older_keys_keep_their_digest(any_db):
    town = Town(any_db)
    slot = town.slots[1, 9, "A"].id
    ask = lambda options: any_db.run(  # noqa: E731
        lambda tx: town.calendar.book(tx, slot, "a", key="same", options=options)
    )
    first = ask({MIC: 1})
    assert ask({MIC: 1}) == first
    with pytest.raises(InputError, match="GL-2001"):
        ask({MIC: 2})
    plain = digest_of("book", {"slot": slot, "citizen": "b", "party": 1})
    assert Wish("book", slot, "b", 1, "x").digest == plain
    assert Wish("book", slot, "b", 1, "x").digest == Wish("book", slot, "b", 1, "x", options={MIC: 0}).digest
    assert Wish("book", slot, "b", 1, "x").digest != Wish("book", slot, "b", 1, "x", options={MIC: 1}).digest
    rushed = any_db.run(
        lambda tx: take_many(tx, town.calendar._desk, [Wish("book", slot, "a", 1, "same", options={MIC: 1})])
    )
    assert rushed == [first]


def test_what_staff_book_says_its_options_in_the_history_and_its_event(any_db):
    town = Town(any_db)
    slot, plain = town.slots[1, 9, "A"].id, town.slots[1, 9, "C"].id

    def ask(slot, options):
        return any_db.run(
            lambda tx: town.calendar.counter.book(tx, slot, key=slot, contact=Contact(), options=options),
            actor=CLERK,
        )

    booking, other = ask(slot, {MIC: 2}), ask(plain, None)
    steps = any_db.read(lambda tx: [town.calendar.history(tx, each.id)[0].data for each in (booking, other)])
    assert steps == [{"waived": [], "options": {MIC: 2}}, {"waived": []}]


def test_two_slots_of_a_batch_share_what_it_has_given_itself(any_db):
    town = Town(any_db, rush=True)
    slots = [town.slots[1, *at].id for at in ((9, "A"), (10, "B"), (9, "C"))]
    wishes = [Wish("book", slot, f"c{n}", 1, f"w{n}", options={MIC: 2}) for n, slot in enumerate(slots)]
    one, two, three = any_db.run(lambda tx: take_many(tx, town.calendar._desk, wishes))
    assert isinstance(one, Booking)
    assert said(two) == said(three) == [("GL-2142", 1)]
    assert one == any_db.read(lambda tx: town.calendar.booking(tx, one.id))
    town.sound()


def test_who_asks_for_none_beside_one_who_does_takes_nothing(any_db):
    town = Town(any_db, evolve(ROOMS, pools=[PoolRule("鍵", 9, per_place=False)]), rush=True)
    ask = [("a", (9, "A"), {MIC: 1}), ("c", (9, "C"), None)]
    wishes = [Wish("book", town.slots[1, *at].id, who, 1, who, options=options) for who, at, options in ask]
    some, none = any_db.run(lambda tx: take_many(tx, town.calendar._desk, wishes))
    assert (some.options, none.options, none.draws) == ({MIC: 1}, {}, 1)
    with any_db.begin() as tx:
        assert [units for _, units in tx.all(qp.DRAWN, {"booking": none.id})] == [1]
        assert len(tx.all(qp.DRAWN, {"booking": some.id})) == some.draws
    town.sound()


def test_what_is_left_is_what_is_left_at_the_fullest_hour(town):
    assert isinstance(town.book((10, "B"), "b", {MIC: 1}), Booking)
    assert isinstance(town.book((9, "C"), "c", {MIC: 2}), Booking)  # one is left from nine, none from ten
    assert said(town.book((9, "A"), "a", {MIC: 2})) == [("GL-2142", 0)]
    assert town.db.read(lambda tx: town.calendar.options_left(tx, town.slots[1, 9, "A"].id))[MIC] == 0


def test_a_closed_slot_keeps_its_pieces_until_its_people_have_gone(any_db):
    town = Town(any_db)
    mine = town.book((9, "A"), "a", {SCREEN: 1})
    since = town.slots[1, 9, "A"].starts
    span = (since, since + timedelta(minutes=30))
    closure = any_db.run(
        lambda tx: town.calendar.counter.close(tx, "rooms", *span, "雪", key="close"), actor=CLERK
    )
    displaced = any_db.read(lambda tx: town.calendar.booking(tx, mine.id))
    assert (displaced.state, displaced.options) == (BookingState.DISPLACED, {SCREEN: 1})
    town.sound()
    any_db.run(lambda tx: town.calendar.counter.reopen(tx, closure.id, "晴", key="open"), actor=CLERK)
    assert any_db.read(lambda tx: town.calendar.booking(tx, mine.id)).options == {SCREEN: 1}
    moved = town.change(mine, (13, "A"))
    assert (moved.state, moved.options) == (BookingState.CONFIRMED, {SCREEN: 1})
    assert isinstance(town.book((10, "B"), "b", {SCREEN: 1}), Booking)
    town.sound()


def test_a_merge_brings_the_options_along(any_db):
    town = Town(any_db)
    slot = town.slots[1, 9, "A"].id
    booking, code = any_db.run(
        lambda tx: (
            booked := town.calendar.counter.book(
                tx, slot, key="t", contact=Contact("役場"), options={MIC: 1}
            ),
            town.calendar.counter.merge_code(tx, booked.id),
        ),
        actor=CLERK,
    )
    merged = any_db.run(lambda tx: town.calendar.merge(tx, code.text, "c1", key="m"))
    assert [each.options for each in merged.moved] == [{MIC: 1}]
    assert town.cancel(booking).options == {MIC: 1}
    assert town.out() == []
    town.sound()


def test_an_override_passes_the_most_and_never_the_stock(any_db):
    town = Town(any_db)

    def ask(at, options, key):
        slot = town.slots[1, *at].id
        return any_db.run(
            lambda tx: town.calendar.counter.book(
                tx, slot, key=key, contact=Contact(), options=options, override=True, reason="式典"
            ),
            actor=CLERK,
        )

    booking = ask((9, "A"), {MIC: 3}, "o1")
    assert (booking.options, booking.waived) == ({MIC: 3}, ("GL-2141",))
    assert said(ask((9, "C"), {MIC: 1}, "o2")) == [("GL-2142", 0)]
    assert said(ask((9, "C"), {SCREEN: 1}, "o3")) == [("GL-2140", None)]
    stays = town.change(booking, party=3)
    assert stays.options == {MIC: 3}
    town.sound()


# --- laying out anew ---


def again(town, options, **more):
    town.calendar.adopt([evolve(ROOMS, options=options, **more)])
    return town.db.run(lambda tx: town.calendar.lay_out(tx, "rooms"))


def test_a_stock_that_comes_later_counts_who_has_a_piece_already(any_db):
    town = Town(any_db, evolve(ROOMS, options={SCREEN: Option(), MIC: Option()}))
    assert not any_db.read(lambda tx: tx.all(qp.POOLS, {"programme": "rooms"}))
    first = town.book((9, "A"), "a", {SCREEN: 1, MIC: 2})
    town.book((10, "B"), "b", {SCREEN: 1})
    layout = again(town, {SCREEN: Option(1), MIC: Option(2)})
    assert set(layout.short) == {SCREEN}  # two are booked from ten to twelve, one is there: both stand
    town.sound()
    assert said(town.book((9, "C"), "c", {MIC: 1})) == [("GL-2142", 0)]
    assert town.cancel(first).state is BookingState.CANCELLED
    assert again(town, {SCREEN: Option(1), MIC: Option(3)}).short == ()
    town.sound()


def test_a_stock_that_is_taken_away_gives_nobody_a_wrong_counter(any_db):
    town = Town(any_db)
    mine = town.book((9, "A"), "a", {SCREEN: 1, MIC: 2})
    again(town, {MIC: Option(stock=1)})
    town.sound()
    assert any_db.read(lambda tx: town.calendar.booking(tx, mine.id)).options == {MIC: 2, SCREEN: 1}
    assert town.change(mine, party=2).options == {MIC: 2, SCREEN: 1}  # where it is nothing is asked anew
    assert [code for code, _ in said(town.change(mine, (10, "B")))] == ["GL-2142", "GL-2140"]
    assert town.change(mine, options={MIC: 1}).options == {MIC: 1}
    again(town, OPTIONS)
    town.sound()
    town.cancel(mine)
    assert town.out() == []


def test_time_between_uses_holds_the_pieces_as_well(any_db):
    town = Town(any_db, evolve(ROOMS, between=timedelta(minutes=30)))
    town.book((10, "B"), "b", {SCREEN: 1})  # until 13:00, free again at 13:30
    assert said(town.book((13, "A"), "a", {SCREEN: 1})) == [("GL-2142", 0)]
    assert isinstance(town.book((13, "A"), "a"), Booking)
    town.sound()


@pytest.mark.parametrize("rush", [False, True])
def test_with_a_supply_and_a_hall_in_parts(any_db, rush):
    programme = evolve(ROOMS, parts={"C": ("A",)}, pools=[PoolRule("鍵", 2, per_place=False)])
    town = Town(any_db, programme, rush=rush)
    mine = town.book((9, "A"), "a", {MIC: 2})
    assert mine == any_db.read(lambda tx: town.calendar.booking(tx, mine.id))
    refused = town.book((9, "C"), "c", {MIC: 2})
    assert sorted(code for code, _ in said(refused)) == ["GL-2115", "GL-2142"]
    town.sound()
    town.cancel(mine)
    assert town.out() == []


def test_a_slot_whose_projector_is_gone_is_as_free_as_before_for_who_asks_for_none(any_db):
    town = Town(any_db)
    before = any_db.read(lambda tx: town.calendar.days(tx, "rooms", DAY, DAY))
    town.book((9, "A"), "a", {SCREEN: 1, MIC: 2})
    town.book((9, "C"), "c", {MIC: 1})
    free = any_db.read(lambda tx: town.calendar.available(tx, "rooms"))
    assert [(slot.name, slot.starts.day) for slot in free if slot.starts.day == 1] == [
        ("B", 1),
        ("A", 1),
        ("B", 1),
    ]
    views = any_db.read(lambda tx: town.calendar.times(tx, "rooms", DAY, DAY))
    assert [view.state.value for view in views if view.slot.name == "B"] == ["open", "open"]
    (day,) = any_db.read(lambda tx: town.calendar.days(tx, "rooms", DAY, DAY))
    assert (before[0].bookable, day.bookable) == (5, 3)


def test_staff_take_a_broken_piece_out_for_a_stretch_and_see_who_is_beyond_it(any_db):
    town = Town(any_db)
    booking = town.book((9, "A"), "a", {SCREEN: 1})
    supplies = any_db.read(lambda tx: town.calendar.upkeep.equipment(tx, "rooms", DAY))
    assert not any_db.read(lambda tx: town.calendar.upkeep.supplies(tx, "rooms"))
    (pool, *_) = [each for each in supplies if each.label == f"{SCREEN} 9:00"]
    assert (pool.capacity, pool.booked) == (1, 1)
    placed = any_db.run(
        lambda tx: town.calendar.upkeep.set_places(tx, pool.id, 0, reason="故障", key="s"), actor=CLERK
    )
    assert placed.conflicts == (booking.id,)
    town.db.run(town.calendar.prepare)
    town.sound()
    town.cancel(booking)
    assert said(town.book((9, "A"), "a", {SCREEN: 1})) == [("GL-2142", 0)]


# --- two at once ---


def race(db, town):
    """Two rooms, one projector, at the same moment; how many have it."""
    start = Barrier(2, timeout=20)
    slots = [town.slots[1, 9, "A"].id, town.slots[1, 10, "B"].id]

    def ask(number):
        def work(tx):
            return town.calendar.book(
                tx, slots[number], f"c{number}", key=f"race{number}", options={SCREEN: 1}
            )

        start.wait()
        return db.run(work)

    with ThreadPoolExecutor(2) as pool:
        answers = [*pool.map(ask, range(2))]
    return sum(isinstance(answer, Booking) for answer in answers)


def test_two_race_for_the_last_projector_and_exactly_one_has_it(any_db):
    town = Town(any_db)
    assert race(any_db, town) == 1
    town.sound()
    assert max(booked for label, booked in town.out() if label == SCREEN) == 1


def test_without_its_guard_both_would_have_it(postgres_db, monkeypatch):
    town = Town(postgres_db)
    units = bindparam("units", type_=Integer)
    unguarded = update(pool_table).where(pool_table.c.id == bindparam("pool"))
    unguarded = unguarded.values(booked=pool_table.c.booked + units)
    monkeypatch.setattr(qp, "DRAW", Statement("calendar.draw_unguarded", unguarded))
    together, real = Barrier(2, timeout=20), ledger.place

    def after_both_have_looked(*args):
        together.wait()
        return real(*args)

    monkeypatch.setattr(ledger, "place", after_both_have_looked)
    assert race(postgres_db, town) == 2


def test_who_books_while_the_stock_is_laid_out_anew_is_counted(postgres_db):
    """The layout counts a pool that a booking has in its hand at that moment: it waits, and then counts it in."""
    town = Town(postgres_db, evolve(ROOMS, options={MIC: Option(3, slots={"A"})}))
    town.book((9, "C"), "c")
    slot = town.slots[1, 9, "A"].id
    town.calendar.adopt([evolve(ROOMS, options={MIC: Option(3, slots={"A", "C"})})])
    waits = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    with ThreadPoolExecutor(1) as pool:
        with postgres_db.begin() as tx:
            assert isinstance(town.calendar.book(tx, slot, "a", key="a", options={MIC: 2}), Booking)
            layout = pool.submit(postgres_db.run, lambda tx: town.calendar.lay_out(tx, "rooms"))
            for _ in range(2_000):
                if layout.done() or tx.connection.execute(waits).scalar_one():
                    break
            assert not layout.done()
        layout.result(timeout=20)
    town.sound()
    assert said(
        town.change(postgres_db.read(lambda tx: town.calendar.bookings(tx, "c"))[0], options={MIC: 2})
    ) == [("GL-2142", 1)]


# --- money ---


def bill(**more):
    return evolve(
        ROOMS,
        tariff=Tariff([Fee(1_000)], {MIC: Fee(500, "piece"), SCREEN: Fee(2_000)}),
        policy=Policy(
            max_party=50, pay_by=__import__("govline.calendar", fromlist=["CutOff"]).CutOff(days=3)
        ),
        **more,
    )


def due(db, booking):
    with db.begin() as tx:
        return tx.connection.execute(
            text("SELECT paid_at IS NOT NULL, billed, owed FROM gl_calendar_due WHERE booking_id = :b"),
            {"b": booking.id},
        ).one_or_none()


def test_what_was_booked_is_what_is_billed(any_db):
    town = Town(any_db, bill())
    mine = town.book((9, "A"), "a", {MIC: 2, TEA: 3})
    assert any_db.read(lambda tx: town.calendar.price_of(tx, mine)).total == 2_000
    assert any_db.read(lambda tx: town.calendar.price(tx, mine.slot, options={TEA: 3, MIC: 2})).total == 2_000
    more = town.change(mine, options={MIC: 1, SCREEN: 1})
    assert any_db.read(lambda tx: town.calendar.price_of(tx, more)).total == 3_500
    assert due(any_db, mine) == (False, None, None)
    assert any_db.read(lambda tx: town.calendar.upkeep.repriced(tx)) == []


def test_who_pays_for_an_option_only_owes_nothing_once_it_is_given_back(any_db):
    town = Town(any_db, evolve(bill(), tariff=Tariff((), {MIC: Fee(500, "piece")})))
    mine = town.book((9, "A"), "a")
    assert due(any_db, mine) is None
    more = town.change(mine, options={MIC: 1})
    assert due(any_db, more) == (False, None, None)
    town.change(more, options={})
    assert due(any_db, more) is None


def test_a_bill_that_changes_after_it_was_paid_is_listed_until_staff_have_settled_it(any_db):
    town = Town(any_db, bill())
    mine = town.book((9, "A"), "a", {MIC: 2})
    any_db.run(lambda tx: town.calendar.paid(tx, mine.id))
    town.change(mine, options={MIC: 1})
    less = town.change(mine, options={})
    (found,) = any_db.read(lambda tx: town.calendar.upkeep.repriced(tx))
    assert (found.booking, found.billed, found.owed) == (less, 2_000, 1_000)
    settle = lambda: any_db.run(  # noqa: E731
        lambda tx: town.calendar.upkeep.settle(tx, mine.id, "refunded", reason="マイクの取りやめ"),
        actor=CLERK,
    )
    assert settle() is True
    assert isinstance(settle(), Refused)
    assert any_db.read(lambda tx: town.calendar.upkeep.repriced(tx)) == []
    town.cancel(less)  # the rest of the money is still there to be settled
    assert [each.booking.id for each in any_db.read(lambda tx: town.calendar.upkeep.unsettled(tx))] == [
        mine.id
    ]
    assert settle() is True


def test_an_option_without_a_price_any_more_is_no_obstacle(any_db):
    town = Town(any_db, bill())
    mine = town.book((9, "A"), "a", {MIC: 2})
    town.calendar.adopt([evolve(bill(), tariff=Tariff([Fee(1_000)]), options={})])
    assert any_db.read(lambda tx: town.calendar.price_of(tx, mine)).total == 1_000
    assert isinstance(town.cancel(mine), Booking)


def test_statements_of_a_programme_without_options_are_those_of_before(any_db, monkeypatch):
    """Nobody asks for options: no statement of theirs is run, however often somebody is refused."""
    town = Town(any_db, evolve(ROOMS, pools=[PoolRule("鍵", 2, per_place=False)]))
    for name in ("WITH_OPTIONS", "LOCK_WITH_OPTIONS"):
        monkeypatch.delattr(qp, name)
    mine = town.book((9, "A"), "a")
    town.change(mine, (9, "C"))
    assert isinstance(town.book((9, "C"), "b"), Refused)
    town.rush = True
    assert isinstance(town.book((9, "A"), "b"), Booking)


# --- files ---


def files(db, calendar, tmp_path, *rows, dry_run=False):
    path = tmp_path / "list.csv"
    path.write_text("整理番号,日付,開始,部屋,人数,備品\n" + "".join(f"{row}\n" for row in rows), "utf-8")
    made = Files(db, datasets(calendar))
    return (made.check if dry_run else made.load)("bookings-rooms", path, actor=CLERK)


def test_a_list_of_bookings_brings_its_options_and_shows_them_again(any_db, tmp_path):
    town = Town(any_db)
    rows = ("1,2026-12-01,9:00,A,2,プロジェクター、マイク×2", "2,2026-12-01,9:00,C,1,")
    tried = files(any_db, town.calendar, tmp_path, *rows, dry_run=True)
    assert (tried.added, tried.refused) == (2, 0)
    assert files(any_db, town.calendar, tmp_path, *rows).added == 2
    assert files(any_db, town.calendar, tmp_path, *rows).unchanged == 2
    town.sound()
    assert said(town.book((10, "B"), "b", {SCREEN: 1})) == [("GL-2142", 0)]
    out = tmp_path / "out.csv"
    Files(any_db, datasets(town.calendar)).export("bookings-rooms", out, actor=CLERK)
    assert "プロジェクター×1、マイク×2" in out.read_text("utf-8-sig")
    listed = any_db.run(
        lambda tx: [row["options"] for row in roster(tx, town.calendar, "rooms", DAY)], actor=CLERK
    )
    assert listed == ["プロジェクター×1、マイク×2", None]
    (first,) = [one for one in any_db.read(lambda tx: tx.all(q.RECENT_BOOKINGS, {"limit": 9})) if one.options]
    event = any_db.read(lambda tx: town.calendar.ics(tx, first.id)).decode().replace("\r\n ", "")
    assert "DESCRIPTION:備品: プロジェクター×1、マイク×2" in event


def test_a_list_is_told_row_by_row_what_is_short(any_db, tmp_path):
    town = Town(any_db)
    rows = (
        "1,2026-12-01,9:00,A,2,プロジェクター×1",
        "2,2026-12-01,10:00,B,1,プロジェクター×1",
        "3,2026-12-01,9:00,C,1,太鼓",
        "4,2026-12-02,9:00,A,1,マイク×x",
    )
    tried = files(any_db, town.calendar, tmp_path, *rows, dry_run=True)
    assert [issue.row for issue in tried.issues] == [3, 4, 5]
    assert "すべて予約されています" in tried.issues[0].reason
    assert "太鼓" in tried.issues[1].reason
    assert "マイク×2" in tried.issues[2].remedy


def test_slots_that_were_added_by_code_have_the_stock_from_the_first_booking_on(any_db):
    calendar = Calendar([Programme("rooms", options={SCREEN: Option(1)})])
    start = datetime(2026, 12, 1, tzinfo=UTC)

    def add(name, hours):
        plan = SlotPlan(start + timedelta(hours=hours), start + timedelta(hours=hours + 3), 1, name)
        any_db.run(lambda tx: calendar.add_slots(tx, "rooms", [plan]))
        return next(slot for slot in any_db.read(lambda tx: calendar.slots(tx, "rooms")) if slot.name == name)

    def book(slot):
        return any_db.run(lambda tx: calendar.book(tx, slot.id, slot.name, key=slot.id, options={SCREEN: 1}))

    assert isinstance(book(add("A", 0)), Booking)
    assert said(book(add("B", 1))) == [("GL-2142", 0)]
    assert isinstance(book(add("C", 3)), Booking)
    assert any_db.read(calendar.reconcile) == []
