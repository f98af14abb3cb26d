"""When a programme has no slots any more: its dates as the definition gives them."""

from collections.abc import Iterable

from govline.calendar.model import Programme
from govline.core import Expiry

__all__ = ["expiries"]


def expiries(programmes: Iterable[Programme]) -> list[Expiry]:
    """The last day of each programme whose rules all name their dates; one that rolls on never runs out."""
    return [
        Expiry(f"予約「{programme.title}」の枠", max(lasts), f"calendars/ の {programme.id} に次の期間を書く")
        for programme in programmes
        if programme.rules
        and len(lasts := [rule.last for rule in programme.rules if rule.last is not None])
        == len(programme.rules)
    ]
