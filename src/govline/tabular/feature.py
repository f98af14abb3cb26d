"""What tabular offers to the City: `city.tabular`, the tables of imports, and a worker's hand for those that broke off."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from govline.core import (
    FEATURE_API,
    Check,
    DataClass,
    DataField,
    Done,
    EffectContext,
    Env,
    Fate,
    Json,
    Offers,
    Transaction,
)
from govline.core.custody import Retention
from govline.tabular import _queries as q
from govline.tabular.journal import KEEP, PLACE, erase, purge
from govline.tabular.pages import RECOVER
from govline.tabular.service import Files

__all__ = ["TabularConfig", "TabularFeature"]


class TabularConfig(BaseModel):
    """Tabular has nothing to set."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TabularFeature:
    """表の取り込みと書き出し; every City has it, behind the features whose datasets it serves."""

    name = "tabular"
    api = FEATURE_API
    config: type[BaseModel] = TabularConfig
    migrations = "govline.tabular.migrations"

    def build(self, env: Env, config: TabularConfig) -> Files:  # noqa: ARG002 - the contract's signature
        """The service; the City hands the datasets over once all features are built."""
        return Files(env.database, policy=env.port("policy"))

    def offers(self, service: Files) -> Offers:
        """Recovery of broken imports, retention, erasure, the data map."""
        return Offers(
            effects={RECOVER: _Recover(service)},
            sealed=(PLACE,),
            retention=(Retention("tabular.undo", KEEP, purge, ("gl_import_change",)),),
            data_map=(
                DataField(
                    "gl_import_change",
                    "data",
                    DataClass.PERSONAL,
                    "what imports replaced, for undo",
                    "30 days",
                ),
                DataField("gl_import", "actor_id", DataClass.PREFERENCE, "who imported", "kept"),
            ),
            erase=erase,
            checks=(Check("tabular.broken", _broken),),
        )


class _Recover:
    """Takes imports back whose process died."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def run(self, payload: Mapping[str, Json], context: EffectContext) -> Fate:  # noqa: ARG002 - the port's signature
        """Outside any transaction, as it runs units of its own; a second run finds nothing left."""
        return Done({"rows": self._files.recover()})

    def record(self, tx: Transaction, payload: Mapping[str, Json], fate: Fate) -> None:
        """The audit was written by the units themselves."""


def _broken(tx: Transaction) -> Sequence[str]:
    broken: list[Any] = [each for each in tx.all(q.OPEN) if each.lease_until <= tx.now]
    return [
        f"the import {each.id} of {each.kind} broke off; run the worker, or any import or export of {each.kind}"
        for each in broken
    ]
