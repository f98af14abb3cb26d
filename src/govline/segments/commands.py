"""`govline segments count FILTER` and `govline segments send KEY FILTER TEXT`, for a terminal at the town."""

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any, Final

from govline.core import Actor, Command
from govline.core.messages import Text
from govline.errors import GovlineError
from govline.segments.short import read_filter

__all__ = ["COMMANDS"]

_CLERK: Final = Actor("staff", "cli", "import")
_FILTER: Final = "ward=minato,kawabe (several, separated by blanks, must all hold), the filter's JSON, or a file that holds it"


def _count(city: Any, words: Sequence[str]) -> int:
    """Print how many citizens fulfil a filter, and the filter in Japanese. 0, or 1 with the reason on stderr."""
    parser = ArgumentParser(prog="govline segments count")
    parser.add_argument("filter", help=_FILTER)
    given = parser.parse_args(list(words))
    try:
        chosen = read_filter(given.filter, city.segments.attributes)
        number = city.database.read(lambda tx: city.segments.count(tx, chosen))
    except GovlineError as error:
        return _refused(error)
    sys.stdout.write(f"{number} 人: {city.segments.attributes.to_text(chosen)}\n")
    return 0


def _send(city: Any, words: Sequence[str]) -> int:
    """Freeze a delivery of one text; the worker sends it. The same key again sends nothing. 0, or 1 with the reason."""
    parser = ArgumentParser(prog="govline segments send")
    parser.add_argument("key", help="names the delivery; the same key is the same delivery")
    parser.add_argument("filter", help=_FILTER)
    parser.add_argument("text", help="what the citizens read")
    given = parser.parse_args(list(words))
    try:
        chosen = read_filter(given.filter, city.segments.attributes)
        run = city.database.run(
            lambda tx: city.segments.send(tx, chosen, [Text(given.text)], given.key), actor=_CLERK
        )
    except GovlineError as error:
        return _refused(error)
    counts = run.counts
    sys.stdout.write(f"{run.id}: {counts.total} 人、{run.batches} 単位、届かない人 {counts.not_reached}\n")
    return 0


def _refused(error: GovlineError) -> int:
    sys.stderr.write(f"{error}\n")
    return 1


COMMANDS: Final = (
    Command("count", "条件に当てはまる人数を数える", _count),
    Command("send", "条件に当てはまる人へ一斉配信する", _send),
)
