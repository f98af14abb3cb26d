"""What still has to be migrated is known without changing anything."""

from govline.store import Database
from govline.testing.rooms import migration_packages


def test_a_migrated_database_lacks_nothing(any_db):
    assert any_db.pending(migration_packages()) == []


def test_a_fresh_database_lacks_everything_and_stays_empty(tmp_path):
    database = Database.open(f"sqlite:///{tmp_path / 'town.db'}")
    packages = ["govline.calendar.migrations"]
    first = database.pending(packages)
    assert [step for step in first if step.endswith("_0001")] == ["store_0001", "calendar_0001"]
    assert database.pending(packages) == first
    assert database.migrate(packages) == first
    assert database.pending(packages) == []
    database.close()
