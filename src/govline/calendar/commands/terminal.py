"""What the calendar's commands have in common: who acts, words in, sentences or JSON out."""

import getpass
import json
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, Final

from attrs import evolve

from govline.calendar.model import Refused
from govline.core import Actor, Transaction
from govline.core.jst import JST

__all__ = ["REFUSED", "SLOT_HELP", "a_day", "act", "instant", "parser", "refused", "say"]

SLOT_HELP: Final = "its 枠ID, as `govline export slots FILE` lists it"
REFUSED: Final = 1
"""How a command ends that was refused."""
_CHANNELS: Final = ("counter", "phone", "walk_in")


def parser(name: str, *, acts: bool = False) -> ArgumentParser:
    """The words of a command; with `acts`, who acts and through which channel."""
    made = ArgumentParser(prog=f"govline calendar {name}")
    made.add_argument("--json", action="store_true", help="for machines")
    if acts:
        made.add_argument(
            "--as", dest="who", default="", help="who acts; the name of the login where omitted"
        )
        made.add_argument("--channel", choices=_CHANNELS, default="counter", help="how the citizen came")
    return made


def act(city: Any, given: Namespace, work: Callable[[Transaction], Any]) -> Any:
    """The work as the member of staff of this login, through the channel that was named."""
    name = given.who or getpass.getuser()
    people = getattr(city, "people", None)
    member = None if people is None else city.read(lambda tx: people.actor(tx, name, channel=given.channel))
    actor = evolve(member, channel=given.channel) if member else Actor("staff", name, given.channel)
    return city.database.run(work, actor=actor)


def instant(text: str) -> datetime:
    """`2026-12-01T13:00`, in Japan where it says nothing else."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no time; write 2026-12-01T13:00") from None
    return at if at.tzinfo else at.replace(tzinfo=JST)


def a_day(text: str) -> date:
    """`2026-12-01`."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no day; write 2026-12-01") from None


def say(given: Namespace, facts: Any, lines: Sequence[str]) -> int:
    """Sentences, or facts for machines; 0."""
    for line in [json.dumps(facts, ensure_ascii=False)] if given.json else lines:
        sys.stdout.write(f"{line}\n")
    return 0


def refused(answer: Refused) -> int:
    """Every reason on standard error; 1."""
    for reason in answer.reasons:
        sys.stderr.write(f"{reason.code} {reason.text}\n")
    return REFUSED
