"""人事異動 as a list: read, checked and turned into assignments that end and begin on one day. Pure."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final

from govline.core import Id
from govline.core.text import normalize
from govline.errors import FileError
from govline.people.model import EVERYWHERE, WHOLE_TOWN, Assignment, Grant, HandOver, Move, Problem
from govline.people.rules import RolePolicy

__all__ = ["plan_moves", "read_moves"]

_HEADERS: Final[Mapping[str, tuple[str, ...]]] = {
    "login": ("login", "職員番号", "職員id", "id"),
    "to": ("to", "department", "異動先", "新所属", "所属"),
    "roles": ("roles", "role", "役割", "権限"),
    "leaves": ("leaves", "退職", "退職等"),
}
_YES: Final = frozenset({"1", "yes", "true", "○", "〇", "◯", "はい", "退職", "出向"})
_NO: Final = frozenset({"", "0", "no", "false", "×", "いいえ", "-"})


def read_moves(
    data: bytes, member_of: Callable[[str], Id | None], policy: RolePolicy
) -> tuple[list[Move], list[Problem]]:
    """Read the list that personnel hand out: CSV in UTF-8 or CP932, columns 職員番号, 異動先, 役割 (several with `・`), 退職.

    Args:
        member_of: From the login to the member; None where nobody is known under it.
        policy: Departments and roles may be named by id or by label.

    Raises:
        FileError: GL-1511 it is no such list.
    """
    rows, columns = _rows(data)
    places = {normalize(part.label): part.id for part in policy.departments.values()}
    titles = {normalize(role.label): role.id for role in policy.roles.values()}
    moves, problems = [], []
    for number, row in enumerate(rows, 2):
        if not any(cell.strip() for cell in row):
            continue
        cell = {name: normalize(row[place]) if place < len(row) else "" for name, place in columns.items()}
        member = member_of(cell["login"])
        word = cell.get("leaves", "").lower()
        leaves = word in _YES
        to = cell.get("to", "")
        place = EVERYWHERE if to == WHOLE_TOWN else places.get(to, to)
        roles = [
            titles.get(word, word) for word in cell.get("roles", "").replace(",", "・").split("・") if word
        ]
        if member is None:
            problems.append(Problem(f"{number}行目 職員番号", "この職員番号の職員は登録されていません"))
        elif word not in _YES and word not in _NO:
            problems.append(Problem(f"{number}行目 退職", "○ か空欄にしてください"))
        elif not leaves and not to:
            problems.append(Problem(f"{number}行目 異動先", "異動先が空です。退職なら退職欄に○を入れます"))
        else:
            moves.append(Move(member, place, tuple(roles), leaves))
    return moves, problems


def plan_moves(
    policy: RolePolicy,
    moves: Sequence[Move],
    assignments: Sequence[Assignment],
    effective: date,
    new_id: Callable[[], Id],
) -> HandOver:
    """What ends and what begins on a day; nothing of it is written here.

    Everything that a moved member holds on the day ends at its midnight, so nobody keeps an old department by accident. A role
    that goes with them keeps its end. Whom the list names where and as what they are anyway keeps everything.

    Args:
        assignments: All that hold on the day or begin after it.
        effective: The first day of the new order.
        new_id: Makes the ids of new assignments.
    """
    problems = [*_problems(policy, moves)]
    held: dict[Id, list[Assignment]] = {}
    for each in assignments:
        if each.ends is None or each.ends > effective:
            held.setdefault(each.member, []).append(each)
    ends: list[Assignment] = []
    starts: list[Assignment] = []
    unchanged: list[Id] = []
    for number, move in enumerate(moves, 1):
        now = held.get(move.member, [])
        if _stays(move, now, effective):
            unchanged.append(move.member)
            continue
        ends += now
        if move.leaves:
            continue
        roles = move.roles or tuple(dict.fromkeys(each.role for each in now if each.holds(effective)))
        if not roles:
            problems.append(Problem(f"{number}件目", "引き継ぐ役割がありません。役割を書いてください"))
        starts += [
            Assignment(new_id(), move.member, role, move.department, effective, _until(role, now, effective))
            for role in roles
        ]
    ended = {each.id for each in ends}
    after = [each for each in assignments if each.id not in ended and each.holds(effective)] + starts
    before = [each for each in assignments if each.holds(effective)]
    return HandOver(
        effective,
        ends,
        starts,
        [move.member for move in moves if move.leaves],
        problems,
        _left_behind(policy, before, after),
        unchanged,
    )


def _stays(move: Move, held: Sequence[Assignment], day: date) -> bool:
    """Whether a line says nothing but what holds on the day, and nothing else begins later."""
    now = [each for each in held if each.holds(day)]
    if move.leaves or not now:
        return False
    roles = set(move.roles) or {each.role for each in now}
    wanted = {(role, move.department) for role in roles}
    return _places(now) == wanted == _places(held)


def _places(held: Sequence[Assignment]) -> set[tuple[str, str]]:
    return {(each.role, each.department) for each in held}


def _until(role: str, held: Sequence[Assignment], day: date) -> date | None:
    """The end that a role had; None where one of its assignments had none, or where it is new."""
    ends = [each.ends for each in held if each.role == role and each.holds(day)]
    dated = [end for end in ends if end is not None]
    return max(dated) if dated and len(dated) == len(ends) else None


def _problems(policy: RolePolicy, moves: Sequence[Move]) -> list[Problem]:
    problems: list[Problem] = []
    seen: set[Id] = set()
    for number, move in enumerate(moves, 1):
        if move.member in seen:
            problems.append(Problem(f"{number}件目", "同じ職員が二度書かれています"))
        seen.add(move.member)
        if move.department and move.department not in policy.departments:
            problems.append(Problem(f"{number}件目", f"部署「{move.department}」は定義されていません"))
        problems += [
            Problem(f"{number}件目", f"役割「{role}」は定義されていません")
            for role in move.roles
            if role not in policy.roles
        ]
    return problems


def _left_behind(
    policy: RolePolicy, before: Sequence[Assignment], after: Sequence[Assignment]
) -> list[Problem]:
    """Verbs that somebody could use in a department, and nobody can any more."""
    had, have = _grants(before), _grants(after)
    return [
        Problem(
            policy.departments[place].label if place else "全庁",
            f"「{words}」ことのできる職員がいなくなります",
        )
        for place in (EVERYWHERE, *policy.departments)
        for verb, words in policy.verbs.items()
        if policy.allowed(had, verb, place) and not policy.allowed(have, verb, place)
    ]


def _grants(held: Sequence[Assignment]) -> list[Grant]:
    return [Grant(each.role, each.department) for each in held]


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FileError("the list is neither UTF-8 nor CP932", code="GL-1511", hint="save it as CSV UTF-8")


def _rows(data: bytes) -> tuple[list[list[str]], dict[str, int]]:
    """All rows below the header, and where each of our columns stands."""
    try:
        header, *rows = csv.reader(io.StringIO(_decoded(data), newline=""), strict=True)
    except ValueError:
        header, rows = [], []
    except csv.Error:
        raise FileError(
            "the quotes of a row do not fit together", code="GL-1511", hint="close every quote"
        ) from None
    return rows, _columns(header)


def _columns(headers: Sequence[str]) -> dict[str, int]:
    folded = [normalize(header).lower() for header in headers]
    found: dict[str, int] = {}
    for name, aliases in _HEADERS.items():
        places = [place for place, header in enumerate(folded) if header in aliases]
        if len(places) > 1:
            raise FileError(
                "two headers mean the same column",
                code="GL-1511",
                hint="rename or remove one of them",
                place={"columns": [place + 1 for place in places]},
            )
        if places:
            found[name] = places[0]
    if "login" not in found or not {"to", "leaves"} & found.keys():
        raise FileError(
            "the list has no columns 職員番号 and 異動先 (or 退職)",
            code="GL-1511",
            hint="the first row names the columns",
        )
    return found
