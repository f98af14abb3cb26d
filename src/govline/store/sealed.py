"""Sealed columns of any room: seal and open a value where it stands, and seal everything again under a new key."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from attrs import frozen
from sqlalchemy import Select, and_, column, false, func, not_, select, table, true, update
from sqlalchemy.sql.expression import ColumnElement, TableClause

from govline.core import Id, SealedColumn, Transaction
from govline.errors import ConfigError
from govline.store import addresses, chain, identity
from govline.store._reach import keyring
from govline.store._tables import address_page
from govline.store.database import Database

__all__ = ["STORE_COLUMNS", "Standing", "count", "hashed", "lookups", "open_value", "rotate", "seal_value"]

STORE_COLUMNS: Final = (
    SealedColumn("gl_inbox", "body", context="inbox.body:{id}", flag="sealed"),
    SealedColumn("gl_inbox", "reply_token", context="inbox.reply_token:{id}", flag="sealed"),
    SealedColumn("gl_blob", "sealed", context="blob:{id}:{media_type}"),
)
"""What the store itself seals, besides the identities and the audit's secret."""
_IDENTITY: Final = SealedColumn("gl_identity", "sealed", key="citizen")
_SECRET: Final = SealedColumn("gl_audit_head", "secret", key="name")
_NAMED: Final = re.compile(r"\{(\w+)\}")


@frozen
class Standing:
    """How many values of a column stand under each key id; `plain` are those that are not sealed (yet)."""

    table: str
    column: str
    by_key: Mapping[str, int]
    plain: int = 0


def seal_value(tx: Transaction, place: SealedColumn, row: Id, plain: str, **others: str) -> str:
    """Seal a text for one row of a column.

    Args:
        row: The value of the row's key column; moved to another row it does not open.
        **others: Columns that the place's `context` names.

    Raises:
        ConfigError: GL-1122 the database was opened without keys.
    """
    return keyring(tx).seal(plain.encode(), _context(tx, place, row, others))


def open_value(tx: Transaction, place: SealedColumn, row: Id, sealed: str, **others: str) -> str:
    """Open what `seal_value` made.

    Raises:
        StoreError: GL-1121 unknown key, changed bytes, or a value of another row.
    """
    return keyring(tx).open(sealed, _context(tx, place, row, others)).decode()


def hashed(tx: Transaction, place: SealedColumn, value: str) -> str:
    """The keyed hash of a value, for the place's `lookup` column."""
    return keyring(tx).lookup(value, place.purpose)


def lookups(tx: Transaction, place: SealedColumn, value: str) -> tuple[str, ...]:
    """The keyed hash under every key, newest first: rows may still carry an older one."""
    return keyring(tx).lookups(value, place.purpose)


def count(db: Database, places: Sequence[SealedColumn] = ()) -> list[Standing]:
    """How many values stand under each key, for the store's own columns and those of the rooms.

    A key id that stands nowhere with a number may leave `GOVLINE_KEYS`.
    """
    standing = [db.read(_counting(place)) for place in (_IDENTITY, _SECRET, *STORE_COLUMNS, *places)]
    return [*standing, db.read(_pages)]


def rotate(db: Database, places: Sequence[SealedColumn] = (), *, limit: int = 200) -> dict[str, int]:
    """Seal everything again under the newest key, in small units; how many rows of each column.

    Begun again after a crash it goes on where it stood, because only rows under older keys are looked for.

    Raises:
        ConfigError: GL-1122 no keys. StoreError: GL-1121 a value whose key is not in the keyring.
    """
    done: dict[str, int] = {}
    after: str | None = ""
    while after is not None:
        after, rows = db.run(_identities(after, limit))
        done["gl_identity.sealed"] = done.get("gl_identity.sealed", 0) + rows
    done["gl_identity_page.sealed"] = db.run(addresses.drop_old)
    while db.run(addresses.pack):
        pass  # derived: written anew from the rows
    done["gl_audit_head.secret"] = int(db.run(chain.reseal))
    for place in (*STORE_COLUMNS, *places):
        name, last = f"{place.table}.{place.column}", ""
        done[name] = 0
        while page := db.run(_page(place, last, limit)):
            last, rows = page
            done[name] += rows
    return done


def _pages(tx: Transaction) -> Standing:
    key = address_page.c.key_id
    found = tx.connection.execute(select(key, func.count()).group_by(key))
    return Standing(address_page.name, "sealed", {str(name): number for name, number in found})


def _identities(after: str, limit: int) -> Any:
    def unit(tx: Transaction) -> tuple[str | None, int]:
        before = tx.connection.execute(_old(_IDENTITY, keyring(tx).newest, after, limit)).all()
        return identity.rewrap(tx, limit=limit, after=after), len(before)

    return unit


def _page(place: SealedColumn, after: str, limit: int) -> Any:
    def unit(tx: Transaction) -> tuple[str, int] | None:
        rows = tx.connection.execute(_old(place, keyring(tx).newest, after, limit)).mappings().all()
        for row in rows:
            _again(tx, place, dict(row))
        return (str(rows[-1][place.key]), len(rows)) if rows else None

    return unit


def _again(tx: Transaction, place: SealedColumn, row: Mapping[str, Any]) -> None:
    seen = row[place.column]
    key = str(row[place.key])
    context = _context(tx, place, key, row)
    keys = keyring(tx)
    plain = keys.open(seen, context)
    changes = {place.column: keys.seal(plain, context)}
    if place.lookup:
        changes[place.lookup] = keys.lookup(plain.decode(), place.purpose)
    its = _table(place, *changes)
    tx.connection.execute(
        update(its).where(its.c[place.key] == key, its.c[place.column] == seen).values(changes)
    )


def _old(place: SealedColumn, newest: str, after: str, limit: int) -> Select[Any]:
    """A page of rows that are sealed under another key than the newest."""
    names = dict.fromkeys((place.key, place.column, *_NAMED.findall(place.context)))
    its = _table(place, *names, place.flag or place.key)
    return (
        select(*[its.c[name] for name in names])
        .where(
            its.c[place.key] > after,
            _is_sealed(place, its),
            not_(its.c[place.column].startswith(f"{newest}.", autoescape=True)),
        )
        .order_by(its.c[place.key])
        .limit(limit)
    )


def _is_sealed(place: SealedColumn, its: TableClause) -> ColumnElement[bool]:
    here = and_(its.c[place.column].is_not(None), its.c[place.column] != "")
    return and_(here, its.c[place.flag].is_(true())) if place.flag else here


def _counting(place: SealedColumn) -> Any:
    def unit(tx: Transaction) -> Standing:
        its = _table(place, place.column, place.key, *([place.flag] if place.flag else ()))
        value = its.c[place.column]
        dot = (
            func.instr(value, ".") if tx.dialect == "sqlite" else func.strpos(value, ".")
        )  # a key id holds no dot
        name = func.substr(value, 1, dot - 1)
        found = tx.connection.execute(
            select(name, func.count()).where(_is_sealed(place, its), dot > 1).group_by(name)
        )
        open_ = its.c[place.flag].is_(false()) if place.flag else and_(value != "", dot < 1)
        plain = tx.connection.execute(select(func.count()).select_from(its).where(open_)).scalar_one()
        return Standing(place.table, place.column, {str(key): number for key, number in found}, plain)

    return unit


def _table(place: SealedColumn, *names: str) -> TableClause:
    return table(place.table, *[column(name) for name in dict.fromkeys((place.key, *names))])


def _context(tx: Transaction, place: SealedColumn, row: Id, others: Mapping[str, Any]) -> str:
    if not place.context:
        return f"{tx.town}/{place.table}.{place.column}/{row}"
    values = {**others, place.key: row}
    if lacking := [name for name in _NAMED.findall(place.context) if name not in values]:
        raise ConfigError(
            "the context of a sealed column names a column without a value",
            code="GL-1123",
            hint=f"pass {', '.join(lacking)}",
            place={"column": f"{place.table}.{place.column}"},
        )
    return _NAMED.sub(lambda found: str(values[found[1]]), place.context)
