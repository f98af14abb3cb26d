"""Payloads are plain JSON that nobody changes."""

import copy
import json
import pickle

import pytest

from govline.core import Reason, frozen_map

FROZEN = frozen_map({"a": [1], "b": "c"})


def test_it_is_plain_json_and_can_be_copied_and_pickled():
    assert json.loads(json.dumps(FROZEN)) == FROZEN
    for same in (copy.copy(FROZEN), copy.deepcopy(FROZEN), pickle.loads(pickle.dumps(FROZEN))):
        assert same == FROZEN
        assert type(same) is type(FROZEN)
    reason = Reason("GL-2101", "まだ受付前です", {"until": "2026-12-01"})
    assert pickle.loads(pickle.dumps(reason)) == reason


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        ("update", [{"a": 1}]),
        ("__setitem__", ["a", 1]),
        ("__delitem__", ["a"]),
        ("pop", ["a"]),
        ("popitem", []),
        ("clear", []),
        ("setdefault", ["z", 1]),
    ],
)
def test_it_never_changes(verb, words):
    with pytest.raises(TypeError, match="frozen"):
        getattr(FROZEN, verb)(*words)
    assert FROZEN == {"a": [1], "b": "c"}
