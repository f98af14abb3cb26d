"""Characters that an encoding or Excel cannot hold: what takes their place, and a note of each."""

import re
import unicodedata
from collections.abc import Callable
from typing import Final

from attrs import field, frozen

__all__ = ["GETA", "Note", "Substitute", "carries", "fitting"]

GETA: Final = "〓"
"""What stands in CP932 for a character that it does not have."""
_KINDRED: Final = dict(zip("〜−‖—¢£¬¥‾•–‐‑\u00a0", "～－∥―￠￡￢￥￣・－-- ", strict=True)) | {"\0": ""}
"""Signs with a twin in CP932 (Microsoft's table took other code points for them than JIS did)."""
_NOT_IN_XML: Final = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@frozen
class Substitute:
    """One character that could not be written.

    Args:
        row: As Excel numbers rows. `column`: The header.
        replacement: What was written instead, "" where it was left out.
    """

    row: int
    column: str
    char: str = field(repr=False)
    replacement: str


Note = Callable[[str, str], object]
"""Told of each character and what took its place."""


def fitting(encoding: str) -> Callable[[str, Note], str]:
    """The function that makes text fit an encoding (or `xlsx`), telling `note(char, replacement)` of each change."""
    if encoding == "xlsx":
        return _for_excel
    codec = "utf-8" if encoding.startswith("utf") else encoding

    def fit(text: str, note: Note) -> str:
        if "\0" not in text and carries(text, codec):
            return text
        composed = unicodedata.normalize("NFC", text)
        return "".join(_fit_char(char, codec, note) for char in composed)

    return fit


def _fit_char(char: str, codec: str, note: Note) -> str:
    if char != "\0" and carries(char, codec):
        return char
    replacement = _replacement(char, codec)
    note(char, replacement)
    return replacement


def _replacement(char: str, codec: str) -> str:
    if char in _KINDRED:
        return _KINDRED[char]
    if codec == "utf-8":
        return "\ufffd"
    for form in (unicodedata.normalize("NFKC", char), unicodedata.normalize("NFKD", char)[:1]):
        if form != char and carries(form, codec):
            return form
    return "" if unicodedata.category(char) in ("Mn", "Cf") else GETA


def carries(text: str, codec: str) -> bool:
    """Whether the encoding gives exactly this text back. (Python's cp932 takes 〜 and gives ～ back.)"""
    try:
        return text.encode(codec).decode(codec) == text
    except UnicodeError:
        return False


def _for_excel(text: str, note: Note) -> str:
    def drop(match: re.Match[str]) -> str:
        note(match[0], "")
        return ""

    return _NOT_IN_XML.sub(drop, text) if _NOT_IN_XML.search(text) else text
