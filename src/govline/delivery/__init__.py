"""Delivery: what staff, features and machines send to many citizens, and what became of it.

A plan is previewed, tested, approved by a second person, and sent; its recipients are frozen page by page before anything
leaves, so that a worker that dies anywhere goes on without sending twice. `freeze` is the short way for what a feature sends
by itself. A ledger says of each recipient: sent, unknown, or not reached and why.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from govline.delivery.model import (
    Counts,
    FrozenBatch,
    LedgerRow,
    Plan,
    Preview,
    Refused,
    Run,
    State,
)
from govline.delivery.recurrence import Recurrence
from govline.delivery.rules import Caps, Drift, Quiet, Rules
from govline.delivery.sources import Accepted, Held, Incoming, IncomingFacts, Source

if TYPE_CHECKING:
    from govline.delivery.bound import Delivery
    from govline.delivery.feature import DeliveryFeature
    from govline.delivery.links import Link, Taps, resolve, shorten, taps
    from govline.delivery.personal import freeze_personal
    from govline.delivery.reports import Report, campaign_reports, report
    from govline.delivery.service import (
        batch,
        freeze,
        ledger,
        ledger_table,
        open_batch,
        record_batch,
        run,
        runs,
    )
    from govline.delivery.setup import Setup

__all__ = [
    "Accepted",
    "Caps",
    "Counts",
    "Delivery",
    "DeliveryFeature",
    "Drift",
    "FrozenBatch",
    "Held",
    "Incoming",
    "IncomingFacts",
    "LedgerRow",
    "Link",
    "Plan",
    "Preview",
    "Quiet",
    "Recurrence",
    "Refused",
    "Report",
    "Rules",
    "Run",
    "Setup",
    "Source",
    "State",
    "Taps",
    "batch",
    "campaign_reports",
    "freeze",
    "freeze_personal",
    "ledger",
    "ledger_table",
    "open_batch",
    "record_batch",
    "report",
    "resolve",
    "run",
    "runs",
    "shorten",
    "taps",
]

_LAZY = {
    "Delivery": "bound",
    "DeliveryFeature": "feature",
    "Link": "links",
    "Setup": "setup",
    "Taps": "links",
    "Report": "reports",
    "campaign_reports": "reports",
    "freeze_personal": "personal",
    "report": "reports",
    "resolve": "links",
    "shorten": "links",
    "taps": "links",
    **dict.fromkeys(
        ("batch", "freeze", "ledger", "ledger_table", "open_batch", "record_batch", "run", "runs"), "service"
    ),
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
