"""The tables of delivery."""

from typing import Final

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text

from govline.store.columns import IdColumn, InstantColumn

__all__ = ["batches", "metadata", "recipients", "runs"]

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
    CheckConstraint("open_batches >= 0", name="gl_delivery_run_open"),
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
    Index("gl_delivery_batch_run", "run_id", "number", unique=True),
)

# Clustered by (run, citizen): one tree less than a rowid table, and a new run is written at the end of it. No foreign key:
# its check would cost a row as much as the row itself, and only `freeze` writes here.
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
