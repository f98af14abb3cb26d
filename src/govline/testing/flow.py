"""Conformance of the store's flow: outbox, inbox, schedules, ticks, audit, identity, blobs.

A vendor who runs govline on a database of his own (a PostgreSQL-compatible engine, another schema layout) subclasses it:

    class TestMyDatabase(FlowSuite):
        @pytest.fixture
        def db(self): ...        # a fresh, migrated govline.store.Database on a FixedClock, with keys
"""

from govline.testing.flow_inbox import InboxSuite
from govline.testing.flow_outbox import OutboxSuite
from govline.testing.flow_schedules import ScheduleSuite

__all__ = ["FlowSuite"]


class FlowSuite(OutboxSuite, InboxSuite, ScheduleSuite):
    """All tests of the store's flow; give it a fixture `db`."""
