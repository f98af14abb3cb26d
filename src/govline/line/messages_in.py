"""What citizens send: the content kinds of a message event, as tolerant pydantic values.

Shapes from LINE's webhook.yml. Fields that LINE adds later are let through; only what is used is modelled, the rest
stays readable in the stored JSON. Nothing here shows its content in `repr`.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, NotRequired

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from typing_extensions import TypedDict

__all__ = [
    "AudioContent",
    "Content",
    "ContentProvider",
    "FileContent",
    "FromLine",
    "ImageContent",
    "LocationContent",
    "StickerContent",
    "TextContent",
    "UnknownContent",
    "VideoContent",
]


class FromLine(BaseModel):
    """Base of everything that LINE sends: frozen, tolerant of new fields, silent about its content."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", alias_generator=to_camel, hide_input_in_errors=True
    )

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        for name in ("type", "webhook_event_id"):
            if name in type(self).model_fields:
                yield name, getattr(self, name)


class ContentProvider(TypedDict):
    """Where a media file lies: `line`, or `external` with a URL."""

    type: str
    originalContentUrl: NotRequired[str | None]
    previewImageUrl: NotRequired[str | None]


class TextContent(FromLine):
    """A text message; `mention` and `emojis` are LINE's own JSON."""

    type: Literal["text"] = "text"
    id: str
    text: str
    quote_token: str | None = None
    quoted_message_id: str | None = None
    mention: dict[str, Any] | None = None
    emojis: list[dict[str, Any]] | None = None


class ImageContent(FromLine):
    """An image; fetch it by `id`."""

    type: Literal["image"] = "image"
    id: str
    content_provider: ContentProvider | None = None
    image_set: dict[str, Any] | None = None
    quote_token: str | None = None


class VideoContent(FromLine):
    """A video; `duration` in milliseconds."""

    type: Literal["video"] = "video"
    id: str
    duration: int | None = None
    content_provider: ContentProvider | None = None
    quote_token: str | None = None


class AudioContent(FromLine):
    """A voice message; `duration` in milliseconds."""

    type: Literal["audio"] = "audio"
    id: str
    duration: int | None = None
    content_provider: ContentProvider | None = None


class FileContent(FromLine):
    """A file; `file_size` in bytes."""

    type: Literal["file"] = "file"
    id: str
    file_name: str
    file_size: int


class LocationContent(FromLine):
    """A place that the citizen chose to send."""

    type: Literal["location"] = "location"
    id: str
    latitude: float
    longitude: float
    title: str | None = None
    address: str | None = None


class StickerContent(FromLine):
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


class UnknownContent(FromLine):
    """A kind of message that LINE added after this release; kept, never an error."""

    type: Annotated[str, AfterValidator(_unheard_of)]
    id: str | None = None


_Known = Annotated[
    TextContent | ImageContent | VideoContent | AudioContent | FileContent | LocationContent | StickerContent,
    Field(discriminator="type"),
]
Content = Annotated[_Known | UnknownContent, Field(union_mode="left_to_right")]
"""Any message content: the known kinds by their `type`, else `UnknownContent`."""
