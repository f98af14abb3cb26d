"""Staff, assignments and hand-overs on both engines."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from threading import Event

import pytest
from sqlalchemy import text

from govline.core import Actor
from govline.errors import InputError, StoreError
from govline.people import Move, People, RolePolicy
from govline.people import _queries as q
from govline.store import Keyring, audit, chain, sealed

TOWN = {
    "departments": {"kosodate": {"label": "子育て課"}, "kankyo": {"label": "環境課"}},
    "roles": {
        "editor": {"label": "作成者", "verbs": ["delivery.plan"]},
        "approver": {"label": "承認者", "verbs": ["delivery.approve"]},
        "admin": {"label": "管理者", "verbs": ["people.manage"]},
    },
}
CANARY = "金成りあ"


@pytest.fixture
def people():
    return People(RolePolicy(TOWN))


@pytest.fixture
def staffed(any_db, people):
    def unit(tx):
        first = people.add(tx, "001", CANARY)
        second = people.add(tx, "002", "次郎")
        people.assign(tx, first, "editor", "kosodate", starts=date(2025, 4, 1))
        people.assign(tx, second, "approver", "kosodate", starts=date(2025, 4, 1))
        return first, second

    return any_db, *any_db.run(unit)


def roles(db, people, login):
    actor = db.read(lambda tx: people.actor(tx, login))
    return None if actor is None else sorted(actor.roles)


def test_an_actor_carries_what_is_held_today(staffed, people):
    db, first, _ = staffed
    assert roles(db, people, "001") == ["kosodate:editor"]
    assert roles(db, people, "999") is None
    assert db.run(lambda tx: people.add(tx, "001", "again")) == first
    assert db.read(lambda tx: people.who_may(tx, "delivery.plan", "kosodate")) == [first]
    assert db.read(lambda tx: people.who_may(tx, "delivery.plan", "kankyo")) == []
    assert [each.member.label for each in db.read(lambda tx: people.members(tx))] == [CANARY, "次郎"]


def test_names_and_logins_stand_sealed_and_in_no_repr(staffed, people):
    db, _, _ = staffed
    rows = db.read(lambda tx: tx.connection.execute(text("SELECT * FROM gl_people_member")).all())
    assert CANARY not in repr(rows)
    assert CANARY not in repr(db.read(lambda tx: people.members(tx)))


def test_rights_end_at_midnight_in_japan(staffed, people, clock):
    db, first, second = staffed
    day = date(2026, 12, 1)
    dry = db.run(lambda tx: people.hand_over(tx, [Move(second, leaves=True)], day, dry_run=True))
    assert (dry.id, len(dry.ends)) == ("", 1)
    plan = db.run(lambda tx: people.hand_over(tx, [Move(first, "kankyo"), Move(second, leaves=True)], day))
    assert plan.problems == ()
    clock.set(datetime(2026, 11, 30, 14, 59, 59, tzinfo=UTC))
    assert (roles(db, people, "001"), roles(db, people, "002")) == (
        ["kosodate:editor"],
        ["kosodate:approver"],
    )
    clock.set(datetime(2026, 11, 30, 15, tzinfo=UTC))
    assert (roles(db, people, "001"), roles(db, people, "002")) == (["kankyo:editor"], None)
    assert db.run(lambda tx: people.undo(tx, plan.id)) == 3
    assert (roles(db, people, "001"), roles(db, people, "002")) == (
        ["kosodate:editor"],
        ["kosodate:approver"],
    )
    with pytest.raises(StoreError, match="GL-1502"):
        db.run(lambda tx: people.undo(tx, plan.id))


def test_an_undo_that_meets_later_changes_writes_nothing(staffed, people):
    db, first, _ = staffed
    day = date(2026, 11, 1)
    plan = db.run(lambda tx: people.hand_over(tx, [Move(first, "kankyo")], day))
    (new,) = plan.starts
    assert db.run(lambda tx: people.end(tx, first, new.id, date(2026, 11, 10)))
    with pytest.raises(StoreError, match="GL-1502"):
        db.run(lambda tx: people.undo(tx, plan.id))
    assert roles(db, people, "001") == []


def test_what_waits_for_a_member_is_listed(staffed, people):
    db, first, _ = staffed
    people.bind_open_work([lambda tx, member: {"承認待ち": 2, "保留": 0} if member == first else {}])
    plan = db.run(lambda tx: people.hand_over(tx, [Move(first, "kankyo")], date(2026, 12, 1), dry_run=True))
    assert plan.open_work == {first: {"承認待ち": 2}}
    problems = db.run(lambda tx: people.hand_over(tx, [Move("stranger", leaves=True)], date(2026, 12, 1)))
    assert [each.place for each in problems.problems] == ["stranger"]
    assert problems.id == ""


def test_contractors_need_an_end_and_it_holds(staffed, people, clock):
    db, _, _ = staffed
    guest = db.run(lambda tx: people.add(tx, "vendor", "受託者", kind="operator"))
    with pytest.raises(InputError, match="GL-1501"):
        db.run(lambda tx: people.assign(tx, guest, "editor"))
    db.run(lambda tx: people.assign(tx, guest, "editor", ends=date(2026, 11, 21)))
    assert roles(db, people, "vendor") == ["*:editor"]
    clock.set(datetime(2026, 11, 20, 15, tzinfo=UTC))
    assert roles(db, people, "vendor") == []


@pytest.mark.parametrize(
    ("given", "department", "allowed"),
    [
        ("*:admin", "", True),
        ("kosodate:admin", "", False),
        ("kosodate:admin", "kosodate", True),
        ("kosodate:admin", "kankyo", False),
        ("*:editor", "kosodate", False),
    ],
)
def test_only_who_manages_people_changes_them_where_they_may(staffed, people, given, department, allowed):
    db, first, _ = staffed
    actor = Actor("staff", "boss", "web", roles=frozenset({given}))

    def unit():
        return db.run(lambda tx: people.assign(tx, first, "editor", department), actor=actor)

    if allowed:
        assert unit()
    else:
        with pytest.raises(InputError, match="GL-1500"):
            unit()


def test_a_forgotten_member_leaves_the_chain_whole(staffed, people):
    db, first, _ = staffed
    db.run(
        lambda tx: tx.audit("delivery.plan", people_ref(first)),
        actor=db.read(lambda tx: people.actor(tx, "001")),
    )
    chain.chain_all(db)
    db.run(lambda tx: people.forget(tx, first))
    chain.chain_all(db)
    assert chain.verify(db).broken is None
    assert roles(db, people, "001") is None
    assert db.read(lambda tx: audit.list(tx, actor=Actor("staff", first, "web")))


def test_who_left_comes_back_with_a_role_and_an_undo_lets_them_go_again(staffed, people, clock):
    db, first, second = staffed
    leaves, back = date(2026, 12, 1), date(2027, 4, 1)
    db.run(lambda tx: people.hand_over(tx, [Move(m, leaves=True) for m in (first, second)], leaves))
    clock.set(datetime(2027, 3, 31, 14, tzinfo=UTC))
    assert (roles(db, people, "001"), roles(db, people, "002")) == (None, None)
    plan = db.run(lambda tx: people.hand_over(tx, [Move(first, "kankyo", ("editor",))], back))
    assert plan.problems == ()
    db.run(lambda tx: people.assign(tx, second, "editor", "kankyo", starts=back))
    assert (roles(db, people, "001"), roles(db, people, "002")) == ([], []), "known again, without rights yet"
    clock.set(datetime(2027, 3, 31, 15, tzinfo=UTC))
    assert (roles(db, people, "001"), roles(db, people, "002")) == (["kankyo:editor"], ["kankyo:editor"])
    db.run(lambda tx: people.undo(tx, plan.id))
    assert roles(db, people, "001") is None


def test_a_role_that_goes_along_keeps_its_end(staffed, people, clock):
    db, first, _ = staffed
    guest = db.run(lambda tx: people.add(tx, "vendor", "受託者", kind="operator"))
    end, day = date(2027, 4, 1), date(2026, 12, 1)
    db.run(lambda tx: people.assign(tx, guest, "editor", "kosodate", ends=end))
    named = db.run(lambda tx: people.hand_over(tx, [Move(guest, "kankyo", ("approver",))], day))
    assert [each.text for each in named.problems] == ["委託先とゲストの新しい役割には期限が要ります"]
    plan = db.run(lambda tx: people.hand_over(tx, [Move(guest, "kankyo"), Move(first, "kankyo")], day))
    assert [each.ends for each in plan.starts] == [end, None]
    clock.set(datetime(2027, 3, 31, 15, tzinfo=UTC))
    assert roles(db, people, "vendor") == []
    db.run(lambda tx: people.undo(tx, plan.id))


def test_nobody_gives_themselves_a_role(any_db, people):
    boss = any_db.run(lambda tx: people.add(tx, "boss", "部長"))
    any_db.run(lambda tx: people.assign(tx, boss, "admin"))
    actor = any_db.read(lambda tx: people.actor(tx, "boss"))
    with pytest.raises(InputError, match="GL-1500"):
        any_db.run(lambda tx: people.assign(tx, boss, "approver", "kosodate"), actor=actor)
    day = date(2026, 12, 1)
    moves = [Move(boss, "kankyo", ("admin", "approver"))]
    plan = any_db.run(lambda tx: people.hand_over(tx, moves, day), actor=actor)
    assert (plan.id, [each.place for each in plan.problems]) == ("", [boss])
    plain = any_db.run(lambda tx: people.hand_over(tx, [Move(boss, "kankyo")], day), actor=actor)
    assert plain.id, "their own move in the list of everybody is no gain"


@pytest.mark.parametrize("guard", [True, False])
def test_a_role_given_during_a_hand_over_waits_for_it(postgres_db, people, monkeypatch, guard):
    """Without the lock a role that comes between reading and writing stays in the old department."""
    db = postgres_db
    if not guard:
        monkeypatch.setattr(q, "LOCK_MEMBER", q.MEMBER)
    day = date(2026, 12, 1)

    def unit(tx):
        member = people.add(tx, "001", "花子")
        people.assign(tx, member, "editor", "kosodate", starts=date(2025, 4, 1))
        return member

    member = db.run(unit)
    given, asked = [], Event()

    def meanwhile(tx, _member):
        given.append(thread.submit(give))
        assert asked.wait(10)
        if not guard:
            given[0].result(10)
        return {}

    def give():
        def assign(tx):
            asked.set()
            return people.assign(tx, member, "approver", "kosodate", starts=day)

        return db.run(assign)

    people.bind_open_work([meanwhile])
    with ThreadPoolExecutor(1) as thread:
        plan = db.run(lambda tx: people.hand_over(tx, [Move(member, leaves=True)], day))
        given[0].result(10)
    (late,) = [e for e in db.read(lambda tx: tx.all(q.OF_MEMBER, {"who": member})) if e.role == "approver"]
    left = db.read(lambda tx: tx.one(q.MEMBER, {"row": member})).left_on
    assert plan.id
    assert late.ends is None
    assert (left is None) == guard, (
        "after the hand-over it is a return, between its steps a right that nobody saw"
    )


def test_two_who_add_one_member_at_once_get_one(postgres_db, people):
    with ThreadPoolExecutor(4) as threads:
        found = set(
            threads.map(lambda _: postgres_db.run(lambda tx: people.add(tx, "001", "花子")), range(8))
        )
    assert len(found) == 1


def people_ref(member):
    from govline.core import Ref

    return Ref("people.member", member)


def test_keys_rotate_over_every_sealed_column(any_db, people, keys, clock):
    from govline.people.service import LABEL, LOGIN
    from govline.store import identity, inbox
    from govline.store.blobs import Blobs

    def unit(tx):
        people.add(tx, "001", CANARY)
        citizen = identity.citizen_of(tx, "U" + "0" * 32)
        blob = Blobs().put(tx, b"photo", "image/png")
        return citizen, blob

    citizen, blob = any_db.run(unit)
    events = [
        inbox.Incoming("message.text", 1, number, '{"x":1}', f"e{number}", citizen, reply_token="tok")
        for number in range(5)
    ]
    any_db.run(lambda tx: inbox.receive(tx, events))
    any_db.run(lambda tx: tx.audit("a.b", people_ref("x")))
    chain.chain_all(any_db)
    old = any_db.keys
    new = Keyring.generate("k2")
    any_db.keys = Keyring.from_text(f"{new.to_text()},{old.to_text()}")
    done = sealed.rotate(any_db, (LOGIN, LABEL), limit=2)
    assert done["gl_inbox.body"] == 5
    assert sealed.rotate(any_db, (LOGIN, LABEL), limit=2) == dict.fromkeys(done, 0)
    for standing in sealed.count(any_db, (LOGIN, LABEL)):
        assert set(standing.by_key) <= {"k2"}, standing
        assert standing.plain == 0
    any_db.keys = new
    assert any_db.read(lambda tx: people.actor(tx, "001")) is not None
    assert any_db.read(lambda tx: identity.line_user_of(tx, citizen)) == "U" + "0" * 32
    assert any_db.read(lambda tx: Blobs().get(tx, blob)) == (b"photo", "image/png")
    seen = []
    inbox.process(
        any_db, any_db.read(inbox.next_citizens)[0], lambda tx, event: seen.append(event.body), limit=9
    )
    assert seen == ['{"x":1}'] * 5
    assert any_db.read(lambda tx: audit.list(tx))


def test_what_changes_while_keys_rotate_is_not_put_back(postgres_db, people, monkeypatch):
    from govline.people.service import LABEL

    db = postgres_db
    member = db.run(lambda tx: people.add(tx, "001", "旧"))
    db.keys = Keyring.from_text(f"{Keyring.generate('k2').to_text()},{db.keys.to_text()}")
    real, renamed = sealed._again, []

    def rename(tx):
        label = sealed.seal_value(tx, LABEL, member, "新")
        statement = text("UPDATE gl_people_member SET label = :label WHERE id = :id")
        tx.connection.execute(statement, {"label": label, "id": member})

    def again(tx, place, row):
        if place is LABEL and not renamed:
            renamed.append(thread.submit(db.run, rename).result(10))
        real(tx, place, row)

    monkeypatch.setattr(sealed, "_again", again)
    with ThreadPoolExecutor(1) as thread:
        sealed.rotate(db, (LABEL,))
    assert [each.member.label for each in db.read(lambda tx: people.members(tx))] == ["新"]


def test_a_sealed_value_opens_only_where_it_stands(any_db):
    from govline.people.service import LABEL

    boxed = any_db.read(lambda tx: sealed.seal_value(tx, LABEL, "row1", CANARY))
    assert any_db.read(lambda tx: sealed.open_value(tx, LABEL, "row1", boxed)) == CANARY
    with pytest.raises(StoreError, match="GL-1121"):
        any_db.read(lambda tx: sealed.open_value(tx, LABEL, "row2", boxed))
