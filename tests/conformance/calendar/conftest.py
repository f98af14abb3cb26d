"""The garbage room's own branch, on top of the rooms that every test database has."""

import pytest


@pytest.fixture
def town_db(any_db):
    any_db.migrate(["govline.delivery.migrations", "govline.calendar.garbage.migrations"])
    return any_db
