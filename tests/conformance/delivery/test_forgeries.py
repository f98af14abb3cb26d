"""Approvals that somebody tries to forge: foreign lists, names that only look like another person."""

from datetime import timedelta

import pytest

from govline.core import Actor
from govline.core.messages import Text
from govline.delivery import Held, Incoming, Plan, Refused, Rules, Source
from govline.delivery.rules import Drift
from govline.errors import InputError

WORDS = [Text("講座のお知らせ")]


def staff(name):
    return Actor("staff", name, "web")


def codes(outcome):
    return {reason.code for reason in outcome.reasons}


def test_a_plan_takes_no_other_plan_s_list(town):
    people = town.citizens(2)
    other = town("plan", key="a", campaign="a", messages=WORDS, recipients=people[:1])
    with pytest.raises(InputError, match="GL-1056"):
        town("plan", key="b", campaign="b", messages=WORDS, selection=other.selection)
    mine = town("plan", key="c", campaign="c", messages=WORDS, selection={"by": "everybody"})
    with pytest.raises(InputError, match="GL-1056"):
        town("edit", mine.id, selection=other.selection)


def test_a_selection_of_the_towns_own_may_speak_of_a_plan(town):
    town.delivery.offer_selection("floor", lambda _tx, _facts, _after, _limit: [])
    first = town("plan", key="a", campaign="a", messages=WORDS, selection={"by": "floor", "plan": "east"})
    moved = town("edit", first.id, selection={"by": "floor", "plan": "west"})
    assert moved.digest != first.digest
    assert moved.selection["plan"] == "west"


@pytest.mark.parametrize("twin", ["tanaka", "Tanaka", "ＴＡＮＡＫＡ", " tanaka ", "tana\u200bka"])
def test_one_person_under_another_spelling_is_no_second_person(town, twin):
    town.citizens(1)
    plan = town("plan", key="a", campaign="a", messages=WORDS, selection={"by": "everybody"})
    asked = town("request", plan.id, town("preview", plan.id))
    assert codes(town("approve", plan.id, asked.digest, by=staff(twin))) == {"GL-1060"}


def test_a_name_of_two_lines_does_not_hide_an_editor(town):
    town.citizens(1)
    plan = town("plan", key="a", campaign="a", messages=WORDS, selection={"by": "everybody"})
    town("edit", plan.id, messages=[Text("別の文")], by=staff("sato\nx"))
    asked = town("request", plan.id, town("preview", plan.id))
    assert codes(town("approve", plan.id, asked.digest, by=staff("sato\nx"))) == {"GL-1060"}
    assert isinstance(town("approve", plan.id, asked.digest, by=staff("suzuki")), Plan)


def test_one_person_twice_releases_nothing(town_with, clock):
    source = Source("mail", {"by": "everybody"}, senders=["m"], needs_release=True)
    town = town_with(sources={"mail": source})
    held = town("offer", "mail", Incoming("m", "1", clock.now(), WORDS))
    assert isinstance(town("release", held.id, by=staff("sato")), Held)
    assert codes(town("release", held.id, by=staff("SATO"))) == {"GL-1060"}


def test_a_correction_passes_the_caps_that_would_silence_it(town_with):
    rules = Rules(caps=Rules().caps.__class__(source_per_hour=1, per_send=5, citizen_per_day=1))
    town = town_with(rules)
    people = town.citizens(2)
    plan = town("plan", key="a", campaign="a", messages=WORDS, recipients=people)
    town.approved(plan)
    run = town("send", plan.id)
    town.work(run.id)
    town.pump()
    wrong = town("correct", run.id, key="b", messages=[Text("訂正")])
    town.approved(wrong)
    again = town("send", wrong.id)
    assert not isinstance(again, Refused), again
    town.work(again.id)
    town.pump()
    assert sorted(town.reached()) == sorted(people * 2)


def test_a_broadcast_is_corrected_though_the_town_has_caps_since(town_with):
    town = town_with()
    plan = town("plan", key="a", campaign="a", messages=WORDS, broadcast=True)
    town.approved(plan)
    run = town("send", plan.id)
    town.work(run.id)
    town.pump()
    capped = town_with(Rules(caps=Rules().caps.__class__(citizen_per_day=1), drift=Drift()))
    assert isinstance(capped("correct", run.id, key="b", messages=WORDS), Plan)


def test_caps_hold_for_sendings_that_were_planned_ahead(town_with, clock):
    town = town_with(Rules(caps=Rules().caps.__class__(citizen_per_day=1)))
    people = town.citizens(3)
    due = clock.now() + timedelta(days=3)
    runs = []
    for key in "ab":
        plan = town("plan", key=key, campaign="k", messages=WORDS, recipients=people, due=due)
        town.approved(plan)
        runs.append(town("send", plan.id))
    clock.advance(timedelta(days=3))
    for run in runs:
        town.work(run.id)
    town.pump()
    assert sorted(town.reached()) == sorted(people)


def test_a_source_does_not_pile_its_sendings_up_at_one_moment(town_with, clock):
    town = town_with(Rules(caps=Rules().caps.__class__(source_per_hour=2)))
    town.citizens(1)
    due = clock.now() + timedelta(days=1)
    outcomes = []
    for number in range(4):
        moment = due + timedelta(minutes=20 * number)
        plan = town(
            "plan", key=str(number), campaign="k", messages=WORDS, selection={"by": "everybody"}, due=moment
        )
        town.approved(plan)
        outcomes.append(town("send", plan.id))
        clock.advance(timedelta(hours=2))
    assert [codes(each) if isinstance(each, Refused) else "sent" for each in outcomes] == [
        "sent",
        "sent",
        {"GL-1064"},
        "sent",  # an hour after the first
    ]
