"""What a bound delivery is made of: the town's rules, the ways to select and to render, and who may do what."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

from attrs import field, frozen

from govline.core import ALLOW_ALL, CitizenId, Json, Message, PolicyPort, Transaction
from govline.core.values import Reason
from govline.delivery import _sql as sql
from govline.delivery.model import Refused
from govline.delivery.rules import Rules, person
from govline.errors import InputError

__all__ = ["Renderer", "Selector", "Setup", "Validator", "staff_id"]

Selector = Callable[[Transaction, Mapping[str, Json], CitizenId, int], Sequence[CitizenId]]
"""(tx, selection, after, limit): the next `limit` citizens behind `after` in ascending order of id; empty at the end.

A million recipients are read in pages, each in a unit of its own, so a selection is asked again and again."""

Renderer = Callable[
    [Transaction, Mapping[str, Json], Sequence[CitizenId]], Mapping[CitizenId, Sequence[Message]]
]
"""(tx, renderer's facts, citizens): the messages of each; who is missing from it is not sent to. Never PERSONAL data: the
messages rest on LINE's servers (national guideline of 2021-04-30)."""


class Validator(Protocol):
    """LINE's free dry run of a message list; the City offers it as the port `validator` where the town has a channel."""

    def validate(self, call: str, messages: Sequence[Json]) -> tuple[Reason, ...]:
        """What LINE finds wrong with a `push`, `multicast` or `broadcast`; nothing is sent. Raises LineError when it does not answer."""
        ...


def _listed(tx: Transaction, facts: Mapping[str, Json], after: CitizenId, limit: int) -> list[CitizenId]:
    rows = tx.all(sql.LISTED, {"plan": facts["plan"], "after": after, "limit": limit})
    return [citizen for (citizen,) in rows]


def _everybody(tx: Transaction, facts: Mapping[str, Json], after: CitizenId, limit: int) -> list[CitizenId]:  # noqa: ARG001 - a selector's signature
    return [citizen for (citizen,) in tx.all(sql.EVERYBODY, {"after": after, "limit": limit})]


def _reached(tx: Transaction, facts: Mapping[str, Json], after: CitizenId, limit: int) -> list[CitizenId]:
    rows = tx.all(sql.REACHED, {"run": facts["run"], "after": after, "limit": limit})
    return [citizen for (citizen,) in rows]


_OWN: Final[dict[str, Selector]] = {"listed": _listed, "everybody": _everybody, "reached": _reached}


@frozen
class Setup:
    """The parts; `selectors` and `renderers` by the name that a plan's `by` gives."""

    rules: Rules = field(factory=Rules)
    policy: PolicyPort = ALLOW_ALL
    selectors: dict[str, Selector] = field(factory=dict, hash=False)
    renderers: dict[str, Renderer] = field(factory=dict, hash=False)

    def select(
        self, tx: Transaction, selection: Mapping[str, Json], after: CitizenId, limit: int
    ) -> Sequence[CitizenId]:
        """The next page of a selection."""
        return self.selector(selection)(tx, selection, after, limit)

    def selector(self, selection: Mapping[str, Json]) -> Selector:
        """The function behind a selection.

        Raises:
            InputError: GL-1058, nobody offers it.
        """
        name = str(selection.get("by"))
        found = _OWN.get(name) or self.selectors.get(name)
        if found is None:
            raise _unknown("selection", name, [*_OWN, *self.selectors])
        return found

    def knows(self, selection: Mapping[str, Json]) -> bool:
        """Whether somebody offers the selection."""
        return str(selection.get("by")) in {*_OWN, *self.selectors}

    def renderer(self, facts: Mapping[str, Json]) -> Renderer:
        """The function that makes each citizen's own messages.

        Raises:
            InputError: GL-1058, nobody offers it.
        """
        name = str(facts.get("by"))
        if name not in self.renderers:
            raise _unknown("renderer", name, list(self.renderers))
        return self.renderers[name]

    def topic(self, name: str) -> str:
        """A declared topic's name.

        Raises:
            InputError: GL-1058, the town has no such topic.
        """
        if name and name not in self.rules.topics:
            raise _unknown("topic", name, list(self.rules.topics))
        return name

    def refused(self, tx: Transaction, verb: str, department: str) -> Refused | None:
        """The policy's word on the transaction's actor."""
        why: Reason | None = self.policy.refuses(tx.actor, f"delivery.{verb}", department=department)
        return None if why is None else Refused((why,))


def staff_id(tx: Transaction) -> str:
    """The transaction's actor as plans and approvals keep it; see `rules.person`."""
    return person(tx.actor.kind, tx.actor.id)


def _unknown(what: str, name: str, known: Sequence[str]) -> InputError:
    return InputError(
        f"no {what} is called {name!r}", code="GL-1058", hint=f"known: {', '.join(known) or 'none'}"
    )
