"""Failed events: seen, and handled once more; keys are made, not invented."""

import pytest

from govline.cli.towns import open_town
from govline.store import Keyring, inbox
from govline.store.inbox import Incoming


@pytest.fixture
def failed(ready):
    """Two events whose handler raised."""

    def broken(tx, event):
        raise LookupError(event.id)

    with open_town(ready) as city:
        events = [
            Incoming("message.text", number, 0, "{}", id=f"e{number}", citizen="c") for number in (1, 2)
        ]
        city.run(lambda tx: inbox.receive(tx, events))
        inbox.process(city.database, "c", broken)
    return ["e1", "e2"]


def test_failed_events_are_listed_and_replayed(failed, govline):
    listed = govline("inbox", "list", "--state", "failed").out
    assert all(event in listed for event in failed)
    assert "LookupError" in listed
    assert "1件" in govline("inbox", "replay", failed[0]).out
    assert failed[0] not in govline("inbox", "list", "--state", "failed").out
    assert "1件" in govline("inbox", "replay", "--all").out
    assert "(ありません)" in govline("inbox", "list", "--state", "failed").out


@pytest.mark.parametrize("words", [["replay"], ["replay", "e1", "--all"]])
def test_replay_wants_one_event_or_all(failed, govline, words):
    assert govline("inbox", *words).code == 2


def test_an_unknown_event_is_named(failed, govline):
    ran = govline("inbox", "replay", "nothing")
    assert (ran.code, "GL-1111" in ran.err) == (2, True)


def test_a_made_key_opens_a_keyring(clean, govline):
    text = govline("key", "new", "2026-11").out.strip()
    assert Keyring.from_text(text).ids == ("2026-11",)
    assert govline("key", "new", "2026-11").out.strip() != text
