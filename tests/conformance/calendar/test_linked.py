"""第1回と第2回: both or none, days apart, one product, moved and cancelled by the programme's link."""

from datetime import UTC, datetime, timedelta

import pytest

from govline.calendar import Booking, Calendar, Policy, Programme, Refused, SlotPlan
from govline.calendar.linked import Linked
from govline.calendar.merging import Contact
from govline.calendar.model import BookingState, Link
from govline.core import Actor
from govline.errors import InputError

START = datetime(2026, 12, 1, 1, tzinfo=UTC)
CLERK = Actor("staff", "s-1", "counter")


def make(on_cancel="both", **policy):
    link = Link(to="dose-2", least=21, most=28, same_product=True, on_cancel=on_cancel)
    products = {"A社": ("A",), "B社": ("B",)}
    return Calendar(
        [
            Programme("dose-1", policy=Policy(products=products, **policy), link=link),
            Programme("dose-2", policy=Policy(products=products)),
        ]
    )


def add(db, calendar, programme, days, name="A"):
    plans = [SlotPlan(START + timedelta(days=n), START + timedelta(days=n, hours=1), 1, name) for n in days]
    db.run(lambda tx: calendar.add_slots(tx, programme, plans))
    found = db.read(lambda tx: calendar.slots(tx, programme))
    return {((slot.starts - START).days, slot.name): slot.id for slot in found}


def pair(db, calendar, slots, who="c-1", key="k"):
    return db.run(lambda tx: calendar.book_linked(tx, [(slot, 1) for slot in slots], who, key=key))


def codes(answer):
    assert isinstance(answer, Refused), answer
    return [reason.code for reason in answer.reasons]


@pytest.fixture
def doses(any_db):
    calendar = make()
    first = add(any_db, calendar, "dose-1", [0, 3])
    second = add(any_db, calendar, "dose-2", [20, 21, 25, 28, 29])
    second |= add(any_db, calendar, "dose-2", [24], "B")
    return calendar, first, second


def test_both_or_none(any_db, doses):
    calendar, first, second = doses
    linked = pair(any_db, calendar, [first[0, "A"], second[21, "A"]])
    assert isinstance(linked, Linked)
    assert {each.link for each in linked.bookings} == {linked.bookings[0].id}
    assert pair(any_db, calendar, [first[0, "A"], second[21, "A"]]) == linked
    other = pair(any_db, calendar, [first[3, "A"], second[25, "A"]], who="c-1", key="k2")
    assert isinstance(other, Linked)
    other = pair(any_db, calendar, [first[0, "A"], second[28, "A"]], who="c-2", key="k3")
    assert codes(other) == ["GL-2103"]
    assert any_db.read(lambda tx: calendar.bookings(tx, "c-2")) == []
    assert any_db.read(calendar.reconcile) == []


def test_nothing_remains_of_a_pair_that_did_not_fit(any_db, doses):
    calendar, first, second = doses
    any_db.run(lambda tx: calendar.book(tx, second[21, "A"], "x", key="x"))
    assert codes(pair(any_db, calendar, [first[0, "A"], second[21, "A"]])) == ["GL-2103"]
    assert any_db.read(lambda tx: calendar.slot(tx, first[0, "A"])).booked == 0
    assert any_db.read(lambda tx: calendar.bookings(tx, "c-1")) == []
    rows = any_db.read(
        lambda tx: tx.connection.exec_driver_sql("SELECT count(*) FROM gl_calendar_booking").scalar()
    )
    assert rows == 1
    assert isinstance(any_db.run(lambda tx: calendar.book(tx, first[0, "A"], "y", key="y")), Booking)


@pytest.mark.parametrize(
    ("day", "name", "reasons"),
    [
        (20, "A", ["GL-2151"]),
        (21, "A", None),
        (28, "A", None),
        (29, "A", ["GL-2152"]),
        (24, "B", ["GL-2153"]),
    ],
)
def test_only_what_fits_is_offered_and_taken(any_db, doses, day, name, reasons):
    calendar, first, second = doses
    offered = {slot.id for slot in any_db.read(lambda tx: calendar.fitting(tx, first[0, "A"]))}
    assert (second[day, name] in offered) == (reasons is None)
    answer = pair(any_db, calendar, [second[day, name], first[0, "A"]])
    assert isinstance(answer, Linked) if reasons is None else codes(answer) == reasons


def test_slots_that_have_no_link_are_not_booked_together(any_db, doses):
    calendar, first, second = doses
    assert codes(pair(any_db, calendar, [second[21, "A"], second[28, "A"]])) == ["GL-2150"]
    assert codes(pair(any_db, calendar, [first[0, "A"], "nowhere"], key="k2")) == ["GL-2101"]
    assert codes(pair(any_db, calendar, [], key="k3")) == ["GL-2101"]


def test_a_change_keeps_the_days_apart_or_moves_both(any_db, doses):
    calendar, first, second = doses
    one, two = pair(any_db, calendar, [first[0, "A"], second[21, "A"]]).bookings
    alone = any_db.run(lambda tx: calendar.change(tx, one.id, to=first[3, "A"], key="a", citizen="c-1"))
    assert codes(alone) == ["GL-2151"]
    fits = any_db.run(lambda tx: calendar.change(tx, two.id, to=second[25, "A"], key="b", citizen="c-1"))
    assert isinstance(fits, Booking)
    both = {one.id: first[3, "A"], two.id: second[28, "A"]}
    moved = any_db.run(lambda tx: calendar.change_linked(tx, both, key="c", citizen="c-1"))
    assert [each.slot for each in moved.bookings] == [first[3, "A"], second[28, "A"]]
    assert any_db.run(lambda tx: calendar.change_linked(tx, both, key="c", citizen="c-1")) == moved
    foreign = any_db.run(lambda tx: calendar.change_linked(tx, both, key="d", citizen="c-9"))
    assert codes(foreign) == ["GL-2112"]
    assert any_db.read(calendar.reconcile) == []


def test_a_double_move_that_fails_leaves_both_where_they_were(any_db, doses):
    calendar, first, second = doses
    one, two = pair(any_db, calendar, [first[0, "A"], second[21, "A"]]).bookings
    any_db.run(lambda tx: calendar.book(tx, second[28, "A"], "x", key="x"))
    wanted = {one.id: first[3, "A"], two.id: second[28, "A"]}
    answer = any_db.run(lambda tx: calendar.change_linked(tx, wanted, key="a", citizen="c-1"))
    assert codes(answer) == ["GL-2103"]
    now = [any_db.read(lambda tx, b=each: calendar.booking(tx, b.id)).slot for each in (one, two)]
    assert now == [first[0, "A"], second[21, "A"]]
    assert len(any_db.read(lambda tx: calendar.history(tx, one.id))) == 1
    assert any_db.read(calendar.reconcile) == []


@pytest.mark.parametrize(
    ("on_cancel", "left"), [("both", BookingState.CANCELLED), ("ask", BookingState.CONFIRMED)]
)
def test_what_a_cancellation_does_to_the_other(any_db, on_cancel, left):
    calendar = make(on_cancel)
    first, second = add(any_db, calendar, "dose-1", [0]), add(any_db, calendar, "dose-2", [21])
    one, two = pair(any_db, calendar, [first[0, "A"], second[21, "A"]]).bookings
    any_db.run(lambda tx: calendar.cancel(tx, one.id, key="a", citizen="c-1"))
    assert any_db.read(lambda tx: calendar.booking(tx, two.id)).state is left
    assert any_db.read(calendar.reconcile) == []


def test_staff_link_for_somebody_without_line(any_db, doses):
    calendar, first, second = doses
    wanted = [(first[0, "A"], 1), (second[21, "A"], 1)]
    linked = any_db.run(
        lambda tx: calendar.counter.book_linked(tx, wanted, contact=Contact("佐藤", "1"), key="k"),
        actor=CLERK,
    )
    assert all(each.contact for each in linked.bookings)
    assert len({each.citizen for each in linked.bookings}) == 1


def test_staff_who_ask_again_get_the_first_answer_even_for_somebody_anonymous(any_db, doses):
    calendar, first, second = doses

    def ask(slot=21, **more):
        wanted = [(first[0, "A"], 1), (second[slot, "A"], 1)]
        return any_db.run(
            lambda tx: calendar.counter.book_linked(tx, wanted, key="again", **more), actor=CLERK
        )

    linked = ask(contact=Contact())
    assert isinstance(linked, Linked)
    assert ask(contact=Contact()) == linked
    with pytest.raises(InputError, match="GL-2001"):
        ask(contact=Contact("佐藤"))
    with pytest.raises(InputError, match="GL-2001"):
        ask(slot=25, contact=Contact())
    rows = any_db.read(
        lambda tx: tx.connection.exec_driver_sql("SELECT count(*) FROM gl_calendar_contact").scalar()
    )
    assert rows == 1, "no person more for each replay"
    assert any_db.read(calendar.reconcile) == []


def test_a_refusal_of_the_policy_is_the_first_answer_too(any_db, doses):
    calendar, first, second = doses
    wanted = [(first[0, "A"], 1), (second[21, "A"], 1)]
    citizen = Actor("citizen", "c-1", "line")
    ask = lambda tx: calendar.counter.book_linked(tx, wanted, key="k", citizen="c-1")  # noqa: E731
    assert codes(any_db.run(ask, actor=citizen)) == ["GL-2161"]
    with pytest.raises(InputError, match="GL-2003"):
        any_db.run(lambda tx: calendar.counter.book(tx, first[0, "A"], party=0, key="p"), actor=CLERK)


def test_the_first_in_time_leads_a_link_whichever_was_named_first(any_db, doses):
    calendar, first, second = doses
    linked = pair(any_db, calendar, [second[21, "A"], first[0, "A"]])
    assert [each.programme for each in linked.bookings] == ["dose-1", "dose-2"]
    assert {each.link for each in linked.bookings} == {linked.bookings[0].id}


def test_a_pair_that_staff_book_says_who_did_so_and_why(any_db, doses):
    calendar, first, second = doses
    wanted = [(first[0, "A"], 1), (second[21, "A"], 1)]
    ask = lambda tx: calendar.counter.book_linked(tx, wanted, contact=Contact(), key="k", reason="電話")  # noqa: E731
    for booking in any_db.run(ask, actor=CLERK).bookings:
        (step,) = any_db.read(lambda tx, b=booking: calendar.history(tx, b.id))
        assert (step.what, step.actor, step.reason) == ("made", "s-1", "電話")


def moves_of(db, calendar, moves, key="m"):
    return db.run(lambda tx: calendar.change_linked(tx, moves, key=key, citizen="c-1"))


def test_both_do_not_move_to_days_that_do_not_go_together(any_db, doses):
    calendar, first, second = doses
    one, two = pair(any_db, calendar, [first[0, "A"], second[21, "A"]]).bookings
    near = moves_of(any_db, calendar, {one.id: first[3, "A"], two.id: second[20, "A"]})
    assert codes(near) == ["GL-2151"]
    assert codes(moves_of(any_db, calendar, {one.id: first[3, "A"], two.id: "nowhere"}, "n")) == ["GL-2101"]
    assert codes(moves_of(any_db, calendar, {one.id: first[3, "A"]}, "o")) == ["GL-2151"], "the other stays"
    assert [each.slot for each in any_db.read(lambda tx: calendar.bookings(tx, "c-1"))] == [
        one.slot,
        two.slot,
    ]


def test_only_what_is_linked_moves_together(any_db, doses):
    calendar, first, second = doses
    one, _ = pair(any_db, calendar, [first[0, "A"], second[21, "A"]]).bookings
    alone = any_db.run(lambda tx: calendar.book(tx, second[20, "A"], "c-1", key="alone"))
    other = any_db.run(lambda tx: calendar.book(tx, second[28, "A"], "c-1", key="other"))
    mixed = moves_of(any_db, calendar, {one.id: first[3, "A"], alone.id: second[29, "A"]})
    assert codes(mixed) == ["GL-2150"]
    unlinked = {alone.id: second[29, "A"], other.id: second[25, "A"]}
    assert codes(moves_of(any_db, calendar, unlinked, "u")) == ["GL-2150"]
    assert codes(moves_of(any_db, calendar, {}, "e")) == ["GL-2112"]


def test_who_has_cancelled_the_second_one_moves_the_first_as_they_like(any_db):
    calendar = make("ask")
    first, second = add(any_db, calendar, "dose-1", [0, 30]), add(any_db, calendar, "dose-2", [21])
    one, two = pair(any_db, calendar, [first[0, "A"], second[21, "A"]]).bookings
    any_db.run(lambda tx: calendar.cancel(tx, two.id, key="x", citizen="c-1"))
    moved = moves_of(any_db, calendar, {one.id: first[30, "A"]})
    assert [each.slot for each in moved.bookings] == [first[30, "A"]]


def test_staff_move_a_pair_with_a_reason_or_read_why_not(any_db, doses):
    calendar, first, second = doses
    one, two = pair(any_db, calendar, [first[0, "A"], second[21, "A"]]).bookings
    alone = any_db.run(lambda tx: calendar.book(tx, second[20, "A"], "c-2", key="alone"))
    to = (second[28, "A"], first[3, "A"])

    def move(booking, key):
        return any_db.run(
            lambda tx: calendar.counter.change_pair(tx, booking, to, key=key, reason="会場の都合"),
            actor=CLERK,
        )

    assert codes(move("nobody's", "a")) == ["GL-2112"]
    assert codes(move(alone.id, "b")) == ["GL-2150"]
    assert [each.slot for each in move(two.id, "c").bookings] == [first[3, "A"], second[28, "A"]]
    for booking in (one, two):
        last = any_db.read(lambda tx, b=booking: calendar.history(tx, b.id))[-1]
        assert (last.what, last.actor, last.reason) == ("changed", "s-1", "会場の都合")


def test_of_three_that_go_back_none_stands_in_the_way_of_another(any_db):
    calendar = Calendar([Programme("course", link=Link(least=7))])
    slots = add(any_db, calendar, "course", [0, 7, 14, 21, 28])
    one, two, three = pair(any_db, calendar, [slots[n, "A"] for n in (0, 7, 14)]).bookings
    any_db.run(lambda tx: calendar.book(tx, slots[28, "A"], "x", key="x"))
    moves = {one.id: slots[21, "A"], two.id: slots[0, "A"], three.id: slots[28, "A"]}
    assert codes(moves_of(any_db, calendar, moves)) == ["GL-2103"]
    now = any_db.read(lambda tx: calendar.bookings(tx, "c-1"))
    assert sorted((each.id, each.slot) for each in now) == sorted(
        (each.id, each.slot) for each in (one, two, three)
    )
    assert any_db.read(calendar.reconcile) == []
