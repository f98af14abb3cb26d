"""The language of a talk: where it stands, and what one turn gave."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, TypeVar

from attrs import field, frozen

from govline.core.clock import from_micros, to_micros
from govline.core.ids import Id
from govline.core.talk import Input, Place
from govline.core.values import Json
from govline.errors import InputError

__all__ = ["Past", "Pending", "Said", "Session", "Turn", "input_from_json", "input_to_json"]

T = TypeVar("T")


@frozen
class Said:
    """One LINE message object, ready made; fits `govline.core.Message`."""

    body: dict[str, Json] = field(repr=False, hash=False)

    def to_line(self) -> dict[str, Json]:
        return dict(self.body)


@frozen
class Past:
    """A question to which 戻る returns, with the slots as they were when it was asked."""

    step: str
    slots: dict[str, Json] = field(repr=False, hash=False)
    page: int = 0


@frozen
class Pending:
    """An action in the middle of its work: its own state, and what it waits for (an answer where `event` is empty).

    `answers`: how many answers of the citizen it has had.
    """

    state: Json = field(default=None, repr=False, hash=False)
    answers: int = 0
    event: str = ""
    until: datetime | None = None


@frozen
class Session:
    """Where a citizen's talk stands between two turns: plain values, pinned to one definition by its hash.

    Args:
        scenario: Id, `version` and content `hash` of the definition.
        step: The step that waits for the citizen; `page` of its choices.
        slots: Answers and results so far; PUBLIC and PREFERENCE data only. Never changed in place.
        history: Questions answered before, oldest first: the way back.
        pending: The action that waits, when the step is a `do`.
        due: When the talk is over if nothing more is said (aware UTC), None for never.
    """

    scenario: str
    version: int
    hash: str
    step: str
    started: datetime
    due: datetime | None = None
    slots: dict[str, Json] = field(factory=dict, repr=False, hash=False)
    history: tuple[Past, ...] = field(default=(), repr=False)
    pending: Pending | None = None
    page: int = 0
    id: Id = ""

    def to_json(self) -> dict[str, Json]:
        """Plain JSON for any store; `Session.from_json` takes it back unchanged."""
        body: dict[str, Json] = {
            "id": self.id,
            "scenario": self.scenario,
            "version": self.version,
            "hash": self.hash,
            "step": self.step,
            "started": to_micros(self.started),
            "due": to_micros(self.due) if self.due else None,
            "slots": self.slots,
            "history": [[past.step, past.slots, past.page] for past in self.history],
        }
        if self.page:
            body["page"] = self.page
        if self.pending:
            body["pending"] = _pending_to_json(self.pending)
        return body

    @classmethod
    def from_json(cls, data: str | bytes | Mapping[str, Json]) -> "Session":
        """Read what `to_json` gave, as text or as a mapping.

        Raises:
            InputError: GL-4100 when it is not a session.
        """
        return _read("session", data, _session)


@frozen
class Turn:
    """One input and what came of it.

    Args:
        messages: Plain LINE message objects, at most 5; treat them as read-only.
        session: To be kept until the next input; None when the talk is over.
        outcome: How it ended, "" while it goes on.
        understood: False when the input was no answer and the question was put again.
        input: What the citizen did, at `at`; `results` of the actions called: enough to replay the turn.
    """

    messages: tuple[dict[str, Json], ...] = field(repr=False, hash=False)
    session: Session | None
    input: Input = field(repr=False)
    at: datetime
    outcome: str = ""
    understood: bool = True
    results: tuple[Json, ...] = field(default=(), repr=False, hash=False)

    @property
    def finished(self) -> bool:
        """Whether the talk is over."""
        return self.session is None

    def to_json(self) -> dict[str, Json]:
        """The turn as an event: everything but the session, which a replay computes anew."""
        return {
            "input": input_to_json(self.input),
            "at": to_micros(self.at),
            "messages": list(self.messages),
            "results": list(self.results),
            "outcome": self.outcome,
            "understood": self.understood,
        }

    @classmethod
    def from_json(cls, data: str | bytes | Mapping[str, Json]) -> "Turn":
        """Read what `to_json` gave; the session is None.

        Raises:
            InputError: GL-4100 when it is not a turn.
        """
        return _read("turn", data, _turn)


def input_to_json(given: Input) -> dict[str, Json]:
    """An input as plain JSON, without its empty parts."""
    body: dict[str, Json] = {"kind": given.kind, "key": given.key}
    for name in ("text", "data", "content_id"):
        if value := getattr(given, name):
            body[name] = value
    if given.params:
        body["params"] = dict(given.params)
    if given.place:
        place = given.place
        body["place"] = [place.latitude, place.longitude, place.title, place.address]
    return body


def input_from_json(body: Mapping[str, Json]) -> Input:
    """Read what `input_to_json` gave."""
    rest = dict(body)
    if "place" in rest:
        rest["place"] = Place(*rest["place"])
    return Input(**rest)


def _pending_to_json(pending: Pending) -> list[Json]:
    until = to_micros(pending.until) if pending.until else None
    return [pending.state, pending.answers, pending.event, until]


def _session(body: Mapping[str, Any]) -> Session:
    pending = body.get("pending")
    return Session(
        scenario=body["scenario"],
        version=body["version"],
        hash=body["hash"],
        step=body["step"],
        started=from_micros(body["started"]),
        due=_instant(body["due"]),
        slots=dict(body["slots"]),
        history=tuple(Past(step, slots, page) for step, slots, page in body["history"]),
        pending=Pending(pending[0], pending[1], pending[2], _instant(pending[3])) if pending else None,
        page=body.get("page", 0),
        id=body["id"],
    )


def _turn(body: Mapping[str, Any]) -> Turn:
    return Turn(
        messages=tuple(body["messages"]),
        session=None,
        input=input_from_json(body["input"]),
        at=from_micros(body["at"]),
        outcome=body["outcome"],
        understood=body["understood"],
        results=tuple(body["results"]),
    )


def _instant(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)


_UNREADABLE: Final = (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError)


def _read(what: str, data: str | bytes | Mapping[str, Json], make: Callable[[Mapping[str, Any]], T]) -> T:
    try:
        return make(json.loads(data) if isinstance(data, str | bytes) else data)
    except _UNREADABLE as error:
        raise InputError(
            f"this is not the JSON of a {what}",
            code="GL-4100",
            hint=f"hand over what {what.capitalize()}.to_json() gave",
        ) from error
