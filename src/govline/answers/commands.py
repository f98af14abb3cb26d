"""`govline answers import|search|ask|unmatched`: a clerk's side of the lists."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from govline.answers.engine import search
from govline.answers.index import Index
from govline.answers.model import Result
from govline.answers.readers import Problem, read_items
from govline.answers.readings import best_reader
from govline.core import Actor
from govline.errors import FileError

if TYPE_CHECKING:
    from govline.answers.service import Answers, ImportReport

__all__ = ["ask_command", "import_command", "report_lines", "search_command", "unmatched_command"]

_CLERK = Actor("staff", "cli", "import")
_PROBLEMS, _UNREADABLE = 1, 2


def import_command(city: Any, words: Sequence[str]) -> int:
    """Import a list into the town.

    Args:
        city: The City; its `answers` service and `database` are used.
        words: `FILE [--list NAME] [--skip-unreadable]`.

    Returns:
        0 imported, 1 refused because of problems, 2 no table in the file.
    """
    parser = ArgumentParser(prog="govline answers import")
    parser.add_argument("file", help="target.csv, ごみ分別の表, 質問と回答の表")
    parser.add_argument("--list", default="items", help="which list it replaces (items)")
    parser.add_argument("--skip-unreadable", action="store_true", help="import although rows cannot be read")
    given = parser.parse_args(list(words))
    answers: Answers = city.answers
    try:
        table = read_items(given.file)
    except FileError as error:
        sys.stderr.write(f"{error}\n")
        return _UNREADABLE
    report = city.database.run(
        lambda tx: answers.import_table(tx, table, source=given.list, skip_unreadable=given.skip_unreadable),
        actor=_CLERK,
    )
    sys.stdout.write("\n".join(report_lines(report)) + "\n")
    return 0 if report.written else _PROBLEMS


def report_lines(report: "ImportReport") -> list[str]:
    """The report as a clerk reads it."""
    lines = [f"行 {report.rows} · 読めた {report.items}"]
    lines += [_line("問題", problem) for problem in report.problems]
    lines += [_line("注意", warning) for warning in report.warnings]
    if report.written:
        lines.append(f"登録しました: {report.source} {report.items}件")
    else:
        lines.append("登録していません。問題の行を直すか、--skip-unreadable を付けてください。")
    return lines


def _line(word: str, problem: Problem) -> str:
    return f"{word} {problem.row}行目 {problem.column}: 「{problem.cell}」 {problem.reason}"


def search_command(city: Any, words: Sequence[str]) -> int:  # noqa: ARG001 - it needs no town
    """Look up each line of standard input in a file.

    Args:
        city: Not used: the file is enough.
        words: `--items FILE [--json]`. Rows that cannot be read are named on standard error.

    Returns:
        0 looked up, 2 no table in the file.
    """
    parser = ArgumentParser(prog="govline answers search")
    parser.add_argument("--items", required=True, help="target.csv, ごみ分別の表, 質問と回答の表")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    given = parser.parse_args(list(words))
    try:
        ask = _of_file(given.items)
    except FileError as error:
        sys.stderr.write(f"{error}\n")
        return _UNREADABLE
    _answer_lines(sys.stdin, sys.stdout, ask, as_json=given.json)
    return 0


def ask_command(city: Any, words: Sequence[str]) -> int:
    """Look up each line of standard input in the town's lists; `[--json]`. Nothing is logged."""
    parser = ArgumentParser(prog="govline answers ask")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    given = parser.parse_args(list(words))
    index: Index = city.database.read(city.answers.index)
    _answer_lines(sys.stdin, sys.stdout, _of_index(index), as_json=given.json)
    return 0


def _of_file(path: str) -> Callable[[str], Result]:
    table = read_items(path)
    for problem in table.problems:
        sys.stderr.write(_line("問題", problem) + "\n")
    return _of_index(Index.build(table.items, best_reader()))


def _of_index(index: Index) -> Callable[[str], Result]:
    return lambda query: search(index, query)


def _answer_lines(lines: Iterable[str], out: TextIO, ask: Callable[[str], Result], *, as_json: bool) -> None:
    """One line out for each line in, blank ones too, so that both can be read side by side."""
    for line in lines:
        result = ask(line.rstrip("\r\n"))
        out.write((json.dumps(result.to_json(), ensure_ascii=False) if as_json else _plain(result)) + "\n")
        out.flush()


def _plain(result: Result) -> str:
    if not result.answered:
        return f"{result.query}: 見つかりません"
    best = result.results[0]
    more = f" ほか{result.narrowing.count - 1}件" if result.narrowing else ""
    return f"{result.query}: {best.name}({best.label}){more}"


def unmatched_command(city: Any, words: Sequence[str]) -> int:
    """Print the words that nobody could answer, the commonest first.

    Args:
        city: The City.
        words: `[--least N] [--most N]`.
    """
    parser = ArgumentParser(prog="govline answers unmatched")
    parser.add_argument("--least", type=int, default=1, help="asked at least so often")
    parser.add_argument("--most", type=int, default=100, help="at most so many words")
    given = parser.parse_args(list(words))
    answers: Answers = city.answers
    found = city.database.read(lambda tx: answers.unmatched(tx, least=given.least, most=given.most))
    for each in found:
        sys.stdout.write(f"{each.asked}\t{each.word}\t{each.first_day}\t{each.last_day}\n")
    return 0
