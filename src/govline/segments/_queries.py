"""The statements of segments: constant ones, those that a town's attributes make, and the frame around a filter."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import Select, Table, bindparam, delete, func, insert, literal, or_, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from govline.segments._sql import Children, Columns
from govline.segments._tables import (
    PROFILE,
    columns,
    history,
    profile_table,
    rows_name,
    rows_table,
)
from govline.segments.attributes import AttributeDef, Attributes
from govline.store import Statement
from govline.store._tables import identity

__all__ = [
    "ADD_COLUMN",
    "ADD_HISTORY",
    "COLUMNS",
    "ERASE_HISTORY",
    "HISTORY",
    "AttributeStatements",
    "ChildStatements",
    "PeopleStatements",
    "count_sql",
    "filter_columns",
    "ids_sql",
    "page_sql",
]

_TAKE: Final[Any] = {column.name: bindparam(column.name) for column in columns.columns}
ADD_COLUMN: Final = Statement(
    "segments.add_column",
    postgresql_insert(columns).values(_TAKE).on_conflict_do_nothing(),
    sqlite=sqlite_insert(columns).values(_TAKE).on_conflict_do_nothing(),
)
COLUMNS: Final = Statement(
    "segments.columns", select(columns.c.table_name, columns.c.column_name, columns.c.type)
)
ADD_HISTORY: Final = Statement("segments.add_history", insert(history))
HISTORY: Final = Statement(
    "segments.history",
    select(history.c.at, history.c.value, history.c.source, history.c.actor_kind)
    .where(history.c.citizen == bindparam("who"), history.c.attribute == bindparam("name"))
    .order_by(history.c.id),
)
ERASE_HISTORY: Final = Statement(
    "segments.erase_history", delete(history).where(history.c.citizen == bindparam("who"))
)


class AttributeStatements:
    """Everything that reads and writes one person's declared attributes, built once from the declaration."""

    def __init__(self, attributes: Attributes) -> None:
        profile = profile_table(attributes)
        many = [known for known in attributes.declared if known.type in ("tags", "children")]
        self.plain = tuple(column.name for column in profile.columns if column.name != "citizen")
        self.lock = _lock(profile)
        self.put = {name: _put(profile, name) for name in self.plain}
        tables = {known.name: rows_table(known) for known in many}
        self._profile = profile
        self._several = {known.name: _values(known, tables[known.name]) for known in many}
        self.rows = {
            name: Statement(f"segments.rows_{name}", query.where(tables[name].c.citizen == bindparam("who")))
            for name, query in self._several.items()
        }
        self.add_row = {
            name: Statement(f"segments.add_{name}", insert(table)) for name, table in tables.items()
        }
        self.clear_rows = {
            name: Statement(
                f"segments.clear_{name}", delete(table).where(table.c.citizen == bindparam("who"))
            )
            for name, table in tables.items()
        }
        self.person = _person(profile)
        self.erase_profile = Statement(
            "segments.erase_profile", delete(profile).where(profile.c.citizen == bindparam("who"))
        )

    def plain_of(self, names: Sequence[str], ids: Sequence[str]) -> Select[Any]:
        """These plain attributes of these people, behind their ids; an ordinary select, as lists of ids differ from call to call."""
        columns = self._profile.c
        return select(columns.citizen, *(columns[name] for name in names)).where(columns.citizen.in_(ids))

    def rows_of(self, name: str, ids: Sequence[str]) -> Select[Any]:
        """Every value of one attribute of these people, behind their ids, each person's in order."""
        query = self._several[name]
        (table,) = query.get_final_froms()
        return query.with_only_columns(table.c.citizen, *query.selected_columns).where(
            table.c.citizen.in_(ids)
        )


def _put(profile: Table, name: str) -> Statement:
    return _upsert(
        f"segments.put_{name}", profile, name, {"citizen": bindparam("who"), name: bindparam("given")}
    )


def _lock(profile: Table) -> Statement:
    """Takes the person's profile row, made where missing, so that two writers of many rows follow each other."""
    return _upsert("segments.lock", profile, "citizen", {"citizen": bindparam("who")})


def _upsert(name: str, profile: Table, column: str, given: Any) -> Statement:
    on_postgres, on_sqlite = postgresql_insert(profile).values(given), sqlite_insert(profile).values(given)
    return Statement(
        name,
        on_postgres.on_conflict_do_update(
            index_elements=["citizen"], set_={column: on_postgres.excluded[column]}
        ),
        sqlite=on_sqlite.on_conflict_do_update(
            index_elements=["citizen"], set_={column: on_sqlite.excluded[column]}
        ),
    )


def _values(definition: AttributeDef, table: Table) -> Select[Any]:
    """Every value of an attribute of which a person has several, each person's in order."""
    tags = definition.type == "tags"
    wanted = [table.c.value] if tags else [table.c[inner.name] for inner in definition.fields]
    return select(*wanted).order_by(table.c.value if tags else table.c.position)


def _person(profile: Table) -> Statement:
    """`blocked` and the plain attributes of one person, whether they ever answered or not."""
    plain = [column for column in profile.columns if column.name != "citizen"]
    me = select(literal(1).label("one")).subquery()
    query = (
        select(identity.c.blocked, *plain)
        .select_from(me)
        .outerjoin(identity, identity.c.citizen == bindparam("who"))
        .outerjoin(profile, profile.c.citizen == bindparam("who"))
    )
    return Statement("segments.person", query)


class PeopleStatements:
    """Pages of many people with their plain attributes and tags, as ordinary Core: the lists of ids differ from call to call."""

    def __init__(self, attributes: Attributes) -> None:
        profile = profile_table(attributes)
        plain = [column for column in profile.columns if column.name != "citizen"]
        self._all = select(identity.c.citizen, identity.c.blocked, *plain).select_from(
            identity.outerjoin(profile, profile.c.citizen == identity.c.citizen)
        )
        self.count = select(func.count()).select_from(identity)
        self.tags = {
            known.name: _tags_of(rows_table(known)) for known in attributes.declared if known.type == "tags"
        }

    def page(self, after: str, limit: int) -> Select[Any]:
        """People behind an id, in order."""
        return self._all.where(identity.c.citizen > after).order_by(identity.c.citizen).limit(limit)

    def people(self, ids: Sequence[str]) -> Select[Any]:
        """These people."""
        return self._all.where(identity.c.citizen.in_(ids))

    def holding(self, ids: Sequence[str]) -> Select[Any]:
        """Those of these people who are there, and stay until the commit: an erasure waits on PostgreSQL, as it does anyway on SQLite."""
        mine = select(identity.c.citizen).where(identity.c.citizen.in_(ids)).order_by(identity.c.citizen)
        return mine.with_for_update(read=True, key_share=True)


class ChildStatements:
    """A children attribute's rows over many people: whose, the how-manieth (from 0), and the declared fields."""

    def __init__(self, definition: AttributeDef) -> None:
        self._rows = rows_table(definition)
        columns = self._rows.c
        fields = [columns[inner.name] for inner in definition.fields]
        self._all = select(columns.citizen, columns.position, *fields).order_by(
            columns.citizen, columns.position
        )
        self.count = select(func.count()).select_from(self._rows)

    def page(self, after: tuple[str, int], limit: int) -> Select[Any]:
        """Rows behind a person's row, in order."""
        citizen, position = after
        columns = self._rows.c
        behind = or_(columns.citizen > citizen, (columns.citizen == citizen) & (columns.position > position))
        return self._all.where(behind).limit(limit)

    def of(self, ids: Sequence[str]) -> Select[Any]:
        """Every row of these people."""
        return self._all.where(self._rows.c.citizen.in_(ids))

    @staticmethod
    def known(ids: Sequence[str]) -> Select[Any]:
        """Those of these people whom the town knows."""
        return select(identity.c.citizen).where(identity.c.citizen.in_(ids))


def _tags_of(table: Table) -> Callable[[Sequence[str]], Select[Any]]:
    return lambda ids: select(table.c.citizen, table.c.value).where(table.c.citizen.in_(ids))


def filter_columns(attributes: Attributes) -> Columns:
    """Where a filter finds the declared attributes inside `count_sql` and `page_sql`."""
    return {"blocked": "p.blocked"} | {known.name: _place(known) for known in attributes.declared}


def _place(definition: AttributeDef) -> str | Children:
    if definition.type not in ("tags", "children"):
        return f"a.{definition.name}"
    fields = [inner.name for inner in definition.fields] or ["value"]
    # Who has rows has a profile row too (`lock` makes it), so planners may look for rows before they look at gl_identity.
    return Children(
        rows_name(definition), key="citizen", owner="a.citizen", columns={name: name for name in fields}
    )


# Everybody whom the town knows, answered or not: else NOT would not be the complement.
_FROM: Final = f"FROM gl_identity AS p LEFT JOIN {PROFILE} AS a ON a.citizen = p.citizen"


def count_sql(where: str) -> str:
    """How many people fulfil the condition."""
    return f"SELECT count(*) {_FROM} WHERE {where}"


def page_sql(where: str, dialect: str) -> str:
    """As `ids_sql`, one page behind a cursor; its two last parameters are the last id read and the length of the page."""
    mark = "?" if dialect == "sqlite" else "%s"
    return f"SELECT p.citizen {_FROM} WHERE ({where}) AND p.citizen > {mark} ORDER BY p.citizen || '' LIMIT {mark}"


def ids_sql(where: str) -> str:
    """The ids that fulfil the condition, in order; sorted by an expression, else planners walk everybody by the index."""
    return f"SELECT p.citizen {_FROM} WHERE {where} ORDER BY p.citizen || ''"
