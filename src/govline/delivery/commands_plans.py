"""`govline delivery plan|preview|validate|testers|test|request|report`: a sending from its first words to its figures."""

import json
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from govline.core import Command, Json, Message, Reason, Transaction
from govline.core.jst import JST
from govline.core.messages import Raw, Text
from govline.delivery.reports import DAYS, Report
from govline.delivery.terminal import acted, actor, parser, run_facts, say, told, tried
from govline.errors import GovlineError, InputError

__all__ = ["PLANNING"]

_YEAR: Final = timedelta(days=365)


def _plan(city: Any, words: Sequence[str]) -> int:
    """Write down what shall be sent to whom; the same key again gives the plan that stands."""
    taken = parser("plan", row="key", acts=True)
    taken.add_argument("--campaign", default="", help="what it is a sending of; the key where omitted")
    what = taken.add_mutually_exclusive_group(required=True)
    what.add_argument("--text", action="append", default=[], help="a message; up to five times")
    what.add_argument(
        "--messages", metavar="FILE", help="a JSON array of LINE's message objects; - for standard input"
    )
    whom = taken.add_mutually_exclusive_group(required=True)
    whom.add_argument("--filter", help="a segment: ward=minato, the filter's JSON, or a file that holds it")
    whom.add_argument(
        "--selection", metavar="JSON", help='any selection that a feature offers: {"by": NAME, …}'
    )
    whom.add_argument("--citizens", metavar="FILE", help="citizen ids, one a line; - for standard input")
    whom.add_argument(
        "--broadcast", action="store_true", help="everybody who is a friend, as LINE knows them"
    )
    taken.add_argument("--topic", default="", help="who opted out of it is left out")
    taken.add_argument("--department", default="", help="whose sending it is")
    taken.add_argument("--unit", help="LINE's custom aggregation unit")
    taken.add_argument("--due", help="not before: 2026-11-23T09:00, in Japan's time")
    taken.add_argument("--expires", help="not after")
    taken.add_argument(
        "--emergency", action="store_true", help="passes quiet hours, caps and opt-outs; noted in the audit"
    )
    given = taken.parse_args(list(words))
    try:
        facts = {**_what(given), **_whom(city, given), **_terms(given)}
    except GovlineError as error:
        return told(str(error))
    campaign = given.campaign or given.key
    return acted(
        given,
        tried(city, given, lambda tx: city.delivery.plan(tx, key=given.key, campaign=campaign, **facts)),
    )


def _preview(city: Any, words: Sequence[str]) -> int:
    """What the plan would do now: how many, who not and why, compared with the last time, what they read. Writes nothing."""
    given = parser("preview", row="id").parse_args(list(words))
    try:
        seen = city.read(lambda tx: city.delivery.preview(tx, given.id))
    except GovlineError as error:
        return told(str(error))
    facts = {
        "digest": seen.digest,
        "count": seen.count,
        "left_out": dict(seen.left_out),
        "previous": seen.previous,
        "new": seen.new,
        "gone": seen.gone,
        "samples": list(seen.samples),
        "bytes": seen.size,
        "warnings": [reason.code for reason in seen.warnings],
    }
    lines = [f"{name:10} {json.dumps(value, ensure_ascii=False)}" for name, value in facts.items()]
    if seen.warnings:
        sys.stderr.write(Reason.join(seen.warnings) + "\n")
    return say(given, facts, lines)


def _request(city: Any, words: Sequence[str]) -> int:
    """Ask for approval of what a preview shows at this moment."""
    given = parser("request", row="id", acts=True).parse_args(list(words))

    def ask(tx: Transaction) -> Any:
        return city.delivery.request(tx, given.id, city.delivery.preview(tx, given.id))

    return acted(given, tried(city, given, ask))


def _validate(city: Any, words: Sequence[str]) -> int:
    """LINE's own dry run of the messages; nothing is sent."""
    given = parser("validate", row="id").parse_args(list(words))
    try:
        outcome = city.delivery.validate(city.database, given.id)
    except GovlineError as error:
        outcome = error
    return acted(given, outcome)


def _testers(city: Any, words: Sequence[str]) -> int:
    """Put people on a list of testers, by their citizen ids."""
    taken = parser("testers", row="name", acts=True)
    taken.add_argument("citizen", nargs="+")
    given = taken.parse_args(list(words))
    new = city.run(
        lambda tx: city.delivery.add_testers(tx, given.name, given.citizen), actor=actor(city, given)
    )
    return say(given, {"name": given.name, "new": new}, [f"{given.name}: {new}"])


def _test(city: Any, words: Sequence[str]) -> int:
    """Send the plan as it stands to a list of testers only."""
    taken = parser("test", row="id", acts=True)
    taken.add_argument("testers", help="the list's name")
    given = taken.parse_args(list(words))
    return acted(given, tried(city, given, lambda tx: city.delivery.send_test(tx, given.id, given.testers)))


def _report(city: Any, words: Sequence[str]) -> int:
    """What a run came to, or the runs of a campaign in the last year: batches, people, taps, blocks after it."""
    taken = parser("report", row="id")
    taken.add_argument(
        "--campaign", action="store_true", help="ID is a campaign's name: all its runs of the last year"
    )
    taken.add_argument(
        "--days", type=int, default=DAYS, help="so long a block is put down to the last message before it"
    )
    given = taken.parse_args(list(words))

    def read(tx: Transaction) -> tuple[Report, ...]:
        if given.campaign:
            found: tuple[Report, ...] = city.delivery.campaign_reports(
                tx, given.id, since=tx.now - _YEAR, days=given.days
            )
            return found
        return (city.delivery.report(tx, given.id, days=given.days),)

    try:
        found = city.read(read)
    except GovlineError as error:
        return told(str(error))
    return say(given, [_report_facts(each) for each in found], [_report_line(each) for each in found])


def _report_facts(found: Report) -> dict[str, Any]:
    return {
        "run": run_facts(found.run),
        "batches": dict(found.batches),
        "people": found.people,
        "counted": found.counted,
        "blocks": found.blocks,
        "block_rate": found.block_rate,
        "days": found.days,
        "complete": found.complete,
        "taps": {link.label or link.token: link.taps for link in found.links},
    }


def _report_line(found: Report) -> str:
    whom = f"{found.people}人" if found.counted else f"友だち全員(町が知る{found.people}人)"
    rate = "-" if found.block_rate is None else f"{found.block_rate:.2%}"
    taps = sum(link.taps for link in found.links)
    pending = "" if found.complete else "(集計中)"
    return f"{found.run.id} {found.run.state} {whom} ブロック{found.blocks}人({rate}、{found.days}日以内){pending} タップ{taps}"


def _what(given: Namespace) -> dict[str, Any]:
    if given.text:
        return {"messages": [Text(text) for text in given.text]}
    read = _json(_content(given.messages), "messages")
    if not isinstance(read, list) or not all(isinstance(each, Mapping) for each in read):
        raise InputError("no array of messages", code="GL-1091", place={"option": "messages"})
    messages: list[Message] = [Raw(each) for each in read]
    return {"messages": messages}


def _whom(city: Any, given: Namespace) -> dict[str, Any]:
    if given.broadcast:
        return {"broadcast": True}
    if given.citizens:
        return {
            "recipients": [line.strip() for line in _content(given.citizens).splitlines() if line.strip()]
        }
    if given.selection:
        return {"selection": _json(given.selection, "selection")}
    segments = getattr(city, "segments", None)
    if segments is None:
        raise InputError(
            "this town has no segments", code="GL-1058", hint="add the feature, or use --selection"
        )
    return {"selection": segments.selection(given.filter)}


def _terms(given: Namespace) -> dict[str, Any]:
    return {
        "topic": given.topic,
        "department": given.department,
        "unit": given.unit,
        "due": _moment(given.due, "due"),
        "expires": _moment(given.expires, "expires"),
        "emergency": given.emergency,
    }


def _moment(text: str | None, option: str) -> datetime | None:
    if text is None:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(
            "no date and time", code="GL-1091", hint="2026-11-23T09:00", place={"option": option}
        ) from None
    return read if read.tzinfo else read.replace(tzinfo=JST)


def _content(path: str) -> str:
    try:
        return sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeError):
        raise InputError("the file cannot be read", code="GL-1091", place={"file": path}) from None


def _json(text: str, option: str) -> Json:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise InputError("no JSON", code="GL-1091", place={"option": option}) from None


PLANNING: Final = (
    Command("plan", "だれに何を送るかを書く", _plan),
    Command("preview", "いま送るとどうなるかを見る", _preview),
    Command("validate", "LINEの検証にかける(送らない)", _validate),
    Command("testers", "試し送りの相手を登録する", _testers),
    Command("test", "試し送りをする", _test),
    Command("request", "承認を依頼する", _request),
    Command("report", "配信の結果とブロックの割合", _report),
)
