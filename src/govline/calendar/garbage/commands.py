"""`govline garbage import FILE`: reads everything, names every cell it cannot read, writes all or nothing."""

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from datetime import date
from typing import Any

from govline.calendar.garbage.imports import read_files
from govline.calendar.garbage.inspection import problem_line
from govline.calendar.garbage.model import ImportReport
from govline.calendar.garbage.service import Garbage
from govline.core import Actor
from govline.errors import GovlineError

__all__ = ["import_command", "report_lines"]

_CLERK = Actor("staff", "cli", "import")
_PROBLEMS, _UNREADABLE = 1, 2


def import_command(city: Any, words: Sequence[str]) -> int:
    """Import a file of collection days into the town, now or from a day on.

    Args:
        city: The City; its `garbage` service and `database` are used.
        words: `FILE [--center FILE] [--exceptions FILE] [--towns FILE] [--postcodes FILE [--municipality CODE]] [--from D] [--to D]
            [--skip-unreadable]`.

    Returns:
        0 imported or staged, 1 refused because of problems, 2 no table in the file.
    """
    parser = _import_parser()
    given = parser.parse_args(list(words))
    if given.ends and (given.starts is None or given.ends < given.starts):
        parser.error("--to needs an earlier --from")
    garbage: Garbage = city.garbage
    try:
        read = read_files(
            given.file,
            given.center,
            given.exceptions,
            towns=given.towns,
            postcodes=given.postcodes,
            municipality=given.municipality,
        )
    except (GovlineError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return _UNREADABLE
    how = {"skip_unreadable": given.skip_unreadable, "starts": given.starts, "ends": given.ends}
    report = city.database.run(lambda tx: garbage.import_files(tx, read, **how), actor=_CLERK)
    sys.stdout.write("\n".join(report_lines(report)) + "\n")
    return 0 if report.written else _PROBLEMS


def _import_parser() -> ArgumentParser:
    parser = ArgumentParser(prog="govline garbage import")
    parser.add_argument("file", help="area_days.csv or another table of collection days")
    parser.add_argument("--center", help="center.csv; the one beside FILE where omitted")
    parser.add_argument("--exceptions", help="exceptions.csv; the one beside FILE where omitted")
    parser.add_argument(
        "--towns", help="towns.csv (町名, よみ, 郵便番号, 地区); the one beside FILE where omitted"
    )
    parser.add_argument("--postcodes", help="KEN_ALL.CSV of Japan Post: postcodes of the towns")
    parser.add_argument("--municipality", default="", help="JIS code or name, where it holds several")
    parser.add_argument("--from", dest="starts", type=date.fromisoformat, help="first day on which it holds")
    parser.add_argument("--to", dest="ends", type=date.fromisoformat, help="last day of one for a while")
    parser.add_argument("--skip-unreadable", action="store_true", help="import although cells cannot be read")
    return parser


def report_lines(report: ImportReport) -> list[str]:
    """The report as a clerk reads it."""
    cells = f"セル {report.cells}(空 {report.empty}、読めた {report.parsed})"
    lines = [f"地区 {report.areas} · 種類 {len(report.kinds)} · {cells} · 休止 {report.closures}"]
    lines += [problem_line("問題", item) for item in report.problems]
    lines += [problem_line("注意", item) for item in report.warnings]
    lines += [
        f"注意 地区「{area}」は新しい表にありません(登録者 {count}人)" for area, count in report.lost_areas
    ]
    if report.written and report.staged:
        lines.append("登録しました: 指定の日から自動で切り替わります")
    elif report.written:
        lines.append(f"登録しました: 収集日 {report.days}日分({report.until}まで)")
    else:
        lines.append("登録していません。問題のセルを直すか、--skip-unreadable を付けてください。")
    return lines
