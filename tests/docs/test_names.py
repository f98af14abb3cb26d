"""Public names: importable, in order, and each function and class says what it is."""

import inspect
from importlib import import_module

import pytest

PURE = [
    "govline",
    "govline.answers",
    "govline.core",
    "govline.errors",
    "govline.calendar",
    "govline.calendar.garbage",
    "govline.segments",
    "govline.scenario",
    "govline.mynumber",
    "govline.payments",
    "govline.people",
    "govline.delivery",
    "govline.line",
    "govline.line.accounts",
    "govline.web",
    "govline.core.pages",
    "govline.store",
    "govline.tabular",
    "govline.city",
    "govline.simulator",
]


def _in_order(name):
    """Constants, then classes, then the rest: the order that ruff keeps in `__all__`."""
    if name.isupper() and len(name) > 1:
        return (0, name)
    return (1, name) if name.lstrip("_")[0].isupper() else (2, name)


@pytest.mark.parametrize("room", PURE)
def test_public_names_are_importable_and_in_order(room):
    module = import_module(room)
    names = list(module.__all__)
    assert len(names) == len(set(names))
    assert names == sorted(names, key=_in_order)
    for name in names:
        assert getattr(module, name) is not None, name


@pytest.mark.parametrize("room", PURE)
def test_public_functions_and_classes_have_docstrings(room):
    module = import_module(room)
    bare = []
    for name in module.__all__:
        value = getattr(module, name)
        own = vars(value).get("__doc__") if inspect.isclass(value) else inspect.getdoc(value)
        if (inspect.isclass(value) or inspect.isroutine(value)) and not (own or "").strip():
            bare.append(name)
    assert not bare
