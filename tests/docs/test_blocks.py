"""Every code block of the documents runs: Python, console sessions, and each kind of file that a town writes.

The Japanese pages hold the same blocks byte for byte (test_pages), so blocks run once. Blocks of one page share a folder, a
namespace and an environment. A first line such as `# calendars/hiroba.yaml` names the file that a block is: it is written there
and read by its own loader.
"""

import json
import os
import re
import shlex
import subprocess
import sys
import textwrap
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import BytesIO, TextIOWrapper
from pathlib import Path
from tempfile import TemporaryFile

import pytest
from ruamel.yaml import YAML
from sybil import Sybil
from sybil.evaluators.python import PythonEvaluator
from sybil.parsers.markdown import CodeBlockParser

from govline.calendar import load as load_calendar
from govline.calendar.garbage import read_area_days
from govline.city import read_config
from govline.cli import main
from govline.scenario import load as load_scenario
from govline.testing.talks import parse_talk

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
README_JA = ROOT / "README.ja.md"
SOURCES = [README, README_JA, *sorted((ROOT / "docs" / "en").rglob("*.md"))]
BLOCK = re.compile(r"^```(\S*)\n.*?^```$", re.MULTILINE | re.DOTALL)
ENDLESS = ("govline dev", "govline worker", "uvicorn ")
"""Commands that run until they are stopped; the tests of the CLI and of the town start them for real."""
ELSEWHERE = ("make ", "git ", "pip ", "python3 -m venv", "python -m benchmarks")
"""Commands about the checkout or the network, which this folder is not; CI runs make, the benchmarks have tests of their own."""
READ_AS = {"city": read_config, "scenarios": load_scenario, "calendars": load_calendar}
NAMED = re.compile(r"# (?P<path>[\w/-]+\.(?:yaml|txt|py))$")
HERE = re.compile(r"govline [^|&;<>$`'\"*?~#]*")
"""Commands that mean the same without a shell."""


class Console:
    """Runs the `$` lines of a block in one session a page; what is shown below each must occur in its output.

    A `govline` without a shell's signs is run in this process: a process of its own would spend most of its time on importing.
    """

    def __init__(self, folder, environment):
        self.folder = folder
        self.environment = environment

    def __call__(self, example):
        for command, shown in _commands(example.parsed):
            if not self.exempt(command):
                self.run(command, shown)

    @staticmethod
    def exempt(command):
        demo = command.startswith("govline demo") and "--headless" not in command
        return demo or command.startswith((*ENDLESS, *ELSEWHERE))

    def run(self, command, shown):
        code, said = self.here(command) if HERE.fullmatch(command) else self.in_bash(command)
        missing, end = [line for line in shown if line not in said], said[-2000:]
        assert not missing, f"$ {command}\nnot shown: {missing}\nshown ({code}):\n{end}"
        assert code == 0 or shown, f"$ {command}\nended with {code}:\n{end}"

    def here(self, command):
        said = TextIOWrapper(BytesIO(), encoding="utf-8", write_through=True)
        before = dict(os.environ)
        try:
            os.environ.clear()
            os.environ.update(self.environment)
            with chdir(self.folder), redirect_stdout(said), redirect_stderr(said):
                code = main(shlex.split(command)[1:])
        finally:
            os.environ.clear()
            os.environ.update(before)
        return code, said.buffer.getvalue().decode()

    def in_bash(self, command):
        with TemporaryFile("w+", encoding="utf-8") as state:
            told = f"{command}\ncode=$?\n{{ pwd; env -0; }} >&{state.fileno()}\nexit $code"
            done = subprocess.run(
                ["bash", "-c", told],
                cwd=self.folder,
                env=self.environment,
                pass_fds=[state.fileno()],
                capture_output=True,
                text=True,
                timeout=100,
            )
            state.seek(0)
            folder, _, variables = state.read().partition("\n")
        if folder:
            self.folder = Path(folder)
            self.environment = dict(each.split("=", 1) for each in variables.split("\0") if each)
        return done.returncode, done.stdout + done.stderr


def _commands(text):
    """(command, lines shown below it); a line `…` stands for anything, a trailing comment is the reader's."""
    command, shown = None, []
    for line in textwrap.dedent(text).splitlines():
        if line.startswith("$ "):
            if command:
                yield command, shown
            command, shown = re.sub(r"\s{2,}# .*$", "", line[2:]), []
        elif line.strip() and line.strip() != "…":
            shown.append(line.rstrip())
    if command:
        yield command, shown


class Files:
    """Writes a block that names its file, and reads it as the town would."""

    def __init__(self, folder):
        self.folder = folder

    def written(self, text):
        found = NAMED.match(text.splitlines()[0])
        if found is None:
            return None
        path = self.folder / found["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def yaml(self, example):
        path = self.written(example.parsed)
        if path is None:
            YAML(typ="safe", pure=True).load(example.parsed)
            return
        READ_AS[path.parent.name if path.name != "city.yaml" else "city"](path)

    def text(self, example):
        path = self.written(example.parsed)
        if path is not None and path.parent.name == "talks":
            parse_talk(example.parsed, path.stem)

    def csv(self, example):
        path = self.folder / "garbage" / "area_days.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_text(example.parsed, encoding="utf-8")
        table = read_area_days(path)
        assert table.areas
        assert not table.problems

    def json(self, example):
        json.loads(example.parsed)


class Python:
    """Runs a Python block in the page's namespace with what the console has exported; one that names its file is only written."""

    def __init__(self, files, console, monkeypatch):
        self.files, self.console = files, console
        self.monkeypatch = monkeypatch
        self.evaluate = PythonEvaluator()

    def __call__(self, example):
        if self.files.written(example.parsed) is not None:
            return
        for name, value in self.console.environment.items():
            if name.startswith(("GOVLINE_", "LINE_")):
                self.monkeypatch.setenv(name, value)
        self.evaluate(example)


def _sybil(folder, monkeypatch):
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "NO_COLOR": "1",
        "COLUMNS": "200",
    }
    files, console = Files(folder), Console(folder, environment)
    return Sybil(
        parsers=[
            CodeBlockParser("python", Python(files, console, monkeypatch)),
            CodeBlockParser("console", console),
            CodeBlockParser("yaml", files.yaml),
            CodeBlockParser("json", files.json),
            CodeBlockParser("csv", files.csv),
            CodeBlockParser("text", files.text),
        ]
    )


def _blocks(path):
    return [found.group(0) for found in BLOCK.finditer(path.read_text(encoding="utf-8"))]


@pytest.mark.long
@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_blocks_run(path, tmp_path, monkeypatch, request):
    if path == README_JA and _blocks(path) == _blocks(README):
        return  # they have run just now
    for name in [name for name in os.environ if name.startswith(("GOVLINE_", "LINE_"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    if "DATABASE_URL" in path.read_text(encoding="utf-8"):
        monkeypatch.setenv("DATABASE_URL", request.getfixturevalue("postgres_18"))
    for example in _sybil(tmp_path, monkeypatch).parse(path).examples():
        example.evaluate()


def test_the_console_notices_a_wrong_output(tmp_path):
    console = Console(tmp_path, dict(os.environ))
    console.run("export PLACE=役場; mkdir there; cd there", [])
    console.run('echo "$PLACE"; basename "$PWD"', ["役場", "there"])
    with pytest.raises(AssertionError, match="not shown"):
        console.run("echo one", ["two"])
    with pytest.raises(AssertionError, match="ended with 3"):
        console.run("exit 3", [])


def test_no_block_is_of_a_kind_that_nothing_runs():
    known = {"python", "console", "yaml", "json", "csv", "text", "{toctree}"}
    for path in SOURCES:
        kinds = set(BLOCK.findall(path.read_text(encoding="utf-8")))
        assert kinds <= known, (path.name, kinds - known)


def test_a_failing_block_fails(tmp_path, monkeypatch):
    page = tmp_path / "page.md"
    for block in (
        "```python\nassert 1 == 2\n```",
        "```json\n{\n```",
        "```yaml\n# city.yaml\nid: A\n```",
        "```csv\na,b\nx,お盆\n```",
    ):
        page.write_text(block + "\n", encoding="utf-8")
        (example,) = _sybil(tmp_path, monkeypatch).parse(page).examples()
        with pytest.raises((AssertionError, ValueError)):
            example.evaluate()
