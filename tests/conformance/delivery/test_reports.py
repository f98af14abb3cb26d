"""Reports: one shape for all kinds of sending, and blocks that belong to the last message before them."""

from datetime import timedelta

import pytest

from govline.core.messages import Text
from govline.delivery import Refused, Rules
from govline.errors import InputError
from govline.store import identity

HELLO = [Text("こんにちは")]
DAY = timedelta(days=1)


@pytest.fixture
def town(town_with):
    return town_with(Rules())


def sent(town, key, people=None, **more):
    more = more or {"recipients": people}
    plan = town("plan", key=key, campaign="news", messages=HELLO, **more)
    town.approved(plan)
    run = town("send", plan.id)
    assert not isinstance(run, Refused)
    town.work(run.id)
    town.pump()
    return run.id


def block(town, citizen, *, blocked=True):
    town.db.run(lambda tx: identity.set_blocked(tx, citizen, blocked))


def report(town, run, **more):
    return town("report", run, **more)


def test_a_block_belongs_to_the_last_message_before_it(town, clock):
    people = town.citizens(6)
    first = sent(town, "a", people)
    clock.advance(timedelta(hours=1))
    block(town, people[0])
    clock.advance(timedelta(hours=1))
    second = sent(town, "b", people[1:4])
    clock.advance(timedelta(hours=1))
    block(town, people[1])
    block(town, people[5])  # got the first one only
    assert [report(town, run).blocks for run in (first, second)] == [2, 1]
    assert report(town, first).block_rate == pytest.approx(2 / 6)
    assert (report(town, second).people, report(town, second).counted) == (3, True)


def test_a_block_after_the_window_belongs_to_nothing(town, clock):
    people = town.citizens(3)
    run = sent(town, "a", people)
    assert not report(town, run).complete
    clock.advance(3 * DAY)
    block(town, people[0])
    clock.advance(timedelta(seconds=1))
    block(town, people[1])
    assert report(town, run).blocks == 1  # the window's last moment counts
    assert report(town, run, days=4).blocks == 2
    assert report(town, run).complete
    with pytest.raises(InputError, match="GL-1090"):
        report(town, run, days=0)


def test_who_blocks_twice_counts_once_and_before_it_not_at_all(town, clock):
    people = town.citizens(3)
    block(town, people[0])
    clock.advance(timedelta(hours=1))
    run = sent(town, "a", people)
    clock.advance(timedelta(hours=1))
    block(town, people[1])
    block(town, people[1], blocked=False)
    clock.advance(timedelta(hours=1))
    block(town, people[1])
    found = report(town, run)
    assert (found.blocks, found.people, dict(found.batches)) == (1, 2, {"sent": 1})


def test_a_message_that_line_did_not_take_is_blamed_for_nothing(town, clock):
    from govline.core import Dead

    people = town.citizens(2)
    plan = town("plan", key="k", campaign="news", messages=HELLO, recipients=people)
    town.approved(plan)
    run = town("send", plan.id)
    town.work(run.id)
    town.pump(Dead("GL-8022 400"))
    clock.advance(timedelta(hours=1))
    block(town, people[0])
    found = report(town, run.id)
    assert (found.people, found.blocks, found.block_rate) == (0, 0, None)
    assert dict(found.batches) == {"not_reached": 1}


def test_a_broadcast_is_told_as_a_whole_with_the_friends_of_its_moment(town, clock):
    people = town.citizens(5)
    block(town, people[0])
    clock.advance(timedelta(hours=1))
    run = sent(town, "all", broadcast=True)
    assert town("ledger", run) == ()
    clock.advance(timedelta(hours=1))
    town.citizens(3, start=50)  # became friends later
    block(town, people[0], blocked=False)
    block(town, people[1])
    found = report(town, run)
    assert (found.people, found.counted, found.blocks) == (4, False, 1)
    assert dict(found.batches) == {"sent": 1}


def test_a_campaign_adds_up(town, clock):
    people = town.citizens(4)
    start = clock.now()
    runs = []
    for day in range(3):
        runs.append(sent(town, f"d{day}", people))
        clock.advance(timedelta(hours=1))
        block(town, people[day])
        clock.advance(DAY)
    found = town("campaign_reports", "news", since=start)
    assert [each.run.id for each in found] == runs[::-1]
    assert (sum(each.blocks for each in found), sum(each.people for each in found)) == (3, 4 + 3 + 2)
    assert town("campaign_reports", "another", since=start) == ()
