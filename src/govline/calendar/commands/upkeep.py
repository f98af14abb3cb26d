"""`govline calendar places|locks|unsettled|message|reached`: what staff look after beside the bookings, at a terminal."""

import sys
from collections.abc import Callable, Sequence
from typing import Any, Final, get_args

from govline.calendar.closure_messages import Reached
from govline.calendar.commands.terminal import REFUSED, SLOT_HELP, act, parser, refused, say
from govline.calendar.dues import Outcome, UnsettledPayment
from govline.calendar.labels import when
from govline.calendar.model import Refused
from govline.calendar.service import Calendar
from govline.calendar.slot_messages import Told
from govline.calendar.upkeep import Lock, Placed
from govline.core import Command, Transaction
from govline.core.jst import to_jst

__all__ = ["upkeep_commands"]

_REACH: Final = {
    "planned": "これから",
    "sent": "届けた",
    "unknown": "不明",
    "not_reached": "届かない",
    "to_call": "電話",
}


def upkeep_commands(calendar: Calendar) -> list[Command]:
    """The commands over one calendar."""
    verbs: dict[str, tuple[str, Callable[[Any, Calendar, Sequence[str]], int]]] = {
        "places": ("枠や共有の定員を増やす、減らす", _places),
        "locks": ("入力の誤りによる受付停止を挙げる、解除する", _locks),
        "unsettled": ("終わった予約への入金を挙げ、処理を記録する", _unsettled),
        "message": ("枠を予約した全員に知らせる", _message),
        "reached": ("中止の知らせが届いたかを、一人ずつ見る", _reached),
    }

    def command(name: str, text: str, run: Callable[[Any, Calendar, Sequence[str]], int]) -> Command:
        return Command(name, text, lambda city, words: run(city, calendar, words))

    return [command(name, text, run) for name, (text, run) in verbs.items()]


def _places(city: Any, calendar: Calendar, words: Sequence[str]) -> int:
    """With a programme, what its slots share; with a slot or a supply, another number of places."""
    given_words = parser("places", acts=True)
    given_words.add_argument("subject", help="a slot's id, a supply's id, or a programme: its supplies")
    given_words.add_argument("places", nargs="?", type=int)
    given_words.add_argument("--by-rules", action="store_true", help="as the programme's rules say, again")
    given_words.add_argument("--reason", default="")
    given_words.add_argument("--key", default="", help="the same key again gives the same answer")
    given = given_words.parse_args(list(words))
    if given.subject in calendar.programmes:
        supplies = city.read(lambda tx: calendar.upkeep.supplies(tx, given.subject))
        known = [
            {"id": each.id, "label": each.label, "places": each.capacity, "booked": each.booked}
            for each in supplies
        ]
        lines = [f"{each.id} {each.label} 定員{each.capacity} 予約{each.booked}" for each in supplies]
        return say(given, known, lines or ["共有の定員はありません。"])
    if (given.places is None) != given.by_rules:
        sys.stderr.write("定員の数か、--by-rules のどちらかを書いてください。\n")
        return REFUSED

    def work(tx: Transaction) -> Placed | Refused:
        key = given.key or tx.new_id()
        placed = calendar.upkeep.set_places(tx, given.subject, given.places, reason=given.reason, key=key)
        if given.by_rules:
            calendar.prepare(tx)
        return placed

    answer = act(city, given, work)
    if isinstance(answer, Refused):
        return refused(answer)
    facts = {
        "subject": answer.subject,
        "kind": answer.kind,
        "places": answer.places,
        "booked": answer.booked,
        "conflicts": [*answer.conflicts],
    }
    now = "設定のとおり" if answer.places is None else str(answer.places)
    lines = [f"定員を変えました: {answer.subject} 定員{now} 予約{answer.booked}"]
    lines += [f"! 定員を超えています: 予約 {booking}" for booking in answer.conflicts]
    return say(given, facts, lines)


def _locks(city: Any, calendar: Calendar, words: Sequence[str]) -> int:
    given_words = parser("locks", acts=True)
    given_words.add_argument("--release", default="", metavar="LOCK", help="its pseudonym, as listed")
    given_words.add_argument("--reason", default="", help="how staff made sure who calls")
    given = given_words.parse_args(list(words))
    if given.release:
        answer = act(city, given, lambda tx: calendar.upkeep.release(tx, given.release, reason=given.reason))
        if isinstance(answer, Refused):
            return refused(answer)
        return say(given, {"released": given.release}, ["解除しました。"])
    found: list[Lock] = city.read(calendar.upkeep.locks)
    facts = {"count": len(found), "locks": [_lock_facts(each) for each in found]}
    return say(given, facts, [f"受付停止 {len(found)}件", *map(_lock, found)])


def _unsettled(city: Any, calendar: Calendar, words: Sequence[str]) -> int:
    given_words = parser("unsettled", acts=True)
    given_words.add_argument("--settle", default="", metavar="BOOKING")
    given_words.add_argument("--outcome", choices=get_args(Outcome), default="refunded")
    given_words.add_argument("--to", default="", metavar="BOOKING", help="with rebooked: the new booking")
    given_words.add_argument("--reason", default="")
    given = given_words.parse_args(list(words))
    if given.settle:
        answer = act(
            city,
            given,
            lambda tx: calendar.upkeep.settle(
                tx, given.settle, given.outcome, reason=given.reason, to=given.to
            ),
        )
        if isinstance(answer, Refused):
            return refused(answer)
        return say(given, {"settled": given.settle, "outcome": given.outcome}, ["記録しました。"])
    found: list[UnsettledPayment] = city.read(calendar.upkeep.unsettled)
    facts: list[dict[str, Any]] = [
        {
            "booking": each.booking.id,
            "programme": each.booking.programme,
            "late": each.late,
            "paid": _at(each.paid),
        }
        for each in found
    ]
    lines = [
        f"{each.booking.id} {when(each.booking.starts)} 入金 {_at(each.paid)}{' (終わった後)' if each.late else ''}"
        for each in found
    ]
    for each in city.read(calendar.upkeep.repriced):
        known = {"booking": each.booking.id, "programme": each.booking.programme, "late": False}
        facts.append({**known, "paid": _at(each.paid), "billed": each.billed, "owed": each.owed})
        lines.append(
            f"{each.booking.id} {when(each.booking.starts)} 入金 {_at(each.paid)}"
            f" (料金が変わりました: {each.billed:,}円→{each.owed:,}円)"
        )
    return say(given, facts, lines or ["✓ ありません"])


def _message(city: Any, calendar: Calendar, words: Sequence[str]) -> int:
    given_words = parser("message", acts=True)
    given_words.add_argument("slot", help=SLOT_HELP)
    given_words.add_argument("text", help="as citizens read it")
    given_words.add_argument("--emergency", action="store_true", help="in quiet hours too")
    given_words.add_argument("--key", default="", help="the same key again tells nobody twice")
    given = given_words.parse_args(list(words))

    def work(tx: Transaction) -> Told | Refused:
        key = given.key or tx.new_id()
        return calendar.counter.message(tx, given.slot, given.text, key=key, emergency=given.emergency)

    answer = act(city, given, work)
    if isinstance(answer, Refused):
        return refused(answer)
    facts = {"told": answer.told, "to_call": [*answer.to_call], "run": answer.run}
    lines = [f"知らせる人 {answer.told}人 (配信 {answer.run or 'なし'})"]
    return say(given, facts, [*lines, *(f"電話が要る予約: {booking}" for booking in answer.to_call)])


def _reached(city: Any, calendar: Calendar, words: Sequence[str]) -> int:
    given_words = parser("reached")
    given_words.add_argument("closure")
    given = given_words.parse_args(list(words))
    found = city.read(lambda tx: _all_reached(tx, calendar, given.closure))
    facts = [{"booking": each.booking, "state": each.state, "reason": each.reason} for each in found]
    lines = [f"{each.booking} {_REACH[each.state]} {each.reason}".rstrip() for each in found]
    return say(given, facts, lines or ["知らせる人はいません。"])


def _all_reached(tx: Transaction, calendar: Calendar, closure: str) -> list[Reached]:
    found: list[Reached] = []
    while page := calendar.counter.reached(tx, closure, after=found[-1].booking if found else ""):
        found += page
    return found


def _lock_facts(lock: Lock) -> dict[str, Any]:
    return {
        "id": lock.id,
        "programme": lock.programme,
        "kind": lock.kind,
        "until": _at(lock.until),
        "wrong": lock.wrong,
        "locks": lock.locks,
    }


def _lock(lock: Lock) -> str:
    return f"{lock.id} {lock.programme or '引き継ぎのコード'} {lock.kind} {_at(lock.until)}まで (誤り{lock.wrong}回、{lock.locks}度目)"


def _at(instant: Any) -> str:
    return to_jst(instant).isoformat(timespec="minutes")
