"""A process goes on with slots from day to day, and leaves alone what another one has laid out by newer rules."""

from datetime import date, time, timedelta

from govline.calendar import Calendar, Programme, SlotRule


def rolling(*times, days=3):
    return Programme("p", rules=[SlotRule([(each, time(each.hour + 1)) for each in times], 2, rolling=days)])


def ahead(db, calendar):
    return [slot.starts for slot in db.read(lambda tx: calendar.slots(tx, "p")) if slot.capacity]


def test_rules_that_roll_get_their_next_day(any_db, clock):
    calendar = Calendar([rolling(time(9))])
    any_db.run(calendar.prepare)
    before = ahead(any_db, calendar)
    clock.advance(timedelta(days=1))
    any_db.run(lambda tx: calendar.keep_up(tx, "p"))
    assert ahead(any_db, calendar)[-1] == before[-1] + timedelta(days=1)


def test_a_process_with_older_rules_takes_no_published_slot_away(any_db, clock):
    older, newer = Calendar([rolling(time(9))]), Calendar([rolling(time(9), time(14))])
    any_db.run(older.prepare)
    any_db.run(lambda tx: newer.lay_out(tx, "p"))
    published = ahead(any_db, newer)
    any_db.run(lambda tx: older.keep_up(tx, "p"))
    clock.advance(timedelta(hours=3))
    any_db.run(lambda tx: older.keep_up(tx, "p"))
    assert ahead(any_db, newer) == published
    any_db.run(lambda tx: older.lay_out(tx, "p"))
    assert len(ahead(any_db, older)) < len(published), "who lays out anew means it"


def test_what_nobody_has_laid_out_yet_is_laid_out(any_db):
    calendar = Calendar(
        [Programme("p", rules=[SlotRule([(time(9), time(10))], 2, [(date(2027, 1, 5),) * 2])])]
    )
    any_db.run(lambda tx: calendar.keep_up(tx, "p"))
    assert len(ahead(any_db, calendar)) == 1
