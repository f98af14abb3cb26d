"""What a rehearsal reads of a town's copy."""

from datetime import datetime
from itertools import groupby
from operator import itemgetter

from sqlalchemy import func, select

from govline.calendar.garbage._tables import muted, settings
from govline.core import CitizenId, Transaction
from govline.delivery._tables import batches, runs
from govline.store._tables import identity, outbox
from govline.testing.rehearsal.model import Wish

__all__ = ["dedupe_of", "next_wake", "origin_of", "reachable", "wishes"]


def wishes(tx: Transaction) -> list[Wish]:
    """What every citizen wants, in order of citizen and area."""
    columns = ("citizen", "area", "enabled", "days_before", "hour", "told_for")
    unwanted = tx.connection.execute(select(muted.c.citizen, muted.c.kind).order_by(muted.c.citizen)).all()
    kinds = {citizen: frozenset(kind for _, kind in own) for citizen, own in groupby(unwanted, itemgetter(0))}
    rows = tx.connection.execute(
        select(*(settings.c[name] for name in columns)).order_by(settings.c.citizen, settings.c.area)
    )
    return [
        Wish(citizen, area, enabled, lead, hour, told_for, kinds.get(citizen, frozenset()))
        for citizen, area, enabled, lead, hour, told_for in rows.all()
    ]


def reachable(tx: Transaction) -> frozenset[CitizenId]:
    """Citizens with a LINE account who have not blocked the town's."""
    rows = tx.connection.execute(select(identity.c.citizen).where(identity.c.blocked.is_(False)))
    return frozenset(citizen for (citizen,) in rows)


def dedupe_of(tx: Transaction, effect: str) -> str:
    """The key under which an effect was enqueued."""
    return str(tx.connection.execute(select(outbox.c.dedupe).where(outbox.c.id == effect)).scalar_one())


def origin_of(tx: Transaction, batch: str) -> tuple[str, str]:
    """The source and the key of a batch's run."""
    wanted = (
        select(runs.c.source, runs.c.key)
        .join(batches, batches.c.run_id == runs.c.id)
        .where(batches.c.id == batch)
    )
    source, key = tx.connection.execute(wanted).one()
    return source, key


def next_wake(tx: Transaction) -> datetime | None:
    """When the soonest sleeping effect is due."""
    found: datetime | None = tx.connection.execute(select(func.min(outbox.c.wake))).scalar_one()
    return found
