"""What a sending came to, in one shape for all kinds: batches by fate, people, taps, and who blocked after it.

A block belongs to a run when the person blocked the account within some days after LINE had accepted the run's message to them,
and no other message of this town reached them in between: no block counts twice. LINE itself tells none of this.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from attrs import field, frozen

from govline.core import Id, Transaction
from govline.core.values import frozen_map
from govline.delivery.links import Taps, taps
from govline.delivery.model import Run
from govline.delivery.planning import run_there
from govline.delivery.reading import number
from govline.delivery.reports import _queries as q
from govline.errors import InputError

__all__ = ["DAYS", "Report", "campaign_reports", "report"]

DAYS: Final = 3
"""For so many days a block is put down to the last message before it."""
_MOST_DAYS: Final = 90
_RUNS: Final = 200


@frozen
class Report:
    """What is known of a run.

    Args:
        batches: How many requests to LINE ended how: sent, unknown, not_reached, planned. Of a broadcast there is one.
        people: Whom it was accepted for: recipients that LINE took. Of a broadcast, which LINE takes as a whole and for whom it
            names nobody, the friends that the town knew at that moment; 0 while it is not accepted.
        counted: Whether `people` is a list of ours. False of a broadcast: LINE may have friends whom the town does not know.
        blocks: People whose block belongs to this run. `days`: the window.
        complete: Whether the window of the last accepted batch is over.
    """

    run: Run
    batches: Mapping[str, int] = field(converter=frozen_map, hash=False)
    people: int
    counted: bool
    blocks: int
    days: int
    complete: bool
    links: tuple[Taps, ...] = ()

    @property
    def block_rate(self) -> float | None:
        """Blocks a person; None where nobody was reached."""
        return self.blocks / self.people if self.people else None


def report(tx: Transaction, run_id: Id, *, days: int = DAYS) -> Report:
    """What a run came to.

    Args:
        days: 1 to 90; how long after the message a block is put down to it.

    Raises:
        StoreError: GL-1057, no such run. InputError: GL-1090, no such window.
    """
    if not 1 <= days <= _MOST_DAYS:
        raise InputError("blocks are counted over 1 to 90 days", code="GL-1090", hint="three is usual")
    run, window = run_there(tx, run_id), timedelta(days=days)
    states = {state: (int(size), at) for state, size, at in tx.all(q.BATCH_STATES, {"run": run_id})}
    _, accepted = states.get("sent", (0, None))
    broadcast = run.kind == "broadcast"
    facts = {"run": run_id, "window_us": window // timedelta(microseconds=1)}
    return Report(
        run=run,
        batches={state: size for state, (size, _) in states.items()},
        people=_friends(tx, accepted) if broadcast else run.counts.sent,
        counted=not broadcast,
        blocks=number(tx, q.BLOCKS_AFTER_BROADCAST if broadcast else q.BLOCKS_AFTER, facts),
        days=days,
        complete=run.finished is not None and (accepted is None or accepted + window <= tx.now),
        links=taps(tx, run_id),
    )


def campaign_reports(
    tx: Transaction, campaign: str, *, since: datetime, days: int = DAYS
) -> tuple[Report, ...]:
    """The reports of a campaign's runs, newest first, at most 200; their blocks and people may be added up."""
    found = tx.all(q.CAMPAIGN_RUNS, {"campaign": campaign, "since": since, "limit": _RUNS})
    return tuple(report(tx, run_id, days=days) for (run_id,) in found)


def _friends(tx: Transaction, moment: datetime | None) -> int:
    return 0 if moment is None else number(tx, q.FRIENDS_AT, {"moment": moment})
