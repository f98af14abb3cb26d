"""Guards of the pump that no other test would miss."""

import pytest

from govline.core import Done, Effect
from govline.store.pump import Pump


class Quick:
    """Carries anything out at once, and remembers it."""

    def __init__(self):
        self.seen = []

    def run(self, payload, _context):
        self.seen.append(payload["run"])
        return Done()

    def record(self, tx, payload, fate):
        pass


@pytest.fixture
def quick():
    return Quick()


def enqueue(db, queue, number):
    for at in range(number):
        key = f"{queue}-{at}"
        db.run(lambda tx, key=key: tx.enqueue(Effect("t.do", {"run": key}, dedupe=key, queue=queue)))


def test_a_limit_holds_over_all_queues_together(any_db, quick):
    pump = Pump(any_db, {"t.do": quick})
    for queue in ("a", "b", "c"):
        enqueue(any_db, queue, 3)
    assert pump.run_once(limit=4).claimed == 4
    assert len(quick.seen) == 4
    assert pump.run_once().claimed == 5
    pump.close()


def test_a_family_of_queues_shares_its_limits_not_its_threads(any_db, quick):
    from govline.store.policies import QueueLimit

    pump = Pump(any_db, {"t.do": quick}, queues={"delivery": QueueLimit(workers=1, ahead=1)})
    enqueue(any_db, "delivery.a", 3)
    enqueue(any_db, "delivery.b", 3)
    assert pump.step().claimed == 2  # one of each bulkhead
    pump.run_until_idle()
    assert len(quick.seen) == 6
    pump.close()


def test_fates_that_could_not_be_stored_are_stored_later(any_db, quick, monkeypatch):
    pump = Pump(any_db, {"t.do": quick})
    enqueue(any_db, "a", 3)
    pump.step()
    while pump.running:
        pump.wait(1.0)
    with monkeypatch.context() as away:
        away.setattr(pump, "_settle", lambda _page: (_ for _ in ()).throw(OSError("the database is away")))
        with pytest.raises(OSError, match="away"):
            pump.step()
    assert pump.step().done == 3
    pump.close()
