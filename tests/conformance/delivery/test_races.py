"""Delivery under concurrency: one run a key, and exactly one of two last batches ends the run."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import bindparam, exists, select, text, update

from govline.core import Done
from govline.core.messages import Text
from govline.delivery import _queries as q
from govline.delivery import freeze, record_batch, run, runs
from govline.delivery._tables import batches
from govline.delivery._tables import runs as runs_table
from govline.delivery.service import ledger_counts
from govline.store import Statement, identity

WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted")


def citizens(db, count):
    return db.run(lambda tx: [identity.citizen_of(tx, f"U{number:032x}") for number in range(count)])


def frozen(db, people, key="k"):
    return db.run(
        lambda tx: freeze(tx, key=key, source="test", messages=[Text("お知らせ")], recipients=iter(people))
    )


def batch_ids(db, run_id):
    query = select(batches.c.id).where(batches.c.run_id == run_id).order_by(batches.c.number)
    return db.read(lambda tx: list(tx.connection.execute(query).scalars()))


def test_one_key_is_one_run_however_many_ask_at_once(any_db):
    people = citizens(any_db, 700)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: frozen(any_db, people).id, range(16)))
    assert len(set(found)) == 1
    (only,) = any_db.read(runs)
    assert (only.batches, only.counts.planned) == (2, 700)
    assert any_db.read(lambda tx: ledger_counts(tx, only.id)) == only.counts


def record_both_at_once(db):
    """The first recorder holds its transaction open until the second waits for it, or has already ended."""
    made = frozen(db, citizens(db, 600))
    first, second = batch_ids(db, made.id)
    other = threading.Thread(target=lambda: db.run(lambda tx: record_batch(tx, second, Done())))
    with db.begin() as tx:
        record_batch(tx, first, Done())
        other.start()
        end = time.monotonic() + 20
        while other.is_alive() and not tx.connection.execute(WAITING).scalar_one():
            assert time.monotonic() < end
    other.join()
    return db.read(lambda tx: run(tx, made.id))


def test_of_two_last_batches_one_ends_the_run(postgres_db):
    done = record_both_at_once(postgres_db)
    assert done.finished is not None
    assert done.counts.sent == 600


def test_without_the_runs_own_row_nobody_ends_it(postgres_db, monkeypatch):
    waiting = exists().where(batches.c.run_id == runs_table.c.id, batches.c.state == "planned")
    mine = runs_table.c.id == bindparam("run")
    close = update(runs_table).where(mine, runs_table.c.id == "").values(open_batches=0)
    finish = update(runs_table).where(mine, ~waiting).values(finished_at=bindparam("now"))
    monkeypatch.setattr(q, "CLOSE_RUN_BATCH", Statement("test.close", close))
    monkeypatch.setattr(q, "FINISH_RUN", Statement("test.finish", finish))
    assert record_both_at_once(postgres_db).finished is None
