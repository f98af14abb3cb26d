"""Rows for tables of any release, made from what the database says of them: types, NULLs, keys, references, checks."""

import json
import re
from typing import Any

from attrs import frozen
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    inspect,
    select,
)
from sqlalchemy.types import TypeEngine

from govline.store.columns import DateColumn, IdColumn, JsonColumn

__all__ = ["PER_TABLE", "Row", "Words", "allowed", "insert", "make", "read", "reflect"]

Row = dict[str, Any]
Words = dict[str, tuple[Any, ...]]
PER_TABLE = 6
NOON = 1_790_000_000_000_000  # an instant in September 2026, in microseconds

EFFECT = (
    '{"dedupe":"d","due":null,"expires":null,"order_key":null,"payload":{"本文":"明日です"},"priority":0,'
    '"queue":"default","strict":false,"topic":"line.push","version":1}'
)

# What a column's readers know by name; any other text is a sentence.
VOCABULARY = {
    "gl_calendar_booking.state": ("confirmed", "held", "attended", "displaced"),
    "gl_calendar_booking.waived": ('["lead"]',),
    "gl_calendar_closure.state": ("closed", "reopened"),
    "gl_calendar_group.state": ("approved", "asked"),
    "gl_calendar_history.was": ("confirmed", "held"),
    "gl_calendar_request.answer": ('{"booking":"b-1","告":"満員"}',),
    "gl_delivery_batch.state": ("sent", "planned", "unknown"),
    "gl_delivery_plan.kind": ("multicast", "push"),
    "gl_delivery_plan.state": ("draft", "approved"),
    "gl_delivery_recipient.state": ("planned", "not_reached"),
    "gl_delivery_run.control": ("going", "paused"),
    "gl_delivery_run.kind": ("multicast", "push"),
    "gl_delivery_run.stage": ("cut", "freezing"),
    "gl_delivery_run.terms": ('{"topic":"ごみ"}',),
    "gl_garbage_setting.days_before": (1,),
    "gl_garbage_setting.hour": (19, 20),
    "gl_inbox.state": ("done", "received", "failed"),
    "gl_outbox.state": ("done", "ready", "dead"),
    "gl_schedule.effect": (EFFECT,),
}
JSON = ({"町": "髙﨑", "数": [1, None, True]}, {"種類": ["燃える", "資源"]}, {})


def reflect(connection: Connection, besides: frozenset[str] = frozenset()) -> MetaData:
    """The tables as they stand; `besides` are left out."""
    metadata = MetaData()
    metadata.reflect(
        connection, only=lambda name, _: name not in besides and not name.startswith("gl_version_")
    )
    return metadata


def allowed(connection: Connection, tables: MetaData) -> Words:
    """The words to which a check constraint holds a column: "table.column" -> words."""
    return {
        f"{table.name}.{column.name}": words
        for table in tables.sorted_tables
        for check in inspect(connection).get_check_constraints(table.name)
        for column in table.columns
        if re.search(rf"\b{column.name}\b", check["sqltext"])
        and (words := tuple(re.findall(r"'([^']*)'", check["sqltext"])))
    }


def make(tables: MetaData, declared: MetaData, words: Words, first: int = 0) -> dict[str, list[Row]]:
    """Rows number `first` and following of every table; the references of row n lead to rows n.

    Args:
        declared: The room's tables of today, for what a text means: an id, a date, JSON, a sentence.
        words: Of checked columns.
    """
    value = _Maker(declared, {**VOCABULARY, **words}).value
    return {
        table.name: [
            {column.name: value(column, place, number) for place, column in enumerate(table.columns)}
            for number in range(first, first + PER_TABLE)
        ]
        for table in tables.sorted_tables
    }


def insert(connection: Connection, tables: MetaData, rows: dict[str, list[Row]]) -> None:
    """Write the rows with the columns of `tables` and no other, as the release that had these tables writes."""
    for table in tables.sorted_tables:
        if table.name in rows:
            connection.execute(table.insert(), rows[table.name])


def read(connection: Connection, table: Table, names: list[str]) -> list[tuple[Any, ...]]:
    """The named columns of every row, in order of the primary key."""
    found = connection.execute(select(*(table.c[name] for name in names)))
    return sorted((tuple(row) for row in found), key=repr)


@frozen
class _Maker:
    declared: MetaData
    words: Words

    def value(self, column: Column[Any], place: int, number: int) -> Any:
        """What row `number` holds in the column at `place` of its table."""
        if column.nullable and not column.primary_key and _is_empty(place, number):
            return None
        for key in column.foreign_keys:
            return self._plain(key.column, 0, number)
        return self._plain(column, place, number)

    def _plain(self, column: Column[Any], place: int, number: int) -> Any:
        if words := self.words.get(f"{column.table.name}.{column.name}"):
            return words[number % len(words)]
        kind = column.type
        if isinstance(kind, Boolean):
            return bool(number % 2)
        if isinstance(kind, BigInteger):
            return NOON + (place + 100 * number) * 60_000_000
        if isinstance(kind, Integer):
            return number + 1
        if isinstance(kind, LargeBinary):
            return bytes([0, number, 255]) + "通知".encode()
        assert isinstance(kind, Text), f"{column}: say here how a {kind!r} is made"
        return self._text(column, place, number)

    def _text(self, column: Column[Any], place: int, number: int) -> str:
        meant = self._meant(column)
        if isinstance(meant, DateColumn):
            return f"{2026 + place % 3}-{1 + number // 28 % 12:02d}-{1 + number % 28:02d}"
        if isinstance(meant, JsonColumn):
            return json.dumps(JSON[number % len(JSON)], ensure_ascii=False)
        if isinstance(meant, IdColumn):
            return f"0199{number:04x}"  # the same in every table: what belongs together is found together
        return f"{column.name}-{number:03d} ひなた市「髙﨑」’%s 😀"

    def _meant(self, column: Column[Any]) -> TypeEngine[Any]:
        table = self.declared.tables.get(column.table.name)
        return column.type if table is None or column.name not in table.c else table.c[column.name].type


def _is_empty(place: int, number: int) -> bool:
    """Row 0 holds everything, row 1 nothing that may be empty, the others every second column in turn."""
    turn = number % 100
    return turn == 1 or (turn > 1 and (place + turn) % 2 == 0)
