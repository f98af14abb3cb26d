"""A town that sends: staff, citizens, and a worker of few lines that carries batches out."""

import json

import pytest
from sqlalchemy import text

from govline.core import Actor, Done
from govline.delivery import Delivery, FrozenBatch, Rules, Setup
from govline.store import identity

TANAKA, SATO, SUZUKI = (Actor("staff", name, "web") for name in ("tanaka", "sato", "suzuki"))


class Town:
    """Delivery over one database; `sent` holds every batch that LINE would have seen, in order."""

    def __init__(self, db, rules=None, sources=None):
        self.db = db
        self.delivery = Delivery(Setup(rules or Rules()), sources)
        self.sent = []
        self._seen = set()

    def __call__(self, verb, *words, by=TANAKA, **named):
        return self.db.run(lambda tx: getattr(self.delivery, verb)(tx, *words, **named), actor=by)

    def citizens(self, count, start=0):
        names = [f"U{number:032x}" for number in range(start, start + count)]
        return self.db.run(lambda tx: [identity.citizen_of(tx, name) for name in names])

    def approved(self, plan):
        """Preview, request by Tanaka, approve by Sato."""
        seen = self("preview", plan.id)
        asked = self("request", plan.id, seen)
        return self("approve", asked.id, asked.digest, by=SATO)

    def work(self, run_id):
        """What the worker does with `delivery.work`."""
        while self("advance", run_id):
            pass

    def outbox(self):
        """Batches that were handed out and not carried out yet, with their topics."""
        sql = text("SELECT id, topic, payload FROM gl_outbox WHERE topic LIKE 'line.%' ORDER BY id")
        rows = self.db.read(lambda tx: tx.connection.execute(sql).all())
        return [
            (row, topic, json.loads(payload)["batch"])
            for row, topic, payload in rows
            if row not in self._seen
        ]

    def pump(self, fate=None, limit=None):
        """Carry effects out as the LINE edge does: open, call, record."""
        for row, _, batch_id in self.outbox()[:limit]:
            opened = self("open_batch", batch_id)
            ended = opened
            if isinstance(opened, FrozenBatch):
                self.sent.append(opened)
                ended = Done() if fate is None else fate
            self._seen.add(row)
            self("record_batch", batch_id, ended)

    def ledger(self, run_id):
        return self.db.read(lambda tx: list(self.delivery.ledger_table(tx, run_id)))

    def reached(self):
        return [citizen for batch in self.sent for citizen in batch.citizens]


@pytest.fixture
def town(any_db):
    return Town(any_db)


@pytest.fixture
def town_with(any_db):
    return lambda rules=None, sources=None: Town(any_db, rules, sources)


@pytest.fixture
def postgres_town(postgres_db):
    """Where a guard is taken away: only PostgreSQL lets two units run side by side."""
    return lambda rules=None, sources=None: Town(postgres_db, rules, sources)
