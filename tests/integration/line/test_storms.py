"""Everything goes wrong at once: each recipient has exactly one message or stands in the ledger as not sure to have it."""

import threading
from collections import Counter
from datetime import timedelta

import pytest

from govline import City, delivery
from govline.city import LineChannel
from govline.core.messages import Text
from govline.delivery import service
from govline.simulator import ChannelSettings, Fault, LineWorld, Simulator
from govline.store import Database, identity
from govline.store.policies import QueueLimit

PEOPLE = 240
BATCH = 12
STORM = ("500", "500_after", "429_rate", "429_audience", "cut", "cut_after", "timeout_after")
ROUNDS = 80


class Storm:
    """A simulated LINE, two workers on one database, and a clock that jumps between their rounds."""

    def __init__(self, db, second, clock, *, seed=0, quota=None, workers=8):
        self.clock = clock
        settings = ChannelSettings(quota=quota)
        self.world = LineWorld(clock=clock, channels=[settings], seed=seed)
        self.users = self.world.befriend_many(PEOPLE)
        self.simulator = Simulator(self.world)
        self.databases = [db, second]
        self.settings = settings
        self.queues = {"delivery": QueueLimit(workers=workers, ahead=2)}

    def city(self, database, url):
        channel = LineChannel(
            lambda: (self.settings.secret,), lambda: self.settings.token, api=url, timeout=0.25
        )
        return City(database, line=channel, queues=self.queues)

    def freeze(self):
        db = self.databases[0]
        citizens = db.run(lambda tx: [identity.citizen_of(tx, user) for user in self.users])
        self.people = dict(zip(citizens, self.users, strict=True))
        return db.run(
            lambda tx: delivery.freeze(
                tx, key="k", source="test", messages=[Text("避難訓練")], recipients=citizens
            )
        ).id

    def rage(self, *, kinds=STORM, probability=0.09):
        for kind in kinds:
            self.world.faults.add(Fault("multicast", kind, None, probability, 0.6))

    def weather(self, run, *, until=lambda: False):
        """Rounds of both workers at once until the run has ended; a worker may vanish in the midst of one."""
        with self.simulator.serve() as url:
            cities = [self.city(database, url) for database in self.databases]
            try:
                for _ in range(ROUNDS):
                    threads = [threading.Thread(target=city.pump.run_once) for city in cities]
                    for thread in threads:
                        thread.start()
                    for thread in threads:
                        thread.join()
                    if self.run(run).finished or until():
                        return
                    self.clock.advance(timedelta(minutes=3))
            finally:
                self.simulator.api.release()
                for city in cities:
                    city.pump.close()
                    city.messenger.close()

    def run(self, run):
        return self.databases[0].read(lambda tx: delivery.run(tx, run))

    def states(self, run):
        rows = self.databases[0].read(lambda tx: delivery.ledger(tx, run))
        return {self.people[row.citizen]: (row.state, row.reason) for row in rows}

    def got(self):
        channel = self.world.channel()
        return Counter(
            {user: sum(line.side == "town" for line in channel.talks[user]) for user in self.users}
        )

    def calls(self, status):
        return [
            line for line in self.world.log if line["endpoint"] == "multicast" and line["status"] == status
        ]


@pytest.fixture
def storm(any_db, clock, request, keys, monkeypatch):
    monkeypatch.setattr("govline.delivery.freezing.BATCH_SIZE", BATCH)
    opened = []

    def make(**facts):
        sqlite = any_db.dialect == "sqlite"
        url = f"sqlite:///{any_db.engine.path}" if sqlite else request.getfixturevalue("postgres_18")
        opened.append(Database.open(url, town="hinata", clock=clock, keys=keys, schema=any_db.schema))
        return Storm(any_db, opened[0], clock, **facts)

    yield make
    for database in opened:
        database.close()


def check(storm, run):
    """The heart: who has how many messages, against what the ledger says."""
    got, states = storm.got(), storm.states(run)
    assert max(got.values()) <= 1
    for user, count in got.items():
        state, reason = states[user]
        assert state in ("sent", "unknown") if count else state in ("unknown", "not_reached"), (state, reason)
    assert storm.world.noted() == []
    assert [line for line in storm.calls(429) if line["fault"] is None] == []  # none beyond LINE's rate
    counts = storm.run(run).counts
    assert counts == storm.databases[0].read(lambda tx: service.ledger_counts(tx, run))
    assert counts.total == PEOPLE
    return counts


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_each_has_exactly_one_message_through_a_storm(storm, seed):
    wild = storm(seed=seed)
    run = wild.freeze()
    wild.rage()
    wild.weather(run)
    counts = check(wild, run)
    assert counts.sent == PEOPLE
    assert {line["fault"] for line in wild.world.log} >= {"500_after", "cut_after"}


def test_without_frozen_retry_keys_the_storm_doubles(storm, monkeypatch):
    wild = storm(seed=1)
    run = wild.freeze()
    numbers = iter(range(10**6))
    monkeypatch.setattr(
        "govline.line.bulk.retry_header", lambda key: {"X-Line-Retry-Key": f"{key[:-6]}{next(numbers):06x}"}
    )
    wild.rage()
    wild.weather(run)
    assert max(wild.got().values()) > 1


def test_what_never_answers_for_a_day_ends_unknown_and_nobody_has_it_twice(storm):
    wild = storm(seed=4)
    run = wild.freeze()
    wild.rage(kinds=("cut_after",), probability=1.0)
    wild.world.faults.add(Fault("multicast", "500", None))
    end = wild.clock.now() + timedelta(hours=25)
    while wild.clock.now() < end and not wild.run(run).finished:
        wild.weather(run, until=lambda: True)
        wild.clock.advance(timedelta(hours=2))
        wild.world.faults.clear()
        wild.world.faults.add(Fault("multicast", "500", None))
    counts = check(wild, run)
    assert (counts.unknown, counts.planned) == (PEOPLE, 0)


def test_after_the_quota_the_rest_is_not_reached_and_line_is_left_in_peace(storm):
    wild = storm(quota=100, workers=1)
    run = wild.freeze()
    wild.weather(run)
    counts = check_quota(wild, run)
    assert counts.sent == 100 // BATCH * BATCH
    assert counts.not_reached == PEOPLE - counts.sent
    assert {reason[:7] for state, reason in wild.states(run).values() if state == "not_reached"} == {
        "GL-8021"
    }


def check_quota(storm, run):
    assert max(storm.got().values()) <= 1
    assert len(storm.calls(429)) <= 4  # what was under way in both workers; not one for each batch
    return storm.run(run).counts


def test_a_worker_that_vanishes_with_its_batches_loses_none(storm):
    wild = storm(seed=5)
    run = wild.freeze()
    lost = wild.databases[1]
    lost.run(lambda tx: _claim_all(tx, wild.clock.now()))  # claimed, and never heard of again
    wild.rage(kinds=("500_after",), probability=0.3)
    wild.weather(run)
    assert check(wild, run).sent == PEOPLE


def _claim_all(tx, now):
    from govline.store import outbox_claims

    taken = outbox_claims.claim(tx, "delivery.test", 7, now, now + timedelta(minutes=2))
    for job in taken[:3]:
        service.open_batch(tx, job.payload["batch"])  # these may even have been accepted
    return taken
