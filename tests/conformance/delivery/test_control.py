"""A run under way on both engines: pause, resume, cancel, quiet hours, what has left once, erasure."""

from datetime import timedelta

import pytest

from govline.city import City
from govline.core import Dead, Done, Retry, Unknown
from govline.core.jst import JST
from govline.core.messages import Text
from govline.delivery import FrozenBatch, Quiet, Refused, Rules
from govline.store import outbox

HELLO = (Text("断水のお知らせ"),)


def sending(town, number=1_200, **more):
    people = town.citizens(number)
    plan = town("plan", key="k", campaign="c", messages=HELLO, recipients=people, **more)
    town.approved(plan)
    town("send", plan.id)
    town.work(plan.id)
    return plan.id, people


def test_paused_batches_are_set_aside_and_leave_after_resume(town):
    run_id, people = sending(town)
    town.pump(limit=1)
    assert town("pause", run_id).state == "paused"
    assert isinstance(town("pause", run_id), Refused)
    town.pump()
    assert (len(town.sent), town.outbox()) == (1, [])
    assert town("run", run_id).counts.planned == 700
    assert town("resume", run_id).state == "sending"
    town.work(run_id)
    town.pump()
    assert sorted(town.reached()) == sorted(people)
    assert town("run", run_id).state == "finished"


def test_a_batch_parked_after_the_resume_is_not_lost(town):
    run_id, people = sending(town, 3)
    ((_, _, batch_id),) = town.outbox()
    town("pause", run_id)
    parked = town("open_batch", batch_id)
    assert parked == Done({"parked": True})
    town("resume", run_id)
    town.work(run_id)
    town("record_batch", batch_id, parked)
    first, again = town.outbox()
    assert first[2] == again[2] == batch_id
    town.pump()
    assert town.reached() == sorted(people)


def test_cancelled_batches_are_never_sent_and_the_ledger_says_so(town):
    run_id, _ = sending(town)
    town.pump(limit=1)
    assert town("cancel", run_id).state == "cancelled"
    town.work(run_id)
    run = town("run", run_id)
    assert (run.counts.sent, run.counts.not_reached, run.counts.planned) == (500, 700, 0)
    assert run.finished is not None
    town.pump()
    assert len(town.sent) == 1
    assert {why for _, state, why in town.ledger(run_id) if state != "sent"} == {"cancelled"}
    assert isinstance(town("resume", run_id), Refused)
    assert isinstance(town("cancel", run_id), Refused)


def test_a_run_cancelled_while_it_is_paused_or_frozen_ends(town):
    people = town.citizens(3)
    plan = town.approved(town("plan", key="k", campaign="c", messages=HELLO, recipients=people))
    town("send", plan.id)
    town("advance", plan.id)
    town("pause", plan.id)
    town.work(plan.id)
    assert town.outbox() == []
    town("cancel", plan.id)
    town.work(plan.id)
    assert {(state, why) for _, state, why in town.ledger(plan.id)} == {("not_reached", "cancelled")}
    assert town("run", plan.id).finished is not None


def test_what_has_left_once_is_asked_about_even_when_cancelled(town):
    run_id, _ = sending(town, 3)
    ((_, _, batch_id),) = town.outbox()
    first = town("open_batch", batch_id)
    town("record_batch", batch_id, Retry("GL-8020 no answer"))
    town("cancel", run_id)
    town.work(run_id)
    assert town("run", run_id).counts.planned == 3
    again = town("open_batch", batch_id)
    assert (again.retry_key, again.citizens, again.messages) == (
        first.retry_key,
        first.citizens,
        first.messages,
    )
    town("record_batch", batch_id, Done())
    run = town("run", run_id)
    assert (run.counts.sent, run.finished is not None) == (3, True)
    assert town("open_batch", batch_id) == Done()


def test_what_line_surely_did_not_take_can_still_be_cancelled(town):
    run_id, _ = sending(town, 3)
    ((_, _, batch_id),) = town.outbox()
    assert isinstance(town("open_batch", batch_id), FrozenBatch)
    town("record_batch", batch_id, Retry("GL-8023 429 rate"))
    town("cancel", run_id)
    assert town("open_batch", batch_id) == Dead("GL-1070 cancelled")


def test_one_lost_answer_among_refusals_is_still_asked_about(town):
    run_id, _ = sending(town, 3)
    ((_, _, batch_id),) = town.outbox()
    for reason in ("GL-8020 no answer", "GL-8023 429 rate", "GL-8023 429 rate"):
        town("open_batch", batch_id)
        town("record_batch", batch_id, Retry(reason))
    town("cancel", run_id)
    assert isinstance(town("open_batch", batch_id), FrozenBatch)


def test_quiet_hours_hold_everything_but_emergencies(town_with, clock):
    from datetime import time

    town = town_with(Rules(quiet=Quiet(time(21), time(8))))
    clock.set((clock.now().astimezone(JST)).replace(hour=23, minute=30))
    sending(town, 2)
    ((_, _, batch_id),) = town.outbox()
    waits = town("open_batch", batch_id)
    assert isinstance(waits, Retry)
    assert waits.after == pytest.approx(8.5 * 3600)
    clock.advance(timedelta(seconds=waits.after))
    assert isinstance(town("open_batch", batch_id), FrozenBatch)
    clock.advance(timedelta(hours=14))
    plan = town(
        "plan", key="e", campaign="bosai", messages=HELLO, selection={"by": "everybody"}, emergency=True
    )
    town.approved(plan)
    town("send", plan.id)
    town.work(plan.id)
    urgent = next(each for _, _, each in town.outbox() if each != batch_id)
    assert isinstance(town("open_batch", urgent), FrozenBatch)
    entry = next(
        e for e in town.db.read(lambda tx: outbox.list(tx, newest=True)) if e.payload.get("batch") == urgent
    )
    assert entry.priority > 0


def test_whoever_is_erased_before_their_batch_leaves_is_not_reached(town):
    run_id, people = sending(town, 3)
    erase = City(town.db)._assembly.offers["delivery"].erase
    town.db.run(lambda tx: erase(tx, people[1]))
    run = town("run", run_id)
    assert (run.counts.planned, run.counts.not_reached) == (2, 1)
    assert run.counts == town("ledger_counts", run_id)
    town.pump()
    assert sorted(town.reached()) == sorted([people[0], people[2]])
    run = town("run", run_id)
    assert (run.counts.sent, run.counts.not_reached, run.counts.total) == (2, 1, 3)
    assert [why for _, state, why in town.ledger(run_id) if state == "not_reached"] == ["erased"]


def test_erasing_forgets_what_was_written_for_one_alone(town):
    people = town.citizens(2)
    town.delivery.offer_renderer(
        "own", lambda tx, facts, who: {each: [Text(f"あなた {each}")] for each in who}
    )
    plan = town("plan", key="k", campaign="c", recipients=people, renderer={"by": "own"}, topic="")
    town.approved(plan)
    town("send", plan.id)
    town.work(plan.id)
    town.pump(limit=1)
    erase = City(town.db)._assembly.offers["delivery"].erase
    for each in people:
        town.db.run(lambda tx, each=each: erase(tx, each))
    batches = [batch_id for _, _, batch_id in town.outbox()]
    assert [town("open_batch", each) for each in batches] == [Dead("erased")]
    town.pump()
    dump = town.db.read(
        lambda tx: repr([tx.connection.exec_driver_sql(f"SELECT * FROM {table}").all() for table in TABLES])
    )
    assert not any(each in dump for each in people)
    assert town("run", plan.id).counts == town("ledger_counts", plan.id)


TABLES = ("gl_delivery_recipient", "gl_delivery_batch", "gl_delivery_listed", "gl_delivery_optout")


def test_a_plain_freeze_can_be_stopped_too(town):
    people = town.citizens(2)
    run = town("freeze", key="n", source="garbage", messages=HELLO, recipients=people)
    town("cancel", run.id)
    town.work(run.id)
    town.pump()
    assert town.sent == []


def test_a_fate_that_staff_correct(town):
    run_id, _ = sending(town, 2)
    ((_, _, batch_id),) = town.outbox()
    town("open_batch", batch_id)
    town("record_batch", batch_id, Unknown("24 h"))
    assert town("run", run_id).counts.unknown == 2
    assert isinstance(town("open_batch", batch_id), FrozenBatch)
    town("record_batch", batch_id, Done())
    assert town("run", run_id).counts.sent == 2
