"""The guards of the flow hold, and without them the same tests fail."""

import threading
from datetime import timedelta

import psycopg
from sqlalchemy import bindparam, literal, select

from govline.store import Statement, _queries, _queries_inbox, inbox, outbox, outbox_claims
from govline.store._tables import inbox_lane
from govline.testing.flow_inbox import incoming, race
from govline.testing.flow_outbox import effect

EVENTS = [f"e{number:02}" for number in range(12)]


def test_without_the_lane_lock_a_citizen_is_handled_twice_at_once(postgres_db, monkeypatch):
    unlocked = Statement(
        "inbox.lock_lane", select(inbox_lane.c.last_ms).where(inbox_lane.c.lane == bindparam("key"))
    )
    monkeypatch.setattr(_queries_inbox, "LOCK_LANE", unlocked)
    postgres_db.run(lambda tx: inbox.receive(tx, [incoming(key, at=at) for at, key in enumerate(EVENTS)]))
    assert race(postgres_db, "c1", workers=4) != EVENTS


def _end_while_another_enqueues(db, joined_first):
    """One effect of a key ends while a transaction that puts another behind it has not committed yet."""
    first = db.run(lambda tx: tx.enqueue(effect("a", order_key="k")))
    (job,) = db.run(lambda tx: outbox_claims.claim(tx, "line", 1, tx.now, tx.now + timedelta(minutes=1)))
    ending = threading.Thread(target=lambda: db.run(lambda tx: outbox_claims.end(tx, job, "done")))
    with db.begin() as tx:
        second = tx.enqueue(effect("b", order_key="k"))
        ending.start()
        if joined_first:
            ending.join()
    ending.join()
    assert job.id == first
    return db.read(lambda tx: outbox.explain(tx, second).state)


def test_nobody_is_left_waiting_behind_an_effect_that_has_ended(postgres_db):
    assert _end_while_another_enqueues(postgres_db, joined_first=False) == "ready"


def test_without_the_order_lock_somebody_is_left_waiting_for_ever(postgres_db, monkeypatch):
    monkeypatch.setattr(_queries, "LOCK_ORDER", Statement("outbox.lock_order", select(literal(1))))
    assert _end_while_another_enqueues(postgres_db, joined_first=True) == "waiting"


FILLERS, PAGE = 8_000, 1_000


def _fill(tx, start):
    """A town with history: most rows have ended, as in a real outbox and inbox."""
    now = tx.now
    row = {
        "queue": "line", "topic": "line.push", "version": 1, "payload": {}, "order_key": None, "position": 0, "strict": True,
        "priority": 0, "enqueued": now, "due": now, "expires": None, "wake": None, "fence": 1, "attempts": 1,
        "first_attempt": now, "reason": "",
    }  # fmt: skip
    kinds = [("done", now)] * 49 + [("ready", None)]
    tx.write_many(
        _queries.INSERT,
        (
            {
                **row,
                "id": f"{n:08}",
                "dedupe": str(n),
                "state": kinds[n % 50][0],
                "ended": kinds[n % 50][1],
                "order_key": f"c{n % 700}",
            }
            for n in range(start, start + PAGE)
        ),
    )
    event = {
        "kind": "message.text", "sequence": 0, "body": "", "reply_token": "", "sealed": False, "attempts": 1,
        "code": "", "received": now, "citizen": None,
    }  # fmt: skip
    tx.write_many(
        _queries_inbox.INSERT,
        (
            {
                **event,
                "id": f"{n:08}",
                "lane": f"c{n % 700}",
                "timestamp_ms": n,
                "state": "received" if n % 50 == 0 else "done",
                "ended": None if n % 50 == 0 else now,
            }
            for n in range(start, start + PAGE)
        ),
    )


HOT = {
    "outbox.claim": (_queries.CLAIM, "gl_outbox_ready"),
    "outbox.wake": (_queries.WAKE, "gl_outbox_wake"),
    "outbox.wake_due": (_queries.WAKE_DUE, "gl_outbox_wake"),
    "outbox.next_queue": (_queries.NEXT_QUEUE, "gl_outbox_ready"),
    "outbox.head_of_order": (_queries.HEAD_OF_ORDER, "gl_outbox_open"),
    "inbox.waiting_lanes": (_queries_inbox.WAITING_LANES, "gl_inbox_waiting"),
    "inbox.next": (_queries_inbox.NEXT, "gl_inbox_waiting"),
}


def test_hot_statements_use_their_indexes(any_db):
    for start in range(0, FILLERS, PAGE):
        any_db.run(lambda tx, start=start: _fill(tx, start))
    any_db.run(lambda tx: tx.connection.exec_driver_sql("ANALYZE"))
    now = any_db.clock.now()
    params = {
        "now": now, "limit": 50, "from_queue": "line", "after": "", "lease_until": now, "key": "c1",
        "before": now,
    }  # fmt: skip
    explain = "EXPLAIN QUERY PLAN " if any_db.dialect == "sqlite" else "EXPLAIN "

    def plan_of(tx, statement):
        plan = statement.plan(any_db.dialect)
        driver = tx.connection.connection.driver_connection
        cursor = driver.cursor() if any_db.dialect == "sqlite" else psycopg.RawCursor(driver)
        cursor.execute(explain + plan.sql, tuple(plan.encode(params)))
        return "\n".join(str(row[-1]) for row in cursor.fetchall())

    for name, (statement, index) in HOT.items():
        told = any_db.run(lambda tx, statement=statement: plan_of(tx, statement))
        assert index in told, (name, told)
        assert "SCAN gl_outbox\n" not in f"{told}\n", (name, told)
        assert "Seq Scan" not in told, (name, told)
