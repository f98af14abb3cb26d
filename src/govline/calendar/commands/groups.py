"""`govline calendar groups`: what waits for registration and what is registered; approve, renew, reject, end, at a terminal."""

from collections.abc import Callable, Sequence
from typing import Any

from govline.calendar.commands.terminal import a_day, act, parser, refused, say
from govline.calendar.group_classes import class_rates
from govline.calendar.groups import GroupRow
from govline.calendar.labels import date_label
from govline.calendar.model import Refused
from govline.calendar.service import Calendar
from govline.core import Command, Id, Transaction
from govline.core.jst import to_jst

__all__ = ["group_commands"]


def group_commands(calendar: Calendar) -> list[Command]:
    """The command over one calendar."""
    text = "登録団体を挙げ、承認、更新、却下する"
    return [Command("groups", text, lambda city, words: _groups(city, calendar, words))]


def _groups(city: Any, calendar: Calendar, words: Sequence[str]) -> int:
    given_words = parser("groups", acts=True)
    given_words.add_argument("--approve", default="", metavar="GROUP", help="register it, or renew it")
    given_words.add_argument("--reject", default="", metavar="GROUP", help="do not, or end its registration")
    given_words.add_argument("--rate", type=int, help="per cent off; what its class gets where omitted")
    given_words.add_argument("--until", type=a_day, help="last day; without an end where omitted")
    given_words.add_argument("--class", dest="kind", default="", help="another class than asked for")
    given_words.add_argument("--purpose", action="append", help="other purposes than asked for")
    given_words.add_argument("--reason", default="")
    given = given_words.parse_args(list(words))
    if not (given.approve or given.reject):
        return _list(city, calendar, given)

    def work(tx: Transaction) -> GroupRow | Refused:
        if given.reject:
            return calendar.groups.reject(tx, given.reject, reason=given.reason)
        found = calendar.groups.get(tx, given.approve)
        kind = given.kind or (found.kind if found else "")
        usual = class_rates(calendar.programmes.values()).get(kind, 0)
        return calendar.groups.approve(
            tx,
            given.approve,
            rate=usual if given.rate is None else given.rate,
            until=given.until,
            reason=given.reason,
            kind=given.kind,
            purposes=given.purpose,
        )

    answer = act(city, given, work)
    if isinstance(answer, Refused):
        return refused(answer)
    return say(given, _facts(answer), [f"決めました: {_line(answer)}"])


def _list(city: Any, calendar: Calendar, given: Any) -> int:
    waiting, approved = city.read(
        lambda tx: (_every(tx, calendar.groups.waiting), _every(tx, calendar.groups.approved))
    )
    facts = {"waiting": [*map(_facts, waiting)], "approved": [*map(_facts, approved)]}
    lines = [
        f"審査待ち {len(waiting)}件",
        *map(_line, waiting),
        f"登録済み {len(approved)}件",
        *map(_line, approved),
    ]
    return say(given, facts, lines)


def _every(tx: Transaction, page: Callable[..., Sequence[GroupRow]]) -> list[GroupRow]:
    """All of them, page by page."""
    found: list[GroupRow] = []
    after: Id = ""
    while rows := page(tx, after=after):
        found += rows
        after = rows[-1].id
    return found


def _facts(group: GroupRow) -> dict[str, Any]:
    return {
        "id": group.id,
        "label": group.label,
        "class": group.kind,
        "state": group.state,
        "rate": group.rate,
        "until": group.until and group.until.isoformat(),
        "purposes": [*group.purposes],
    }


def _line(group: GroupRow) -> str:
    if group.state == "approved":
        end = f"{date_label(group.until)}まで" if group.until else "期限なし"
        return f"{group.id} {group.label} {group.kind} {group.rate}% {end}"
    word = "申込" if group.state == "asked" else "登録なし"
    return f"{group.id} {group.label} {group.kind} {word} {date_label(to_jst(group.asked).date())}"
