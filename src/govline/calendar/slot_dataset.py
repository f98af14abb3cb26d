"""区分 as a file of staff: `govline export slots`, `govline import slots`. What a file says of a slot holds from then on."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from attrs import frozen

from govline.calendar import _queries as q
from govline.calendar._queries import by_hand as qh
from govline.calendar._queries import files as qf
from govline.calendar._tables import slots
from govline.calendar.layout import add_slots
from govline.calendar.model import SlotPlan
from govline.calendar.service import Calendar
from govline.core import Dataset, Transaction
from govline.store.rows import rows_text
from govline.tabular import Change, Column, Table
from govline.tabular.values import parser

__all__ = ["named_slots", "slot_dataset"]

Key = tuple[Any, ...]
Values = Mapping[str, Any]
_FIRST: Final = ("", datetime(1970, 1, 1, tzinfo=UTC), "")
_NAMED: Final = {name: slots.c[name].type for name in ("programme", "starts_at", "name")}
_BOOLEAN: Final = parser(Column("mark", "印", type="boolean"))


def _mark(text: str) -> bool | None:
    """A mark, or none: an empty cell says the same as ×."""
    return _BOOLEAN(text) or None


_COLUMNS: Final = (
    Column("programme", "プログラム", required=True, aliases=("種類",)),
    Column("starts", "開始", type="datetime", required=True),
    Column("name", "枠の名前", aliases=("部屋", "会場", "窓口")),
    Column("ends", "終了", type="datetime", required=True),
    Column("capacity", "定員", type="integer", required=True, least=0, most=1_000_000),
    Column("cancelled", "中止", parse=_mark, format=lambda _: "○"),
    Column("booked", "予約数", type="integer", read_only=True),
    Column("id", "枠ID", read_only=True),
)


def slot_dataset(calendar: Calendar) -> Dataset:
    """The dataset `slots` over one calendar."""
    rows = _Slots(calendar)
    return Dataset(
        "slots",
        "予約枠と埋まり具合",
        lambda: Table("slots", _COLUMNS, key=("programme", "starts", "name"), rules=[rows.faults]),
        rows.page,
        find=rows.find,
        write=rows.write,
    )


@frozen
class _Slots:
    """Reads and writes pages of slots. Places that a file gives are places set by hand."""

    calendar: Calendar

    def faults(self, values: Values) -> Iterator[tuple[str, str, str]]:
        """What no slot can be."""
        if values["programme"] not in self.calendar.programmes:
            known = "、".join(sorted(self.calendar.programmes))
            yield "programme", "この種類の予約はありません", f"ある種類: {known or 'なし'}"
        if values["ends"] <= values["starts"]:
            yield "ends", "終了が開始より後ではありません", "日をまたぐ枠は、終了に次の日を書いてください"

    def page(self, tx: Transaction, after: Key | None, limit: int) -> Sequence[Values]:
        """Slots by programme, start and name."""
        programme, at, name = after or _FIRST
        terms = {"programme": programme, "at": at, "name": name or "", "limit": limit}
        return [_values(row) for row in tx.all(qf.SLOTS, terms)]

    def find(self, tx: Transaction, keys: Sequence[Key]) -> Mapping[Key, Values]:
        """The slots of these programmes, starts and names."""
        return {_key(row): _values(row) for row in named_slots(tx, keys) if row.capacity or row.booked}

    def write(self, tx: Transaction, changes: Sequence[Change]) -> None:
        """Add and change slots; one that is taken away keeps what is booked in it, and no other place."""
        programmes = sorted({change.key[0] for change in changes})
        for programme in programmes:
            add_slots(tx, programme, [_plan(each) for each in changes if _is_new(each, programme)])
        standing = {_key(row): row for row in named_slots(tx, [change.key for change in changes])}
        _bring_in_line(tx, [(standing[change.key], change) for change in changes])
        for programme in programmes:
            tx.write(qh.FORGET_LAYOUT, {"programme": programme})
            if self.calendar.programme(programme).pooled:  # what slots share must hold for these as well
                self.calendar.lay_out(tx, programme)


def _is_new(change: Change, programme: str) -> bool:
    return change.before is None and change.key[0] == programme


def _plan(change: Change) -> SlotPlan:
    (_, starts, name), values = change.key, change.after
    assert values is not None  # a new row
    return SlotPlan(starts, values["ends"], values["capacity"], name or "")


def _bring_in_line(tx: Transaction, pairs: Sequence[tuple[qf.SlotRow, Change]]) -> None:
    """Places, end and closing of slots as the file has them; each statement once for all of them."""
    gone = [row for row, change in pairs if change.after is None]
    kept = [(row, change.before, change.after) for row, change in pairs if change.after is not None]
    fixed = [
        {"subject": row.id, "programme": row.programme, "places": after["capacity"], "at": tx.now}
        for row, before, after in kept
        if before is None or before["capacity"] != after["capacity"]
    ]
    tx.write_many(qh.FIX, fixed)
    tx.write_many(qh.UNFIX, [{"subject": row.id} for row in gone])
    places = [{"slot": row.id, "places": after["capacity"]} for row, _, after in kept]
    tx.write_many(qh.SET_SLOT, [*places, *({"slot": row.id, "places": 0} for row in gone)])
    tx.write_many(qf.SET_ENDS, [{"slot": row.id, "until": after["ends"]} for row, _, after in kept])
    closed = [(row, bool(after.get("cancelled"))) for row, _, after in kept]
    tx.write_many(
        q.CANCEL_SLOT,
        [{"slot": row.id, "cancelled": now} for row, now in closed if now != row.cancelled],
    )


def named_slots(tx: Transaction, keys: Sequence[Key]) -> Sequence[qf.SlotRow]:
    """The slots of these programmes, starts and names, those without a place as well."""
    named = [{"programme": key[0], "starts_at": key[1], "name": key[2] or ""} for key in keys]
    return tx.all(qf.SLOTS_NAMED, {"rows": rows_text(_NAMED, named)}) if keys else ()


def _key(row: qf.SlotRow) -> Key:
    return row.programme, row.starts, row.name or None


def _values(row: qf.SlotRow) -> dict[str, Any]:
    return {
        "programme": row.programme,
        "starts": row.starts,
        "name": row.name or None,
        "ends": row.ends,
        "capacity": row.capacity,
        "cancelled": row.cancelled or None,
        "booked": row.booked,
        "id": row.id,
    }
