"""What LINE's answers mean."""

import pytest

from govline.line.messenger import Answer
from govline.line.outcomes import Busy, busy_kind, reply_token_refused
from govline.line.wire import answer_of, redacted


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("The API rate limit has been exceeded. Try again later.", Busy.RATE),
        ("You have reached your monthly limit.", Busy.QUOTA),
        ("The maximum number of concurrent operations on the audience was exceeded", Busy.AUDIENCE),
        ("", Busy.RATE),
        ("something LINE says next year", Busy.RATE),
    ],
)
def test_three_meanings_of_429(message, kind):
    assert busy_kind(message) is kind


@pytest.mark.parametrize(
    ("status", "left", "ok", "ambiguous"),
    [
        (200, True, True, False),
        (202, True, True, False),
        (0, True, False, True),
        (0, False, False, False),
        (500, True, False, True),
        (504, True, False, True),
        (400, True, False, False),
        (429, True, False, False),
    ],
)
def test_what_is_ambiguous(status, left, ok, ambiguous):
    answer = Answer(status, left=left)
    assert (answer.ok, answer.ambiguous) == (ok, ambiguous)


def test_reply_tokens_are_refused_by_message():
    assert reply_token_refused(Answer(400, "Invalid reply token"))
    assert not reply_token_refused(Answer(400, "The request body has 1 error(s)"))
    assert not reply_token_refused(Answer(500, "Invalid reply token"))


@pytest.mark.parametrize(
    "body", [None, b"", b"<html>", b"[]", b"\xff\xfe", b'{"details":7}', b'{"details":[1]}']
)
def test_any_body_of_a_proxy_is_survived(body):
    assert answer_of(502, {}, body).status == 502


def test_lines_words_lose_ids_and_length():
    person, group = "U" + "a" * 32, "C" + "b" * 32
    assert redacted(f"no user {person} in {group}") == "no user (id) in (id)"
    assert redacted(f"宛先{person}です") == "宛先(id)です"
    assert len(redacted("x" * 5000)) == 200
