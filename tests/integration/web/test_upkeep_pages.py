"""The office's pages and commands: places of a day, locks by pseudonym, payments of bookings that are over."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from govline.calendar import CalendarFeature
from govline.web import Password
from govline.web.staff import LocalStaff

from .conftest import Browser

FLU = {
    "programme": "flu",
    "label": "予防接種",
    "capacity": 3,
    "slots": [{"dates": "2026-12-01/2026-12-02", "times": ["10:00-11:00"]}],
    "pools": [{"name": "ワクチン", "capacity": 9}],
    "policy": {"eligibility": {"number": "10桁"}, "pay_by": "前日 17:00"},
}
HALL = {"programme": "hall", "capacity": 2, "slots": [{"dates": "2026-12-01", "times": ["10:00-11:00"]}]}


@pytest.fixture
def city(make_city, any_db, clock):
    clock.set(datetime(2026, 11, 20, tzinfo=UTC))
    made = {"staff_login": LocalStaff(any_db, Password(n=2**10, r=8, p=1))}
    return make_city(any_db, (CalendarFeature(), {"programmes": [FLU, HALL]}), made=made).prepare()


@pytest.fixture
def run(city):
    feature = CalendarFeature()
    commands = {command.name: command for command in feature.offers(city.calendar).commands}
    return lambda name, *words: commands[name].run(city, words)


def html(answer):
    return answer.body.decode()


def slot_of(city, programme):
    return city.read(lambda tx: city.calendar.slots(tx, programme))[0]


def lock_somebody(city):
    for n in range(9):
        city.run(
            lambda tx, n=n: city.calendar.eligibility.claim(
                tx, "flu", "citizen-7", f"{n:010d}", date(1950, 1, 1), key=f"claim-{n}"
            )
        )


def pay_too_late(city, clock):
    slot = slot_of(city, "flu")
    book = lambda tx: city.calendar.counter.book(tx, slot.id, key="late", override=True, reason="特例")  # noqa: E731
    booking = city.run(book)
    clock.advance(timedelta(days=20))
    assert city.run(lambda tx: city.calendar.end_unpaid(tx, booking.id))
    city.run(lambda tx: city.calendar.paid(tx, booking.id))
    return booking


def test_places_of_a_day_are_changed_and_who_is_beyond_them_is_shown(clerk, city):
    slot = slot_of(city, "hall")
    booked = [
        city.run(lambda tx, n=n: city.calendar.book(tx, slot.id, f"citizen-{n}", key=f"k{n}"))
        for n in range(2)
    ]
    path = "/staff/calendar/places?programme=hall&day=2026-12-01"
    assert "10:00 (いま2、予約2)" in html(clerk.get(path))
    changed = html(clerk.fill(path, subject=slot.id, places="1", reason="感染対策"))
    assert "定員を変えました" in changed
    assert f"1: {booked[1].id[-8:]}" in changed
    assert "citizen-" not in changed
    flu = "/staff/calendar/places?programme=flu&day=2026-12-01"
    assert "ワクチン (いま9、予約0)" in html(clerk.get(flu))
    assert "この日に枠はありません" not in html(clerk.get(flu))
    assert "予防接種" in html(clerk.get("/staff/calendar/places"))


def test_a_lock_is_released_under_its_pseudonym(clerk, city):
    assert "受付停止はありません" in html(clerk.get("/staff/calendar/locks"))
    lock_somebody(city)
    (lock,) = [each for each in city.read(city.calendar.upkeep.locks) if each.kind == "citizen"]
    page = html(clerk.get("/staff/calendar/locks"))
    assert lock.id in page
    assert "citizen-7" not in page
    assert "解除しました" in html(clerk.fill("/staff/calendar/locks", lock=lock.id, reason="本人確認"))
    left = [each.kind for each in city.read(city.calendar.upkeep.locks)]
    assert "citizen" not in left


def test_a_payment_that_came_too_late_is_settled(clerk, city, clock):
    assert "処理を待つ入金はありません" in html(clerk.get("/staff/calendar/unsettled"))
    booking = pay_too_late(city, clock)
    fresh = Browser(city.web)
    fresh.fill("/staff/sign-in", name="yamada", password="correct horse")  # twenty days have gone by
    page = html(fresh.get("/staff/calendar/unsettled"))
    assert booking.id[-8:] in page
    assert "終わった後" in page
    done = fresh.fill("/staff/calendar/unsettled", booking=booking.id, outcome="refunded", reason="返金済")
    assert "記録しました" in html(done)
    assert city.read(city.calendar.upkeep.unsettled) == []


def test_the_same_at_a_terminal(city, run, clock, capsys):
    def said(*words):
        code = run(*words)
        return code, json.loads(capsys.readouterr().out)

    slot = slot_of(city, "hall")
    code, placed = said("places", slot.id, "9", "--reason", "会場変更", "--json")
    assert (code, placed["places"], placed["conflicts"]) == (0, 9, [])
    assert said("places", slot.id, "--by-rules", "--reason", "元に戻す", "--json")[0] == 0
    assert slot_of(city, "hall").capacity == 2
    code, (supply,) = said("places", "flu", "--json")
    assert supply["label"] == "ワクチン"
    assert said("places", supply["id"], "4", "--reason", "入荷", "--json")[1]["kind"] == "pool"
    assert run("places", slot.id) == 1
    assert run("places", "nowhere", "3", "--reason", "x") == 1
    assert "GL-2165" in capsys.readouterr().err

    booked = city.run(lambda tx: city.calendar.book(tx, slot.id, "citizen-1", key="b"))
    other = city.run(lambda tx: city.calendar.counter.book(tx, slot.id, key="n"))
    code, told = said("message", slot.id, "会場が変わりました", "--json")
    assert (code, told["told"], told["to_call"]) == (0, 1, [other.id])
    closed = said("close", "hall", "2026-12-01T00:00", "2026-12-02T00:00", "--reason", "大雪", "--json")[1]
    code, people = said("reached", closed["closure"], "--json")
    assert {each["booking"]: each["state"] for each in people} == {booked.id: "planned", other.id: "to_call"}
    assert run("reached", closed["closure"]) == 0
    assert "電話" in capsys.readouterr().out

    lock_somebody(city)
    code, locks = said("locks", "--json")
    assert locks["count"] == len(locks["locks"]) >= 1
    assert run("locks") == 0
    assert "citizen-7" not in capsys.readouterr().out
    assert said("locks", "--release", locks["locks"][0]["id"], "--reason", "本人確認", "--json")[0] == 0
    assert run("locks", "--release", "nothing", "--reason", "x") == 1
    capsys.readouterr()

    booking = pay_too_late(city, clock)
    code, (payment,) = said("unsettled", "--json")
    assert (payment["booking"], payment["late"]) == (booking.id, True)
    assert run("unsettled") == 0
    capsys.readouterr()
    assert (
        said("unsettled", "--settle", booking.id, "--reason", "返金済", "--json")[1]["outcome"] == "refunded"
    )
    assert run("unsettled", "--settle", booking.id, "--reason", "返金済") == 1


def test_doctor_runs_the_preflight(city):
    found = [each for each in city.check() if each.startswith("calendar.")]
    assert any("GL-2209" in each and "対象者の一覧が空です" in each for each in found)
