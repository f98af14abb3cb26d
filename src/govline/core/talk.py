"""What passes between a talk, the actions it calls and whoever answers a citizen's input."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol

from attrs import field, frozen

from govline.core.ids import CitizenId
from govline.core.values import DataClass, Json, frozen_map, frozen_set, frozen_tuple

if TYPE_CHECKING:
    from pydantic import BaseModel

    from govline.core.transaction import Transaction

__all__ = [
    "Action",
    "ActionResult",
    "Ask",
    "Finished",
    "Input",
    "InputKind",
    "Message",
    "Place",
    "Rank",
    "Responder",
    "TalkContext",
    "Wait",
]

InputKind = Literal[
    "text", "postback", "image", "video", "audio", "file", "location", "sticker", "follow", "event", "timeout"
]


class Message(Protocol):
    """Anything that can become one LINE message object; see `govline.core.messages`."""

    def to_line(self) -> dict[str, Json]:
        """Plain LINE JSON, within LINE's limits."""
        ...


@frozen
class Place:
    """A location that a citizen sent."""

    latitude: float
    longitude: float
    title: str = ""
    address: str = ""


@frozen
class Input:
    """What a citizen did, freed of the platform's wrapping.

    Args:
        kind: What it was. `event` is an awaited event coming back, `timeout` the end of a wait.
        text: Of a text message, or the displayed text of a choice.
        data: Of a postback (raw string) or event (JSON in `params`).
        params: The date picker's `date`, `time` or `datetime`, a rich menu switch, an event's data.
        content_id: LINE's id of an image, video, audio or file.
        key: Unique to this input (the webhookEventId): the idempotency key of what follows from it.
    """

    kind: InputKind
    text: str = ""
    data: str = ""
    params: Mapping[str, Json] = field(factory=dict, converter=frozen_map, hash=False)
    place: Place | None = None
    content_id: str = ""
    key: str = ""


@frozen
class TalkContext:
    """Who talks, when, and what the talk knows; handed to actions and responders."""

    citizen: CitizenId
    now: datetime
    key: str = ""
    locale: str = "ja"
    slots: Mapping[str, Json] = field(factory=dict, converter=frozen_map, hash=False)
    scenario: str = ""
    step: str = ""


@frozen
class Finished:
    """The action is over: `outcome` picks the next step, `value` may be saved in a slot; `messages` are said first.

    `heard` is what the talk keeps of the citizen's typed answer in place of their words: an action that understands what must not be
    kept (a postcode, an address) gives the harmless part of it, or "". None keeps the words.
    """

    outcome: str = "ok"
    value: Json = None
    messages: Sequence[Message] = field(default=(), converter=frozen_tuple)
    heard: str | None = field(default=None, kw_only=True)


@frozen
class Ask:
    """The action wants to ask: `messages` go out, `state` comes back with the answer to `resume`; `heard` as in `Finished`."""

    messages: Sequence[Message] = field(converter=frozen_tuple)
    state: Json = None
    heard: str | None = field(default=None, kw_only=True)


@frozen
class Wait:
    """The action waits for an event (a payment, a form) or for `until`, whichever is first."""

    event: str
    until: datetime | None = None
    messages: Sequence[Message] = field(default=(), converter=frozen_tuple)
    state: Json = None


ActionResult = Finished | Ask | Wait


@frozen
class Action:
    """What a scenario step `do:` may call. Results are recorded in the turn, so that a replay calls nothing.

    Args:
        name: `feature.verb`.
        args: pydantic model of the step's `with:`.
        outcomes: Every outcome that `Finished` may carry; the linter checks that each leads somewhere.
        data: How delicate the value is.
    """

    name: str
    args: "type[BaseModel]"
    outcomes: frozenset[str] = field(converter=frozen_set)
    run: "Callable[[Transaction, TalkContext, Any], ActionResult]"
    data: DataClass = DataClass.PREFERENCE
    resume: "Callable[[Transaction, TalkContext, Json, Input], ActionResult] | None" = None


Rank = Literal["disaster", "session", "keyword", "postback", "search", "default"]
"""Who is asked first when a citizen says something, in this order."""


@frozen
class Responder:
    """Answers a citizen's input, or returns None to let the next rank try.

    `respond` runs inside the unit of work of the webhook event and returns what to say; it sends nothing itself.
    """

    name: str
    rank: Rank
    respond: "Callable[[Transaction, TalkContext, Input], Sequence[Message] | None]"
