"""`govline calendar reconcile|close|reopen|book|cancel|history|arrive`: the counter at a terminal."""

import getpass
import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from attrs import evolve

from govline.calendar.history import Step
from govline.calendar.labels import when
from govline.calendar.mending import Mended
from govline.calendar.merging import Contact, MergeCode
from govline.calendar.model import Booking, Difference, Refused
from govline.calendar.service import Calendar
from govline.core import Actor, Command, Transaction
from govline.core.jst import JST, to_jst

__all__ = ["counter_commands"]

_REFUSED: Final = 1
_CHANNELS: Final = ("counter", "phone", "walk_in")


def counter_commands(calendar: Calendar) -> list[Command]:
    """The commands over one calendar."""
    verbs: dict[str, tuple[str, Callable[[Any, Calendar, Sequence[str]], int]]] = {
        "reconcile": ("予約数と予約の行が合っているか照合する", _reconcile),
        "book": ("窓口や電話の予約を入れる", _book),
        "cancel": ("予約を取り消す", _cancel),
        "arrive": ("受付の番号で、来場を記録する", _arrive),
        "history": ("予約の経緯を見る", _history),
        "close": ("期間の枠を中止し、予約者に知らせる", _close),
        "reopen": ("中止した枠を再開する", _reopen),
    }

    def command(name: str, text: str, run: Callable[[Any, Calendar, Sequence[str]], int]) -> Command:
        return Command(name, text, lambda city, words: run(city, calendar, words))

    return [command(name, text, run) for name, (text, run) in verbs.items()]


def _reconcile(city: Any, calendar: Calendar, words: Sequence[str]) -> int:
    """0 sound or mended, 1 differences that stand."""
    parser = _parser("reconcile", acts=True)
    parser.add_argument("--fix", action="store_true", help="set each counter to what its rows say")
    given = parser.parse_args(list(words))
    if not given.fix:
        found = city.read(calendar.reconcile)
        lines = [*map(_difference, found)] or ["すべて一致しています。"]
        _say(given, {"differences": [_difference_facts(each) for each in found]}, lines)
        return _REFUSED if found else 0
    answer = _act(city, given, calendar.counter.mend)
    if isinstance(answer, Refused):
        return _refused(answer)
    mended: Mended = answer
    lines = [f"直しました: {_difference(each)}" for each in mended.mended] or ["すべて一致しています。"]
    lines += [
        f"定員を超えています: 枠 {slot.id} 定員{slot.capacity} 予約{slot.booked}" for slot in mended.over
    ]
    facts = {
        "mended": [_difference_facts(each) for each in mended.mended],
        "over": [slot.id for slot in mended.over],
    }
    return _say(given, facts, lines)


def _book(city: Any, calendar: Calendar, words: Sequence[str]) -> int:
    """Book a slot for somebody without LINE; with --code print a code that brings it to them on LINE."""
    parser = _parser("book", acts=True)
    parser.add_argument("slot")
    parser.add_argument("--party", type=int, default=1)
    parser.add_argument("--name", default="", help="kept sealed")
    parser.add_argument("--phone", default="", help="kept sealed")
    parser.add_argument("--nobody", action="store_true", help="places for nobody in particular (公用)")
    parser.add_argument("--reason", default="")
    parser.add_argument("--override", action="store_true", help="set the policy's reasons aside")
    parser.add_argument("--raise-capacity", action="store_true", help="enlarge a full slot")
    parser.add_argument("--key", default="", help="the same key again gives the same answer")
    given = parser.parse_args(list(words))
    contact = None if given.nobody else Contact(given.name, given.phone)

    def work(tx: Transaction) -> tuple[Booking | Refused, MergeCode | Refused | None]:
        booking = calendar.counter.book(
            tx,
            given.slot,
            key=given.key or tx.new_id(),
            party=given.party,
            contact=contact,
            reason=given.reason,
            override=given.override,
            raise_capacity=given.raise_capacity,
        )
        if isinstance(booking, Refused) or contact is None:
            return booking, None
        return booking, calendar.counter.merge_code(tx, booking.id)

    booking, code = _act(city, given, work)
    if isinstance(booking, Refused):
        return _refused(booking)
    shown = code.text if isinstance(code, MergeCode) else ""
    facts = {"booking": booking.id, "starts": booking.starts.isoformat(), "merge_code": shown}
    lines = [f"予約しました: {booking.id} {when(booking.starts)} {booking.party}名"]
    lines += [f"LINEで引き継ぐコード: {shown}"] if shown else []
    return _say(given, facts, lines)


def _cancel(city: Any, calendar: Calendar, words: Sequence[str]) -> int:
    parser = _parser("cancel", acts=True)
    parser.add_argument("booking")
    parser.add_argument("--reason", default="")
    given = parser.parse_args(list(words))
    answer = _act(
        city,
        given,
        lambda tx: calendar.counter.cancel(tx, given.booking, key=tx.new_id(), reason=given.reason),
    )
    return _answered(given, answer, "取り消しました")


def _arrive(city: Any, calendar: Calendar, words: Sequence[str]) -> int:
    parser = _parser("arrive", acts=True)
    parser.add_argument("code", help="of the ticket, or the booking's id")
    parser.add_argument("--reason", default="", help="needed on another day than the slot's")
    parser.add_argument("--undo", action="store_true", help="take it back; needs a reason")
    given = parser.parse_args(list(words))
    counter = calendar.counter

    def work(tx: Transaction) -> Booking | Refused:
        if given.undo:
            return counter.undo_arrival(tx, given.code, key=tx.new_id(), reason=given.reason)
        return counter.arrive(tx, given.code, key=tx.new_id(), reason=given.reason)

    return _answered(given, _act(city, given, work), "元に戻しました" if given.undo else "受付しました")


def _history(city: Any, calendar: Calendar, words: Sequence[str]) -> int:
    """Every step of a booking, without anything personal."""
    parser = _parser("history")
    parser.add_argument("booking")
    given = parser.parse_args(list(words))
    steps = city.read(lambda tx: calendar.history(tx, given.booking))
    if not steps:
        sys.stderr.write("この予約は見つかりません。\n")
        return _REFUSED
    return _say(given, [*map(_step_facts, steps)], [*map(_step, steps)])


def _close(city: Any, calendar: Calendar, words: Sequence[str]) -> int:
    parser = _parser("close", acts=True)
    parser.add_argument("programme")
    parser.add_argument("since", type=_instant, help="2026-12-01T13:00, in Japan")
    parser.add_argument("until", type=_instant)
    parser.add_argument("--reason", required=True, help="as citizens read it")
    parser.add_argument(
        "--priority-until", type=_instant, help="until when its people come first; a week where omitted"
    )
    parser.add_argument(
        "--instead", action="append", default=[], metavar="SLOT", help="kept free for them; may be repeated"
    )
    parser.add_argument("--emergency", action="store_true", help="tell people in quiet hours too")
    parser.add_argument("--key", default="")
    given = parser.parse_args(list(words))
    answer = _act(
        city,
        given,
        lambda tx: calendar.counter.close(
            tx,
            given.programme,
            given.since,
            given.until,
            given.reason,
            key=given.key or tx.new_id(),
            emergency=given.emergency,
            priority_until=given.priority_until,
            instead=given.instead,
        ),
    )
    return _closed(given, answer, "中止しました")


def _reopen(city: Any, calendar: Calendar, words: Sequence[str]) -> int:
    parser = _parser("reopen", acts=True)
    parser.add_argument("closure")
    parser.add_argument("--reason", default="")
    given = parser.parse_args(list(words))
    answer = _act(
        city, given, lambda tx: calendar.counter.reopen(tx, given.closure, given.reason, key=tx.new_id())
    )
    return _closed(given, answer, "再開しました")


# --- words in, words out ---


def _parser(name: str, *, acts: bool = False) -> ArgumentParser:
    parser = ArgumentParser(prog=f"govline calendar {name}")
    parser.add_argument("--json", action="store_true", help="for machines")
    if acts:
        parser.add_argument(
            "--as", dest="who", default="", help="who acts; the name of the login where omitted"
        )
        parser.add_argument("--channel", choices=_CHANNELS, default="counter", help="how the citizen came")
    return parser


def _act(city: Any, given: Namespace, work: Callable[[Transaction], Any]) -> Any:
    """The work as the member of staff of this login, through the channel that was named."""
    name = given.who or getpass.getuser()
    people = getattr(city, "people", None)
    member = None if people is None else city.read(lambda tx: people.actor(tx, name, channel=given.channel))
    actor = evolve(member, channel=given.channel) if member else Actor("staff", name, given.channel)
    return city.database.run(work, actor=actor)


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=JST)


def _say(given: Namespace, facts: Any, lines: Sequence[str]) -> int:
    for line in [json.dumps(facts, ensure_ascii=False)] if given.json else lines:
        sys.stdout.write(f"{line}\n")
    return 0


def _refused(answer: Refused) -> int:
    for reason in answer.reasons:
        sys.stderr.write(f"{reason.code} {reason.text}\n")
    return _REFUSED


def _answered(given: Namespace, answer: Booking | Refused, done: str) -> int:
    if isinstance(answer, Refused):
        return _refused(answer)
    facts = {"booking": answer.id, "state": answer.state.value}
    return _say(given, facts, [f"{done}: {answer.id} {when(answer.starts)}"])


def _closed(given: Namespace, answer: Any, done: str) -> int:
    if isinstance(answer, Refused):
        return _refused(answer)
    facts = {
        "closure": answer.id,
        "state": answer.state,
        "slots": answer.slots,
        "displaced": answer.displaced,
    }
    line = f"{done}: {answer.id} 枠 {answer.slots} · 振替を待つ予約 {answer.displaced}"
    return _say(given, facts, [line])


def _difference_facts(each: Difference) -> dict[str, Any]:
    day = each.day.isoformat() if each.day else None
    return {"slot": each.slot, "pool": each.pool, "day": day, "counter": each.counter, "rows": each.rows}


def _difference(each: Difference) -> str:
    where = f"枠 {each.slot} ({each.day})" if each.slot else f"共有の定員 {each.pool}"
    return f"{where} 予約数 {each.counter} 行 {each.rows}"


def _step_facts(step: Step) -> dict[str, Any]:
    return {
        "at": to_jst(step.at).isoformat(timespec="seconds"),
        "what": step.what,
        "was": step.was,
        "slot": step.slot,
        "actor": f"{step.actor_kind} {step.actor}".strip(),
        "channel": step.channel,
        "reason": step.reason,
        "data": dict(step.data),
    }


def _step(step: Step) -> str:
    facts = _step_facts(step)
    return f"{facts['at']}  {step.what:10} {facts['actor']} ({step.channel}) {step.reason}".rstrip()
