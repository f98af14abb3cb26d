"""What a file is, before anything of it is believed: its kind, its encoding and its delimiter."""

import codecs
import hashlib
import io
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO, Final, Literal

from attrs import frozen

from govline.errors import FileError

__all__ = [
    "BROKEN",
    "LARGEST",
    "MARK_ERRORS",
    "Sniffed",
    "delimiter_of",
    "digest_of",
    "sniff",
    "spelled",
    "text_of",
]

LARGEST: Final = 512 * 1024 * 1024
"""Bytes of the largest file that is looked at."""
BROKEN: Final = "\udcff"
"""Stands in the text for bytes that are no text; no valid file can hold it."""
MARK_ERRORS: Final = "govline.tabular"
codecs.register_error(MARK_ERRORS, lambda error: (BROKEN, error.end))  # type: ignore[attr-defined]  # a decoding error has an end

_CHUNK: Final = 1 << 20
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_GUESSES: Final = ("utf-8", "cp932")
_SPELLED: Final = {
    "utf_8": "utf-8",
    "utf_8_sig": "utf-8-sig",
    "utf_16_le": "utf-16-le",
    "utf_16_be": "utf-16-be",
    "shift_jis": "cp932",
    "windows_31j": "cp932",
    "x_sjis": "cp932",
}
_READABLE: Final = ("utf-8", "utf-8-sig", "cp932", "utf-16-le", "utf-16-be", "euc_jp")
_WIDE_ENDS: Final = (b"\r\0\n\0", b"\0\r\0\n")
DELIMITERS: Final = ",\t;"


@frozen
class Sniffed:
    """What was found.

    Args:
        broken: Whether some bytes fit no known encoding.
        nul: Whether NUL stands among the text.
    """

    format: Literal["csv", "xlsx"]
    encoding: str
    digest: str
    size: int
    broken: bool = False
    nul: bool = False


def spelled(encoding: str) -> str:
    """The name of an encoding as this room knows it: `sjis` is `cp932`."""
    plain = encoding.strip().lower().replace("-", "_")
    if plain in ("utf_16", "utf16"):
        return "utf-16-le"  # reading, a BOM says it otherwise
    with suppress(LookupError, ValueError):
        plain = codecs.lookup(_SPELLED.get(plain, plain)).name.replace("-", "_")
    return _SPELLED.get(plain, plain)


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return _digest(file)


def sniff(path: Path, encoding: str = "") -> Sniffed:
    """Look through the whole file once, in bounded memory.

    Args:
        encoding: To take instead of what would be detected; cp932, utf-8, utf-16-le …

    Raises:
        FileError: GL-0034 of a kind that cannot be read (.xls, password, PDF, UTF-16 without BOM …), GL-0035 too large,
            GL-0036 absent or empty.
    """
    with suppress(OSError):
        status = path.stat()
        if S_ISREG(status.st_mode):  # a pipe or a device may never end
            with path.open("rb") as file:
                return _looked_at(file, status.st_size, _readable(encoding))
    raise FileError(
        "the file cannot be opened",
        code="GL-0036",
        hint="check its name and rights",
        place={"file": path.name},
    )


def _readable(encoding: str) -> str:
    """The encoding that the clerk names, "" for none. Only those of an office: Python knows codecs that are no encodings."""
    chosen = spelled(encoding)
    if chosen and chosen not in _READABLE:
        raise FileError("no such encoding", code="GL-0034", hint=", ".join(_READABLE))
    return chosen


def _looked_at(file: BinaryIO, size: int, encoding: str) -> Sniffed:
    if size > LARGEST:
        raise FileError("the file is too large", code="GL-0035", hint=f"at most {LARGEST >> 20} MB; split it")
    head = file.read(1 << 16)
    if not head.strip(b"\0\r\n\t ,;\xef\xbb\xbf"):
        raise FileError(
            "the file is empty", code="GL-0036", hint="it needs a header row and at least one row"
        )
    if head.startswith(b"PK\x03\x04"):
        return Sniffed("xlsx", "xlsx", _digest(file), size)
    marked = next((name for bom, name in _BOMS if head.startswith(bom)), "")
    _refuse_other_kinds(head, file, known=bool(encoding or marked))
    if marked[:5] == encoding[:5]:
        encoding = marked  # the mark knows the order of the bytes
    candidates = [encoding or marked] if encoding or marked else [*_GUESSES]
    return _decoded(file, size, candidates)


def _refuse_other_kinds(head: bytes, file: BinaryIO, *, known: bool) -> None:
    if head.startswith(_OLE):
        file.seek(0)
        if any(_ENCRYPTED in chunk for chunk in _overlapping(file)):
            raise _kind(
                "the workbook is protected by a password", "open it in Excel and save it without a password"
            )
        raise _kind("the file is an old Excel workbook (.xls)", "open it in Excel and save it as .xlsx")
    if head.startswith(b"%PDF"):
        raise _kind("the file is a PDF", "save the table as .xlsx or CSV")
    if head.lstrip()[:5].lower() in (b"<html", b"<!doc", b"<?xml"):
        raise _kind("the file is a web page or XML", "save the table as .xlsx or CSV")
    if b"\x1b$" in head:
        raise _kind("the file is in ISO-2022-JP", "save it as CSV UTF-8")
    wide = head.count(0) > len(head) // 5 or any(end in head for end in _WIDE_ENDS)
    if wide and not known:
        raise _kind(
            "the file looks like UTF-16 without a BOM",
            "save it as CSV UTF-8, or name the encoding: utf-16-le, utf-16-be",
        )


def _kind(message: str, hint: str) -> FileError:
    return FileError(message, code="GL-0034", hint=hint)


def _overlapping(file: BinaryIO) -> Iterator[bytes]:
    tail = b""
    while chunk := file.read(_CHUNK):
        yield tail + chunk
        tail = chunk[-len(_ENCRYPTED) :]


def _digest(file: BinaryIO) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _decoded(file: BinaryIO, size: int, candidates: list[str]) -> Sniffed:
    """One pass: every candidate decodes along; the first without a fault wins, else the one with the fewest."""
    faults = dict.fromkeys(candidates, 0)
    decoders = {name: codecs.getincrementaldecoder(name)(MARK_ERRORS) for name in candidates}
    digest, nul = hashlib.sha256(), False
    file.seek(0)
    while True:
        chunk = file.read(_CHUNK)
        digest.update(chunk)
        nul = nul or b"\0" in chunk
        for name, decoder in decoders.items():
            text = decoder.decode(chunk, final=not chunk)
            faults[name] += text.count(BROKEN)
        if not chunk:
            break
    best = min(candidates, key=faults.__getitem__)
    wide = best.startswith("utf-16")
    return Sniffed("csv", best, digest.hexdigest(), size, broken=faults[best] > 0, nul=nul and not wide)


def text_of(data: bytes) -> str:
    """The whole text of a file that is at hand as bytes, in whichever encoding of an office, without its BOM.

    Raises:
        FileError: GL-0034 of a kind that is no text (a workbook, PDF, UTF-16 without BOM …) or of no known encoding, GL-0035 too
            large, GL-0036 empty.
    """
    found = _looked_at(io.BytesIO(data), len(data), "")
    if found.format != "csv":
        raise _kind(
            "the file is an Excel workbook", "give it a name that ends in .xlsx, or save it as CSV UTF-8"
        )
    if found.broken or found.nul:
        raise _kind(
            "the file is neither UTF-8, UTF-16 with BOM nor Shift_JIS (CP932)", "save it as CSV UTF-8"
        )
    return data.decode(found.encoding).removeprefix("\ufeff")


def delimiter_of(lines: list[str]) -> str:
    """Comma, tab or semicolon: the one that stands, outside of quotes, the most often in the most lines."""
    scores: Counter[str] = Counter()
    for line in lines:
        bare = "".join(line.split('"')[::2])
        for sign in DELIMITERS:
            scores[sign] += min(bare.count(sign), 50)
    best = max(DELIMITERS, key=lambda sign: (scores[sign], -DELIMITERS.index(sign)))
    return best if scores[best] else ","
