"""Bodies as a hostile or broken peer sends them: each is given up within its limits, and told apart."""

import asyncio

import pytest

from govline.web.arriving import arrive


def run(receive, *, most=100, seconds=60.0):
    return asyncio.run(arrive(receive, most=most, seconds=seconds))


def pieces(*messages):
    waiting = list(messages)

    async def receive():
        return waiting.pop(0)

    return receive


def piece(body, *, more):
    return {"type": "http.request", "body": body, "more_body": more}


def test_a_body_in_pieces_is_whole():
    found = run(pieces(piece(b"ab", more=True), piece(b"", more=True), piece(b"c", more=False)))
    assert (found.body, found.fault) == (b"abc", "")
    assert run(pieces({"type": "http.request"})).body == b""
    assert run(pieces(piece(b"x" * 100, more=False))).fault == ""


def test_what_comes_behind_the_limit_is_not_waited_for():
    assert run(pieces(piece(b"x" * 100, more=True), piece(b"y", more=True))).fault == "large"


def test_an_endless_body_ends():
    async def receive():
        return piece(b"x", more=True)

    assert run(receive, most=5_000).fault == "large"


def test_endless_messages_without_a_byte_end():
    asked = []

    async def receive():
        asked.append(1)
        return piece(b"", more=True)

    assert run(receive).fault == "slow"
    assert len(asked) < 2_000


def test_a_server_that_never_waits_is_timed_all_the_same():
    async def receive():
        return piece(b"x", more=True)

    assert run(receive, most=10**9, seconds=0.0).fault == "slow"


def test_silence_is_given_up():
    async def receive():
        await asyncio.Event().wait()

    assert run(receive, seconds=0.0).fault == "slow"


@pytest.mark.parametrize("before", [(), (piece(b"half of a webho", more=True),)])
def test_half_a_body_is_none(before):
    found = run(pieces(*before, {"type": "http.disconnect"}))
    assert (found.body, found.fault) == (b"", "gone")
    assert "half" not in repr(found)
