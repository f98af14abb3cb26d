"""Whatever staff, machines and LINE do in whatever order: nothing leaves without a living approval, nobody twice, sums hold."""

import json
from collections import Counter
from typing import ClassVar
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text

from govline.core import Actor, Dead, Done, Retry, Unknown
from govline.core.messages import Text
from govline.delivery import Caps, Delivery, Drift, FrozenBatch, Refused, Rules, Setup
from govline.delivery.planning import digest_of
from govline.store import identity

STAFF = [Actor("staff", name, "web") for name in ("tanaka", "sato", "suzuki")]
PEOPLE, CAP = 9, 2
RULES = Rules(
    caps=Caps(citizen_per_day=CAP, per_send=8), drift=Drift(share=0, number=1), topics={"a": "あ", "b": "い"}
)
FATES = st.sampled_from(
    [Done(), Dead("GL-8022 400"), Unknown("24 h"), Retry("GL-8020 no answer"), Retry("GL-8023 429 rate")]
)


class Life(RuleBasedStateMachine):
    """`left` holds every batch that went to LINE, as it went first; `seen` counts what happened over all examples."""

    db = None
    seen: ClassVar = Counter()

    @initialize()
    def begin(self):
        for table in ("recipient", "batch", "run", "plan", "listed", "optout", "gate"):
            self.sql(f"DELETE FROM gl_delivery_{table}")
        self.sql("DELETE FROM gl_outbox")
        names = [f"U{number:032x}" for number in range(PEOPLE)]
        self.people = self.db.run(lambda tx: [identity.citizen_of(tx, name) for name in names])
        for who in self.people:
            self.db.run(lambda tx, who=who: identity.set_blocked(tx, who, False))
        self.delivery = Delivery(Setup(RULES))
        self.plans, self.left, self.told = [], {}, {}
        self.ended, self.cancelled, self.number = set(), set(), 0
        self.plan(set(range(5)), STAFF[0], "")

    def sql(self, words):
        self.db.run(lambda tx: tx.connection.execute(text(words)) and None)

    def rows(self, words):
        return self.db.read(lambda tx: tx.connection.execute(text(words)).all())

    def act(self, verb, *words, by=STAFF[0], **named):
        return self.db.run(lambda tx: getattr(self.delivery, verb)(tx, *words, **named), actor=by)

    @rule(
        who=st.sets(st.integers(0, PEOPLE - 1), min_size=1),
        by=st.sampled_from(STAFF),
        topic=st.sampled_from(["", "a"]),
        steps=st.sampled_from([12, 12, 3, None]),
    )
    def plan(self, who, by, topic, steps=None):
        self.number += 1
        found = self.act(
            "plan",
            by=by,
            key=f"k{self.number}",
            campaign="c",
            messages=[Text(f"{self.number}")],
            recipients=[self.people[place] for place in sorted(who)],
            topic=topic,
        )
        self.plans.append(found.id)
        if steps is not None:
            self.go(len(self.plans) - 1, steps)

    @precondition(lambda self: self.plans)
    @rule(
        which=st.integers(0, 9),
        by=st.sampled_from(STAFF),
        word=st.sampled_from("xyz"),
        who=st.none() | st.integers(0, 8),
    )
    def edit(self, which, by, word, who):
        plan = self.plans[which % len(self.plans)]
        more = {} if who is None else {"recipients": self.people[: who + 1]}
        self.act("edit", plan, by=by, messages=[Text(word)], **more)

    @precondition(lambda self: self.plans)
    @rule(which=st.integers(0, 9), by=st.sampled_from(STAFF), stale=st.booleans())
    def ask(self, which, by, stale):
        plan = self.plans[which % len(self.plans)]
        seen = self.db.read(lambda tx: self.delivery.preview(tx, plan))
        if stale:
            self.act("edit", plan, by=by, messages=[Text(f"stale {self.number}")])
        self.act("request", plan, seen, by=by)

    @precondition(lambda self: self.plans)
    @rule(which=st.integers(0, 9), by=st.sampled_from(STAFF))
    def approve(self, which, by):
        plan = self.plans[which % len(self.plans)]
        shown = self.db.read(lambda tx: self.delivery.plan_of(tx, plan))
        done = self.act("approve", plan, shown.digest, by=by)
        if not isinstance(done, Refused):
            assert f"staff:{by.id}" not in {shown.planner, *shown.editor.split("\n")}

    @precondition(lambda self: self.plans)
    @rule(which=st.integers(0, 9), steps=st.sampled_from([0, 3, 12, 12]))
    def go(self, which, steps):
        """The straight way, so that long lives are reached; where it is not open, it is refused."""
        plan = self.plans[which % len(self.plans)]
        self.act("request", plan, self.db.read(lambda tx: self.delivery.preview(tx, plan)))
        for by in STAFF:
            self.approve(which, by)
        self.act("send", plan)
        for _ in range(steps):
            self.act("advance", plan)

    @precondition(lambda self: self.plans)
    @rule(
        which=st.integers(0, 9),
        verb=st.sampled_from(["send", "send", "pause", "pause", "resume", "resume", "cancel", "withdraw"]),
    )
    def turn(self, which, verb):
        plan = self.plans[which % len(self.plans)]
        if verb in ("pause", "resume", "cancel") and self.act("run", plan) is None:
            return
        done = self.act(verb, plan)
        if verb == "cancel" and not isinstance(done, Refused):
            self.cancelled.add(plan)

    @precondition(lambda self: self.plans)
    @rule(which=st.integers(0, 9), fates=st.lists(FATES, min_size=1, max_size=3))
    def cancel_between_batches(self, which, fates):
        for fate in fates:
            self.carry_out(fate, which, crash=False)
        self.turn(which, "cancel")
        for fate in fates:
            self.carry_out(fate, which, crash=False)

    @precondition(lambda self: self.plans)
    @rule(which=st.integers(0, 9), steps=st.integers(1, 9), crash=st.booleans())
    def work(self, which, steps, crash):
        plan = self.plans[which % len(self.plans)]
        for _ in range(steps):
            if crash:
                with pytest.raises(LookupError):
                    self.db.run(self.dies(plan))
            self.act("advance", plan)

    def dies(self, plan):
        def unit(tx):
            self.delivery.advance(tx, plan)
            raise LookupError

        return unit

    @rule(who=st.integers(0, PEOPLE - 1), what=st.sampled_from(["block", "unblock", "out", "in"]))
    def citizen(self, who, what):
        citizen = self.people[who]
        if what in ("out", "in"):
            self.act(f"opt_{what}", citizen, "a")
        else:
            self.db.run(lambda tx: identity.set_blocked(tx, citizen, what == "block"))

    @rule(fates=st.lists(FATES, min_size=1, max_size=4), which=st.integers(0, 20), crash=st.booleans())
    def pump(self, fates, which, crash):
        for fate in fates:
            self.carry_out(fate, which, crash=crash)

    def carry_out(self, fate, which, *, crash):
        waiting = [
            row
            for row in self.rows("SELECT id, payload FROM gl_outbox WHERE topic LIKE 'line.%' ORDER BY id")
            if row[0] not in self.ended
        ]
        if not waiting:
            return
        row, payload = waiting[which % len(waiting)]
        batch_id = json.loads(payload)["batch"]
        opened = self.act("open_batch", batch_id)
        ended = opened
        if isinstance(opened, FrozenBatch):
            self.leaves(batch_id, opened)
            if crash:
                return
            ended = fate
        self.act("record_batch", batch_id, ended)
        self.seen["parked"] += ended == Done({"parked": True})
        if not isinstance(ended, Retry):
            self.ended.add(row)

    def leaves(self, batch_id, opened):
        before = self.left.setdefault(batch_id, opened)
        assert (before.citizens, before.messages, before.retry_key) == (
            opened.citizens,
            opened.messages,
            opened.retry_key,
        )
        self.seen["again" if before is not opened else "left"] += 1
        if before is opened:
            assert opened.run not in self.cancelled
            plan = self.db.read(lambda tx: self.delivery.plan_of(tx, opened.run))
            assert plan.approver not in {"", plan.planner, *plan.editor.split("\n")}
            assert plan.approved == plan.digest == digest_of(plan)
            assert plan.state == "sent"

    @invariant()
    def nobody_is_in_two_batches_of_a_run_and_counts_sum(self):
        if not getattr(self, "plans", None):
            return
        for plan in self.plans:
            run = self.act("run", plan)
            if run is None:
                continue
            counts = self.act("ledger_counts", plan)
            assert run.counts == counts
            batches = [each for each in self.left.values() if each.run == plan]
            members = [citizen for each in batches for citizen in each.citizens]
            assert len(members) == len(set(members))
            self.seen[run.state] += 1
            if run.finished is not None:
                assert counts.planned == 0

    @invariant()
    def no_citizen_has_more_than_the_cap(self):
        if not getattr(self, "left", None):
            return
        got = [citizen for each in self.left.values() for citizen in each.citizens]
        sure = {each.run for each in self.left.values()}
        for citizen in set(got):
            mine = [
                each
                for batch_id, each in self.left.items()
                if citizen in each.citizens and self.fate(batch_id) != "not_reached"
            ]
            assert len(mine) <= CAP, sure

    def fate(self, batch_id):
        ((state,),) = self.rows(f"SELECT state FROM gl_delivery_batch WHERE id = '{batch_id}'")
        return state


@pytest.mark.parametrize("engine", ["sqlite_db", "postgres_db"])
def test_the_life_of_a_delivery(request, engine):
    Life.db = request.getfixturevalue(engine)
    examples = 25 if engine == "sqlite_db" else 8
    rules = settings(
        max_examples=examples, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
    )
    with (
        patch.multiple("govline.delivery.freezing", BATCH_SIZE=2, PAGE=2),
        patch.multiple("govline.delivery.running", UNIT=3, BATCHES=1, PUSHES=2, PAGE=2),
    ):
        Life.seen.clear()
        run_state_machine_as_test(Life, settings=rules)
    assert min(Life.seen[state] for state in ("left", "finished")) > 0, Life.seen
