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
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from operator import methodcaller
from typing import Any

import pytest
from sqlalchemy import select, text, update

from govline.core import Actor, Transaction
from govline.errors import InputError, NestedUnit, StoreError
from govline.store import Database
from govline.testing.store_limits import LimitsSuite
from govline.testing.store_table import (
    ADD,
    ADOPT,
    GET,
    HOT,
    METADATA,
    SET,
    bump,
    counters,
    queue_up,
    value_of,
)

__all__ = ["StoreSuite"]


class StoreSuite(LimitsSuite):
    """The promises of `Database`; subclass it and give the fixture `open_store`."""

    @pytest.fixture
    def open_store(self) -> Iterator[Callable[..., Database]]:
        raise NotImplementedError

    @pytest.fixture
    def store(self, open_store: Callable[..., Database]) -> Database:
        """A database with one counter `a` at 0 and `b` at 0."""
        database = open_store()

        def prepare(tx: Transaction) -> None:
            METADATA.create_all(tx.connection)
            tx.write_many(ADD, [{"id": "a", "n": 0}, {"id": "b", "n": 0}])

        database.run(prepare)
        return database

    def test_a_unit_commits_and_returns_its_result(self, store: Database) -> None:
        assert store.run(bump) == 1
        assert value_of(store) == 1

    def test_a_unit_that_raises_rolls_back_and_its_error_arrives_as_it_is(self, store: Database) -> None:
        error = LookupError("mine")

        def work(tx: Transaction) -> None:
            bump(tx)
            raise error

        with pytest.raises(LookupError) as caught:
            store.run(work)
        assert caught.value is error
        assert value_of(store) == 0

    def test_begin_commits_at_the_end_and_rolls_back_on_error(self, store: Database) -> None:
        with store.begin() as tx:
            bump(tx)
        with pytest.raises(ZeroDivisionError), store.begin() as tx:
            _ = bump(tx) / 0
        assert value_of(store) == 1

    def test_the_transaction_knows_town_actor_time_and_ids(self, store: Database) -> None:
        actor = Actor("staff", "s1", "counter")

        def work(tx: Transaction) -> tuple[Any, ...]:
            return tx.town, tx.actor, tx.now == tx.now, tx.new_id() < tx.new_id(), tx.dialect

        assert store.run(work, actor=actor) == (store.town, actor, True, True, store.dialect)

    def test_a_failing_unit_of_a_group_fails_alone(self, store: Database) -> None:
        def bad(tx: Transaction) -> None:
            bump(tx)
            raise ZeroDivisionError

        futures = queue_up(store, [bump, bad, bump, bad, bump])
        assert [type(future.exception()) for future in futures] == [
            type(None),
            ZeroDivisionError,
            type(None),
            ZeroDivisionError,
            type(None),
        ]
        assert value_of(store) == 3

    def test_a_unit_that_breaks_a_constraint_fails_alone(self, store: Database) -> None:
        def twice(tx: Transaction) -> None:
            tx.write(ADD, {"id": "a", "n": 7})

        futures = queue_up(store, [bump, twice, bump])
        assert type(futures[1].exception()).__name__ in ("IntegrityError", "UniqueViolation")
        assert value_of(store) == 2

    def test_a_failing_commit_fails_only_the_guilty_unit(self, store: Database) -> None:
        def orphan(tx: Transaction) -> None:
            bump(tx)
            tx.write(ADOPT, {"id": "c", "counter": "nobody"})

        futures = queue_up(store, [bump, orphan, bump])
        assert futures[0].result() == futures[2].result() == 1
        assert type(futures[1].exception()).__name__ in ("IntegrityError", "ForeignKeyViolation")
        assert value_of(store) == 2
        with pytest.raises(Exception, match=r"(?i)foreign key"):
            store.run(orphan)

    @pytest.mark.parametrize("group", [None, HOT])
    def test_no_increment_of_32_threads_is_lost(self, store: Database, group: str | None) -> None:
        def loop(_: int) -> None:
            for _ in range(25):
                assert store.run(bump, group=group) == 1

        with ThreadPoolExecutor(32) as threads:
            list(threads.map(loop, range(32)))
        assert value_of(store) == 800

    def test_a_check_and_write_without_the_guard_loses_increments(self, store: Database) -> None:
        """Shows that the counter test can fail: read here, write there, nothing in between holds the row."""
        meet = threading.Barrier(2)

        def unguarded(_: int) -> None:
            seen = value_of(store)
            meet.wait()
            store.run(lambda tx: tx.write(SET, {"x": "a", "y": seen + 1}))

        with ThreadPoolExecutor(2) as threads:
            list(threads.map(unguarded, range(2)))
        assert value_of(store) == 1

    def test_reads_see_the_last_commit_beside_an_open_writer(self, store: Database) -> None:
        with store.begin() as tx:
            bump(tx)
            assert value_of(store) == 0
        assert value_of(store) == 1

    def test_a_read_is_one_snapshot(self, store: Database) -> None:
        def work(tx: Transaction) -> tuple[Any, Any]:
            first = tx.one(GET, {"id": "a"})
            with ThreadPoolExecutor(1) as threads:
                threads.submit(store.run, bump).result()
            return first, tx.one(GET, {"id": "a"})

        first, second = store.read(work)
        assert first == second

    def test_a_read_cannot_write(self, store: Database) -> None:
        with pytest.raises(Exception, match=r"readonly|read-only"):
            store.read(bump)

    def test_units_inside_units_are_refused_instead_of_hanging(self, store: Database) -> None:
        def nested(_tx: Transaction) -> None:
            store.run(bump)

        def through_asyncio(_tx: Transaction) -> None:
            asyncio.run(store.arun(bump))

        def block(_tx: Transaction) -> None:
            with store.begin():
                pass

        for work in (nested, through_asyncio, block):
            with pytest.raises(NestedUnit):
                store.run(work)
        with pytest.raises(NestedUnit), store.begin():
            store.run(bump)
        assert store.run(bump) == 1

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

    def test_the_nudge_comes_after_the_commit_and_only_when_something_was_enqueued(
        self, store: Database
    ) -> None:
        seen: list[int] = []

        def broken() -> None:
            raise LookupError("a hook that fails harms nobody")

        store.on_commit += [broken, lambda: seen.append(value_of(store))]

        def enqueue(tx: Transaction) -> None:
            bump(tx)
            tx.enqueued = True  # type: ignore[attr-defined]  # what enqueue does, without the store's tables

        def fail(tx: Transaction) -> None:
            enqueue(tx)
            raise ZeroDivisionError

        store.run(bump)
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
            tx.connection.execute(update(counters).values(n=5))
            row = tx.one(GET, {"id": "a"})
            assert row is not None
            assert row.n == 5
            bump(tx)
            assert tx.connection.execute(select(counters.c.n).where(counters.c.id == "a")).scalar() == 6
            with tx.connection.begin_nested() as savepoint:
                bump(tx)
                savepoint.rollback()

        store.run(work)
        assert value_of(store) == 6

    @pytest.mark.parametrize("verb", ["commit", "rollback", "close", "begin", "invalidate", "detach"])
    def test_the_lent_connection_cannot_end_the_unit(self, store: Database, verb: str) -> None:
        def work(tx: Transaction) -> None:
            bump(tx)
            with pytest.raises(StoreError, match="savepoint"):
                methodcaller(verb)(tx.connection)

        store.run(work)
        assert value_of(store) == 1

    def test_spans_name_every_statement(self, store: Database) -> None:
        seen: list[tuple[str, float]] = []
        store.spans = lambda name, seconds: seen.append((name, seconds))
        store.run(lambda tx: (tx.one(GET, {"id": "a"}), bump(tx)))
        assert [name for name, _ in seen] == ["suite.get", "suite.bump"]
        assert all(seconds >= 0 for _, seconds in seen)

    def test_a_coroutine_is_no_unit(self, store: Database) -> None:
        async def work(tx: Transaction) -> None:
            bump(tx)

        with pytest.raises(InputError, match="plain function"):
            _ = store.run(work)
        with pytest.raises(InputError, match="plain function"):
            _ = store.read(work)

    def test_async_callers_hop_once(self, store: Database) -> None:
        async def main() -> int:
            await asyncio.gather(*(store.arun(bump, group=HOT) for _ in range(50)))
            row = await store.aread(lambda tx: tx.one(GET, {"id": "a"}))
            assert row is not None
            return int(row.n)

        assert asyncio.run(main()) == 50

    def test_a_cancelled_caller_leaves_no_unit_running(self, store: Database) -> None:
        started, go, ended = threading.Event(), threading.Event(), threading.Event()

        def work(tx: Transaction) -> None:
            started.set()
            go.wait()
            bump(tx)
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
        assert store.run(bump) == 1

    def test_dynamic_sql_runs_on_the_lent_connection(self, store: Database) -> None:
        ids = ["a", "b", "c"]
        found = store.read(
            lambda tx: (
                tx.connection.execute(select(counters.c.id).where(counters.c.id.in_(ids))).scalars().all()
            )
        )
        assert sorted(found) == ["a", "b"]
        assert store.run(lambda tx: tx.connection.execute(text("SELECT 1")).scalar()) == 1
