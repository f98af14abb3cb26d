"""How fast a town sends: one rate for all its processes, and the threads of its queues."""

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from govline.store.policies import QueueLimit

if TYPE_CHECKING:
    from govline.city.channel import LineChannel
    from govline.line.limiter import Gate
    from govline.store import Database

__all__ = ["QUEUES", "town_gate"]

QUEUES: Final[Mapping[str, QueueLimit]] = {
    "reply": QueueLimit(workers=8, ahead=1, lease=timedelta(seconds=20)),
    "delivery": QueueLimit(workers=64, ahead=2),
}
"""Replies have threads of their own, so that no delivery's backlog keeps a waiting citizen, and those of a killed worker go to another
one while their tokens, which work once, still live. A delivery's threads mostly wait: for
LINE's answer, and for their place in its rate; 64 reach 200 multicasts a second up to 320 ms of latency."""


def town_gate(database: "Database", channel: "LineChannel") -> "Gate":
    """The rate limiter of everything that calls LINE for the town.

    Its budget lies in the database where several processes may work on it: on PostgreSQL, or where `shared_rate` says so.
    """
    from govline.line import Limiter, SharedLimiter

    shared = channel.shared_rate
    if shared is None:
        shared = database.dialect == "postgresql"
    return SharedLimiter(database, database.town) if shared else Limiter()
