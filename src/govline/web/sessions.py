"""Who is signed in: rows behind a random cookie, one town each, gone at sign-out, kept a day longer only to save drafts."""

from datetime import timedelta
from typing import Final

from govline.core import Id, Transaction
from govline.web import _queries as q
from govline.web.model import Session, SessionKind
from govline.web.tokens import hash_of, hashes_of

__all__ = ["DRAFT_GRACE", "end", "end_all", "find", "start"]

DRAFT_GRACE: Final = timedelta(days=1)
"""An expired session opens nothing, but a form that was sent with it is still kept as its owner's draft."""
_PURPOSE: Final = "web.session"


def start(tx: Transaction, token: str, kind: SessionKind, subject: Id, lifetime: timedelta) -> Session:
    """Sign in: always with a fresh token, so that a token planted before signing in is worth nothing."""
    row = {
        "hash": hash_of(tx, token, _PURPOSE),
        "kind": kind,
        "subject": subject,
        "created": tx.now,
        "expires": tx.now + lifetime,
    }
    tx.write(q.ADD_SESSION, row)
    return Session(token, kind, subject, tx.now, tx.now + lifetime)


def find(tx: Transaction, token: str) -> Session | None:
    """The session of a token, alive or lately expired; None where there is none.

    Raises:
        PageRefused: GL-8112, the token is of another town.
    """
    for value in hashes_of(tx, token, _PURPOSE):
        row = tx.one(q.SESSION, {"hash_is": value})
        if row is not None:
            return Session(token, *row)
    return None


def end(tx: Transaction, token: str) -> None:
    """Sign out this browser."""
    for value in hashes_of(tx, token, _PURPOSE):
        tx.write(q.DROP_SESSION, {"hash_is": value})


def end_all(tx: Transaction, kind: SessionKind, subject: Id) -> None:
    """Sign somebody out everywhere: a lost phone, a member of staff who left."""
    tx.write(q.END_SESSIONS, {"of_kind": kind, "who": subject})
