"""The base wheel alone: every example of this folder runs from the built wheel with no extra and no test tool in sight."""

import os
import re
import subprocess
import sys
from importlib.metadata import packages_distributions, requires
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
EXAMPLES = sorted(set(HERE.glob("test_*.py")) - {Path(__file__)})
HIDE = """
import sys
from importlib.machinery import PathFinder
class Base(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.partition(".")[0] in {names!r} else super().find_spec(name, path, target)
sys.meta_path = [Base if finder is PathFinder else finder for finder in sys.meta_path]
"""
RUN = """
import importlib.util, sys
import govline
try:
    import pytest
except ModuleNotFoundError:
    pass
else:
    raise AssertionError("the base installation has no pytest")
assert govline.__file__.startswith(sys.argv[2]), govline.__file__
spec = importlib.util.spec_from_file_location("example", sys.argv[1])
spec.loader.exec_module(example := importlib.util.module_from_spec(spec))
tests = [value for name, value in vars(example).items() if name.startswith("test_")]
assert tests
for test in tests:
    test()
"""


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def base_closure(wheel):
    """The distributions that `pip install` of this wheel brings, with what they need themselves."""
    (metadata,) = wheel.glob("govline-*.dist-info/METADATA")
    lines = metadata.read_text(encoding="utf-8").partition("\n\n")[0].splitlines()
    own = [line.partition(": ")[2] for line in lines if line.startswith("Requires-Dist: ")]
    found, open_ = {"govline"}, needed(own)
    while open_:
        name = canonical(open_.pop())
        if name not in found:
            found.add(name)
            open_ += needed(requires(name) or [])
    return found


def needed(lines):
    wanted = [Requirement(line) for line in lines]
    return [each.name for each in wanted if not each.marker or each.marker.evaluate({"extra": ""})]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The folder of an unpacked wheel, which also hides from Python whatever the base installation lacks."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (built,) = folder.glob("govline-*.whl")
    unpacked = folder / "site"
    with ZipFile(built) as archive:
        archive.extractall(unpacked)
    base = base_closure(unpacked)
    strangers = {
        top for top, owners in packages_distributions().items() if not base & {canonical(o) for o in owners}
    }
    assert {"psycopg", "starlette", "uvicorn", "typer", "rich", "pytest"} <= strangers
    (unpacked / "sitecustomize.py").write_text(HIDE.format(names=strangers), encoding="utf-8")
    return unpacked


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_it_runs_from_the_base_wheel(wheel, example, tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(wheel), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(example), str(wheel)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr


def test_the_wheel_carries_what_is_no_python(wheel):
    package = wheel / "govline"
    for name in ("py.typed", "cli/town/city.yaml", "simulator/page/templates/chat.html", "testing/pki.py"):
        assert (package / name).is_file(), name
    in_checkout = {path.relative_to(ROOT / "src") for path in (ROOT / "src/govline").rglob("*") if kept(path)}
    assert {path.relative_to(wheel) for path in package.rglob("*") if kept(path)} == in_checkout


def kept(path):
    return path.is_file() and "__pycache__" not in path.parts
