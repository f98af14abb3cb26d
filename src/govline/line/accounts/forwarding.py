"""Events go on to another tool on the channel: outbox rows with the bytes and the signature that LINE sent.

A partner that gets every event of a body gets LINE's own bytes and signature. One that gets a part, or a body out of which a
個人番号 was taken, gets the rest in LINE's shape, signed with the channel's secret: its check of the signature stays the same.
A slow or dead partner has a queue and a breaker of its own, so that no citizen waits for it.
"""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from attrs import define, field
from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError
from urllib3.util import Timeout

from govline.core import Dead, Done, Effect, EffectContext, Fate, Json, Ref, Retry, Transaction
from govline.line.accounts.model import Forward, Partner, owner_of
from govline.line.events import MessageEvent, PostbackEvent
from govline.line.parsing import Body, BrokenEvent, parse
from govline.line.privacy import Cleaner, Guard, user_ids
from govline.line.signature import SIGNATURE_HEADER, sign
from govline.line.wire import one_write_pool

if TYPE_CHECKING:
    from govline.line.events import Event
    from govline.store import Database
    from govline.store.inbox import Incoming

__all__ = ["TOPIC", "Breaker", "ForwardHandler", "Forwarder", "event_owner", "queue_of"]

TOPIC: Final = "line.forward"
_TYPE: Final = "application/json; charset=utf-8"
_KIND: Final = "blob"
_SHORT_ANSWER: Final = 4096
_AGAIN: Final = frozenset({408, 425, 429})


def queue_of(partner: str) -> str:
    """The bulkhead of a partner's deliveries: its hang is nobody else's."""
    return f"forward.{partner}"


def event_owner(partners: Sequence[Partner], event: "Event | BrokenEvent") -> str:
    """The name of the partner who answers an event; "" where the town does."""
    match event:
        case BrokenEvent():
            return ""
        case MessageEvent():
            text = getattr(event.message, "text", "") or ""
            return owner_of(partners, f"message.{event.message.type}", text=text)
        case PostbackEvent():
            return owner_of(partners, "postback", data=event.postback["data"])
    return owner_of(partners, event.type)


class Forwarder:
    """Writes what partners are to get into the outbox, in the transaction that stores the webhook's body.

    Args:
        partners: Those of them with a `forward`.
        secrets: The channel secrets that are valid now, newest first.
    """

    def __init__(self, partners: Sequence[Partner], secrets: Callable[[], Sequence[str]]) -> None:
        self._partners = [each for each in partners if each.forward is not None]
        self._secrets = secrets

    def forward(
        self, tx: Transaction, body: Body, guard: Guard, raw: bytes = b"", signature: str = ""
    ) -> int:
        """One outbox row for each partner who is to get something of the body; how many.

        Args:
            guard: Takes events with a 個人番号 out: such a number goes to nobody.
            raw: The bytes as LINE sent them, with their signature; left out where only the parsed body is known.
        """
        if not self._partners:
            return 0
        owners = [
            (at, event_owner(self._partners, event))
            for at, (event, plain) in enumerate(zip(body.events, body.raw, strict=True))
            if _clean(plain, guard)
        ]
        return sum(
            self._send(tx, body, _wanted(each, owners), each, (raw, signature)) for each in self._partners
        )

    def hand_over(self, tx: Transaction, incoming: "Incoming", destination: str = "") -> bool:
        """Send an event that the town does not answer to the partner who takes the rest; whether there is one.

        In the event's own unit of work, from what the inbox kept: the event in LINE's shape, signed anew.

        Args:
            destination: The account's own user id, which the inbox does not keep.
        """
        to = next((each for each in self._partners if each.owns.rest), None)
        if to is None:
            return False
        event = _as_sent(tx, json.loads(incoming.body), incoming.reply_token)
        self._send(tx, parse({"destination": destination, "events": [event]}), [0], to, (b"", ""))
        return True

    def _send(
        self, tx: Transaction, body: Body, wanted: list[int], to: Partner, sent: tuple[bytes, str]
    ) -> int:
        from govline.store.blobs import Blobs

        hook, (raw, signature) = to.forward, sent
        if not wanted or hook is None:
            return 0
        if len(wanted) < len(body.events) or not raw:
            raw = _bytes(body, wanted)
            signature = sign(self._secrets()[0], raw)
        until = tx.now + timedelta(seconds=hook.keep)
        blob = Blobs().put(tx, raw, _TYPE, expires=until + timedelta(hours=1))
        tx.enqueue(
            Effect(
                topic=TOPIC,
                payload={"partner": to.name, "blob": blob.id, "signature": signature},
                dedupe=f"{to.name}:{blob.id}",
                order_key=_order(tx, body, wanted, to.name, hook),
                expires=until,
                queue=queue_of(to.name),
                strict=False,
            )
        )
        return 1


def _let_go(heard: BaseHTTPResponse) -> None:
    """Keep the connection where the answer is short; what a partner says beyond its status is not read."""
    length = heard.headers.get("content-length", "")
    if length.isdecimal() and int(length) <= _SHORT_ANSWER:
        heard.drain_conn()
        heard.release_conn()
    else:
        heard.close()


def _as_sent(tx: Transaction, stored: dict[str, Json], reply_token: str) -> Json:
    """The event as LINE sent it: people by their userId again, the reply token in its place."""
    from govline.store import identity

    def named(value: Json) -> Json:
        if isinstance(value, list):
            return [named(item) for item in value]
        if not isinstance(value, dict):
            return value
        return {
            ("userId" if key == "citizenId" else key): (
                identity.line_user_of(tx, item) if key == "citizenId" and item else named(item)
            )
            for key, item in value.items()
        }

    plain: dict[str, Json] = named({key: item for key, item in stored.items() if key != "govlineRefused"})
    return {**plain, "replyToken": reply_token} if reply_token else plain


def _wanted(partner: Partner, owners: Sequence[tuple[int, str]]) -> list[int]:
    hook = partner.forward
    everything = hook is not None and hook.receives == "all"
    return [at for at, owner in owners if everything or owner == partner.name]


def _clean(event: Json, guard: Guard) -> bool:
    cleaner = Cleaner(lambda user: user, guard)
    cleaner.clean(event)
    return not cleaner.refused


def _bytes(body: Body, wanted: Sequence[int]) -> bytes:
    rest = {"destination": body.destination, "events": [body.raw[at] for at in wanted]}
    return json.dumps(rest, ensure_ascii=True, separators=(",", ":")).encode()


def _order(tx: Transaction, body: Body, wanted: Sequence[int], name: str, hook: Forward) -> str:
    """One citizen's bodies go one after another; a body about several people goes in the order of all bodies."""
    from govline.store import identity

    people = {user for at in wanted for user in user_ids(body.raw[at])}
    if hook.order == "body" or len(people) != 1:
        return f"forward:{name}"
    return f"forward:{name}:{identity.citizen_of(tx, people.pop())}"


@define
class Breaker:
    """Stops calling a partner that keeps failing, and tries one call when the pause is over; safe between threads.

    Args:
        failures: In a row, that open it. `pause`: how long it stays open.
    """

    failures: int = 5
    pause: timedelta = timedelta(seconds=30)
    _lock: threading.Lock = field(factory=threading.Lock, init=False, repr=False)
    _failed: int = field(default=0, init=False)
    _until: datetime | None = field(default=None, init=False)

    def admits(self, now: datetime) -> bool:
        """Whether a call may go out; the first one after the pause is the trial."""
        with self._lock:
            if self._until is None:
                return True
            if now < self._until:
                return False
            self._until = now + self.pause  # the others wait for the trial
            return True

    def note(self, now: datetime, *, ok: bool) -> None:
        """Tell how a call went."""
        with self._lock:
            self._failed = 0 if ok else self._failed + 1
            self._until = now + self.pause if self._failed >= self.failures else None


class ForwardHandler:
    """`line.forward` {"partner", "blob", "signature"}: posts the body; at least once, so the partner knows event ids apart.

    Args:
        partners: By whom a row's address and timeout are found; a row of a partner who is gone ends dead.
        breaker: Makes the breaker of one partner.
    """

    def __init__(
        self, db: "Database", partners: Sequence[Partner], *, breaker: Callable[[], Breaker] = Breaker
    ) -> None:
        self._db = db
        self._hooks = {each.name: each.forward for each in partners if each.forward is not None}
        self._breakers = {name: breaker() for name in self._hooks}
        self._pool = one_write_pool(8)

    def run(self, payload: Mapping[str, Json], context: EffectContext) -> Fate:
        """Post the body with LINE's signature and the row's id; no redirect is followed."""
        name = payload["partner"]
        hook, breaker = self._hooks.get(name), self._breakers.get(name)
        if hook is None or breaker is None:
            return Dead("GL-8054 the partner is not configured any more")
        raw = self._body(payload["blob"])
        if raw is None:
            return Dead("GL-8054 the body is not kept any more")
        if not breaker.admits(context.now):
            return Retry("GL-8055 the partner keeps failing; it is left alone for a while")
        fate = self._post(hook, raw, str(payload["signature"]), context.id)
        breaker.note(context.now, ok=not isinstance(fate, Retry))
        return fate

    def record(self, tx: Transaction, payload: Mapping[str, Json], fate: Fate) -> None:
        """What was taken, or given up, is not kept."""
        from govline.store.blobs import Blobs

        if not isinstance(fate, Retry):
            Blobs().remove(tx, Ref(_KIND, payload["blob"]))

    def close(self) -> None:
        """Close every connection."""
        self._pool.clear()

    def _body(self, blob: str) -> bytes | None:
        from govline.store.blobs import Blobs

        found = self._db.read(lambda tx: Blobs().get(tx, Ref(_KIND, blob)))
        return None if found is None else found[0]

    def _post(self, hook: Forward, raw: bytes, signature: str, row: str) -> Fate:
        headers = {"Content-Type": _TYPE, SIGNATURE_HEADER: signature, "X-Govline-Delivery": row}
        try:
            heard = self._pool.request(
                "POST",
                hook.url,
                body=raw,
                headers=headers,
                timeout=Timeout(total=hook.timeout),
                redirect=False,
                preload_content=False,
            )
            _let_go(heard)
        except (HTTPError, OSError) as error:
            return Retry(f"GL-8056 the partner did not answer ({type(error).__name__})")
        if 200 <= heard.status < 300:
            return Done({"status": heard.status})
        if heard.status >= 500 or heard.status in _AGAIN:
            return Retry(f"GL-8056 the partner answered {heard.status}")
        return Dead(f"GL-8057 the partner refused with {heard.status}")
