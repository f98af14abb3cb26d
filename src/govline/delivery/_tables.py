"""The tables of delivery."""

from typing import Final

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text

from govline.store.columns import BoolColumn, IdColumn, InstantColumn, JsonColumn

__all__ = [
    "batches",
    "gates",
    "incoming",
    "links",
    "listed",
    "metadata",
    "optouts",
    "plans",
    "recipients",
    "runs",
    "taps",
    "testers",
    "units",
]

metadata: Final = MetaData()

runs: Final = Table(
    "gl_delivery_run",
    metadata,
    Column("id", IdColumn, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("source", Text, nullable=False),
    Column("unit", Text),
    Column("messages", LargeBinary, nullable=False),
    Column("digest", Text, nullable=False),
    Column("started_at", InstantColumn, nullable=False),
    Column("due_at", InstantColumn),
    Column("expires_at", InstantColumn),
    Column("batches", Integer, nullable=False),
    Column("open_batches", Integer, nullable=False),
    Column("left_out", Integer, nullable=False),
    Column("finished_at", InstantColumn),
    Column("campaign", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("control", Text, nullable=False),
    Column("terms", JsonColumn, nullable=False),
    Column("counted", BoolColumn, nullable=False),
    Column("cursor", Text, nullable=False),
    Column("offered", Integer, nullable=False),
    Column("placed", Integer, nullable=False),
    Column("sweep", Integer),
    CheckConstraint("open_batches >= 0", name="gl_delivery_run_open"),
    Index("gl_delivery_run_started", "started_at"),
    Index("gl_delivery_run_campaign", "campaign", "started_at"),
)

batches: Final = Table(
    "gl_delivery_batch",
    metadata,
    Column("id", IdColumn, primary_key=True),
    Column("run_id", IdColumn, ForeignKey("gl_delivery_run.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("first", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    Column("size", Integer, nullable=False),
    Column("retry_key", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("recorded_at", InstantColumn),
    Column("messages", LargeBinary),
    Column("tries", Integer, nullable=False),
    Column("parked", BoolColumn, nullable=False),
    Index("gl_delivery_batch_run", "run_id", "number", unique=True),
    Index("gl_delivery_batch_first", "run_id", "first"),
)

# Clustered by (run, citizen): one tree less than a rowid table, and a new run is written at the end of it. No foreign key:
# its check would cost a row as much as the row itself, and only `freezing` writes here. Who has a position stands in the batch
# around it, and what became of them is the batch's state; who has none was left out, with the reason in the row.
recipients: Final = Table(
    "gl_delivery_recipient",
    metadata,
    Column("run_id", IdColumn, primary_key=True),
    Column("citizen", IdColumn, primary_key=True),
    Column("position", Integer),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Index("gl_delivery_recipient_position", "run_id", "position"),
    sqlite_with_rowid=False,
)

plans: Final = Table(
    "gl_delivery_plan",
    metadata,
    Column("id", IdColumn, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("campaign", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("department", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("messages", LargeBinary, nullable=False),
    Column("renderer", JsonColumn),
    Column("selection", JsonColumn, nullable=False),
    Column("topic", Text, nullable=False),
    Column("emergency", BoolColumn, nullable=False),
    Column("corrects", IdColumn),
    Column("unit", Text),
    Column("due_at", InstantColumn),
    Column("expires_at", InstantColumn),
    Column("state", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    Column("planner", Text, nullable=False),
    Column("editor", Text, nullable=False),
    Column("expected", Integer),
    Column("found", Integer),
    Column("validated", Text, nullable=False),
    Column("approver", Text, nullable=False),
    Column("approved", Text, nullable=False),
    Column("approved_at", InstantColumn),
    Column("changed_at", InstantColumn, nullable=False),
    Column("recurs", JsonColumn),
)

# Recipients that a plan names one by one; a plan with a selection has none here.
listed: Final = Table(
    "gl_delivery_listed",
    metadata,
    Column("plan_id", IdColumn, primary_key=True),
    Column("citizen", IdColumn, primary_key=True),
    sqlite_with_rowid=False,
)

optouts: Final = Table(
    "gl_delivery_optout",
    metadata,
    Column("citizen", IdColumn, primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("source", Text, nullable=False),
    Column("at", InstantColumn, nullable=False),
    sqlite_with_rowid=False,
)

testers: Final = Table(
    "gl_delivery_tester",
    metadata,
    Column("name", Text, primary_key=True),
    Column("citizen", IdColumn, primary_key=True),
    sqlite_with_rowid=False,
)

units: Final = Table(
    "gl_delivery_unit",
    metadata,
    Column("month", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    sqlite_with_rowid=False,
)

# A row to lock: what counts and then writes takes turns here, so that two workers do not count the same room twice.
gates: Final = Table(
    "gl_delivery_gate",
    metadata,
    Column("name", Text, primary_key=True),
    Column("touched_at", InstantColumn, nullable=False),
    sqlite_with_rowid=False,
)

incoming: Final = Table(
    "gl_delivery_incoming",
    metadata,
    Column("id", IdColumn, primary_key=True),
    Column("source", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("dated_at", InstantColumn, nullable=False),
    Column("received_at", InstantColumn, nullable=False),
    Column("state", Text, nullable=False),
    Column("reasons", JsonColumn, nullable=False),
    Column("messages", LargeBinary, nullable=False),
    Column("released_by", Text, nullable=False),
    Column("run_id", IdColumn),
    Column("ended_at", InstantColumn),
    Index("gl_delivery_incoming_source", "source", "received_at"),
    Index("gl_delivery_incoming_state", "state", "id"),
)

links: Final = Table(
    "gl_delivery_link",
    metadata,
    Column("token", Text, primary_key=True),
    Column("run_id", IdColumn, nullable=False),
    Column("label", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("created_at", InstantColumn, nullable=False),
    Column("expires_at", InstantColumn),
    Index("gl_delivery_link_run", "run_id"),
)

taps: Final = Table(
    "gl_delivery_tap",
    metadata,
    Column("token", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("taps", Integer, nullable=False),
    sqlite_with_rowid=False,
)
