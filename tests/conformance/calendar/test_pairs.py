"""第1回と第2回 in a rush: for the last second place, whoever loses it has no first one either; looking costs a few statements."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest

from govline.calendar import Calendar, Policy, Programme, Refused, SlotPlan
from govline.calendar.linked import Linked
from govline.calendar.merging import Contact
from govline.calendar.model import Link
from govline.calendar.partners import fitting, why_none
from govline.calendar.terms import Eligibility, Interval, Limit
from govline.core import Actor
from govline.errors import RetryNeeded

START = datetime(2026, 12, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def make(to="dose-2", first=None, second=None, **link):
    rule = Link(to=to, **{"least": 21, "most": 28, **link})
    one = Programme("dose-1", policy=first or Policy(), link=rule)
    return Calendar([one, Programme("dose-2", policy=second or Policy())])


def add(db, calendar, programme, days, *, places=1, name=""):
    plans = [SlotPlan(START + n * DAY, START + n * DAY + timedelta(hours=1), places, name) for n in days]
    db.run(lambda tx: calendar.add_slots(tx, programme, plans))
    return db.read(lambda tx: calendar.slots(tx, programme))


def codes(answer):
    assert isinstance(answer, Refused), answer
    return [reason.code for reason in answer.reasons]


def live(db):
    rows = db.read(
        lambda tx: tx.connection.exec_driver_sql(
            "SELECT citizen, programme, link FROM gl_calendar_booking WHERE ended_at IS NULL"
        ).all()
    )
    return sorted(rows)


def test_for_the_last_second_place_nobody_ends_with_half_a_pair(any_db):
    calendar = make()
    firsts, (second,) = (
        add(any_db, calendar, "dose-1", [0, 1, 2], places=8),
        add(any_db, calendar, "dose-2", [24]),
    )

    def ask(number):
        wanted = [(firsts[number % 3].id, 1), (second.id, 1)]
        for _ in range(20):
            try:
                return any_db.run(
                    lambda tx: calendar.book_linked(tx, wanted, f"c-{number}", key=f"k-{number}")
                )
            except RetryNeeded:
                continue
        raise AssertionError("never answered")

    with ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(ask, range(8)))
    (won,) = [answer for answer in answers if isinstance(answer, Linked)]
    assert {tuple(codes(answer)) for answer in answers if isinstance(answer, Refused)} == {("GL-2103",)}
    winner = won.bookings[0].citizen
    assert [(row[0], row[1]) for row in live(any_db)] == [(winner, "dose-1"), (winner, "dose-2")]
    assert any_db.read(calendar.reconcile) == []


def test_when_both_move_to_the_last_place_each_pair_stays_whole(any_db):
    calendar = make(least=7, most=14)
    firsts = add(any_db, calendar, "dose-1", [0, 1], places=4)
    seconds = add(any_db, calendar, "dose-2", [8, 15], places=4)
    any_db.run(lambda tx: calendar.book(tx, seconds[1].id, None, party=3, key="all but one"))
    pairs = [
        any_db.run(
            lambda tx, n=n: calendar.book_linked(
                tx, [(firsts[0].id, 1), (seconds[0].id, 1)], f"c-{n}", key=f"b-{n}"
            )
        ).bookings
        for n in range(4)
    ]

    def move(number):
        one, two = pairs[number]
        moves = {one.id: firsts[1].id, two.id: seconds[1].id}
        for _ in range(20):
            try:
                return any_db.run(
                    lambda tx: calendar.change_linked(tx, moves, key=f"m-{number}", citizen=f"c-{number}")
                )
            except RetryNeeded:
                continue
        raise AssertionError("never answered")

    with ThreadPoolExecutor(4) as crowd:
        answers = list(crowd.map(move, range(4)))
    assert sum(isinstance(answer, Linked) for answer in answers) == 1
    for number, answer in enumerate(answers):
        now = [any_db.read(lambda tx, b=each: calendar.booking(tx, b.id)).slot for each in pairs[number]]
        wanted = (firsts[1].id, seconds[1].id) if answer else (firsts[0].id, seconds[0].id)
        assert tuple(now) == wanted
    assert any_db.read(calendar.reconcile) == []


def test_a_refused_pair_says_of_both_what_is_gone(any_db):
    calendar = make()
    (first,), (second,) = add(any_db, calendar, "dose-1", [0]), add(any_db, calendar, "dose-2", [21])
    for slot in (first, second):
        any_db.run(lambda tx, s=slot: calendar.book(tx, s.id, None, key=s.id))
    wanted = [(first.id, 1), (second.id, 1)]
    answer = any_db.run(lambda tx: calendar.book_linked(tx, wanted, "c", key="k"))
    assert [(each.code, each.help["slot"]) for each in answer.reasons] == [
        ("GL-2103", first.id),
        ("GL-2103", second.id),
    ]
    again = any_db.run(lambda tx: calendar.book_linked(tx, wanted, "c", key="k"))
    assert again == answer


def test_a_hold_that_ran_out_on_the_second_is_no_obstacle(any_db, clock):
    calendar = make()
    (first,), (second,) = add(any_db, calendar, "dose-1", [0]), add(any_db, calendar, "dose-2", [21])
    any_db.run(lambda tx: calendar.hold(tx, second.id, "slow", key="h"))
    clock.advance(timedelta(minutes=11))
    wanted = [(first.id, 1), (second.id, 1)]
    assert isinstance(any_db.run(lambda tx: calendar.book_linked(tx, wanted, "c", key="k")), Linked)


@pytest.mark.parametrize("behind", [30, 44])
def test_the_first_cannot_move_behind_the_second(any_db, behind):
    """Not even where the days between them would do the other way round."""
    calendar = make()
    firsts, (second,) = add(any_db, calendar, "dose-1", [0, behind]), add(any_db, calendar, "dose-2", [21])
    wanted = [(firsts[0].id, 1), (second.id, 1)]
    one, _ = any_db.run(lambda tx: calendar.book_linked(tx, wanted, "c", key="k")).bookings
    moved = any_db.run(lambda tx: calendar.change(tx, one.id, to=firsts[1].id, key="m", citizen="c"))
    assert codes(moved) == ["GL-2151"]
    wrong = [(firsts[1].id, 1), (second.id, 1)]
    assert codes(any_db.run(lambda tx: calendar.book_linked(tx, wrong, "d", key="d"))) == ["GL-2151"]


# --- what is offered ---


def offered(db, calendar, citizen="c", programme="dose-1"):
    found = db.read(lambda tx: calendar.available(tx, programme, citizen=citizen))
    return [(slot.starts - START).days for slot in found]


def test_a_citizen_is_offered_firsts_that_have_a_second_and_reads_why_of_the_others(any_db):
    calendar = make()
    add(any_db, calendar, "dose-1", range(6))
    add(any_db, calendar, "dose-2", [24])
    assert offered(any_db, calendar) == [0, 1, 2, 3]
    assert offered(any_db, calendar, citizen=None) == [0, 1, 2, 3, 4, 5], "by themselves they are free"
    day = date(2026, 12, 5)
    views = any_db.read(lambda tx: calendar.times(tx, "dose-1", day, day, citizen="c"))
    assert [(view.state, [each.code for each in view.reasons]) for view in views] == [
        ("refused", ["GL-2150"])
    ]
    days = any_db.read(lambda tx: calendar.days(tx, "dose-1", date(2026, 12, 4), day, citizen="c"))
    assert [view.bookable for view in days] == [1, 0]


def test_hundreds_of_firsts_cost_no_more_statements_than_one(any_db):
    calendar = make(same_product=True)
    for name in ("A", "B", "C"):
        add(any_db, calendar, "dose-1", range(60), name=name)
        add(any_db, calendar, "dose-2", range(21, 89), name=name)

    def statements(last):
        asked = []
        wrapped = _Counted(asked)
        any_db.read(
            lambda tx: calendar.times(wrapped.around(tx), "dose-1", date(2026, 12, 1), last, citizen="c")
        )
        return len(asked)

    assert statements(date(2026, 12, 1)) == statements(date(2027, 1, 29)) <= 8


class _Counted:
    """A transaction that counts what it is asked."""

    def __init__(self, asked, tx=None):
        self.asked, self.tx = asked, tx

    def around(self, tx):
        return _Counted(self.asked, tx)

    def all(self, *args):
        self.asked.append(args[0].name)
        return self.tx.all(*args)

    def __getattr__(self, name):
        return getattr(self.tx, name)


@pytest.mark.parametrize(
    ("second", "left"),
    [
        (Policy(interval=Interval(after="dose-1", least=25)), [25, 26]),
        (Policy(limit=1), [23, 24, 25, 26]),
        (Policy(limits=(Limit(most=1, per="month"),)), [23, 24, 25, 26]),
    ],
)
def test_the_second_is_judged_as_if_the_first_were_booked(any_db, second, left):
    calendar = make(second=second)
    (first,) = add(any_db, calendar, "dose-1", [0])
    slots = add(any_db, calendar, "dose-2", range(23, 27))
    found = any_db.read(lambda tx: calendar.fitting(tx, first.id, citizen="c"))
    assert [(slot.starts - START).days for slot in found] == left
    assert offered(any_db, calendar) == [0]
    wanted = [(first.id, 1), (slots[-1].id, 1)]
    assert isinstance(any_db.run(lambda tx: calendar.book_linked(tx, wanted, "c", key="k")), Linked)


def test_one_voucher_is_no_ground_for_two_bookings_of_one_programme(any_db):
    listed = Policy(limit=1)
    calendar = Calendar([Programme("dose-1", policy=listed, link=Link(least=7, most=7))])
    first, _ = add(any_db, calendar, "dose-1", [0, 7])
    assert any_db.read(lambda tx: calendar.fitting(tx, first.id, citizen="c")) == []
    assert len(any_db.read(lambda tx: calendar.fitting(tx, first.id))) == 1


@pytest.mark.parametrize(("day", "least", "most"), [(21, 0, 0), (49, 21, 28), (30, 2, 9)])
def test_beside_a_second_one_that_moves_the_firsts_lie_before_it(any_db, day, least, most):
    calendar = make()
    firsts = add(any_db, calendar, "dose-1", [0, *range(2, 30)])
    (old, new) = (
        add(any_db, calendar, "dose-2", [22, day])[:2]
        if day > 22
        else add(any_db, calendar, "dose-2", [day, 22])[::-1]
    )
    wanted = [(firsts[0].id, 1), (old.id, 1)]
    one, _ = any_db.run(lambda tx: calendar.book_linked(tx, wanted, "c", key="k")).bookings
    desk = calendar.counter.desk
    found = any_db.read(lambda tx: fitting(tx, desk, new, moving=one))
    days = {(slot.starts - START).days for slot in found}
    assert days == {n for n in range(2, 30) if least <= n <= most}


def test_staff_book_a_pair_with_a_reason_past_the_rules_but_never_past_the_days(any_db):
    calendar = make(second=Policy(limit=1))
    (first,), seconds = add(any_db, calendar, "dose-1", [0]), add(any_db, calendar, "dose-2", [2, 21])
    clerk = Actor("staff", "s", "phone")

    def book(second, key):
        wanted = [(first.id, 1), (second.id, 1)]
        return any_db.run(
            lambda tx: calendar.counter.book_linked(
                tx, wanted, contact=Contact("佐藤", "1"), key=key, reason="医師の指示", override=True
            ),
            actor=clerk,
        )

    assert codes(book(seconds[0], "a")) == ["GL-2151"]
    assert isinstance(book(seconds[1], "b"), Linked)


def test_who_is_not_on_the_list_of_the_second_reads_so_when_they_choose_it(any_db):
    calendar = make(second=Policy(eligibility=Eligibility(name="接種券番号")))
    (first,) = add(any_db, calendar, "dose-1", [0])
    add(any_db, calendar, "dose-2", [21])
    assert offered(any_db, calendar) == [0]
    assert any_db.read(lambda tx: calendar.fitting(tx, first.id, citizen="c")) == []
    why = any_db.read(lambda tx: why_none(tx, calendar.counter.desk, first, citizen="c"))
    assert [(reason.code, reason.help["needs"]) for reason in why] == [("GL-2123", "eligibility")]
