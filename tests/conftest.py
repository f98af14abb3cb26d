"""Fixtures of all parts: clocks, ids and fresh databases with every room's tables."""

import os
import shutil
import signal
import uuid
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from govline.core import FixedClock, SeededIds

ROOT = Path(__file__).parent.parent

# The gate tries the same examples every time and never fails for a slow machine; `make shuffle` looks for new ones.
settings.register_profile(
    "gate",
    derandomize=True,
    database=None,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.register_profile("explore", settings.get_profile("gate"), derandomize=False)
settings.load_profile("gate")


# A developer's own town is none of the tests' business.
OF_THE_TESTS = ("GOVLINE_DATA", "GOVLINE_PICTURES", "GOVLINE_TEST_POSTGRES", "GOVLINE_TEST_ROOMS")
for _name in [name for name in os.environ if name.startswith(("GOVLINE_", "LINE_"))]:
    if _name not in OF_THE_TESTS:
        del os.environ[_name]


# Whoever is started in the background ignores Ctrl-C, and so would every process that a test starts and interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _environment():
    """What a test or a command in this process sets is gone with the test."""
    before = dict(os.environ)
    yield
    if os.environ != before:
        os.environ.clear()
        os.environ.update(before)


def pytest_collection_modifyitems(items):
    """What takes long begins first: at the end the other workers would wait for it."""
    items.sort(key=lambda item: not {"browser", "long"} & {mark.name for mark in item.iter_markers()})


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


class Schemas:
    """Schemas with every room's tables on one server, lent to one test at a time.

    Making and dropping ninety tables takes the server 0.2 s, emptying them 3 ms: a schema is lent again, emptied, unless a test
    changed its shape or somebody is still connected.
    """

    OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    SHAPE = """
    WITH tables AS (SELECT oid, xmin FROM pg_class WHERE relnamespace = %s::regnamespace)
    SELECT count(*), max(changed) FROM (
      SELECT xmin::text::bigint FROM tables
      UNION ALL SELECT a.xmin::text::bigint FROM pg_attribute a JOIN tables t ON t.oid = a.attrelid
      UNION ALL SELECT c.xmin::text::bigint FROM pg_constraint c JOIN tables t ON t.oid = c.conrelid
      UNION ALL SELECT g.xmin::text::bigint FROM pg_trigger g JOIN tables t ON t.oid = g.tgrelid
    ) AS rows (changed)
    """
    EMPTY = """
    SELECT string_agg(CASE relkind WHEN 'S' THEN format('SELECT setval(%%L, 1, false)', oid::regclass)
                                   ELSE format('DELETE FROM %%s', oid::regclass) END, '; ')
    FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind IN ('r', 'S')
    """

    def __init__(self, url, ddl):
        self._server, self._ddl = url.replace("+psycopg", ""), ddl
        self._revisions = " ".join(
            line for line in ddl.splitlines() if line.startswith(("INSERT INTO", "UPDATE"))
        )
        self._free = {}

    @contextmanager
    def lend(self):
        import psycopg

        with psycopg.connect(self._server, autocommit=True) as server:
            name = self._emptied(server) or self._made(server)
            shape = server.execute(self.SHAPE, [name]).fetchone()
        yield name
        self._free[name] = shape

    def _emptied(self, server):
        while self._free:
            name, shape = self._free.popitem()
            alone = server.execute(self.OTHERS).fetchone() == (0,)
            if alone and server.execute(self.SHAPE, [name]).fetchone() == shape:
                server.execute(f"SET search_path TO {name}")
                (empty,) = server.execute(self.EMPTY, [name]).fetchone()
                server.execute(f"SET session_replication_role TO replica; {empty}; {self._revisions}")
                return name
            server.execute(f"DROP SCHEMA {name} CASCADE")
        return None

    def _made(self, server):
        name = f"t_{uuid.uuid4().hex}"
        server.execute(f"CREATE SCHEMA {name}; SET search_path TO {name}; {self._ddl}")
        return name


@pytest.fixture(scope="session")
def _postgres_ddl(_rooms):
    from govline.store import migrate

    return migrate.ddl(_rooms, "postgresql")


@pytest.fixture(scope="session")
def _postgres_schemas(postgres_18, _postgres_ddl):
    return Schemas(postgres_18, _postgres_ddl)


@pytest.fixture
def sqlite_db(_sqlite_template, tmp_path, clock, ids, keys):
    from govline.store import Database

    path = tmp_path / "town.db"
    shutil.copyfile(_sqlite_template, path)
    database = Database.open(f"sqlite:///{path}", town="hinata", clock=clock, ids=ids, keys=keys)
    yield database
    database.close()


@pytest.fixture
def postgres_db(postgres_18, _postgres_schemas, clock, ids, keys):
    from govline.store import Database

    with _postgres_schemas.lend() as schema:
        database = Database.open(
            postgres_18, town="hinata", clock=clock, ids=ids, keys=keys, schema=schema, pool_size=16
        )
        yield database
        database.close()


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
