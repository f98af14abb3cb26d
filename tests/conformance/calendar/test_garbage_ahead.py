"""A change that no notice of the week before can carry is told in a message of its own, once, on both engines."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import text

from govline.calendar.garbage import Garbage, notices
from govline.calendar.garbage.feature import GarbageFeature
from govline.calendar.garbage.model import Setting
from govline.core.jst import JST
from govline.store import identity, languages, ticks

AREAS = "地名,燃やすごみ,埋立ごみ\n東町,,金4\n西町,月,金4\n"
HEADER = "地区,種類,日付,内容,振替日\n"
MOVED = HEADER + ",埋立ごみ,2026/12/25,振替,2026/12/28\n"
HOURS = (4, 7, 15, 18, 20)


@pytest.fixture
def garbage(town_db, tmp_path):
    service = Garbage()
    _import(town_db, service, tmp_path, HEADER)
    return service


def _import(db, garbage, folder, exceptions):
    (folder / "area_days.csv").write_text(AREAS, "utf-8")
    (folder / "exceptions.csv").write_text(exceptions, "utf-8")
    report = db.run(lambda tx: garbage.import_file(tx, folder / "area_days.csv"))
    assert report.written


@pytest.fixture
def live(town_db, garbage, clock):
    """Lets the town's ticks run from one instant to another; every message, as (instant, citizen, text)."""
    offered = GarbageFeature().offers(garbage).ticks

    def run(first, last):
        day = first
        while day <= last:
            for hour in HOURS:
                clock.set(datetime(day.year, day.month, day.day, hour, 1, tzinfo=JST))
                assert not ticks.run_due(town_db, offered).failed
            day += timedelta(days=1)

    return run


def _citizen(db, garbage, name, *settings):
    who = db.run(lambda tx: identity.citizen_of(tx, f"U{name:0>32}"))
    for setting in settings:
        db.run(lambda tx, s=setting: garbage.save(tx, who, s))
    return who


def _heard(db, who, day="12月25日"):
    """(day it was sent, text) of everything this citizen got that mentions the day."""
    sql = text(
        "SELECT r.started_at, r.messages FROM gl_delivery_run r"
        " JOIN gl_delivery_recipient d ON d.run_id = r.id WHERE d.citizen = :who ORDER BY r.started_at"
    )
    with db.begin() as tx:
        rows = [(row[0], bytes(row[1]).decode()) for row in tx.connection.execute(sql, {"who": who}).all()]
    said = [(datetime.fromtimestamp(at / 1_000_000, JST), body) for at, body in rows]
    return [(f"{at:%m-%d %H}", body) for at, body in said if day in body]


def test_who_has_no_notice_that_week_is_told_once_and_who_has_one_reads_it_there(
    town_db, garbage, tmp_path, live
):
    _import(town_db, garbage, tmp_path, MOVED)
    lonely = _citizen(town_db, garbage, "a", Setting("東町"))
    morning = _citizen(town_db, garbage, "b", Setting("東町", days_before=0, hour=7))
    weekly = _citizen(town_db, garbage, "c", Setting("西町"))
    live(date(2026, 12, 10), date(2026, 12, 29))
    ((at, body),) = _heard(town_db, lonely)
    assert at == "12-17 18"
    assert "【ごみ収集のお知らせ】収集日が変わります" in body
    assert "※東町: 12月25日(金) の「埋立ごみ」は 12月28日(月) に変わります。" in body
    assert [at for at, _ in _heard(town_db, morning)] == ["12-18 07"]
    told = _heard(town_db, weekly)
    assert [at for at, _ in told] == ["12-20 18"]
    assert "明日 12月21日(月)" in told[0][1]


def test_muted_kinds_and_stopped_notices_stay_silent(town_db, garbage, tmp_path, live):
    _import(town_db, garbage, tmp_path, MOVED)
    off = _citizen(town_db, garbage, "a", Setting("東町", enabled=False))
    muted = _citizen(town_db, garbage, "b", Setting("東町"))
    town_db.run(lambda tx: garbage.mute(tx, muted, "埋立ごみ"))
    only_landfill = _citizen(town_db, garbage, "c", Setting("西町"))
    town_db.run(lambda tx: garbage.mute(tx, only_landfill, "燃やすごみ"))
    live(date(2026, 12, 10), date(2026, 12, 26))
    assert _heard(town_db, off) == []
    assert _heard(town_db, muted) == []
    assert [at for at, _ in _heard(town_db, only_landfill)] == ["12-17 18"], "their weekly notice is muted"


def test_a_change_that_comes_after_the_last_notice_is_told_at_once(town_db, garbage, tmp_path, live):
    """Monday's notice went out before the town cancelled Friday: it cannot have said so."""
    weekly = _citizen(town_db, garbage, "a", Setting("西町"))
    live(date(2026, 12, 18), date(2026, 12, 22))
    _import(town_db, garbage, tmp_path, HEADER + ",埋立ごみ,2026/12/25,休止,\n")
    live(date(2026, 12, 23), date(2026, 12, 26))
    ((at, body),) = _heard(town_db, weekly)
    assert at == "12-23 18"
    assert "12月25日(金) の「埋立ごみ」はお休みです" in body


def test_another_substitute_day_is_told_again(town_db, garbage, tmp_path, live):
    who = _citizen(town_db, garbage, "a", Setting("東町"))
    _import(town_db, garbage, tmp_path, MOVED)
    live(date(2026, 12, 17), date(2026, 12, 20))
    _import(town_db, garbage, tmp_path, MOVED)
    live(date(2026, 12, 21), date(2026, 12, 21))
    assert len(_heard(town_db, who)) == 1, "the same file again changes nothing"
    _import(town_db, garbage, tmp_path, MOVED.replace("12/28", "12/30"))
    live(date(2026, 12, 22), date(2026, 12, 26))
    assert [at for at, _ in _heard(town_db, who)] == ["12-17 18", "12-22 18"]


def test_who_moves_in_after_the_last_notice_is_told(town_db, garbage, tmp_path, live, clock):
    _import(town_db, garbage, tmp_path, MOVED)
    live(date(2026, 12, 18), date(2026, 12, 21))
    clock.set(datetime(2026, 12, 22, 12, tzinfo=JST))
    who = _citizen(town_db, garbage, "a", Setting("西町"))
    live(date(2026, 12, 22), date(2026, 12, 26))
    assert [at for at, _ in _heard(town_db, who)] == ["12-22 18"]


def test_erasing_forgets_what_was_announced(town_db, garbage, tmp_path, live):
    _import(town_db, garbage, tmp_path, MOVED)
    who = _citizen(town_db, garbage, "a", Setting("東町"))
    live(date(2026, 12, 17), date(2026, 12, 17))
    count = text("SELECT count(*) FROM gl_garbage_announced")
    with town_db.begin() as tx:
        assert tx.connection.execute(count).scalar() == 1
    town_db.run(lambda tx: garbage.erase(tx, who))
    with town_db.begin() as tx:
        assert tx.connection.execute(count).scalar() == 0


@pytest.fixture
def choose(town_db, garbage, clock):
    """A citizen sets the notice anew on a day and hour of December."""

    def run(who, setting, *at):
        clock.set(datetime(2026, 12, *at, tzinfo=JST))
        town_db.run(lambda tx: garbage.save(tx, who, setting))

    return run


def _told_of_the_change_alone(db, who):
    return [at for at, body in _heard(db, who) if "収集日が変わります" in body]


def test_who_read_of_it_in_a_notice_and_changes_the_hour_is_told_no_second_time(
    town_db, garbage, tmp_path, live, choose
):
    who = _citizen(town_db, garbage, "a", Setting("西町", hour=20))
    live(date(2026, 12, 18), date(2026, 12, 19))
    _import(town_db, garbage, tmp_path, MOVED)
    live(date(2026, 12, 20), date(2026, 12, 20))
    choose(who, Setting("西町", hour=18), 21, 12)
    live(date(2026, 12, 21), date(2026, 12, 22))
    choose(who, Setting("西町", days_before=0, hour=7), 22, 22)
    live(date(2026, 12, 23), date(2026, 12, 26))
    assert [at for at, _ in _heard(town_db, who)] == ["12-20 20"]


def test_a_later_hour_does_not_swallow_a_change_that_the_notice_did_not_know(
    town_db, garbage, tmp_path, live, choose
):
    who = _citizen(town_db, garbage, "a", Setting("西町", hour=18))
    live(date(2026, 12, 20), date(2026, 12, 20))
    _import(town_db, garbage, tmp_path, MOVED)
    choose(who, Setting("西町", hour=20), 20, 21)
    live(date(2026, 12, 21), date(2026, 12, 26))
    assert _told_of_the_change_alone(town_db, who) == ["12-21 20"]


def test_who_is_told_alone_and_changes_the_hour_is_told_once(town_db, garbage, tmp_path, live, choose):
    _import(town_db, garbage, tmp_path, MOVED)
    who = _citizen(town_db, garbage, "a", Setting("東町", hour=18))
    live(date(2026, 12, 17), date(2026, 12, 18))
    choose(who, Setting("東町", hour=20), 18, 21)
    live(date(2026, 12, 19), date(2026, 12, 20))
    choose(who, Setting("東町", days_before=0, hour=7), 20, 21)
    live(date(2026, 12, 21), date(2026, 12, 26))
    assert [at for at, _ in _heard(town_db, who)] == ["12-17 18"]


def test_a_machine_that_was_down_tells_once(town_db, garbage, tmp_path, clock):
    """Down from 17 to 20 on the evening of the notice, while the change came in: the late notice carries it, nothing follows."""
    who = _citizen(town_db, garbage, "a", Setting("西町", hour=18))
    offered = GarbageFeature().offers(garbage).ticks
    for day, hour in ((20, 15), (20, 20), (20, 21), (21, 18), (22, 18), (23, 18), (24, 18)):
        if (day, hour) == (20, 20):
            _import(town_db, garbage, tmp_path, MOVED)
        clock.set(datetime(2026, 12, day, hour, 1, tzinfo=JST))
        ticks.run_due(town_db, offered)
    assert [at for at, _ in _heard(town_db, who)] == ["12-20 20"]


def test_moving_away_and_back_tells_once(town_db, garbage, tmp_path, live, clock):
    _import(town_db, garbage, tmp_path, MOVED)
    who = _citizen(town_db, garbage, "a", Setting("西町"))
    live(date(2026, 12, 19), date(2026, 12, 20))
    clock.set(datetime(2026, 12, 21, 9, tzinfo=JST))
    town_db.run(lambda tx: garbage.remove(tx, who, "西町"))
    town_db.run(lambda tx: garbage.save(tx, who, Setting("西町", hour=20)))
    live(date(2026, 12, 21), date(2026, 12, 26))
    assert [at for at, _ in _heard(town_db, who)] == ["12-20 18"]


def test_without_the_marks_it_would_be_told_twice(town_db, garbage, tmp_path, live, monkeypatch):
    monkeypatch.setattr(notices, "carry", lambda tx, due, mark: None)
    _import(town_db, garbage, tmp_path, MOVED)
    who = _citizen(town_db, garbage, "a", Setting("西町"))
    live(date(2026, 12, 19), date(2026, 12, 22))
    assert [at for at, _ in _heard(town_db, who)] == ["12-20 18", "12-20 18"]


def test_everybody_reads_of_it_in_their_own_language(live, town_db, garbage, tmp_path):
    people = {
        locale: _citizen(town_db, garbage, f"{n}", Setting("東町"))
        for n, locale in enumerate(("ja", "en", "ja-easy"))
    }
    for locale, who in people.items():
        town_db.run(lambda tx, w=who, spoken=locale: languages.choose(tx, w, spoken))
    _import(town_db, garbage, tmp_path, MOVED)
    live(date(2026, 12, 18), date(2026, 12, 18))
    texts = {locale: [text for _, text in _heard(town_db, who, "25")] for locale, who in people.items()}
    assert {locale: len(heard) for locale, heard in texts.items()} == {"ja": 1, "en": 1, "ja-easy": 1}
    assert "12月25日(金) の「埋立ごみ」は 12月28日(月) に変わります" in texts["ja"][0]
    assert "「埋立ごみ」 of Fri 25 Dec will be collected on Mon 28 Dec" in texts["en"][0]
    assert "ごみの日が かわります" in texts["ja-easy"][0]
