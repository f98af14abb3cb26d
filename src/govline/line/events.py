"""Every webhook event of LINE's OpenAPI as one tolerant discriminated union.

Own models instead of the SDK's: those cost a second of import and some 35 µs an event, and refuse a whole body for one
event without an id. Leaves that are only read (`source`, `deliveryContext`) are plain typed dicts in LINE's own spelling,
which halves the cost of an event; the properties of `Event` give them names.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal, NotRequired

from pydantic import AfterValidator, Field, GetPydanticSchema, TypeAdapter
from pydantic_core import core_schema
from typing_extensions import TypedDict

from govline.core import CitizenId, from_micros
from govline.line.messages_in import Content, Quiet, from_line

__all__ = [
    "EVENTS",
    "EVENT_TYPES",
    "LAST_MS",
    "ONE_EVENT",
    "AccountLinkEvent",
    "ActivatedEvent",
    "AnyEvent",
    "BeaconEvent",
    "BotResumedEvent",
    "BotSuspendedEvent",
    "DeactivatedEvent",
    "DeliveryCompletionEvent",
    "Event",
    "FollowEvent",
    "JoinEvent",
    "LeaveEvent",
    "MemberJoinedEvent",
    "MemberLeftEvent",
    "MembershipEvent",
    "MessageEvent",
    "ModuleEvent",
    "PostbackEvent",
    "Source",
    "UnfollowEvent",
    "UnknownEvent",
    "UnsendEvent",
    "VideoPlayCompleteEvent",
]

LAST_MS: Final = 253_402_300_799_999  # 9999-12-31: beyond it no datetime exists


class Source(TypedDict):
    """Who or where an event comes from. `userId` as LINE sends it; `citizenId` in its place once stored."""

    type: str
    userId: NotRequired[str | None]
    citizenId: NotRequired[CitizenId | None]
    groupId: NotRequired[str | None]
    roomId: NotRequired[str | None]


class _DeliveryContext(TypedDict):
    isRedelivery: NotRequired[bool | None]


# Kept as the very object that was read: neither copied nor looked into until a property asks. Two leaves in every event
# are what most of its time would go to.
_AS_READ: Final = GetPydanticSchema(lambda _kind, _handler: core_schema.is_instance_schema(dict))


class _Follow(TypedDict):
    isUnblocked: NotRequired[bool | None]


class _Unsend(TypedDict):
    messageId: str


class _Members(TypedDict):
    members: list[Source]


class _Postback(TypedDict):
    data: str
    params: NotRequired[dict[str, str] | None]


class _VideoPlayComplete(TypedDict):
    trackingId: str


class _Beacon(TypedDict):
    hwid: str
    type: str
    dm: NotRequired[str | None]


class _Link(TypedDict):
    result: str
    nonce: str


class _Membership(TypedDict):
    type: str
    membershipId: int


class _Module(TypedDict):
    type: str
    botId: NotRequired[str | None]
    scopes: NotRequired[list[str] | None]
    reason: NotRequired[str | None]


class _ChatControl(TypedDict):
    expireAt: int


class _Delivery(TypedDict):
    data: str


@from_line
class Event(Quiet):
    """What all events share.

    `webhook_event_id` is LINE's ULID, or a stable derived id where LINE gave none. `govline_refused` names why the
    content was taken out before it was stored (`individual_number`): warn the citizen and do nothing else with it.
    """

    type: str
    timestamp: Annotated[int, Field(ge=0, le=LAST_MS)]
    mode: str = "active"
    webhook_event_id: str | None = None
    delivery_context: Annotated[_DeliveryContext, _AS_READ] | None = None
    source: Annotated[Source, _AS_READ] | None = None
    reply_token: str | None = None
    govline_refused: str | None = None

    @property
    def id(self) -> str:
        """The event's id, never empty after `parse`."""
        return self.webhook_event_id or ""

    @property
    def at(self) -> datetime:
        """When it happened, UTC."""
        return from_micros(self.timestamp * 1000)

    @property
    def redelivery(self) -> bool:
        """Whether LINE sends it again."""
        return bool(self.delivery_context and self.delivery_context.get("isRedelivery"))

    @property
    def source_type(self) -> str:
        """`user`, `group`, `room`, something newer, or empty."""
        return _text(self.source, "type") or ""

    @property
    def user_id(self) -> str | None:
        """LINE's userId: personal data, present only before the event is stored."""
        return _text(self.source, "userId")

    @property
    def citizen(self) -> CitizenId | None:
        """The citizen, in an event that was read back from the inbox."""
        return _text(self.source, "citizenId")


def _text(leaf: Mapping[str, Any] | None, name: str) -> str | None:
    found = leaf.get(name) if leaf else None
    return found if isinstance(found, str) else None


@from_line
class MessageEvent(Event):
    """A citizen sent something."""

    type: Literal["message"] = "message"
    message: Content


@from_line
class UnsendEvent(Event):
    """A message was taken back: its content must no longer be used."""

    type: Literal["unsend"] = "unsend"
    unsend: _Unsend


@from_line
class FollowEvent(Event):
    """The account was added as a friend, or unblocked."""

    type: Literal["follow"] = "follow"
    follow: _Follow | None = None

    @property
    def unblocked(self) -> bool:
        """Whether a block was lifted, as against a new friend."""
        return bool(self.follow and self.follow.get("isUnblocked"))


@from_line
class UnfollowEvent(Event):
    """The account was blocked."""

    type: Literal["unfollow"] = "unfollow"


@from_line
class JoinEvent(Event):
    """The account was added to a group or room."""

    type: Literal["join"] = "join"


@from_line
class LeaveEvent(Event):
    """The account was removed from a group."""

    type: Literal["leave"] = "leave"


@from_line
class MemberJoinedEvent(Event):
    """People joined a group."""

    type: Literal["memberJoined"] = "memberJoined"
    joined: _Members


@from_line
class MemberLeftEvent(Event):
    """People left a group."""

    type: Literal["memberLeft"] = "memberLeft"
    left: _Members


@from_line
class PostbackEvent(Event):
    """A button was tapped; `params` come from the date picker or a rich menu switch."""

    type: Literal["postback"] = "postback"
    postback: _Postback


@from_line
class VideoPlayCompleteEvent(Event):
    """A video with a tracking id was watched to its end."""

    type: Literal["videoPlayComplete"] = "videoPlayComplete"
    video_play_complete: _VideoPlayComplete


@from_line
class BeaconEvent(Event):
    """A citizen came near a beacon."""

    type: Literal["beacon"] = "beacon"
    beacon: _Beacon


@from_line
class AccountLinkEvent(Event):
    """An account link succeeded or failed."""

    type: Literal["accountLink"] = "accountLink"
    link: _Link


@from_line
class MembershipEvent(Event):
    """A paid membership began, ended or was renewed."""

    type: Literal["membership"] = "membership"
    membership: _Membership


@from_line
class ModuleEvent(Event):
    """A module channel was attached or detached."""

    type: Literal["module"] = "module"
    module: _Module


@from_line
class ActivatedEvent(Event):
    """A module channel got the chat control, until `expireAt` (milliseconds)."""

    type: Literal["activated"] = "activated"
    chat_control: _ChatControl


@from_line
class DeactivatedEvent(Event):
    """A module channel lost the chat control."""

    type: Literal["deactivated"] = "deactivated"


@from_line
class BotSuspendedEvent(Event):
    """The account was suspended."""

    type: Literal["botSuspended"] = "botSuspended"


@from_line
class BotResumedEvent(Event):
    """The account works again."""

    type: Literal["botResumed"] = "botResumed"


@from_line
class DeliveryCompletionEvent(Event):
    """A 通知メッセージ arrived; `data` is the delivery tag."""

    type: Literal["delivery"] = "delivery"
    delivery: _Delivery


_Known = Annotated[
    MessageEvent
    | UnsendEvent
    | FollowEvent
    | UnfollowEvent
    | JoinEvent
    | LeaveEvent
    | MemberJoinedEvent
    | MemberLeftEvent
    | PostbackEvent
    | VideoPlayCompleteEvent
    | BeaconEvent
    | AccountLinkEvent
    | MembershipEvent
    | ModuleEvent
    | ActivatedEvent
    | DeactivatedEvent
    | BotSuspendedEvent
    | BotResumedEvent
    | DeliveryCompletionEvent,
    Field(discriminator="type"),
]
EVENT_TYPES = frozenset(
    [
        "message",
        "unsend",
        "follow",
        "unfollow",
        "join",
        "leave",
        "memberJoined",
        "memberLeft",
        "postback",
        "videoPlayComplete",
        "beacon",
        "accountLink",
        "membership",
        "module",
        "activated",
        "deactivated",
        "botSuspended",
        "botResumed",
        "delivery",
    ]
)


def _unheard_of(kind: str) -> str:
    # a known type that failed its own model is broken, not unknown
    if kind in EVENT_TYPES:
        raise ValueError("a known type with a wrong shape")
    return kind


@from_line
class UnknownEvent(Event):
    """A type that LINE added after this release; kept and counted, never an error."""

    type: Annotated[str, AfterValidator(_unheard_of)]


AnyEvent = Annotated[_Known | UnknownEvent, Field(union_mode="left_to_right")]
"""Any webhook event: the known types by their `type`, else `UnknownEvent`."""

ONE_EVENT: TypeAdapter[Any] = TypeAdapter(AnyEvent)
EVENTS: TypeAdapter[list[Any]] = TypeAdapter(list[AnyEvent])
