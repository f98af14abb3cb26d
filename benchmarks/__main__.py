"""Runs one benchmark by name: a module `benchmarks/NAME.py` with `run(quick: bool) -> dict`."""

import argparse
import json
import pkgutil
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from inspect import signature
from typing import Any

import benchmarks
from benchmarks._measure import machine

NEVER = frozenset({"oversold", "doubled", "lost"})
"""Figures that are 0 or the speed beside them means nothing."""


def main() -> int:
    """Parse the words, run, print; 0 when it ran and nothing came out wrong."""
    names = sorted(m.name for m in pkgutil.iter_modules(benchmarks.__path__) if not m.name.startswith("_"))
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", choices=names)
    parser.add_argument("--json", action="store_true", help="one line of JSON instead of an indented object")
    parser.add_argument("--quick", action="store_true", help="shorter rounds, same interleaving")
    parser.add_argument("--full", action="store_true", help="the largest size, where a benchmark has one")
    words = parser.parse_args()
    run = import_module(f"benchmarks.{words.name}").run
    if words.full and "full" not in signature(run).parameters:
        parser.error(f"{words.name} has one size only")
    result = run(words.quick, **({"full": True} if words.full else {}))
    report = {"benchmark": words.name, **result, "machine": machine()}
    print(json.dumps(report, ensure_ascii=False, indent=None if words.json else 2))
    wrong = list(wrong_figures(report))
    if wrong:
        print(f"wrong: {', '.join(wrong)}", file=sys.stderr)
    return 1 if wrong else 0


def wrong_figures(report: Mapping[str, Any], place: str = "") -> Iterator[str]:
    """Every figure of `NEVER`, however deep, that is not 0."""
    for name, value in report.items():
        if isinstance(value, Mapping):
            yield from wrong_figures(value, f"{place}{name}.")
        elif name in NEVER and value != 0:
            yield f"{place}{name} = {value}"


if __name__ == "__main__":
    raise SystemExit(main())
