"""Which pools the slots of a programme share: supplies and caps by rule, and rooms whose times or parts overlap. Pure.

Rooms are cut into stretches of time at every start and end of a use; a use draws every stretch it covers of every part it fills, so
that any two uses that touch exclude each other, whatever their lengths. Stretches that only one slot draws need no pool. A slot of many
places (個人開放) takes them one by one, and whoever has the room to themselves needs them all. 備品 with a stock
are cut the same way over all slots they go with: a piece that is out at nine is out until its use, and the time after it, is over.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise

from attrs import frozen

from govline.calendar.model import Draw, PoolPlan, PoolRule, Programme, SlotPlan
from govline.core.jst import JST, to_jst

__all__ = ["Sharing", "begin_of_pieces", "share"]

SlotKey = tuple[datetime, str]
_PIECES = "#備品"
"""What the key of a stretch of 備品 ends with."""


@frozen
class Sharing:
    """The pools of a programme, and what each slot (by start and name) draws on."""

    pools: Mapping[str, PoolPlan]
    draws: Mapping[SlotKey, tuple[Draw, ...]]


def share(programme: Programme, plans: Sequence[SlotPlan]) -> Sharing:
    """Work out the pools for the slots that the programme asks for.

    Args:
        programme: Its `pools`, `parts` and `between`.
        plans: Its slots, from `planning.plan`.
    """
    pools: dict[str, PoolPlan] = {}
    draws: dict[SlotKey, list[Draw]] = defaultdict(list)
    for rule in programme.pools:
        for plan in plans:
            if not rule.slots or plan.name in rule.slots:
                key = _key(rule, plan)
                pools.setdefault(key, PoolPlan(key, rule.capacity, rule.name))
                draws[_slot(plan)].append(Draw(key, per_place=rule.per_place))
    if programme.parts or programme.between:
        for key, uses in _stretches(programme, plans):
            roomy = [plan for plan in uses if plan.capacity > 1]
            places = roomy[0].capacity if len(roomy) == 1 else 1
            pools[key] = PoolPlan(key, places)
            for plan in uses:
                own = Draw(key) if places > 1 and plan is roomy[0] else Draw(key, places, per_place=False)
                draws[_slot(plan)].append(own)
    for name, option in programme.options.items():
        if option.stock is not None:
            with_it = [plan for plan in plans if option.goes_with(plan.name)]
            for key, uses in _shared_stretches(programme, name, with_it, least=1):
                pools[f"{key}{_PIECES}"] = PoolPlan(f"{key}{_PIECES}", option.stock, name)
                for plan in uses:
                    draws[_slot(plan)].append(Draw(f"{key}{_PIECES}", per_place=False, option=name))
    return Sharing(pools, {slot: tuple(own) for slot, own in draws.items()})


def crowded(programme: Programme, plans: Sequence[SlotPlan]) -> tuple[SlotPlan, SlotPlan] | None:
    """The first two slots of more than one place each that take one room at one time: whichever is booked first keeps all others out,
    also from its own other places."""
    if not (programme.parts or programme.between):
        return None
    for _, uses in _stretches(programme, plans):
        roomy = [plan for plan in uses if plan.capacity > 1]
        if len(roomy) > 1:
            return roomy[0], roomy[1]
    return None


def begin_of_pieces(key: str) -> datetime | None:
    """When the stretch of 備品 begins that a pool of this key counts; None of any other pool."""
    if not key.endswith(_PIECES):
        return None
    return datetime.fromisoformat(key.removesuffix(_PIECES).rpartition("#")[2]).replace(tzinfo=JST)


def _key(rule: PoolRule, plan: SlotPlan) -> str:
    here = to_jst(plan.starts)
    span = {
        "programme": "",
        "month": f"{here:%Y-%m}",
        "day": f"{here:%Y-%m-%d}",
        "time": f"{here:%Y-%m-%dT%H:%M}",
    }[rule.per]
    return f"{rule.name}@{span}" if span else rule.name


def _slot(plan: SlotPlan) -> SlotKey:
    return plan.starts, plan.name


def _stretches(programme: Programme, plans: Sequence[SlotPlan]) -> Iterator[tuple[str, list[SlotPlan]]]:
    """Every stretch of time of every part that more than one slot fills."""
    uses: dict[str, list[SlotPlan]] = defaultdict(list)
    for plan in plans:
        for part in _parts(programme.parts, plan.name):
            uses[part].append(plan)
    for part, own in sorted(uses.items()):
        yield from _shared_stretches(programme, part, own)


def _shared_stretches(
    programme: Programme, part: str, own: Sequence[SlotPlan], *, least: int = 2
) -> Iterator[tuple[str, list[SlotPlan]]]:
    """Every stretch of time that at least so many slots fill."""
    edges = sorted({edge for plan in own for edge in (plan.starts, plan.ends + programme.between)})
    by_start = sorted(own, key=lambda plan: plan.starts)
    running: list[SlotPlan] = []
    before: list[SlotPlan] = []
    waiting = iter(by_start)
    coming = next(waiting, None)
    for start, _ in pairwise(edges):
        running = [plan for plan in running if plan.ends + programme.between > start]
        while coming is not None and coming.starts <= start:
            running.append(coming)
            coming = next(waiting, None)
        if len(running) >= least and running != before:  # two stretches of the same uses need one pool
            yield f"{part}#{to_jst(start):%Y-%m-%dT%H:%M}", [*running]
        before = [*running]


def _parts(parts: Mapping[str, tuple[str, ...]], name: str) -> Iterator[str]:
    """What a room is made of, down to rooms without parts."""
    if name not in parts:
        yield name
        return
    for part in parts[name]:
        yield from _parts(parts, part)
