"""Every verb of staff asks the policy first: a role that may nothing gets its reason, and nothing is written."""

import inspect
from datetime import UTC, date, datetime, timedelta

import pytest

from govline.calendar import Calendar, Policy, Programme, Refused, SlotPlan
from govline.calendar.merging import Contact
from govline.calendar.terms import Eligibility
from govline.core import Actor, Reason
from govline.store import audit

START = datetime(2026, 12, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
CLERK = Actor("staff", "s-1", "counter")
CITIZEN = Actor("citizen", "c-9", "line")
BORN = date(1950, 1, 1)
FLU = Programme("flu", policy=Policy(eligibility=Eligibility("接種券番号", "[0-9]{10}")))
READS = {
    "counter": {"closure", "closures", "displaced", "reached", "refused", "asked", "contact_refused"},
    "upkeep": {"supplies", "equipment", "unsettled", "repriced", "locks", "refused", "asked"},
    "groups": {"of", "of_citizen", "waiting", "approved", "get"},
    "eligibility": {"state", "terms"},
}
"""What shows ids and numbers of rows and nobody's name: the page or command that shows it asks. And how the verbs themselves ask."""
TOWN = {"groups": {"erase"}, "eligibility": {"purge", "erase"}}
"""What no member of staff calls: the town's own work."""
VERBS = {
    ("counter", "book"): lambda v, tx, it: v(tx, it.slot, key="1"),
    ("counter", "book_linked"): lambda v, tx, it: v(tx, [(it.slot, 1)], key="2"),
    ("counter", "change"): lambda v, tx, it: v(tx, it.booking, to=it.other, key="3"),
    ("counter", "change_pair"): lambda v, tx, it: v(tx, it.booking, (it.other, it.slot), key="13"),
    ("counter", "cancel"): lambda v, tx, it: v(tx, it.booking, key="4"),
    ("counter", "merge_code"): lambda v, tx, it: v(tx, it.called),
    ("counter", "contact"): lambda v, tx, it: v(tx, it.called),
    ("counter", "arrive"): lambda v, tx, it: v(tx, it.booking, key="5", reason="r"),
    ("counter", "undo_arrival"): lambda v, tx, it: v(tx, it.booking, key="6", reason="r"),
    ("counter", "close"): lambda v, tx, it: v(tx, "flu", START, START + HOUR, "r", key="7"),
    ("counter", "reopen"): lambda v, tx, it: v(tx, it.closure, "r", key="8"),
    ("counter", "message"): lambda v, tx, it: v(tx, it.slot, "x", key="9"),
    ("counter", "mend"): lambda v, tx, _: v(tx),
    ("upkeep", "set_places"): lambda v, tx, it: v(tx, it.slot, 9, reason="r", key="10"),
    ("upkeep", "settle"): lambda v, tx, it: v(tx, it.booking, "kept", reason="r"),
    ("upkeep", "release"): lambda v, tx, it: v(tx, it.lock, reason="r"),
    ("groups", "ask"): lambda v, tx, _: v(tx, "書道の会", "文化", key="11"),
    ("groups", "approve"): lambda v, tx, it: v(tx, it.group, rate=50, until=None, reason="r"),
    ("groups", "reject"): lambda v, tx, it: v(tx, it.group, reason="r"),
    ("groups", "add_member"): lambda v, tx, it: v(tx, it.group, "c-2"),
    ("groups", "drop_member"): lambda v, tx, it: v(tx, it.group, "c-1"),
    ("eligibility", "claim"): lambda v, tx, _: v(tx, "flu", None, "0000000001", BORN, key="12"),
    ("eligibility", "attach"): lambda v, tx, it: v(tx, it.booking, it.voucher),
    ("eligibility", "release"): lambda v, tx, _: v(tx, "flu", reason="r", citizen="c-1"),
}
TABLES = (
    *("gl_audit", "gl_outbox", "gl_schedule"),
    *(
        f"gl_calendar_{name}"
        for name in [
            "booking",
            "history",
            "closure",
            "fixed",
            "contact",
            "ticket",
            "group",
            "group_member",
            "guess",
        ]
    ),
)
OF_CITIZENS = {("groups", "ask"), ("eligibility", "claim")}


class Nobody:
    """A policy under which nobody may anything; notes what it was asked."""

    def __init__(self):
        self.asked = []

    def refuses(self, actor, verb, *, department=""):
        self.asked.append(verb)
        return Reason("GL-1301", verb)


class Things:
    """One of everything that a verb can be about."""

    def __init__(self, db):
        made = Calendar([FLU])
        plans = [SlotPlan(START + n * HOUR, START + (n + 1) * HOUR, 5) for n in range(3)]
        db.run(lambda tx: made.add_slots(tx, "flu", plans))
        self.slot, self.other, *_ = (slot.id for slot in db.read(lambda tx: made.slots(tx, "flu")))
        by_hand = {"override": True, "reason": "特例"}
        book = made.counter.book
        self.booking = db.run(
            lambda tx: book(tx, self.slot, citizen="c-1", key="a", **by_hand), actor=CLERK
        ).id
        called = Contact("佐藤", "090-0000-0000")
        self.called = db.run(
            lambda tx: book(tx, self.slot, contact=called, key="b", **by_hand), actor=CLERK
        ).id
        close = lambda tx: made.counter.close(tx, "flu", START + 2 * HOUR, START + 3 * HOUR, "雪", key="c")  # noqa: E731
        self.closure = db.run(close, actor=CLERK).id
        claim = made.eligibility.claim
        for n in range(5):
            db.run(lambda tx, n=n: claim(tx, "flu", "c-1", f"000000000{n}", BORN, key=f"w{n}"))
        self.lock = db.read(made.upkeep.locks)[0].id
        self.group = db.run(lambda tx: made.groups.ask(tx, "手話の会", "福祉", "c-1", key="d"))
        self.voucher = "no-voucher"


def rows(db):
    """How many rows the tables have that a verb could write to; not the requests, where a refusal is kept under its key."""
    count = lambda tx, name: tx.connection.exec_driver_sql(f"SELECT COUNT(*) FROM {name}").scalar()  # noqa: E731
    return {name: db.read(lambda tx, n=name: count(tx, n)) for name in TABLES}


@pytest.fixture
def things(any_db):
    any_db.migrate(["govline.delivery.migrations"])
    return Things(any_db)


def test_every_verb_of_the_calendar_is_here():
    calendar = Calendar()
    for room in ("counter", "upkeep", "groups", "eligibility"):
        part = getattr(calendar, room)
        public = {name for name, each in inspect.getmembers(part, callable) if not name.startswith("_")}
        walked = {name for where, name in VERBS if where == room}
        assert public - READS[room] - TOWN.get(room, set()) == walked


def test_a_role_that_may_nothing_does_nothing(any_db, things):
    policy = Nobody()
    strict, before = Calendar([FLU], policy=policy), rows(any_db)
    for (room, name), call in VERBS.items():
        policy.asked.clear()
        verb = getattr(getattr(strict, room), name)
        answer = any_db.run(lambda tx, c=call, v=verb: c(v, tx, things), actor=CLERK)
        assert isinstance(answer, Refused), (room, name)
        assert [(reason.code, reason.text) for reason in answer.reasons] == [("GL-1301", policy.asked[0])]
        assert rows(any_db) == before, (room, name)


def test_a_citizen_is_no_member_of_staff(any_db, things):
    free, before = Calendar([FLU]), rows(any_db)
    for room, name in VERBS.keys() - OF_CITIZENS:
        verb = getattr(getattr(free, room), name)
        answer = any_db.run(lambda tx, c=VERBS[room, name], v=verb: c(v, tx, things), actor=CITIZEN)
        assert [reason.code for reason in answer.reasons] == ["GL-2161"], (room, name)
    assert rows(any_db) == before


def test_a_slot_is_closed_for_new_bookings_by_those_who_may_close(any_db, things):
    policy = Nobody()
    strict = Calendar([Programme("flu")], policy=policy)
    refused = any_db.run(lambda tx: strict.cancel_slot(tx, things.slot), actor=CLERK)
    assert (refused.reasons[0].text, policy.asked) == ("calendar.close", ["calendar.close"])
    assert not any_db.read(lambda tx: strict.slot(tx, things.slot)).cancelled


def test_without_a_policy_the_library_lets_staff_and_its_caller_do_everything(any_db, things):
    free = Calendar([FLU])
    for actor in (CLERK, None):
        said = any_db.run(
            lambda tx: free.eligibility.release(tx, "flu", reason="本人確認", citizen="c-1"),
            **({"actor": actor} if actor else {}),
        )
        assert said == (1 if actor else 0)
    good = {"rate": 50, "until": None, "reason": "規約を確認"}
    assert any_db.run(lambda tx: free.groups.approve(tx, things.group, **good)).state == "approved"
    assert any_db.run(lambda tx: free.groups.add_member(tx, things.group, "c-2")) is True
    assert any_db.run(lambda tx: free.groups.add_member(tx, things.group, "c-2")) is False
    assert any_db.run(lambda tx: free.cancel_slot(tx, things.slot)) is True
    acts = [entry.action for entry in any_db.read(lambda tx: audit.list(tx, limit=99))]
    assert acts.count("calendar.group_joined") == 1
    assert acts.count("calendar.eligibility.released") == 2
