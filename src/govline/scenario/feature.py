"""What the scenario room offers to the City: it answers citizens, wakes talks that wait, and forgets in time."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from govline.core import (
    FEATURE_API,
    Check,
    DataClass,
    DataField,
    Done,
    EffectContext,
    Env,
    Fate,
    Handler,
    Json,
    Offers,
    Responder,
    Tick,
    Transaction,
)
from govline.scenario import _queries as q
from govline.scenario.definition import Definition
from govline.scenario.loading import load_folder
from govline.scenario.service import TIMEOUT, ScenarioService

__all__ = ["ScenarioConfig", "ScenarioFeature"]

_SHOWN = 50


class ScenarioConfig(BaseModel):
    """Settings of the town.

    Args:
        folder: Where the `*.yaml` are, below the town's folder; used when no definitions were given in Python.
        awaits: Names of events that talks may wait for (`payments.settled` …).
        keep_days: How long turns and idle sessions are kept.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: str = "scenarios"
    awaits: tuple[str, ...] = ()
    keep_days: int = Field(default=90, ge=1, le=3650)


class ScenarioFeature:
    """Talks of a town.

    Args:
        definitions: The scenarios, or the folder of their YAML files; the folder of the settings where omitted.
    """

    name = "scenario"
    api = FEATURE_API
    config: type[BaseModel] = ScenarioConfig
    migrations = "govline.scenario.migrations"

    def __init__(self, definitions: Iterable[Definition] | str | Path | None = None) -> None:
        self._given = definitions
        self._config = ScenarioConfig()

    def build(self, env: Env, config: ScenarioConfig) -> ScenarioService:
        """The bound service; reads the definitions and refuses those with errors."""
        self._config = config
        given = self._given
        if given is None:
            return ScenarioService(load_folder(env.folder / config.folder))
        if isinstance(given, str | Path):
            return ScenarioService(load_folder(env.folder / given))
        return ScenarioService(given)

    def offers(self, service: ScenarioService) -> Offers:
        """The responder of running talks and words, the end of waits, checks and the staff's view."""
        return Offers(
            responders=(
                Responder("scenario.session", "session", service.handle),
                Responder("scenario.keyword", "keyword", service.begin_by_word),
                Responder("scenario.late", "default", service.handle_late),
            ),
            handlers=[Handler(name, service.deliver) for name in self._config.awaits],
            effects={TIMEOUT: TimeoutEffects(service)},
            ticks=(Tick("scenario.purge", time(3, 30), partial(_purge, self._config.keep_days)),),
            data_map=_data_map(self._config.keep_days),
            erase=service.erase,
            checks=(Check("scenario.versions", _doubled_versions),),
            view=partial(_view, service),
        )


class TimeoutEffects:
    """Ends waits: nothing happens outside, the talk goes on in the unit that marks the effect done."""

    own_unit = True

    def __init__(self, service: ScenarioService) -> None:
        self._service = service

    def run(self, payload: Mapping[str, Json], context: EffectContext) -> Fate:  # noqa: ARG002 - the handler's shape
        return Done()

    def record(self, tx: Transaction, payload: Mapping[str, Json], fate: Fate) -> None:
        if isinstance(fate, Done):
            self._service.timed_out(tx, payload["citizen"], payload["session"])


def _purge(keep_days: int, tx: Transaction, due: datetime) -> None:
    before = due - timedelta(days=keep_days)
    tx.write(q.PURGE_TURNS, {"before": before})
    tx.write(q.PURGE_SESSIONS, {"before": before})


def _doubled_versions(tx: Transaction) -> Sequence[str]:
    return [
        f"scenario {scenario} has two contents under version {version}; give each published change a new version"
        for scenario, version in tx.all(q.VERSIONS)
    ]


def _view(service: ScenarioService, tx: Transaction) -> Sequence[Mapping[str, Any]]:
    titles = {name: definition.title for name, definition in service.definitions.items()}
    return [
        {
            "scenario": titles.get(row.scenario) or row.scenario,
            "version": row.version,
            "step": row.step,
            "outcome": row.outcome,
            "turns": row.turns,
            "updated": row.updated.isoformat(),
        }
        for row in tx.all(q.RECENT, {"limit": _SHOWN})
    ]


def _data_map(keep_days: int) -> tuple[DataField, ...]:
    kept = f"{keep_days} days after the last turn"
    return (
        DataField("gl_scenario_session", "citizen", DataClass.PREFERENCE, "whose talk it is", kept),
        DataField("gl_scenario_session", "state", DataClass.PREFERENCE, "answers of the running talk", kept),
        DataField("gl_scenario_turn", "citizen", DataClass.PREFERENCE, "who said it", f"{keep_days} days"),
        DataField(
            "gl_scenario_turn",
            "body",
            DataClass.PREFERENCE,
            "what was said and answered",
            f"{keep_days} days",
        ),
        DataField("gl_scenario_definition", "body", DataClass.PUBLIC, "published talks", "kept"),
    )
