"""Joining an integrator's transaction: his row and ours together, on every kind of connection, and the refused cases."""

import sqlite3
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from sqlalchemy import BigInteger, Column, MetaData, Table, create_engine, insert, select, text
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from govline.errors import JoinRefused, NestedUnit, RetryNeeded, StoreError
from govline.store import Database, Statement
from govline.store.columns import IdColumn

pytestmark = pytest.mark.usefixtures("django_settings")

metadata = MetaData()
ours = Table(
    "ours", metadata, Column("id", IdColumn, primary_key=True), Column("n", BigInteger, nullable=False)
)
ADD = Statement("join.add", insert(ours))
ALL = Statement("join.all", select(ours.c.id).order_by(ours.c.id))


class Town:
    """A database of ours in which the integrator keeps a table `theirs` too."""

    def __init__(self, database, url, schema):
        self.database, self.url, self.schema = database, url, schema

    @property
    def sqlite(self):
        return self.database.dialect == "sqlite"

    def engine(self, **options):
        return create_engine(self.url, **options)

    def raw(self, **options):
        if self.sqlite:
            return sqlite3.connect(self.url.removeprefix("sqlite:///"), **options)
        return psycopg.connect(self.url.replace("+psycopg", ""), **options)

    def seen(self):
        mine = self.database.read(lambda tx: tx.all(ALL))
        connection = self.raw()
        theirs = connection.execute("SELECT id FROM theirs ORDER BY id").fetchall()
        connection.close()
        return [row[0] for row in mine], [row[0] for row in theirs]


@pytest.fixture(params=["sqlite", "postgres"])
def town(request, tmp_path):
    if request.param == "sqlite":
        url, schema = f"sqlite:///{tmp_path}/town.db", None
    else:
        url, schema = request.getfixturevalue("postgres_18"), f"j_{uuid.uuid4().hex}"
    database = Database.open(url, schema=schema)
    town = Town(database, url, schema)
    setup = town.raw(**({"isolation_level": None} if town.sqlite else {"autocommit": True}))
    if schema:
        setup.execute(f"CREATE SCHEMA {schema}")
    # the integrator's table lives in his own schema, ours in the town's
    setup.execute("DROP TABLE IF EXISTS theirs")
    setup.execute("CREATE TABLE theirs (id TEXT PRIMARY KEY)")
    database.run(lambda tx: metadata.create_all(tx.connection))
    yield town
    database.close()
    setup.execute("DROP TABLE theirs")
    if schema:
        setup.execute(f"DROP SCHEMA {schema} CASCADE")
    setup.close()


@contextmanager
def disposed(engine):
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def through_connection(town):
    with disposed(town.engine()) as engine, engine.begin() as connection:
        connection.execute(text("INSERT INTO theirs VALUES ('t')"))
        yield connection


@contextmanager
def through_untouched_connection(town):
    """Begun, but nothing ran yet: pysqlite has not sent BEGIN."""
    with disposed(town.engine()) as engine, engine.begin() as connection:
        yield connection
        connection.execute(text("INSERT INTO theirs VALUES ('t')"))


@contextmanager
def through_session(town):
    with disposed(town.engine()) as engine, Session(engine) as session, session.begin():
        session.execute(text("INSERT INTO theirs VALUES ('t')"))
        yield session


@contextmanager
def through_scoped_session(town):
    with disposed(town.engine()) as engine:
        session = scoped_session(sessionmaker(engine))
        try:
            yield session
            session.execute(text("INSERT INTO theirs VALUES ('t')"))
            session.commit()
        finally:
            session.remove()


@contextmanager
def through_driver(town):
    connection = town.raw()
    try:
        connection.execute("INSERT INTO theirs VALUES ('t')")
        yield connection
        connection.commit()
    finally:
        connection.rollback()
        connection.close()


@contextmanager
def through_driver_block(town):
    """Autocommit with an explicit transaction, and rows that are no tuples."""
    if town.sqlite:
        connection = town.raw(isolation_level=None)
        connection.row_factory = sqlite3.Row
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.execute("INSERT INTO theirs VALUES ('t')")
            yield connection
            connection.execute("COMMIT")
        finally:
            connection.close()
        return
    with town.raw(autocommit=True, row_factory=psycopg.rows.dict_row) as connection, connection.transaction():
        connection.execute("INSERT INTO theirs VALUES ('t')")
        yield connection


@contextmanager
def through_django(town):
    from django.db import transaction

    connection = django_connection(town)
    try:
        with transaction.atomic(using="town"):
            with connection.cursor() as cursor:
                cursor.execute("INSERT INTO theirs VALUES (%s)", ["t"])
            yield connection
    finally:
        connection.close()


def django_connection(town):
    from django.db import connections

    if town.sqlite:
        entry = {"ENGINE": "django.db.backends.sqlite3", "NAME": town.url.removeprefix("sqlite:///")}
    else:
        parts = urlsplit(town.url)
        entry = {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": parts.path[1:],
            "USER": parts.username or "",
            "HOST": parts.hostname or parse_qs(parts.query)["host"][0],
        }
    connections.settings["town"] = connections.configure_settings({"default": {}, "town": entry})["town"]
    if hasattr(connections._connections, "town"):
        del connections["town"]
    return connections["town"]


WAYS = [
    through_connection,
    through_untouched_connection,
    through_session,
    through_scoped_session,
    through_driver,
    through_driver_block,
    through_django,
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_both_rows_commit_together(town, way):
    with way(town) as connection, town.database.join(connection) as tx:
        assert tx.write(ADD, {"id": "o", "n": 1}) == 1
        assert [row[0] for row in tx.all(ALL)] == ["o"]
        assert tx.connection.execute(select(ours.c.n)).all() == [(1,)]
        tx.connection.execute(insert(ours).values(id="p", n=2))
        assert [row[0] for row in tx.all(ALL)] == ["o", "p"]
    assert town.seen() == (["o", "p"], ["t"])


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_both_rows_roll_back_together(town, way):
    def fail(tx):
        tx.write(ADD, {"id": "o", "n": 1})
        raise LookupError

    with pytest.raises(LookupError), way(town) as connection, town.database.join(connection) as tx:
        fail(tx)
    assert town.seen() == ([], [])


def test_the_integrator_may_roll_back_by_hand_after_the_join(town):
    connection = town.raw()
    connection.execute("INSERT INTO theirs VALUES ('t')")
    with town.database.join(connection) as tx:
        tx.write(ADD, {"id": "o", "n": 1})
    connection.rollback()
    connection.close()
    assert town.seen() == ([], [])


@pytest.mark.parametrize("town", ["postgres"], indirect=True)
def test_his_search_path_is_his_again_after_the_join(town):
    with town.raw() as connection:
        before = connection.execute("SHOW search_path").fetchone()
        with town.database.join(connection) as tx:
            tx.write(ADD, {"id": "o", "n": 1})
            connection.execute("INSERT INTO theirs VALUES ('t')")
        assert connection.execute("SHOW search_path").fetchone() == before
    assert town.seen() == (["o"], ["t"])


@pytest.mark.parametrize("verb", ["commit", "rollback", "close", "begin"])
def test_the_lent_connection_does_not_end_his_transaction(town, verb):
    with through_session(town) as session, town.database.join(session) as tx:  # noqa: SIM117 - caught inside the join
        with pytest.raises(StoreError, match="GL-1008"):
            getattr(tx.connection, verb)()
    assert town.seen() == ([], ["t"])


def test_a_connection_that_has_not_begun_is_refused(town):
    with (
        disposed(town.engine()) as engine,
        engine.connect() as connection,
        pytest.raises(JoinRefused, match=r"engine\.begin"),
        town.database.join(connection),
    ):
        pass


def test_a_closed_connection_is_refused(town):
    with disposed(town.engine()) as engine:
        with engine.begin() as connection:
            pass
        with pytest.raises(JoinRefused), town.database.join(connection):
            pass


def test_autocommit_of_sqlalchemy_is_refused(town):
    with (
        disposed(town.engine(isolation_level="AUTOCOMMIT")) as engine,
        engine.begin() as connection,
        pytest.raises(JoinRefused, match=r"(?i)autocommit"),
        town.database.join(connection),
    ):
        pass


def test_a_session_without_autobegin_is_refused(town):
    with (
        disposed(town.engine()) as engine,
        Session(engine, autobegin=False) as session,
        pytest.raises(JoinRefused, match=r"session\.begin"),
        town.database.join(session),
    ):
        pass


def test_a_driver_connection_without_transaction_is_refused(town):
    connection = town.raw() if town.sqlite else town.raw(autocommit=True)
    remedy = "BEGIN IMMEDIATE" if town.sqlite else r"connection\.transaction"
    with pytest.raises(JoinRefused, match=remedy), town.database.join(connection):
        pass
    connection.close()


def test_django_outside_atomic_is_refused(town):
    connection = django_connection(town)
    with pytest.raises(JoinRefused, match=r"transaction\.atomic"), town.database.join(connection):
        pass
    connection.close()


@pytest.mark.parametrize("town", ["postgres"], indirect=True)
def test_a_transaction_that_has_failed_is_refused(town):
    with town.raw() as connection:
        with pytest.raises(Exception, match="nowhere"):
            connection.execute("SELECT 1 FROM nowhere")
        with pytest.raises(JoinRefused, match="failed"), town.database.join(connection):
            pass
        connection.rollback()


def test_another_kind_of_database_is_refused(town, tmp_path, postgres_18):
    if town.sqlite:
        connection = psycopg.connect(postgres_18.replace("+psycopg", ""))
    else:
        connection = sqlite3.connect(tmp_path / "other.db", isolation_level=None)
        connection.execute("BEGIN")
    with pytest.raises(JoinRefused, match="another kind"), town.database.join(connection):
        pass
    connection.close()


@pytest.mark.parametrize("stranger", [None, object(), "sqlite://"])
def test_a_stranger_is_refused(town, stranger):
    with pytest.raises(JoinRefused, match="cannot be joined"), town.database.join(stranger):
        pass


def test_units_inside_a_join_are_refused_instead_of_hanging(town):
    with through_connection(town) as connection, town.database.join(connection):  # noqa: SIM117 - caught inside
        with pytest.raises(NestedUnit):
            town.database.run(lambda tx: tx.write(ADD, {"id": "o", "n": 1}))


@pytest.mark.parametrize("town", ["sqlite"], indirect=True)
def test_a_busy_file_asks_the_integrator_to_retry(town):
    other = Database.open(town.url)
    with disposed(town.engine(connect_args={"timeout": 0})) as engine, town.database.begin():  # noqa: SIM117 - held meanwhile
        with pytest.raises(RetryNeeded), engine.begin() as busy, other.join(busy):
            pass
    other.close()


@pytest.mark.parametrize("town", ["postgres"], indirect=True)
def test_a_deadlock_asks_the_integrator_to_retry(town):
    town.database.run(lambda tx: tx.write_many(ADD, [{"id": "a", "n": 0}, {"id": "b", "n": 0}]))
    meet = threading.Barrier(2)

    def cross(first, second):
        try:
            with town.raw() as connection, town.database.join(connection) as tx:
                tx.connection.execute(text("SET LOCAL deadlock_timeout TO '20ms'"))
                tx.connection.execute(ours.update().where(ours.c.id == first).values(n=1))
                meet.wait()
                tx.connection.execute(ours.update().where(ours.c.id == second).values(n=1))
        except RetryNeeded:
            return "retry"
        return "done"

    with ThreadPoolExecutor(2) as threads:
        fates = [threads.submit(cross, "a", "b"), threads.submit(cross, "b", "a")]
    assert sorted(fate.result() for fate in fates) == ["done", "retry"]
