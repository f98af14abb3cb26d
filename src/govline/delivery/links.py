"""Redirect links of our own: `/r/<token>` counts taps a day, and carries nothing about who tapped.

The token is unguessable (192 bits) and leads only where staff said: no part of the request chooses the target.
"""

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from attrs import frozen

from govline.core import Id, Transaction
from govline.core.jst import to_jst
from govline.delivery import _sql as sql
from govline.delivery._sql import Link
from govline.errors import InputError

__all__ = ["Link", "Taps", "new_token", "resolve", "shorten", "taps"]

_LONGEST: Final = 1_000  # LINE's limit of a URI action
_TOKEN: Final = 64


@frozen
class Taps:
    """How often a link of a run was opened."""

    token: str
    label: str
    url: str
    taps: int


def new_token() -> str:
    """A fresh capability of 192 bits."""
    return secrets.token_urlsafe(24)


def shorten(
    tx: Transaction,
    run: Id,
    url: str,
    *,
    label: str = "",
    parameter: str = "",
    expires: datetime | None = None,
    token: Callable[[], str] = new_token,
) -> Link:
    """Make a link for a plan or run (they share the id); its `path` goes into the message.

    Args:
        url: https only, without user name and password.
        label: What staff call it in the figures.
        parameter: A query parameter that is added to the target with the label as its value, for the target's own figures:
            which campaign, never which citizen.
        expires: Dead after this.

    Raises:
        InputError: GL-1059, an address that no link may lead to.
    """
    target = _with_parameter(_checked(url), parameter, label)
    link = Link(token(), run, label, target, tx.now, expires)
    row = {"token": link.token, "run_id": run, "label": label, "url": target, "created_at": tx.now}
    tx.write(sql.ADD_LINK, {**row, "expires_at": expires})
    return link


def resolve(tx: Transaction, token: str, *, count: bool = True) -> str | None:
    """Where a tap leads, counted for its day in Japan; None for a token that is unknown or over.

    Args:
        count: False for a look that is no tap (HEAD).
    """
    link: Link | None = tx.one(sql.LINK, {"given": token}) if 0 < len(token) <= _TOKEN else None
    if link is None or (link.expires is not None and link.expires <= tx.now):
        return None
    if count:
        tx.write(sql.TAP, {"token": token, "day": to_jst(tx.now).date().isoformat(), "taps": 1})
    return link.url


def taps(tx: Transaction, run: Id) -> tuple[Taps, ...]:
    """The links of a run with their taps, in the order in which they were made."""
    found = tx.all(sql.LINKS_OF_RUN, {"run": run})
    return tuple(Taps(token, label, url, int(counted)) for token, label, url, counted in found)


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        plain = parts.scheme == "https" and all((parts.hostname or "").split(".")) and "@" not in parts.netloc
        fits = parts.port is None or parts.port > 0
    except ValueError:
        plain = fits = False
    clean = url.isascii() and url.isprintable() and not set(url) & set(' \\"<>^`{|}')
    if not (plain and fits and clean and len(url) <= _LONGEST):
        raise InputError(
            "a link may not lead there",
            code="GL-1059",
            hint="an https address of printable ASCII (percent-encode the rest), without user name, at most 1,000 characters",
        )
    return url


def _with_parameter(url: str, parameter: str, label: str) -> str:
    if not parameter:
        return url
    parts = urlsplit(url)
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), (parameter, label)])
    return _checked(urlunsplit(parts._replace(query=query)))
