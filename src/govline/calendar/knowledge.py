"""What the rules must know of citizens, fetched for many at once; the same look serves the desk and the rush.

A programme that counts nothing and asks nothing of a person costs no statement at all.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from attrs import evolve, field, frozen

from govline.calendar._queries import known as q
from govline.calendar.conditions import acting_group, person_reasons
from govline.calendar.model import Booking, BookingState, CitizenFacts, Policy, Programme, Slot
from govline.calendar.reception import window_reasons
from govline.calendar.terms import Group, Standing, Voucher
from govline.core import CitizenId, Id, Json, ProfilePort, Transaction, frozen_map, frozen_tuple
from govline.errors import ConfigError
from govline.store.rows import rows_text

__all__ = ["Known", "Pair", "facts_of", "holds_on_vouchers", "look_up"]

Pair = tuple[str, CitizenId]
"""A programme and a citizen."""


@frozen
class Known:
    """What is known of one citizen in one programme, whichever slot they ask for."""

    history: tuple[Standing, ...] = field(default=(), converter=frozen_tuple)
    vouchers: tuple[Voucher, ...] = field(default=(), converter=frozen_tuple)
    attributes: Mapping[str, Json] = field(factory=dict, converter=frozen_map, repr=False)
    group: Group | None = None

    def with_booking(self, booking: Booking, slot: Slot, policy: Policy) -> "Known":
        """The same once this booking stands as well."""
        standing = Standing(
            slot.programme,
            slot.id,
            slot.starts,
            slot.ends,
            policy.product(slot.name),
            booking.places,
            booking=booking.id,
            voucher=booking.voucher,
        )
        vouchers = [
            evolve(each, taken=True) if each.id == booking.voucher else each for each in self.vouchers
        ]
        return evolve(self, history=(*self.history, standing), vouchers=vouchers)


def look_up(
    tx: Transaction,
    programme: Callable[[str], Programme],
    pairs: Iterable[Pair],
    profile: ProfilePort | None = None,
    *,
    gone: Collection[Id] = (),
) -> dict[Pair, Known]:
    """What is known of each citizen in each programme: one statement each for bookings, vouchers and groups.

    Args:
        programme: The programme of an id.
        pairs: Who asks for what; those of whom nothing must be known are left out.
        profile: Where attributes are: asked once for all citizens and attributes that the policies name.
        gone: Bookings that count as gone: one that is about to leave its slot, holds that ran out.
    """
    asked = [(each, programme(each[0]).policy) for each in sorted(set(pairs))]
    histories = _histories(tx, programme, [each for each in asked if each[1].counts], gone)
    vouchers = _vouchers(tx, [pair for pair, policy in asked if _listed(policy)], gone)
    groups = _groups(tx, sorted({pair[1] for pair, policy in asked if policy.groups}))
    attributes = _attributes(tx, profile, asked)
    return {
        pair: Known(
            histories.get(pair, ()),
            vouchers.get(pair, ()),
            {name: attributes.get(pair[1], {}).get(name) for name in policy.attributes},
            acting_group(groups.get(pair[1], ()), policy),
        )
        for pair, policy in asked
        if policy.personal
    }


def facts_of(
    known: Known | None,
    programme: Programme,
    slot: Slot,
    party: int,
    now: datetime,
    *,
    in_slot: bool,
    person: bool = True,
) -> CitizenFacts:
    """What the rules need for one slot, from what is known of the citizen. Pure.

    Where several vouchers are theirs (of their children), the one with the least against it is meant.
    """
    places = programme.places(party)
    if known is None:
        return _plain(party, places, in_slot=in_slot, person=person)
    mine = [each for each in known.history if each.programme == programme.id]
    facts = CitizenFacts(
        party,
        in_slot,
        sum(each.ends > now for each in mine),
        places,
        history=known.history,
        programme=programme.id,
        attributes=known.attributes,
        group=known.group,
        person=person,
        purpose=programme.policy.purpose,
    )
    if not known.vouchers:
        return facts
    each_way = [evolve(facts, voucher=voucher) for voucher in known.vouchers]
    return min(each_way, key=lambda way: _against(programme.policy, slot, way, now))


@lru_cache(maxsize=1_000)
def _plain(party: int, places: int, *, in_slot: bool, person: bool) -> CitizenFacts:
    """Facts of whom nothing must be known: there are few of them, and in a rush they are asked for thousands of times."""
    return CitizenFacts(party, in_slot, 0, places, person=person)


def holds_on_vouchers(
    tx: Transaction, programme: Callable[[str], Programme], pairs: Iterable[Pair]
) -> list[Id]:
    """Holds that ran out and still stand on a voucher of these citizens; whoever asks ends them first."""
    asked = [pair for pair in sorted(set(pairs)) if programme(pair[0]).policy.eligibility is not None]
    terms = {"rows": _rows(asked), "now": tx.now}
    return [hold for (hold,) in tx.all(q.DUE_HOLDS_ON_VOUCHERS, terms)] if asked else []


def _against(policy: Policy, slot: Slot, facts: CitizenFacts, now: datetime) -> int:
    return len([*window_reasons(policy, slot, facts, now), *person_reasons(policy, slot, facts)])


def _listed(policy: Policy) -> bool:
    cohorts = policy.who.cohorts or any(window.who.cohorts for window in policy.windows)
    return bool(policy.eligibility or cohorts)


def _rows(pairs: Iterable[Pair]) -> str:
    return rows_text(q.PAIR, [{"programme": programme, "citizen": who} for programme, who in pairs])


def _histories(
    tx: Transaction,
    programme: Callable[[str], Programme],
    asked: Sequence[tuple[Pair, Policy]],
    gone: Collection[Id],
) -> dict[Pair, list[Standing]]:
    wanted: dict[Pair, set[Pair]] = {}
    for (own, who), policy in asked:
        wanted.setdefault((own, who), set()).add((own, who))
        if policy.interval is not None and policy.interval.after:
            wanted.setdefault((policy.interval.after, who), set()).add((own, who))
    if not wanted:
        return {}
    found: dict[Pair, list[Standing]] = {}
    rows: Sequence[q.HistoryRow] = tx.all(q.HISTORY, {"rows": _rows(sorted(wanted)), "now": tx.now})
    for row in rows:
        for pair in wanted[row.programme, row.citizen] if row.booking not in gone else ():
            found.setdefault(pair, []).append(_standing(row, programme))
    return found


def _standing(row: q.HistoryRow, programme: Callable[[str], Programme]) -> Standing:
    return Standing(
        row.programme,
        row.slot,
        row.starts,
        row.ends,
        _product(programme, row),
        row.places,
        attended=row.state == BookingState.ATTENDED,
        missed=row.state in (BookingState.NO_SHOW, BookingState.DISPLACED),
        booking=row.booking,
        voucher=row.voucher,
    )


def _product(programme: Callable[[str], Programme], row: q.HistoryRow) -> str:
    try:
        return programme(row.programme).policy.product(row.name)
    except ConfigError:  # a programme that is not declared any more
        return row.name


def _vouchers(tx: Transaction, asked: Sequence[Pair], gone: Collection[Id]) -> dict[Pair, list[Voucher]]:
    found: dict[Pair, list[Voucher]] = {}
    rows: Sequence[q.VoucherRow] = tx.all(q.VOUCHERS, {"rows": _rows(asked)}) if asked else ()
    for row in rows:
        taken = row.booking is not None and row.booking not in gone
        voucher = Voucher(row.id, row.cohort, row.earlier, row.product, row.until, taken)
        found.setdefault((row.programme, row.citizen), []).append(voucher)
    return found


def _groups(tx: Transaction, citizens: Sequence[CitizenId]) -> dict[CitizenId, list[Group]]:
    rows: Sequence[q.GroupRow] = tx.all(q.GROUPS_OF, {"citizens": json.dumps(citizens)}) if citizens else ()
    found: dict[CitizenId, list[Group]] = {}
    for row in rows:
        found.setdefault(row.citizen, []).append(Group(row.id, row.kind, row.rate, row.until, row.purposes))
    return found


def _attributes(
    tx: Transaction, profile: ProfilePort | None, asked: Sequence[tuple[Pair, Policy]]
) -> Mapping[CitizenId, Mapping[str, Json]]:
    """What the policies ask of each citizen's profile, all at once; empty where nothing is asked."""
    names = sorted({name for _, policy in asked for name in policy.attributes})
    citizens = sorted({pair[1] for pair, policy in asked if policy.attributes})
    if profile is None or not citizens:
        return {}
    many = getattr(profile, "get_many", None)  # a vendor's port of before it could be asked so
    if many is None:
        return {who: {name: profile.get(tx, who, name) for name in names} for who in citizens}
    found: Mapping[CitizenId, Mapping[str, Json]] = many(tx, citizens, names)
    return {who: found.get(who, {}) for who in citizens}
