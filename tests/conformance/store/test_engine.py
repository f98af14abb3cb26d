"""The engine keeps its promises on SQLite, PostgreSQL 16 and PostgreSQL 18."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from govline.errors import StoreError
from govline.store import Database
from govline.store._outage import is_outage
from govline.testing.store import StoreSuite


class TestSqlite(StoreSuite):
    @pytest.fixture
    def open_store(self, tmp_path):
        opened = []

        def open_store(**options):
            opened.append(Database.open(f"sqlite:///{tmp_path}/town.db", **options))
            return opened[-1]

        yield open_store
        for database in opened:
            database.close()


class TestPostgres(StoreSuite):
    @pytest.fixture(params=["postgres_16", "postgres_18"])
    def open_store(self, request):
        url = request.getfixturevalue(request.param)
        schema = f"s_{uuid.uuid4().hex}"
        opened = []

        def open_store(**options):
            opened.append(Database.open(url, schema=schema, pool_size=16, **options))
            return opened[-1]

        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as server:
            server.execute(f"CREATE SCHEMA {schema}")
            yield open_store
            for database in opened:
                database.close()
            server.execute(f"DROP SCHEMA {schema} CASCADE")

    def test_groups_run_beside_each_other(self, store):
        """Each unit waits for the one of the other group: behind one line for all they would wait for ever."""
        meeting = threading.Barrier(2)

        def meet(_tx):
            return meeting.wait(10)

        with ThreadPoolExecutor(2) as pool:
            calls = [pool.submit(store.run, meet, group=f"slot:{number}") for number in range(2)]
            assert sorted(call.result() for call in calls) == [0, 1]


def test_a_server_that_is_not_there_is_named(tmp_path):
    database = Database.open("postgresql+psycopg://nobody@127.0.0.1:1/none", schema="t")
    database.engine.pool.timeout = 0.2
    with pytest.raises(StoreError) as caught:
        database.read(lambda tx: tx.now)
    database.close()
    assert caught.value.code == "GL-1016"
    assert is_outage(caught.value)


def test_values_are_in_no_database_error(any_db):
    with pytest.raises(SQLAlchemyError) as caught:
        any_db.run(
            lambda tx: tx.connection.execute(text("INSERT INTO nowhere VALUES (:who)"), {"who": "花子"})
        )
    assert "花子" not in str(caught.value)
