"""`govline delivery list|show|ledger|approve|pause|resume|cancel|hold|release|refuse`: the staff's side at a terminal."""

import csv
import getpass
import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from attrs import asdict

from govline.core import Actor, Command, Transaction
from govline.delivery.model import Plan, Refused, Run
from govline.delivery.reading import LEDGER_HEADER
from govline.delivery.sources import Accepted, Held
from govline.errors import GovlineError

__all__ = ["COMMANDS"]

_SHOWN: Final = 50
_REFUSED, _WRONG = 1, 2


def _parser(name: str, *, row: str = "", json_too: bool = True, acts: bool = False) -> ArgumentParser:
    parser = ArgumentParser(prog=f"govline delivery {name}")
    if row:
        parser.add_argument(row)
    if json_too:
        parser.add_argument("--json", action="store_true", help="for machines")
    if acts:
        parser.add_argument(
            "--as", dest="who", default="", help="who acts; the name of the login where omitted"
        )
    return parser


def _actor(city: Any, given: Namespace) -> Actor:
    """Who acts: in a town with the feature people the member of this login, with their roles."""
    name = given.who or getpass.getuser()
    people = getattr(city, "people", None)
    member = None if people is None else city.read(lambda tx: people.actor(tx, name, channel="cli"))
    return member or Actor("staff", name, "cli")


def _say(given: Namespace, facts: Any, lines: Sequence[str]) -> int:
    shown = [json.dumps(facts, ensure_ascii=False)] if given.json else lines
    for line in shown:
        sys.stdout.write(f"{line}\n")
    return 0


def _told(reasons: str) -> int:
    sys.stderr.write(f"{reasons}\n")
    return _REFUSED


def _run_facts(run: Run) -> dict[str, Any]:
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


def _plan_facts(plan: Plan) -> dict[str, Any]:
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


def _list(city: Any, words: Sequence[str]) -> int:
    """Plans that are not sent yet, and the newest runs."""
    given = _parser("list").parse_args(list(words))
    plans, runs = city.read(
        lambda tx: (city.delivery.plans(tx, limit=_SHOWN), city.delivery.runs(tx, limit=_SHOWN))
    )
    open_plans = [
        plan for plan in plans if plan.state in ("draft", "requested", "approved", "held", "recurring")
    ]
    lines = [f"{plan.id} 計画 {plan.state:9} {plan.campaign}" for plan in open_plans]
    for run in runs:
        counts = f"送信{run.counts.sent} 不明{run.counts.unknown} 未達{run.counts.not_reached} 待ち{run.counts.planned}"
        lines.append(f"{run.id} 配信 {run.state:9} {run.campaign or run.source}: {counts}")
    facts = {"plans": [_plan_facts(plan) for plan in open_plans], "runs": [_run_facts(run) for run in runs]}
    return _say(given, facts, lines or ["配信はまだありません"])


def _show(city: Any, words: Sequence[str]) -> int:
    """One plan and its run: what an approver reads, with the content hash that `approve` takes."""
    given = _parser("show", row="id").parse_args(list(words))
    plan, run = city.read(lambda tx: (city.delivery.plan_of(tx, given.id), city.delivery.run(tx, given.id)))
    if plan is None and run is None:
        return _told("GL-1057 no such delivery run")
    facts = {
        "plan": None if plan is None else _plan_facts(plan),
        "run": None if run is None else _run_facts(run),
    }
    parts = [part for part in facts.values() if part is not None]
    lines = [
        f"{name:10} {json.dumps(value, ensure_ascii=False)}" for part in parts for name, value in part.items()
    ]
    return _say(given, facts, lines)


def _ledger(city: Any, words: Sequence[str]) -> int:
    """The ledger of a run as CSV on standard output: citizen id, state, reason."""
    given = _parser("ledger", row="id", json_too=False).parse_args(list(words))
    out = csv.writer(sys.stdout, lineterminator="\n")

    def write(tx: Transaction) -> None:
        out.writerow(LEDGER_HEADER)
        out.writerows(city.delivery.ledger_table(tx, given.id))

    city.read(write)
    return 0


def _approve(city: Any, words: Sequence[str]) -> int:
    """Approve a plan whose content hash begins with what `show` printed (at least 8 signs), as a second person."""
    parser = _parser("approve", row="id", acts=True)
    parser.add_argument("digest", help="the content hash that `show` prints, or its first 8 or more signs")
    given = parser.parse_args(list(words))

    def approve(tx: Transaction) -> Any:
        plan = city.delivery.plan_of(tx, given.id)
        fits = plan is not None and len(given.digest) >= 8 and plan.digest.startswith(given.digest)
        return city.delivery.approve(tx, given.id, plan.digest if fits else given.digest)

    return _acted(given, _tried(city, given, approve))


def _turn(verb: str) -> Callable[[Any, Sequence[str]], int]:
    def act(city: Any, words: Sequence[str]) -> int:
        given = _parser(verb, row="id", acts=True).parse_args(list(words))
        return _acted(given, _tried(city, given, lambda tx: getattr(city.delivery, verb)(tx, given.id)))

    return act


def _hold(city: Any, words: Sequence[str]) -> int:
    """What machine sources offered and staff have to decide on."""
    given = _parser("hold").parse_args(list(words))
    rows = city.read(city.delivery.holds)
    facts = [
        {"id": row.id, "source": row.source, "dated": row.dated.isoformat(), "reasons": row.reasons,
         "released_by": row.released_by, "messages": json.loads(bytes(row.messages))}
        for row in rows
    ]  # fmt: skip
    lines = [f"{row.id} {row.source} {row.dated:%Y-%m-%d %H:%M}Z {','.join(row.reasons)}" for row in rows]
    return _say(given, facts, lines or ["保留はありません"])


def _tried(city: Any, given: Namespace, work: Callable[[Transaction], Any]) -> Any:
    try:
        return city.run(work, actor=_actor(city, given))
    except GovlineError as error:
        return error


def _acted(given: Namespace, outcome: Any) -> int:
    if isinstance(outcome, Refused | GovlineError):
        return _told(str(outcome))
    facts: Mapping[str, Any] = {"done": True}
    if isinstance(outcome, Run | Plan):
        facts = {"id": outcome.id, "state": outcome.state}
    elif isinstance(outcome, Accepted):
        facts = {"id": outcome.id, "run": outcome.run, "state": "accepted"}
    elif isinstance(outcome, Held):
        facts = {"id": outcome.id, "state": "held", "reasons": [reason.code for reason in outcome.reasons]}
    return _say(given, facts, [" ".join(str(value) for value in facts.values())])


COMMANDS: Final = (
    Command("list", "計画と配信の一覧", _list),
    Command("show", "計画・配信の内容と状態", _show),
    Command("ledger", "宛先ごとの結果をCSVで出す", _ledger),
    Command("send", "承認された計画を配信する", _turn("send")),
    Command("approve", "計画を承認する(作成者とは別の人)", _approve),
    Command("repeat", "承認された定期配信を始める", _turn("repeat")),
    Command("withdraw", "計画や定期配信を取り下げる", _turn("withdraw")),
    Command("pause", "配信を一時停止する", _turn("pause")),
    Command("resume", "配信を再開する", _turn("resume")),
    Command("cancel", "配信を中止する", _turn("cancel")),
    Command("hold", "保留中の機械配信の一覧", _hold),
    Command("release", "保留を確認する(二人目で配信)", _turn("release")),
    Command("refuse", "保留を配信せずに終える", _turn("refuse")),
)
