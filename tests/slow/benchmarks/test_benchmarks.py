"""Every benchmark runs from its command and answers with the figures that are promised; how large they are is no test's business."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[3]
NAMES = sorted(path.stem for path in (ROOT / "benchmarks").glob("*.py") if not path.stem.startswith("_"))
HOT = {"units_per_s", "ratio_to_bare", "max_wait_ms"}
PROMISED = {
    "answers": {"top1", "top3", "refusal_precision", "p95_ms", "cross_city_top3"},
    "availability": {"facility_month_ms", "year_ms", "ratio_to_hand_sql"},
    "booking": {
        "sqlite.ratio_to_threads",
        "sqlite.max_wait_ms",
        "ours_per_s",
        "cte_per_s",
        "lock_per_s",
        "bound_per_s",
        "ratio_to_cte",
        "ratio_to_bound",
        "oversold",
    },
    "delivery": {
        "requests_per_s",
        "share_of_limit",
        "building_cpu_s_per_million",
        "freezing_cpu_s_per_million",
        "total_cpu_s_per_million",
        "baseline.sdk_building_cpu_s_per_million",
        "baseline.urllib3_requests_per_s",
    },
    "garbage": {"seconds", "ratio_to_dateutil", "selection_ratio_to_hand_written"},
    "imports": {"govline_ms", "city_ratio_to_attrs_pydantic"},
    "mynumber": {"ratio_to_bare_rsa", "full_us", "bare_us"},
    "store": {f"{engine}.{figure}" for engine in ("sqlite", "postgres") for figure in HOT},
    "tabular": {"rows_per_s", "peak_mb", "export_rows_per_s", "naive_rows_per_s"},
    "turns": {"memory_per_s", "durable_per_s", "ratio_to_transitions", "ratio_to_ceiling"},
    "webhook": {"ratio_to_sdk", "events_per_s", "sdk_events_per_s"},
}


def figures(report, prefix=""):
    """Every number by its dotted name."""
    for name, value in report.items():
        if isinstance(value, dict):
            yield from figures(value, f"{prefix}{name}.")
        elif isinstance(value, int | float):
            yield f"{prefix}{name}", value


@pytest.mark.parametrize("name", NAMES)
def test_it_answers_with_its_figures_and_the_machine(name):
    command = [sys.executable, "-m", "benchmarks", name, "--json", "--quick"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    report = json.loads(line)
    found = dict(figures(report))
    assert found
    promised = PROMISED.get(name, set())
    assert promised <= set(found)
    assert all(found[figure] > 0 for figure in promised - {"oversold"})
    assert {"cpus", "fdatasync_8k_us", "python"} <= set(report["machine"])
    assert found.get("oversold", 0) == 0
    if name == "delivery":
        assert (report["doubled"], report["lost"], report["refused_429"]) == (0, 0, 0)
        assert report["fullest_second"] <= 200  # counted by the receiver's clock
