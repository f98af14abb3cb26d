"""Runs one benchmark by name: a module `benchmarks/NAME.py` with `run(quick: bool) -> dict`."""

import argparse
import json
import pkgutil
from importlib import import_module
from inspect import signature

import benchmarks
from benchmarks._measure import machine


def main() -> int:
    """Parse the words, run, print; 0 when it ran."""
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
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
