"""Lets a town live through a span of days: the clock jumps from one due instant to the next, deliveries are written down."""

import json
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from govline.city import City
from govline.core import Done, EffectContext, EffectHandler, Fate, FixedClock, Json, Transaction
from govline.core.jst import JST, to_jst
from govline.delivery import service as delivery
from govline.errors import ConfigError
from govline.store import schedules, ticks
from govline.store.policies import QueueLimit
from govline.store.pump import Pump
from govline.testing.rehearsal import _queries as q
from govline.testing.rehearsal.before import Before
from govline.testing.rehearsal.checks import judge
from govline.testing.rehearsal.copying import town_aside
from govline.testing.rehearsal.invented import invent
from govline.testing.rehearsal.model import Delivery
from govline.testing.rehearsal.report import Report

__all__ = ["Record", "live", "rehearse"]

_INSIDE: Final = frozenset({"calendar.expire"})
"""Effects that end in the town's own database and are carried out; every other one is written down and let be."""
_LINE: Final = ("line.push", "line.reply", "line.menu")
_ALL_AT_ONCE: Final = QueueLimit(workers=1, ahead=1_000)
_DAY: Final = timedelta(days=1)


class Record:
    """What a rehearsal saw: deliveries in order, ticks that failed (name and instant), effects held back by topic."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self.batches: dict[str, Delivery] = {}
        self.failed: list[tuple[str, datetime]] = []
        self.held: dict[str, int] = {}
        self.late: list[str] = []


def rehearse(
    folder: Path, *, days: int = 365, start: date | None = None, citizens: int = 0, today: date | None = None
) -> Report:
    """Live through a span of a town's days on a copy of its database and judge every delivery.

    Args:
        folder: The town's, with a city.yaml; only read.
        days: How many days.
        start: The first one; today in Japan where omitted. Staged calendars count from their day on; one that was replaced
            before is not known any more.
        citizens: So many are invented beside the town's own; where nobody has a setting, some are invented in any case.
        today: The present day in Japan; the machine's where omitted.

    Raises:
        GovlineError: The town cannot be opened: its city.yaml, a definition, its database.
    """
    present = today or datetime.now(JST).date()
    first = start or present
    with town_aside(folder, first, present) as (city, clock):
        invented = invent(city, citizens)
        before = city.read(lambda tx: Before.of(city, tx))
        record = live(city, clock, first + days * _DAY)
        return judge(city, before, record, first, days, invented=invented)


def live(city: City, clock: FixedClock, until: date) -> Record:
    """Ticks, schedules and the outbox of every instant up to midnight (JST) before `until`; connections out are refused."""
    record = Record()
    effects: dict[str, EffectHandler] = {topic: _Held(record) for topic in city.effects}
    effects |= {topic: handler for topic, handler in city.effects.items() if topic in _INSIDE}
    effects |= {topic: _Alone(city, record) for topic in _LINE}
    effects["line.multicast"] = _Many(record)
    pump = Pump(city.database, effects, default=_ALL_AT_ONCE)
    woken = threading.Event()
    city.database.on_commit.append(woken.set)
    end = datetime.combine(until, time(), JST)
    try:
        with _shut_off():
            woken.set()
            while clock.now() < end:
                clock.set(min(_instant(city, pump, clock.now(), woken, record), end))
    finally:
        pump.close()
        city.database.on_commit.remove(woken.set)
    record.deliveries += record.batches.values()
    record.deliveries.sort(key=lambda each: (each.at, each.key))
    record.late = city.read(lambda tx: _overdue(tx, clock.now()))
    return record


def _instant(city: City, pump: Pump, now: datetime, woken: threading.Event, record: Record) -> datetime:
    """Everything of one instant; the next one at which anything is due."""
    due = [tick for tick in city.ticks if ticks.newest_due(tick, now) == now]
    done = ticks.run_due(city.database, due, now)
    record.failed += [(name, to_jst(now)) for name in done.failed]
    while True:
        soonest, wake = city.read(lambda tx: (schedules.next_due(tx), q.next_wake(tx)))
        busy = woken.is_set() or (wake is not None and wake <= now)
        if soonest is not None and soonest <= now:
            fired = schedules.fire(city.database, now, quiet=city.quiet_hours)
            busy = busy or bool(fired.fired or fired.postponed)
        if not busy:
            return _next(city, now, [at for at in (soonest, wake) if at is not None and at > now])
        woken.clear()
        pump.run_once()


def _next(city: City, now: datetime, known: Sequence[datetime]) -> datetime:
    wall = to_jst(now)
    today = [datetime.combine(wall.date(), tick.at, JST) for tick in city.ticks]
    ahead = [at if at > now else at + _DAY for at in today]
    return min([*known, *ahead, datetime.combine(wall.date() + _DAY, time(), JST)])


def _overdue(tx: Transaction, now: datetime) -> list[str]:
    soonest = schedules.next_due(tx)
    return [f"{to_jst(soonest):%Y-%m-%dT%H:%M}"] if soonest is not None and soonest < now else []


@frozen
class _Held:
    """An effect that would reach outside: counted, not carried out."""

    record_of: Record

    def run(self, payload: Mapping[str, Json], context: EffectContext) -> Fate:  # noqa: ARG002 - the contract's
        self.record_of.held[context.topic] = self.record_of.held.get(context.topic, 0) + 1
        return Done()

    def record(self, tx: Transaction, payload: Mapping[str, Json], fate: Fate) -> None:
        """Nothing happened that could be recorded."""


@frozen
class _Alone:
    """A message to one citizen, written down."""

    city: City
    record_of: Record

    def run(self, payload: Mapping[str, Json], context: EffectContext) -> Fate:
        if "messages" in payload:
            key = self.city.read(lambda tx: q.dedupe_of(tx, context.id))
            source = key.partition(":")[0]
            citizens = [payload["citizen"]]
            self.record_of.deliveries.append(
                Delivery(to_jst(context.now), source, key, _said(payload["messages"]), citizens)
            )
        return Done()

    def record(self, tx: Transaction, payload: Mapping[str, Json], fate: Fate) -> None:
        """The outbox row itself is the record."""


@frozen
class _Many:
    """A frozen batch, written down; its fate goes into the ledger as if LINE had taken it."""

    record_of: Record

    def run(self, payload: Mapping[str, Json], context: EffectContext) -> Fate:  # noqa: ARG002 - the contract's
        return Done()

    def record(self, tx: Transaction, payload: Mapping[str, Json], fate: Fate) -> None:
        if isinstance(fate, Done):
            batch = delivery.batch(tx, payload["batch"])
            said = _said(json.loads(batch.messages))
            sent = Delivery(to_jst(tx.now), *q.origin_of(tx, batch.id), said, batch.citizens)
            self.record_of.batches[batch.id] = sent  # by id: a unit may run again
        delivery.record_batch(tx, payload["batch"], fate)


def _said(messages: Sequence[Any]) -> str:
    return "\n".join(
        str(each.get("text") or each.get("altText") or each.get("type", "")) for each in messages
    )


_shut = threading.Event()
_hooked: list[bool] = []


@contextmanager
def _shut_off() -> Iterator[None]:
    """While it lasts, nothing in this process opens a connection: not a feature's tick either."""
    if not _hooked:
        sys.addaudithook(_refuse)
        _hooked.append(True)
    _shut.set()
    try:
        yield
    finally:
        _shut.clear()


def _refuse(event: str, _: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.sendto") and _shut.is_set():
        raise ConfigError("a rehearsal reaches nothing outside this process", code="GL-9120")
