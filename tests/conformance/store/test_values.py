"""Values go in and come out the same on both engines, whatever they hold."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    LargeBinary,
    MetaData,
    Table,
    Text,
    bindparam,
    delete,
    insert,
    select,
)

from govline.store import Statement
from govline.store.columns import BoolColumn, DateColumn, IdColumn, InstantColumn, JsonColumn

table = Table(
    "gl_values",
    MetaData(),
    Column("id", IdColumn, primary_key=True),
    Column("at", InstantColumn),
    Column("day", DateColumn),
    Column("note", JsonColumn),
    Column("open", BoolColumn),
    Column("n", BigInteger),
    Column("text", Text),
    Column("data", LargeBinary),
    Column("real", Double),
)
ADD = Statement("values.add", insert(table))
GET = Statement("values.get", select(table).where(table.c.id == bindparam("id")))
GONE = Statement("values.gone", delete(table))
PICK = Statement(
    "values.pick", select(table.c.id).where(table.c.n >= bindparam("least"), table.c.open == bindparam("yes"))
)

words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
rows = st.fixed_dictionaries(
    {
        "id": words,
        "at": st.none() | st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),
        "day": st.none() | st.dates(date(1868, 1, 25)),
        "note": plain,
        "open": st.none() | st.booleans(),
        "n": st.none() | st.integers(-(2**63), 2**63 - 1),
        "text": st.none() | words,
        "data": st.none() | st.binary(max_size=20),
        "real": st.none() | st.floats(allow_nan=False, allow_infinity=False),
    }
)


@pytest.fixture
def db(any_db):
    any_db.run(lambda tx: table.create(tx.connection))
    return any_db


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(row=rows)
def test_a_row_comes_back_as_it_went_in(db, row):
    def work(tx):
        tx.write(GONE)
        assert tx.write(ADD, row) == 1
        through_statement = tx.one(GET, {"id": row["id"]})
        through_sqlalchemy = tx.connection.execute(select(table).where(table.c.id == row["id"])).one()
        return through_statement, tuple(through_sqlalchemy)

    mine, theirs = db.run(work)
    expected = tuple(row[name] for name in table.c.keys())  # noqa: SIM118 - not a dictionary
    assert mine == expected
    assert theirs == mine
    assert [type(value) for value in mine] == [type(value) for value in expected]


def test_many_rows_in_one_call(db):
    sets = [dict.fromkeys(table.c.keys()) | {"id": f"r{n}", "n": n, "open": n % 2 == 0} for n in range(1000)]
    assert db.run(lambda tx: tx.write_many(ADD, sets)) == 1000
    assert db.run(lambda tx: tx.write_many(ADD, [])) == 0
    assert len(db.read(lambda tx: tx.all(PICK, {"least": 990, "yes": True}))) == 5


def test_an_instant_of_another_zone_is_the_same_instant(db):
    from zoneinfo import ZoneInfo

    noon = datetime(2026, 11, 20, 12, tzinfo=ZoneInfo("Asia/Tokyo"))
    row = dict.fromkeys(table.c.keys()) | {"id": "x", "at": noon + timedelta(microseconds=1)}
    db.run(lambda tx: tx.write(ADD, row))
    found = db.read(lambda tx: tx.one(GET, {"id": "x"}))
    assert found[1] == noon + timedelta(microseconds=1)
    assert found[1].tzinfo is UTC


def test_text_with_a_nul_is_never_cut_silently(db):
    row = dict.fromkeys(table.c.keys()) | {"id": "x", "text": "a\0b"}
    if db.dialect == "postgresql":
        with pytest.raises(Exception, match="NUL"):
            db.run(lambda tx: tx.write(ADD, row))
    else:
        db.run(lambda tx: tx.write(ADD, row))
        assert db.read(lambda tx: tx.one(GET, {"id": "x"}))[6] == "a\0b"


def test_a_failed_statement_leaves_the_prepared_ones_usable(db):
    row = dict.fromkeys(table.c.keys()) | {"id": "x"}
    for _ in range(3):
        with pytest.raises(Exception, match=r"(?i)unique|duplicate"):
            db.run(lambda tx: (tx.write(ADD, row), tx.write(ADD, row)))
    assert db.run(lambda tx: tx.write(ADD, row)) == 1


def test_a_pool_that_forbids_preparing_is_obeyed(postgres_db):
    with postgres_db.engine.pool.connection() as connection:
        connection.prepare_threshold = None
        from govline.store._prepared import PreparedCursor

        cursor = PreparedCursor(connection)
        cursor.execute("SELECT $1::BIGINT + 1", [41])
        assert cursor.fetchall() == [(42,)]
        assert connection.execute("SELECT count(*) FROM pg_prepared_statements").fetchone() == (0,)
        del connection.__dict__["_govline"]
        connection.prepare_threshold = 5


@pytest.mark.parametrize("spoil", ["DEALLOCATE ALL", "ALTER TABLE gl_values ALTER COLUMN n TYPE TEXT"])
@pytest.mark.parametrize("group", [None, "key"])
def test_prepared_statements_are_prepared_afresh_when_they_went_stale(postgres_db, spoil, group):
    postgres_db.run(lambda tx: table.create(tx.connection))
    row = dict.fromkeys(table.c.keys()) | {"id": "x", "n": 7}
    postgres_db.run(lambda tx: (tx.write(ADD, row), tx.one(GET, {"id": "x"})), group=group)
    postgres_db.run(lambda tx: tx.connection.exec_driver_sql(spoil))
    found = postgres_db.run(lambda tx: tx.one(GET, {"id": "x"}), group=group)
    assert found[5] in (7, "7")
    assert postgres_db.read(lambda tx: tx.one(GET, {"id": "x"})) == found
