"""Statements: compiled once a dialect, codecs both ways, dynamic text refused."""

from datetime import UTC, date, datetime

import pytest
from attrs import frozen
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    MetaData,
    Table,
    bindparam,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from govline.errors import InputError, StoreError
from govline.store import Statement
from govline.store.columns import (
    BoolColumn,
    DateColumn,
    IdColumn,
    InstantColumn,
    JsonColumn,
    dump_json,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
table = Table(
    "thing",
    MetaData(),
    Column("id", IdColumn, primary_key=True),
    Column("at", InstantColumn),
    Column("day", DateColumn),
    Column("note", JsonColumn),
    Column("open", BoolColumn),
)
GET = Statement(
    "thing.get", select(table).where(table.c.id == bindparam("id"), table.c.at < bindparam("before"))
)


@frozen
class Thing:
    id: str
    at: datetime
    day: date
    note: object
    open: bool


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_a_statement_is_compiled_once_a_dialect(dialect):
    assert GET.plan(dialect) is GET.plan(dialect)


def test_binds_are_positional_and_encoded_in_order():
    plan = GET.plan("sqlite")
    assert plan.sql.endswith("WHERE thing.id = ? AND thing.at < ?")
    assert list(plan.encode({"before": NOON, "id": "x"})) == ["x", 1795176000000000]


def test_rows_come_back_in_the_row_class_with_every_codec():
    statement = Statement("thing.all", select(table), Thing)
    rows = statement.plan("sqlite").decode([("x", 1795176000000000, "2026-11-20", '{"a":[1]}', 1)])
    assert rows == [Thing("x", NOON, date(2026, 11, 20), {"a": [1]}, open=True)]
    assert rows[0].open is True


def test_null_is_none_in_both_directions():
    statement = Statement("thing.add", insert(table))
    nothing = dict.fromkeys(("id", "at", "day", "note", "open"))
    assert list(statement.plan("postgresql").encode(nothing)) == [None] * 5
    rows = Statement("thing.all", select(table)).plan("sqlite").decode([(None,) * 5])
    assert rows == [(None,) * 5]


def test_constants_of_the_statement_are_kept_and_encoded():
    statement = Statement(
        "thing.close", update(table).where(table.c.id == bindparam("x")).values(open=False, at=NOON)
    )
    encoded = list(statement.plan("sqlite").encode({"x": "x"}))
    assert 1795176000000000 in encoded
    assert False in encoded


def test_a_repeated_bind_is_given_wherever_it_stands():
    statement = Statement(
        "thing.twice",
        select(table.c.id).where((table.c.id == bindparam("x")) | (literal("a") == bindparam("x"))),
    )
    assert list(statement.plan("sqlite").encode({"x": "v"})) == ["v", "a", "v"]
    assert list(statement.plan("postgresql").encode({"x": "v"})) == ["v", "a"]


@pytest.mark.parametrize("params", [None, {}, {"id": "x"}])
def test_a_missing_parameter_names_the_statement(params):
    with pytest.raises(InputError, match=r"thing\.get"):
        GET.plan("sqlite").encode(params)


def test_an_error_inside_a_codec_is_not_taken_for_a_missing_parameter():
    with pytest.raises(InputError, match="naive"):
        GET.plan("sqlite").encode({"id": "x", "before": datetime(2026, 1, 1)})


def test_an_in_list_is_refused_with_the_way_out():
    statement = Statement("thing.some", select(table).where(table.c.id.in_(bindparam("ids", expanding=True))))
    with pytest.raises(StoreError, match=r"GL-1010.*tx\.connection"):
        statement.plan("sqlite")


def test_python_side_defaults_are_refused():
    other = Table("other", MetaData(), Column("id", IdColumn, default="x"), Column("n", BigInteger))
    statement = Statement("other.add", insert(other).values(n=bindparam("n")))
    with pytest.raises(StoreError, match="GL-1010"):
        statement.plan("sqlite")


def test_variants_replace_the_portable_text():
    statement = Statement(
        "thing.variant",
        select(table.c.id),
        postgresql=select(table.c.id).with_for_update(skip_locked=True),
        sqlite=select(table.c.id).limit(1),
    )
    assert statement.plan("postgresql").sql.endswith("SKIP LOCKED")
    assert "LIMIT" in statement.plan("sqlite").sql


def test_returning_columns_are_decoded():
    statement = Statement("thing.out", insert(table).returning(table.c.day))
    assert statement.plan("postgresql").decode([("2026-11-20",)]) == [(date(2026, 11, 20),)]


def test_percent_signs_survive():
    statement = Statement("thing.like", select(table.c.id).where(table.c.id.like("a%")))
    assert "a%" in list(statement.plan("postgresql").encode({}))


@pytest.mark.parametrize("dialect", [sqlite.dialect(), postgresql.dialect()])
def test_columns_speak_the_same_codec_through_sqlalchemy(dialect):
    pairs = [
        (InstantColumn(), NOON, 1795176000000000),
        (DateColumn(), date(2026, 11, 20), "2026-11-20"),
        (JsonColumn(), {"b": 1, "a": "あ"}, '{"a":"あ","b":1}'),
    ]
    for column, value, stored in pairs:
        assert column.bind_processor(dialect)(value) == stored
        assert column.result_processor(dialect, None)(stored) == value
        assert column.bind_processor(dialect)(None) is None


def test_json_is_canonical_and_plain():
    assert dump_json({"b": [1, {"z": None}], "a": True}) == '{"a":true,"b":[1,{"z":null}]}'
    with pytest.raises(ValueError, match="Out of range"):
        dump_json(float("nan"))
    with pytest.raises(TypeError, match="plain JSON"):
        dump_json({"at": NOON})


def test_other_types_use_sqlalchemys_processors():
    plan = Statement(
        "thing.count", select(func.count().label("n"), literal(True, Boolean).label("yes"))
    ).plan("sqlite")
    assert plan.decode([(3, 1)]) == [(3, True)]
