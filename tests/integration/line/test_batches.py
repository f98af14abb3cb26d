"""What staff approved goes through City, pump and wire to a simulated LINE: multicast, personal pushes, broadcast; pause and quota."""

from collections import deque

import pytest

from govline import City
from govline.city import LineChannel
from govline.core import Actor
from govline.core.messages import Text
from govline.simulator import ChannelSettings, Fault, LineWorld, Simulator
from govline.store import identity, outbox

TANAKA, SATO = Actor("staff", "tanaka", "web"), Actor("staff", "sato", "web")
CHANNEL = ChannelSettings()


@pytest.fixture
def world(clock):
    return LineWorld(clock=clock, channels=[CHANNEL])


@pytest.fixture
def city(any_db, world):
    with Simulator(world).serve() as url:
        channel = LineChannel(lambda: (CHANNEL.secret,), lambda: CHANNEL.token, api=url, shared_rate=True)
        town = City(any_db, line=channel)
        yield town
        town.pump.close()
        town.messenger.close()


@pytest.fixture
def people(any_db, world):
    users = world.befriend_many(5)
    return dict(any_db.run(lambda tx: [(identity.citizen_of(tx, user), user) for user in users]))


def send(city, **terms):
    """Plan, preview, ask, approve by another, send; the run's id."""
    delivery = city.delivery

    def step(verb, *words, by=TANAKA, **named):
        return city.run(lambda tx: getattr(delivery, verb)(tx, *words, **named), actor=by)

    words = {} if "renderer" in terms else {"messages": [Text("お知らせ")]}
    plan = step("plan", key="k", campaign="c", **words, **terms)
    asked = step("request", plan.id, step("preview", plan.id))
    step("approve", plan.id, asked.digest, by=SATO)
    return step("send", plan.id).id


def texts(world, user):
    return [line.message["text"] for line in world.talk(user) if line.side == "town"]


def sent(world):
    return [line["endpoint"] for line in world.log if line["status"] == 200]


def counts(city, run):
    return city.read(lambda tx: city.delivery.run(tx, run)).counts


def test_a_run_is_one_multicast(city, world, people):
    run = send(city, recipients=[*people], unit="oshirase_11")
    city.settle()
    assert sent(world) == ["multicast"]
    assert {tuple(texts(world, user)) for user in people.values()} == {("お知らせ",)}
    assert counts(city, run).sent == 5
    assert world.channel().units[world.channel().month()] == {"oshirase_11"}


def test_personal_words_are_one_push_each_and_once_under_a_fault(city, world, people, clock):
    def names(tx, facts, citizens):
        return {citizen: [Text(f"{people[citizen][-4:]} 様の投票所")] for citizen in citizens}

    city.delivery.offer_renderer("names", names)
    world.faults.add(Fault("push", "500_after", 2))
    run = send(city, recipients=[*people], renderer={"by": "names"})
    city.settle()
    clock.advance(city.pump._backoff.cap)
    city.settle()
    assert [texts(world, user) for user in people.values()] == [
        [f"{user[-4:]} 様の投票所"] for user in people.values()
    ]
    assert counts(city, run).sent == 5
    assert {line["status"] for line in world.log if line["endpoint"] == "push"} >= {200, 409, 500}


def test_a_broadcast_reaches_every_friend_once_under_a_fault(city, world, people, clock):
    world.faults.add(Fault("broadcast", "cut_after", 1))
    send(city, broadcast=True, emergency=True)
    city.settle()
    clock.advance(city.pump._backoff.cap)
    city.settle()
    assert {tuple(texts(world, user)) for user in people.values()} == {("お知らせ",)}
    assert [line["status"] for line in world.log if line["endpoint"] == "broadcast"] == [200, 409]
    assert world.noted() == []


def test_sixty_broadcasts_an_hour_and_no_more(city, world):
    refused = [city.gate.reserve("broadcast").refused for _ in range(40)]
    assert 15 <= refused.count(0.0) <= 31
    assert min(wait for wait in refused if wait) > 1.0


def test_a_paused_run_sends_nothing_and_goes_on_when_resumed(city, world, people):
    run = send(city, recipients=[*people])
    city.run(lambda tx: city.delivery.pause(tx, run), actor=TANAKA)
    city.settle()
    assert sent(world) == []
    city.run(lambda tx: city.delivery.resume(tx, run), actor=TANAKA)
    city.settle()
    assert sent(world) == ["multicast"]
    assert counts(city, run).sent == 5


def test_a_cancelled_run_sends_nothing(city, world, people):
    run = send(city, recipients=[*people])
    while city.run(lambda tx: city.delivery.advance(tx, run)):
        pass  # frozen, and its batch handed out
    city.run(lambda tx: city.delivery.cancel(tx, run), actor=TANAKA)
    city.settle()
    assert sent(world) == []
    assert counts(city, run).not_reached == 5


def test_our_own_limit_leaves_a_batch_planned_and_unattempted(city, world, people, clock):
    while not city.gate.reserve("multicast").refused:
        pass  # nobody holds: the places are taken far faster than they come
    run = send(city, recipients=[*people])
    city.settle()
    (row,) = city.read(lambda tx: outbox.list(tx, topic="line.multicast"))
    assert world.log == deque()
    assert (row.state, row.attempts, row.first_attempt) == ("asleep", 0, None)
    assert counts(city, run).planned == 5


def test_the_validator_is_lines_own_dry_run(city, world, people):
    run_plan = city.run(
        lambda tx: city.delivery.plan(
            tx, key="v", campaign="c", messages=[Text("検査")], recipients=[*people]
        ),
        actor=TANAKA,
    )
    assert city.delivery.validate(city.database, run_plan.id).validated == run_plan.digest
    assert [line["endpoint"] for line in world.log] == ["validate.multicast"]


def test_who_is_erased_after_a_lost_answer_is_unknown_and_who_before_it_not_reached(
    city, world, people, clock
):
    city.delivery.offer_renderer("own", lambda _tx, _facts, who: {each: [Text("投票所")] for each in who})
    world.faults.add(Fault("push", "cut_after", len(people)))
    run = send(city, recipients=[*people], renderer={"by": "own"})
    city.settle()
    erased = next(iter(people))
    erase = city._assembly.offers["delivery"].erase
    city.run(lambda tx: (erase(tx, erased), identity.erase(tx, erased)))
    clock.advance(city.pump._backoff.cap)
    city.settle()
    assert (counts(city, run).sent, counts(city, run).unknown, counts(city, run).planned) == (4, 1, 0)
    assert [texts(world, user) for user in people.values()] == [["投票所"]] * 5
