"""What the migrations build is what each room's `_tables.py` declares, on both engines; migrating is safe to do twice, and at once."""

import subprocess
import sys
import uuid

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from govline.errors import ConfigError
from govline.store import Database, migrate
from govline.testing.rooms import metadata_of, migration_packages

PACKAGES = migration_packages()


def _tables(database):
    with database.begin() as tx:
        return set(inspect(tx.connection).get_table_names())


@pytest.mark.parametrize("package", PACKAGES)
def test_the_migrated_schema_is_the_declared_one(any_db, package):
    metadata = metadata_of(package)

    def compare(tx):
        context = MigrationContext.configure(
            tx.connection,
            opts={
                "compare_type": True,
                "include_name": lambda name, kind, _parents: kind != "table" or name in metadata.tables,
            },
        )
        return compare_metadata(context, metadata)

    assert any_db.read(compare) == []


def test_every_table_belongs_to_a_room(any_db):
    declared = {name for package in PACKAGES for name in metadata_of(package).tables}
    versions = {migrate.version_table(package) for package in PACKAGES}
    assert _tables(any_db) == declared | versions
    assert all(name.startswith("gl_") for name in declared)


def test_no_constraint_waits_for_the_commit(any_db):
    """One bad unit would then fail every unit of its group."""
    deferrable = {
        "sqlite": "SELECT name FROM sqlite_master WHERE upper(sql) LIKE '%DEFERRABLE%'",
        "postgresql": "SELECT conname FROM pg_constraint"
        " WHERE condeferrable AND connamespace = current_schema()::regnamespace",
    }[any_db.dialect]
    assert any_db.read(lambda tx: tx.connection.exec_driver_sql(deferrable).all()) == []


@pytest.mark.parametrize("package", PACKAGES)
def test_migrations_go_forward_only(package):
    for revision in ScriptDirectory(
        migrate.folder(package), version_locations=[migrate.folder(package)]
    ).walk_revisions():
        with pytest.raises(Exception, match=r"(?i)forward"):
            revision.module.downgrade()


@pytest.fixture
def empty(request, tmp_path, postgres_18):
    """A URL and schema in which nothing stands yet."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/empty.db", None
        return
    schema = f"m_{uuid.uuid4().hex}"
    yield postgres_18, schema
    with psycopg.connect(postgres_18.replace("+psycopg", ""), autocommit=True) as server:
        server.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")


both = pytest.mark.parametrize("empty", ["sqlite", "postgres"], indirect=True)


def _shape(tx, metadata):
    """What Alembic does not compare: CHECKs, conditions of partial indexes, directions, what references what, table options."""
    look, shape = inspect(tx.connection), {}
    for name in metadata.tables:
        for index in look.get_indexes(name):
            where = index.get("dialect_options", {}).get(f"{tx.connection.dialect.name}_where")
            columns = index.get("expressions") or index["column_names"]
            shape[name, index["name"]] = columns, index["unique"], str(where), index.get("column_sorting")
        keys = look.get_foreign_keys(name)
        shape[name, "table"] = (
            look.get_table_options(name),
            look.get_pk_constraint(name)["constrained_columns"],
            sorted(
                (key["constrained_columns"], key["referred_table"], key["referred_columns"]) for key in keys
            ),
            sorted(check["sqltext"] for check in look.get_check_constraints(name)),
            sorted(unique["column_names"] for unique in look.get_unique_constraints(name)),
            {column["name"]: column["nullable"] for column in look.get_columns(name)},
        )
    return shape


@both
def test_keys_checks_and_conditions_are_the_declared_ones(empty, request):
    url, schema = empty
    migrated = request.getfixturevalue("postgres_db" if schema else "sqlite_db")
    rooms = [metadata_of(package) for package in PACKAGES]
    with Database.open(url, schema=schema) as declared:
        declared.migrate()  # makes the schema; the store's tables are then made anew
        with declared.begin() as tx:
            metadata_of(migrate.STORE).drop_all(tx.connection)
            for room in rooms:
                room.create_all(tx.connection)
        for room in rooms:
            assert migrated.read(lambda tx, room=room: _shape(tx, room)) == declared.read(
                lambda tx, room=room: _shape(tx, room)
            )


@both
def test_migrating_twice_changes_nothing(empty):
    url, schema = empty
    database = Database.open(url, schema=schema)
    assert len(database.migrate(PACKAGES)) >= len(PACKAGES)
    assert database.migrate(PACKAGES) == []
    assert "gl_outbox" in _tables(database)
    database.close()


@both
def test_a_room_can_be_added_later(empty):
    url, schema = empty
    database = Database.open(url, schema=schema)
    assert database.migrate() == ["store_0001", "store_0002", "store_0003"]
    assert len(database.migrate(PACKAGES)) >= len(PACKAGES) - 1
    database.close()


@both
def test_a_migration_that_fails_leaves_nothing_behind(empty, tmp_path, monkeypatch):
    broken = tmp_path / "broken_town_room"
    broken.mkdir()
    (broken / "__init__.py").touch()
    (broken / "0001_broken.py").write_text(
        "import sqlalchemy as sa\n"
        "from alembic import op\n"
        "revision, down_revision, branch_labels = 'broken_0001', None, ('broken',)\n"
        "def upgrade():\n"
        "    op.create_table('gl_half', sa.Column('id', sa.Text))\n"
        "    op.execute('SELECT * FROM nowhere')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    url, schema = empty
    database = Database.open(url, schema=schema)
    with pytest.raises(Exception, match="nowhere"):
        database.migrate(["broken_town_room"])
    assert database.migrate() == ["store_0001", "store_0002", "store_0003"]
    assert "gl_half" not in _tables(database)
    database.close()


@both
def test_a_post_revision_waits_for_the_deploy(empty, tmp_path, monkeypatch):
    room = tmp_path / "phased_town_room"
    room.mkdir()
    (room / "__init__.py").touch()
    heads = [
        "revision, down_revision, branch_labels = 'phased_0001', None, ('phased',)",
        "revision, down_revision = 'phased_0002', 'phased_0001'",
        "revision, down_revision, phase = 'phased_0003', 'phased_0002', 'post'",
        "revision, down_revision = 'phased_0004', 'phased_0003'",
        "revision, down_revision, phase = 'phased_0005', 'phased_0004', 'post'",
        "revision, down_revision, phase = 'phased_0006', 'phased_0005', 'post'",
    ]
    for number, head in enumerate(heads, 1):
        (room / f"000{number}_step.py").write_text(f"{head}\ndef upgrade():\n    pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    url, schema = empty
    with Database.open(url, schema=schema) as database:
        database.migrate()
        room_only = ["phased_town_room"]
        before = ["phased_0001", "phased_0002", "phased_0003", "phased_0004"]  # 3 waited for a release before
        after = ["phased_0005", "phased_0006"]
        assert database.pending(room_only, phase="pre") == before
        assert database.migrate(room_only, phase="pre") == before
        assert database.migrate(room_only, phase="pre") == []
        assert database.pending(room_only) == after
        assert database.migrate(room_only) == after


@both
def test_two_processes_may_migrate_at_once(empty):
    url, schema = empty
    code = (
        "import sys\n"
        "from govline.store import Database\n"
        "database = Database.open(sys.argv[1], schema=sys.argv[2] or None)\n"
        "print(len(database.migrate()))\n"
        "database.close()\n"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", code, url, schema or ""], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    applied = [process.communicate(timeout=60)[0].strip() for process in processes]
    assert sorted(applied) == ["0", "0", "3"]


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_the_printed_sql_builds_the_same_tables(dialect, any_db, tmp_path, request):
    sql = migrate.ddl(PACKAGES, dialect)
    assert sql.index("gl_outbox") < sql.index("gl_version_calendar")
    if any_db.dialect != dialect:
        return
    if dialect == "sqlite":
        import sqlite3

        with sqlite3.connect(tmp_path / "ddl.db") as connection:
            connection.executescript(sql)
            rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        connection.close()
    else:
        schema = f"d_{uuid.uuid4().hex}"
        server = request.getfixturevalue("postgres_18").replace("+psycopg", "")
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {schema}; SET search_path TO {schema}; {sql}")
            rows = connection.execute(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = %s", (schema,)
            ).fetchall()
            connection.execute(f"DROP SCHEMA {schema} CASCADE")
    assert {name for (name,) in rows} == _tables(any_db)


def test_a_package_without_migrations_is_named():
    with pytest.raises(ConfigError, match=r"govline\.nowhere"):
        migrate.ddl(["govline.nowhere"], "sqlite")
    with pytest.raises(ConfigError, match="no revisions"):
        migrate.ddl(["govline.core"], "sqlite")
