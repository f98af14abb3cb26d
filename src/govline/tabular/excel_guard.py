"""Looks at a workbook's zip and XML before anything is unfolded: bombs, entities, what Excel hides, formulas without a result."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Final
from xml.parsers import expat

from attrs import field, frozen

from govline.errors import FileError

__all__ = ["Seen", "guard_workbook", "look_at_sheet", "open_archive"]

MOST_PARTS: Final = 2_000
MOST_BYTES: Final = 1 << 30
MOST_STRINGS: Final = 64 << 20
MOST_OTHER: Final = 16 << 20
"""Of a part that is read as a whole; sheets are streamed."""
MOST_RATIO: Final = 200
_SMALL: Final = 4 << 20
_CHUNK: Final = 1 << 16
_LONGEST_TEXT: Final = 16
"""Chunks of a sheet without the beginning of any element: a million bytes, where Excel allows 32,767 characters a cell."""
_MARKED: Final = 100_000
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384
_ROW_HOLDS: Final = 8 * _LAST_COLUMN
_SHEET_HOLDS: Final = 500_000
"""Elements of one row, and of a sheet outside of its rows: what openpyxl holds at once."""
_TYPES: Final = "[Content_Types].xml"
_PICTURES: Final = ("xl/media/", "xl/embeddings/")
_XML: Final = (".xml", ".rels", ".vml")


@frozen
class Seen:
    """What a sheet's XML tells that a plain reading of its cells does not.

    Args:
        hidden: Rows that Excel does not show. `unseen`: columns, from 1.
        merged: Merged areas of the first rows: (first row, first column, last row, last column), from 1.
        uncounted: (row, column) of formulas whose result was never saved. `failed`: of error values (a text may read #N/A too).
    """

    hidden: int = 0
    unseen: frozenset[int] = field(default=frozenset())
    merged: tuple[tuple[int, int, int, int], ...] = ()
    uncounted: frozenset[tuple[int, int]] = field(default=frozenset())
    failed: frozenset[tuple[int, int]] = field(default=frozenset())


def guard_workbook(archive: zipfile.ZipFile, rows: int) -> dict[str, Seen]:
    """Refuse a zip that unfolds into too much, and XML that declares a document type (entities live there).

    Sizes are those that the zip declares: `zipfile` never unfolds a part beyond its declared size.

    Args:
        rows: Merged areas are noted among so many first rows.

    Returns:
        What each sheet's XML tells, by the name of its part.

    Raises:
        FileError: GL-0038.
    """
    parts = archive.infolist()
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_BYTES:
        raise _bomb("unfolds into too much", f"at most {MOST_BYTES >> 20} MB in {MOST_PARTS} parts")
    for part in parts:
        if part.file_size > _SMALL and part.file_size > MOST_RATIO * max(part.compress_size, 1):
            raise _bomb("holds a part that unfolds without measure", "save it afresh in Excel")
        if part.flag_bits & 1:
            raise _bomb("is an encrypted zip", "save it without a password")
        if part.filename.lower().endswith(_XML):
            _refuse_doctype(archive, part)
    types = _types(archive)
    sheets = {name for name, kind in types.items() if kind.endswith("worksheet+xml")}
    for part in parts:
        allowed = MOST_STRINGS if types.get(part.filename, "").endswith("sharedStrings+xml") else MOST_OTHER
        streamed = part.filename in sheets or part.filename.startswith(_PICTURES)
        if part.file_size > allowed and not streamed:
            raise _bomb("holds too much beside its sheets", "save it as CSV UTF-8")
    return {
        part.filename: look_at_sheet(archive, part.filename, rows)
        for part in parts
        if part.filename in sheets
    }


def _types(archive: zipfile.ZipFile) -> dict[str, str]:
    """Part name -> content type, as openpyxl will take it."""
    found: dict[str, str] = {}

    def start(tag: str, given: dict[str, str]) -> None:
        if tag.rpartition(" ")[2] == "Override":
            found[given.get("PartName", "").lstrip("/")] = given.get("ContentType", "")

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = start
    try:
        if archive.getinfo(_TYPES).file_size > _SMALL:
            raise _bomb("holds too many parts", "save it afresh in Excel")
        parser.Parse(archive.read(_TYPES), True)
    except (KeyError, expat.ExpatError, zipfile.BadZipFile, NotImplementedError):
        raise _bomb("is no workbook", "save it afresh in Excel") from None
    if any(
        name.startswith(_PICTURES) and kind.endswith("+xml") and "sheet" in kind
        for name, kind in found.items()
    ):
        raise _bomb("hides its parts", "save it afresh in Excel")
    return found


def _refuse_doctype(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """A document type can stand before the root element only, so reading ends there."""
    found: list[str] = []
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = lambda *_: found.append("doctype")
    parser.StartElementHandler = lambda *_: found.append("root")
    try:
        with archive.open(part) as source:
            while not found and (chunk := source.read(_CHUNK)):
                parser.Parse(chunk)
            if not found and part.file_size:
                parser.Parse(
                    b"", True
                )  # since 2.6 expat holds a token that spans chunks back until it is told the end
    except (expat.ExpatError, zipfile.BadZipFile, OSError, NotImplementedError):
        if not found:
            raise _bomb("holds XML that cannot be read", "save it afresh in Excel") from None
    if found[:1] == ["doctype"]:
        raise _bomb("declares entities", "save it afresh in Excel; a workbook needs none")


def look_at_sheet(archive: zipfile.ZipFile, part: str, rows: int) -> Seen:
    """Pass over a sheet once, keeping only what `Seen` tells.

    Args:
        rows: Merged areas are noted among so many first rows.
    """
    parser = expat.ParserCreate(namespace_separator=" ")
    scan = _Scan(rows, parser)
    parser.StartElementHandler = scan.start
    parser.EndElementHandler = scan.end
    silent = 0
    try:
        with archive.open(part) as source:
            while chunk := source.read(_CHUNK):
                before = scan.elements
                parser.Parse(chunk)
                silent = silent + 1 if scan.elements == before else 0
                if silent > _LONGEST_TEXT:
                    raise _bomb("holds a cell longer than Excel allows", "shorten it")
            parser.Parse(b"", True)
    except FileError:
        raise
    except (expat.ExpatError, ValueError, zipfile.BadZipFile):
        raise _bomb("holds XML that cannot be read", "save it afresh in Excel") from None
    return Seen(
        scan.hidden,
        frozenset(scan.unseen),
        tuple(scan.merged),
        frozenset(scan.uncounted),
        frozenset(scan.failed),
    )


class _Scan:
    """Counts while expat walks: rows, cells with a formula but no value, merged areas."""

    def __init__(self, rows: int, parser: Any) -> None:
        self._parser = parser
        self.rows, self.hidden, self.row, self.column, self.elements = rows, 0, 0, 0, 0
        self.formula = self.value = self._in_row = False
        self._held = self._outside = 0
        self.unseen: set[int] = set()
        self.merged: list[tuple[int, int, int, int]] = []
        self.uncounted: set[tuple[int, int]] = set()
        self.failed: set[tuple[int, int]] = set()
        self._starts: dict[str, Callable[[dict[str, str]], Any]] = {
            "row": self._row,
            "col": self._columns,
            "c": self._cell,
            "f": lambda _: setattr(self, "formula", True),
            "v": self._result,
            "mergeCell": self._merge,
        }

    def start(self, tag: str, given: dict[str, str]) -> None:
        """An element begins."""
        self.elements += 1
        self._held += 1
        if self._held > (_ROW_HOLDS if self._in_row else _SHEET_HOLDS):
            raise _bomb("holds more elements than Excel writes", "save it afresh in Excel")
        handle = self._starts.get(tag.rpartition(" ")[2])
        if handle is not None:
            handle(given)

    def end(self, tag: str) -> None:
        """An element ends."""
        if tag.endswith(" row") and self._in_row:
            self._in_row, self._held = False, self._outside
        if tag.endswith(" c"):
            if self.formula and not self.value and len(self.uncounted) < _MARKED:
                self.uncounted.add((self.row, self.column))
            if self.formula:
                self._parser.CharacterDataHandler = None
            self.formula = self.value = False

    def _result(self, _: dict[str, str]) -> None:
        """Texts are listened to inside the results of formulas only: everywhere else it would cost twice the time."""
        if self.formula:
            self._parser.CharacterDataHandler = self._text

    def _text(self, text: str) -> None:
        self.value = self.value or bool(text.strip())

    def _row(self, given: dict[str, str]) -> None:
        self.row = int(given.get("r") or self.row + 1)
        self.column = 0
        self._in_row, self._outside, self._held = True, self._held, 0
        if self.row > _LAST_ROW:
            raise _bomb("counts more rows than Excel has", "save it afresh in Excel")
        self.hidden += given.get("hidden") in ("1", "true")

    def _columns(self, given: dict[str, str]) -> None:
        if given.get("hidden") in ("1", "true"):
            last = min(int(given.get("max", "0")), _LAST_COLUMN)
            self.unseen.update(range(int(given.get("min", "1")), last + 1))

    def _cell(self, given: dict[str, str]) -> None:
        self.column = _place(given["r"])[1] if given.get("r") else self.column + 1
        if self.column > _LAST_COLUMN:
            raise _bomb("counts more columns than Excel has", "save it afresh in Excel")
        if given.get("t") == "e" and len(self.failed) < _MARKED:
            self.failed.add((self.row, self.column))

    def _merge(self, given: dict[str, str]) -> None:
        first, _, last = given.get("ref", "").partition(":")
        (top, left), (bottom, right) = _place(first), _place(last or first)
        if top <= self.rows:
            self.merged.append((top, left, bottom, right))


def _place(reference: str) -> tuple[int, int]:
    letters = reference.rstrip("0123456789")
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter.upper()) - 64
    return int(reference[len(letters) :] or 0), column


def open_archive(path: Path | BinaryIO) -> zipfile.ZipFile:
    """The workbook as a zip.

    Raises:
        FileError: GL-0038, it is none.
    """
    try:
        return zipfile.ZipFile(path)
    except zipfile.BadZipFile:
        raise _bomb("is a damaged zip", "save it afresh in Excel") from None


def _bomb(what: str, hint: str) -> FileError:
    return FileError(f"the workbook {what}", code="GL-0038", hint=hint)
