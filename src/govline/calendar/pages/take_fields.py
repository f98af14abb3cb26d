"""What is asked where staff book for somebody: who, through which channel, what beside, and whether beyond the rules."""

from collections.abc import Mapping
from typing import Any, Final

from attrs import evolve

from govline.calendar.model import Programme, Slot
from govline.calendar.overriding import NEVER_WAIVED
from govline.calendar.pages.browsing import Asked, Words
from govline.calendar.pages.options import Beside
from govline.core import DataClass, Reason
from govline.core.pages import PageField

__all__ = [
    "beside_of",
    "beyond_fields",
    "channel_field",
    "person_fields",
    "placed",
    "second_fields",
    "waivable",
]

_CHANNELS: Final = ("phone", "counter", "walk_in")
_PERSON: Final[Mapping[str, Any]] = {"most": 100, "data": DataClass.SECRET}
_FIELDS: Final = {"GL-2103": "party", "GL-2109": "party", "GL-2162": "name"}
_STANDS: Final = NEVER_WAIVED | {"GL-2162", "GL-2163"}
"""What no override meets: places, and what a programme asks of a person's name."""


def person_fields(words: Words, programme: Programme) -> list[PageField]:
    """Name and telephone number, in no draft; none where the programme wants nobody's name."""
    if programme.contact == "none":
        return []
    return [
        PageField("name", words("take_name"), help=words("take_sealed"), **_PERSON),
        PageField("phone", words("take_phone"), **_PERSON),
    ]


def second_fields(words: Words, seconds: Mapping[str, str]) -> list[PageField]:
    """Which slot is the second of a pair, of those that fit; nothing where there is none."""
    return [PageField("second", words("take_second"), "choice", True, choices=seconds)] if seconds else []


def channel_field(words: Words) -> PageField:
    """How they came; without a default, so that nobody leaves a wrong one."""
    names = {name: words.texts.get(f"calendar.channel.{name}", words.locale) for name in _CHANNELS}
    return PageField("channel", words("channel"), "choice", required=True, choices=names)


def beyond_fields(words: Words) -> list[PageField]:
    """Whether the rules are set aside, and why."""
    return [
        PageField("override", words("take_override"), "flag", help=words("take_override_help")),
        PageField("reason", words("take_why"), most=100, help=words("staff_why_help")),
    ]


def beside_of(programme: Programme, slot: Slot) -> Beside:
    """備品 that can be had with the slot; none with a pair, which is booked without."""
    offered = {} if programme.link else programme.options_with(slot.name)
    return Beside(Asked(programme), programme, slot, offered, {}, None)


def waivable(code: str) -> bool:
    """Whether an override sets this reason aside."""
    return code not in _STANDS


def placed(beside: Beside, reason: Reason) -> Reason:
    """A reason beside the field that it is about, where it is about one."""
    found = beside.placed(reason)
    named = _FIELDS.get(reason.code)
    return evolve(found, help={**found.help, "field": named}) if named else found
