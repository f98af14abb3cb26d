"""Many towns on one server share a pool and never a row; a database belongs to the process that opened it."""

import os
import uuid

import psycopg
import pytest
from sqlalchemy import Column, MetaData, Table, insert, select

from govline.errors import ConfigError, GovlineError, StoreError
from govline.store import Database, Statement
from govline.store.columns import IdColumn

table = Table("gl_resident", MetaData(), Column("id", IdColumn, primary_key=True))
ADD = Statement("resident.add", insert(table))
ALL = Statement("resident.all", select(table.c.id).order_by(table.c.id))


@pytest.fixture
def towns(postgres_18):
    schemas = [f"town_{uuid.uuid4().hex}" for _ in range(3)]
    with psycopg.connect(postgres_18.replace("+psycopg", ""), autocommit=True) as server:
        for schema in schemas:
            server.execute(f"CREATE SCHEMA {schema}")
        url = f"{postgres_18}{'&' if '?' in postgres_18 else '?'}application_name=towns"
        # one connection serves all: a plan prepared for one town meets the search path of the next
        opened = [Database.open(url, schema=schema, pool_size=1) for schema in schemas]
        for database in opened:
            database.run(lambda tx: table.create(tx.connection))
        yield opened
        for database in opened:
            database.close()
        for schema in schemas:
            server.execute(f"DROP SCHEMA {schema} CASCADE")


def test_towns_on_one_pool_never_see_each_others_rows(towns):
    assert len({id(town.engine.pool) for town in towns}) == 1
    for round_ in range(4):
        for number, town in enumerate(towns):
            name = f"{number}-{round_}"
            town.run(lambda tx, name=name: tx.write(ADD, {"id": name}), group="residents")
            with town.begin() as tx:
                assert tx.all(ALL) == [(f"{number}-{each}",) for each in range(round_ + 1)]
            assert town.read(lambda tx: tx.connection.execute(select(table.c.id)).all())[-1] == (name,)


def test_a_towns_path_ends_with_its_unit_on_the_shared_connection(towns, postgres_18):
    pool = towns[0].engine.pool

    def path(tx):
        return tx.connection.exec_driver_sql("SHOW search_path").scalar()

    with Database.open(postgres_18, pool=pool) as without_schema:
        own = without_schema.run(path)
        for leave in (
            lambda town: town.run(path),
            lambda town: town.run(path, group="g"),
            lambda town: town.read(path),
        ):
            assert leave(towns[0]) == towns[0].schema
            assert without_schema.run(path) == without_schema.read(path) == own


def test_the_shared_pool_stays_open_until_the_last_town_closes(towns):
    towns[0].close()
    towns[0].close()
    assert towns[1].run(lambda tx: tx.write(ADD, {"id": "x"})) == 1
    assert not towns[1].engine.pool.closed
    with pytest.raises(StoreError, match="closed"):
        towns[0].read(lambda tx: tx.all(ALL))


def test_a_pool_that_was_handed_in_stays_open(postgres_18):
    from psycopg_pool import ConnectionPool

    with ConnectionPool(postgres_18.replace("+psycopg", ""), min_size=1, kwargs={"autocommit": True}) as pool:
        with Database.open(postgres_18, pool=pool) as database:
            assert database.read(lambda tx: tx.dialect) == "postgresql"
        assert not pool.closed


def test_a_forked_process_must_open_its_own(sqlite_db):
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            sqlite_db.read(lambda tx: tx.town)
        except GovlineError as error:
            os.write(writing, error.code.encode())
        finally:
            os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    assert os.read(reading, 20) == b"GL-1014"
    os.close(reading)


def test_sqlite_is_opened_durable(sqlite_db):
    def pragmas(tx):
        names = ("journal_mode", "synchronous", "foreign_keys", "query_only")
        return [tx.connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names]

    full = 2
    assert sqlite_db.run(pragmas) == ["wal", full, 1, 0]
    assert sqlite_db.read(pragmas) == ["wal", full, 1, 1]


@pytest.mark.parametrize(
    "url", ["mysql://x/y", "sqlite://", "sqlite:///:memory:", "sqlite:////nowhere/at/all/town.db"]
)
def test_an_impossible_database_is_refused_with_a_remedy(url):
    with pytest.raises(ConfigError, match=r"GL-1012.*->"):
        Database.open(url)
