"""Occupancy and bookings as files of staff: `govline export slots`, `govline export bookings`."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from govline.calendar._queries.files import BOOKINGS, SLOTS
from govline.core import DataClass, Dataset, Transaction
from govline.tabular import Column, Table

__all__ = ["DATASETS"]

Key = tuple[Any, ...]
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SLOTS: Final = (
    Column("id", "枠ID"),
    Column("programme", "プログラム"),
    Column("name", "枠の名前"),
    Column("starts", "開始", type="datetime"),
    Column("ends", "終了", type="datetime"),
    Column("capacity", "定員", type="integer"),
    Column("booked", "予約数", type="integer"),
    Column("cancelled", "中止", type="boolean"),
)
_BOOKINGS: Final = (
    Column("id", "予約ID"),
    Column("programme", "プログラム"),
    Column("slot", "枠の名前"),
    Column("starts", "開始", type="datetime"),
    Column("citizen", "住民ID", data=DataClass.PREFERENCE),
    Column("party", "人数", type="integer"),
    Column("state", "状態"),
    Column("channel", "受付の手段"),
    Column("made", "受付日時", type="datetime"),
    Column("ended", "終わった日時", type="datetime"),
)


def _slots(tx: Transaction, after: Key | None, limit: int) -> Sequence[Mapping[str, Any]]:
    at, last = after or (_BEGINNING, "")
    return _named(_SLOTS, tx.all(SLOTS, {"at": at, "id": last, "limit": limit}))


def _bookings(tx: Transaction, after: Key | None, limit: int) -> Sequence[Mapping[str, Any]]:
    return _named(_BOOKINGS, tx.all(BOOKINGS, {"id": after[0] if after else "", "limit": limit}))


def _named(columns: Sequence[Column], rows: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    names = [column.name for column in columns]
    return [dict(zip(names, row, strict=True)) for row in rows]


DATASETS: Final = (
    Dataset("slots", "予約枠と埋まり具合", lambda: Table("slots", _SLOTS, key=("starts", "id")), _slots),
    Dataset("bookings", "予約", lambda: Table("bookings", _BOOKINGS, key="id"), _bookings),
)
"""Exports only: slots follow their programme's definition, and bookings keep the rules of `Calendar.book`."""
