"""What delivery offers to the City."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from attrs import frozen
from pydantic import BaseModel

from govline.core import (
    FEATURE_API,
    Actor,
    Check,
    CitizenId,
    DataClass,
    DataField,
    Env,
    Id,
    Offers,
    PolicyPort,
    Reason,
    Transaction,
)
from govline.core.jst import to_jst
from govline.delivery import _sql as sql
from govline.delivery import reading
from govline.delivery.actions import actions
from govline.delivery.bound import Delivery
from govline.delivery.commands import COMMANDS
from govline.delivery.definition import DeliveryConfig
from govline.delivery.recurring import RecurHandler
from govline.delivery.rules import UNITS_PER_MONTH, person
from govline.delivery.running import WorkHandler
from govline.delivery.sending import erase_planned
from govline.delivery.setup import Setup

__all__ = ["DeliveryConfig", "DeliveryFeature"]

_UNITS_LOW = 50
_UNTIL_ERASED = "until erased"


class DeliveryFeature:
    """The floor that features and staff send through; `city.delivery` is a `Delivery`."""

    name = "delivery"
    api = FEATURE_API
    config: type[BaseModel] = DeliveryConfig
    migrations = "govline.delivery.migrations"

    def build(self, env: Env, config: DeliveryConfig) -> Delivery:
        """The bound service; it is built before the feature that offers the policy, so it asks for that when it needs it."""
        self._database = env.database
        setup = Setup(config.rules(), _Policy(env))
        sources = {name: each.build(name) for name, each in config.sources.items()}
        return Delivery(setup, sources, validator=partial(env.port, "validator"))

    def offers(self, service: Delivery) -> Offers:
        """Actions, commands, the worker's part, checks and the staff's view."""
        return Offers(
            actions=actions(service),
            commands=COMMANDS,
            effects={
                "delivery.work": WorkHandler(self._database, service),
                "delivery.recur": RecurHandler(self._database, service),
            },
            ports={"delivery": service},
            data_map=_DATA_MAP,
            erase=_erase,
            checks=(
                Check("delivery.counts", _disagreements),
                Check("delivery.held", _waiting),
                Check("delivery.units", _units),
                Check("delivery.sources", partial(_unknown_parts, service)),
            ),
            view=_view,
            open_work=_open_work,
        )


_DATA_MAP = (
    DataField("gl_delivery_recipient", "citizen", DataClass.PREFERENCE, "who got which run", _UNTIL_ERASED),
    DataField("gl_delivery_listed", "citizen", DataClass.PREFERENCE, "whom a plan names", _UNTIL_ERASED),
    DataField("gl_delivery_optout", "citizen", DataClass.PREFERENCE, "who wants no topic", _UNTIL_ERASED),
    DataField("gl_delivery_tester", "citizen", DataClass.PREFERENCE, "who gets test sends", _UNTIL_ERASED),
    DataField("gl_delivery_run", "messages", DataClass.PUBLIC, "what was sent", "kept"),
    DataField(
        "gl_delivery_batch", "messages", DataClass.PREFERENCE, "what one person was sent", _UNTIL_ERASED
    ),
    DataField("gl_delivery_plan", "messages", DataClass.PUBLIC, "what shall be sent", "kept"),
    DataField("gl_delivery_incoming", "messages", DataClass.PUBLIC, "what a machine offered", "kept"),
)


@frozen
class _Policy:
    """The town's policy, looked up when it is asked."""

    env: Env

    def refuses(self, actor: Actor, verb: str, *, department: str = "") -> Reason | None:
        policy: PolicyPort = self.env.port("policy")
        return policy.refuses(actor, verb, department=department)


def _erase(tx: Transaction, citizen: CitizenId) -> None:
    """Put a fresh pseudonym in the person's place: the ledger's counts stay true, the link is gone."""
    runs = [run_id for (run_id,) in tx.all(sql.RUNS_OF_CITIZEN, {"citizen": citizen})]
    for run_id in runs:
        erase_planned(tx, run_id, citizen)
    tx.write_many(
        sql.ERASE, [{"run": run_id, "person": citizen, "pseudonym": tx.new_id()} for run_id in runs]
    )
    for statement in (sql.ERASE_OPTOUTS, sql.ERASE_TESTER, sql.ERASE_LISTED):
        tx.write(statement, {"who": citizen})


def _disagreements(tx: Transaction) -> Sequence[str]:
    return [
        f"delivery run {run.id}: its batches count {run.counts}, its ledger {found}; restore the ledger from a backup"
        for run in reading.runs(tx, limit=20)
        if (found := reading.ledger_counts(tx, run.id)) != run.counts
    ]


def _waiting(tx: Transaction) -> Sequence[str]:
    held = tx.connection.execute(sql.list_incoming("held", "", 100)).all()
    stopped = [run.id for run in reading.runs(tx, limit=50) if run.state == "held"]
    found = [f"{len(held)} messages of machine sources wait for staff: govline delivery hold"] if held else []
    return found + [
        f"run {run} is held, its recipients are not those approved: govline delivery show {run}"
        for run in stopped
    ]


def _units(tx: Transaction) -> Sequence[str]:
    month = f"{to_jst(tx.now):%Y-%m}"
    used = reading.number(tx, sql.COUNT_UNITS, {"month": month, "but": ""})
    if used <= UNITS_PER_MONTH - _UNITS_LOW:
        return ()
    return (f"{used} of LINE's {UNITS_PER_MONTH} aggregation units of {month} are used up; name fewer units",)


def _unknown_parts(service: Delivery, tx: Transaction) -> Sequence[str]:  # noqa: ARG001 - a check's signature
    return [
        f"source {source.name}: its selection or topic is not declared; correct features.delivery.sources.{source.name}"
        for source in service.sources.values()
        if not service.setup.knows(source.selection)
        or (source.topic and source.topic not in service.setup.rules.topics)
    ]


def _open_work(tx: Transaction, member: Id) -> Mapping[str, int]:
    """Plans of a member of staff that are not sent, for whoever takes over at 人事異動."""
    waiting = reading.number(tx, sql.OPEN_PLANS, {"who": person("staff", member)})
    return {"delivery.plan": waiting} if waiting else {}


def _view(tx: Transaction) -> Sequence[Mapping[str, Any]]:
    return [
        {
            "run": run.id,
            "source": run.source,
            "started": run.started.isoformat(),
            "state": run.state,
            "finished": run.finished.isoformat() if run.finished else None,
            "batches": run.batches,
            "planned": run.counts.planned,
            "sent": run.counts.sent,
            "unknown": run.counts.unknown,
            "not_reached": run.counts.not_reached,
        }
        for run in reading.runs(tx)
    ]
