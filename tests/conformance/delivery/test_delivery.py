"""Delivery on both engines: frozen batches, a ledger that adds up, fates that are recorded once."""

import json
from datetime import timedelta

import pytest

from govline.city import City
from govline.core import Dead, Done, Retry, Unknown
from govline.core.messages import Text
from govline.delivery import batch, freeze, ledger, record_batch, run, runs
from govline.delivery.service import ledger_counts
from govline.errors import InputError, MessageError, StoreError
from govline.line.effects import MulticastHandler
from govline.store import identity
from govline.store.pump import Pump

HELLO = (Text("明日は燃えるごみの日です"),)


def citizens(db, count, *, start=0):
    return db.run(
        lambda tx: [identity.citizen_of(tx, f"U{number:032x}") for number in range(start, start + count)]
    )


def frozen(db, recipients, **kwargs):
    terms = {"key": "k", "source": "test", "messages": HELLO, "recipients": recipients} | kwargs
    return db.run(lambda tx: freeze(tx, **terms))


def offers(db):
    return City(db)._assembly.offers["delivery"]


def batch_ids(db):
    from sqlalchemy import text

    sql = text("SELECT payload FROM gl_outbox WHERE topic = 'line.multicast' ORDER BY id")
    return [json.loads(row[0])["batch"] for row in db.read(lambda tx: tx.connection.execute(sql).all())]


def test_recipients_are_cut_in_order_without_doubles(any_db):
    people = citizens(any_db, 1_203)
    people.reverse()
    done = frozen(any_db, iter([*people, *people[:50]]), unit="gomi_2026")
    assert (done.batches, done.counts.planned, done.counts.total, done.finished) == (3, 1_203, 1_203, None)
    found = [any_db.read(lambda tx, each=each: batch(tx, each)) for each in batch_ids(any_db)]
    assert [len(each.citizens) for each in found] == [500, 500, 203]
    assert [who for each in found for who in each.citizens] == people
    assert len({each.retry_key for each in found}) == 3
    assert {each.unit for each in found} == {"gomi_2026"}
    assert json.loads(found[0].messages) == [{"type": "text", "text": HELLO[0].text}]
    assert people[0] not in repr(found[0])


def test_the_same_key_is_the_same_run(any_db):
    people = citizens(any_db, 3)
    first = frozen(any_db, people)
    assert frozen(any_db, people) == first
    assert len(batch_ids(any_db)) == 1
    with pytest.raises(InputError, match="GL-1052"):
        frozen(any_db, people, messages=[Text("別の文")])


def test_a_retry_after_a_block_is_the_same_request(any_db):
    people = citizens(any_db, 4)
    frozen(any_db, people)
    (one,) = batch_ids(any_db)
    before = any_db.read(lambda tx: batch(tx, one))
    any_db.run(lambda tx: identity.set_blocked(tx, people[2], True))
    assert any_db.read(lambda tx: batch(tx, one)) == before


def test_blocked_and_unknown_people_are_left_out_with_a_reason(any_db):
    people = citizens(any_db, 5)
    any_db.run(lambda tx: identity.set_blocked(tx, people[1], True))
    done = frozen(any_db, [*people, "nobody"])
    assert (done.counts.planned, done.counts.not_reached) == (4, 2)
    rows = {row.citizen: (row.state, row.reason) for row in any_db.read(lambda tx: ledger(tx, done.id))}
    assert rows[people[1]] == ("not_reached", "blocked")
    assert rows["nobody"] == ("not_reached", "no LINE account")
    assert rows[people[0]] == ("planned", "")
    found = any_db.read(lambda tx: batch(tx, batch_ids(any_db)[0]))
    assert found.citizens == (people[0], *people[2:])


def test_fates_reach_the_ledger_and_end_the_run_once(any_db, clock):
    done = frozen(any_db, citizens(any_db, 1_100))
    first, second, third = batch_ids(any_db)
    any_db.run(lambda tx: record_batch(tx, first, Done()))
    any_db.run(lambda tx: record_batch(tx, second, Retry("busy")))
    any_db.run(lambda tx: record_batch(tx, second, Dead("expired")))
    clock.advance(timedelta(minutes=1))
    any_db.run(lambda tx: record_batch(tx, third, Unknown("24 h")))
    after = any_db.read(lambda tx: run(tx, done.id))
    assert (after.counts.sent, after.counts.not_reached, after.counts.unknown, after.counts.planned) == (
        500,
        500,
        100,
        0,
    )
    assert after.counts == any_db.read(lambda tx: ledger_counts(tx, done.id))
    assert after.finished == clock.now()
    clock.advance(timedelta(minutes=1))
    any_db.run(lambda tx: record_batch(tx, third, Done()))
    any_db.run(lambda tx: record_batch(tx, third, Dead("late")))
    corrected = any_db.read(lambda tx: run(tx, done.id))
    assert (corrected.counts.sent, corrected.counts.unknown, corrected.finished) == (600, 0, after.finished)
    assert corrected.counts == any_db.read(lambda tx: ledger_counts(tx, done.id))


def test_a_run_for_nobody_is_finished_at_once(any_db):
    done = frozen(any_db, [])
    assert (done.batches, done.counts.total) == (0, 0)
    assert done.finished is not None


def test_a_failing_unit_leaves_nothing(any_db):
    people = citizens(any_db, 3)

    def work(tx):
        freeze(tx, key="k", source="test", messages=HELLO, recipients=people)
        raise LookupError

    with pytest.raises(LookupError):
        any_db.run(work)
    assert any_db.read(runs) == ()
    assert batch_ids(any_db) == []


def test_terms_are_checked_first(any_db, clock):
    for terms, error in (
        ({"unit": "日本"}, InputError),
        ({"unit": "a" * 31}, InputError),
        ({"due": clock.now(), "expires": clock.now()}, InputError),
        ({"messages": []}, MessageError),
        ({"messages": HELLO * 6}, MessageError),
    ):
        with pytest.raises(error):
            frozen(any_db, [], **terms)
    assert any_db.read(runs) == ()
    with pytest.raises(StoreError, match="GL-1053"):
        any_db.read(lambda tx: batch(tx, "none"))


def test_due_and_expiry_pass_to_the_outbox(any_db, clock):
    from sqlalchemy import text

    due, expires = clock.now() + timedelta(hours=1), clock.now() + timedelta(hours=2)
    frozen(any_db, citizens(any_db, 1), due=due, expires=expires)
    sql = text("SELECT due, expires FROM gl_outbox WHERE topic = 'line.multicast'")
    from govline.core import to_micros

    assert [tuple(row) for row in any_db.read(lambda tx: tx.connection.execute(sql).all())] == [
        (to_micros(due), to_micros(expires))
    ]


def test_runs_are_paged_newest_first_and_checks_are_well(any_db, clock):
    made = []
    for number in range(3):
        clock.advance(timedelta(seconds=1))
        made.append(frozen(any_db, citizens(any_db, 2), key=f"k{number}").id)
    first = any_db.read(lambda tx: runs(tx, limit=2))
    rest = any_db.read(lambda tx: runs(tx, before=first[-1].id))
    assert [each.id for each in (*first, *rest)] == made[::-1]
    assert all(any_db.read(check.run) in ([], ()) for check in offers(any_db).checks)
    assert [row["planned"] for row in any_db.read(offers(any_db).view)] == [2, 2, 2]


def test_the_check_finds_a_ledger_that_does_not_add_up(any_db):
    from sqlalchemy import text

    frozen(any_db, citizens(any_db, 2))
    any_db.run(
        lambda tx: (
            tx.connection.execute(text("DELETE FROM gl_delivery_recipient WHERE position = 0")) and None
        )
    )
    check = next(each for each in offers(any_db).checks if each.name == "delivery.counts")
    assert len(any_db.read(check.run)) == 1


def test_erasing_a_person_keeps_the_counts(any_db):
    people = citizens(any_db, 3)
    done = [frozen(any_db, people, key=key) for key in ("a", "b")]
    erase = offers(any_db).erase
    any_db.run(lambda tx: erase(tx, people[0]))
    for each in done:
        rows = any_db.read(lambda tx, each=each: ledger(tx, each.id))
        assert len(rows) == 3
        assert people[0] not in {row.citizen for row in rows}


def test_what_expires_before_it_is_sent_is_not_reached(any_db, clock):
    made = frozen(any_db, citizens(any_db, 3), expires=clock.now() + timedelta(hours=1))
    clock.advance(timedelta(hours=1))
    pump = Pump(any_db, {"line.multicast": MulticastHandler(any_db, messenger=None, gate=None)})
    pump.run_once()
    done = any_db.read(lambda tx: run(tx, made.id))
    assert (done.counts.not_reached, done.finished) == (3, clock.now())
    assert {row.reason for row in any_db.read(lambda tx: ledger(tx, made.id))} == {"expired"}
