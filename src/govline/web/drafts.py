"""Half-filled forms, sealed, of one person and page; and submissions, each of which happens once."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from govline.core import Json, Reason, Transaction
from govline.core.pages import Submitted
from govline.errors import PageRefused
from govline.store._reach import keyring
from govline.web import _queries as q
from govline.web.blocks import blocks_from_json, blocks_to_json

__all__ = [
    "DRAFT_LIFETIME",
    "RESULT_LIFETIME",
    "Refusal",
    "drop",
    "load",
    "reference",
    "result",
    "save",
    "submit",
]

DRAFT_LIFETIME: Final = timedelta(days=7)
RESULT_LIFETIME: Final = timedelta(days=30)
_NO_RESULT: Final = ""


class Refusal(PageRefused):
    """The page has reasons against a submission: everything of the unit is rolled back, the key stays free."""

    code = "GL-8130"
    status = 422

    def __init__(self, reasons: Sequence[Reason]) -> None:
        super().__init__("the form was not taken")
        self.reasons = tuple(reasons)


def save(tx: Transaction, subject: str, page: str, values: Mapping[str, Json]) -> None:
    """Keep what somebody typed; sealed, because a form may hold anything."""
    value = _hash(subject, page)
    sealed = keyring(tx).seal(_dump(values), f"web.draft:{value}")
    expires = tx.now + DRAFT_LIFETIME
    tx.write(q.SAVE_DRAFT, {"hash": value, "subject": subject, "sealed": sealed, "expires": expires})


def load(tx: Transaction, subject: str, page: str) -> dict[str, Json] | None:
    """The draft, or None when there is none or it has expired."""
    value = _hash(subject, page)
    row = tx.one(q.DRAFT, {"hash_is": value})
    if row is None or row[1] <= tx.now:
        return None
    found: dict[str, Json] = json.loads(keyring(tx).open(row[0], f"web.draft:{value}"))
    return found


def drop(tx: Transaction, subject: str, page: str) -> None:
    """Throw the draft away."""
    tx.write(q.DROP_DRAFT, {"hash_is": _hash(subject, page)})


def submit(
    tx: Transaction,
    subject: str,
    page: str,
    key: str,
    take: Callable[[], Submitted | Sequence[Reason]],
) -> Submitted:
    """Let `take` act once for this key; whoever comes again gets the same page and nothing happens.

    The row goes in first: of two at the same time the second waits for the first, and then finds its result.

    Raises:
        Refusal: `take` has reasons against it; the unit must roll back.
    """
    value = _hash(subject, page, key)
    row = {
        "hash": value,
        "subject": subject,
        "sealed": _NO_RESULT,
        "at": tx.now,
        "expires": tx.now + RESULT_LIFETIME,
    }
    if not tx.write(q.SUBMIT, row):
        known = result(tx, subject, page, key)
        assert known is not None
        return known
    taken = take()
    if not isinstance(taken, Submitted):
        raise Refusal(taken)
    plain = {"title": taken.title, "blocks": blocks_to_json(taken.blocks), "tell": taken.tell}
    sealed = keyring(tx).seal(_dump(plain), f"web.result:{value}")
    tx.write(q.RESULT, {"hash_is": value, "result": sealed})
    drop(tx, subject, page)
    return taken


def result(tx: Transaction, subject: str, page: str, key: str) -> Submitted | None:
    """The page that followed a submission, for whoever made it."""
    value = _hash(subject, page, key)
    row = tx.one(q.SUBMITTED, {"hash_is": value})
    if row is None or row[0] == _NO_RESULT:
        return None
    plain = json.loads(keyring(tx).open(row[0], f"web.result:{value}"))
    return Submitted(plain["title"], blocks_from_json(plain["blocks"]), plain["tell"])


def reference(subject: str, page: str, key: str) -> str:
    """What a submission is called elsewhere: a hash, because a page's query may hold whatever somebody typed."""
    return _hash(subject, page, key)


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _dump(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=dict).encode(
        errors="surrogatepass"
    )
