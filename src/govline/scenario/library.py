"""The definitions a town runs: the newest of each scenario, and older ones for the talks that are pinned to them."""

from collections.abc import Iterable, Mapping

from pydantic import ValidationError

from govline.core import Action, Input, Transaction
from govline.errors import ConfigError, DefinitionError
from govline.scenario import _queries as q
from govline.scenario._compile import Compiled, folded
from govline.scenario.definition import Definition
from govline.scenario.linter import require_sound
from govline.scenario.model import Session

__all__ = ["Library"]


class Library:
    """Finds the definition to run.

    Raises:
        ConfigError: GL-4005 two scenarios of one id, GL-4006 two scenarios with the same trigger.
        DefinitionError: A definition with errors.
    """

    def __init__(self, definitions: Iterable[Definition]) -> None:
        self.newest: dict[str, Definition] = {}
        self.actions: Mapping[str, Action] = {}
        self._triggers: dict[str, str] = {}
        self._compiled: dict[str, Compiled] = {}
        for definition in definitions:
            if definition.scenario in self.newest:
                raise ConfigError(f"the scenario {definition.scenario!r} is given twice", code="GL-4005")
            self.newest[definition.scenario] = definition
            self._compiled[definition.hash] = definition.compiled
            self._claim_triggers(definition)

    def bind(self, actions: Mapping[str, Action]) -> None:
        """Take the actions, and refuse definitions that do not fit them."""
        for definition in self.newest.values():
            require_sound(definition, actions)
        self.actions = dict(actions)

    def triggered(self, given: Input) -> str | None:
        """The scenario that a typed word starts."""
        if given.kind != "text":
            return None
        return self._triggers.get(given.text) or self._triggers.get(folded(given.text))

    def publish(self, tx: Transaction, definition: Definition) -> None:
        """Keep the definition's content for the talks that will be pinned to it."""
        tx.write(
            q.PUBLISH,
            {
                "hash": definition.hash,
                "scenario": definition.scenario,
                "version": definition.version,
                "body": definition.canonical,
                "published": tx.now,
            },
        )

    def pinned(self, tx: Transaction, session: Session) -> Compiled | None:
        """What a talk is pinned to; None when it was never stored, cannot be read, or needs an action that is gone."""
        known = self._compiled.get(session.hash)
        if known is None:
            known = self._stored(tx, session.hash)
            if known is None:
                return None
            self._compiled[known.hash] = known
        return known if known.actions <= self.actions.keys() else None

    def _stored(self, tx: Transaction, content: str) -> Compiled | None:
        row = tx.one(q.DEFINITION, {"hash": content})
        if row is None:
            return None
        try:
            compiled = Definition.model_validate_json(row[0]).compiled
        except (ValidationError, DefinitionError):
            return None
        return compiled if compiled.hash == content else None

    def _claim_triggers(self, definition: Definition) -> None:
        for word in definition.triggers:
            owner = self._triggers.setdefault(folded(word), definition.scenario)
            if owner != definition.scenario:
                raise ConfigError(
                    f"{word!r} starts both {owner!r} and {definition.scenario!r}", code="GL-4006"
                )
