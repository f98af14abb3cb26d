"""What stands in a feed: RSS, Atom, JSON or plain text as short lines, the newest first. Nothing in it is trusted. Pure."""

import html
import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, Literal, NoReturn
from xml.parsers import expat

from attrs import field, frozen

from govline.core import frozen_tuple
from govline.core.jst import to_jst
from govline.core.text import clip
from govline.errors import FileError
from govline.tabular.sniffing import text_of

__all__ = ["LARGEST", "Shape", "feed_lines"]

LARGEST: Final = 1_000_000
"""Bytes of the largest feed that is read."""

_LONGEST: Final = 200
_DEEPEST: Final = 40
_TAG: Final = re.compile(r"<[^<>]{0,500}>")
_DECLARED: Final = re.compile(rb"<\?xml[^>]{0,100}?encoding=[\"']([A-Za-z0-9_.-]{1,20})[\"']")
_ENCODINGS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("utf-8", "utf8", "us-ascii"), "utf-8"),
    **dict.fromkeys(("shift_jis", "sjis", "windows-31j", "cp932", "x-sjis"), "cp932"),
    "euc-jp": "euc-jp",
    "utf-16": "utf-16",
}
_ENTRIES: Final = frozenset(("item", "entry"))
_DATES: Final = frozenset(("pubDate", "updated", "published", "date"))


@frozen
class Shape:
    """How a feed is written.

    Args:
        kind: `rss` (RSS 0.9 to 2.0 and Atom), `json`, or `text` (a line each).
        items: Of JSON: where the list stands, keys joined by dots; "" where the document is the list.
        fields: Of JSON: which values of an entry make its line, keys joined by dots; none where entries are texts.
    """

    kind: Literal["rss", "json", "text"] = "rss"
    items: str = ""
    fields: tuple[str, ...] = field(default=(), converter=frozen_tuple)


def feed_lines(data: bytes, shape: Shape, most: int) -> list[str]:
    """The newest lines of a feed: tags, control and invisible characters taken out, at most 200 UTF-16 units each.

    Args:
        data: As it came. `most`: at most so many lines.

    Returns:
        In the feed's order; of RSS and Atom the newest first where every entry bears a date.

    Raises:
        FileError: GL-4205, it is not of this shape, too large, or declares a document type (entities, outside files).
    """
    if len(data) > LARGEST:
        _refuse(f"the feed is larger than {LARGEST} bytes")
    lines = (_plain(line) for line in _READERS[shape.kind](data, shape))
    return [line for line in lines if line][:most]


def _plain(text: str) -> str:
    shown = html.unescape(_TAG.sub(" ", text))
    kept = "".join(
        " " if char.isspace() else char
        for char in unicodedata.normalize("NFC", shown)
        if char.isspace() or not unicodedata.category(char).startswith("C")
    )
    return clip(" ".join(kept.split()), _LONGEST, "…")


def _text(data: bytes, shape: Shape) -> Sequence[str]:  # noqa: ARG001 - one signature for every shape
    if not data.strip():
        return []
    try:
        return text_of(data).splitlines()
    except FileError as error:
        _refuse(error.message)


def _json(data: bytes, shape: Shape) -> Sequence[str]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        _refuse("the feed is no JSON")
    entries = _at(found, shape.items)
    if not isinstance(entries, list):
        _refuse(f"the feed has no list at {shape.items or 'its top'}")
    return [
        " ".join(_said(_at(entry, name)) for name in shape.fields) if shape.fields else _said(entry)
        for entry in entries
    ]


def _at(value: Any, path: str) -> Any:
    for key in path.split(".") if path else ():
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _said(value: Any) -> str:
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _rss(data: bytes, shape: Shape) -> Sequence[str]:  # noqa: ARG001 - one signature for every shape
    entries = _Entries()
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = entries.doctype
    parser.StartElementHandler = entries.start
    parser.EndElementHandler = entries.end
    parser.CharacterDataHandler = entries.say
    try:
        parser.Parse(_utf8(data), True)
    except expat.ExpatError:
        _refuse("the feed is no XML")
    if not entries.seen:
        _refuse("the feed has no item or entry")
    dated = [(entry.at, entry.title) for entry in entries.found]
    if all(at for at, _ in dated):
        dated.sort(key=lambda each: each[0] or datetime.min.replace(tzinfo=UTC), reverse=True)
    return [f"{to_jst(at):%-m/%-d %-H:%M} {title}" if at else title for at, title in dated if title.strip()]


def _utf8(data: bytes) -> bytes:
    declared = _DECLARED.search(data[:300])
    name = declared[1].decode("ascii").lower() if declared else "utf-8"
    encoding = "utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else _ENCODINGS.get(name)
    try:
        return data.decode(encoding or _refuse("the feed's encoding is not known")).encode()
    except UnicodeError:
        _refuse("the feed is not in the encoding that it declares")


@frozen
class _Entry:
    title: str
    at: datetime | None


class _Entries:
    """Takes the events of the parser and keeps title and date of each entry."""

    def __init__(self) -> None:
        self.found: list[_Entry] = []
        self.seen = False
        self._path: list[str] = []
        self._own: dict[str, list[str]] | None = None

    def doctype(self, *_: object) -> None:
        """A document type could hold entities that grow without end, or files of this machine."""
        _refuse("the feed declares a document type")

    def start(self, name: str, attributes: object) -> None:  # noqa: ARG002 - expat's signature
        """An element begins."""
        local = name.rpartition(":")[2]
        self._path.append(local)
        if len(self._path) > _DEEPEST:
            _refuse("the feed is nested too deeply")
        self.seen = self.seen or local in {"rss", "feed", "RDF"}
        if local in _ENTRIES:
            self._own = {}

    def say(self, text: str) -> None:
        """Text, of the element that is open; only children of an entry count."""
        if self._own is not None and len(self._path) > 1 and self._path[-2] in _ENTRIES:
            self._own.setdefault(self._path[-1], []).append(text)

    def end(self, name: str) -> None:  # noqa: ARG002 - the path knows it
        """An element ends."""
        if self._path.pop() in _ENTRIES and self._own is not None:
            own = {key: "".join(parts) for key, parts in self._own.items()}
            dates = (_date(own[key]) for key in own if key in _DATES)
            self.found.append(_Entry(own.get("title", ""), next(filter(None, dates), None)))
            self._own = None


def _date(text: str) -> datetime | None:
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            at = read(text.strip())
        except (ValueError, OverflowError):
            continue
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    return None


def _refuse(why: str) -> NoReturn:
    raise FileError(why, code="GL-4205", hint="look at the feed in a browser; is `shape` right?")


_READERS: Final[Mapping[str, Callable[[bytes, Shape], Sequence[str]]]] = {
    "rss": _rss,
    "json": _json,
    "text": _text,
}
