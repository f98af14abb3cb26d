"""The door for LINE's webhooks: verify, read, clean, store in one commit, answer at once.

Processing happens later, from the inbox; LINE counts an answer after two seconds as an error.
"""

import json
import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from attrs import frozen

from govline.core import CitizenId, Json, Transaction
from govline.errors import ConfigError, InputError
from govline.line.events import Event, FollowEvent, MessageEvent, UnfollowEvent
from govline.line.parsing import Body, BrokenEvent, derived_id, parse
from govline.line.privacy import Cleaner, Guard
from govline.line.signature import signature_fits

if TYPE_CHECKING:
    from govline.store import Database
    from govline.store.inbox import Incoming

__all__ = ["MAX_BODY", "REFUSED", "Receipt", "Webhook"]

MAX_BODY: Final = 1_000_000
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


class Webhook:
    """Takes webhook bodies of one LINE account into one town's inbox; safe to share between threads.

    Args:
        db: The town's database.
        secrets: The channel secrets that are valid now, two while they rotate; or a function that returns them.
        destination: The account's own user id; bodies for another account are refused where it is set.
        guard: Looks for a 個人番号 in what a citizen typed.
        max_body: Bytes.

    Raises:
        ConfigError: GL-8011, there is no secret.
    """

    def __init__(
        self,
        db: "Database",
        secrets: Sequence[str] | Callable[[], Sequence[str]],
        *,
        destination: str | None = None,
        guard: Guard | None = None,
        max_body: int = MAX_BODY,
    ) -> None:
        self._db = db
        self._secrets = secrets if callable(secrets) else _fixed(secrets)
        self._destination = destination
        self._guard = guard or _individual_numbers()
        self._max_body = max_body

    def receive(self, raw: bytes, signature: str | None) -> Receipt:
        """Take a body as it came over the wire.

        Args:
            raw: The bytes, never re-serialised.
            signature: The value of `X-Line-Signature`.
        """
        body = self._read(raw, signature)
        return body if isinstance(body, Receipt) else self.accept(body)

    async def areceive(self, raw: bytes, signature: str | None) -> Receipt:
        """`receive` for asynchronous servers: one thread hop for the commit."""
        body = self._read(raw, signature)
        if isinstance(body, Receipt):
            return body
        settled = self._settled(body)
        return settled if settled is not None else await self._db.arun(lambda tx: self.store(tx, body))

    def accept(self, body: Body) -> Receipt:
        """Take a body whose signature the caller has checked: `parse(dict)`, `from_sdk(events)`."""
        return self._settled(body) or self._db.run(lambda tx: self.store(tx, body))

    def store(self, tx: Transaction, body: Body) -> Receipt:
        """Put the events of a checked body into the inbox, in the caller's transaction."""
        return _Storing(tx, self._guard).store(body)

    def _read(self, raw: bytes, signature: str | None) -> Body | Receipt:
        if len(raw) > self._max_body:
            return _refusal(413, f"GL-8016 the body has more than {self._max_body} bytes")
        if not signature_fits(self._secrets(), raw, signature):
            return _refusal(401, "GL-8001 the signature does not fit the body")
        try:
            return parse(raw)
        except InputError as error:
            return _refusal(400, f"{error.code} {error.message}")

    def _settled(self, body: Body) -> Receipt | None:
        """The receipt of a body that needs no transaction, or None."""
        if self._destination and body.destination and body.destination != self._destination:
            return _refusal(403, "GL-8015 the body is meant for another account")
        return None if body.events else Receipt(200)


class _Storing:
    """One body on its way into the inbox, within one transaction."""

    def __init__(self, tx: Transaction, guard: Guard) -> None:
        self._tx = tx
        self._guard = guard
        self._citizens: dict[str, CitizenId] = {}

    def store(self, body: Body) -> Receipt:
        from govline.store import inbox

        pairs = [pair for pair in zip(body.events, body.raw, strict=True) if not _dummy(pair[0])]
        rows = [self._incoming(event, raw, at) for at, (event, raw) in enumerate(pairs)]
        turns = [
            at for at, (event, _raw) in enumerate(pairs) if isinstance(event, FollowEvent | UnfollowEvent)
        ]
        new = inbox.receive(self._tx, [row for at, row in enumerate(rows) if at not in turns]).new
        for at in sorted(turns, key=lambda at: rows[at].timestamp):
            fresh = inbox.receive(self._tx, [rows[at]]).new
            new += fresh
            if fresh:
                self._note_block(pairs[at][0], rows[at].citizen)
        broken = sum(isinstance(event, BrokenEvent) for event, _raw in pairs)
        if broken:
            _log.warning("%d events of a webhook body could not be read; they are in the inbox", broken)
        return Receipt(200, new, len(rows) - new, broken, dummies=len(body.events) - len(pairs))

    def _incoming(self, event: Event | BrokenEvent, raw: Json, at: int) -> "Incoming":
        from govline.store.inbox import Incoming

        cleaner = Cleaner(self._citizen_of, self._guard)
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
            citizen=self._citizen_of(user) if user else None,
            reply_token=token if _plain(token) else "",
        )

    def _citizen_of(self, user: str) -> CitizenId:
        from govline.store import identity

        if user not in self._citizens:
            self._citizens[user] = identity.citizen_of(self._tx, user)
        return self._citizens[user]

    def _note_block(self, event: Event | BrokenEvent, citizen: CitizenId | None) -> None:
        from govline.store import identity

        if citizen is None or not isinstance(event, Event):
            return
        if event.redelivery:
            past = identity.history(self._tx, citizen)
            if past and past[-1].at > event.at:
                return  # a late redelivery must not undo what happened since
        identity.set_blocked(self._tx, citizen, isinstance(event, UnfollowEvent))


def _individual_numbers() -> Guard:
    from govline.core import individual_number

    return lambda text: individual_number.redact(text) if individual_number.find(text) else None


def _kind(event: Event | BrokenEvent) -> str:
    if isinstance(event, BrokenEvent):
        return "broken"
    kind = f"message.{event.message.type}" if isinstance(event, MessageEvent) else event.type
    return kind if _plain(kind) else "unknown"


def _plain(text: str) -> bool:
    # what LINE makes: ASCII without control characters, so that every engine can store it
    return text.isascii() and text.isprintable() and len(text) <= _LONGEST


def _json(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:  # half an emoji, from a caller's dict
        return json.dumps(value, separators=(",", ":"))
    return text


def _dummy(event: Event | BrokenEvent) -> bool:
    return isinstance(event, Event) and (event.reply_token in _DUMMY_TOKENS or event.user_id == _DUMMY_USER)


def _refusal(status: int, reason: str) -> Receipt:
    _log.warning("a webhook body was refused: %s", reason)
    return Receipt(status, reason=reason)


def _fixed(secrets: Sequence[str]) -> Callable[[], Sequence[str]]:
    known = tuple(secret for secret in ([secrets] if isinstance(secrets, str) else secrets) if secret)
    if not known:
        raise ConfigError("no channel secret is configured", code="GL-8011", hint="set the channel secret")
    return lambda: known
