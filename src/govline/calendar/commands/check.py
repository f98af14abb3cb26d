"""`govline calendar check`: the linter that looks before reception opens."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from govline.calendar.definition import line_of, read_yaml
from govline.calendar.preflight import Finding, placed, preflight
from govline.calendar.service import Calendar
from govline.core import Command, Transaction

__all__ = ["check_command", "empty_lists", "examine", "warn"]


def check_command(calendar: Calendar, folder: Callable[[], Path]) -> Command:
    """The command over one calendar.

    Args:
        folder: Where its programmes' files lie.
    """
    return Command(
        "check",
        "受付を始める前に、予約の設定を検査する",
        lambda city, words: _check(city, words, calendar, folder()),
    )


def examine(
    tx: Transaction, calendar: Calendar, folder: Path | None = None, *, weeks: int = 6
) -> list[Finding]:
    """Every finding of every programme, with file and line where it came from a file.

    Args:
        weeks: How early to warn of dates that run out.
    """
    files = _files(folder)
    found = []
    for programme in calendar.programmes.values():
        facts = calendar.town_facts(tx, programme, weeks=weeks)
        for finding in preflight(programme, tx.now, facts):
            path, data = files.get(programme.id, ("", {}))
            found.append(placed(finding, path, _line(data)))
    return found


def warn(tx: Transaction, calendar: Calendar, folder: Path | None = None) -> list[str]:
    """Every error as a sentence for `govline doctor`; warnings are no fault of a running town, `govline calendar check` tells them."""
    return _sentences(each for each in examine(tx, calendar, folder) if not _lacks_list(each))


def empty_lists(tx: Transaction, calendar: Calendar, folder: Path | None = None) -> list[str]:
    """Lists that nobody has taken in yet, for `govline doctor`."""
    return _sentences(filter(_lacks_list, examine(tx, calendar, folder)))


def _lacks_list(finding: Finding) -> bool:
    return (finding.code, finding.key) == ("GL-2209", "policy.eligibility")


def _sentences(found: Iterable[Finding]) -> list[str]:
    return [_sentence(each).replace("\n  ", " ") for each in found if each.level == "error"]


def _line(data: Mapping[str, Any]) -> Callable[[str], int]:
    def line(key: str) -> int:
        return line_of(data, tuple(int(part) if part.isdecimal() else part for part in key.split(".")))

    return line


def _files(folder: Path | None) -> dict[str, tuple[str, Mapping[str, Any]]]:
    paths = sorted(folder.glob("*.y*ml")) if folder is not None else []
    read = [(path.name, read_yaml(path)) for path in paths]
    return {str(data.get("programme")): (name, data) for name, data in read}


def _check(city: Any, words: Sequence[str], calendar: Calendar, folder: Path) -> int:
    parser = ArgumentParser(prog="govline calendar check")
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.add_argument("--weeks", type=int, default=6, help="warn so many weeks before dates run out")
    given = parser.parse_args(list(words))
    found = city.read(lambda tx: examine(tx, calendar, folder, weeks=given.weeks))
    if given.json:
        sys.stdout.write(
            json.dumps({"findings": [each.to_json() for each in found]}, ensure_ascii=False) + "\n"
        )
    else:
        sys.stdout.write(
            "\n".join(map(_sentence, found)) + "\n" if found else "✓ 問題は見つかりませんでした\n"
        )
    return 1 if any(each.level == "error" for each in found) else 0


def _sentence(finding: Finding) -> str:
    place = f"{finding.file}:{finding.line}" if finding.file else finding.programme
    mark = "✗" if finding.level == "error" else "!"
    return f"{mark} {finding.code} {place} {finding.key}: {finding.text}\n  → {finding.remedy}"
