"""The eligibility list on both engines: what is proved, what is kept, how guessing ends, what becomes of bookings."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from itertools import count
from threading import Barrier, local

import pytest
from sqlalchemy import text

from govline.calendar import Booking, Calendar, Policy, Programme, Refused, SlotPlan, guessing, merging
from govline.calendar.eligibility import Claimed
from govline.calendar.eligible_dataset import eligible_dataset
from govline.calendar.rush import Wish, take_many
from govline.calendar.terms import Eligibility, Guessing, Interval, Who, Window
from govline.core import Actor
from govline.errors import InputError
from govline.store import Keyring, audit
from govline.tabular import Files

START = datetime(2026, 12, 1, tzinfo=UTC)
RULE = Guessing(most=3, source=1000, lock=timedelta(minutes=30))
LIST = Eligibility("接種券番号", "[0-9]{10}", RULE)
BORN = date(1950, 4, 2)
STAFF = Actor("staff", "s1", "phone")


class Town:
    """A calendar with a list of twenty vouchers, `0000000000` to `0000000019`, born on one day; cohort A and B in turn."""

    def __init__(self, db, tmp_path, policy):
        self.db, self.folder, self.keys = db, tmp_path, count()
        self.programme = Programme("flu", policy=policy)
        self.calendar = Calendar([self.programme])
        plans = [SlotPlan(START + timedelta(days=n), START + timedelta(days=n, hours=1), 9) for n in range(3)]
        db.run(lambda tx: self.calendar.add_slots(tx, "flu", plans))
        self.slots = [slot.id for slot in db.read(lambda tx: self.calendar.slots(tx, "flu"))]
        dataset = eligible_dataset(self.programme, lambda: db.keys, lambda: date(2026, 11, 20))
        self.files = Files(db, [dataset])

    def load(self, rows, **more):
        path = self.folder / "list.csv"
        lines = ["接種券番号,生年月日,区分,前回の日,前回の種類,有効期限", *rows]
        path.write_text("\n".join(lines), "utf-8")
        return self.files.load("eligible-flu", path, **more)

    def fill(self):
        report = self.load([f"{n:010d},1950/4/2,{'AB'[n % 2]},,," for n in range(20)])
        assert report.added == 20
        return self

    def claim(self, number, citizen="c1", born=BORN, key="", **more):
        key = key or f"claim-{next(self.keys)}"
        shown = number if isinstance(number, str) else f"{number:010d}"
        return self.db.run(
            lambda tx: self.calendar.eligibility.claim(tx, "flu", citizen, shown, born, key=key, **more)
        )

    def book(self, slot=0, citizen="c1"):
        key = f"book-{next(self.keys)}"
        return self.db.run(lambda tx: self.calendar.book(tx, self.slots[slot], citizen, key=key))


@pytest.fixture
def town(any_db, tmp_path):
    return Town(any_db, tmp_path, Policy(eligibility=LIST)).fill()


def code(answer):
    assert isinstance(answer, Refused), answer
    return [reason.code for reason in answer.reasons]


# --- claims ---


def test_who_proves_it_may_book_once_until_they_cancel(town):
    assert code(town.book()) == ["GL-2123"]
    claimed = town.claim(0)
    assert isinstance(claimed, Claimed)
    assert (claimed.voucher.cohort, claimed.booking) == ("A", None)
    booking = town.book()
    assert isinstance(booking, Booking)
    assert booking.voucher == claimed.voucher.id
    assert code(town.book(1)) == ["GL-2124"]
    again = town.claim(0)
    assert (again.booking, again.voucher.taken) == (booking.id, True)
    town.db.run(lambda tx: town.calendar.cancel(tx, booking.id, key="cancel", citizen="c1"))
    assert isinstance(town.book(1), Booking)


def test_the_preflight_counts_whoever_still_needs_a_place(town):
    facts = lambda: town.db.read(lambda tx: town.calendar.town_facts(tx, town.programme))  # noqa: E731
    assert (facts().booked, facts().entries) == (0, {(None, None): 20})
    town.claim(0)
    booking = town.book()
    assert (facts().booked, facts().entries) == (1, {(None, None): 19})
    town.db.run(lambda tx: town.calendar.cancel(tx, booking.id, key="cancel", citizen="c1"))
    assert (facts().booked, facts().entries) == (0, {(None, None): 20})


@pytest.mark.parametrize(
    "written",
    [
        "0000000001",
        "０００００００００１",
        "000-0000-001",
        "０００ー００００−００１",
        "000―0000─001",
        " 00000 00001 ",
    ],
)
def test_numbers_as_people_write_them(town, written):
    assert isinstance(town.claim(written), Claimed)


def test_a_wrong_number_and_a_wrong_birth_date_read_the_same(town):
    unknown, other = town.claim("9999999999", "c1"), town.claim(1, "c2", date(1950, 4, 3))
    assert code(unknown) == code(other) == ["GL-2133"]
    assert unknown.text == other.text
    assert unknown.reasons[0].help == other.reasons[0].help
    assert unknown.reasons[0].help["remaining"] == 2


def test_a_number_of_another_shape_is_no_guess(town):
    for _ in range(5):
        assert code(town.claim("123")) == ["GL-2132"]
    assert isinstance(town.claim(1), Claimed)


def test_a_family_books_on_the_vouchers_of_each(town):
    assert isinstance(town.claim(0), Claimed)
    assert isinstance(town.claim(1), Claimed)
    first, second = town.book(0), town.book(1)
    assert {first.voucher, second.voucher} == {town.claim(0).voucher.id, town.claim(1).voucher.id}
    assert code(town.book(2)) == ["GL-2124"]


def test_one_live_booking_a_voucher_whoever_claims_it(town):
    town.claim(0, "c1")
    assert isinstance(town.claim(0, "c2"), Claimed)  # another telephone, the same paper
    assert code(town.book(0, "c1")) == ["GL-2123"]
    assert isinstance(town.book(0, "c2"), Booking)
    assert code(town.claim(0, "c1")) == ["GL-2135"]


def test_a_booking_that_staff_took_by_phone_keeps_its_voucher(town):
    booking = town.db.run(lambda tx: town.calendar.book(tx, town.slots[0], None, key="phone"), actor=STAFF)
    claimed = town.claim(0, None)
    attach = town.calendar.eligibility.attach
    assert town.db.run(lambda tx: attach(tx, booking.id, claimed.voucher.id), actor=STAFF)
    assert not town.db.run(lambda tx: attach(tx, booking.id, claimed.voucher.id), actor=STAFF)
    later = town.claim(0, "c1")
    assert later.booking == booking.id
    assert code(town.book(1)) == ["GL-2124"]


def test_the_same_request_is_counted_once(town):
    for _ in range(9):
        assert code(town.claim("9999999999", key="same")) == ["GL-2133"]
    assert isinstance(town.claim(0, key="good"), Claimed)
    assert town.claim(0, key="good") == town.claim(0, key="good")
    with pytest.raises(InputError) as misused:
        town.claim(1, key="good")
    assert misused.value.code == "GL-2001"
    with pytest.raises(InputError) as keyless:
        town.db.run(lambda tx: town.calendar.eligibility.claim(tx, "flu", "c1", "0000000000", BORN, key=""))
    assert keyless.value.code == "GL-2001"


# --- guessing ---


def test_wrong_entries_lock_the_citizen_for_a_time_and_longer_each_time(town, clock):
    assert [code(town.claim(900 + n)) for n in range(3)] == [["GL-2133"], ["GL-2133"], ["GL-2134"]]
    locked = town.claim(0)
    assert code(locked) == ["GL-2134"]  # right as it is
    assert locked.reasons[0].help["until"] == (clock.now() + RULE.lock).isoformat()
    clock.advance(RULE.lock - timedelta(milliseconds=1))
    assert code(town.claim(0)) == ["GL-2134"]
    clock.advance(timedelta(milliseconds=1))
    assert [code(town.claim(910 + n)) for n in range(3)] == [["GL-2133"], ["GL-2133"], ["GL-2134"]]
    assert town.claim(0).reasons[0].help["until"] == (clock.now() + 2 * RULE.lock).isoformat()
    clock.advance(2 * RULE.lock)
    assert isinstance(town.claim(0), Claimed)


def test_wrong_entries_lock_the_number_for_everybody(town, clock):
    for guesser in ("x", "y", "z"):
        town.claim(0, guesser, date(1999, 9, 9))
    assert code(town.claim(0)) == ["GL-2134"]
    assert isinstance(town.claim(1), Claimed)
    clock.advance(RULE.lock)
    assert isinstance(town.claim(0), Claimed)


def test_a_stranger_does_not_lock_the_owner_out_for_ever(town, clock):
    """A stranger who tries a number again and again is shut out longer each time; the number only as long as the first time."""
    for times in range(6):
        wrong = [code(town.claim(0, "stranger", date(1999, 9, n + 1))) for n in range(RULE.most)]
        assert wrong[-1] == ["GL-2134"]
        assert code(town.claim(0, "owner")) == ["GL-2134"]
        clock.advance(RULE.lock - timedelta(milliseconds=1))
        assert code(town.claim(0, "owner")) == ["GL-2134"]
        clock.advance(timedelta(milliseconds=1))
        if times < 5:  # the owner does not come yet
            clock.advance(min(RULE.lock * 2**times, RULE.longest) - RULE.lock)
    assert isinstance(town.claim(0, "owner"), Claimed)
    assert code(town.claim(0, "stranger")) == ["GL-2134"]


def test_ones_own_voucher_is_no_way_to_more_guesses(town):
    assert isinstance(town.claim(5, "stranger"), Claimed)
    for n in range(RULE.most - 1):
        town.claim(0, "stranger", date(1999, 9, n + 1))
    assert isinstance(town.claim(5, "stranger"), Claimed)
    assert code(town.claim(1, "stranger", date(1999, 9, 1))) == ["GL-2134"]


def test_a_first_voucher_of_ones_own_forgets_what_was_mistyped_before(town):
    for _ in range(3):  # a parent with three children, two slips of the pen each
        child = next(town.keys) % 20
        for n in range(RULE.most - 1):
            assert code(town.claim(child, "parent", date(2001, 1, n + 1))) == ["GL-2133"]
        assert isinstance(town.claim(child, "parent"), Claimed)


def test_wrong_entries_lock_a_whole_channel(any_db, tmp_path, clock):
    rule = Guessing(most=50, source=4, source_within=timedelta(minutes=5))
    town = Town(any_db, tmp_path, Policy(eligibility=Eligibility("番号", "[0-9]{10}", rule))).fill()
    for n in range(4):
        town.claim(900 + n, f"x{n}", source="web")
    assert code(town.claim(0, source="web")) == ["GL-2134"]
    assert isinstance(town.claim(0, source="phone"), Claimed)
    clock.advance(timedelta(minutes=5))
    assert isinstance(town.claim(1, source="web"), Claimed)


def test_staff_who_type_for_many_callers_are_not_locked_and_numbers_are(town):
    def by_phone(number, born=BORN):
        key, lists = f"claim-{next(town.keys)}", town.calendar.eligibility
        return town.db.run(
            lambda tx: lists.claim(tx, "flu", None, f"{number:010d}", born, key=key), actor=STAFF
        )

    for n in range(8):
        assert code(by_phone(900 + n)) == ["GL-2133"]
    assert isinstance(by_phone(0), Claimed)
    for n in range(3):
        by_phone(1, date(1999, 9, n + 1))
    assert code(by_phone(1)) == ["GL-2134"]


def test_entries_far_apart_do_not_add_up(town, clock):
    for n in range(8):
        assert code(town.claim(900 + n)) == ["GL-2133"]
        clock.advance(RULE.within / 2)
    assert isinstance(town.claim(0), Claimed)


def test_locks_are_audited_counted_and_released_by_staff_with_a_reason(town):
    for n in range(3):
        town.claim(0, "c1", date(1999, 9, n + 1))
    lists = town.calendar.eligibility
    assert town.db.read(lambda tx: lists.state(tx, "flu")).locks == {"citizen": 1, "number": 1}
    release = lists.release
    with pytest.raises(InputError) as bare:
        town.db.run(lambda tx: release(tx, "flu", reason=" ", citizen="c1"), actor=STAFF)
    assert bare.value.code == "GL-2007"
    asked = {"reason": "本人確認書類を窓口で確認", "number": "0000000000", "citizen": "c1"}
    assert town.db.run(lambda tx: release(tx, "flu", **asked), actor=STAFF) == 2
    assert town.db.read(lambda tx: lists.state(tx, "flu")).locks == {}
    assert isinstance(town.claim(0), Claimed)
    entries = town.db.read(lambda tx: audit.list(tx))
    acts = [entry.action for entry in entries]
    assert acts.count("calendar.eligibility.locked") == 2
    assert acts.count("calendar.eligibility.released") == 1
    assert "0000000000" not in repr(entries)


GUESSERS = 12


def guess_at_once(town):
    """Twelve threads guess at one number, each as another citizen; how many guesses were judged."""
    days = [BORN + timedelta(days=n + 1) for n in range(GUESSERS)]
    with ThreadPoolExecutor(GUESSERS) as pool:
        answers = list(pool.map(lambda n: code(town.claim(0, f"x{n}", days[n])), range(GUESSERS)))
    return answers.count(["GL-2133"])


def test_the_limit_holds_against_threads(town):
    assert guess_at_once(town) == RULE.most - 1
    assert code(town.claim(0)) == ["GL-2134"]


def test_without_the_queue_the_limit_would_not_hold(postgres_db, tmp_path, monkeypatch):
    """The proof that the test above sees the race; SQLite has one writer anyway."""
    town = Town(postgres_db, tmp_path, Policy(eligibility=LIST)).fill()
    assert code(town.claim(0, "first", date(1999, 9, 9))) == ["GL-2133"]  # so that every meter's row is there
    together, calls, real = Barrier(GUESSERS, timeout=20), local(), guessing.after_wrong

    def unguarded(tx, meter):
        return tx.one(guessing.q.GUESSES, meter.key) or guessing.q.GuessRow(0, tx.now, None, 0)

    def after_all_have_looked(row, now, rule):
        calls.number = getattr(calls, "number", 0) + 1
        if calls.number == 2:  # the citizen's meter, then the number's
            together.wait()
        return real(row, now, rule)

    monkeypatch.setattr(guessing, "queue", unguarded)
    monkeypatch.setattr(guessing, "after_wrong", after_all_have_looked)
    assert guess_at_once(town) > RULE.most - 1


# --- what is kept ---


def test_neither_numbers_nor_birth_dates_are_kept_anywhere(town):
    town.claim(3, born=date(1951, 7, 9))
    tables = town.db.read(
        lambda tx: [
            tx.connection.execute(text(f"SELECT * FROM {name}")).all()
            for name in (
                "gl_calendar_eligible",
                "gl_calendar_guess",
                "gl_calendar_request",
                "gl_import_change",
                "gl_import",
                "gl_audit",
            )
        ]
    )
    shown = repr(tables)
    for secret in ("0000000003", "1950-04-02", "1950/4/2", "1951-07-09"):
        assert secret not in shown


def test_a_file_names_its_wrong_rows_without_showing_them(town):
    report = town.load(
        [
            "12345,1950/4/2,A,,,",
            "0000000055,2030/4/2,A,,,",
            "0000000056,昭和25年4月2日,A,2026/11/1,武田,2027/3/31",
        ]
    )
    assert [(issue.row, issue.column) for issue in report.issues] == [(2, "接種券番号"), (3, "生年月日")]
    assert not any(issue.value for issue in report.issues)
    taken = town.load(["0000000056,昭和25年4月2日,A,2026/11/1,武田,2027/3/31"])
    assert taken.added == 1
    voucher = town.claim(56).voucher
    assert (voucher.earlier, voucher.product, voucher.until) == (date(2026, 11, 1), "武田", date(2027, 3, 31))


def test_birth_dates_from_a_long_life_to_this_morning(town):
    born = ["2026-11-20", "1896-01-01", "2026-11-21", "1895-12-31"]  # today is 20 November 2026
    report = town.load([f"{n + 50:010d},{day},,,," for n, day in enumerate(born)])
    assert [issue.row for issue in report.issues] == [4, 5]


def test_the_list_again_keeps_claims_and_bookings(town):
    claimed, other = town.claim(0), town.claim(1, "c2")
    booking = town.book()
    report = town.load([f"{n:010d},1950/4/2,C,,," for n in range(20)])
    assert (report.added, report.changed) == (0, 20)
    again = town.claim(0)
    assert (again.voucher.id, again.voucher.cohort, again.booking) == (claimed.voucher.id, "C", booking.id)
    assert town.files.undo("eligible-flu").rows == 20
    assert town.claim(1, "c2").voucher.cohort == other.voucher.cohort == "B"
    state = town.db.read(lambda tx: town.calendar.eligibility.state(tx, "flu"))
    assert state.cohorts == {"A": (10, 1, 1), "B": (10, 1, 0)}
    assert state.rows == 20


def test_a_row_that_is_taken_back_can_be_claimed_no_more(town):
    assert town.load(["0000000077,1950/4/2,A,,,"]).added == 1
    booking = town.claim(77, "c7") and town.book(0, "c7")
    town.files.undo("eligible-flu")
    assert code(town.claim(77, "c8")) == ["GL-2133"]
    assert town.db.read(lambda tx: town.calendar.booking(tx, booking.id)).state == "confirmed"
    assert town.load(["0000000077,1950/4/2,A,,,"]).added == 1
    assert town.claim(77, "c7").booking == booking.id


def test_an_export_is_read_back_without_a_change(town, tmp_path):
    path = tmp_path / "out.csv"
    town.files.export("eligible-flu", path)
    assert "0000000001" not in path.read_text("utf-8-sig")
    report = town.files.load("eligible-flu", path)
    assert (report.added, report.changed, report.unchanged) == (0, 0, 20)


def test_a_new_key_finds_rows_of_the_old_one_and_the_list_moves_to_it(town):
    old = town.db.keys
    pairs = [("k2", b"2" * 32), *[tuple_of(part) for part in old.to_text().split(",")]]
    town.db.keys = Keyring(pairs)
    try:
        assert isinstance(town.claim(4), Claimed)
        report = town.load([f"{n:010d},1950/4/2,{'AB'[n % 2]},,," for n in range(20)])
        assert (report.added, report.changed) == (0, 20)
        town.db.keys = Keyring(pairs[:1])
        assert isinstance(town.claim(5, "c5"), Claimed)
    finally:
        town.db.keys = old


def tuple_of(part):
    import base64

    name, _, encoded = part.partition(":")
    return name, base64.urlsafe_b64decode(encoded)


def test_an_erased_citizen_leaves_the_list_and_may_claim_anew(town):
    town.claim(0)
    booking = town.book()
    town.claim(900)
    town.db.run(lambda tx: town.calendar.erase(tx, "c1"))
    assert town.db.read(lambda tx: town.calendar.booking(tx, booking.id)).state == "cancelled"
    rows = town.db.read(
        lambda tx: tx.connection.execute(text("SELECT citizen FROM gl_calendar_eligible")).scalars().all()
    )
    assert set(rows) == {None}
    assert town.claim(0, "c2").booking is None


# --- bookings ---


@pytest.mark.parametrize("door", ["desk", "rush"])
def test_holds_that_ran_out_free_the_voucher_in_every_slot(town, clock, door):
    town.claim(0)
    held = town.db.run(lambda tx: town.calendar.hold(tx, town.slots[0], "c1", key="h"))
    assert code(town.book(1)) == ["GL-2124"]
    clock.advance(timedelta(minutes=11))
    if door == "rush":
        assert isinstance(town.calendar.book_on(town.db, town.slots[1], "c1", key="r"), Booking)
    else:
        assert isinstance(town.book(1), Booking)
    assert town.db.read(lambda tx: town.calendar.booking(tx, held.id)).state == "expired"
    assert town.db.read(town.calendar.reconcile) == []


def test_a_change_keeps_the_voucher(town):
    town.claim(0)
    booking = town.book()
    moved = town.db.run(
        lambda tx: town.calendar.change(tx, booking.id, to=town.slots[1], key="m", citizen="c1")
    )
    assert (moved.slot, moved.voucher) == (town.slots[1], booking.voucher)
    assert code(town.book(2)) == ["GL-2124"]


def test_the_rush_judges_vouchers_as_the_desk_does(town):
    for n, who in enumerate("abc"):
        town.claim(n, who)
    wishes = [Wish("book", town.slots[slot], who, 1, f"r{slot}{who}") for slot in (0, 1) for who in "abcd"]
    answers = town.db.run(lambda tx: take_many(tx, town.calendar._desk, wishes))
    assert [isinstance(answer, Booking) for answer in answers] == [True] * 3 + [False] * 5
    assert [code(answer) for answer in answers[3:]] == [
        ["GL-2123"],
        ["GL-2124"],
        ["GL-2124"],
        ["GL-2124"],
        ["GL-2123"],
    ]
    assert code(town.book(2, "a")) == ["GL-2124"]


def test_a_cohort_opens_at_its_own_instant_and_the_list_gives_the_first_date(any_db, tmp_path, clock):
    windows = [
        Window("第1回発送", Who(cohorts={"A"}), opens=clock.now()),
        Window("第2回発送", Who(cohorts={"B"}), opens=clock.now() + timedelta(days=1)),
    ]
    policy = Policy(eligibility=LIST, windows=windows, interval=Interval("", 21, required=False))
    town = Town(any_db, tmp_path, policy)
    town.load(["0000000000,1950/4/2,A,,,", "0000000001,1950/4/2,B,2026/11/10,,"])
    assert isinstance(town.claim(0, "a"), Claimed)
    assert isinstance(town.claim(1, "b"), Claimed)
    assert isinstance(town.book(0, "a"), Booking)
    assert code(town.book(0, "b")) == ["GL-2104"]
    clock.advance(timedelta(days=1))
    assert isinstance(town.book(0, "b"), Booking)
    listed = town.db.read(lambda tx: town.calendar.available(tx, "flu", citizen="nobody"))
    assert listed == []


def test_a_voucher_that_staff_claimed_on_the_telephone_goes_with_who_joins_line(town):
    """They can cancel and book again: the number on paper is theirs, and not a contact's that is nobody."""
    sato = merging.Contact("佐藤", "090-1234-5678")
    contact = town.db.run(lambda tx: merging.add_contact(tx, sato), actor=STAFF)
    town.claim(0, contact)
    counter = town.calendar.counter
    booking = town.db.run(lambda tx: counter.book(tx, town.slots[0], contact=sato, key="p"), actor=STAFF)
    code = town.db.run(lambda tx: counter.merge_code(tx, booking.id), actor=STAFF)
    town.db.run(lambda tx: town.calendar.merge(tx, code.text, "c1", key="join"))
    assert town.db.run(lambda tx: town.calendar.cancel(tx, booking.id, citizen="c1", key="x"))
    assert isinstance(town.book(1), Booking)


def test_no_mandate_makes_two_bookings_of_one_voucher(town):
    town.claim(0)
    assert isinstance(town.book(0), Booking)
    second = town.db.run(
        lambda tx: town.calendar.counter.book(
            tx, town.slots[1], citizen="c1", key="2", reason="特例", override=True
        ),
        actor=STAFF,
    )
    assert "GL-2124" in code(second)
