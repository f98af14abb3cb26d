"""Delivery: a frozen run of messages to many citizens, its batches and its ledger.

What campaigns, reminders and garbage notices share. `freeze` writes everything that will be sent before anything is
sent, so that a worker that dies anywhere can go on without sending twice.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from govline.delivery.model import Counts, FrozenBatch, LedgerRow, Run, State

if TYPE_CHECKING:
    from govline.delivery.feature import DeliveryFeature
    from govline.delivery.service import batch, freeze, ledger, record_batch, run, runs

__all__ = [
    "Counts",
    "DeliveryFeature",
    "FrozenBatch",
    "LedgerRow",
    "Run",
    "State",
    "batch",
    "freeze",
    "ledger",
    "record_batch",
    "run",
    "runs",
]

_LAZY = {
    "DeliveryFeature": "feature",
    "batch": "service",
    "freeze": "service",
    "ledger": "service",
    "record_batch": "service",
    "run": "service",
    "runs": "service",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
