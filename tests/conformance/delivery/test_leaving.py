"""Who leaves between the freezing and the call, and machines that repeat themselves."""

from datetime import timedelta

import pytest

from govline.city import City
from govline.core import Actor, Done, Retry
from govline.core.messages import Text
from govline.delivery import Accepted, FrozenBatch, Held, Incoming, Rules, Source
from govline.errors import InputError

WORDS = [Text("講座のお知らせ")]
SATO = Actor("staff", "sato", "web")
MAIL = Source("mail", {"by": "everybody"}, senders=["m"], per_hour=2)


def codes(outcome):
    return {reason.code for reason in outcome.reasons}


def erase(town, citizen):
    City(town.db)
    town.db.run(lambda tx: City(town.db)._assembly.offers["delivery"].erase(tx, citizen))


def sending(town, people, **more):
    plan = town("plan", key="k", campaign="c", messages=WORDS, recipients=people, **more)
    town.approved(plan)
    run = town("send", plan.id)
    town.work(run.id)
    return run.id


def test_who_opts_out_while_a_batch_waits_is_not_sent_to(town_with):
    town = town_with(Rules(topics={"kosodate": "子育て", "event": "催し"}))
    people = town.citizens(4)
    run_id = sending(town, people, topic="kosodate")
    town("pause", run_id)
    town("opt_out", people[1], "kosodate")
    town("opt_out", people[2], "event")
    town("resume", run_id)
    town.work(run_id)
    town.pump()
    assert sorted(town.reached()) == sorted([people[0], people[2], people[3]])
    run = town("run", run_id)
    assert run.counts == town("ledger_counts", run_id)
    assert (run.counts.sent, run.counts.not_reached) == (3, 1)
    assert [why for who, _, why in town.ledger(run_id) if who == people[1]] == ["opted_out"]


def test_who_opts_out_of_everything_still_gets_the_emergency(town_with):
    town = town_with(Rules(topics={"kosodate": "子育て"}))
    people = town.citizens(1)
    sending(town, people, topic="kosodate", emergency=True)
    town("opt_out", people[0], "kosodate")
    town.pump()
    assert town.reached() == people


def test_who_opts_out_after_a_batch_has_left_stays_in_it(town_with):
    town = town_with(Rules(topics={"kosodate": "子育て"}))
    people = town.citizens(2)
    run_id = sending(town, people, topic="kosodate")
    town.pump(fate=Retry("GL-8020 no answer", after=1.0))
    town("opt_out", people[0], "kosodate")
    (batch,) = {each.id for each in town.sent}
    again = town("open_batch", batch)
    assert isinstance(again, FrozenBatch)
    assert sorted(again.citizens) == sorted(people)
    town("record_batch", batch, Done())
    assert town("run", run_id).counts == town("ledger_counts", run_id)


def test_erased_before_the_run_is_cut_the_counts_stay_true(town):
    people = town.citizens(3)
    plan = town("plan", key="k", campaign="c", messages=WORDS, recipients=people)
    town.approved(plan)
    town("send", plan.id)
    town("advance", plan.id)  # taken in, not cut
    erase(town, people[0])
    town.work(plan.id)
    town.pump()
    run = town("run", plan.id)
    assert run.counts == town("ledger_counts", plan.id)
    assert (run.counts.sent, run.counts.not_reached, run.state) == (2, 1, "finished")


def test_a_batch_tells_whether_it_may_have_been_accepted(town):
    sending(town, town.citizens(1))
    ((_, _, batch),) = town.outbox()
    assert town("open_batch", batch).tries == 0
    town("record_batch", batch, Retry("GL-8023 429 rate"))
    assert town("open_batch", batch).tries == 0
    town("record_batch", batch, Retry("GL-8020 no answer"))
    assert town("open_batch", batch).tries == 1


@pytest.fixture
def machine(town_with, clock):
    town = town_with(sources={"mail": MAIL})
    town.people = town.citizens(2)

    def offer(key, text, **more):
        incoming = Incoming("m", key, more.pop("dated", clock.now()), [Text(text)], **more)
        return town("offer", "mail", incoming, by=Actor("machine", "mail", "mail"))

    town.offer = offer
    return town


def test_what_staff_refused_does_not_come_back_by_being_repeated(machine, clock):
    held = machine.offer("1", "大雨", dated=clock.now() - timedelta(hours=2))
    assert isinstance(held, Held)
    machine("refuse", held.id, by=SATO)
    assert codes(machine.offer("1", "大雨")) == {"GL-1080"}
    assert codes(machine.offer("2", "大雨")) == {"GL-1080"}


def test_a_stranger_does_not_use_up_the_key_of_the_real_one(machine, clock):
    stranger = Incoming("x", "1", clock.now(), [Text("大雨")])
    assert codes(machine("offer", "mail", stranger)) == {"GL-1076"}
    assert isinstance(machine.offer("1", "大雨"), Accepted)


def test_mails_without_an_id_are_told_apart_by_their_words(machine):
    assert isinstance(machine.offer("", "大雨"), Accepted)
    assert isinstance(machine.offer("", "洪水"), Accepted)
    assert (
        codes(machine.offer("", "洪水"))
        == {
            "GL-1080",
        }
        | set()
    )


@pytest.mark.parametrize("key", ["a\x00b", "a" * 2000, "\ud800", "a\r\nBcc: x@evil.example"])
def test_a_strange_key_loses_no_alert_and_still_tells_repetitions(machine, key):
    assert isinstance(machine.offer(key, "大雨"), Accepted)
    assert codes(machine.offer(key, "洪水")) == {"GL-1080"}


def test_a_time_without_a_zone_is_refused_by_name(machine, clock):
    with pytest.raises(InputError):
        machine.offer("1", "大雨", dated=clock.now().replace(tzinfo=None))


def test_the_budget_slides_over_the_edge_of_an_hour(machine, clock):
    clock.advance(timedelta(minutes=59, seconds=30))
    assert isinstance(machine.offer("1", "第1報"), Accepted)
    assert isinstance(machine.offer("2", "第2報"), Accepted)
    clock.advance(timedelta(minutes=1))
    assert codes(machine.offer("3", "第3報")) == {"GL-1081"}


def test_the_name_that_line_would_not_record_is_left_out_of_a_frozen_run(town, clock):
    people = town.citizens(1)
    month = f"{clock.now():%Y-%m}"
    town.db.run(
        lambda tx: tx.connection.exec_driver_sql(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
            f" INSERT INTO gl_delivery_unit (month, name) SELECT '{month}', 'u' || i FROM n"
        )
    )
    late = town("freeze", key="a", source="s", messages=WORDS, recipients=people, unit="u1001")
    assert late.unit is None
    known = town("freeze", key="b", source="s", messages=WORDS, recipients=people, unit="u7")
    assert known.unit == "u7"
    assert town("freeze", key="a", source="s", messages=WORDS, recipients=people, unit="u1001") == late
