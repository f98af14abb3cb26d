"""When a programme has no slots any more, by the dates of its definition; and when its list of eligible people has run out."""

from collections.abc import Iterable, Mapping
from datetime import date

from govline.calendar.model import Programme
from govline.core import Expiry

__all__ = ["expiries", "list_expiries"]


def expiries(programmes: Iterable[Programme]) -> list[Expiry]:
    """The last day of each programme whose rules all name their dates; one that rolls on never runs out."""
    return [
        Expiry(f"予約「{programme.title}」の枠", max(lasts), f"calendars/ の {programme.id} に次の期間を書く")
        for programme in programmes
        if programme.rules
        and len(lasts := [rule.last for rule in programme.rules if rule.last is not None])
        == len(programme.rules)
    ]


def list_expiries(programmes: Mapping[str, Programme], last_days: Iterable[tuple[str, date]]) -> list[Expiry]:
    """The last day of eligibility lists, so that nobody stands before a booking that has slots and takes no number any more."""
    return [
        Expiry(
            f"予約「{programmes[programme].title}」の対象者一覧",
            last,
            f"次の一覧を govline import eligible-{programme} FILE",
        )
        for programme, last in last_days
        if programme in programmes
    ]
