"""What the commands of delivery share: their words, who acts, and how an outcome is told at a terminal."""

import getpass
import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from attrs import asdict

from govline.core import Actor, Transaction
from govline.delivery.model import Plan, Refused, Run
from govline.delivery.sources import Accepted, Held
from govline.errors import GovlineError

__all__ = ["acted", "actor", "parser", "plan_facts", "run_facts", "say", "told", "tried"]

_REFUSED: Final = 1


def parser(name: str, *, row: str = "", json_too: bool = True, acts: bool = False) -> ArgumentParser:
    """The words of `govline delivery NAME`: a row's id, `--json`, and who acts where it is an act."""
    words = ArgumentParser(prog=f"govline delivery {name}")
    if row:
        words.add_argument(row)
    if json_too:
        words.add_argument("--json", action="store_true", help="for machines")
    if acts:
        words.add_argument(
            "--as", dest="who", default="", help="who acts; the name of the login where omitted"
        )
    return words


def actor(city: Any, given: Namespace) -> Actor:
    """Who acts: in a town with the feature people the member of this login, with their roles."""
    name = given.who or getpass.getuser()
    people = getattr(city, "people", None)
    member = None if people is None else city.read(lambda tx: people.actor(tx, name, channel="cli"))
    return member or Actor("staff", name, "cli")


def say(given: Namespace, facts: Any, lines: Sequence[str]) -> int:
    """Facts as JSON, or lines for people; 0."""
    shown = [json.dumps(facts, ensure_ascii=False)] if given.json else lines
    for line in shown:
        sys.stdout.write(f"{line}\n")
    return 0


def told(reasons: str) -> int:
    """Why not, on standard error; 1."""
    sys.stderr.write(f"{reasons}\n")
    return _REFUSED


def run_facts(run: Run) -> dict[str, Any]:
    """A run for machines."""
    return {
        "id": run.id,
        "campaign": run.campaign,
        "source": run.source,
        "kind": run.kind,
        "state": run.state,
        "started": run.started.isoformat(),
        "batches": run.batches,
        **asdict(run.counts),
    }


def plan_facts(plan: Plan) -> dict[str, Any]:
    """A plan for machines."""
    return {
        "id": plan.id,
        "campaign": plan.campaign,
        "source": plan.source,
        "kind": plan.kind,
        "state": plan.state,
        "digest": plan.digest,
        "messages": json.loads(plan.messages),
        "selection": dict(plan.selection),
        "topic": plan.topic,
        "emergency": plan.emergency,
        "unit": plan.unit,
        "due": plan.due.isoformat() if plan.due else None,
        "planner": plan.planner,
        "approver": plan.approver,
        "expected": plan.expected,
        "found": plan.found,
        "recurs": None if plan.recurs is None else dict(plan.recurs),
    }


def tried(city: Any, given: Namespace, work: Callable[[Transaction], Any]) -> Any:
    """What an act came to, in a unit of its own; an error of ours as a value."""
    try:
        return city.run(work, actor=actor(city, given))
    except GovlineError as error:
        return error


def acted(given: Namespace, outcome: Any) -> int:
    """Say what an act came to, or why not."""
    if isinstance(outcome, Refused | GovlineError):
        return told(str(outcome))
    facts: Mapping[str, Any] = {"done": True}
    if isinstance(outcome, Run | Plan):
        facts = {"id": outcome.id, "state": outcome.state}
    elif isinstance(outcome, Accepted):
        facts = {"id": outcome.id, "run": outcome.run, "state": "accepted"}
    elif isinstance(outcome, Held):
        facts = {"id": outcome.id, "state": "held", "reasons": [reason.code for reason in outcome.reasons]}
    return say(given, facts, [" ".join(str(value) for value in facts.values())])
