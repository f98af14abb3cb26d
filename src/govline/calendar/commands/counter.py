"""`govline calendar reconcile|book|cancel|change|arrive|history|close|reopen`: the counter at a terminal."""

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Sequence
from typing import Any

from govline.calendar.commands.pairs import book_pair, change_pair
from govline.calendar.commands.terminal import REFUSED, SLOT_HELP, act, instant, parser, refused, say
from govline.calendar.history import Step
from govline.calendar.labels import when
from govline.calendar.mending import Mended
from govline.calendar.merging import Contact, MergeCode
from govline.calendar.model import Booking, Difference, Refused
from govline.calendar.options import options_text
from govline.calendar.service import Calendar
from govline.core import Command, Transaction
from govline.core.jst import to_jst

__all__ = ["counter_commands"]


def counter_commands(calendar: Calendar) -> list[Command]:
    """The commands over one calendar."""
    verbs: dict[str, tuple[str, Callable[[Any, Calendar, Sequence[str]], int]]] = {
        "reconcile": ("予約数と予約の行が合っているか照合する", _reconcile),
        "book": ("窓口や電話の予約を入れる", _book),
        "cancel": ("予約を取り消す", _cancel),
        "arrive": ("受付の番号で、来場を記録する", _arrive),
        "book-pair": ("第1回と第2回を一緒に予約する", book_pair),
        "change-pair": ("第1回と第2回を一緒に移す", change_pair),
        "change": ("予約を別の枠に移す", _change),
        "history": ("予約の経緯を見る", _history),
        "close": ("期間の枠を中止し、予約者に知らせる", _close),
        "reopen": ("中止した枠を再開する", _reopen),
    }

    def command(name: str, text: str, run: Callable[[Any, Calendar, Sequence[str]], int]) -> Command:
        return Command(name, text, lambda city, words: run(city, calendar, words))

    return [command(name, text, run) for name, (text, run) in verbs.items()]


def _reconcile(city: Any, calendar: Calendar, words: Sequence[str]) -> int:
    """0 sound or mended, 1 differences that stand."""
    words_of = parser("reconcile", acts=True)
    words_of.add_argument("--fix", action="store_true", help="set each counter to what its rows say")
    given = words_of.parse_args(list(words))
    if not given.fix:
        found = city.read(calendar.reconcile)
        lines = [*map(_difference, found)] or ["すべて一致しています。"]
        say(given, {"differences": [_difference_facts(each) for each in found]}, lines)
        return REFUSED if found else 0
    answer = act(city, given, calendar.counter.mend)
    if isinstance(answer, Refused):
        return refused(answer)
    mended: Mended = answer
    lines = [f"直しました: {_difference(each)}" for each in mended.mended] or ["すべて一致しています。"]
    lines += [
        f"定員を超えています: 枠 {slot.id} 定員{slot.capacity} 予約{slot.booked}" for slot in mended.over
    ]
    facts = {
        "mended": [_difference_facts(each) for each in mended.mended],
        "over": [slot.id for slot in mended.over],
    }
    return say(given, facts, lines)


def _book(city: Any, calendar: Calendar, words: Sequence[str]) -> int:
    """Book a slot for somebody without LINE; with --code print a code that brings it to them on LINE."""
    words_of = parser("book", acts=True)
    words_of.add_argument("slot", help=SLOT_HELP)
    words_of.add_argument("--party", type=int, default=1)
    words_of.add_argument("--name", default="", help="kept sealed")
    words_of.add_argument("--phone", default="", help="kept sealed")
    words_of.add_argument("--nobody", action="store_true", help="places for nobody in particular (公用)")
    words_of.add_argument("--reason", default="")
    words_of.add_argument("--override", action="store_true", help="set the policy's reasons aside")
    words_of.add_argument("--raise-capacity", action="store_true", help="enlarge a full slot")
    words_of.add_argument("--key", default="", help="the same key again gives the same answer")
    _ask_options(words_of)
    given = words_of.parse_args(list(words))
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
            options=dict(given.option or ()),
        )
        if isinstance(booking, Refused) or contact is None:
            return booking, None
        return booking, calendar.counter.merge_code(tx, booking.id)

    booking, code = act(city, given, work)
    if isinstance(booking, Refused):
        return refused(booking)
    shown = code.text if isinstance(code, MergeCode) else ""
    facts = {"booking": booking.id, "starts": booking.starts.isoformat(), "merge_code": shown}
    facts |= {"options": dict(booking.options)} if booking.options else {}
    lines = [
        f"予約しました: {booking.id} {when(booking.starts)} {booking.party}名"
        f" {options_text(booking.options)}".rstrip()
    ]
    lines += [f"LINEで引き継ぐコード: {shown}"] if shown else []
    return say(given, facts, lines)


def _ask_options(words_of: ArgumentParser) -> None:
    words_of.add_argument(
        "--option",
        action="append",
        type=_option,
        metavar="NAME=NUMBER",
        help="備品, such as マイク=2; may be repeated",
    )


def _option(text: str) -> tuple[str, int]:
    name, _, number = text.rpartition("=")
    if not name or not number.isascii() or not number.isdigit():
        raise ArgumentTypeError("write an option as NAME=NUMBER, such as マイク=2")
    return name, int(number)


def _cancel(city: Any, calendar: Calendar, words: Sequence[str]) -> int:
    words_of = parser("cancel", acts=True)
    words_of.add_argument("booking")
    words_of.add_argument("--reason", default="")
    given = words_of.parse_args(list(words))
    answer = act(
        city,
        given,
        lambda tx: calendar.counter.cancel(tx, given.booking, key=tx.new_id(), reason=given.reason),
    )
    return _answered(given, answer, "取り消しました")


def _change(city: Any, calendar: Calendar, words: Sequence[str]) -> int:
    words_of = parser("change", acts=True)
    words_of.add_argument("booking")
    words_of.add_argument("slot", help="where it goes")
    words_of.add_argument("--party", type=int)
    words_of.add_argument("--reason", default="")
    _ask_options(words_of)
    words_of.add_argument("--no-options", action="store_true", help="give back all options")
    given = words_of.parse_args(list(words))
    options = {} if given.no_options else dict(given.option) if given.option else None

    def work(tx: Transaction) -> Booking | Refused:
        return calendar.counter.change(
            tx,
            given.booking,
            to=given.slot,
            party=given.party,
            key=tx.new_id(),
            reason=given.reason,
            options=options,
        )

    return _answered(given, act(city, given, work), "変更しました")


def _arrive(city: Any, calendar: Calendar, words: Sequence[str]) -> int:
    words_of = parser("arrive", acts=True)
    words_of.add_argument("code", help="of the ticket, or the booking's id")
    words_of.add_argument("--reason", default="", help="needed on another day than the slot's")
    words_of.add_argument("--undo", action="store_true", help="take it back; needs a reason")
    given = words_of.parse_args(list(words))
    counter = calendar.counter

    def work(tx: Transaction) -> Booking | Refused:
        if given.undo:
            return counter.undo_arrival(tx, given.code, key=tx.new_id(), reason=given.reason)
        return counter.arrive(tx, given.code, key=tx.new_id(), reason=given.reason)

    return _answered(given, act(city, given, work), "元に戻しました" if given.undo else "受付しました")


def _history(city: Any, calendar: Calendar, words: Sequence[str]) -> int:
    """Every step of a booking, without anything personal."""
    words_of = parser("history")
    words_of.add_argument("booking")
    given = words_of.parse_args(list(words))
    steps = city.read(lambda tx: calendar.history(tx, given.booking))
    if not steps:
        sys.stderr.write("この予約は見つかりません。\n")
        return REFUSED
    return say(given, [*map(_step_facts, steps)], [*map(_step, steps)])


def _close(city: Any, calendar: Calendar, words: Sequence[str]) -> int:
    words_of = parser("close", acts=True)
    words_of.add_argument("programme")
    words_of.add_argument("since", type=instant, help="2026-12-01T13:00, in Japan")
    words_of.add_argument("until", type=instant)
    words_of.add_argument("--reason", required=True, help="as citizens read it")
    words_of.add_argument(
        "--priority-until", type=instant, help="until when its people come first; a week where omitted"
    )
    words_of.add_argument(
        "--instead", action="append", default=[], metavar="SLOT", help="kept free for them; may be repeated"
    )
    words_of.add_argument("--emergency", action="store_true", help="tell people in quiet hours too")
    words_of.add_argument("--key", default="")
    given = words_of.parse_args(list(words))
    answer = act(
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
    words_of = parser("reopen", acts=True)
    words_of.add_argument("closure")
    words_of.add_argument("--reason", default="")
    given = words_of.parse_args(list(words))
    answer = act(
        city, given, lambda tx: calendar.counter.reopen(tx, given.closure, given.reason, key=tx.new_id())
    )
    return _closed(given, answer, "再開しました")


def _answered(given: Namespace, answer: Booking | Refused, done: str) -> int:
    if isinstance(answer, Refused):
        return refused(answer)
    facts = {"booking": answer.id, "state": answer.state.value}
    return say(given, facts, [f"{done}: {answer.id} {when(answer.starts)}"])


def _closed(given: Namespace, answer: Any, done: str) -> int:
    if isinstance(answer, Refused):
        return refused(answer)
    facts = {
        "closure": answer.id,
        "state": answer.state,
        "slots": answer.slots,
        "displaced": answer.displaced,
    }
    line = f"{done}: {answer.id} 枠 {answer.slots} · 振替を待つ予約 {answer.displaced}"
    return say(given, facts, [line])


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
