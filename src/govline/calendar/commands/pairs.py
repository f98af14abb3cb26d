"""`govline calendar book-pair|change-pair`: 第1回と第2回 at a terminal, both or none."""

from collections.abc import Sequence
from typing import Any

from govline.calendar.commands.terminal import SLOT_HELP, act, parser, refused, say
from govline.calendar.labels import time_label, when
from govline.calendar.linked import Linked
from govline.calendar.merging import Contact, MergeCode
from govline.calendar.model import Refused, Slot
from govline.calendar.service import Calendar
from govline.core import Transaction

__all__ = ["book_pair", "change_pair"]


def book_pair(city: Any, calendar: Calendar, words: Sequence[str]) -> int:
    """Book both for somebody without LINE; without the second slot, list what fits after the first and book nothing."""
    words_of = parser("book-pair", acts=True)
    words_of.add_argument("slot", help=SLOT_HELP)
    words_of.add_argument("second", nargs="?", help="what fits is listed where it is omitted")
    words_of.add_argument("--party", type=int, default=1)
    words_of.add_argument("--name", default="", help="kept sealed")
    words_of.add_argument("--phone", default="", help="kept sealed")
    words_of.add_argument("--reason", default="")
    words_of.add_argument(
        "--override", action="store_true", help="set the policy's reasons aside, never the days"
    )
    words_of.add_argument("--key", default="", help="the same key again gives the same answer")
    given = words_of.parse_args(list(words))
    if given.second is None:
        found = city.read(lambda tx: calendar.fitting(tx, given.slot, party=given.party))
        lines = [*map(_slot, found)] or ["続けて予約できる枠はありません。"]
        return say(given, [{"slot": slot.id, "starts": slot.starts.isoformat()} for slot in found], lines)

    def work(tx: Transaction) -> tuple[Linked | Refused, MergeCode | Refused | None]:
        answer = calendar.counter.book_linked(
            tx,
            [(given.slot, given.party), (given.second, given.party)],
            key=given.key or tx.new_id(),
            contact=Contact(given.name, given.phone),
            reason=given.reason,
            override=given.override,
        )
        if isinstance(answer, Refused):
            return answer, None
        return answer, calendar.counter.merge_code(tx, answer.bookings[0].id)

    answer, code = act(city, given, work)
    return _said(given, answer, "予約しました", code.text if isinstance(code, MergeCode) else "")


def change_pair(city: Any, calendar: Calendar, words: Sequence[str]) -> int:
    """Move a booking and the one that belongs to it, both or none."""
    words_of = parser("change-pair", acts=True)
    words_of.add_argument("booking")
    words_of.add_argument("slot", help="where it goes")
    words_of.add_argument("other", help="where the one that belongs to it goes")
    words_of.add_argument("--reason", default="")
    given = words_of.parse_args(list(words))

    def work(tx: Transaction) -> Linked | Refused:
        return calendar.counter.change_pair(
            tx, given.booking, (given.slot, given.other), key=tx.new_id(), reason=given.reason
        )

    return _said(given, act(city, given, work), "変更しました", "")


def _said(given: Any, answer: Linked | Refused, done: str, code: str) -> int:
    if isinstance(answer, Refused):
        return refused(answer)
    rows = [{"booking": each.id, "starts": each.starts.isoformat()} for each in answer.bookings]
    lines = [f"{done}: {each.id} {when(each.starts)} {each.party}名" for each in answer.bookings]
    lines += [f"LINEで引き継ぐコード: {code}"] if code else []
    return say(given, {"bookings": rows, "merge_code": code}, lines)


def _slot(slot: Slot) -> str:
    return f"{slot.id} {when(slot.starts)}-{time_label(slot.ends)} {slot.name} 残{slot.free}"
