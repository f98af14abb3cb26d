"""The chat page's right-hand side: what came in, what goes out, and what each feature shows to staff; no personal data."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from govline.city import City
from govline.core import Transaction
from govline.store import inbox, outbox

__all__ = ["board"]

Rows = Sequence[Mapping[str, Any]]
_SHOWN: Final = 50
_FIRST: Final = ("calendar", "delivery")
"""What a newcomer waits for stands first; the engine room, events and outbox, behind it."""


def board(city: City) -> Mapping[str, Rows]:
    """Sections by name, for the simulator's page, which knows their titles."""
    features = city.view()
    sections: dict[str, Rows] = {name: features.pop(name) for name in _FIRST if name in features}
    return {**sections, **city.read(_engine_room), **features}


def _engine_room(tx: Transaction) -> dict[str, Rows]:
    events = inbox.list(tx, newest=True, limit=_SHOWN)
    effects = outbox.list(tx, newest=True, limit=_SHOWN)
    return {
        "events": [
            {"at": event.received.isoformat(), "kind": event.kind, "state": event.state, "code": event.code}
            for event in events
        ],
        "outbox": [
            {
                "due": effect.due.isoformat(),
                "topic": effect.topic,
                "state": effect.state,
                "attempts": effect.attempts,
                "reason": effect.reason,
                "id": effect.id,
            }
            for effect in effects
        ],
    }
