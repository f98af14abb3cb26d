"""Towns for state machines, one an example, on both engines: `opened(clock)` gives a database and how to leave it."""

import shutil
import tempfile
import uuid
from pathlib import Path

import psycopg
import pytest

from govline.core import SeededIds
from govline.store import Database, Keyring, migrate

KEYS = Keyring.generate()


@pytest.fixture(scope="module")
def sqlite_town(tmp_path_factory):
    template = tmp_path_factory.mktemp("ledger") / "template.db"
    database = Database.open(f"sqlite:///{template}", keys=KEYS)
    database.migrate(["govline.calendar.migrations"])
    database.close()

    def opened(clock):
        folder = Path(tempfile.mkdtemp())
        shutil.copyfile(template, folder / "town.db")
        url = f"sqlite:///{folder / 'town.db'}"
        database = Database.open(url, town="t", clock=clock, ids=SeededIds(1), keys=KEYS)
        return database, lambda: shutil.rmtree(folder)

    return opened


@pytest.fixture(scope="module")
def postgres_town(postgres_18):
    ddl = migrate.ddl(["govline.store.migrations", "govline.calendar.migrations"], "postgresql")
    server = postgres_18.replace("+psycopg", "")

    def opened(clock):
        schema = f"t_{uuid.uuid4().hex}"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {schema}; SET search_path TO {schema}; {ddl}")
        database = Database.open(
            postgres_18, town="t", clock=clock, ids=SeededIds(1), keys=KEYS, schema=schema, pool_size=4
        )

        def leave():
            with psycopg.connect(server, autocommit=True) as connection:
                connection.execute(f"DROP SCHEMA {schema} CASCADE")

        return database, leave

    return opened
