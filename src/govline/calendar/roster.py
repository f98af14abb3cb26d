"""名簿: a day's bookings by slot, for the counter; names and telephone numbers only for whoever may see them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

from govline.calendar._queries.files import OF_SLOT
from govline.calendar.arrivals import ticket
from govline.calendar.model import Refused
from govline.calendar.options import options_text
from govline.calendar.service import Calendar
from govline.core import DataClass, Id, Transaction
from govline.core.jst import JST
from govline.errors import InputError
from govline.tabular import Column, Table, write

__all__ = ["ROSTER", "roster", "write_roster"]

_STATES: Final = {
    "held": "仮押さえ",
    "confirmed": "予約",
    "displaced": "振替待ち",
    "attended": "来場",
    "no_show": "無断欠席",
}
ROSTER: Final = Table(
    "roster",
    [
        Column("starts", "開始", type="datetime"),
        Column("slot", "枠の名前"),
        Column("code", "予約番号"),
        Column("party", "人数", type="integer"),
        Column("state", "状態", type="choice", choices=_STATES),
        Column("channel", "受付の手段"),
        Column("options", "備品"),
        Column("label", "氏名", data=DataClass.PERSONAL),
        Column("phone", "電話", data=DataClass.PERSONAL),
    ],
)


def roster(
    tx: Transaction, calendar: Calendar, programme: str, day: date, *, contacts: bool = False
) -> Iterator[dict[str, Any]]:
    """The live bookings of a day in order of time and slot, each with the code that its holder shows.

    Args:
        contacts: With name and telephone number of whoever booked without LINE; the policy is asked, each reading is audited.

    Raises:
        InputError: GL-2071, the actor may not see contacts.
    """
    since = datetime.combine(day, time(), JST)
    for slot in calendar.slots(tx, programme, since=since, until=since + timedelta(days=1), limit=10_000):
        rows: Sequence[tuple[Id, int, str, str, bool, Mapping[str, int] | None]] = tx.all(
            OF_SLOT, {"slot": slot.id}
        )
        for booking, party, state, channel, contact, options in rows:
            row = {
                "starts": slot.starts,
                "slot": slot.name or None,
                "code": ticket(tx, booking).code,
                "party": party,
                "state": state,
                "channel": channel,
                "options": options_text(options or {}) or None,
            }
            yield row | (_contact(tx, calendar, booking) if contacts and contact else {})


def write_roster(
    tx: Transaction,
    calendar: Calendar,
    programme: str,
    day: date,
    path: Path | str,
    *,
    contacts: bool = False,
) -> int:
    """The roster as a file; how many bookings."""
    rows = list(roster(tx, calendar, programme, day, contacts=contacts))
    return write(ROSTER, path, rows).rows


def _contact(tx: Transaction, calendar: Calendar, booking: Id) -> dict[str, Any]:
    found = calendar.counter.contact(tx, booking)
    if isinstance(found, Refused):
        raise InputError(
            found.text, code="GL-2071", hint="ask somebody who may see contacts, or leave --contacts out"
        )
    return {} if found is None else {"label": found.label or None, "phone": found.phone or None}
