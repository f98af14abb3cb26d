"""Roles, departments and the linter, without a database."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govline.core import SYSTEM, Actor, citizen_actor
from govline.core.permissions import PolicyPort
from govline.errors import DefinitionError, FileError
from govline.people import (
    Assignment,
    Grant,
    Move,
    Role,
    RolePolicy,
    lint,
    plan_moves,
    read_definition,
    read_moves,
)

TOWN = {
    "departments": {
        "fukushi": {"label": "福祉部"},
        "kosodate": {"label": "子育て課", "parent": "fukushi"},
        "kankyo": {"label": "環境課"},
    },
    "roles": {
        "editor": {"label": "作成者", "verbs": ["delivery.plan", "data.import"]},
        "approver": {"label": "承認者", "verbs": ["delivery.approve", "delivery.send"]},
        "admin": {"label": "管理者", "verbs": ["people.manage", "audit.read", "data.*"]},
    },
}
POLICY = RolePolicy(TOWN)
PORT: PolicyPort = POLICY
DAY = date(2026, 4, 1)


def staff(*roles, departments=()):
    return Actor("staff", "s1", "web", roles=frozenset(roles), departments=frozenset(departments))


@pytest.mark.parametrize(
    ("actor", "verb", "department", "allowed"),
    [
        (SYSTEM, "delivery.approve", "kosodate", True),
        (Actor("staff", "cli", "cli"), "erasure.run", "", True),
        (Actor("staff", "cli", "web"), "erasure.run", "", False),
        (citizen_actor("c1"), "data.export", "", False),
        (Actor("citizen", "c1", "line", roles=frozenset({"*:admin"})), "data.export", "", False),
        (Actor("machine", "m1", "api", roles=frozenset({"*:editor"})), "delivery.plan", "", True),
        (staff("kosodate:editor"), "delivery.plan", "kosodate", True),
        (staff("kosodate:editor"), "delivery.plan", "kankyo", False),
        (staff("kosodate:editor"), "delivery.plan", "fukushi", False),
        (staff("fukushi:editor"), "delivery.plan", "kosodate", True),
        (staff("kosodate:editor"), "delivery.plan", "", True),
        (staff("kosodate:editor"), "delivery.approve", "", False),
        (staff("*:editor"), "delivery.plan", "kankyo", True),
        (staff("editor", departments=["kankyo"]), "delivery.plan", "kosodate", False),
        (staff("editor", departments=["kankyo"]), "delivery.plan", "kankyo", True),
        (staff("*:admin"), "data.export", "kankyo", True),
        (staff("*:admin"), "database.drop", "", False),
        (staff("*:nobody"), "delivery.plan", "", False),
        (staff("kosodate:editor"), "delivery.plan", "unknown", False),
    ],
)
def test_who_may(actor, verb, department, allowed):
    assert (POLICY.refuses(actor, verb, department=department) is None) == allowed


def test_a_refusal_says_what_where_and_who_could():
    refused = POLICY.refuses(staff("kosodate:editor"), "delivery.approve", department="kosodate")
    assert refused.text == "「配信を承認する」(子育て課)の権限がありません。できる役割: 承認者。"
    assert refused.code == "GL-1500"
    assert refused.help["roles"] == ["approver"]


@given(
    st.sampled_from(["*", "delivery.*", "delivery.plan", "data.export"]),
    st.sampled_from(sorted(POLICY.verbs)),
)
def test_a_pattern_covers_what_it_says(pattern, verb):
    expected = pattern in {"*", verb} or (pattern[-1] == "*" and verb.startswith(pattern[:-1]))
    assert Role("r", "r", (pattern,)).allows(verb) == expected


@pytest.mark.parametrize(
    "raw",
    [
        {"roles": {"x": {"label": "X", "verbs": []}}},
        {"roles": {"x": {"label": "X", "verbs": ["delivery"]}}},
        {"departments": {"a": {"label": "A", "parent": "b"}}},
        {"departments": {"a": {"label": "A", "parent": "b"}, "b": {"label": "B", "parent": "a"}}},
        {"role": {}},
    ],
)
def test_a_wrong_definition_is_refused_with_the_key(raw):
    with pytest.raises(DefinitionError, match="GL-1510"):
        read_definition(raw)


def test_the_linter_names_what_is_wrong():
    texts = [problem.text for problem in lint(RolePolicy({}))]
    assert texts == [
        "「配信を承認する」ことのできる役割がありません",
        "「職員の権限を変える」ことのできる役割がありません",
    ]
    both = {"roles": {"all": {"label": "全部", "verbs": ["delivery.*", "people.manage", "nothing.here"]}}}
    texts = [problem.text for problem in lint(RolePolicy(both))]
    assert "「nothing.here」に当たる操作はありません" in texts
    assert any("一人で配信を作って承認" in text for text in texts)
    held = [
        Assignment("a1", "m1", "editor", "fukushi", DAY),
        Assignment("a2", "m1", "approver", "kosodate", DAY),
        Assignment("a3", "m2", "gone", "nowhere", DAY),
        Assignment("a4", "m3", "admin", "", date(2026, 5, 1)),
    ]
    problems = lint(POLICY, held, DAY)
    found = {(problem.place, problem.text) for problem in problems}
    assert ("member m1", "一人で配信を作って承認できます") in found
    assert ("assignment a3", "役割「gone」は定義されていません") in found
    assert ("assignment a3", "部署「nowhere」は定義されていません") in found
    assert ("people", "「職員の権限を変える」ことのできる職員がいません") in found
    assert ("roles.admin", "役割「管理者」を持つ職員がいません") in found


def test_a_vendor_adds_verbs():
    policy = RolePolicy(
        {"verbs": {"ward.unlock": "施設を開ける"}, "roles": {"r": {"label": "R", "verbs": ["ward.*"]}}}
    )
    assert policy.refuses(staff("*:r"), "ward.unlock") is None
    assert not any("ward" in problem.text for problem in lint(policy))


def ids():
    numbers = iter(range(1000))
    return lambda: f"n{next(numbers)}"


def test_a_move_ends_the_old_and_begins_the_new_and_names_what_is_left_behind():
    held = [
        Assignment("a1", "m1", "editor", "kosodate", date(2025, 4, 1)),
        Assignment("a2", "m2", "approver", "kosodate", date(2025, 4, 1)),
        Assignment("a3", "m2", "editor", "kosodate", date(2026, 6, 1)),
        Assignment("a4", "m3", "editor", "kankyo", date(2025, 4, 1), date(2026, 3, 1)),
    ]
    plan = plan_moves(POLICY, [Move("m1", "kankyo"), Move("m2", leaves=True)], held, DAY, ids())
    assert [each.id for each in plan.ends] == ["a1", "a2", "a3"]
    assert [(each.member, each.role, each.department) for each in plan.starts] == [("m1", "editor", "kankyo")]
    assert plan.leavers == ("m2",)
    assert plan.problems == ()
    assert ("子育て課", "「配信を承認する」ことのできる職員がいなくなります") in {
        (each.place, each.text) for each in plan.warnings
    }


def test_a_list_with_errors_names_each():
    moves = [Move("m1", "nowhere"), Move("m1", "kankyo", ("boss",))]
    texts = [each.text for each in plan_moves(POLICY, moves, [], DAY, ids()).problems]
    assert texts == [
        "部署「nowhere」は定義されていません",
        "同じ職員が二度書かれています",
        "役割「boss」は定義されていません",
        "引き継ぐ役割がありません。役割を書いてください",
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_the_list_of_personnel_is_read_with_labels_and_ids(encoding):
    text = "職員番号,異動先,役割,退職\r\n001,子育て課,承認者・editor,\r\n002,,,○\r\n003,kankyo,,\r\n009,kankyo,,\r\n001x,,,\r\n"
    known = {"001": "m1", "002": "m2", "003": "m3", "001x": "m4"}
    moves, problems = read_moves(text.encode(encoding), known.get, POLICY)
    assert moves == [
        Move("m1", "kosodate", ("approver", "editor")),
        Move("m2", leaves=True),
        Move("m3", "kankyo"),
    ]
    assert [each.place for each in problems] == ["5行目 職員番号", "6行目 異動先"]


def test_a_list_that_could_be_misread_is_not_read():
    known = {"001": "m1", "002": "m2"}.get
    _, problems = read_moves(
        "職員番号,異動先,退職\n001,kankyo,３月末\n,,\n002,kankyo,×\n".encode(), known, POLICY
    )
    assert [(each.place, each.text) for each in problems] == [("2行目 退職", "○ か空欄にしてください")]
    for text in (
        '職員番号,異動先\n001,"kankyo\n002,kankyo\n',
        "職員番号,異動先\n001," + "x" * 200_000 + "\n",
        "職員番号,異動先,所属\n001,kankyo,kosodate\n",
        "",
    ):
        with pytest.raises(FileError, match="GL-1511"):
            read_moves(text.encode(), known, POLICY)


def test_a_list_without_the_columns_is_refused():
    with pytest.raises(FileError, match="GL-1511"):
        read_moves("氏名,所属先\n".encode(), {}.get, POLICY)
    with pytest.raises(FileError, match="GL-1511"):
        read_moves(b"\xff\xfe\x00", {}.get, POLICY)


def test_a_grant_reads_what_it_writes():
    for grant in (Grant("r"), Grant("r", "d")):
        assert Grant.parse(grant.text) == grant
    assert Grant.parse("r") == Grant("r")


def test_a_role_of_one_department_is_no_right_over_the_whole_town():
    policy = RolePolicy(
        {"roles": {"chief": {"label": "課長", "verbs": ["*"]}}, "departments": {"tax": {"label": "税務課"}}}
    )
    chief = Actor("staff", "c", "web", roles={"tax:chief"})
    town = Actor("staff", "t", "web", roles={"*:chief"})
    for verb in ("people.manage", "erasure.run", "audit.read", "inbox.replay"):
        assert policy.refuses(chief, verb) is not None
        assert policy.refuses(town, verb) is None
    assert policy.refuses(chief, "people.manage", department="tax") is None
    assert policy.refuses(chief, "delivery.plan") is None
