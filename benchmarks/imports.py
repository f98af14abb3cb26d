"""What importing costs, in fresh interpreters: `govline` over bare Python, and `govline.city` against attrs and pydantic."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial

from benchmarks._measure import interleave, median

_PROGRAMS = {
    "python": "pass",
    "govline": "import govline",
    "city": "import govline.city",
    "attrs_pydantic": "import attrs, pydantic",
    "store": "import govline.store; govline.store.Database",
}


def run(quick: bool) -> dict[str, object]:
    """Medians of wall time in milliseconds; the bare interpreter's start is taken off."""
    variants: dict[str, Callable[[], float]] = {
        name: partial(_milliseconds, code) for name, code in _PROGRAMS.items()
    }
    for variant in variants.values():
        variant()  # byte code and page cache are warm, as in a service that starts again
    times = {name: median(each) for name, each in interleave(variants, rounds=7 if quick else 21).items()}
    bare = times.pop("python")
    over = {name: max(each - bare, 0.1) for name, each in times.items()}
    return {
        "govline_ms": round(over["govline"], 1),
        "city_ratio_to_attrs_pydantic": round(over["city"] / over["attrs_pydantic"], 2),
        "city_ms": round(over["city"], 1),
        "attrs_pydantic_ms": round(over["attrs_pydantic"], 1),
        "store_ms": round(over["store"], 1),
        "python_ms": round(bare, 1),
    }


def _milliseconds(code: str) -> float:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    return (time.perf_counter() - began) * 1000
