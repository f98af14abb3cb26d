"""The router passes over a responder that hangs, and those behind it go on answering."""

import threading

import pytest

from govline.city.router import Router
from govline.core import Responder
from govline.errors import GovlineError, PutOff

PATIENCE = 30


class Stuck:
    def __init__(self):
        self.go = threading.Event()
        self.inside = threading.Semaphore(0)

    def __call__(self, _tx, _context, said):
        if said != "hang":
            return None
        self.inside.release()
        assert self.go.wait(PATIENCE)
        return ["at last"]


def search(_tx, _context, said):
    return [f"found {said}"] if said == "bottle" else None


@pytest.fixture
def now():
    return [0.0]


@pytest.fixture
def stuck():
    return Stuck()


@pytest.fixture
def router(stuck, now):
    return Router(
        [Responder("search", "search", search), Responder("stuck", "keyword", stuck)], clock=lambda: now[0]
    )


@pytest.fixture
def hanging(router, stuck):
    """Ask something that hangs; the threads end with the test."""
    threads = []

    def ask():
        threads.append(threading.Thread(target=router.answer, args=(None, None, "hang")))
        threads[-1].start()
        assert stuck.inside.acquire(timeout=PATIENCE)

    yield ask
    stuck.go.set()
    for thread in threads:
        thread.join(PATIENCE)


def test_one_slow_answer_is_no_reason_to_ask_no_more(router, hanging, now):
    hanging()
    now[0] = 10.0
    assert router.answer(None, None, "hello") is None


def test_two_that_hang_and_it_is_passed_over(router, hanging, now):
    hanging()
    hanging()
    assert router.answer(None, None, "hello") is None  # at first nobody knows
    now[0] = 11.0
    assert router.answer(None, None, "bottle") == ["found bottle"]
    with pytest.raises(GovlineError, match="GL-9019") as caught:
        router.answer(None, None, "hang")
    assert caught.value.place == {"responder": "stuck"}


def test_slow_answers_are_no_hanging_ones(router, hanging, now):
    """In an opening rush chats wait for a slot's row; nobody else may answer in the scenario's place."""
    for _ in range(5):
        hanging()
    now[0] = 9.7
    assert router.answer(None, None, "hello") is None
    hanging()
    now[0] = 10.0
    with pytest.raises(PutOff) as caught:
        router.answer(None, None, "bottle")
    assert caught.value.place == {"responder": "stuck"}
    now[0] = 10.1
    assert router.answer(None, None, "bottle") == ["found bottle"]


def test_it_is_asked_again_once_it_comes_back(router, stuck, hanging, now):
    hanging()
    hanging()
    now[0] = 11.0
    stuck.go.set()
    while router._waiting(0, 10.0):
        threading.Event().wait(0.001)
    assert router.answer(None, None, "hang") == ["at last"]


def test_an_answer_that_raises_is_no_hang(now):
    def broken(_tx, _context, _said):
        raise RuntimeError

    router = Router([Responder("broken", "search", broken)], clock=lambda: now[0])
    for _ in range(5):
        with pytest.raises(RuntimeError):
            router.answer(None, None, "x")
    now[0] = 9.0
    with pytest.raises(RuntimeError):
        router.answer(None, None, "x")
