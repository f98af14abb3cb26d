"""The repository's own entrances: the targets of the Makefile, and a CI run that never passes without the real files."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TARGETS = ("setup", "demo", "test", "test-slow", "shuffle", "check", "bench", "docs", "clean")


@pytest.mark.parametrize("target", TARGETS)
def test_make_knows_every_target_and_sets_up_first(target):
    dry = ["make", "--dry-run", "--always-make", "--no-print-directory", target]
    done = subprocess.run(dry, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert ("-e '.[all]'" in done.stdout) == (target != "clean")


def test_the_ci_run_fails_without_the_real_files(tmp_path):
    environment = {**os.environ, "GOVLINE_DATA": str(tmp_path / "absent")}
    done = subprocess.run([ROOT / ".ci" / "run"], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "GOVLINE_DATA" in done.stderr
