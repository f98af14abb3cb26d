"""Files in and out: 800,000 rows exported to CP932, 200,000 imported into SQLite, each in a fresh process, against a naive script.

Importing means: dry run over the whole file, comparison with what stands, writing in units of 500 rows with everything kept that an
undo needs. The baseline reads the same file with `csv.DictReader` into a list and inserts it in one transaction: no report, no
comparison, no undo, all rows in memory. Peaks are `ru_maxrss` of the whole process, the interpreter included.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks._measure import interleave, median
from benchmarks._tabular_child import people, table
from govline.tabular import write

EXPORTED, IMPORTED = 800_000, 200_000


def run(quick: bool) -> dict[str, Any]:
    """One round when quick, else three; the peaks are the worst of all."""
    found = interleave({"export": _export, "import": _import, "naive": _naive}, rounds=1 if quick else 3)
    seconds = {
        name: median([each[key] for each in found[kind]])
        for name, kind, key in (
            ("export", "export", "seconds"),
            ("import", "import", "import_s"),
            ("unchanged", "import", "unchanged_s"),
            ("naive", "naive", "seconds"),
        )
    }
    peaks = {kind: max(each["peak_mb"] for each in rounds) for kind, rounds in found.items()}
    return {
        "rows_per_s": round(IMPORTED / seconds["import"]),
        "peak_mb": round(max(peaks["export"], peaks["import"])),
        "export_rows_per_s": round(EXPORTED / seconds["export"]),
        "unchanged_rows_per_s": round(IMPORTED / seconds["unchanged"]),
        "naive_rows_per_s": round(IMPORTED / seconds["naive"]),
        "export_peak_mb": round(peaks["export"]),
        "import_peak_mb": round(peaks["import"]),
        "naive_peak_mb": round(peaks["naive"]),
        "exported": EXPORTED,
        "imported": IMPORTED,
    }


def _export() -> dict[str, Any]:
    return _child("export", EXPORTED)


def _import() -> dict[str, Any]:
    return _child("import", IMPORTED)


def _naive() -> dict[str, Any]:
    return _child("naive", IMPORTED)


def _child(what: str, rows: int) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp(prefix="govline-bench-"))
    try:
        if what != "export":
            write(table(), folder / "import.csv", people(rows), encoding="cp932")
        command = [sys.executable, "-m", "benchmarks._tabular_child", what, str(folder), str(rows)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found: dict[str, Any] = json.loads(done.stdout)
        return found
    finally:
        shutil.rmtree(folder)
