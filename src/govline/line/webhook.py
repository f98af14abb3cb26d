"""The door for LINE's webhooks: verify, read, clean, store in one commit, answer at once.

Processing happens later, from the inbox; LINE counts an answer after two seconds as an error.
"""

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from govline.core import Transaction
from govline.errors import ConfigError, InputError
from govline.line.intake import REFUSED, Receipt, store_body
from govline.line.parsing import Body, parse
from govline.line.privacy import Guard
from govline.line.signature import signature_fits

if TYPE_CHECKING:
    from govline.line.accounts.forwarding import Forwarder
    from govline.store import Database

__all__ = ["MAX_BODY", "REFUSED", "Receipt", "Webhook"]

MAX_BODY: Final = 1_000_000
_log = logging.getLogger("govline.line")


class Webhook:
    """Takes webhook bodies of one LINE account into one town's inbox; safe to share between threads.

    Args:
        db: The town's database.
        secrets: The channel secrets that are valid now, two while they rotate; or a function that returns them.
        destination: The account's own user id; bodies for another account are refused where it is set.
        guard: Looks for a 個人番号 in what a citizen typed.
        max_body: Bytes.
        forwarder: Hands new events on to other tools on the channel, in the transaction that stores them.

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
        forwarder: "Forwarder | None" = None,
    ) -> None:
        self._db = db
        self._secrets = secrets if callable(secrets) else _fixed(secrets)
        self._destination = destination
        self._guard = guard or _individual_numbers()
        self._max_body = max_body
        self._forwarder = forwarder

    def receive(self, raw: bytes, signature: str | None) -> Receipt:
        """Take a body as it came over the wire.

        Args:
            raw: The bytes, never re-serialised.
            signature: The value of `X-Line-Signature`.
        """
        body = self._read(raw, signature)
        if isinstance(body, Receipt):
            return body
        return self._settled(body) or self._db.run(lambda tx: self._take(tx, body, raw, signature or ""))

    async def areceive(self, raw: bytes, signature: str | None) -> Receipt:
        """`receive` for asynchronous servers: one thread hop for the commit."""
        body = self._read(raw, signature)
        if isinstance(body, Receipt):
            return body
        settled = self._settled(body)
        return (
            settled
            if settled is not None
            else await self._db.arun(lambda tx: self._take(tx, body, raw, signature or ""))
        )

    def accept(self, body: Body) -> Receipt:
        """Take a body whose signature the caller has checked: `parse(dict)`, `from_sdk(events)`."""
        return self._settled(body) or self._db.run(lambda tx: self.store(tx, body))

    def store(self, tx: Transaction, body: Body) -> Receipt:
        """Put the events of a checked body into the inbox, in the caller's transaction."""
        return self._take(tx, body)

    def _take(self, tx: Transaction, body: Body, raw: bytes = b"", signature: str = "") -> Receipt:
        receipt = store_body(tx, body, self._guard)
        if self._forwarder is not None and receipt.received:
            self._forwarder.forward(tx, body, self._guard, raw, signature)
        return receipt

    def _read(self, raw: bytes, signature: str | None) -> Body | Receipt:
        if len(raw) > self._max_body:
            return _refusal(413, f"GL-8016 the body has more than {self._max_body} bytes")
        if not signature_fits(self._secrets(), raw, signature):
            return _refusal(
                401,
                "GL-8001 the signature does not fit the body: compare the channel secret with the LINE Developers console",
            )
        try:
            return parse(raw)
        except InputError as error:
            return _refusal(413 if error.code == "GL-8018" else 400, f"{error.code} {error.message}")

    def _settled(self, body: Body) -> Receipt | None:
        """The receipt of a body that needs no transaction, or None."""
        if self._destination and body.destination and body.destination != self._destination:
            return _refusal(403, "GL-8015 the body is meant for another account")
        return None if body.events else Receipt(200)


def _individual_numbers() -> Guard:
    from govline.core import individual_number

    return lambda text: individual_number.redact(text) if individual_number.find(text) else None


def _refusal(status: int, reason: str) -> Receipt:
    _log.warning("a webhook body was refused: %s", reason)
    return Receipt(status, reason=reason)


def _fixed(secrets: Sequence[str]) -> Callable[[], Sequence[str]]:
    known = tuple(secret for secret in ([secrets] if isinstance(secrets, str) else secrets) if secret)
    if not known:
        raise ConfigError("no channel secret is configured", code="GL-8011", hint="set the channel secret")
    return lambda: known
