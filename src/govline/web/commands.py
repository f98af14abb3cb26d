"""`govline web staff-add|staff-list|staff-remove`: the simple login of staff."""

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from getpass import getpass
from typing import TYPE_CHECKING, Any

from govline.core import Actor
from govline.errors import ConfigError
from govline.web.staff import LocalStaff

if TYPE_CHECKING:
    from govline.web.service import Web

__all__ = ["COMMANDS"]

_CLERK = Actor("staff", "cli", "import")


def _add(city: Any, words: Sequence[str]) -> int:
    parser = ArgumentParser(prog="govline web staff-add", description="パスワードは標準入力から読みます。")
    parser.add_argument("name")
    parser.add_argument("--role", action="append", default=[], help="何度でも指定できます")
    parser.add_argument("--department", action="append", default=[], help="何度でも指定できます")
    given = parser.parse_args(list(words))
    staff = _local(city)
    password = getpass("パスワード: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    hashed = staff.hash(password)
    city.database.run(
        lambda tx: staff.add(tx, given.name, hashed, roles=given.role, departments=given.department),
        actor=_CLERK,
    )
    sys.stdout.write(f"{given.name} を登録しました。\n")
    return 0


def _list(city: Any, words: Sequence[str]) -> int:
    ArgumentParser(prog="govline web staff-list").parse_args(list(words))
    for name, roles, departments in city.database.read(_local(city).names):
        sys.stdout.write(f"{name}\t{','.join(roles)}\t{','.join(departments)}\n")
    return 0


def _remove(city: Any, words: Sequence[str]) -> int:
    parser = ArgumentParser(prog="govline web staff-remove")
    parser.add_argument("name")
    given = parser.parse_args(list(words))
    staff = _local(city)
    found = city.database.run(lambda tx: staff.remove(tx, given.name), actor=_CLERK)
    sys.stdout.write(
        f"{given.name} を削除しました。\n" if found else f"{given.name} は登録されていません。\n"
    )
    return 0 if found else 1


def _local(city: Any) -> LocalStaff:
    web: Web = city.web
    if not isinstance(web.staff, LocalStaff):
        raise ConfigError(
            "staff do not sign in with our own passwords here",
            code="GL-8140",
            hint="staff: local under features: web:",
        )
    return web.staff


COMMANDS = (
    ("staff-add", "職員のログインを登録する", _add),
    ("staff-list", "職員のログインの一覧", _list),
    ("staff-remove", "職員のログインを削除する", _remove),
)
