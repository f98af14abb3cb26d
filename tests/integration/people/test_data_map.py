"""Every column of every table is classified: of every room that has tables, and of the demo town as its database stands."""

import json

import pytest

from govline.city.data_classes import TABLES
from govline.city.data_map import data_map, unclassified
from govline.cli.app import run
from govline.cli.local import local_town
from govline.cli.template import copy_demo_town
from govline.core import DataClass
from govline.errors import GovlineError
from govline.store import footprints
from govline.testing.rooms import metadata_of, migration_packages


@pytest.fixture
def town(tmp_path, monkeypatch):
    for name in ("LINE_CHANNEL_SECRET", "LINE_CHANNEL_ACCESS_TOKEN", "GOVLINE_KEYS"):
        monkeypatch.delenv(name, raising=False)
    with local_town(copy_demo_town(tmp_path / "hinata"), worker="none") as running:
        yield running


def declared():
    found = [metadata_of(package) for package in migration_packages()]
    return [table for metadata in found if metadata is not None for table in metadata.tables.values()]


def fields_of_features():
    from importlib.metadata import entry_points

    from govline.city.assembly import assemble
    from govline.cli.townless import _nowhere

    found = set()
    for door in entry_points(group="govline.features"):
        try:
            offers = assemble([door.load()()], _nowhere).offers[door.name]
        except GovlineError:
            continue  # a feature that cannot be built without a town is looked at in one
        found |= {(each.table, each.column) for each in offers.data_map}
    return found


def test_every_column_of_every_room_is_classified():
    """Red? Name the new column in govline/city/data_classes.py, or in its feature's Offers.data_map."""
    told = fields_of_features()
    missing = [
        f"{table.name}.{column.name}"
        for table in declared()
        for column in table.c
        if (table.name, column.name) not in told and not _known(table.name, column.name)
    ]
    assert missing == []


def _known(table, column):
    own = TABLES.get(table)
    return own is not None and column in f"{own.public} {own.preference} {own.personal} {own.key}".split()


def test_no_column_is_classified_twice_and_none_is_gone():
    tables = {table.name: {column.name for column in table.c} for table in declared()}
    for name, own in TABLES.items():
        words = f"{own.public} {own.preference} {own.personal} {own.key}".split()
        assert len(words) == len(set(words)), name
        assert set(words) <= tables[name], name


def test_the_map_of_the_demo_town_is_whole(town, capsys, monkeypatch):
    lines = data_map(town.city)
    assert unclassified(lines) == []
    by_name = {f"{line.table}.{line.column}": line for line in lines}
    assert by_name["gl_identity.sealed"].sealed
    assert by_name["gl_identity.sealed"].data is DataClass.PERSONAL
    assert by_name["gl_outbox.payload"].retention == "30日(outbox.rows)"
    assert by_name["gl_inbox.body"].sealed
    monkeypatch.chdir(town.folder)
    assert run(["data-map", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == len(lines)
    assert run(["data-map", "--csv"]) == 0
    assert capsys.readouterr().out.startswith("table,column,class")


def test_a_column_that_nobody_classified_is_named(town, capsys, monkeypatch):
    town.city.run(
        lambda tx: tx.connection.exec_driver_sql("CREATE TABLE gl_vendor (id TEXT, note TEXT)") and None
    )
    assert unclassified(data_map(town.city)) == ["gl_vendor.id", "gl_vendor.note"]
    monkeypatch.chdir(town.folder)
    assert run(["data-map"]) == 1
    assert "gl_vendor.note" in capsys.readouterr().err
    assert "gl_vendor" in town.city.read(footprints.tables)
