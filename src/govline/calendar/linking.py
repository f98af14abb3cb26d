"""第1回と第2回: whether dates and products of linked bookings fit each other. Pure."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from govline.calendar.model import Link, Programme, SlotFacts
from govline.calendar.reasons import because
from govline.core import Reason
from govline.core.jst import to_jst

__all__ = ["LINK_CODES", "earlier_days", "link_of", "link_reasons", "offered"]

_DAY = timedelta(days=1)
LINK_CODES: Final = frozenset({"GL-2151", "GL-2152", "GL-2153"})
"""Of what stands between two bookings of a pair: another slot of the other one helps."""


def link_of(chain: Sequence[tuple[Programme, SlotFacts]]) -> Link | None:
    """The link that holds these together: of the earliest one whose programme leads to another of them; None where nothing does."""
    ordered = [programme for programme, _ in sorted(chain, key=lambda each: each[1].starts)]
    names = {programme.id for programme in ordered}
    return next((each.link for each in ordered if each.link and (each.link.to or each.id) in names), None)


def earlier_days(link: Link, second: date) -> tuple[date | None, date]:
    """From which day to which the booking before one on `second` may be."""
    return None if link.most is None else second - link.most * _DAY, second - link.least * _DAY


def link_reasons(link: Link, chain: Sequence[tuple[Programme, SlotFacts]]) -> list[Reason]:
    """Every reason why these bookings cannot be linked, one after another in order of time.

    Args:
        link: Of the first one's programme; those of the programme that it leads `to` come after it, whatever their dates.
        chain: Programme and slot of each.
    """
    ordered = sorted(chain, key=lambda each: (each[0].id == link.to, each[1].starts))
    reasons = [reason for pair in pairwise(ordered) for reason in _pair_reasons(link, *pair)]
    products = {programme.policy.product(slot.name) for programme, slot in ordered}
    if link.same_product and len(products) > 1:
        first = ordered[0][0].policy.product(ordered[0][1].name)
        reasons.append(because("link_product", product=first))
    return reasons


def offered(link: Link, first: date) -> tuple[date, date | None]:
    """From which day to which the booking after one on `first` may be."""
    return first + link.least * _DAY, None if link.most is None else first + link.most * _DAY


def _pair_reasons(
    link: Link, earlier: tuple[Programme, SlotFacts], later: tuple[Programme, SlotFacts]
) -> Iterator[Reason]:
    day = to_jst(later[1].starts).date()
    first, last = offered(link, to_jst(earlier[1].starts).date())
    if day < first or later[1].starts <= earlier[1].starts:
        yield because("link_too_near", **{"from": first}, limit=link.least)
    if last is not None and day > last:
        yield because("link_too_far", until=last, limit=link.most)
