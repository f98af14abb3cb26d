"""The govline command (extra `cli`): `govline demo | new | dev | test | worker | db | outbox | menu | doctor | <feature> <command>`."""

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import Final

from govline.errors import GovlineError, MissingExtra

__all__ = ["main"]

_EXTRA: Final = frozenset({"typer", "rich"})


def main(words: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        words: What stands after `govline`; the process's own where omitted.

    Returns:
        0 well, 1 something was found wrong, 2 the command could not be carried out.
    """
    words = list(sys.argv[1:] if words is None else words)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(
                errors="backslashreplace"
            )  # a terminal without Japanese must not end the command
    try:
        return _run(words)
    except GovlineError as error:
        print(error, file=sys.stderr)
        return 2
    except BrokenPipeError:  # whoever read has enough (`| head`): the rest goes nowhere, not into a traceback
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _run(words: Sequence[str]) -> int:
    try:
        from govline.cli.app import run

        return run(words)
    except ModuleNotFoundError as cause:
        if (cause.name or "").partition(".")[0] in _EXTRA:
            raise MissingExtra(str(cause.name), "cli") from cause
        raise
