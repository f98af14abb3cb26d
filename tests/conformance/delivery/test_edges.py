"""Edges that no other test stood on: found by breaking single lines."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time
from unittest.mock import patch

from sqlalchemy import text

from govline.core import Actor, Dead
from govline.core.messages import Text
from govline.delivery import Caps, Quiet, Refused, Rules, campaigns, running

SATO = Actor("staff", "sato", "web")
WORDS = [Text("お知らせ")]


def approved(town, key, **more):
    plan = town("plan", key=key, campaign="c", messages=WORDS, selection={"by": "everybody"}, **more)
    return town.approved(plan)


def test_quiet_hours_begin_on_the_second():
    start = datetime(2026, 11, 20, 12, tzinfo=UTC)  # 21:00 in Japan
    assert Quiet(time(21), time(8)).until(start) == datetime(2026, 11, 20, 23, tzinfo=UTC)


def test_a_batch_that_ended_is_not_sent_again_once_its_run_is_cancelled(town):
    town.citizens(501)
    plan = approved(town, "k")
    town("send", plan.id)
    town.work(plan.id)
    (_, _, first), _ = town.outbox()
    town("open_batch", first)
    town("record_batch", first, Dead("GL-8022 400"))
    town("cancel", plan.id)
    assert isinstance(town("open_batch", first), Dead)


def test_resuming_wakes_the_worker(town):
    town.citizens(1)
    plan = approved(town, "k")
    town("send", plan.id)
    town.work(plan.id)
    count = text("SELECT count(*) FROM gl_outbox WHERE topic = 'delivery.work'")
    before = town.db.read(lambda tx: tx.connection.execute(count).scalar())
    town("pause", plan.id)
    town("resume", plan.id)
    assert town.db.read(lambda tx: tx.connection.execute(count).scalar()) == before + 1


def test_words_that_line_would_not_take_leave_one_out_and_not_all(town):
    people = town.citizens(2)
    wrong = set()
    town.delivery.offer_renderer(
        "own", lambda _tx, _facts, who: {each: [Text("x")] * (6 if each in wrong else 1) for each in who}
    )
    plan = town("plan", key="k", campaign="c", recipients=people, renderer={"by": "own"})
    town.approved(plan)
    wrong.add(people[1])  # since the approval
    town("send", plan.id)
    town.work(plan.id)
    town.pump()
    assert town.reached() == [people[0]]
    assert [why for who, _, why in town.ledger(plan.id) if who == people[1]] == ["no message"]


def test_a_source_s_cap_holds_however_many_send_at_once(town_with):
    town = town_with(Rules(caps=Caps(source_per_hour=2)))
    town.citizens(1)
    plans = [approved(town, f"k{number}") for number in range(5)]
    with ThreadPoolExecutor(5) as pool:
        outcomes = list(pool.map(lambda plan: town("send", plan.id), plans))
    assert sum(not isinstance(each, Refused) for each in outcomes) == 2


def test_a_citizen_s_cap_holds_however_many_runs_freeze_at_once(town_with):
    town = town_with(Rules(caps=Caps(citizen_per_day=1)))
    people = town.citizens(3)
    plans = [approved(town, f"k{number}") for number in range(4)]
    for plan in plans:
        town("send", plan.id)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda plan: town.work(plan.id), plans))
    town.pump()
    assert sorted(town.reached()) == sorted(people)


def together(number, function):
    """The function, whose callers wait for each other behind it: all have looked before one writes."""
    barrier = threading.Barrier(number, timeout=20)

    def looked(*words, **named):
        found = function(*words, **named)
        barrier.wait()
        return found

    return looked


def test_without_its_gate_the_source_s_cap_is_overrun(postgres_town):
    town = postgres_town(Rules(caps=Caps(source_per_hour=2)))
    town.citizens(1)
    plans = [approved(town, f"k{number}") for number in range(4)]
    looks = together(4, campaigns._sendings)
    with (
        patch.object(campaigns, "gate", lambda *_: None),
        patch.object(campaigns, "_sendings", looks),
        ThreadPoolExecutor(4) as pool,
    ):
        outcomes = list(pool.map(lambda plan: town("send", plan.id), plans))
    assert sum(not isinstance(each, Refused) for each in outcomes) == 4


def test_without_its_gate_a_citizen_s_cap_is_overrun(postgres_town):
    town = postgres_town(Rules(caps=Caps(citizen_per_day=1)))
    people = town.citizens(3)
    plans = [approved(town, f"k{number}") for number in range(3)]
    for plan in plans:
        town("send", plan.id)
    looks = together(3, running.leave_out)
    with (
        patch.object(running, "gate", lambda *_: None),
        patch.object(running, "leave_out", looks),
        ThreadPoolExecutor(3) as pool,
    ):
        list(pool.map(lambda plan: town("advance", plan.id), plans))
    for plan in plans:
        town.work(plan.id)
    town.pump()
    assert len(town.reached()) == 3 * len(people)
