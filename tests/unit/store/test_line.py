"""The line before a writer, at its delicate moments."""

import functools
import threading

import pytest

from govline.core import SYSTEM
from govline.errors import RetryNeeded
from govline.store._line import Line, Unit, unit_name


def test_an_interrupted_waiter_leaves_the_line(monkeypatch):
    """The waiting thread is interrupted in the very moment in which it is given the lead."""
    line = Line(budget=1, interrupt=lambda: None)
    unit = Unit(print, SYSTEM)
    assert line.enter(unit)
    heir = Unit(print, SYSTEM)

    class Gate:
        def acquire(self, timeout=0):
            if timeout:
                line.leave([unit])
                raise KeyboardInterrupt
            return True

        def release(self): ...

    monkeypatch.setattr(threading, "Lock", Gate)
    with pytest.raises(KeyboardInterrupt):
        line.enter(heir)
    monkeypatch.undo()
    assert line.enter(Unit(print, SYSTEM))


def test_an_interrupted_waiter_in_the_middle_is_forgotten(monkeypatch):
    line = Line(budget=1, interrupt=lambda: None)
    leader, waiter = Unit(print, SYSTEM), Unit(print, SYSTEM)
    assert line.enter(leader)

    class Gate:
        def acquire(self, timeout=0):
            if timeout:
                raise KeyboardInterrupt
            return True

    monkeypatch.setattr(threading, "Lock", Gate)
    with pytest.raises(KeyboardInterrupt):
        line.enter(waiter)
    monkeypatch.undo()
    assert len(line) == 0
    assert line.next() is None
    line.leave([leader])
    assert line.close()


def test_a_unit_nobody_committed_is_no_success():
    with pytest.raises(RetryNeeded, match="interrupted"):
        Unit(print, SYSTEM).outcome()


def test_units_are_called_by_their_function():
    class Desk:
        def book(self): ...

        def __call__(self): ...

    assert unit_name(Desk().book).endswith("Desk.book")
    assert unit_name(functools.partial(Desk.book, 1)).endswith("Desk.book")
    assert unit_name(Desk()).endswith("Desk")
