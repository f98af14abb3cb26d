"""The audit's chain on both engines: whatever is changed, removed, inserted, reordered or cut off is named."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
from sqlalchemy import text

from govline.core import Actor, Ref
from govline.errors import InputError
from govline.store import _queries_chain as q
from govline.store import audit, chain

FORGED = (
    "INSERT INTO gl_audit SELECT 'forged', at, actor_kind, actor_id, channel, action, subject_kind, subject_id,"
    " data, 7, hash FROM gl_audit WHERE number = 6"
)
STAFF = Actor("staff", "tanaka@hinata.example", "web")


def write(db, count, actor=STAFF):
    for number in range(count):
        db.run(
            lambda tx, n=number: tx.audit("booking.cancel", Ref("booking", f"b{n}"), {"n": n}), actor=actor
        )


def sql(db, statement):
    db.run(lambda tx: tx.connection.exec_driver_sql(statement))


@pytest.fixture
def chained(any_db):
    write(any_db, 6)
    assert chain.verify(any_db).open == 6
    assert chain.chain_all(any_db) == 6
    verdict = chain.verify(any_db)
    assert (verdict.broken, verdict.entries, verdict.open) == (None, 6, 0)
    return any_db


@pytest.mark.parametrize(
    ("statements", "number", "what"),
    [
        (["UPDATE gl_audit SET action = 'x.y' WHERE number = 3"], 3, "changed"),
        (["UPDATE gl_audit SET data = '{\"n\":9}' WHERE number = 2"], 2, "changed"),
        (["UPDATE gl_audit SET actor_id = 'p0' WHERE number = 4"], 4, "changed"),
        (["DELETE FROM gl_audit WHERE number = 2"], 2, "removed"),
        (["DELETE FROM gl_audit WHERE number = 6"], 6, "truncated"),
        (
            [
                "UPDATE gl_audit SET number = 99 WHERE number = 2",
                "UPDATE gl_audit SET number = 2 WHERE number = 5",
                "UPDATE gl_audit SET number = 5 WHERE number = 99",
            ],
            2,
            "changed",
        ),
        (["UPDATE gl_audit SET number = 99 WHERE number = 6"], 6, "truncated"),
        (
            [FORGED],
            7,
            "inserted",
        ),
    ],
)
def test_the_first_broken_entry_is_named(chained, statements, number, what):
    for statement in statements:
        sql(chained, statement)
    broken = chain.verify(chained).broken
    assert (broken.number, broken.what) == (number, what)


def test_an_entry_dated_back_is_named_although_it_was_chained(chained, clock):
    clock.advance(timedelta(days=1))
    write(chained, 1)
    chain.chain_all(chained)
    clock.advance(timedelta(days=-1))
    write(chained, 1)
    chain.chain_all(chained)
    assert chain.verify(chained).broken.what == "inserted"


def test_an_anchor_shows_a_chain_that_was_cut_and_built_anew(chained):
    anchor = chain.verify(chained).anchor
    assert chain.verify(chained, anchor=anchor).broken is None
    sql(chained, "DELETE FROM gl_audit WHERE number = 6")
    sql(
        chained,
        "UPDATE gl_audit_head SET number = 5, hash = (SELECT hash FROM gl_audit WHERE number = 5)",
    )
    assert chain.verify(chained).broken is None
    assert chain.verify(chained, anchor=anchor).broken.what == "truncated"
    write(chained, 1)
    chain.chain_all(chained)
    assert chain.verify(chained, anchor=anchor).broken.what == "anchor"
    with pytest.raises(InputError, match="GL-1140"):
        chain.verify(chained, anchor="yesterday")


def test_persons_stand_under_pseudonyms_and_are_still_found(any_db, keys):
    citizen = "0190-citizen"
    any_db.run(lambda tx: tx.audit("a.b", Ref("citizen", citizen), {"citizen": citizen}), actor=STAFF)
    chain.chain_all(any_db)
    row = any_db.read(
        lambda tx: tx.connection.execute(text("SELECT actor_id, subject_id, data FROM gl_audit")).one()
    )
    assert STAFF.id not in str(row)
    assert citizen not in str(row)
    found = any_db.read(lambda tx: audit.list(tx, actor=STAFF))
    assert found == any_db.read(lambda tx: audit.list(tx, subject=Ref("citizen", citizen)))
    assert len(found) == 1
    assert any_db.read(lambda tx: chain.pseudonym(tx, "machine", "m1")) == "m1"


def test_a_citizen_is_forgotten_before_the_pass_and_the_chain_holds(any_db):
    any_db.run(lambda tx: tx.audit("a.b", Ref("citizen", "c1"), {"citizen": "c1"}))
    name = any_db.run(lambda tx: chain.forget(tx, "c1"))
    assert any_db.read(lambda tx: audit.list(tx))[0].subject_id == name
    chain.chain_all(any_db)
    assert chain.verify(any_db).broken is None
    assert any_db.read(lambda tx: audit.list(tx))[0].subject_id == name


def test_several_workers_at_once_keep_one_chain(any_db):
    def busy(number):
        write(any_db, 15, Actor("staff", f"s{number}", "web"))
        chain.chain_all(any_db)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(busy, range(4)))
    chain.chain_all(any_db)
    verdict = chain.verify(any_db)
    assert (verdict.entries, verdict.open, verdict.broken) == (60, 0, None)


@pytest.mark.parametrize("guard", [True, False])
def test_a_worker_that_meets_another_turns_away(postgres_db, monkeypatch, guard):
    """Without the lock both give the same number, and only the unique index saves the chain."""
    write(postgres_db, 6)
    postgres_db.run(lambda tx: chain.chain(tx, limit=1))
    if not guard:
        monkeypatch.setattr(q, "LOCK_HEAD", q.READ_HEAD)
    locked, other_done = Event(), Event()
    real = chain._lock

    def slow(tx):
        head = real(tx)
        if not locked.is_set():
            locked.set()
            assert other_done.wait(10)
        return head

    monkeypatch.setattr(chain, "_lock", slow)
    with ThreadPoolExecutor(1) as thread:
        first = thread.submit(postgres_db.run, lambda tx: chain.chain(tx, limit=1))
        assert locked.wait(10)
        second = postgres_db.run(lambda tx: chain.chain(tx, limit=3))
        other_done.set()
        failure = first.exception()
    assert second == (0 if guard else 3)
    assert (failure is None) == guard
    assert chain.verify(postgres_db).broken is None
