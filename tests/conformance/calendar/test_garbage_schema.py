"""The garbage room stands inside the calendar's folder with a branch of its own: its migration builds what it declares."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from govline.calendar.garbage._tables import metadata


def test_the_migrated_schema_is_the_declared_one(town_db):
    def compare(tx):
        options = {
            "compare_type": True,
            "include_name": lambda name, kind, _parents: kind != "table" or name in metadata.tables,
        }
        return compare_metadata(MigrationContext.configure(tx.connection, opts=options), metadata)

    assert town_db.read(compare) == []
