"""Ten thousand machine alerts within a minute: a budget, one of each, the rest held or refused; nobody else waits for them."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from govline.core.messages import Text
from govline.delivery import Accepted, Held, Incoming, Refused, Source

PER_HOUR = 40


def source(**more):
    return Source("l-alert", {"by": "everybody"}, senders=["feed"], per_hour=PER_HOUR, **more)


def alert(number, clock, **more):
    facts = {"sender": "feed", "key": f"doc-{number}", "dated": clock.now(), **more}
    return Incoming(messages=(Text(f"避難指示 {number}"),), **facts)


@pytest.mark.parametrize("alerts", [400, pytest.param(10_000, marks=pytest.mark.slow)])
def test_a_flood_of_alerts_in_a_minute_is_forty_sendings(town_with, clock, alerts):
    town = town_with(sources={"l-alert": source()})
    town.citizens(3)
    came = {Accepted: 0, Held: 0, Refused: 0}

    def offer_many(numbers):
        def offers(tx):
            return [type(town.delivery.offer(tx, "l-alert", alert(n // 2, clock))) for n in numbers]

        return town.db.run(offers)

    for start in range(0, alerts, 200):  # each alert comes twice
        for kind in offer_many(range(start, start + 200)):
            came[kind] += 1
        clock.advance(timedelta(seconds=60 * 200 / alerts))
    assert came == {Accepted: PER_HOUR, Held: alerts // 2 - PER_HOUR, Refused: alerts // 2}
    kept = town.db.read(
        lambda tx: tx.connection.execute(
            text("SELECT state, count(*) FROM gl_delivery_incoming GROUP BY state")
        ).all()
    )
    assert dict(kept) == {"accepted": PER_HOUR, "held": alerts // 2 - PER_HOUR, "refused": alerts // 2}
    assert len(town("runs", limit=1000)) == PER_HOUR


def test_a_flood_of_one_source_takes_nothing_from_another(town_with, clock):
    town = town_with(
        sources={"l-alert": source(), "mail": Source("mail", {"by": "everybody"}, senders=["feed"])}
    )
    town.citizens(2)
    for number in range(PER_HOUR + 5):
        town("offer", "l-alert", alert(number, clock))
    assert isinstance(town("offer", "l-alert", alert(99, clock)), Held)
    accepted = town("offer", "mail", alert(100, clock))
    assert isinstance(accepted, Accepted)
    for run in town("runs", limit=100):
        town.work(run.id)
    queues = town.db.read(
        lambda tx: tx.connection.execute(
            text("SELECT DISTINCT queue FROM gl_outbox WHERE topic = 'line.multicast'")
        ).all()
    )
    assert {queue for (queue,) in queues} == {"delivery.l-alert", "delivery.mail"}  # a bulkhead each


def test_the_budget_comes_back_with_the_hour(town_with, clock):
    town = town_with(sources={"l-alert": source()})
    for number in range(PER_HOUR):
        assert isinstance(town("offer", "l-alert", alert(number, clock)), Accepted)
    assert isinstance(town("offer", "l-alert", alert(1000, clock)), Held)
    clock.advance(timedelta(hours=1, seconds=1))
    assert isinstance(town("offer", "l-alert", alert(1001, clock)), Accepted)
