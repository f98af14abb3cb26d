"""The personal-data map: every column of every table as the database itself tells them, with class, purpose and period."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from attrs import frozen

from govline.city.data_classes import TABLES, Classified
from govline.core import DataClass, DataField, Transaction
from govline.store import footprints

if TYPE_CHECKING:
    from govline.city.city import City

__all__ = ["DataLine", "data_map", "unclassified"]

_VERSIONS: Final = "gl_version_"


@frozen
class DataLine:
    """One column. `data` is None where nobody has said what it holds: then somebody must."""

    table: str
    column: str
    data: DataClass | None
    purpose: str = ""
    retention: str = ""
    sealed: bool = False


def data_map(city: "City") -> list[DataLine]:
    """Every column of the town's tables, by table and column; what the town's attributes added among them."""
    known = {(each.table, each.column): each for each in city.data_fields}
    periods = {
        rule.name: f"{rule.keep.days}日({rule.name})" if rule.keep.days else rule.name
        for rule in city.retention
    }
    sealed = {
        *_sealed(),
        *((place.table, place.column) for place in city.sealed_columns),
    }

    def look(tx: Transaction) -> list[tuple[str, str]]:
        return [
            (table, column)
            for table, columns in footprints.columns(tx).items()
            if not table.startswith(_VERSIONS)
            for column in columns
        ]

    return [
        _line(table, column, known.get((table, column)), periods, sealed=(table, column) in sealed)
        for table, column in city.read(look)
    ]


def unclassified(lines: Sequence[DataLine]) -> list[str]:
    """`table.column` of what nobody has classified."""
    return [f"{line.table}.{line.column}" for line in lines if line.data is None]


def _line(
    table: str, column: str, told: DataField | None, periods: Mapping[str, str], *, sealed: bool
) -> DataLine:
    own = TABLES.get(table)
    found = None if own is None else _class_of(own, column)
    if told is not None:
        return DataLine(table, column, told.data, told.purpose, told.retention, sealed)
    if own is None or found is None:
        return DataLine(table, column, None)
    return DataLine(table, column, found, own.purpose, periods.get(own.kept, own.kept), sealed)


def _class_of(table: Classified, column: str) -> DataClass | None:
    by_class = {
        DataClass.PUBLIC: table.public,
        DataClass.PREFERENCE: table.preference,
        DataClass.PERSONAL: table.personal,
        DataClass.SECRET: table.key,
    }
    return next((data for data, words in by_class.items() if column in words.split()), None)


def _sealed() -> set[tuple[str, str]]:
    from govline.store.sealed import STORE_COLUMNS

    own = {(place.table, place.column) for place in STORE_COLUMNS}
    return own | {
        ("gl_identity", "sealed"),
        ("gl_identity_page", "sealed"),
        ("gl_audit_head", "secret"),
    }
