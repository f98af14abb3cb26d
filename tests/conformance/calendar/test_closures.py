"""One afternoon closes: only its people are told, each once, and come first elsewhere; the counters equal the rows after every step."""

import json
from datetime import UTC, datetime, time, timedelta

import pytest

from govline.calendar import Booking, Calendar, Policy, Programme, Refused, SlotPlan
from govline.calendar import closures as closures_module
from govline.calendar.closures import Closure, go_on, step
from govline.calendar.merging import Contact
from govline.calendar.model import BookingState, PoolRule, Reminder
from govline.core import Actor, Dead, Done, Input, TalkContext, Unknown, citizen_actor
from govline.delivery import ledger
from govline.delivery import run as delivery_run
from govline.errors import InputError
from govline.store import identity, outbox, schedules
from govline.store.policies import QuietHours
from govline.store.pump import Pump

START = datetime(2026, 12, 1, 1, tzinfo=UTC)
CLERK = Actor("staff", "s-1", "counter")


def make(quiet=None, **policy):
    pools = (PoolRule("supply", 100),)
    programme = Programme("p", policy=Policy(**policy), reminders=(Reminder(days_before=1),), pools=pools)
    return Calendar([programme], quiet=quiet)


def slots_of(db, calendar, number=4, places=3):
    plans = [
        SlotPlan(START + timedelta(days=n), START + timedelta(days=n, hours=1), places) for n in range(number)
    ]
    db.run(lambda tx: calendar.add_slots(tx, "p", plans))
    return [slot.id for slot in db.read(lambda tx: calendar.slots(tx, "p"))]


def clerk(db, work):
    return db.run(work, actor=CLERK)


def shut(db, calendar, *, key="close", days=1, **more):
    return clerk(
        db,
        lambda tx: calendar.counter.close(
            tx, "p", START, START + timedelta(days=days), "大雪のため", key=key, **more
        ),
    )


def friends(db, number):
    names = [f"U{n:032x}" for n in range(number)]
    return db.run(lambda tx: [identity.citizen_of(tx, name) for name in names])


def pushed(db):
    rows = db.read(
        lambda tx: tx.connection.exec_driver_sql(
            "SELECT payload FROM gl_outbox WHERE topic = 'line.push'"
        ).all()
    )
    return [json.loads(row[0]) for row in rows]


def sound(db, calendar):
    assert db.read(calendar.reconcile) == []


def book(db, calendar, slot, who, verb="book"):
    return db.run(lambda tx: getattr(calendar, verb)(tx, slot, who, key=f"{verb}:{slot}:{who}"))


def state(db, calendar, booking):
    return db.read(lambda tx: calendar.booking(tx, booking.id)).state


def test_only_its_people_are_told_and_come_first(any_db):
    calendar = make(limit=1)
    one, two, three, four = slots_of(any_db, calendar)
    mine, other = book(any_db, calendar, one, "a"), book(any_db, calendar, two, "b")
    held = book(any_db, calendar, one, "c", "hold")
    phoned = clerk(any_db, lambda tx: calendar.counter.book(tx, one, contact=Contact("佐藤", "1"), key="t"))
    closed = shut(any_db, calendar, instead=[three, one])
    assert isinstance(closed, Closure)
    assert (closed.slots, closed.displaced, closed.state) == (1, 2, "closed")
    assert [each["citizen"] for each in pushed(any_db)] == ["a"]
    message = pushed(any_db)[0]["messages"][0]
    assert "大雪のため" in message["text"]
    first = message["quickReply"]["items"][0]["action"]
    assert first["data"] == f"calendar:rebook:{mine.id}:{three}"
    states = [state(any_db, calendar, each) for each in (mine, other, held, phoned)]
    assert states == [
        BookingState.DISPLACED,
        BookingState.CONFIRMED,
        BookingState.EXPIRED,
        BookingState.DISPLACED,
    ]
    assert any_db.read(lambda tx: schedules.of_subject(tx, mine.ref)) == []
    called = any_db.read(lambda tx: calendar.counter.displaced(tx, closed.id))
    assert {each.id for each in called if each.contact} == {phoned.id}
    sound(any_db, calendar)

    refused = book(any_db, calendar, three, "d")
    assert [reason.code for reason in refused.reasons] == ["GL-2104"], "others wait"
    assert [slot.id for slot in any_db.read(lambda tx: calendar.available(tx, "p"))] == [two, four]
    said = Input("postback", data=first["data"])
    context = TalkContext("a", "s", "event-1", "")
    answered = any_db.run(
        lambda tx: calendar.rebooking().respond(tx, context, said), actor=citizen_actor("a")
    )
    assert "変更しました" in answered[0].text
    moved = any_db.read(lambda tx: calendar.booking(tx, mine.id))
    assert (moved.slot, moved.state, moved.closure) == (three, BookingState.CONFIRMED, None)
    assert len(any_db.read(lambda tx: schedules.of_subject(tx, mine.ref))) == 1
    again = any_db.run(
        lambda tx: calendar.rebooking().respond(tx, TalkContext("a", "s", "event-2", ""), said)
    )
    assert "変更済み" in again[0].text
    sound(any_db, calendar)


def test_a_tap_of_somebody_else_or_on_a_full_slot_changes_nothing(any_db):
    calendar = make()
    one, two, *_ = slots_of(any_db, calendar, places=1)
    mine = book(any_db, calendar, one, "a")
    shut(any_db, calendar)
    book(any_db, calendar, two, "b")

    def tap(who, data, key):
        context = TalkContext(who, "s", key, "")
        return any_db.run(lambda tx: calendar.rebooking().respond(tx, context, Input("postback", data=data)))

    assert "終わっている" in tap("b", f"calendar:rebook:{mine.id}:{two}", "1")[0].text
    assert "満員" in tap("a", f"calendar:rebook:{mine.id}:{two}", "2")[0].text
    assert tap("a", f"calendar:rebook:{mine.id}:+0", "3")[0].quick
    assert tap("a", "something:else", "4") is None
    assert state(any_db, calendar, mine) is BookingState.DISPLACED
    sound(any_db, calendar)


def test_the_first_right_ends(any_db, clock):
    calendar = make()
    one, two, *_ = slots_of(any_db, calendar)
    mine = book(any_db, calendar, one, "a")
    until = clock.now() + timedelta(days=2)
    closed = shut(any_db, calendar, instead=[two], priority_until=until)
    clock.advance(timedelta(days=2))
    any_db.run(lambda tx: go_on(tx, calendar.counter.desk, {"closure": closed.id}))
    assert state(any_db, calendar, mine) is BookingState.CANCELLED
    assert isinstance(book(any_db, calendar, two, "b"), Booking)
    assert any_db.read(lambda tx: calendar.counter.closure(tx, closed.id)).state == "ended"
    steps = any_db.read(lambda tx: calendar.history(tx, mine.id))
    assert [(each.what, each.reason) for each in steps] == [
        ("made", ""), ("displaced", "大雪のため"), ("cancelled", "大雪のため")
    ]  # fmt: skip
    sound(any_db, calendar)


def test_a_reopening_gives_everything_back(any_db):
    calendar = make()
    one, two, *_ = slots_of(any_db, calendar)
    stays, goes = book(any_db, calendar, one, "a"), book(any_db, calendar, one, "b")
    closed = shut(any_db, calendar, instead=[two])
    moved = any_db.run(lambda tx: calendar.change(tx, goes.id, to=two, key="m", citizen="b"))
    assert isinstance(moved, Booking)
    opened = clerk(any_db, lambda tx: calendar.counter.reopen(tx, closed.id, "晴れた", key="o"))
    assert (opened.state, opened.slots) == ("reopened", 1)
    assert state(any_db, calendar, stays) is BookingState.CONFIRMED
    assert any_db.read(lambda tx: calendar.booking(tx, goes.id)).slot == two
    assert [each["citizen"] for each in pushed(any_db)].count("a") == 2
    assert [each["citizen"] for each in pushed(any_db)].count("b") == 1
    assert isinstance(book(any_db, calendar, two, "c"), Booking), "what was kept free is open"
    assert isinstance(book(any_db, calendar, one, "d"), Booking)
    again = clerk(any_db, lambda tx: calendar.counter.reopen(tx, closed.id, "晴れた", key="o2"))
    assert [reason.code for reason in again.reasons] == ["GL-2159"]
    assert clerk(any_db, lambda tx: calendar.counter.reopen(tx, closed.id, "晴れた", key="o")) == opened
    sound(any_db, calendar)


def test_a_closure_works_in_pages_and_goes_on_after_a_kill(any_db, monkeypatch):
    monkeypatch.setattr(closures_module, "_PAGE", 2)
    monkeypatch.setattr(step, "__kwdefaults__", {"limit": 2})
    calendar = make()
    one, *_ = slots_of(any_db, calendar, places=5)
    people = [book(any_db, calendar, one, who) for who in "abcde"]
    closed = shut(any_db, calendar)
    assert (closed.state, closed.displaced) == ("closing", 2)
    sound(any_db, calendar)
    refused = book(any_db, calendar, one, "f")
    assert [reason.code for reason in refused.reasons][:1] == ["GL-2102"], "closed at once for everybody"

    def killed(tx):
        go_on(tx, calendar.counter.desk, {"closure": closed.id, "page": 1, "verb": "close"})
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        any_db.run(killed)
    sound(any_db, calendar)
    for page in (1, 2, 3):
        any_db.run(
            lambda tx, n=page: go_on(
                tx, calendar.counter.desk, {"closure": closed.id, "page": n, "verb": "close"}
            )
        )
        sound(any_db, calendar)
    assert any_db.read(lambda tx: calendar.counter.closure(tx, closed.id)).state == "closed"
    assert sorted(each["citizen"] for each in pushed(any_db)) == [*"abcde"], "each once"
    assert {state(any_db, calendar, each) for each in people} == {BookingState.DISPLACED}


def test_quiet_hours_hold_unless_it_is_an_emergency(any_db, clock):
    calendar = make(quiet=QuietHours(time(8), time(10)))  # the clock stands at 9:00 in Japan
    one, two, *_ = slots_of(any_db, calendar)
    book(any_db, calendar, one, "a")
    book(any_db, calendar, two, "b")
    shut(any_db, calendar)
    clerk(
        any_db,
        lambda tx: calendar.counter.close(
            tx, "p", START + timedelta(days=1), START + timedelta(days=2), "地震", key="e", emergency=True
        ),
    )
    due = {
        json.loads(payload)["citizen"]: at
        for payload, at in any_db.read(
            lambda tx: tx.connection.exec_driver_sql(
                "SELECT payload, due FROM gl_outbox WHERE topic = 'line.push'"
            ).all()
        )
    }
    assert due["a"] - due["b"] == timedelta(hours=1) // timedelta(microseconds=1)


def test_everybody_in_a_slot_is_told_once(any_db):
    calendar = make()
    one, two, *_ = slots_of(any_db, calendar, places=5)
    first, second, other = friends(any_db, 3)
    for who in (first, second, "gone"):
        book(any_db, calendar, one, who)
    book(any_db, calendar, two, other)
    phoned = clerk(any_db, lambda tx: calendar.counter.book(tx, one, contact=Contact("佐藤"), key="t"))

    def tell(tx):
        return calendar.counter.message(tx, one, "会場が2階に変わりました。", key="m")

    told = clerk(any_db, tell)
    assert (told.told, told.to_call) == (3, (phoned.id,))
    assert clerk(any_db, tell) == told
    assert pushed(any_db) == [], "one request to LINE for everybody, not one each"
    rows = any_db.read(lambda tx: ledger(tx, told.run))
    assert {row.citizen: row.state for row in rows} == {
        first: "planned",
        second: "planned",
        "gone": "not_reached",
    }
    gone = clerk(any_db, lambda tx: calendar.counter.message(tx, "nowhere", "x", key="n"))
    assert isinstance(gone, Refused)


def test_hundreds_in_a_slot_are_a_run_in_batches_and_nobody_is_told_too_late(any_db):
    calendar = make(quiet=QuietHours(time(8), time(10)))  # the clock stands at 9:00 in Japan
    one, *_ = slots_of(any_db, calendar, places=600)
    friends(any_db, 600)
    fill = """INSERT INTO gl_calendar_booking (id, slot_id, programme, citizen, party, state, made_at, made_by, channel, places, draws)
        SELECT 'b' || person.citizen, slot.id, 'p', person.citizen, 1, 'confirmed', 0, 'citizen', 'line', 1, 0
        FROM gl_calendar_slot AS slot, gl_identity AS person WHERE slot.booked = 0 ORDER BY slot.starts_at LIMIT 600"""
    any_db.run(lambda tx: tx.connection.exec_driver_sql(fill))
    told = clerk(any_db, lambda tx: calendar.counter.message(tx, one, "会場が変わりました。", key="m"))
    run = any_db.read(lambda tx: delivery_run(tx, told.run))
    assert (told.told, told.to_call, run.counts.planned, run.batches) == (600, (), 600, 2)
    assert run.due == datetime(2026, 11, 20, 1, tzinfo=UTC), "not in quiet hours"
    assert run.expires == any_db.read(lambda tx: calendar.slot(tx, one)).ends
    assert run.unit.startswith("slot_")


def test_what_became_of_a_closures_message_is_said_of_each(any_db):
    calendar = make()
    one, *_ = slots_of(any_db, calendar, places=9)
    booked = {who: book(any_db, calendar, one, who).id for who in "abcd"}
    phoned = clerk(any_db, lambda tx: calendar.counter.book(tx, one, contact=Contact("佐藤"), key="t"))
    closed = shut(any_db, calendar)

    def states():
        rows = any_db.read(lambda tx: calendar.counter.reached(tx, closed.id))
        return {each.booking: (each.state, each.reason) for each in rows}

    assert states() == {
        **dict.fromkeys(booked.values(), ("planned", "")),
        phoned.id: ("to_call", ""),
    }
    fates = {"a": Done(), "b": Unknown("no answer"), "c": Dead("blocked")}

    class Phone:
        def run(self, payload, context):
            return fates[payload["citizen"]]

        def record(self, tx, payload, fate):
            pass

    forgotten = f"DELETE FROM gl_outbox WHERE dedupe = 'calendar.closure:{closed.id}:closed:{booked['d']}'"
    any_db.run(lambda tx: tx.connection.exec_driver_sql(forgotten))
    Pump(any_db, {"line.push": Phone()}).run_until_idle()
    assert states() == {
        booked["a"]: ("sent", ""),
        booked["b"]: ("unknown", "no answer"),
        booked["c"]: ("not_reached", "blocked"),
        booked["d"]: ("unknown", ""),
        phoned.id: ("to_call", ""),
    }
    assert len(any_db.read(lambda tx: calendar.counter.reached(tx, closed.id, limit=2))) == 2


def test_a_replay_of_a_closure_closes_nothing_more(any_db):
    calendar = make()
    _, two, *_ = slots_of(any_db, calendar)
    first = shut(any_db, calendar)
    assert shut(any_db, calendar) == first
    with pytest.raises(InputError):
        shut(any_db, calendar, days=2)
    assert isinstance(book(any_db, calendar, two, "a"), Booking)
    with pytest.raises(InputError):
        shut(any_db, calendar, key="empty", days=0)
    assert len(any_db.read(calendar.counter.closures)) == 1
    assert any_db.read(lambda tx: outbox.counts(tx))
    sound(any_db, calendar)


def test_a_closure_that_was_worked_late_still_ends(any_db, monkeypatch, clock):
    monkeypatch.setattr(step, "__kwdefaults__", {"limit": 2})
    calendar = make()
    one, *_ = slots_of(any_db, calendar, places=5)
    people = [book(any_db, calendar, one, who) for who in "abc"]
    closed = shut(any_db, calendar)
    clock.advance(timedelta(days=8))
    assert any_db.run(lambda tx: step(tx, calendar.counter.desk, closed.id)), "told, and not over yet"
    while any_db.run(lambda tx: step(tx, calendar.counter.desk, closed.id)):
        sound(any_db, calendar)
    assert any_db.read(lambda tx: calendar.counter.closure(tx, closed.id)).state == "ended"
    assert {state(any_db, calendar, each) for each in people} == {BookingState.CANCELLED}
