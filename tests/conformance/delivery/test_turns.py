"""What counts and then writes takes turns: a source's budget, a run's pages; each guard fails its test when it is taken away."""

import threading
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import patch

import pytest
from psycopg.errors import UniqueViolation
from sqlalchemy import bindparam, select

from govline.core.messages import Text
from govline.delivery import Accepted, Incoming, Source, intake, running
from govline.delivery import _queries as q
from govline.delivery._tables import runs
from govline.store import Statement

MAIL = Source("mail", {"by": "everybody"}, senders=["m"], per_hour=3)
THREADS = 6


def offers(town, clock, number=THREADS):
    def offer(key):
        return town("offer", "mail", Incoming("m", f"{key}", clock.now(), [Text(f"第{key}報")]))

    with ThreadPoolExecutor(number) as pool:
        return sum(isinstance(found, Accepted) for found in pool.map(offer, range(number)))


def together(number, function):
    """The function, whose callers wait for each other behind it: all have looked before one writes."""
    barrier = threading.Barrier(number)

    def looked(*words, **named):
        found = function(*words, **named)
        barrier.wait()
        return found

    return looked


def test_a_budget_holds_however_many_workers_offer(town_with, clock):
    assert offers(town_with(sources={"mail": MAIL}), clock) == 3


def test_without_its_gate_the_budget_is_overrun(postgres_town, clock):
    town = postgres_town(sources={"mail": MAIL})
    looks = together(THREADS, intake._facts)
    with patch.object(intake, "gate", lambda *_: None), patch.object(intake, "_facts", looks):
        assert offers(town, clock) == THREADS


def frozen(town, number):
    people = town.citizens(number)
    plan = town.approved(town("plan", key="k", campaign="c", messages=[Text("x")], recipients=people))
    town("send", plan.id)
    return plan.id, people


def test_two_workers_on_one_run_take_no_page_twice(town, monkeypatch):
    monkeypatch.setattr(running, "UNIT", 7)
    run_id, people = frozen(town, 100)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: town.work(run_id), range(4)))
    town.work(run_id)
    run = town("run", run_id)
    assert (run.counts.planned, run.batches) == (100, 1)
    assert run.counts == town("ledger_counts", run_id)
    town.pump()
    assert sorted(town.reached()) == sorted(people)


def test_without_the_row_s_lock_two_workers_cut_the_same_batch(postgres_town, monkeypatch):
    town = postgres_town()
    run_id, _ = frozen(town, 10)
    while town("run", run_id).stage == "freezing":
        town("advance", run_id)
    columns = q.LOCK_RUN._cores["postgresql"].selected_columns
    unlocked = select(*columns).where(runs.c.id == bindparam("run"))
    monkeypatch.setattr(q, "LOCK_RUN", Statement("delivery.unlocked_run", unlocked, row=q.Work))
    monkeypatch.setattr(running, "cut", together(2, running.cut))
    with ThreadPoolExecutor(2) as pool, pytest.raises(UniqueViolation):
        list(pool.map(lambda _: town("advance", run_id), range(2)))
