"""What an action answered, as the plain JSON that is recorded in the turn; the engine reads nothing else, so a replay needs no action."""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from govline.core.clock import to_micros
from govline.core.talk import ActionResult, Ask, Finished, Message, Wait
from govline.core.values import Json
from govline.errors import InputError

__all__ = ["recorded"]


def recorded(result: ActionResult, action: str) -> dict[str, Json]:
    """The result as JSON: `{finished, value}`, `{ask}` or `{wait, until, state}`, each with `messages`; `{heard}` too where given.

    Raises:
        InputError: GL-4104 when it is no result, or a value or state is not plain JSON.
    """
    if not isinstance(result, Finished | Ask | Wait):
        raise _no_result(f"the action gave a {type(result).__name__}, which is no result", action)
    messages = _lines(result.messages, action)
    if isinstance(result, Finished):
        value = _plain(result.value, action)
        return {"finished": result.outcome, "value": value, "messages": messages, **_heard(result)}
    if isinstance(result, Ask):
        return {"ask": _plain(result.state, action), "messages": messages, **_heard(result)}
    until = to_micros(result.until) if result.until else None
    state = _plain(result.state, action)
    return {"wait": result.event, "until": until, "state": state, "messages": messages}


def _heard(result: Finished | Ask) -> dict[str, Json]:
    return {} if result.heard is None else {"heard": result.heard}


def _lines(messages: Sequence[Message], action: str) -> list[dict[str, Json]]:
    for message in messages:
        if not hasattr(message, "to_line"):
            raise _no_result(f"the action says a {type(message).__name__}, which is no message", action)
    return [message.to_line() for message in messages]


def _plain(value: Any, action: str) -> Json:
    if value is None or isinstance(value, str | int) or (isinstance(value, float) and isfinite(value)):
        return value
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {key: _plain(item, action) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, action) for item in value]
    raise InputError(
        f"the action gave a {type(value).__name__}, which is not plain JSON",
        code="GL-4104",
        hint="give text, finite numbers, lists and mappings only",
        place={"action": action},
    )


def _no_result(message: str, action: str) -> InputError:
    hint = "Finished, Ask or Wait, with messages of govline.core.messages (Raw for LINE's own JSON)"
    return InputError(message, code="GL-4104", hint=hint, place={"action": action})
