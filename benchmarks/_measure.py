"""What all benchmarks share: interleaved rounds, medians, many threads at once, and what the machine is."""

import os
import platform
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

ROUNDS = 5


@dataclass(frozen=True)
class Load:
    """What a round of load saw: units a second and the longest that one unit waited."""

    per_s: float
    max_wait_ms: float


def interleave(variants: Mapping[str, Callable[[], Any]], rounds: int = ROUNDS) -> dict[str, list[Any]]:
    """Run every variant once a round, so that a noisy neighbour meets all of them; results by variant."""
    results: dict[str, list[Any]] = {name: [] for name in variants}
    for _ in range(rounds):
        for name, variant in variants.items():
            results[name].append(variant())
    return results


def median(values: list[float]) -> float:
    return statistics.median(values)


def load(unit: Callable[[int], object], *, threads: int, seconds: float) -> Load:
    """Let `threads` threads call `unit(thread)` one after another for `seconds`."""
    ready = threading.Barrier(threads + 1)
    counts, waits = [0] * threads, [0.0] * threads
    failures: list[BaseException] = []
    stop = threading.Event()

    def submit(number: int) -> None:
        ready.wait()
        count, longest = 0, 0.0
        try:
            while not stop.is_set():
                began = time.perf_counter()
                unit(number)
                longest = max(longest, time.perf_counter() - began)
                count += 1
        except BaseException as error:  # reported by the measuring thread
            failures.append(error)
        counts[number], waits[number] = count, longest

    workers = [threading.Thread(target=submit, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    ready.wait()
    began = time.perf_counter()
    time.sleep(seconds)
    stop.set()
    for worker in workers:
        worker.join()
    took = time.perf_counter() - began
    if failures:
        raise failures[0]
    return Load(sum(counts) / took, max(waits) * 1000)


def flush_us(samples: int = 200) -> float:
    """Median microseconds of writing 8 kB and fdatasync in the temporary folder: the floor under any commit."""
    with tempfile.NamedTemporaryFile() as file:
        times = []
        for _ in range(samples):
            os.pwrite(file.fileno(), b"x" * 8192, 0)
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - began) * 1e6)
    return round(statistics.median(times), 1)


def machine() -> dict[str, object]:
    """Python, processor count, load and flush time: without them figures mean nothing."""
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cpus": os.cpu_count(),
        "load_1min": round(os.getloadavg()[0], 2),
        "fdatasync_8k_us": flush_us(),
    }
