"""What citizens send: the content kinds of a message event, as tolerant pydantic values.

Shapes from LINE's webhook.yml. Fields that LINE adds later are let through; only what is used is modelled, the rest
stays readable in the stored JSON. Nothing here shows its content in `repr`.
"""

from typing import Annotated, Any, Final, Literal, NotRequired, TypeVar, cast, dataclass_transform

from pydantic import AfterValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic.dataclasses import dataclass
from typing_extensions import TypedDict

__all__ = [
    "AudioContent",
    "Content",
    "ContentProvider",
    "FileContent",
    "ImageContent",
    "LocationContent",
    "Quiet",
    "StickerContent",
    "TextContent",
    "UnknownContent",
    "VideoContent",
    "from_line",
]


T = TypeVar("T")
_CONFIG: Final = ConfigDict(extra="ignore", alias_generator=to_camel, hide_input_in_errors=True)


@dataclass_transform(kw_only_default=True, frozen_default=True)
def from_line(shape: type[T]) -> type[T]:
    """Make a class a value that LINE sends: frozen, tolerant of new fields, silent about its content.

    A slotted dataclass is one object where a pydantic model is three, which the garbage collector notices.
    """
    return cast(
        "type[T]", dataclass(shape, frozen=True, slots=True, kw_only=True, repr=False, config=_CONFIG)
    )


class Quiet:
    """Shows type and id only: what citizens send must not reach a log."""

    __slots__ = ()

    def __repr__(self) -> str:
        shown = [f"{n}={getattr(self, n)!r}" for n in ("type", "webhook_event_id") if hasattr(self, n)]
        return f"{type(self).__name__}({', '.join(shown)})"


class ContentProvider(TypedDict):
    """Where a media file lies: `line`, or `external` with a URL."""

    type: str
    originalContentUrl: NotRequired[str | None]
    previewImageUrl: NotRequired[str | None]


@from_line
class TextContent(Quiet):
    """A text message; `mention` and `emojis` are LINE's own JSON."""

    type: Literal["text"] = "text"
    id: str
    text: str
    quote_token: str | None = None
    quoted_message_id: str | None = None
    mention: dict[str, Any] | None = None
    emojis: list[dict[str, Any]] | None = None


@from_line
class ImageContent(Quiet):
    """An image; fetch it by `id`."""

    type: Literal["image"] = "image"
    id: str
    content_provider: ContentProvider | None = None
    image_set: dict[str, Any] | None = None
    quote_token: str | None = None


@from_line
class VideoContent(Quiet):
    """A video; `duration` in milliseconds."""

    type: Literal["video"] = "video"
    id: str
    duration: int | None = None
    content_provider: ContentProvider | None = None
    quote_token: str | None = None


@from_line
class AudioContent(Quiet):
    """A voice message; `duration` in milliseconds."""

    type: Literal["audio"] = "audio"
    id: str
    duration: int | None = None
    content_provider: ContentProvider | None = None


@from_line
class FileContent(Quiet):
    """A file; `file_size` in bytes."""

    type: Literal["file"] = "file"
    id: str
    file_name: str
    file_size: int


@from_line
class LocationContent(Quiet):
    """A place that the citizen chose to send."""

    type: Literal["location"] = "location"
    id: str
    latitude: float
    longitude: float
    title: str | None = None
    address: str | None = None


@from_line
class StickerContent(Quiet):
    """A sticker."""

    type: Literal["sticker"] = "sticker"
    id: str
    package_id: str
    sticker_id: str
    sticker_resource_type: str | None = None
    keywords: list[str] | None = None
    text: str | None = None
    quote_token: str | None = None
    quoted_message_id: str | None = None


_KINDS = frozenset({"text", "image", "video", "audio", "file", "location", "sticker"})


def _unheard_of(kind: str) -> str:
    # a known kind that failed its own model is broken, not unknown
    if kind in _KINDS:
        raise ValueError("a known kind with a wrong shape")
    return kind


@from_line
class UnknownContent(Quiet):
    """A kind of message that LINE added after this release; kept, never an error."""

    type: Annotated[str, AfterValidator(_unheard_of)]
    id: str | None = None


_Known = Annotated[
    TextContent | ImageContent | VideoContent | AudioContent | FileContent | LocationContent | StickerContent,
    Field(discriminator="type"),
]
Content = Annotated[_Known | UnknownContent, Field(union_mode="left_to_right")]
"""Any message content: the known kinds by their `type`, else `UnknownContent`."""
