"""The column types of all rooms: one stored form on every engine, Python values on this side.

Instants are BIGINT microseconds since 1970 UTC, dates ISO text, JSON canonical text, ids text, booleans 0/1 or BOOLEAN.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, Dialect, Text
from sqlalchemy.types import TypeDecorator

from govline.core.clock import from_micros, to_micros

__all__ = ["BoolColumn", "DateColumn", "IdColumn", "InstantColumn", "JsonColumn", "dump_json"]


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not plain JSON")


_JSON: Final = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False, default=_plain
)
"""Made once: `json.dumps` makes another encoder at every call."""


def dump_json(value: Any) -> str:
    """JSON text with sorted keys, no blanks and no escapes: equal values give equal text. Refuses NaN."""
    return _JSON.encode(value)


class InstantColumn(TypeDecorator[datetime]):
    """An aware datetime, stored as BIGINT microseconds since 1970-01-01 UTC."""

    impl = BigInteger
    cache_ok = True
    encode = staticmethod(to_micros)
    decode = staticmethod(from_micros)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - SQLAlchemy's signature
        return None if value is None else to_micros(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        return None if value is None else from_micros(value)


class DateColumn(TypeDecorator[date]):
    """A calendar date, stored as ISO text."""

    impl = Text
    cache_ok = True
    encode = staticmethod(date.isoformat)
    decode = staticmethod(date.fromisoformat)

    def process_bind_param(self, value: date | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        return None if value is None else value.isoformat()

    def process_result_value(self, value: str | None, dialect: Dialect) -> date | None:  # noqa: ARG002 - SQLAlchemy's signature
        return None if value is None else date.fromisoformat(value)


class JsonColumn(TypeDecorator[Any]):
    """Plain JSON, stored as canonical text; SQL NULL is None."""

    impl = Text
    cache_ok = True
    encode = staticmethod(dump_json)
    decode = staticmethod(json.loads)

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        return None if value is None else dump_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002 - SQLAlchemy's signature
        return None if value is None else json.loads(value)


class IdColumn(TypeDecorator[str]):
    """An identifier made by us: text on every engine."""

    impl = Text
    cache_ok = True


class BoolColumn(TypeDecorator[bool]):
    """A truth value: BOOLEAN, which SQLite keeps as 0 and 1."""

    impl = Boolean
    cache_ok = True
