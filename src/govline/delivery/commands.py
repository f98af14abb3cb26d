"""`govline delivery list|show|ledger|approve|pause|resume|cancel|hold|release|refuse`: the staff's side at a terminal."""

import csv
import json
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final

from govline.core import Command, Transaction
from govline.delivery.commands_plans import PLANNING
from govline.delivery.reading import LEDGER_HEADER
from govline.delivery.terminal import acted, parser, plan_facts, run_facts, say, told, tried

__all__ = ["COMMANDS"]

_SHOWN: Final = 50


def _list(city: Any, words: Sequence[str]) -> int:
    """Plans that are not sent yet, and the newest runs."""
    given = parser("list").parse_args(list(words))
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
    facts = {"plans": [plan_facts(plan) for plan in open_plans], "runs": [run_facts(run) for run in runs]}
    return say(given, facts, lines or ["配信はまだありません"])


def _show(city: Any, words: Sequence[str]) -> int:
    """One plan and its run: what an approver reads, with the content hash that `approve` takes."""
    given = parser("show", row="id").parse_args(list(words))
    plan, run = city.read(lambda tx: (city.delivery.plan_of(tx, given.id), city.delivery.run(tx, given.id)))
    if plan is None and run is None:
        return told("GL-1057 no such delivery run")
    facts = {
        "plan": None if plan is None else plan_facts(plan),
        "run": None if run is None else run_facts(run),
    }
    parts = [part for part in facts.values() if part is not None]
    lines = [
        f"{name:10} {json.dumps(value, ensure_ascii=False)}" for part in parts for name, value in part.items()
    ]
    return say(given, facts, lines)


def _ledger(city: Any, words: Sequence[str]) -> int:
    """The ledger of a run as CSV on standard output: citizen id, state, reason."""
    given = parser("ledger", row="id", json_too=False).parse_args(list(words))
    run = city.read(lambda tx: city.delivery.run(tx, given.id))
    if run is not None and run.kind == "broadcast":
        sys.stderr.write("友だち全員への配信です。宛先はLINEだけが知っています: govline delivery report\n")
    out = csv.writer(sys.stdout, lineterminator="\n")

    def write(tx: Transaction) -> None:
        out.writerow(LEDGER_HEADER)
        out.writerows(city.delivery.ledger_table(tx, given.id))

    city.read(write)
    return 0


def _approve(city: Any, words: Sequence[str]) -> int:
    """Approve a plan whose content hash begins with what `show` printed (at least 8 signs), as a second person."""
    taken = parser("approve", row="id", acts=True)
    taken.add_argument("digest", help="the content hash that `show` prints, or its first 8 or more signs")
    given = taken.parse_args(list(words))

    def approve(tx: Transaction) -> Any:
        plan = city.delivery.plan_of(tx, given.id)
        fits = plan is not None and len(given.digest) >= 8 and plan.digest.startswith(given.digest)
        return city.delivery.approve(tx, given.id, plan.digest if fits else given.digest)

    return acted(given, tried(city, given, approve))


def _turn(verb: str) -> Callable[[Any, Sequence[str]], int]:
    def act(city: Any, words: Sequence[str]) -> int:
        given = parser(verb, row="id", acts=True).parse_args(list(words))
        return acted(given, tried(city, given, lambda tx: getattr(city.delivery, verb)(tx, given.id)))

    return act


def _hold(city: Any, words: Sequence[str]) -> int:
    """What machine sources offered and staff have to decide on."""
    given = parser("hold").parse_args(list(words))
    rows = city.read(city.delivery.holds)
    facts = [
        {"id": row.id, "source": row.source, "dated": row.dated.isoformat(), "reasons": row.reasons,
         "released_by": row.released_by, "messages": json.loads(bytes(row.messages))}
        for row in rows
    ]  # fmt: skip
    lines = [f"{row.id} {row.source} {row.dated:%Y-%m-%d %H:%M}Z {','.join(row.reasons)}" for row in rows]
    return say(given, facts, lines or ["保留はありません"])


COMMANDS: Final = (
    *PLANNING,
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
