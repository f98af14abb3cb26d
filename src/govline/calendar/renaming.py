"""Rooms and counters under new names: which standing slots are called what from now on, so that their bookings come along. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from govline.calendar.model import Slot, SlotRule
from govline.core import Id

__all__ = ["asked_renamings", "new_names"]


def asked_renamings(rules: Iterable[SlotRule]) -> list[tuple[str, str]]:
    """What `was:` asks for, as (old name, new name), sorted."""
    return sorted({(old, rule.name) for rule in rules for old in rule.was if old != rule.name})


def new_names(standing: Iterable[Slot], renamings: Mapping[str, str]) -> dict[Id, str]:
    """The slots whose name changes, by id.

    Names may be swapped or passed on in a circle. Where a slot of the new name stands at that time already, an unbooked one takes
    the old name in return; beside a booked one everything stays as it is.
    """
    at_once: dict[datetime, list[Slot]] = defaultdict(list)
    for slot in standing:
        at_once[slot.starts].append(slot)
    return {slot: name for slots in at_once.values() for slot, name in _at_one_time(slots, renamings).items()}


def _at_one_time(slots: list[Slot], renamings: Mapping[str, str]) -> dict[Id, str]:
    called = {slot.id: renamings.get(slot.name, slot.name) for slot in slots}
    free = {slot.name: slot for slot in slots if not slot.booked and slot.name not in renamings}
    for slot in slots:
        other = free.get(called[slot.id])
        if other is not None:
            called[other.id] = slot.name
    while twice := {name for name, number in Counter(called.values()).items() if number > 1}:
        called |= {slot.id: slot.name for slot in slots if called[slot.id] in twice}
    return {slot.id: called[slot.id] for slot in slots if called[slot.id] != slot.name}
