"""Who answers: by rank, within a rank in the order offered, the first answer counts."""

import itertools

import pytest

from govline.city.router import RANKS, Router
from govline.core import Input, Responder, TalkContext
from govline.core.messages import Text

SAID = Input("text", "やあ")
WHO = TalkContext("c1", None)


def responder(name, rank, answer, asked):
    def respond(tx, context, said):
        asked.append(name)
        return answer

    return Responder(name, rank, respond)


@pytest.mark.parametrize(
    "order", list(itertools.permutations(range(len(RANKS))))[:: 60 if len(RANKS) > 4 else 1]
)
def test_ranks_are_asked_from_the_most_urgent_whatever_the_order_of_features(order):
    asked = []
    router = Router([responder(RANKS[at], RANKS[at], None, asked) for at in order])
    assert router.answer(None, WHO, SAID) is None
    assert asked == list(RANKS)


def test_the_first_answer_ends_the_asking():
    asked = []
    text = [Text("こんにちは")]
    router = Router(
        [
            responder("late", "default", [Text("?")], asked),
            responder("second", "keyword", text, asked),
            responder("first", "keyword", None, asked),
            responder("session", "session", None, asked),
        ]
    )
    assert router.answer(None, WHO, SAID) == text
    assert asked == ["session", "second"]


def test_an_empty_answer_is_an_answer():
    asked = []
    router = Router(
        [responder("silent", "session", [], asked), responder("loud", "default", [Text("!")], asked)]
    )
    assert list(router.answer(None, WHO, SAID)) == []
    assert asked == ["silent"]
