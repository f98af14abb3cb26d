"""第1回に続けられる第2回があるか: which first slots have a free second one, told for hundreds of them from one look at the seconds."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from attrs import evolve, field, frozen

from govline.calendar import _queries as q
from govline.calendar.availability import midnight
from govline.calendar.linking import link_reasons, offered
from govline.calendar.model import CitizenFacts, Link, Policy, Programme, Slot
from govline.calendar.reasons import because
from govline.calendar.rules import BusinessDay, check
from govline.core import Reason, Transaction, frozen_map
from govline.core.jst import to_jst

__all__ = ["FAR", "Seconds", "seconds_for"]

_DAY: Final = timedelta(days=1)
FAR: Final = timedelta(days=366)
"""How far ahead a second one is looked for where the link sets no most days."""
_MOST: Final = 100_000


@frozen
class Seconds:
    """Free slots that could follow, in order of time, by product where the link asks for the same one.

    Args:
        own: The programme of the first ones, with its `link`. `later`: of these.
    """

    own: Programme
    link: Link
    later: Programme
    slots: Mapping[str, Sequence[Slot]] = field(converter=frozen_map, hash=False)

    @classmethod
    def of(cls, own: Programme, link: Link, later: Programme, slots: Iterable[Slot]) -> "Seconds":
        """Put together from slots in order of time."""
        found: dict[str, list[Slot]] = {}
        for slot in slots:
            found.setdefault(_product(link, later, slot), []).append(slot)
        return cls(own, link, later, found)

    def follow(self, first: Slot) -> bool:
        """Whether any of them fits after this one."""
        mine = self.slots.get(_product(self.link, self.own, first), ())
        since = midnight(offered(self.link, to_jst(first.starts).date())[0])
        # the earliest that is not too near: where even that is too far, all are
        at = max(
            bisect_left(mine, since, key=lambda slot: slot.starts),
            bisect_right(mine, first.starts, key=lambda slot: slot.starts),
        )
        return at < len(mine) and not link_reasons(self.link, [(self.own, first), (self.later, mine[at])])

    def missing(self, first: Slot) -> list[Reason]:
        """Why nobody can begin with this slot; nothing where somebody can."""
        return [] if self.follow(first) else [because("no_second")]


def seconds_for(
    tx: Transaction,
    pair: tuple[Programme, Programme],
    days: tuple[date, date],
    facts: Callable[[Slot], CitizenFacts],
    *,
    party: int,
    business_day: BusinessDay,
) -> Seconds:
    """Everything free that can follow slots of these days: one statement, however many there are.

    Args:
        pair: The programme of the first ones, and that of those that follow.
        facts: Of whoever asks, for a slot that follows.
    """
    (own, later), (first, last) = pair, days
    assert own.link is not None  # asked only of such programmes
    until = offered(own.link, last)[1]
    start = max(midnight(offered(own.link, first)[0]), tx.now)
    end = midnight(last) + FAR if until is None else midnight(until + _DAY)
    policy = _without_the_pair(later.policy, {own.id, later.id})
    terms = {"programme": later.id, "places": later.places(party), "since": start, "until": end}
    rows: Sequence[Slot] = tx.all(q.FREE_SLOTS, {**terms, "limit": _MOST}) if start < end else ()
    open_ = _judge(policy, facts, tx.now, business_day)
    return Seconds.of(own, own.link, later, filter(open_, rows))


def _judge(
    policy: Policy, facts: Callable[[Slot], CitizenFacts], now: datetime, business_day: BusinessDay
) -> Callable[[Slot], bool]:
    return lambda slot: not check(policy, slot, facts(slot), now, business_day=business_day)


def _without_the_pair(policy: Policy, pair: set[str]) -> Policy:
    """What the first booking itself would change is judged when the second is chosen: limits, and the days since the first."""
    after = policy.interval is not None and policy.interval.after in pair
    return evolve(policy, limit=None, limits=(), interval=None if after else policy.interval)


def _product(link: Link, programme: Programme, slot: Slot) -> str:
    return programme.policy.product(slot.name) if link.same_product else ""
