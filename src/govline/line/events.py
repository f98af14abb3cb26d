"""Every webhook event of LINE's OpenAPI as one tolerant discriminated union.

Own models instead of the SDK's: those cost a second of import and some 35 µs an event, and refuse a whole body for one
event without an id. Leaves that are only read (`source`, `deliveryContext`) are plain typed dicts in LINE's own spelling,
which halves the cost of an event; the properties of `Event` give them names.
"""

from datetime import datetime
from typing import Annotated, Any, Literal, NotRequired

from pydantic import AfterValidator, Field, TypeAdapter
from typing_extensions import TypedDict

from govline.core import CitizenId, from_micros
from govline.line.messages_in import Content, FromLine

__all__ = [
    "EVENTS",
    "EVENT_TYPES",
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

_LAST_MS = 253_402_300_799_999  # 9999-12-31: beyond it no datetime exists


class Source(TypedDict):
    """Who or where an event comes from. `userId` as LINE sends it; `citizenId` in its place once stored."""

    type: str
    userId: NotRequired[str | None]
    citizenId: NotRequired[CitizenId | None]
    groupId: NotRequired[str | None]
    roomId: NotRequired[str | None]


class _DeliveryContext(TypedDict):
    isRedelivery: NotRequired[bool | None]


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


class Event(FromLine):
    """What all events share.

    `webhook_event_id` is LINE's ULID, or a stable derived id where LINE gave none. `govline_refused` names why the
    content was taken out before it was stored (`individual_number`): warn the citizen and do nothing else with it.
    """

    type: str
    timestamp: Annotated[int, Field(ge=0, le=_LAST_MS)]
    mode: str = "active"
    webhook_event_id: str | None = None
    delivery_context: _DeliveryContext | None = None
    source: Source | None = None
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
        return self.source["type"] if self.source else ""

    @property
    def user_id(self) -> str | None:
        """LINE's userId: personal data, present only before the event is stored."""
        return self.source.get("userId") if self.source else None

    @property
    def citizen(self) -> CitizenId | None:
        """The citizen, in an event that was read back from the inbox."""
        return self.source.get("citizenId") if self.source else None


class MessageEvent(Event):
    """A citizen sent something."""

    type: Literal["message"] = "message"
    message: Content


class UnsendEvent(Event):
    """A message was taken back: its content must no longer be used."""

    type: Literal["unsend"] = "unsend"
    unsend: _Unsend


class FollowEvent(Event):
    """The account was added as a friend, or unblocked."""

    type: Literal["follow"] = "follow"
    follow: _Follow | None = None

    @property
    def unblocked(self) -> bool:
        """Whether a block was lifted, as against a new friend."""
        return bool(self.follow and self.follow.get("isUnblocked"))


class UnfollowEvent(Event):
    """The account was blocked."""

    type: Literal["unfollow"] = "unfollow"


class JoinEvent(Event):
    """The account was added to a group or room."""

    type: Literal["join"] = "join"


class LeaveEvent(Event):
    """The account was removed from a group."""

    type: Literal["leave"] = "leave"


class MemberJoinedEvent(Event):
    """People joined a group."""

    type: Literal["memberJoined"] = "memberJoined"
    joined: _Members


class MemberLeftEvent(Event):
    """People left a group."""

    type: Literal["memberLeft"] = "memberLeft"
    left: _Members


class PostbackEvent(Event):
    """A button was tapped; `params` come from the date picker or a rich menu switch."""

    type: Literal["postback"] = "postback"
    postback: _Postback


class VideoPlayCompleteEvent(Event):
    """A video with a tracking id was watched to its end."""

    type: Literal["videoPlayComplete"] = "videoPlayComplete"
    video_play_complete: _VideoPlayComplete


class BeaconEvent(Event):
    """A citizen came near a beacon."""

    type: Literal["beacon"] = "beacon"
    beacon: _Beacon


class AccountLinkEvent(Event):
    """An account link succeeded or failed."""

    type: Literal["accountLink"] = "accountLink"
    link: _Link


class MembershipEvent(Event):
    """A paid membership began, ended or was renewed."""

    type: Literal["membership"] = "membership"
    membership: _Membership


class ModuleEvent(Event):
    """A module channel was attached or detached."""

    type: Literal["module"] = "module"
    module: _Module


class ActivatedEvent(Event):
    """A module channel got the chat control, until `expireAt` (milliseconds)."""

    type: Literal["activated"] = "activated"
    chat_control: _ChatControl


class DeactivatedEvent(Event):
    """A module channel lost the chat control."""

    type: Literal["deactivated"] = "deactivated"


class BotSuspendedEvent(Event):
    """The account was suspended."""

    type: Literal["botSuspended"] = "botSuspended"


class BotResumedEvent(Event):
    """The account works again."""

    type: Literal["botResumed"] = "botResumed"


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


class UnknownEvent(Event):
    """A type that LINE added after this release; kept and counted, never an error."""

    type: Annotated[str, AfterValidator(_unheard_of)]


AnyEvent = Annotated[_Known | UnknownEvent, Field(union_mode="left_to_right")]
"""Any webhook event: the known types by their `type`, else `UnknownEvent`."""

ONE_EVENT: TypeAdapter[Any] = TypeAdapter(AnyEvent)
EVENTS: TypeAdapter[list[Any]] = TypeAdapter(list[AnyEvent])
