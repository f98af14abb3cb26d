"""The size and care of the code itself: short files and functions, every public name explained, nothing left to do."""

import ast
import inspect
import re
from importlib import import_module
from pathlib import Path
from statistics import median, quantiles

import pytest

ROOT = Path(__file__).parents[3]
SOURCES = sorted((ROOT / "src" / "govline").rglob("*.py"))
OTHERS = [path for folder in ("tests", "benchmarks") for path in sorted((ROOT / folder).rglob("*.py"))]
LONGEST_FILE, LONGEST_FUNCTION = 500, 100
ROOMS = [
    *(
        "govline",
        "govline.core",
        "govline.errors",
        "govline.store",
        "govline.store.columns",
        "govline.delivery",
    ),
    *("govline.segments", "govline.scenario", "govline.calendar", "govline.calendar.garbage"),
    *(
        "govline.mynumber",
        "govline.payments",
        "govline.people",
        "govline.line",
        "govline.line.accounts",
        "govline.city",
        "govline.simulator",
    ),
    *("govline.web", "govline.core.pages"),
    *("govline.tabular", "govline.tabular.feature"),
    *("govline.core.ports", "govline.testing.clock", "govline.testing.effects", "govline.testing.pki"),
    *("govline.line.account", "govline.store.friends", "govline.city.procrastinate"),
    *("govline.testing.stage", "govline.testing.talks"),
]


def name_of(path):
    return str(path.relative_to(ROOT))


def is_revision(path):
    """A migration is one list of tables from top to bottom: cutting it up would hide it."""
    return path.parent.name == "migrations"


def functions():
    for path in SOURCES:
        if not is_revision(path):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield f"{name_of(path)}: {node.name}", node.end_lineno - node.lineno + 1


def test_no_file_is_too_long():
    long = [
        name_of(path) for path in SOURCES if len(path.read_text(encoding="utf-8").splitlines()) > LONGEST_FILE
    ]
    assert long == []


def test_functions_are_short():
    lengths = dict(functions())
    assert [name for name, length in lengths.items() if length > LONGEST_FUNCTION] == []
    assert median(lengths.values()) <= 10
    assert quantiles(lengths.values(), n=20)[-1] <= 45


@pytest.mark.parametrize("paths", [SOURCES, OTHERS], ids=["src", "others"])
def test_every_file_says_what_it_is_for(paths):
    assert [
        name_of(p) for p in paths if not ast.get_docstring(ast.parse(p.read_text(encoding="utf-8")))
    ] == []


def test_nothing_is_left_to_do():
    left = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    assert [name_of(path) for path in SOURCES if left.search(path.read_text(encoding="utf-8"))] == []


def test_every_module_lists_its_names():
    run_only = {"src/govline/cli/__main__.py", "src/govline/cli/town/app.py"}
    defining = ast.FunctionDef | ast.ClassDef | ast.Assign
    silent = {
        name_of(path)
        for path in SOURCES
        if "__all__" not in (text := path.read_text(encoding="utf-8"))
        and not is_revision(path)
        and any(isinstance(node, defining) for node in ast.parse(text).body)
    }
    assert silent - run_only == set()


def methods(value):
    """(name, function) of what a class itself defines in public."""
    for name, item in tuple(vars(value).items()):
        function = item.fget if isinstance(item, property) else getattr(item, "__func__", item)
        if not name.startswith("_") and inspect.isfunction(function) and "govline" in function.__module__:
            yield name, getattr(value, name)


@pytest.mark.parametrize("room", ROOMS)
def test_every_public_method_is_explained(room):
    module = import_module(room)
    classes = [getattr(module, name) for name in module.__all__ if inspect.isclass(getattr(module, name))]
    bare = [
        f"{value.__name__}.{name}"
        for value in classes
        for name, function in methods(value)
        if not (inspect.getdoc(function) or "").strip()
    ]
    assert bare == []
