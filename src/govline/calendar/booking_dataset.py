"""予約 as a file of staff: lists of telephone bookings or of an ended programme in, every booking out; `govline import bookings`.

A row books through the counter, under every rule and within the places, unless it says why it passes them. Its number stays with
the booking: the same list again changes nothing. Names and telephone numbers come in and are compared, and never go out.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

from attrs import frozen

from govline.calendar._queries import files as qf
from govline.calendar._tables import listed
from govline.calendar.booking_wishes import HIDDEN, Judge, Wish, slots_of
from govline.calendar.merging import LABEL, PHONE, Contact
from govline.calendar.model import BookingState, Refused
from govline.calendar.options import options_text, read_options
from govline.calendar.service import Calendar
from govline.core import DataClass, Dataset, Id, Ref, Transaction
from govline.core.jst import to_jst
from govline.errors import InputError
from govline.store.rows import rows_text
from govline.store.sealed import open_value
from govline.tabular import Change, Column, Table

__all__ = ["booking_dataset"]

Key = tuple[Any, ...]
Values = Mapping[str, Any]
_STATES: Final = {
    BookingState.HELD: "仮押さえ",
    BookingState.DISPLACED: "振替待ち",
    BookingState.ATTENDED: "来場",
    BookingState.NO_SHOW: "無断欠席",
    BookingState.CANCELLED: "取消",
    BookingState.EXPIRED: "期限切れ",
}
_BOOKED: Final = ("予約", "confirmed")
_NAMED: Final = {name: listed.c[name].type for name in ("programme", "number")}
_LISTED: Final = {column.name: column.type for column in listed.columns}


def _state(text: str) -> str | None:
    """None for a booking that stands, so that a list without this column says the same."""
    if text in _BOOKED:
        return None
    by_label = {label: state.value for state, label in _STATES.items()}
    return by_label.get(text, text)


def _options(text: str) -> str | None:
    """`マイク×2、プロジェクター×1` in its one way of being written."""
    return options_text(read_options(text)) or None


def _digits(text: str) -> str | None:
    """A telephone number as it is kept."""
    return text if text == HIDDEN else Contact(phone=text).digits or None


class _Kept(str):
    """A name or number that is kept: the mark that stands for it in a file says the same."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return other == HIDDEN or str.__eq__(self, other) is True

    def __ne__(self, other: object) -> bool:
        return not self == other


_hidden: Final = partial(Column, data=DataClass.PERSONAL, format=str)
_PROGRAMME: Final = Column("programme", "プログラム", required=True, aliases=("種類",))
_COLUMNS: Final = (
    Column("no", "整理番号", required=True, max_length=40, aliases=("番号", "受付番号", "予約番号")),
    Column("day", "日付", type="date", required=True, aliases=("予約日",)),
    Column("starts", "開始", type="time", required=True, aliases=("時刻",)),
    Column("room", "部屋", aliases=("枠の名前", "会場", "窓口")),
    Column("party", "人数", type="integer", least=1, most=10_000),
    _hidden("label", "氏名", parse=str, max_length=100, aliases=("名前", "団体名")),
    _hidden("phone", "電話", parse=_digits, max_length=30, aliases=("電話番号", "連絡先")),
    Column("options", "備品", parse=_options, format=str, max_length=400, aliases=("貸出備品", "附属設備")),
    Column("reason", "特例の理由", max_length=200, aliases=("理由",)),
    Column(
        "state",
        "状態",
        parse=_state,
        format=lambda value: _STATES.get(BookingState(value), value),
    ),
    Column("id", "予約ID", read_only=True),
    Column("citizen", "住民ID", data=DataClass.PREFERENCE, read_only=True),
    Column("channel", "受付の手段", read_only=True),
    Column("made", "受付日時", type="datetime", read_only=True),
    Column("ended", "終わった日時", type="datetime", read_only=True),
)


def booking_dataset(calendar: Calendar, programme: str = "") -> Dataset:
    """The dataset `bookings`, or `bookings-PROGRAMME`, whose files need not name the programme."""
    rows = _Bookings(calendar, programme)
    name = f"bookings-{programme}" if programme else "bookings"
    columns = _COLUMNS if programme else (_PROGRAMME, *_COLUMNS)
    key = ("no",) if programme else ("programme", "no")
    title = f"{calendar.programme(programme).title}の予約" if programme else "予約"
    return Dataset(
        name,
        title,
        lambda: Table(name, columns, key=key, rules=[rows.faults]),
        rows.page,
        find=rows.find,
        write=rows.write,
        judge=lambda: Judge(calendar, programme),
    )


@frozen
class _Bookings:
    """Reads bookings in pages, and books what is new."""

    calendar: Calendar
    programme: str

    def faults(self, values: Values) -> Sequence[tuple[str, str, str]]:
        """What no row can say."""
        known = self.calendar.programmes
        if self._named(values) in known:
            return ()
        return [
            ("programme", "この種類の予約はありません", f"ある種類: {'、'.join(sorted(known)) or 'なし'}")
        ]

    def page(self, tx: Transaction, after: Key | None, limit: int) -> Sequence[Values]:
        """Bookings in the order in which they were made."""
        terms = {"id": self._id(tx, after) if after else "", "limit": limit}
        if self.programme:
            found = tx.all(qf.BOOKINGS_OF_PROGRAMME, {**terms, "programme": self.programme})
        else:
            found = tx.all(qf.BOOKINGS, terms)
        return [_shown(row) for row in found]

    def find(self, tx: Transaction, keys: Sequence[Key]) -> Mapping[Key, Values]:
        """The bookings of these numbers: the list's own, or ours."""
        asked = [{"programme": self._of(key), "number": key[-1]} for key in keys]
        given = {"rows": rows_text(_NAMED, asked)}
        rows: Sequence[qf.BookingRow] = [*tx.all(qf.FIND_BY_ID, given), *tx.all(qf.FIND_BY_NUMBER, given)]
        by_number = {(row.programme, name): row for row in rows for name in (row.number, row.id) if name}
        return {
            key: {**_values(tx, row), "no": key[-1]}
            for key in keys
            if (row := by_number.get((self._of(key), key[-1]))) is not None
        }

    def write(self, tx: Transaction, changes: Sequence[Change]) -> None:
        """Book what is new; what an undo takes away is cancelled.

        Raises:
            InputError: GL-2072, the calendar refuses a row that it would have taken when the file was examined.
        """
        new = [
            (change.key, Wish.of(self._of(change.key), change.after))
            for change in changes
            if change.before is None and change.after is not None
        ]
        slots = slots_of(tx, [wish for _, wish in new])
        rows = [
            {"programme": self._of(key), "number": key[-1], "booking_id": self._book(tx, slots, key, wish)}
            for key, wish in new
        ]
        if rows:
            tx.write(qf.ADD_LISTED, {"rows": rows_text(_LISTED, rows)})
        for change in changes:
            if change.after is None:
                self._take_back(tx, change.key)

    def _book(self, tx: Transaction, slots: Mapping[Any, Any], key: Key, wish: Wish) -> Id:
        slot = slots.get(wish.at)
        if slot is None:
            raise _refused(key, "この日時(と部屋)の枠がありません")
        terms = wish.terms
        answer = self.calendar.counter.book(
            tx,
            slot.id,
            key=tx.new_id(),
            party=wish.party,
            contact=wish.contact,
            reason=terms.reason,
            override=terms.override,
            raise_capacity=terms.raise_capacity,
            options=wish.options,
        )
        if isinstance(answer, Refused):
            raise _refused(key, answer.text.replace("\n", " "))
        return answer.id

    def _take_back(self, tx: Transaction, key: Key) -> None:
        booking = self._id(tx, key)
        self.calendar.counter.cancel(tx, booking, key=tx.new_id(), reason="取込の取消")
        tx.write(qf.DROP_LISTED, {"programme": self._of(key), "number": key[-1]})
        tx.audit("calendar.list_undone", Ref("calendar.booking", booking), {})

    def _id(self, tx: Transaction, key: Key) -> Id:
        found = tx.one(qf.ID_OF, {"programme": self._of(key), "number": key[-1]})
        return str(key[-1] if found is None else found[0])

    def _of(self, key: Key) -> str:
        return self.programme or key[0]

    def _named(self, values: Values) -> str:
        return self.programme or values["programme"]


def _shown(row: qf.BookingRow) -> dict[str, Any]:
    """A booking as it goes out: a mark where a name or number is kept."""
    starts = to_jst(row.starts)
    return {
        "programme": row.programme,
        "no": row.number or row.id,
        "day": starts.date(),
        "starts": f"{starts:%H:%M}",
        "room": row.room or None,
        "party": row.party,
        "options": options_text(row.options or {}) or None,
        "label": row.label and HIDDEN,
        "phone": row.phone and HIDDEN,
        "reason": row.reason or None,
        "state": None if row.state == BookingState.CONFIRMED else row.state,
        "id": row.id,
        "citizen": None if row.contact else row.citizen,
        "channel": row.channel,
        "made": row.made,
        "ended": row.ended,
    }


def _values(tx: Transaction, row: qf.BookingRow) -> dict[str, Any]:
    """A booking to compare with a list's row; nothing of it leaves the comparison."""
    opened = {
        name: _Kept(open_value(tx, column, row.contact, sealed)) if row.contact and sealed else None
        for name, column, sealed in (("label", LABEL, row.label), ("phone", PHONE, row.phone))
    }
    return {**_shown(row), **opened}


def _refused(key: Key, why: str) -> InputError:
    return InputError(
        f"the calendar refuses the booking {key[-1]!r} of the list: {why}",
        code="GL-2072",
        hint="nothing of the list stands; somebody was faster, or the rules have changed: examine it again",
    )
