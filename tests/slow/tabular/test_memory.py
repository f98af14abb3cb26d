"""The streaming writer and reader on as many rows as a large city has people, in a process that may take 200 MB."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

ROWS, MEGABYTES = 800_000, 200
CHILD = """
import re, sys
from pathlib import Path
from benchmarks._tabular_child import people, table
from govline.tabular import read, write
rows = int(sys.argv[2])
written = write(table(), sys.argv[1], people(rows), encoding="cp932")
assert (written.rows, written.substituted) == (rows, 0), written
if sys.argv[3]:
    reading = read(table(), sys.argv[1])
    assert sum(not row.issues for row in reading) == rows
# of this process alone: ru_maxrss begins with the peak of whoever forked it
print(int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024)
"""


@pytest.mark.parametrize("again", ["", "read"])
def test_eight_hundred_thousand_rows_stream(tmp_path, again):
    done = subprocess.run(
        [sys.executable, "-c", CHILD, tmp_path / "large.csv", str(ROWS), again],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < MEGABYTES
