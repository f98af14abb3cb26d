"""What every store must keep: run it against your own database by subclassing `StoreSuite`.

    class TestMyPostgres(StoreSuite):
        @pytest.fixture
        def open_store(self):
            opened = []
            def open_store(**options):
                opened.append(Database.open("postgresql+psycopg://…", schema="suite", **options))
                return opened[-1]
            yield open_store
            for database in opened:
                database.close()

Every call must open the same, at first empty, database.
"""

import asyncio
import contextvars
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from operator import methodcaller
from typing import Any

import pytest
from attrs import frozen
from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    MetaData,
    Table,
    bindparam,
    insert,
    select,
    text,
    update,
)

from govline.core import Actor, Transaction
from govline.errors import InputError, NestedUnit, RetryNeeded, StoreError, UnitTimeout
from govline.store import Database, Statement
from govline.store.columns import IdColumn

__all__ = ["Counter", "StoreSuite", "queue_up", "queued"]

_metadata = MetaData()
_counter = Table(
    "suite_counter",
    _metadata,
    Column("id", IdColumn, primary_key=True),
    Column("n", BigInteger, nullable=False),
)
_child = Table(
    "suite_child",
    _metadata,
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


GET = Statement("suite.get", select(_counter).where(_counter.c.id == bindparam("id")), Counter)
ADD = Statement("suite.add", insert(_counter))
BUMP = Statement(
    "suite.bump", update(_counter).where(_counter.c.id == bindparam("x")).values(n=_counter.c.n + 1)
)
SET = Statement("suite.set", update(_counter).where(_counter.c.id == bindparam("x")).values(n=bindparam("y")))
ADOPT = Statement("suite.adopt", insert(_child))


@contextmanager
def queued(
    database: Database, works: Sequence[Callable[[Transaction], Any]], *, group: str | None = HOT
) -> Iterator[list["Future[Any]"]]:
    """Run these units while the writer is held, so that they wait in this order and form one group; their futures."""
    held, go = threading.Event(), threading.Event()

    def hold(_tx: Transaction) -> None:
        held.set()
        go.wait()

    with ThreadPoolExecutor(len(works) + 1) as threads:
        threads.submit(database.run, hold, group=group)
        held.wait()
        futures: list[Future[Any]] = []
        for work in works:
            futures.append(threads.submit(database.run, work, group=group))
            _until(lambda: database.waiting(group) == len(futures))
        go.set()
        yield futures


def queue_up(database: Database, works: Sequence[Callable[[Transaction], Any]]) -> list["Future[Any]"]:
    """Like `queued`, after all of them have ended."""
    with queued(database, works) as futures:
        pass
    return futures


def _until(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < give_up, "waited in vain"
        os.sched_yield()


def _bump(tx: Transaction) -> int:
    return tx.write(BUMP, {"x": "a"})


def _value(database: Database, counter: str = "a") -> int:
    row = database.read(lambda tx: tx.one(GET, {"id": counter}))
    assert row is not None
    n: int = row.n
    return n


class StoreSuite:
    """The promises of `Database`; subclass it and give the fixture `open_store`."""

    @pytest.fixture
    def open_store(self) -> Iterator[Callable[..., Database]]:
        raise NotImplementedError

    @pytest.fixture
    def store(self, open_store: Callable[..., Database]) -> Database:
        """A database with one counter `a` at 0 and `b` at 0."""
        database = open_store()

        def prepare(tx: Transaction) -> None:
            _metadata.create_all(tx.connection)
            tx.write_many(ADD, [{"id": "a", "n": 0}, {"id": "b", "n": 0}])

        database.run(prepare)
        return database

    def test_a_unit_commits_and_returns_its_result(self, store: Database) -> None:
        assert store.run(_bump) == 1
        assert _value(store) == 1

    def test_a_unit_that_raises_rolls_back_and_its_error_arrives_as_it_is(self, store: Database) -> None:
        error = LookupError("mine")

        def work(tx: Transaction) -> None:
            _bump(tx)
            raise error

        with pytest.raises(LookupError) as caught:
            store.run(work)
        assert caught.value is error
        assert _value(store) == 0

    def test_begin_commits_at_the_end_and_rolls_back_on_error(self, store: Database) -> None:
        with store.begin() as tx:
            _bump(tx)
        with pytest.raises(ZeroDivisionError), store.begin() as tx:
            _ = _bump(tx) / 0
        assert _value(store) == 1

    def test_the_transaction_knows_town_actor_time_and_ids(self, store: Database) -> None:
        actor = Actor("staff", "s1", "counter")

        def work(tx: Transaction) -> tuple[Any, ...]:
            return tx.town, tx.actor, tx.now == tx.now, tx.new_id() < tx.new_id(), tx.dialect

        assert store.run(work, actor=actor) == (store.town, actor, True, True, store.dialect)

    def test_a_failing_unit_of_a_group_fails_alone(self, store: Database) -> None:
        def bad(tx: Transaction) -> None:
            _bump(tx)
            raise ZeroDivisionError

        futures = queue_up(store, [_bump, bad, _bump, bad, _bump])
        assert [type(future.exception()) for future in futures] == [
            type(None),
            ZeroDivisionError,
            type(None),
            ZeroDivisionError,
            type(None),
        ]
        assert _value(store) == 3

    def test_a_unit_that_breaks_a_constraint_fails_alone(self, store: Database) -> None:
        def twice(tx: Transaction) -> None:
            tx.write(ADD, {"id": "a", "n": 7})

        futures = queue_up(store, [_bump, twice, _bump])
        assert type(futures[1].exception()).__name__ in ("IntegrityError", "UniqueViolation")
        assert _value(store) == 2

    def test_a_failing_commit_fails_only_the_guilty_unit(self, store: Database) -> None:
        def orphan(tx: Transaction) -> None:
            _bump(tx)
            tx.write(ADOPT, {"id": "c", "counter": "nobody"})

        futures = queue_up(store, [_bump, orphan, _bump])
        assert futures[0].result() == futures[2].result() == 1
        assert type(futures[1].exception()).__name__ in ("IntegrityError", "ForeignKeyViolation")
        assert _value(store) == 2
        with pytest.raises(Exception, match=r"(?i)foreign key"):
            store.run(orphan)

    @pytest.mark.parametrize("group", [None, HOT])
    def test_no_increment_of_32_threads_is_lost(self, store: Database, group: str | None) -> None:
        def loop(_: int) -> None:
            for _ in range(25):
                assert store.run(_bump, group=group) == 1

        with ThreadPoolExecutor(32) as threads:
            list(threads.map(loop, range(32)))
        assert _value(store) == 800

    def test_a_check_and_write_without_the_guard_loses_increments(self, store: Database) -> None:
        """Shows that the counter test can fail: read here, write there, nothing in between holds the row."""
        meet = threading.Barrier(2)

        def unguarded(_: int) -> None:
            seen = _value(store)
            meet.wait()
            store.run(lambda tx: tx.write(SET, {"x": "a", "y": seen + 1}))

        with ThreadPoolExecutor(2) as threads:
            list(threads.map(unguarded, range(2)))
        assert _value(store) == 1

    def test_reads_see_the_last_commit_beside_an_open_writer(self, store: Database) -> None:
        with store.begin() as tx:
            _bump(tx)
            assert _value(store) == 0
        assert _value(store) == 1

    def test_a_read_is_one_snapshot(self, store: Database) -> None:
        def work(tx: Transaction) -> tuple[Any, Any]:
            first = tx.one(GET, {"id": "a"})
            with ThreadPoolExecutor(1) as threads:
                threads.submit(store.run, _bump).result()
            return first, tx.one(GET, {"id": "a"})

        first, second = store.read(work)
        assert first == second

    def test_a_read_cannot_write(self, store: Database) -> None:
        with pytest.raises(Exception, match=r"readonly|read-only"):
            store.read(_bump)

    def test_units_inside_units_are_refused_instead_of_hanging(self, store: Database) -> None:
        def nested(_tx: Transaction) -> None:
            store.run(_bump)

        def through_asyncio(_tx: Transaction) -> None:
            asyncio.run(store.arun(_bump))

        def block(_tx: Transaction) -> None:
            with store.begin():
                pass

        for work in (nested, through_asyncio, block):
            with pytest.raises(NestedUnit):
                store.run(work)
        with pytest.raises(NestedUnit), store.begin():
            store.run(_bump)
        assert store.run(_bump) == 1

    def test_units_are_served_in_the_order_they_came(self, store: Database) -> None:
        order: list[int] = []

        def note(number: int) -> Callable[[Transaction], None]:
            return lambda _tx: order.append(number)

        queue_up(store, [note(number) for number in range(12)])
        assert order == list(range(12))

    def test_a_unit_sees_the_context_of_its_caller_whoever_leads(self, store: Database) -> None:
        language = contextvars.ContextVar("language", default="ja")

        def submit(word: str) -> str:
            language.set(word)
            return store.run(lambda _tx: language.get(), group=HOT)

        words = [f"w{n}" for n in range(16)]
        with ThreadPoolExecutor(16) as threads:
            assert (
                list(threads.map(lambda word: contextvars.copy_context().run(submit, word), words)) == words
            )

    def test_a_unit_over_its_budget_is_named_and_undone(self, store: Database, open_store: Any) -> None:
        hasty = open_store(budget=0.05)

        def dawdle(tx: Transaction) -> None:
            _bump(tx)
            began = time.monotonic()
            _until(lambda: time.monotonic() > began + 0.06)

        with pytest.raises(UnitTimeout, match="dawdle"):
            hasty.run(dawdle)
        assert hasty.run(_bump) == 1
        assert _value(store) == 1

    def test_those_who_wait_behind_a_hanging_unit_are_told_its_name(
        self, store: Database, open_store: Any
    ) -> None:
        hasty = open_store(budget=0.05)
        held, go = threading.Event(), threading.Event()

        def hang(tx: Transaction) -> None:
            _bump(tx)
            held.set()
            go.wait()

        with ThreadPoolExecutor(1) as threads:
            hanging = threads.submit(hasty.run, hang, group=HOT)
            held.wait()
            with pytest.raises(UnitTimeout, match="hang"):
                hasty.run(_bump, group=HOT)
            go.set()
            assert isinstance(hanging.exception(), UnitTimeout)
        assert _value(store) == 0
        assert hasty.run(_bump, group=HOT) == 1

    def test_a_group_given_up_by_a_waiter_is_not_committed(self, store: Database, open_store: Any) -> None:
        """The first of the group has run already when the second hangs: it must not commit after its caller was refused."""
        hasty = open_store(budget=0.2)
        gave_up = threading.Event()

        def hang(_tx: Transaction) -> None:
            gave_up.wait()

        with queued(hasty, [lambda _tx: None, _bump, hang]) as futures:
            with pytest.raises(UnitTimeout, match="hang"):
                futures[1].result()
            gave_up.set()
        assert isinstance(futures[2].exception(), UnitTimeout)
        assert _value(store) == 0

    def test_after_close_nothing_starts(self, open_store: Any, store: Database) -> None:
        other = open_store()
        other.run(_bump)
        other.close()
        with pytest.raises(StoreError, match="closed"):
            other.run(_bump)
        with pytest.raises(StoreError, match="closed"):
            other.read(_bump)
        with pytest.raises(StoreError, match="closed"), other.begin():
            pass
        assert _value(store) == 1

    def test_close_waits_for_the_running_unit_and_refuses_the_waiting(
        self, store: Database, open_store: Any
    ) -> None:
        other = open_store()
        held, go = threading.Event(), threading.Event()

        def hold(tx: Transaction) -> None:
            _bump(tx)
            held.set()
            go.wait()

        with ThreadPoolExecutor(3) as threads:
            running = threads.submit(other.run, hold, group=HOT)
            held.wait()
            waiting = threads.submit(other.run, _bump, group=HOT)
            _until(lambda: other.waiting(HOT) == 1)
            closing = threads.submit(other.close)
            assert "closed" in str(waiting.exception())
            assert not closing.done()
            go.set()
            closing.result()
            running.result()
        assert _value(store) == 1

    def test_an_interrupted_leader_never_passes_for_success(self, store: Database) -> None:
        """Ctrl-C or SIGTERM hits the thread that runs everybody's units: it gets it, they are told to run again."""

        def interrupted(_tx: Transaction) -> None:
            raise KeyboardInterrupt

        futures = queue_up(store, [_bump, interrupted, _bump])
        errors = [future.exception() for future in futures]
        assert isinstance(errors[0], RetryNeeded)
        told = sum(error is None for error in errors)
        assert _value(store) == told
        assert store.run(_bump) == 1

    def test_begin_takes_its_turn_in_the_line(self, store: Database) -> None:
        """The holder of a block waits like everybody else, and nobody runs inside its turn."""
        order: list[str] = []

        def block(_tx: Transaction) -> None:
            order.append("unit")

        def begin() -> None:
            with store.begin() as tx:
                order.append("in")
                _bump(tx)
                order.append("out")

        with ThreadPoolExecutor(8) as threads:
            futures = [threads.submit(begin if n % 2 else lambda: store.run(block)) for n in range(40)]
        for future in futures:
            future.result()
        assert _value(store) == 20
        if store.dialect == "sqlite":
            ins = [at for at, word in enumerate(order) if word == "in"]
            assert all(order[at + 1] == "out" for at in ins)

    def test_the_nudge_comes_after_the_commit_and_only_when_something_was_enqueued(
        self, store: Database
    ) -> None:
        seen: list[int] = []

        def broken() -> None:
            raise LookupError("a hook that fails harms nobody")

        store.on_commit += [broken, lambda: seen.append(_value(store))]

        def enqueue(tx: Transaction) -> None:
            _bump(tx)
            tx.enqueued = True  # type: ignore[attr-defined]

        def fail(tx: Transaction) -> None:
            enqueue(tx)
            raise ZeroDivisionError

        store.run(_bump)
        assert seen == []
        store.run(enqueue)
        with pytest.raises(ZeroDivisionError):
            store.run(fail)
        with store.begin() as tx:
            enqueue(tx)
        assert seen == [2, 3]

    def test_a_transaction_is_over_when_its_unit_is(self, store: Database) -> None:
        kept: list[Transaction] = []
        store.run(kept.append)
        with pytest.raises(StoreError, match="over"):
            kept[0].one(GET, {"id": "a"})
        with pytest.raises(StoreError, match="over"):
            _ = kept[0].connection

    def test_statements_and_the_lent_connection_share_one_transaction(self, store: Database) -> None:
        def work(tx: Transaction) -> None:
            tx.connection.execute(update(_counter).values(n=5))
            row = tx.one(GET, {"id": "a"})
            assert row is not None
            assert row.n == 5
            _bump(tx)
            assert tx.connection.execute(select(_counter.c.n).where(_counter.c.id == "a")).scalar() == 6
            with tx.connection.begin_nested() as savepoint:
                _bump(tx)
                savepoint.rollback()

        store.run(work)
        assert _value(store) == 6

    @pytest.mark.parametrize("verb", ["commit", "rollback", "close", "begin", "invalidate", "detach"])
    def test_the_lent_connection_cannot_end_the_unit(self, store: Database, verb: str) -> None:
        def work(tx: Transaction) -> None:
            _bump(tx)
            with pytest.raises(StoreError, match="savepoint"):
                methodcaller(verb)(tx.connection)

        store.run(work)
        assert _value(store) == 1

    def test_spans_name_every_statement(self, store: Database) -> None:
        seen: list[tuple[str, float]] = []
        store.spans = lambda name, seconds: seen.append((name, seconds))
        store.run(lambda tx: (tx.one(GET, {"id": "a"}), _bump(tx)))
        assert [name for name, _ in seen] == ["suite.get", "suite.bump"]
        assert all(seconds >= 0 for _, seconds in seen)

    def test_a_coroutine_is_no_unit(self, store: Database) -> None:
        async def work(tx: Transaction) -> None:
            _bump(tx)

        with pytest.raises(InputError, match="plain function"):
            _ = store.run(work)
        with pytest.raises(InputError, match="plain function"):
            _ = store.read(work)

    def test_async_callers_hop_once(self, store: Database) -> None:
        async def main() -> int:
            await asyncio.gather(*(store.arun(_bump, group=HOT) for _ in range(50)))
            row = await store.aread(lambda tx: tx.one(GET, {"id": "a"}))
            assert row is not None
            return int(row.n)

        assert asyncio.run(main()) == 50

    def test_a_cancelled_caller_leaves_no_unit_running(self, store: Database) -> None:
        started, go, ended = threading.Event(), threading.Event(), threading.Event()

        def work(tx: Transaction) -> None:
            started.set()
            go.wait()
            _bump(tx)
            ended.set()

        async def main() -> None:
            task = asyncio.create_task(store.arun(work))
            await asyncio.to_thread(started.wait)
            task.cancel()
            asyncio.get_running_loop().call_soon(go.set)
            with pytest.raises(asyncio.CancelledError):
                await task
            assert ended.is_set()

        asyncio.run(main())
        assert store.run(_bump) == 1

    def test_dynamic_sql_runs_on_the_lent_connection(self, store: Database) -> None:
        ids = ["a", "b", "c"]
        found = store.read(
            lambda tx: (
                tx.connection.execute(select(_counter.c.id).where(_counter.c.id.in_(ids))).scalars().all()
            )
        )
        assert sorted(found) == ["a", "b"]
        assert store.run(lambda tx: tx.connection.execute(text("SELECT 1")).scalar()) == 1
