"""The table of the store's conformance suite, its statements, and units that queue up behind one another."""

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any
from unittest.mock import patch

from attrs import frozen
from sqlalchemy import BigInteger, Column, ForeignKey, MetaData, Table, bindparam, insert, select, update

from govline.core import Transaction
from govline.errors import UnitTimeout
from govline.store import Database, Statement
from govline.store.columns import IdColumn

__all__ = [
    "ADD",
    "ADOPT",
    "BUMP",
    "GET",
    "HOT",
    "METADATA",
    "SET",
    "Counter",
    "bump",
    "counters",
    "queue_up",
    "queued",
    "undisturbed",
    "until",
    "value_of",
]

METADATA = MetaData()
counters = Table(
    "suite_counter",
    METADATA,
    Column("id", IdColumn, primary_key=True),
    Column("n", BigInteger, nullable=False),
)
children = Table(
    "suite_child",
    METADATA,
    Column("id", IdColumn, primary_key=True),
    Column(
        "counter",
        IdColumn,
        ForeignKey("suite_counter.id", deferrable=True, initially="DEFERRED"),
        nullable=False,
    ),
)
HOT = "suite:hot"


@frozen
class Counter:
    """A row of the suite's own table."""

    id: str
    n: int


GET = Statement("suite.get", select(counters).where(counters.c.id == bindparam("id")), Counter)
ADD = Statement("suite.add", insert(counters))
BUMP = Statement(
    "suite.bump", update(counters).where(counters.c.id == bindparam("x")).values(n=counters.c.n + 1)
)
SET = Statement("suite.set", update(counters).where(counters.c.id == bindparam("x")).values(n=bindparam("y")))
ADOPT = Statement("suite.adopt", insert(children))


@contextmanager
def queued(
    database: Database, works: Sequence[Callable[[Transaction], Any]], *, group: str | None = HOT
) -> Iterator[list["Future[Any]"]]:
    """Run these units while the writer is held, so that they wait in this order and form one group; their futures.

    However slow the machine is: what would end a group early is put off.
    """
    held, go = threading.Event(), threading.Event()

    def hold(_tx: Transaction) -> None:
        held.set()
        go.wait()

    with (
        patch("govline.store._sqlite._GROUP_SECONDS", 60.0),
        patch("govline.store._postgres._GROUP_SECONDS", 60.0),
        ThreadPoolExecutor(len(works) + 1) as threads,
    ):
        threads.submit(database.run, hold, group=group)
        held.wait()
        futures: list[Future[Any]] = []
        for work in works:
            futures.append(threads.submit(database.run, work, group=group))
            until(lambda: database.waiting(group) == len(futures))
        go.set()
        yield futures


def queue_up(database: Database, works: Sequence[Callable[[Transaction], Any]]) -> list["Future[Any]"]:
    """Like `queued`, after all of them have ended."""
    with queued(database, works) as futures:
        pass
    return futures


def until(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < give_up, "waited in vain"
        os.sched_yield()


def undisturbed(database: Database, work: Callable[[Transaction], Any]) -> Any:
    """What a unit returns on a database with a tiny budget, which a slow machine may exceed now and then."""
    while True:
        with suppress(UnitTimeout):
            return database.run(work, group=HOT)


def bump(tx: Transaction) -> int:
    return tx.write(BUMP, {"x": "a"})


def value_of(database: Database, counter: str = "a") -> int:
    row = database.read(lambda tx: tx.one(GET, {"id": counter}))
    assert row is not None
    n: int = row.n
    return n
