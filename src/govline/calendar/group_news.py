"""What became of a group's registration, told to everybody who acts for it: status words, in their language, not in quiet hours."""

from govline.calendar._queries.terms import MEMBERS, GroupRow
from govline.calendar.labels import date_label
from govline.calendar.reminding import Quiet
from govline.core import Effect, Transaction
from govline.core.messages import Text
from govline.core.texts import Texts
from govline.store import languages

__all__ = ["tell"]


def tell(tx: Transaction, texts: Texts, quiet: Quiet | None, group: GroupRow, *, before: str) -> None:
    """Tell each of its people once; neither its name nor the reason, which stand on the page.

    Args:
        group: As it was decided just now. `before`: its state until then.
    """
    due = quiet.until(tx.now) if quiet is not None else None
    people = [citizen for (citizen,) in tx.all(MEMBERS, {"group": group.id})]
    locales = languages.locales_of(tx, people)
    assert group.decided is not None  # just now
    for citizen in people:
        text = _said(texts, group, before, locales.get(citizen, languages.DEFAULT))
        payload = {"citizen": citizen, "messages": [Text(text).to_line()]}
        dedupe = f"calendar.group:{group.id}:{group.decided.isoformat()}:{citizen}"
        order = f"calendar.group:{group.id}:{citizen}"  # an end never arrives before its approval
        tx.enqueue(Effect("line.push", payload, dedupe=dedupe, order_key=order, due=due))


def _said(texts: Texts, group: GroupRow, before: str, locale: str) -> str:
    """The sentence for the step that was taken."""
    if group.state == "rejected":
        return texts.get(f"calendar.group.{'ended' if before == 'approved' else 'rejected'}", locale)
    step = "renewed" if before == "approved" else "approved"
    if group.until is None:
        return texts.get(f"calendar.group.{step}", locale)
    return texts.get(f"calendar.group.{step}_until", locale, until=date_label(group.until, locale))
