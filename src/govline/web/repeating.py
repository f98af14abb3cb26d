"""What failed for want of the database comes again by a button: the same request, with what it carried."""

from typing import Final
from urllib.parse import urlencode

from govline.errors import GovlineError, PageRefused, UnitTimeout
from govline.store._outage import is_outage
from govline.web.bodies import read_form
from govline.web.model import Ask
from govline.web.rendering import Again

__all__ = ["busy_code", "repeated"]

_ENTERING: Final = ("/sign-in", "/staff/sign-in")


def busy_code(error: Exception) -> str:
    """The code of an error that passes, the database being busy or away; "" for any other."""
    if not isinstance(error, UnitTimeout) and not is_outage(error):
        return ""
    return error.code if isinstance(error, GovlineError) else type(error).__name__


def repeated(ask: Ask) -> Again | None:
    """The request as a form of hidden fields: it keeps the key it had, so that it still happens once.

    Returns:
        None where it cannot be repeated: files do not travel hidden, a password must not, and what is malformed stays so.
    """
    if ask.path.startswith(_ENTERING):
        return None
    address = f"{ask.root}{ask.path}"
    if ask.method != "POST":
        return Again("get", address, tuple(ask.query.items()))
    try:
        kept = read_form(ask)
    except PageRefused:
        return None
    if kept.files:
        return None
    held = [(name, text) for name, texts in kept.texts.items() for text in texts]
    return Again("post", f"{address}?{urlencode(ask.query)}" if ask.query else address, held)
