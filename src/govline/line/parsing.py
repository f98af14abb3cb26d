"""A webhook body becomes events: one bad event never loses its neighbours, and every event has an id."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from attrs import field, frozen
from pydantic import ValidationError
from pydantic_core import from_json

from govline.core import Json
from govline.errors import InputError
from govline.line.events import EVENTS, LAST_MS, ONE_EVENT, Event

__all__ = ["MAX_EVENTS", "Body", "BrokenEvent", "derived_id", "from_sdk", "load_event", "parse"]

MAX_EVENTS: Final = 2000
"""Events a body: many times what LINE sends at once, few enough to be stored before LINE gives up waiting."""

_DEEPEST: Final = 100


@frozen
class BrokenEvent:
    """An event that could not be read; kept so that staff see it. `reason` names places, never content."""

    type: str
    webhook_event_id: str
    timestamp: int
    reason: str

    @property
    def id(self) -> str:
        """The event's id, derived where LINE gave none."""
        return self.webhook_event_id


@frozen
class Body:
    """A webhook body. `events[i]` was read from `raw[i]`; `destination` is the bot's own user id."""

    destination: str
    events: tuple[Event | BrokenEvent, ...]
    raw: tuple[Json, ...] = field(repr=False)

    @property
    def broken(self) -> int:
        """How many events could not be read."""
        return sum(isinstance(event, BrokenEvent) for event in self.events)


def parse(body: bytes | str | Mapping[str, Json]) -> Body:
    """Read a webhook body; check its signature first.

    Args:
        body: The raw bytes (or their text), or the decoded JSON object.

    Raises:
        InputError: GL-8012 the body is no JSON object with a list of events; GL-8018 it has more than `MAX_EVENTS`.
    """
    data = _decode(body) if isinstance(body, (bytes, str)) else body
    raw = data.get("events") if isinstance(data, Mapping) else None
    if not isinstance(raw, list):
        raise _no_body()
    if len(raw) > MAX_EVENTS:
        raise InputError(
            f"the webhook body has more than {MAX_EVENTS} events",
            code="GL-8018",
            hint="LINE sends far fewer; something else knows the channel secret, or gathers bodies",
        )
    if isinstance(body, Mapping):
        raw = [None if _too_deep(item) else item for item in raw]
    destination = data.get("destination")
    return Body(destination if isinstance(destination, str) else "", tuple(_read_all(raw)), tuple(raw))


def from_sdk(events: Iterable[Any], destination: str = "") -> Body:
    """The body of events that line-bot-sdk has parsed already (its `WebhookParser`).

    Args:
        events: Event objects of `linebot.v3.webhooks`.
        destination: The bot's own user id, where the caller knows it.
    """
    return parse({"destination": destination, "events": [json.loads(event.to_json()) for event in events]})


def load_event(stored: Json) -> Event | BrokenEvent:
    """One event from its JSON, as it stands in the inbox."""
    return _read_one(stored)


def derived_id(raw: Json) -> str:
    """A stable id for an event that came without one: equal for its redelivery, different for any other event."""
    same = (
        {k: v for k, v in raw.items() if k not in ("deliveryContext", "webhookEventId")}
        if isinstance(raw, dict)
        else raw
    )
    text = json.dumps(same, sort_keys=True, separators=(",", ":"))
    return f"derived-{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def _decode(body: bytes | str) -> Any:
    try:
        return from_json(body, allow_inf_nan=False, cache_strings="keys")
    except ValueError:
        return _decode_tolerantly(body)


def _decode_tolerantly(body: bytes | str) -> Any:
    # half an emoji (a lone surrogate) is refused by the fast decoder, and could be stored nowhere
    try:
        data = json.loads(body, object_hook=_whole_characters, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise _no_body() from None
    if isinstance(data, dict) and isinstance(data.get("events"), list):
        data["events"] = [None if _too_deep(item) else item for item in data["events"]]
    return data


def _too_deep(value: Any) -> bool:
    """Whether it nests deeper than any event of LINE, and than those who walk it can follow."""
    level = [value]
    for _ in range(_DEEPEST):
        level = [inner for item in level if isinstance(item, (dict, list)) for inner in _inside(item)]
        if not level:
            return False
    return True


def _inside(item: Any) -> Iterable[Any]:
    return item.values() if isinstance(item, dict) else item


def _no_constant(_name: str) -> None:
    raise ValueError("NaN and Infinity are no JSON")


def _whole_characters(item: dict[str, Any]) -> dict[str, Any]:
    return {_whole(key): _whole(value) for key, value in item.items()}


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return [_whole(item) for item in value] if isinstance(value, list) else value


def _no_body() -> InputError:
    return InputError(
        "the webhook body is no JSON object with a list of events",
        code="GL-8012",
        hint="LINE sends {destination, events}; check proxies that change bodies",
    )


def _read_all(raw: list[Any]) -> Iterable[Event | BrokenEvent]:
    try:
        events = EVENTS.validate_python(raw)
    except ValidationError:
        return [_read_one(item) for item in raw]
    for at in [at for at, event in enumerate(events) if not event.webhook_event_id]:
        events[at] = _named(raw[at])
    return events


def _read_one(item: Any) -> Event | BrokenEvent:
    try:
        event: Event = ONE_EVENT.validate_python(item)
    except ValidationError as error:
        return _broken(item, error)
    return event if event.webhook_event_id else _named(item)


def _named(item: dict[str, Any]) -> Event:
    named: Event = ONE_EVENT.validate_python({**item, "webhookEventId": derived_id(item)})
    return named


def _broken(item: Any, error: ValidationError) -> BrokenEvent:
    found = item if isinstance(item, dict) else {}
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return BrokenEvent(
        type=_if(str, found.get("type"), ""),
        webhook_event_id=_if(str, found.get("webhookEventId"), "") or derived_id(item),
        timestamp=_moment(found.get("timestamp")),
        reason=f"{where}: {first['type']}"[:200],
    )


def _moment(value: Any) -> int:
    return value if type(value) is int and 0 <= value <= LAST_MS else 0


def _if(kind: Callable[..., Any], value: Any, otherwise: Any) -> Any:
    return value if type(value) is kind else otherwise
