"""Campaigns that come again, on both engines: one approval, a run a day, never two; what changes stops the series."""

import json
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import text

from govline.city import City
from govline.core import Actor
from govline.core.messages import Text
from govline.delivery import Caps, Drift, Recurrence, Refused, Rules
from govline.errors import InputError
from govline.store import audit

SATO = Actor("staff", "sato", "web")
DAILY = Recurrence(time(9))
WORDS = [Text("今日の講座")]
FIRST = date(2026, 11, 21)  # the clock stands at 9:00 of the 20th in Japan


def codes(outcome):
    return {reason.code for reason in outcome.reasons}


def begun(town, **more):
    terms = {"selection": {"by": "everybody"}, "recurs": DAILY, **more}
    plan = town("plan", key="k", campaign="kouza", messages=WORDS, **terms)
    town.approved(plan)
    return town("repeat", plan.id)


def coming(town):
    sql = text("SELECT payload FROM gl_outbox WHERE topic = 'delivery.recur' ORDER BY id")
    return [json.loads(payload) for (payload,) in town.db.read(lambda tx: tx.connection.execute(sql).all())]


def at(clock, day, hour=9):
    clock.advance(datetime(day.year, day.month, day.day, hour - 9, tzinfo=UTC) - clock.now())


def finish(town, run):
    town.work(run.id)
    town.pump()


def test_each_day_is_a_run_of_its_own_under_one_approval(town, clock):
    people = town.citizens(2)
    plan = begun(town)
    assert plan.state == "recurring"
    assert [each["day"] for each in coming(town)] == ["2026-11-21"]
    assert town("repeat", plan.id).state == "recurring"
    at(clock, FIRST)
    run = town("occur", plan.id, plan.revision, FIRST)
    assert town("occur", plan.id, plan.revision, FIRST) == run
    assert [each["day"] for each in coming(town)] == ["2026-11-21", "2026-11-22"]
    finish(town, run)
    at(clock, FIRST + timedelta(days=1))
    finish(town, town("occur", plan.id, plan.revision, FIRST + timedelta(days=1)))
    assert sorted(town.reached()) == sorted(people * 2)
    assert town("plan_of", run.id).approver == "staff:sato"
    assert len(town("runs")) == 2


def test_nothing_begins_without_the_approval_of_a_second_person(town):
    town.citizens(1)
    plan = town("plan", key="k", campaign="c", messages=WORDS, selection={"by": "everybody"}, recurs=DAILY)
    assert codes(town("repeat", plan.id)) == {"GL-1071"}
    assert town("occur", plan.id, plan.revision, FIRST) is None
    town.approved(plan)
    assert codes(town("send", plan.id)) == {"GL-1071"}
    assert coming(town) == []


@pytest.mark.parametrize(
    "change", [{"messages": [Text("別の文")]}, {"recurs": Recurrence(time(10))}, {"emergency": True}]
)
def test_a_change_stops_the_series_until_it_is_approved_again(town, clock, change):
    town.citizens(1)
    plan = begun(town)
    changed = town("edit", plan.id, **change)
    assert (changed.state, changed.approver) == ("draft", "")
    at(clock, FIRST)
    assert town("occur", plan.id, plan.revision, FIRST) is None
    town.approved(changed)
    again = town("repeat", plan.id)
    assert town("occur", plan.id, plan.revision, FIRST) is None  # the effect of the old revision
    assert again.revision == plan.revision + 1


def test_approved_again_on_the_same_day_it_is_not_sent_twice(town, clock):
    people = town.citizens(1)
    plan = begun(town)
    at(clock, FIRST)
    finish(town, town("occur", plan.id, plan.revision, FIRST))
    changed = town("edit", plan.id, messages=[Text("別の文")])
    town.approved(changed)
    again = town("repeat", plan.id)
    town("occur", plan.id, again.revision, FIRST)
    assert town.reached() == people
    assert len(town("runs")) == 1


def test_withdrawn_it_is_over(town, clock):
    town.citizens(1)
    plan = begun(town)
    town("withdraw", plan.id)
    at(clock, FIRST)
    assert town("occur", plan.id, plan.revision, FIRST) is None
    assert town("runs") == ()


def test_recipients_that_drifted_hold_the_day_until_it_is_approved(town_with, clock):
    town = town_with(Rules(drift=Drift(0.1, 1)))
    town.citizens(2)
    plan = begun(town)
    town.citizens(5, start=10)
    at(clock, FIRST)
    run = town("occur", plan.id, plan.revision, FIRST)
    town.work(run.id)
    assert town("run", run.id).state == "held"
    assert town.outbox() == []
    held = town("plan_of", run.id)
    town("approve", run.id, held.digest, by=SATO)
    finish(town, run)
    assert len(town.reached()) == 7


def test_after_a_standstill_yesterdays_is_left_out_and_said(town, clock):
    town.citizens(1)
    plan = begun(town)
    at(clock, FIRST + timedelta(days=3), hour=10)
    assert town("occur", plan.id, plan.revision, FIRST) is None
    assert [each["day"] for each in coming(town)][-1] == "2026-11-25"
    assert "delivery.skip" in town.db.read(lambda tx: [entry.action for entry in audit.list(tx)])
    assert town("runs") == ()


def test_caps_hold_a_day_and_the_series_goes_on(town_with, clock):
    town = town_with(Rules(caps=Caps(source_per_day=1)))
    town.citizens(1)
    plan = begun(town)
    at(clock, FIRST)
    other = town("plan", key="o", campaign="o", messages=WORDS, selection={"by": "everybody"})
    town.approved(other)
    town("send", other.id)
    held = town("occur", plan.id, plan.revision, FIRST)
    assert isinstance(held, Refused)
    assert codes(held) == {"GL-1064"}
    assert [each["day"] for each in coming(town)][-1] == "2026-11-22"


def test_due_and_recurrence_exclude_each_other(town, clock):
    terms = {"campaign": "c", "messages": WORDS, "selection": {"by": "everybody"}}
    with pytest.raises(InputError, match="GL-1056"):
        town("plan", key="k", recurs=DAILY, due=clock.now(), **terms)
    plan = town("plan", key="k", recurs=DAILY, **terms)
    with pytest.raises(InputError, match="GL-1056"):
        town("edit", plan.id, expires=clock.now())


def test_the_worker_carries_the_series(any_db, town, clock):
    people = town.citizens(1)
    plan = begun(town)
    city = City(any_db)
    for number in range(3):
        at(clock, FIRST + timedelta(days=number))
        city.pump.run_until_idle()
    city.pump.close()
    runs = town("runs")
    assert len(runs) == 3
    assert {run.campaign for run in runs} == {"kouza"}
    assert town("plan_of", plan.id).state == "recurring"
    assert [run.counts.planned for run in runs] == [len(people)] * 3
