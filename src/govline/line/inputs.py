"""From LINE's event to what a talk understands: `core.Input`."""

from collections.abc import Mapping
from typing import Any

from govline.core import Input, Json, Place
from govline.line.events import (
    AccountLinkEvent,
    BeaconEvent,
    Event,
    FollowEvent,
    MembershipEvent,
    MessageEvent,
    PostbackEvent,
    VideoPlayCompleteEvent,
)
from govline.line.messages_in import (
    AudioContent,
    FileContent,
    ImageContent,
    LocationContent,
    StickerContent,
    TextContent,
    VideoContent,
)
from govline.line.parsing import BrokenEvent

__all__ = ["to_input"]


def to_input(event: Event | BrokenEvent) -> Input | None:
    """What a citizen did, or None where there is nothing to answer.

    None for: groups and rooms, standby mode (another module answers), events whose content was refused, broken and unknown
    events, and those that only tell something (unfollow, unsend, join …). Beacons, account links, memberships and watched
    videos come as kind `event`, named `line.<type>` in `data`, with LINE's own JSON in `params`.
    """
    if isinstance(event, BrokenEvent) or event.govline_refused or event.mode != "active":
        return None
    if event.source_type != "user":
        return None
    if isinstance(event, MessageEvent):
        return _of_message(event)
    if isinstance(event, PostbackEvent):
        return Input(
            "postback", data=event.postback["data"], params=event.postback.get("params") or {}, key=event.id
        )
    if isinstance(event, FollowEvent):
        return Input("follow", params={"unblocked": event.unblocked}, key=event.id)
    told = _told(event)
    return None if told is None else Input("event", data=f"line.{event.type}", params=told, key=event.id)


def _of_message(event: MessageEvent) -> Input | None:
    sent: Any = event.message
    match sent:
        case TextContent():
            return Input("text", text=_clean(sent.text), key=event.id)
        case ImageContent() | VideoContent() | AudioContent():
            return Input(sent.type, content_id=sent.id, key=event.id)
        case FileContent():
            return Input("file", text=_clean(sent.file_name), content_id=sent.id, key=event.id)
        case LocationContent():
            return Input("location", place=_place(sent), key=event.id)
        case StickerContent():
            return Input("sticker", data=f"{sent.package_id}/{sent.sticker_id}", key=event.id)
    return None


def _place(sent: LocationContent) -> Place:
    return Place(sent.latitude, sent.longitude, _clean(sent.title or ""), _clean(sent.address or ""))


def _told(event: Event) -> Mapping[str, Json] | None:
    match event:
        case BeaconEvent():
            return dict(event.beacon)
        case AccountLinkEvent():
            return dict(event.link)
        case MembershipEvent():
            return dict(event.membership)
        case VideoPlayCompleteEvent():
            return dict(event.video_play_complete)
    return None


def _clean(text: str) -> str:
    # PostgreSQL stores no NUL, and no citizen means one
    return text.replace("\0", "")
