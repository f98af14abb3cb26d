"""What an endpoint of the Messaging API is to the simulator: a name, a path and a function from `Call` to `Answer`."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Literal

from attrs import field, frozen

from govline.core import Json, frozen_map
from govline.simulator.channel import Channel
from govline.simulator.model import Answer, refused
from govline.simulator.sending import bad_body
from govline.simulator.world import LineWorld

__all__ = ["NOT_FOUND", "Call", "Endpoint", "checked", "found"]

NOT_FOUND = refused(404, "Not found")


@frozen
class Call:
    """One request, past authentication."""

    world: LineWorld
    channel: Channel
    request_id: str
    path: Mapping[str, str] = field(converter=frozen_map, hash=False)
    query: Mapping[str, str] = field(converter=frozen_map, hash=False)
    body: bytes = field(repr=False)
    media_type: str = ""
    retry_key: str | None = None
    token: str = field(default="", repr=False)
    content_type: str = ""

    def json(self) -> Json:
        """The body as JSON.

        Raises:
            ValueError: It is none, or nested without end.
        """
        try:
            return json.loads(self.body)
        except RecursionError as cause:
            raise ValueError("nested too deeply") from cause


Handler = Callable[[Call], Answer]


@frozen
class Endpoint:
    """One row of the route table. `rate` names the bucket; `access` is False for the token endpoints."""

    name: str
    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    run: Handler
    rate: str = ""
    access: bool = True


def checked(call: Call, shape: str) -> tuple[dict[str, Any], Answer | None]:
    """The JSON body, and the 400 that answers it when it breaks LINE's rules."""
    try:
        body = call.json()
    except ValueError:
        return {}, refused(400, "The request body could not be parsed as JSON (line: 1, column: 1)")
    problems = call.world.rules.problems(shape, body)
    return (body, None) if not problems else ({}, bad_body(problems))


def found(value: Json) -> Answer:
    """200 with a body, or 404 when there is none."""
    return NOT_FOUND if value is None else Answer(200, value)
