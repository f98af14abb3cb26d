"""Conformance: how long a unit may take, who waits behind it, and what closing ends."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from govline.core import Transaction
from govline.errors import RetryNeeded, StoreError, UnitTimeout
from govline.store import Database
from govline.testing.store_table import HOT, bump, queue_up, queued, undisturbed, until, value_of

__all__ = ["LimitsSuite"]


class LimitsSuite:
    """Part of `StoreSuite`: needs its fixtures `open_store` and `store`."""

    def test_a_unit_over_its_budget_is_named_and_undone(self, store: Database, open_store: Any) -> None:
        hasty = open_store(budget=0.05)

        def dawdle(tx: Transaction) -> None:
            bump(tx)
            began = time.monotonic()
            until(lambda: time.monotonic() > began + 0.06)

        with pytest.raises(UnitTimeout, match="dawdle"):
            hasty.run(dawdle)
        assert undisturbed(hasty, bump) == 1
        assert value_of(store) == 1

    def test_a_block_over_its_budget_is_named_and_undone(self, store: Database, open_store: Any) -> None:
        hasty = open_store(budget=0.05)

        def dawdle() -> None:
            with hasty.begin() as tx:
                bump(tx)
                began = time.monotonic()
                until(lambda: time.monotonic() > began + 0.06)

        with pytest.raises(UnitTimeout, match="begin"):
            dawdle()
        assert undisturbed(hasty, bump) == 1
        assert value_of(store) == 1

    def test_those_who_wait_behind_a_hanging_unit_are_told_its_name(
        self, store: Database, open_store: Any
    ) -> None:
        hasty = open_store(budget=0.05)
        held, go = threading.Event(), threading.Event()

        def hang(tx: Transaction) -> None:
            bump(tx)
            held.set()
            go.wait()

        with ThreadPoolExecutor(1) as threads:
            hanging = threads.submit(hasty.run, hang, group=HOT)
            held.wait()
            with pytest.raises(UnitTimeout, match="hang"):
                hasty.run(bump, group=HOT)
            go.set()
            assert isinstance(hanging.exception(), UnitTimeout)
        assert value_of(store) == 0
        assert undisturbed(hasty, bump) == 1

    def test_a_group_given_up_by_a_waiter_is_not_committed(self, store: Database, open_store: Any) -> None:
        """The first of the group has run already when the second hangs: it must not commit after its caller was refused."""
        hasty = open_store(budget=0.2)
        gave_up = threading.Event()

        def hang(_tx: Transaction) -> None:
            gave_up.wait()

        with queued(hasty, [lambda _tx: None, bump, hang]) as futures:
            with pytest.raises(UnitTimeout, match="hang"):
                futures[1].result()
            gave_up.set()
        assert isinstance(futures[2].exception(), UnitTimeout)
        assert value_of(store) == 0

    def test_after_close_nothing_starts(self, open_store: Any, store: Database) -> None:
        other = open_store()
        other.run(bump)
        other.close()
        with pytest.raises(StoreError, match="closed"):
            other.run(bump)
        with pytest.raises(StoreError, match="closed"):
            other.read(bump)
        with pytest.raises(StoreError, match="closed"), other.begin():
            pass
        assert value_of(store) == 1

    def test_close_waits_for_the_running_unit_and_refuses_the_waiting(
        self, store: Database, open_store: Any
    ) -> None:
        other = open_store()
        held, go = threading.Event(), threading.Event()

        def hold(tx: Transaction) -> None:
            bump(tx)
            held.set()
            go.wait()

        with ThreadPoolExecutor(3) as threads:
            running = threads.submit(other.run, hold, group=HOT)
            held.wait()
            waiting = threads.submit(other.run, bump, group=HOT)
            until(lambda: other.waiting(HOT) == 1)
            closing = threads.submit(other.close)
            assert "closed" in str(waiting.exception())
            assert not closing.done()
            go.set()
            closing.result()
            running.result()
        assert value_of(store) == 1

    def test_an_interrupted_leader_never_passes_for_success(self, store: Database) -> None:
        """Ctrl-C or SIGTERM hits the thread that runs everybody's units: it gets it, they are told to run again."""

        def interrupted(_tx: Transaction) -> None:
            raise KeyboardInterrupt

        futures = queue_up(store, [bump, interrupted, bump])
        errors = [future.exception() for future in futures]
        assert isinstance(errors[0], RetryNeeded)
        told = sum(error is None for error in errors)
        assert value_of(store) == told
        assert store.run(bump) == 1

    def test_begin_takes_its_turn_in_the_line(self, store: Database) -> None:
        """The holder of a block waits like everybody else, and nobody runs inside its turn."""
        order: list[str] = []

        def block(_tx: Transaction) -> None:
            order.append("unit")

        def begin() -> None:
            with store.begin() as tx:
                order.append("in")
                bump(tx)
                order.append("out")

        with ThreadPoolExecutor(8) as threads:
            futures = [threads.submit(begin if n % 2 else lambda: store.run(block)) for n in range(40)]
        for future in futures:
            future.result()
        assert value_of(store) == 20
        if store.dialect == "sqlite":
            ins = [at for at, word in enumerate(order) if word == "in"]
            assert all(order[at + 1] == "out" for at in ins)
