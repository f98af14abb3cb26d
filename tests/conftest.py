"""Fixtures of all parts: clocks, ids and fresh databases with every room's tables."""

import os
import shutil
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest

from govline.core import FixedClock, SeededIds

ROOT = Path(__file__).parent.parent


@pytest.fixture
def clock():
    return FixedClock(datetime(2026, 11, 20, tzinfo=UTC))


@pytest.fixture
def ids():
    return SeededIds(7)


@pytest.fixture(scope="session")
def data_folder():
    folder = Path(os.environ.get("GOVLINE_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        assert "GOVLINE_DATA" not in os.environ, f"GOVLINE_DATA names {folder}, which is absent"
        pytest.skip(f"no real-world data in {folder}; set GOVLINE_DATA")
    return folder


@pytest.fixture(scope="session")
def keys():
    from govline.store import Keyring

    return Keyring.generate()


@pytest.fixture(scope="session")
def postgres_18():
    from govline.testing.postgres import postgres_server

    with postgres_server(18) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_16():
    from govline.testing.postgres import postgres_server

    with postgres_server(16) as url:
        yield url


@pytest.fixture(scope="session")
def _rooms():
    """Every room with migrations; `GOVLINE_TEST_ROOMS=store,calendar` narrows it while a neighbour's is half written."""
    from govline.testing.rooms import migration_packages

    wanted = os.environ.get("GOVLINE_TEST_ROOMS")
    return [
        package
        for package in migration_packages()
        if wanted is None or package.split(".")[1] in wanted.split(",")
    ]


@pytest.fixture(scope="session")
def _sqlite_template(_rooms, tmp_path_factory):
    from govline.store import Database

    path = tmp_path_factory.mktemp("template") / "town.db"
    database = Database.open(f"sqlite:///{path}")
    database.migrate(_rooms)
    database.close()
    return path


@pytest.fixture(scope="session")
def _postgres_ddl(_rooms):
    from govline.store import migrate

    return migrate.ddl(_rooms, "postgresql")


@pytest.fixture
def sqlite_db(_sqlite_template, tmp_path, clock, ids, keys):
    from govline.store import Database

    path = tmp_path / "town.db"
    shutil.copyfile(_sqlite_template, path)
    database = Database.open(f"sqlite:///{path}", town="hinata", clock=clock, ids=ids, keys=keys)
    yield database
    database.close()


@pytest.fixture
def postgres_db(postgres_18, _postgres_ddl, clock, ids, keys):
    import psycopg

    from govline.store import Database

    schema = f"t_{uuid.uuid4().hex}"
    server = postgres_18.replace("+psycopg", "")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}; SET search_path TO {schema}; {_postgres_ddl}")
    database = Database.open(
        postgres_18, town="hinata", clock=clock, ids=ids, keys=keys, schema=schema, pool_size=16
    )
    yield database
    database.close()
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP SCHEMA {schema} CASCADE")


@pytest.fixture(params=["sqlite", "postgres"])
def any_db(request):
    return request.getfixturevalue(f"{request.param}_db")


@pytest.fixture(scope="session")
def django_settings():
    """Django is configured once a process, so every test that plays a Django vendor shares these settings."""
    import django
    from django.conf import settings

    settings.configure(
        ROOT_URLCONF=(),
        ALLOWED_HOSTS=["*"],
        SECRET_KEY="x",
        USE_TZ=True,
        DATABASES={"default": {"ENGINE": "django.db.backends.dummy"}},
    )
    django.setup()
    return settings
