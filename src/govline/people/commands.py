"""`govline people …`: staff, roles, and the hand-over at 人事異動."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

from govline.core import Actor, Command, Transaction
from govline.errors import FileError, InputError
from govline.people.model import HandOver, Problem
from govline.people.service import People

__all__ = ["COMMANDS"]

_CLERK: Final = Actor("staff", "cli", "cli")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


def _parser(name: str) -> ArgumentParser:
    return ArgumentParser(prog=f"govline people {name}")


def _list(city: Any, words: Sequence[str]) -> int:
    parser = _parser("list")
    parser.add_argument("--on", type=date.fromisoformat, help="as of this day")
    given = parser.parse_args(list(words))
    people: People = city.people
    for each in city.read(lambda tx: people.members(tx, on=given.on)):
        left = f" {each.member.left}に離任" if each.member.left else ""
        roles = " ".join(grant.text for grant in each.grants) or "(役割なし)"
        _say(f"{each.member.id}  {each.member.label}  {each.member.kind}  {roles}{left}")
    return 0


def _add(city: Any, words: Sequence[str]) -> int:
    parser = _parser("add")
    parser.add_argument("login", help="職員番号 or the login's name")
    parser.add_argument("label", help="the name colleagues read")
    parser.add_argument("--kind", choices=("staff", "operator", "guest"), default="staff")
    given = parser.parse_args(list(words))
    people: People = city.people
    _say(city.run(lambda tx: people.add(tx, given.login, given.label, kind=given.kind), actor=_CLERK))
    return 0


def _assign(city: Any, words: Sequence[str]) -> int:
    parser = _parser("assign")
    parser.add_argument("login")
    parser.add_argument("role")
    parser.add_argument("--department", default="", help="the whole town where omitted")
    parser.add_argument(
        "--from", dest="starts", type=date.fromisoformat, help="first day; today where omitted"
    )
    parser.add_argument("--until", type=date.fromisoformat, help="first day without it")
    given = parser.parse_args(list(words))
    people: People = city.people

    def unit(tx: Transaction) -> str:
        actor = people.actor(tx, given.login)
        if actor is None:
            raise InputError("no such member", code="GL-1501", hint="govline people add LOGIN NAME")
        days = {"starts": given.starts, "ends": given.until}
        return people.assign(tx, actor.id, given.role, given.department, **days)

    _say(city.run(unit, actor=_CLERK))
    return 0


def _hand_over(city: Any, words: Sequence[str]) -> int:
    parser = _parser("hand-over")
    parser.add_argument("file", type=Path, help="CSV: 職員番号, 異動先, 役割, 退職")
    parser.add_argument("--on", type=date.fromisoformat, required=True, help="the first day of the new order")
    parser.add_argument("--dry-run", action="store_true", help="only tell what it would do")
    parser.add_argument("--json", action="store_true", help="for machines")
    given = parser.parse_args(list(words))
    people: People = city.people
    data = _bytes(given.file)

    def unit(tx: Transaction) -> tuple[HandOver, Sequence[Problem]]:
        moves, unread = people.read_moves(tx, data)
        return people.hand_over(tx, moves, given.on, dry_run=given.dry_run or bool(unread)), unread

    plan, unread = city.run(unit, actor=_CLERK)
    problems = [*unread, *plan.problems]
    _report(plan, problems, as_json=given.json)
    return 1 if problems else 0


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        raise FileError(
            "the list cannot be opened",
            code="GL-1511",
            hint="check its name and rights",
            place={"file": file.name},
        ) from None


def _report(plan: HandOver, problems: Sequence[Problem], *, as_json: bool) -> None:
    if as_json:
        facts = {
            "id": plan.id,
            "effective": plan.effective.isoformat(),
            "ends": len(plan.ends),
            "starts": len(plan.starts),
            "leavers": len(plan.leavers),
            "unchanged": len(plan.unchanged),
            "problems": [{"place": each.place, "text": each.text} for each in problems],
            "warnings": [{"place": each.place, "text": each.text} for each in plan.warnings],
            "open_work": {member: dict(kinds) for member, kinds in plan.open_work.items()},
        }
        _say(json.dumps(facts, ensure_ascii=False))
        return
    _say(
        f"{plan.effective} から: 終わる役割 {len(plan.ends)}件、始まる役割 {len(plan.starts)}件、離任 {len(plan.leavers)}人、変わらない {len(plan.unchanged)}人"
    )
    for problem in problems:
        _say(f"✗ {problem.place}: {problem.text}")
    for warning in plan.warnings:
        _say(f"! {warning.place}: {warning.text}")
    for member, kinds in plan.open_work.items():
        _say(f"引き継ぎ {member}: " + "、".join(f"{kind} {number}件" for kind, number in kinds.items()))
    _say(f"✓ 記録しました。取り消すには govline people undo {plan.id}" if plan.id else "(何も書いていません)")


def _undo(city: Any, words: Sequence[str]) -> int:
    parser = _parser("undo")
    parser.add_argument("hand_over", help="the id that hand-over printed")
    given = parser.parse_args(list(words))
    people: People = city.people
    done = city.run(lambda tx: people.undo(tx, given.hand_over), actor=_CLERK)
    _say(f"✓ {done}件の役割を元に戻しました")
    return 0


def _check(city: Any, words: Sequence[str]) -> int:
    _parser("check").parse_args(list(words))
    people: People = city.people
    problems = city.read(people.check)
    for problem in problems:
        _say(f"✗ {problem.place}: {problem.text}")
    if not problems:
        _say("✓ 問題は見つかりませんでした")
    return 1 if problems else 0


_RUNS: Final[dict[str, tuple[str, Callable[[Any, Sequence[str]], int]]]] = {
    "list": ("職員と、今日の役割", _list),
    "add": ("職員を登録する", _add),
    "assign": ("職員に役割を与える", _assign),
    "hand-over": ("人事異動の一覧を、ある日から効かせる", _hand_over),
    "undo": ("人事異動を取り消す", _undo),
    "check": ("役割の定義と、持つ人の偏りを検査する", _check),
}
COMMANDS: Final = tuple(Command(name, help_, run) for name, (help_, run) in _RUNS.items())
