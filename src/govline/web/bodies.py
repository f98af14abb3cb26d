"""Reading a form's body: urlencoded or multipart, with limits on bytes, fields and names; nothing is written to disk."""

from typing import Any, Final
from urllib.parse import parse_qsl

from attrs import define, field
from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from govline.core.pages import Attachment
from govline.errors import PageRefused
from govline.web.model import Ask, Kept

__all__ = ["MOST_BODY", "MOST_FIELDS", "read_form", "read_query"]

MOST_BODY: Final = 12_000_000
MOST_FIELDS: Final = 500
_LONGEST_NAME: Final = 200


def read_query(text: str) -> dict[str, str]:
    """The query of an address; the first value of a name counts.

    Raises:
        PageRefused: GL-8123, too many fields.
    """
    found: dict[str, str] = {}
    for name, value in _pairs(text):
        found.setdefault(name, value)
    return found


def read_form(ask: Ask) -> Kept:
    """The fields and files of a posted form.

    Raises:
        PageRefused: GL-8120 too large, GL-8123 malformed, of another type, or too many fields.
    """
    if len(ask.body) > MOST_BODY:
        raise PageRefused("the request is too large", code="GL-8120", status=413)
    kind, options = parse_options_header(ask.headers.get("content-type", ""))
    if kind == b"application/x-www-form-urlencoded":
        texts: dict[str, list[str]] = {}
        for name, value in _pairs(ask.body.decode("utf-8", "replace")):
            texts.setdefault(name, []).append(value)
        return Kept({name: tuple(values) for name, values in texts.items()})
    if kind == b"multipart/form-data" and options.get(b"boundary"):
        return _multipart(ask.body, options[b"boundary"])
    raise _malformed()


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise _malformed() from None


@define
class _Part:
    headers: dict[str, bytes] = field(factory=dict)
    data: bytearray = field(factory=bytearray)


def _multipart(body: bytes, boundary: bytes) -> Kept:
    gathered = _Gatherer()
    parser = MultipartParser(boundary, gathered.callbacks())
    try:
        parser.write(body)
        parser.finalize()
    except FormParserError:
        raise _malformed() from None
    if not gathered.ended:
        raise _malformed()
    return gathered.kept()


class _Gatherer:
    """What the parser calls as it goes through the parts."""

    def __init__(self) -> None:
        self._parts: list[_Part] = []
        self._name = bytearray()
        self._value = bytearray()
        self.ended = False

    def callbacks(self) -> Any:
        return {
            "on_part_begin": self._begin,
            "on_part_data": lambda data, start, end: self._parts[-1].data.extend(data[start:end]),
            "on_header_field": lambda data, start, end: self._name.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
            "on_header_end": self._header,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        if len(self._parts) >= MOST_FIELDS:
            raise _malformed()
        self._parts.append(_Part())

    def _header(self) -> None:
        self._parts[-1].headers[self._name.decode("latin-1").lower()] = bytes(self._value)
        self._name.clear()
        self._value.clear()

    def _end(self) -> None:
        self.ended = True

    def kept(self) -> Kept:
        texts: dict[str, list[str]] = {}
        files: dict[str, Attachment] = {}
        for part in self._parts:
            kind, options = parse_options_header(part.headers.get("content-disposition", b""))
            name = options.get(b"name", b"").decode("utf-8", "replace")
            if kind != b"form-data" or not name or len(name) > _LONGEST_NAME:
                raise _malformed()
            if b"filename" in options:
                label = options[b"filename"].decode("utf-8", "replace")
                files.setdefault(name, Attachment(label, "", bytes(part.data)))
            else:
                texts.setdefault(name, []).append(part.data.decode("utf-8", "replace"))
        return Kept({name: tuple(values) for name, values in texts.items()}, files)


def _malformed() -> PageRefused:
    return PageRefused("the form cannot be read", code="GL-8123", status=400)
