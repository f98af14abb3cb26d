"""What becomes of the second dose, and who hears of it, on both engines; many who guess codes lock their channel."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from govline.calendar import Calendar, Policy, Programme, SlotPlan
from govline.calendar.merging import Contact
from govline.calendar.model import BookingState, CutOff, Link
from govline.core import Actor, Input, TalkContext
from govline.store import languages

START = datetime(2026, 12, 1, 1, tzinfo=UTC)
CLERK = Actor("staff", "s-1", "counter")
WEB = Actor("citizen", "c", "web")


@pytest.fixture
def calendar():
    first = Programme("dose-1", label="接種1回目", link=Link(to="dose-2", least=21, on_cancel="ask"))
    second = Programme("dose-2", label="接種2回目", policy=Policy(cancel=CutOff(days=3)))
    return Calendar([first, second])


@pytest.fixture
def pair(any_db, calendar):
    for programme, days in (("dose-1", 0), ("dose-2", 28)):
        plans = [SlotPlan(START + timedelta(days=days), START + timedelta(days=days, hours=1), 5)]
        any_db.run(lambda tx, name=programme, new=plans: calendar.add_slots(tx, name, new))
    slots = [any_db.read(lambda tx, n=n: calendar.slots(tx, n))[0].id for n in ("dose-1", "dose-2")]
    made = any_db.run(lambda tx: calendar.book_linked(tx, [(each, 1) for each in slots], "c-1", key="k"))
    return made.bookings


def pushed(db):
    sql = "SELECT payload FROM gl_outbox WHERE topic = 'line.push' ORDER BY id"
    rows = db.read(lambda tx: tx.connection.exec_driver_sql(sql).all())
    return [json.loads(row[0]) for row in rows]


def tap(db, calendar, data, key="t1", citizen="c-1"):
    context = TalkContext(citizen=citizen, now=db.clock.now(), key=key)
    said = Input("postback", data=data)
    told = db.run(lambda tx: calendar.left_over.respond(tx, context, said))
    return [message.text for message in told]


def state(db, calendar, booking):
    return db.read(lambda tx: calendar.booking(tx, booking.id)).state


def buttons(message):
    return [action["data"] for action in message["template"]["actions"]]


def test_staff_cancel_and_a_message_asks_in_the_citizen_s_language(any_db, calendar, pair):
    any_db.run(lambda tx: languages.choose(tx, "c-1", "en"))
    any_db.run(lambda tx: calendar.counter.cancel(tx, pair[0].id, key="x"), actor=CLERK)
    (push,) = pushed(any_db)
    gone, asked = push["messages"]
    assert gone["text"].startswith("[Booking] This booking has been cancelled:\n接種1回目 Tue 1 Dec 10:00")
    assert "Cancel it as well? Without an answer it stays." in asked["template"]["text"]
    cancel, keep = buttons(asked)
    assert tap(any_db, calendar, keep)[0].startswith("次の予約は、そのまま残っています。")
    assert state(any_db, calendar, pair[1]) is BookingState.CONFIRMED
    first, again = tap(any_db, calendar, cancel, "t2"), tap(any_db, calendar, cancel, "t2")
    assert first[0].startswith("取り消しました。\n接種2回目")
    assert again == ["つながっている予約は、もうありません。予約の一覧をご確認ください。"]
    assert state(any_db, calendar, pair[1]) is BookingState.CANCELLED
    assert any_db.read(calendar.reconcile) == []


def test_whoever_asks_themselves_sends_no_message(any_db, calendar, pair):
    any_db.run(lambda tx: calendar.cancel(tx, pair[0].id, key="x", citizen="c-1", asked=True))
    assert pushed(any_db) == []
    assert any_db.read(lambda tx: calendar.left_over.rest(tx, pair[0])) == [pair[1]]


def test_a_cancellation_by_another_system_asks_once(any_db, calendar, pair):
    for _ in range(2):
        any_db.run(lambda tx: calendar.cancel(tx, pair[0].id, key="x", citizen="c-1"))
    (push,) = pushed(any_db)
    cancel, _ = buttons(push["messages"][1])
    any_db.clock.advance(pair[1].starts - any_db.clock.now())
    assert "取消の締切(12月27日(日) 0:00)を過ぎています。" in tap(any_db, calendar, cancel)[0]
    assert state(any_db, calendar, pair[1]) is BookingState.CONFIRMED


def test_nobody_answers_for_somebody_else(any_db, calendar, pair):
    any_db.run(lambda tx: calendar.cancel(tx, pair[0].id, key="x", citizen="c-1"))
    (push,) = pushed(any_db)
    cancel, _ = buttons(push["messages"][1])
    assert tap(any_db, calendar, cancel, citizen="c-2")[0].startswith("つながっている予約は、もうありません")
    assert state(any_db, calendar, pair[1]) is BookingState.CONFIRMED


def test_bookings_of_somebody_without_line_ask_nobody(any_db, calendar, pair):
    slots = [each.slot for each in pair]
    made = any_db.run(
        lambda tx: calendar.counter.book_linked(
            tx, [(each, 1) for each in slots], contact=Contact("港", "03"), key="p"
        ),
        actor=CLERK,
    )
    any_db.run(lambda tx: calendar.counter.cancel(tx, made.bookings[0].id, key="x"), actor=CLERK)
    assert pushed(any_db) == []


def test_many_who_guess_codes_lock_their_channel_and_no_other(any_db, calendar, pair):
    booked = any_db.run(
        lambda tx: calendar.counter.book(tx, pair[0].slot, contact=Contact("港", "03"), key="p"),
        actor=CLERK,
    )
    code = any_db.run(lambda tx: calendar.counter.merge_code(tx, booked.id), actor=CLERK)

    def guess(who, text, key, actor=WEB):
        return any_db.run(lambda tx: calendar.merge(tx, text, who, key=key), actor=actor)

    def crowd(tx):
        for number in range(1000):
            calendar.merge(tx, "ABCDE12345", f"guesser-{number}", key=f"g{number}")

    any_db.run(crowd, actor=WEB)
    locked = guess("owner", code.text, "o1")
    assert [reason.code for reason in locked.reasons] == ["GL-2155"]
    by_chat = Actor("citizen", "owner", "line")
    assert [each.id for each in guess("owner", code.text, "o2", by_chat).moved] == [booked.id]


def test_at_night_the_message_waits(any_db, pair):
    from datetime import time

    from govline.store.policies import QuietHours

    quiet = QuietHours(time(21), time(6))
    any_db.clock.advance(datetime(2026, 11, 25, 14, tzinfo=UTC) - any_db.clock.now())  # 23:00 in Japan
    first = Programme("dose-1", label="接種1回目", link=Link(to="dose-2", least=21, on_cancel="ask"))
    night = Calendar([first, Programme("dose-2", label="接種2回目")], quiet=quiet)
    any_db.run(lambda tx: night.cancel(tx, pair[0].id, key="x", citizen="c-1"))
    due = any_db.read(
        lambda tx: tx.connection.exec_driver_sql(
            "SELECT due FROM gl_outbox WHERE topic = 'line.push'"
        ).scalar_one()
    )
    assert datetime.fromtimestamp(due / 1_000_000, UTC) == datetime(2026, 11, 25, 21, tzinfo=UTC)
