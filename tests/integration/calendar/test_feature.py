"""What the calendar offers to a City, on a real database with a real pump: reminders, expiring holds, ports, checks."""

import random
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from govline.calendar import Calendar, CalendarFeature, parse
from govline.calendar.feature import CalendarConfig, CalendarSlots
from govline.calendar.garbage import GarbageFeature
from govline.calendar.garbage.feature import GarbageConfig
from govline.core import Done, Env, Ref
from govline.errors import ConfigError, DefinitionError, FileError
from govline.store import schedules, ticks
from govline.store.pump import Pump

WRITTEN = """\
programme: copal
label: 屋内遊び場コパル
capacity: 2
slots:
  - {dates: 2026-11-24/2026-11-27, times: [10:00-11:30, 13:00-14:30]}
remind: 前日 18:00
"""


class Pushes:
    """Takes `line.push` instead of LINE."""

    def __init__(self):
        self.sent = []

    def run(self, payload, context):
        self.sent.append((payload["citizen"], payload["messages"][0]["text"]))
        return Done()

    def record(self, tx, payload, fate):
        pass


@pytest.fixture
def env(town_db, tmp_path):
    (tmp_path / "calendars").mkdir()
    (tmp_path / "calendars" / "copal.yaml").write_text(WRITTEN, "utf-8")
    return Env("hinata", town_db, town_db.clock, town_db.ids, tmp_path, str, str, {"quiet_hours": None}.get)


@pytest.fixture
def feature():
    return CalendarFeature()


@pytest.fixture
def calendar(town_db, feature, env):
    service = feature.build(env, CalendarConfig())
    town_db.run(service.prepare)
    return service


@pytest.fixture
def pushes():
    return Pushes()


@pytest.fixture
def pump(town_db, feature, calendar, pushes):
    effects = {**feature.offers(calendar).effects, "line.push": pushes}
    pump = Pump(town_db, effects, rng=random.Random(1))

    def run(now):
        town_db.clock.set(now)
        schedules.fire(town_db)
        pump.run_until_idle()
        return pushes.sent

    yield run
    pump.close()


def slots(db, calendar):
    return db.read(lambda tx: calendar.slots(tx, "copal"))


def jst(day, hour, minute=0):
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC) - timedelta(hours=9)


def jst_hour(slot):
    return (slot.starts.hour + 9) % 24


def test_a_reminder_goes_once_on_the_evening_before(town_db, calendar, pump):
    first = slots(town_db, calendar)[0]
    town_db.run(lambda tx: calendar.book(tx, first.id, "a", key="1"))
    assert pump(jst(23, 17, 59)) == []
    told = [("a", "【予約のお知らせ】屋内遊び場コパルのご予約は11月24日(火) 10:00です。")]
    assert pump(jst(23, 18)) == told
    assert pump(jst(23, 19)) == told


def test_a_reminder_moves_with_a_change(town_db, calendar, pump):
    early, late = slots(town_db, calendar)[0], slots(town_db, calendar)[4]
    booking = town_db.run(lambda tx: calendar.book(tx, early.id, "a", key="1"))
    town_db.run(lambda tx: calendar.change(tx, booking.id, to=late.id, key="2"))
    assert pump(jst(23, 18)) == []
    assert [text for _, text in pump(jst(25, 18))] == [
        "【予約のお知らせ】屋内遊び場コパルのご予約は11月26日(木) 10:00です。"
    ]


def test_a_second_reminder_for_a_slot_that_one_moved_to_later(town_db, calendar, pump):
    early, late = slots(town_db, calendar)[0], slots(town_db, calendar)[4]
    booking = town_db.run(lambda tx: calendar.book(tx, early.id, "a", key="1"))
    assert len(pump(jst(23, 18))) == 1
    town_db.run(lambda tx: calendar.change(tx, booking.id, to=late.id, key="2"))
    assert len(pump(jst(25, 18))) == 2


def test_a_reminder_dies_with_its_booking(town_db, calendar, pump):
    first = slots(town_db, calendar)[0]
    booking = town_db.run(lambda tx: calendar.book(tx, first.id, "a", key="1"))
    town_db.run(lambda tx: calendar.cancel(tx, booking.id, key="2"))
    assert pump(jst(23, 18)) == []
    assert town_db.read(schedules.next_due) is None


def test_a_booking_after_the_reminder_hour_gets_none(town_db, calendar, pump):
    first = slots(town_db, calendar)[0]
    town_db.clock.set(jst(23, 19))
    town_db.run(lambda tx: calendar.book(tx, first.id, "a", key="1"))
    assert pump(jst(23, 20)) == []


def test_a_confirmed_hold_is_reminded_an_expired_one_not(town_db, calendar, pump):
    first, second = slots(town_db, calendar)[:2]
    held = town_db.run(lambda tx: calendar.hold(tx, first.id, "a", key="1"))
    town_db.run(lambda tx: calendar.hold(tx, second.id, "b", key="2"))
    town_db.run(lambda tx: calendar.confirm(tx, held.id, key="3"))
    assert [who for who, _ in pump(jst(23, 18))] == ["a"]


def test_a_hold_is_freed_by_the_worker(town_db, calendar, pump, clock):
    first = slots(town_db, calendar)[0]
    town_db.run(lambda tx: calendar.hold(tx, first.id, "a", party=2, key="1"))
    pump(clock.now() + timedelta(minutes=9, seconds=59))
    assert town_db.read(lambda tx: calendar.slot(tx, first.id)).booked == 2
    pump(clock.now() + timedelta(seconds=1))
    assert town_db.read(lambda tx: calendar.slot(tx, first.id)).booked == 0
    assert town_db.read(calendar.reconcile) == []


def test_events_carry_ids_only(town_db, calendar, pump):
    from govline.core import Handler

    heard = []
    town_db.listen(
        [
            Handler(f"calendar.{name}", lambda tx, event: heard.append(event))
            for name in ("booked", "changed", "cancelled")
        ]
    )
    first, second = slots(town_db, calendar)[:2]
    booking = town_db.run(lambda tx: calendar.book(tx, first.id, "a", key="1"))
    town_db.run(lambda tx: calendar.change(tx, booking.id, to=second.id, key="2"))
    town_db.run(lambda tx: calendar.cancel(tx, booking.id, key="3"))
    pump(town_db.clock.now())
    assert [event.name for event in heard] == ["calendar.booked", "calendar.changed", "calendar.cancelled"]
    assert dict(heard[0].data) == {"programme": "copal", "slot": first.id, "party": 1}
    assert {event.subject for event in heard} == {booking.ref}


def test_the_port_holds_and_releases(town_db, calendar):
    port = CalendarSlots(calendar)
    first = slots(town_db, calendar)[0]
    ref = town_db.run(lambda tx: port.hold(tx, first.id, "a", party=2, key="1"))
    assert ref.kind == "calendar.booking"
    reasons = town_db.run(lambda tx: port.hold(tx, first.id, "b", party=1, key="2"))
    assert [reason.code for reason in reasons] == ["GL-2103"]
    town_db.run(lambda tx: port.release(tx, ref, key="3"))
    town_db.run(lambda tx: port.release(tx, ref, key="4"))
    assert town_db.read(lambda tx: calendar.slot(tx, first.id)).booked == 0
    assert isinstance(ref, Ref)


def test_the_view_shows_bookings_without_people(town_db, feature, calendar):
    first = slots(town_db, calendar)[0]
    town_db.run(lambda tx: calendar.book(tx, first.id, "citizen-a", party=2, key="1"))
    (row,) = town_db.read(feature.offers(calendar).view)
    assert row["programme"] == "屋内遊び場コパル"
    assert (row["slot"], row["party"], row["state"]) == ("11月24日(火) 10:00", 2, "confirmed")
    assert "citizen-a" not in repr(row)


def test_the_check_names_a_drifted_slot(town_db, feature, calendar):
    check, preflight, *_ = feature.offers(calendar).checks
    assert preflight.name == "calendar.preflight"
    assert town_db.read(check.run) == []
    first = slots(town_db, calendar)[0]
    with town_db.begin() as tx:
        tx.connection.execute(text("UPDATE gl_calendar_slot SET booked = 1 WHERE id = :id"), {"id": first.id})
    (sentence,) = town_db.read(check.run)
    assert first.id in sentence


def test_the_daily_tick_lays_out_rolling_slots(town_db, feature):
    rolling = {"programme": "desk", "capacity": 1, "slots": [{"rolling": 3, "times": "12:00"}]}
    calendar = Calendar([parse(rolling)])
    town_db.run(calendar.prepare)
    before = town_db.read(lambda tx: calendar.slots(tx, "desk"))
    town_db.clock.set(jst(21, 0, 10))
    assert ticks.run_due(town_db, feature.offers(calendar).ticks).ran == ("calendar.lay_out",)
    after = town_db.read(lambda tx: calendar.slots(tx, "desk"))
    assert [slot.starts for slot in after[:2]] == [slot.starts for slot in before[1:]]
    assert len(after) == 3


def test_a_changed_rule_loses_no_booking(town_db, calendar):
    first = slots(town_db, calendar)[0]
    for who in "ab":
        town_db.run(lambda tx, w=who: calendar.book(tx, first.id, w, key=w))
    text = WRITTEN.replace("capacity: 2", "capacity: 1").replace(
        "10:00-11:30, 13:00-14:30", "10:00-11:30, 15:00"
    )
    from ruamel.yaml import YAML

    changed = Calendar([parse(YAML().load(text))])
    layout = town_db.run(lambda tx: changed.lay_out(tx, "copal"))
    assert (layout.added, layout.resized, layout.removed) == (4, 3, 4)
    assert [slot.id for slot in layout.conflicts] == [first.id]
    assert town_db.read(lambda tx: changed.slot(tx, first.id)).capacity == 2
    offered = town_db.read(lambda tx: changed.available(tx, "copal"))
    assert {jst_hour(slot) for slot in offered} == {10, 15}
    assert town_db.run(lambda tx: changed.lay_out(tx, "copal")).added == 0
    back = town_db.run(lambda tx: calendar.lay_out(tx, "copal"))
    assert (back.added, back.resized, back.removed) == (0, 7, 4)
    assert len(town_db.read(lambda tx: calendar.available(tx, "copal"))) == 7


def test_programmes_may_stand_in_the_settings(feature, env):
    settings = {
        "programmes": [{"programme": "desk", "capacity": 1, "slots": []}],
        "texts": {"calendar.free": "あと{free}"},
    }
    calendar = feature.build(env, CalendarConfig.model_validate(settings))
    assert set(calendar.programmes) == {"copal", "desk"}
    twice = {"programmes": [{"programme": "copal", "capacity": 1, "slots": []}]}
    with pytest.raises(ConfigError, match="GL-2004"):
        feature.build(env, CalendarConfig.model_validate(twice))
    wrong = {"programmes": [{"programme": "x"}]}
    with pytest.raises(DefinitionError):
        feature.build(env, CalendarConfig.model_validate(wrong))


def test_garbage_as_a_feature(town_db, env, tmp_path):
    (tmp_path / "area_days.csv").write_text("地名,センター,燃やすごみ\n東,,月 木\n", "utf-8")
    feature = GarbageFeature()
    garbage = feature.build(
        env, GarbageConfig(calendar="area_days.csv", texts={"garbage.is_off": "おやすみ"})
    )
    offers = feature.offers(garbage)
    check = offers.checks[0]
    assert town_db.read(check.run) == ["no garbage calendar: govline garbage import FILE"]
    town_db.run(garbage.prepare)
    assert town_db.read(check.run) == []
    assert garbage.texts.get("garbage.is_off") == "おやすみ"
    assert [(each.name, each.town) for each in offers.commands] == [
        ("check", False),
        ("dates", False),
        ("import", True),
        ("export", True),
        ("calendar", True),
    ]
    town_db.run(lambda tx: garbage.move(tx, "a", "東"))
    assert town_db.read(offers.view) == [{"area": "東", "notice": "前日18時", "citizens": 1}]
    assert len({tick.name for tick in offers.ticks}) == len(offers.ticks)


def test_a_reminder_speaks_the_language_of_its_hour(town_db, calendar, pump):
    from govline.store import languages

    first = slots(town_db, calendar)[0]
    town_db.run(lambda tx: calendar.book(tx, first.id, "a", key="1"))
    town_db.run(lambda tx: languages.choose(tx, "a", "en"))
    assert [words for _, words in pump(jst(23, 18))] == [
        "[Reminder] Your booking for 屋内遊び場コパル is on Tue 24 Nov 10:00."
    ]


def test_a_reminder_that_waits_for_line_dies_with_its_booking(town_db, feature, calendar, pushes):
    first = slots(town_db, calendar)[0]
    booking = town_db.run(lambda tx: calendar.book(tx, first.id, "a", key="1"))
    town_db.clock.set(jst(23, 18))
    schedules.fire(town_db)
    inner = Pump(town_db, {**feature.offers(calendar).effects}, rng=random.Random(1))
    inner.run_until_idle()
    inner.close()
    town_db.run(lambda tx: calendar.cancel(tx, booking.id, key="2"))
    outer = Pump(town_db, {"line.push": pushes}, rng=random.Random(1))
    outer.run_until_idle()
    outer.close()
    assert pushes.sent == []


def test_the_towns_own_table_of_holidays_and_its_closed_days(town_db, feature, env, tmp_path):
    """A holiday that moves (as in 2020 and 2021) moves the slots; closed days are no business days."""
    moved = "2026/1/1,元日\n2026/11/26,勤労感謝の日\n"
    (tmp_path / "holidays.csv").write_text(f"国民の祝日・休日月日,名称\n{moved}", "cp932")
    closing = (
        WRITTEN.replace("{dates: 2026-11-24/2026-11-27", "{dates: 2026-11-23/2026-11-27")
        + "closed_on_holidays: true\n"
    )
    (tmp_path / "calendars" / "copal.yaml").write_text(closing, "utf-8")

    def days(**settings):
        calendar = feature.build(env, CalendarConfig(**settings))
        town_db.run(calendar.prepare)
        slots = town_db.read(lambda tx: calendar.slots(tx, "copal"))
        return calendar, sorted({slot.starts.day for slot in slots if slot.capacity})

    assert days()[1] == [24, 25, 26, 27]
    calendar, open_days = days(holidays="holidays.csv", office={"closed": "2026-11-25"})
    assert open_days == [23, 24, 25, 27]
    business = [day for day in range(20, 31) if calendar.business_day(date(2026, 11, day))]
    assert business == [20, 23, 24, 27, 30]
    assert not calendar.business_day(date(2026, 12, 29))
    tables = [each.what for each in town_db.read(feature.offers(calendar).expiries) if "祝日" in each.what]
    assert tables == ["祝日の表"]
    with pytest.raises(FileError, match="cannot be opened"):
        feature.build(env, CalendarConfig(holidays="nowhere.csv"))
