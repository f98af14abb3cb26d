"""From a programme's sharing to rows: pools and what each slot draws on. Who is booked already is counted in; nobody is lost."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from govline.calendar import _queries as q
from govline.calendar._queries import shared as qp
from govline.calendar._queries.rush import LOCK_SLOTS
from govline.calendar._tables import booking_draws, draws, option_draws, pools
from govline.calendar.model import Draw, PoolPlan, Programme, Slot, SlotPlan
from govline.calendar.sharing import share
from govline.core import Id, Transaction
from govline.store.rows import rows_text

__all__ = ["lay_pools", "slots_ahead"]

_ALL = 1_000_000
_PAGE = 5_000
_AHEAD = timedelta(days=3660)
_LONGEST = timedelta(days=2)
"""Longer than any slot."""
_DRAWN = {column.name: column.type for column in booking_draws.columns}
_OPTION = {column.name: column.type for column in option_draws.columns}
_DRAW = {column.name: column.type for column in draws.columns}
_POOL = {column.name: column.type for column in pools.columns}


def lay_pools(
    tx: Transaction, programme: Programme, wanted: Sequence[SlotPlan], by_hand: Collection[Id] = ()
) -> list[str]:
    """Bring pools and draws of the slots ahead in line with the programme.

    Args:
        by_hand: Pools whose capacity staff have set themselves.

    Returns:
        What is short: pools of which more is booked than their capacity, by label or key.
    """
    sharing = share(programme, wanted)
    standing = {row.key: row for row in tx.all(qp.POOLS, {"programme": programme.id})}
    if not sharing.pools and not standing:
        return []
    ids = _lay_counters(tx, programme.id, sharing.pools, standing, by_hand)
    touched = _lay_draws(tx, programme, sharing.draws, ids)
    for pool in sorted(touched):
        tx.write(qp.DRAW, {"pool": pool, "units": 0})  # held first: who books at this moment is counted in
        tx.write(qp.RECOUNT, {"pool": pool})
    rows: Iterable[qp.PoolRow] = tx.all(qp.POOLS, {"programme": programme.id})
    return [row.label or row.key for row in rows if row.booked > row.capacity]


def _lay_counters(
    tx: Transaction,
    programme: str,
    asked: Mapping[str, PoolPlan],
    standing: Mapping[str, qp.PoolRow],
    by_hand: Collection[Id],
) -> dict[str, Id]:
    new = [plan for key, plan in asked.items() if key not in standing]
    ids = {plan.key: tx.new_id() for plan in new}
    rows = [
        {
            "id": ids[plan.key],
            "programme": programme,
            "key": plan.key,
            "label": plan.label,
            "capacity": plan.capacity,
            "booked": 0,
        }
        for plan in new
    ]
    if rows:
        tx.write(qp.ADD_POOLS, {"rows": rows_text(_POOL, rows)})
    for key, row in standing.items():
        plan = asked.get(key)
        if plan is None:
            continue
        capacity = row.capacity if row.id in by_hand else plan.capacity
        if (capacity, plan.label) != (row.capacity, row.label):
            tx.write(qp.RESIZE_POOL, {"pool": row.id, "places": capacity, "text": plan.label})
    return {key: row.id for key, row in standing.items()} | ids


def _lay_draws(
    tx: Transaction,
    programme: Programme,
    asked: Mapping[tuple[datetime, str], tuple[Draw, ...]],
    ids: Mapping[str, Id],
) -> set[Id]:
    """Add and drop draws; the pools whose counters have to be counted again."""
    slots = {slot.id: slot for slot in slots_ahead(tx, programme)}
    wanted = {
        (slot.id, ids[draw.pool]): draw
        for slot in slots.values()
        if slot.capacity or slot.booked
        for draw in asked.get((slot.starts, slot.name), ())
    }
    terms = {"programme": programme.id, "since": tx.now - _begun(programme)}
    rows: Iterable[qp.DrawRow] = [
        *tx.all(qp.DRAWS_AHEAD, terms),
        *tx.all(qp.OPTION_DRAWS_AHEAD, terms),
    ]
    standing = {(row.slot, row.pool): row for row in rows if row.slot in slots}
    changed = {
        pair: row for pair, row in standing.items() if pair not in wanted or not _same(wanted[pair], row)
    }
    new = {pair: draw for pair, draw in wanted.items() if pair not in standing or pair in changed}
    booked = _standing_in(tx, {slot for slot, _ in changed.keys() | new.keys()})
    _drop(tx, changed, booked)
    _add(tx, new, booked)
    tx.write(qp.COUNT_DRAWS, terms)
    for slot in booked:
        tx.write(qp.COUNT_DRAWS_OF_BOOKINGS, {"slot": slot})
    return {pool for slot, pool in changed.keys() | new.keys() if slot in booked}


def _same(draw: Draw, row: qp.DrawRow) -> bool:
    return (draw.units, draw.per_place, draw.option) == (row.units, row.per_place, row.option)


def _standing_in(tx: Transaction, touched: set[Id]) -> set[Id]:
    """Which of the slots to be changed hold bookings, once nobody can book them any more until we are done."""
    ordered = sorted(touched)
    pages = (ordered[at : at + _PAGE] for at in range(0, len(ordered), _PAGE))
    return {
        slot.id for page in pages for slot in tx.all(LOCK_SLOTS, {"slots": json.dumps(page)}) if slot.booked
    }


def slots_ahead(tx: Transaction, programme: Programme) -> list[Slot]:
    """The programme's slots to come, and those that have begun: nobody has their rooms before the time between is over."""
    span = {"since": tx.now - _begun(programme), "until": tx.now + _AHEAD}
    found: Sequence[Slot] = tx.all(q.SLOTS_BETWEEN, {"programme": programme.id, "limit": _ALL, **span})
    return [slot for slot in found if slot.starts > tx.now or slot.ends + programme.between > tx.now]


def _begun(programme: Programme) -> timedelta:
    return _LONGEST + programme.between


def _drop(tx: Transaction, rows: Mapping[tuple[Id, Id], qp.DrawRow], booked: set[Id]) -> None:
    for (slot, pool), row in rows.items():
        pair = {"slot": slot, "pool": pool}
        tx.write(qp.DROP_OPTION_DRAW if row.option else qp.DROP_DRAW, pair)
        if slot in booked:
            tx.write(qp.DROP_DRAWN_OF_SLOT, pair)


def _add(tx: Transaction, new: Mapping[tuple[Id, Id], Draw], booked: set[Id]) -> None:
    rows = [
        {"slot_id": slot, "pool_id": pool, "units": draw.units, "per_place": draw.per_place}
        for (slot, pool), draw in new.items()
        if not draw.option
    ]
    if rows:
        tx.write(qp.ADD_DRAWS, {"rows": rows_text(_DRAW, rows)})
    for (slot, pool), draw in new.items():
        if slot in booked and not draw.option:
            taken = {"units": draw.units, "per_place": int(draw.per_place)}
            tx.write(qp.DRAW_FOR_STANDING, {"slot": slot, "pool": pool, **taken})
    _add_of_options(tx, {pair: draw for pair, draw in new.items() if draw.option}, booked)


def _add_of_options(tx: Transaction, new: Mapping[tuple[Id, Id], Draw], booked: set[Id]) -> None:
    """The same for 備品: of who is there already, only those who have asked for it, each for so many pieces."""
    rows = [
        {"slot_id": slot, "pool_id": pool, "option": draw.option, "units": draw.units}
        for (slot, pool), draw in new.items()
    ]
    if rows:
        tx.write(qp.ADD_OPTION_DRAWS, {"rows": rows_text(_OPTION, rows)})
    standing: dict[Id, Sequence[tuple[Id, Mapping[str, int]]]] = {
        slot: tx.all(qp.OPTIONS_IN, {"slot": slot}) for slot in sorted({slot for slot, _ in new} & booked)
    }
    taken = [
        {"booking_id": booking, "pool_id": pool, "units": draw.units * options[draw.option]}
        for (slot, pool), draw in new.items()
        for booking, options in standing.get(slot, ())
        if draw.option in options
    ]
    if taken:
        tx.write(qp.ADD_BOOKING_DRAWS, {"rows": rows_text(_DRAWN, taken)})
