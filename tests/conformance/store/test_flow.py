"""The store's own database passes the public suite, on SQLite and on PostgreSQL."""

import pytest

from govline.testing.flow import FlowSuite


class TestFlow(FlowSuite):
    @pytest.fixture
    def db(self, any_db):
        return any_db
