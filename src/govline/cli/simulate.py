"""`govline simulate`: a town's year in a few seconds, every delivery listed and judged."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

from govline.cli.development import development_secrets
from govline.cli.towns import town_clock
from govline.core.jst import today
from govline.testing.rehearsal import Report, rehearse

__all__ = ["simulate", "summary"]

_NAMES: Final = {
    "missed": "届かなかった",
    "doubled": "二重に届いた",
    "on_closed_days": "収集のない日の通知",
    "in_quiet_hours": "静かな時間帯の配信",
    "mistimed": "希望と違う時刻の通知",
    "unwanted": "止めているのに届いた通知",
    "unannounced": "事前に知らせなかった休止・振替",
    "failed": "失敗した定時処理",
    "april": "年度替わりの空白",
}
_SHOWN: Final = 5
_WRONG: Final = 1


def simulate(folder: Path, *, days: int, start: date | None, citizens: int, as_json: bool) -> int:
    """Rehearse a town and print what was found.

    Returns:
        0 when nothing is wrong, 1 when a check failed.

    Raises:
        GovlineError: The town cannot be opened.
    """
    development_secrets(folder)
    present = today(town_clock())
    report = rehearse(folder, days=days, start=start, citizens=citizens, today=present)
    if as_json:
        print(json.dumps(report.to_json(), ensure_ascii=False))
    else:
        print("\n".join(summary(report)))
    return 0 if report.ok else _WRONG


def summary(report: Report) -> Iterator[str]:
    """The report as a clerk reads it: figures by month, then what is wrong, then what to know."""
    made_up = f"、うち{report.invented}人は試験用に作成" if report.invented else ""
    yield f"{report.town}  {report.first} から {report.last} まで({report.days}日間)  住民 {report.citizens}人{made_up}"
    sources = sorted({delivery.source for delivery, _, _ in report.told})
    months: dict[str, Counter[str]] = {}
    for delivery, _, who in report.told:
        months.setdefault(f"{delivery.at:%Y-%m}", Counter())[delivery.source] += len(who)
    for month, counted in sorted(months.items()):
        yield f"  {month}  " + "  ".join(f"{name} {counted[name]}通" for name in sources if counted[name])
    wrong = report.checks.wrong
    for name, label in _NAMES.items():
        found = wrong.get(name, ())
        yield f"{'✗' if found else '✓'} {label}: {f'{len(found)}件' if found else 'なし'}"
        for finding in found[:_SHOWN]:
            yield f"    {_line(finding)}"
        if len(found) > _SHOWN:
            yield f"    ほか{len(found) - _SHOWN}件(--json ですべて)"
    for turn in report.checks.april:
        yield f"  {turn['from'][:4]}年4月: 予定 {turn['expected']}件、配信 {turn['delivered']}件"
    for warning in report.warnings:
        yield f"注意 {warning}"


def _line(finding: Mapping[str, Any]) -> str:
    shown = (
        " ".join(map(str, value)) if isinstance(value, list) else str(value).partition("\n")[0]
        for value in finding.values()
        if value not in ("", None)
    )
    return " · ".join(shown)
