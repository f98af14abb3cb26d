"""The life of a sending on both engines: plan, preview, test, approval, send, drift, correction."""

import json
from datetime import timedelta

import pytest

from govline.city import City
from govline.core import Actor, Dead, Reason, Unknown
from govline.core.messages import Text
from govline.delivery import Caps, Drift, Refused, Rules, running
from govline.errors import InputError, MessageError, StoreError
from govline.store import audit, identity

TANAKA, SATO, SUZUKI = (Actor("staff", name, "web") for name in ("tanaka", "sato", "suzuki"))
HELLO = (Text("子育て講座のお知らせ"),)


def codes(refused):
    assert isinstance(refused, Refused), refused
    return {reason.code for reason in refused.reasons}


def planned(town, recipients, **more):
    terms = {"key": "k", "campaign": "kosodate", "messages": HELLO, "recipients": recipients, **more}
    return town("plan", **terms)


def test_nothing_leaves_before_a_second_person_has_approved_what_was_shown(town):
    people = town.citizens(3)
    plan = planned(town, people)
    assert codes(town("send", plan.id)) == {"GL-1062"}
    asked = town("request", plan.id, town("preview", plan.id))
    assert codes(town("send", plan.id)) == {"GL-1062"}
    assert codes(town("approve", plan.id, asked.digest)) == {"GL-1060"}
    assert codes(town("approve", plan.id, asked.digest, by=Actor("machine", "mail", "mail"))) == {"GL-1060"}
    assert codes(town("approve", plan.id, "what somebody else saw", by=SATO)) == {"GL-1061"}
    assert town.outbox() == []
    assert town("approve", plan.id, asked.digest, by=SATO).approver == "staff:sato"
    run = town("send", plan.id)
    assert (run.id, run.state) == (plan.id, "freezing")
    assert town("send", plan.id) == run
    town.work(run.id)
    town.pump()
    assert sorted(town.reached()) == sorted(people)
    done = town("run", run.id)
    assert (done.state, done.counts.sent, done.counts.total) == ("finished", 3, 3)
    trail = town.db.read(lambda tx: [entry.action for entry in audit.list(tx)])
    assert trail == ["delivery.plan", "delivery.request", "delivery.approve", "delivery.send"]


@pytest.mark.parametrize(
    "change",
    [
        {"messages": [Text("別の文")]},
        {"recipients": []},
        {"selection": {"by": "everybody"}},
        {"unit": "kosodate_11"},
        {"topic": "kosodate"},
        {"emergency": True},
    ],
    ids=lambda change: next(iter(change)),
)
def test_any_change_makes_the_approval_void_and_its_maker_no_approver(town_with, change):
    town = town_with(Rules(topics={"kosodate": "子育て"}))
    plan = town.approved(planned(town, town.citizens(2)))
    assert plan.state == "approved"
    changed = town("edit", plan.id, by=SUZUKI, **change)
    assert (changed.state, changed.approver, changed.expected) == ("draft", "", None)
    assert codes(town("send", plan.id)) == {"GL-1062"}
    asked = town("request", plan.id, town("preview", plan.id))
    assert codes(town("approve", plan.id, asked.digest, by=SUZUKI)) == {"GL-1060"}
    assert town("approve", plan.id, asked.digest, by=SATO).state == "approved"


@pytest.mark.parametrize(
    "change",
    [
        {"planner": "staff:nobody", "messages": [Text("別")]},
        {"editor": "staff:nobody", "unit": "u"},
        {"approved": "x", "approver": "staff:sato"},
        {"selection": {"by": "everybody"}, "recipients": []},
        {"renderer": {"by": "own"}, "messages": HELLO},
    ],
    ids=str,
)
def test_nobody_edits_their_way_around_the_approval(town, change):
    plan = planned(town, town.citizens(2))
    with pytest.raises(InputError, match="GL-1056"):
        town("edit", plan.id, **change)
    assert town("plan_of", plan.id) == plan
    assert town("preview", plan.id).count == 2


def test_words_for_all_become_words_for_each_and_back(town):
    plan = planned(town, town.citizens(2))
    town.delivery.offer_renderer("own", lambda tx, facts, who: {each: [Text("あ")] for each in who})
    own = town("edit", plan.id, renderer={"by": "own"})
    assert (own.kind, own.messages) == ("push", b"[]")
    back = town("edit", plan.id, messages=HELLO)
    assert (back.kind, back.renderer, back.digest) == ("multicast", None, plan.digest)


def test_a_refused_change_of_a_broadcast_changes_nothing(town_with):
    town = town_with(Rules(topics={"kosodate": "子育て"}))
    plan = town("plan", key="k", campaign="c", messages=HELLO, broadcast=True)
    assert codes(town("edit", plan.id, topic="kosodate")) == {"GL-1069"}
    with pytest.raises(InputError, match="GL-1056"):
        town("edit", plan.id, recipients=[])
    assert town("edit", plan.id, messages=[Text("別")]).kind == "broadcast"


def test_a_change_that_changes_nothing_leaves_the_approval(town):
    plan = town.approved(planned(town, town.citizens(2)))
    assert town("edit", plan.id, messages=HELLO) == plan


def test_times_are_part_of_what_is_approved(town, clock):
    plan = town.approved(planned(town, town.citizens(2)))
    later = town("edit", plan.id, due=clock.now() + timedelta(hours=3))
    assert later.state == "draft"
    assert later.digest != plan.digest


def test_the_preview_says_how_many_who_not_and_what_is_new(town_with):
    town = town_with(Rules(topics={"kosodate": "子育て"}))
    people = town.citizens(6)
    town.approved(first := planned(town, people[:3]))
    town("send", first.id)
    town.work(first.id)
    town.db.run(lambda tx: identity.set_blocked(tx, people[1], True))
    town("opt_out", people[2], "kosodate", source="page")
    plan = planned(town, [*people[1:], "nobody"], key="k2", topic="kosodate")
    seen = town.db.read(lambda tx: town.delivery.preview(tx, plan.id))
    assert (seen.count, dict(seen.left_out)) == (3, {"blocked": 1, "no LINE account": 1, "opted_out": 1})
    assert (seen.previous, seen.new, seen.gone) == (first.id, 4, 1)
    assert seen.samples == ([{"type": "text", "text": HELLO[0].text}],)
    assert seen.size == len(plan.messages)
    town.approved(plan)
    town("send", plan.id)
    town.work(plan.id)
    town.pump()
    run = town("run", plan.id)
    assert (run.counts.sent, run.counts.not_reached) == (3, 3)
    rows = {citizen: why for citizen, state, why in town.ledger(plan.id) if state != "sent"}
    assert rows == {people[1]: "blocked", people[2]: "opted_out", "nobody": "no LINE account"}


def test_recipients_that_drifted_hold_the_run_until_it_is_approved_again(town_with):
    town = town_with(Rules(drift=Drift(share=0.1, number=2)))
    plan = town("plan", key="k", campaign="c", messages=HELLO, selection={"by": "everybody"})
    town.citizens(3)
    plan = town.approved(plan)
    town.citizens(3, start=3)
    town("send", plan.id)
    town.work(plan.id)
    assert town.outbox() == []
    held = town("plan_of", plan.id)
    assert (held.state, held.expected, held.found, held.approver) == ("held", 3, 6, "")
    assert town("run", plan.id).state == "held"
    assert codes(town("edit", plan.id, messages=[Text("別")])) == {"GL-1071"}
    assert codes(town("approve", plan.id, held.digest)) == {"GL-1060"}
    town("approve", plan.id, held.digest, by=SATO)
    town.work(plan.id)
    town.pump()
    assert len(set(town.reached())) == 6
    assert town("run", plan.id).state == "finished"


def test_a_held_run_can_be_cancelled(town_with):
    town = town_with(Rules(drift=Drift(share=0, number=0)))
    plan = town("plan", key="k", campaign="c", messages=HELLO, selection={"by": "everybody"})
    town.citizens(1)
    town.approved(plan)
    town.citizens(1, start=1)
    town("send", plan.id)
    town.work(plan.id)
    town("cancel", plan.id)
    town.work(plan.id)
    run = town("run", plan.id)
    assert (run.state, run.counts.not_reached, run.counts.planned) == ("cancelled", 2, 0)
    assert run.finished is not None
    assert codes(town("approve", plan.id, plan.digest, by=SATO)) == {"GL-1071"}
    assert town.outbox() == []


def test_a_small_drift_is_let_through(town_with):
    town = town_with(Rules(drift=Drift(share=0.5, number=0)))
    plan = town("plan", key="k", campaign="c", messages=HELLO, selection={"by": "everybody"})
    town.citizens(4)
    town.approved(plan)
    town.citizens(2, start=4)
    town("send", plan.id)
    town.work(plan.id)
    town.pump()
    assert len(town.reached()) == 6


def test_caps_of_a_send_and_of_a_source(town_with, clock):
    town = town_with(Rules(caps=Caps(per_send=2, source_per_hour=1)))
    people = town.citizens(3)
    wide = planned(town, people)
    seen = town("preview", wide.id)
    assert [reason.code for reason in seen.warnings] == ["GL-1063"]
    assert codes(town("request", wide.id, seen)) == {"GL-1063"}
    for key, sent in (("a", True), ("b", False)):
        plan = town.approved(planned(town, people[:2], key=key))
        assert (town("send", plan.id).__class__ is not Refused) == sent
    assert codes(town("send", plan.id)) == {"GL-1064"}
    clock.advance(timedelta(minutes=61))
    assert not isinstance(town("send", plan.id), Refused)
    urgent = town.approved(planned(town, people, key="c", emergency=True))
    assert not isinstance(town("send", urgent.id), Refused)


def test_a_citizen_gets_no_more_than_the_cap_but_every_emergency(town_with, clock):
    town = town_with(Rules(caps=Caps(citizen_per_day=2), drift=Drift(share=1, number=9)))
    people = town.citizens(2)

    def sending(key, who, **more):
        plan = town.approved(planned(town, who, key=key, **more))
        town("send", plan.id)
        town.work(plan.id)
        town.pump()
        return town("run", plan.id).counts

    assert sending("a", people).sent == 2
    assert sending("b", people[:1]).sent == 1
    counts = sending("c", people)
    assert (counts.sent, counts.not_reached) == (1, 1)
    assert dict(town("preview", planned(town, people, key="d").id).left_out) == {"capped": 2}
    assert sending("e", people, emergency=True).sent == 2
    clock.advance(timedelta(days=1, seconds=1))
    assert sending("f", people).sent == 2


def test_a_message_that_was_cancelled_does_not_use_up_the_cap(town_with):
    town = town_with(Rules(caps=Caps(citizen_per_day=1)))
    people = town.citizens(1)
    plan = town.approved(planned(town, people, key="a"))
    town("send", plan.id)
    town.work(plan.id)
    town("cancel", plan.id)
    town.work(plan.id)
    assert town("preview", planned(town, people, key="b").id).count == 1


def test_each_citizen_gets_their_own_words(town):
    people = town.citizens(5)
    places = {citizen: f"投票所は第{number}小学校です" for number, citizen in enumerate(people[:4])}

    def polling(tx, facts, citizens):
        return {who: [Text(f"{facts['title']}: {places[who]}")] for who in citizens if who in places}

    town.delivery.offer_renderer("polling", polling)
    plan = town(
        "plan", key="k", campaign="senkyo", recipients=people, renderer={"by": "polling", "title": "選挙"}
    )
    assert plan.kind == "push"
    seen = town("preview", plan.id)
    assert len(seen.samples) == 3
    town.approved(plan)
    town("send", plan.id)
    town.work(plan.id)
    assert {topic for _, topic, _ in town.outbox()} == {"line.push"}
    town.pump()
    told = {batch.citizens[0]: json.loads(batch.messages)[0]["text"] for batch in town.sent}
    assert told == {who: f"選挙: {place}" for who, place in places.items()}
    run = town("run", plan.id)
    assert (run.counts.sent, run.counts.not_reached, run.state) == (4, 1, "finished")
    assert tuple(why for _, state, why in town.ledger(plan.id) if state != "sent") == ("no message",)


def test_a_broadcast_is_asked_for_and_approved_like_anything(town_with):
    town = town_with(Rules(topics={"kosodate": "子育て"}, caps=Caps(citizen_per_day=3)))
    assert codes(town("plan", key="k", campaign="c", messages=HELLO, broadcast=True)) == {"GL-1069"}
    plan = town("plan", key="k", campaign="c", messages=HELLO, broadcast=True, emergency=True)
    assert plan.kind == "broadcast"
    assert codes(town("send", plan.id)) == {"GL-1062"}
    town.approved(plan)
    town("send", plan.id)
    town.work(plan.id)
    ((_, topic, _),) = town.outbox()
    assert topic == "line.broadcast"
    town.pump()
    (only,) = town.sent
    assert (only.kind, only.citizens) == ("broadcast", ())
    run = town("run", plan.id)
    assert (run.state, run.counts.total) == ("finished", 0)


def test_a_correction_goes_to_exactly_those_who_were_or_may_have_been_reached(town_with):
    town = town_with(Rules(topics={"kosodate": "子育て"}, caps=Caps(citizen_per_day=1)))
    people = town.citizens(1_200)
    plan = town.approved(planned(town, people, topic="kosodate"))
    town("send", plan.id)
    town.work(plan.id)
    assert codes(town("correct", plan.id, key="x", messages=[Text("訂正")])) == {"GL-1085"}
    town.pump(limit=1)
    town.pump(Unknown("24 h"), limit=1)
    town.pump(Dead("GL-8022 400"))
    reached = town.reached()[:1_000]
    town("opt_out", reached[0], "kosodate")
    fixed = town("correct", plan.id, key="x", messages=[Text("先ほどの日付は誤りでした")])
    assert fixed.corrects == plan.id
    assert town("preview", fixed.id).count == 1_000
    town.sent.clear()
    town.approved(fixed)
    town("send", fixed.id)
    town.work(fixed.id)
    town.pump()
    assert sorted(town.reached()) == sorted(reached)


def test_a_test_goes_to_the_named_list_only_once_a_revision(town):
    people = town.citizens(5)
    plan = planned(town, people[:2])
    assert codes(town("send_test", plan.id, "koho")) == {"GL-1075"}
    assert town("add_testers", "koho", people[3:]) == 2
    run = town("send_test", plan.id, "koho")
    assert town("send_test", plan.id, "koho").id == run.id
    town.pump()
    assert sorted(town.reached()) == sorted(people[3:])
    assert {bytes(batch.messages) for batch in town.sent} == {plan.messages}
    town("edit", plan.id, messages=[Text("直した文")])
    assert town("send_test", plan.id, "koho").id != run.id


def test_line_is_asked_before_approval_where_the_town_wants_it(town_with):
    town = town_with(Rules(validate=True))
    plan = planned(town, town.citizens(1))
    seen = town("preview", plan.id)
    assert codes(town("request", plan.id, seen)) == {"GL-1066"}
    asked = []

    class Line:
        def __init__(self, *reasons):
            self.reasons = reasons

        def validate(self, call, messages):
            asked.append((call, messages))
            return self.reasons

    bad = Line(Reason("GL-8050", "LINE: may not be empty"))
    assert codes(town.delivery.validate(town.db, plan.id, bad)) == {"GL-8050"}
    assert town.delivery.validate(town.db, plan.id, Line()).validated == plan.digest
    assert asked[0] == ("multicast", [{"type": "text", "text": HELLO[0].text}])
    assert town("request", plan.id, seen).state == "requested"


def test_the_thousand_and_first_unit_of_a_month_is_refused_before_it_is_lost(town, clock):
    from govline.delivery import _sql as sql

    rows = [{"month": "2026-11", "name": f"u{number}"} for number in range(1_000)]
    town.db.run(lambda tx: tx.write_many(sql.ADD_UNIT, rows))
    people = town.citizens(1)
    new = town.approved(planned(town, people, unit="one_more"))
    assert [reason.code for reason in town("preview", new.id).warnings] == ["GL-1065"]
    assert codes(town("send", new.id)) == {"GL-1065"}
    known = town.approved(planned(town, people, key="k2", unit="u7"))
    assert not isinstance(town("send", known.id), Refused)
    clock.advance(timedelta(days=30))
    assert not isinstance(town("send", new.id), Refused)


def test_a_key_is_one_plan(town):
    people = town.citizens(2)
    plan = planned(town, people)
    assert planned(town, people) == plan
    with pytest.raises(InputError, match="GL-1055"):
        planned(town, people[:1])
    town("edit", plan.id, messages=[Text("直した文")])
    assert planned(town, people).revision == 2


def test_what_makes_no_plan_is_refused_at_once(town):
    people = town.citizens(1)
    for terms, error, code in (
        ({"recipients": None}, InputError, "GL-1056"),
        ({"selection": {"by": "everybody"}}, InputError, "GL-1056"),
        ({"messages": ()}, InputError, "GL-1056"),
        ({"recipients": None, "selection": {"by": "moon"}}, InputError, "GL-1058"),
        ({"topic": "moon"}, InputError, "GL-1058"),
        ({"unit": "日本"}, InputError, "GL-1050"),
        ({"messages": HELLO * 6}, MessageError, "GL-0010"),
    ):
        with pytest.raises(error, match=code):
            planned(town, **{"recipients": people, **terms})
    with pytest.raises(StoreError, match="GL-1054"):
        town("preview", "none")
    with pytest.raises(StoreError, match="GL-1057"):
        town("pause", "none")
    assert town("plans") == ()


def test_a_withdrawn_plan_is_over(town):
    plan = town.approved(planned(town, town.citizens(1)))
    assert town("withdraw", plan.id).state == "withdrawn"
    assert codes(town("send", plan.id)) == {"GL-1071"}
    assert codes(town("withdraw", plan.id)) == {"GL-1071"}


def test_a_plan_past_its_time_is_not_sent_and_one_that_lapses_while_it_waits_ends_expired(town, clock):
    late = town.approved(planned(town, town.citizens(1), expires=clock.now() + timedelta(hours=1)))
    waiting = town.approved(
        planned(town, town.citizens(2), key="w", expires=clock.now() + timedelta(hours=1))
    )
    town("send", waiting.id)
    town.db.run(lambda tx: town.delivery.advance(tx, waiting.id))
    clock.advance(timedelta(hours=2))
    assert codes(town("send", late.id)) == {"GL-1068"}
    town.work(waiting.id)
    assert {why for _, _, why in town.ledger(waiting.id)} == {"expired"}
    assert town("run", waiting.id).state == "cancelled"


def test_recipients_come_in_bounded_units_and_a_crash_goes_on(town, monkeypatch):
    monkeypatch.setattr(running, "UNIT", 300)
    monkeypatch.setattr(running, "BATCHES", 1)
    people = town.citizens(1_000)
    plan = town.approved(planned(town, people))
    town("send", plan.id)
    units = 0

    def dies(tx):
        town.delivery.advance(tx, plan.id)
        raise LookupError

    while True:
        with pytest.raises(LookupError):
            town.db.run(dies)
        placed = town("ledger_counts", plan.id).total
        if placed < 1_000:
            assert town.outbox() == []
        more = town("advance", plan.id)
        assert town("ledger_counts", plan.id).total - placed <= 300
        units += 1
        if not more:
            break
    assert units == 4 + 1 + 2 + 1
    town.pump()
    assert sorted(town.reached()) == sorted(people)


def test_a_feature_freezes_any_number_without_staff(town, monkeypatch):
    monkeypatch.setattr(running, "UNIT", 400)
    people = town.citizens(900)
    run = town.delivery.freeze_pages(
        town.db, key="gomi", source="garbage", messages=HELLO, selection={"by": "everybody"}
    )
    assert (run.batches, run.counts.planned, run.stage) == (2, 900, "cut")
    again = town.delivery.freeze_pages(
        town.db, key="gomi", source="garbage", messages=HELLO, selection={"by": "everybody"}
    )
    assert again == run
    town.pump()
    assert sorted(town.reached()) == sorted(people)


def test_the_policy_is_asked_for_every_verb(any_db, town):
    class Nobody:
        def __init__(self):
            self.asked = []

        def refuses(self, actor, verb, *, department=""):
            self.asked.append((verb, department))
            return Reason("GL-9999", "できません")

    from attrs import evolve

    plan = planned(town, town.citizens(1), department="koho")
    seen = town("preview", plan.id)
    nobody = Nobody()
    town.delivery.setup = evolve(town.delivery.setup, policy=nobody)
    assert codes(planned(town, [], key="n", department="koho")) == {"GL-9999"}
    for verb, *words in (("edit", plan.id), ("request", plan.id, seen), ("approve", plan.id, plan.digest)):
        assert codes(town(verb, *words)) == {"GL-9999"}
    for verb in ("send", "withdraw"):
        assert codes(town(verb, plan.id)) == {"GL-9999"}
    assert set(nobody.asked) == {
        (f"delivery.{verb}", "koho") for verb in ("plan", "approve", "send", "cancel")
    }


def test_who_takes_over_sees_the_plans_that_wait(town):
    open_work = City(town.db)._assembly.offers["delivery"].open_work
    plan = planned(town, town.citizens(1))
    assert town.db.read(lambda tx: open_work(tx, "tanaka")) == {"delivery.plan": 1}
    town("withdraw", plan.id)
    assert town.db.read(lambda tx: open_work(tx, "tanaka")) == {}
