"""A town's database with the branches of the rooms that these tests use."""

import pytest


@pytest.fixture
def town_db(sqlite_db):
    sqlite_db.migrate(
        [
            "govline.delivery.migrations",
            "govline.calendar.migrations",
            "govline.calendar.garbage.migrations",
        ]
    )
    return sqlite_db
