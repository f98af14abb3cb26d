"""One checked webhook body goes into the inbox: cleaned, its people known by our own ids, all in one transaction."""

import json
import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from attrs import frozen

from govline.core import CitizenId, Json, Transaction
from govline.line.events import Event, FollowEvent, MessageEvent, UnfollowEvent
from govline.line.parsing import Body, BrokenEvent, derived_id
from govline.line.privacy import Cleaner, Guard, holds_user_id, user_ids

if TYPE_CHECKING:
    from govline.store.inbox import Incoming

__all__ = ["REFUSED", "Receipt", "store_body"]

REFUSED: Final = "refused.individual_number"
"""The inbox kind of an event from which a 個人番号 was taken out: warn the citizen, do nothing else."""

_DUMMY_TOKENS: Final = frozenset({"0" * 32, "f" * 32})
_DUMMY_USER: Final = "U" + "deadbeef" * 4
_LONGEST: Final = 100
_log = logging.getLogger("govline.line")


@frozen
class Receipt:
    """What to answer LINE, and what became of the events.

    Args:
        status: HTTP status. 200 stored (or nothing to store); 400 no readable body; 401 the signature does not fit (so
            that it can be told from a broken body); 403 meant for another account; 413 too large.
        received: New events in the inbox. `known`: delivered before. `broken`: of the received ones, kept unread.
        dummies: Events of the console's verify button, which are not stored.
        reason: Why it was refused, with its code; empty otherwise.
    """

    status: int
    received: int = 0
    known: int = 0
    broken: int = 0
    dummies: int = 0
    reason: str = ""


def store_body(tx: Transaction, body: Body, guard: Guard) -> Receipt:
    """Store the events of a body in the caller's transaction; those that are known already are left alone."""
    return _Storing(tx, guard).store(body)


class _Storing:
    """One body on its way into the inbox, within one transaction."""

    def __init__(self, tx: Transaction, guard: Guard) -> None:
        self._tx = tx
        self._guard = guard
        self._citizens: dict[str, CitizenId] = {}

    def store(self, body: Body) -> Receipt:
        pairs = [pair for pair in zip(body.events, body.raw, strict=True) if not _dummy(pair[0])]
        self._know_people(user for _event, raw in pairs for user in user_ids(raw))
        rows = [(event, self._incoming(event, raw, at)) for at, (event, raw) in enumerate(pairs)]
        new = self._receive(rows)
        broken = sum(isinstance(event, BrokenEvent) for event, _raw in pairs)
        if broken:
            _log.warning("%d events of a webhook body could not be read; they are in the inbox", broken)
        return Receipt(200, new, len(rows) - new, broken, dummies=len(body.events) - len(pairs))

    # People, events and blocks are each touched in one order, whatever the body's: bodies that share some and come at once
    # then wait for each other instead of deadlocking.

    def _know_people(self, users: Iterable[str]) -> None:
        from govline.store import identity

        for user in sorted(set(users)):
            self._citizens[user] = identity.citizen_of(self._tx, user)

    def _receive(self, rows: "list[tuple[Event | BrokenEvent, Incoming]]") -> int:
        """How many events are new; the new follows and blocks also turn the citizen's state."""
        from govline.store import inbox

        rows = sorted(rows, key=lambda pair: pair[1].id)
        new = inbox.receive(self._tx, [row for event, row in rows if not _turns(event)]).new
        fresh = [pair for pair in rows if _turns(pair[0]) and inbox.receive(self._tx, [pair[1]]).new]
        for event, row in sorted(fresh, key=lambda pair: (pair[1].citizen or "", pair[1].timestamp)):
            self._note_block(event, row.citizen)
        return new + len(fresh)

    def _incoming(self, event: Event | BrokenEvent, raw: Json, at: int) -> "Incoming":
        from govline.store.inbox import Incoming

        cleaner = Cleaner(self._citizens.__getitem__, self._guard)
        cleaned = cleaner.clean(raw)
        key = event.id if _plain(event.id) else derived_id(raw)
        if isinstance(cleaned, dict):
            cleaned.pop("replyToken", None)  # it has a column of its own
            cleaned["webhookEventId"] = key
            cleaned["govlineRefused"] = "individual_number" if cleaner.refused else None
        user = event.user_id if isinstance(event, Event) else None
        token = (event.reply_token or "") if isinstance(event, Event) else ""
        return Incoming(
            kind=REFUSED if cleaner.refused else _kind(event),
            timestamp=event.timestamp,
            sequence=at,
            body=_json(cleaned),
            id=key,
            citizen=self._citizens[user] if user else None,
            reply_token=token if _plain(token) else "",
        )

    def _note_block(self, event: Event | BrokenEvent, citizen: CitizenId | None) -> None:
        from govline.store import identity

        if citizen is None or not isinstance(event, Event):
            return
        if event.redelivery:
            past = identity.history(self._tx, citizen)
            if past and past[-1].at > event.at:
                return  # a late redelivery must not undo what happened since
        identity.set_blocked(self._tx, citizen, isinstance(event, UnfollowEvent))


def _kind(event: Event | BrokenEvent) -> str:
    if isinstance(event, BrokenEvent):
        return "broken"
    kind = f"message.{event.message.type}" if isinstance(event, MessageEvent) else event.type
    return kind if _plain(kind) else "unknown"


def _plain(text: str) -> bool:
    # what LINE makes: ASCII without control characters, so that every engine can store it; it stands in clear
    return text.isascii() and text.isprintable() and len(text) <= _LONGEST and not holds_user_id(text)


def _json(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:  # half an emoji, from a caller's dict
        return json.dumps(value, separators=(",", ":"))
    return text


def _dummy(event: Event | BrokenEvent) -> bool:
    return isinstance(event, Event) and (event.reply_token in _DUMMY_TOKENS or event.user_id == _DUMMY_USER)


def _turns(event: Event | BrokenEvent) -> bool:
    return isinstance(event, FollowEvent | UnfollowEvent)
