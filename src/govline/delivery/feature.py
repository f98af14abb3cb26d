"""What delivery offers to the City."""

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

from pydantic import BaseModel, ConfigDict

from govline.core import FEATURE_API, Check, CitizenId, DataClass, DataField, Env, Offers, Transaction
from govline.delivery import _queries as q
from govline.delivery import service

__all__ = ["DeliveryConfig", "DeliveryFeature"]


class DeliveryConfig(BaseModel):
    """Delivery has nothing to set yet."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DeliveryFeature:
    """The floor that features send through; its bound service is the module `govline.delivery.service`."""

    name = "delivery"
    api = FEATURE_API
    config: type[BaseModel] = DeliveryConfig
    migrations = "govline.delivery.migrations"

    def build(self, env: Env, config: DeliveryConfig) -> ModuleType:  # noqa: ARG002 - the contract's signature
        """The module of functions that take a transaction."""
        return service

    def offers(self, service: ModuleType) -> Offers:  # noqa: ARG002 - the contract's signature
        """Checks and the staff's view."""
        return Offers(
            data_map=(
                DataField(
                    "gl_delivery_recipient",
                    "citizen",
                    DataClass.PREFERENCE,
                    "who got which run",
                    "until erased",
                ),
                DataField("gl_delivery_run", "messages", DataClass.PUBLIC, "what was sent", "kept"),
            ),
            erase=_erase,
            checks=(Check("delivery.counts", _disagreements),),
            view=_view,
        )


def _erase(tx: Transaction, citizen: CitizenId) -> None:
    """Put a fresh pseudonym in the person's place: the ledger's counts stay true, the link is gone."""
    tx.write_many(
        q.ERASE,
        [
            {"run": run_id, "person": citizen, "pseudonym": tx.new_id()}
            for (run_id,) in tx.all(q.RUNS_OF_CITIZEN, {"citizen": citizen})
        ],
    )


def _disagreements(tx: Transaction) -> Sequence[str]:
    return [
        f"delivery run {run.id}: its batches count {run.counts}, its ledger {found}; restore the ledger from a backup"
        for run in service.runs(tx, limit=20)
        if (found := service.ledger_counts(tx, run.id)) != run.counts
    ]


def _view(tx: Transaction) -> Sequence[Mapping[str, Any]]:
    return [
        {
            "run": run.id,
            "source": run.source,
            "started": run.started.isoformat(),
            "finished": run.finished.isoformat() if run.finished else None,
            "batches": run.batches,
            "planned": run.counts.planned,
            "sent": run.counts.sent,
            "unknown": run.counts.unknown,
            "not_reached": run.counts.not_reached,
        }
        for run in service.runs(tx)
    ]
