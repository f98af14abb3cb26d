"""What has had its time goes, page by page; what is still needed stays, on both engines."""

from datetime import timedelta

import pytest

from govline.core import Done, Effect
from govline.errors import ConfigError
from govline.store import outbox, retention
from govline.store.pump import Pump
from govline.store.worker import clean


class Deliver:
    def run(self, payload, context):
        return Done()

    def record(self, tx, payload, fate):
        pass


def payloads(db):
    from sqlalchemy import text

    return dict(
        db.read(lambda tx: tx.connection.execute(text("SELECT dedupe, payload FROM gl_outbox")).all())
    )


def test_the_text_of_what_was_sent_goes_and_what_waits_keeps_it(any_db, clock):
    def write(tx):
        tx.enqueue(Effect("t.sent", {"text": "canary"}, "sent"))
        tx.enqueue(Effect("t.wait", {"text": "canary"}, "later", due=tx.now + timedelta(days=300)))
        tx.enqueue(Effect("t.stuck", {"text": "canary"}, "stuck"))

    any_db.run(write)
    with_handler = Pump(any_db, {"t.sent": Deliver()})
    with_handler.run_once()
    assert {row.topic: row.state for row in any_db.read(outbox.list)}["t.sent"] == "done"
    assert clean(any_db) == 0
    clock.advance(timedelta(days=7))
    assert retention.sweep(any_db)["outbox.content"] == 1
    assert sum(retention.sweep(any_db).values()) == 0
    found = payloads(any_db)
    assert found["sent"] == "{}"
    assert "canary" in found["later"]
    assert "canary" in found["stuck"]
    again = any_db.run(lambda tx: tx.enqueue(Effect("t.sent", {"text": "x"}, "sent")))
    assert again in {row.id for row in any_db.read(outbox.list)}
    assert payloads(any_db)["sent"] == "{}"
    clock.advance(timedelta(days=24))
    assert retention.sweep(any_db)["outbox.rows"] == 1
    assert "sent" not in payloads(any_db)
    assert "later" in payloads(any_db)


def test_pages_are_small(any_db, clock):
    any_db.run(lambda tx: [tx.enqueue(Effect("t.sent", {"n": n}, str(n))) for n in range(7)])
    Pump(any_db, {"t.sent": Deliver()}).run_once()
    clock.advance(timedelta(days=8))
    counts = [retention.sweep(any_db, limit=3)["outbox.content"] for _ in range(4)]
    assert counts == [3, 3, 1, 0]


def test_a_town_sets_its_own_periods():
    rules = retention.with_periods(retention.RULES, {"outbox.content": 1})
    assert {rule.name: rule.keep for rule in rules}["outbox.content"] == timedelta(days=1)
    for wrong in ({"nothing": 1}, {"outbox.content": -1}, {"outbox.rows": 0}):
        with pytest.raises(ConfigError, match="GL-1124"):
            retention.with_periods(retention.RULES, wrong)
