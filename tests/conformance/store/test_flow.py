"""The store's own database passes the public suite, on SQLite, PostgreSQL 18 and PostgreSQL 16."""

import uuid

import psycopg
import pytest

from govline.store import Database
from govline.testing.flow import FlowSuite


class TestFlow(FlowSuite):
    @pytest.fixture
    def db(self, any_db):
        return any_db


class TestFlowOnPostgres16(FlowSuite):
    @pytest.fixture
    def db(self, postgres_16, clock, ids, keys, _postgres_ddl):
        schema = f"t_{uuid.uuid4().hex}"
        with psycopg.connect(postgres_16.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {schema}; SET search_path TO {schema}; {_postgres_ddl}")
        database = Database.open(postgres_16, town="hinata", clock=clock, ids=ids, keys=keys, schema=schema)
        yield database
        database.close()
