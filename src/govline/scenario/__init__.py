"""Scenarios (シナリオ): talks written as data, run by a pure engine, kept by a service.

The pure tier stands alone: `step(load("talk.yaml"), session, input, context)` returns a `Turn` with plain LINE JSON.
Everything here is loaded on first use, so that importing the room costs little and needs no database.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from govline.scenario.definition import Definition
    from govline.scenario.diagrams import diagram
    from govline.scenario.engine import Call, step
    from govline.scenario.feature import ScenarioFeature
    from govline.scenario.linter import Finding, lint
    from govline.scenario.loading import load, loads
    from govline.scenario.model import Session, Turn
    from govline.scenario.replaying import replay
    from govline.scenario.service import ScenarioService

__all__ = [
    "Call",
    "Definition",
    "Finding",
    "ScenarioFeature",
    "ScenarioService",
    "Session",
    "Turn",
    "diagram",
    "lint",
    "load",
    "loads",
    "replay",
    "step",
]

_HOMES: Final = {
    "Call": "engine",
    "Definition": "definition",
    "Finding": "linter",
    "ScenarioFeature": "feature",
    "ScenarioService": "service",
    "Session": "model",
    "Turn": "model",
    "diagram": "diagrams",
    "lint": "linter",
    "load": "loading",
    "loads": "loading",
    "replay": "replaying",
    "step": "engine",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
