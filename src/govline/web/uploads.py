"""Uploaded files, judged by their bytes and never unpacked: type, size, pixels; pictures lose place, time and camera.

Nothing here decodes a picture, so no picture can be a decompression bomb for us; one with more pixels than `MOST_PIXELS` is refused
for whoever opens it later. A ZIP container (xlsx) is judged by its table of contents alone. XML and SVG are taken by no field.
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from govline.core.pages import Attachment
from govline.errors import PageRefused

__all__ = ["MOST_BYTES", "MOST_PIXELS", "XLSX", "inspect", "media_type_of", "without_metadata"]

MOST_BYTES: Final = 10_000_000
MOST_PIXELS: Final = 50_000_000
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_MAGIC: Final = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (_PNG, "image/png"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", XLSX),
)
_MOST_UNPACKED: Final = 100_000_000
_MOST_RATIO: Final = 200
_MOST_ENTRIES: Final = 2_000
_PNG_KEPT: Final = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"bKGD", b"pHYs"}
)
_NAME: Final = re.compile(r"[^\w.\- ]+")


def inspect(
    name: str, data: bytes, accept: Sequence[str], *, most: int = MOST_BYTES, field: str = ""
) -> Attachment:
    """Look at an uploaded file, and clean it.

    Args:
        name: As the browser sent it: kept as a label only, without any path.
        accept: Media types that the field takes.
        most: Bytes at most.
        field: For the error's place.

    Raises:
        PageRefused: GL-8120 too large, GL-8121 another type or broken, GL-8122 a bomb.
    """
    place = {"field": field} if field else {}
    if len(data) > most:
        raise PageRefused("the file is too large", code="GL-8120", status=413, place=place)
    media_type = media_type_of(data)
    if media_type is None or media_type not in accept:
        raise PageRefused(
            "the file is of a type that is not taken here", code="GL-8121", status=415, place=place
        )
    if media_type == XLSX:
        _refuse_zip_bomb(data)
    return Attachment(_plain_name(name), media_type, without_metadata(data, media_type))


def media_type_of(data: bytes) -> str | None:
    """What the first bytes say; None for everything that no field may take."""
    return next((kind for magic, kind in _MAGIC if data.startswith(magic)), None)


def without_metadata(data: bytes, media_type: str) -> bytes:
    """The file without Exif, GPS, XMP, comments and whatever hides behind a picture's end; the image itself is untouched.

    The orientation of a JPEG is kept, in an Exif block that says nothing else.

    Raises:
        PageRefused: GL-8121 it is broken, GL-8122 it has too many pixels.
    """
    cleaner: Callable[[bytes], bytes] | None = {"image/jpeg": _clean_jpeg, "image/png": _clean_png}.get(
        media_type
    )
    if cleaner is None:
        return data
    try:
        return cleaner(data)
    except (IndexError, struct.error):
        raise _broken() from None


# --- JPEG -------------------------------------------------------------------------------------------------------------

_SOS, _EOI, _APP0, _APP1, _APP14 = 0xDA, 0xD9, 0xE0, 0xE1, 0xEE
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_TABLES: Final = frozenset({0xC4, 0xCC, 0xDB, 0xDD, *_FRAMES})
_ORIENTATION: Final = 0x0112
_JFIF, _ADOBE = 18, 16
_MARKER: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def _clean_jpeg(data: bytes) -> bytes:
    kept = [data[:2]]
    framed = scanned = False
    for marker, segment in _segments(data):
        if marker == _EOI:
            if not scanned:
                raise _broken()
            return b"".join([*kept, segment])
        if marker in _FRAMES:
            framed = True
            height, width = struct.unpack(">HH", segment[5:9])
            _refuse_pixels(width, height)
        if marker == _SOS and not framed:
            raise _broken()
        scanned |= marker == _SOS
        kept.append(_cleaned(marker, segment))
    raise _broken()


def _cleaned(marker: int, segment: bytes) -> bytes:
    """What stays of a segment: headers without thumbnails and tails, the turn out of Exif, nothing of comments."""
    if marker in _TABLES or marker == _SOS:
        return segment
    if marker == _APP0 and segment[4:9] == b"JFIF\0" and len(segment) >= _JFIF:
        return b"\xff\xe0" + struct.pack(">H", _JFIF - 2) + segment[4:16] + b"\0\0"
    if marker == _APP14 and segment[4:9] == b"Adobe" and len(segment) >= _ADOBE:
        return b"\xff\xee" + struct.pack(">H", _ADOBE - 2) + segment[4:_ADOBE]
    return _orientation(segment) if marker == _APP1 else b""


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Marker and bytes of each segment up to the picture's own end, a scan with the data that follows it."""
    at = 2
    while True:
        if data[at] != 0xFF:
            raise _broken()
        while data[at + 1] == 0xFF:
            at += 1
        marker = data[at + 1]
        if marker == _EOI:
            yield marker, data[at : at + 2]
            return
        (size,) = struct.unpack_from(">H", data, at + 2)
        end = at + 2 + size
        if size < 2 or end > len(data):
            raise _broken()
        if marker == _SOS:
            end = _scan_end(data, end)
        yield marker, data[at:end]
        at = end


def _scan_end(data: bytes, at: int) -> int:
    """Where the next marker behind a scan's data stands; stuffed bytes and restarts belong to the data."""
    found = _MARKER.search(data, at)
    if found is None:
        raise _broken()
    return found.start()


def _orientation(segment: bytes) -> bytes:
    """A new Exif block with the orientation alone, where the old one says a picture is turned."""
    if segment[4:10] != b"Exif\0\0":
        return b""
    tiff = segment[10:]
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2], "")
    try:
        (first,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, first)
        for entry in range(min(count, 100)):
            tag, _kind, _count, value = struct.unpack_from(f"{order}HHIH", tiff, first + 2 + 12 * entry)
            if tag == _ORIENTATION and 2 <= value <= 8:
                body = b"Exif\0\0" + struct.pack(
                    ">2sHIHHHIHHI", b"MM", 42, 8, 1, _ORIENTATION, 3, 1, value, 0, 0
                )
                return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body
    except struct.error:
        pass
    return b""


# --- PNG --------------------------------------------------------------------------------------------------------------


def _clean_png(data: bytes) -> bytes:
    kept = [_PNG]
    at = len(_PNG)
    while True:
        (size,) = struct.unpack_from(">I", data, at)
        kind, chunk = data[at + 4 : at + 8], data[at : at + 12 + size]
        if len(chunk) != 12 + size or (len(kept) == 1) != (kind == b"IHDR"):
            raise _broken()
        if zlib.crc32(chunk[4:-4]) != struct.unpack(">I", chunk[-4:])[0]:
            raise _broken()
        if kind == b"IHDR":
            _refuse_pixels(*struct.unpack_from(">II", chunk, 8))
        if kind in _PNG_KEPT:
            kept.append(chunk)
        if kind == b"IEND":
            return b"".join(kept)
        at += 12 + size


# --- containers -------------------------------------------------------------------------------------------------------


def _refuse_zip_bomb(data: bytes) -> None:
    """By the table of contents: nothing is unpacked here, and whoever unpacks it later counts again."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as container:
            entries = container.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise _broken() from None
    names = [entry.filename for entry in entries]
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise _broken()
    size = sum(entry.file_size for entry in entries)
    if size > _MOST_UNPACKED or size > _MOST_RATIO * len(data) or len(entries) > _MOST_ENTRIES:
        raise PageRefused("the file would unpack to far more than it is", code="GL-8122", status=413)


def _refuse_pixels(width: int, height: int) -> None:
    if not width or not height:
        raise _broken()
    if width * height > MOST_PIXELS:
        raise PageRefused("the picture has too many pixels", code="GL-8122", status=413)


def _broken() -> PageRefused:
    return PageRefused("the file is broken", code="GL-8121", status=415)


def _plain_name(name: str) -> str:
    """A label without path, control characters and markup."""
    last = re.split(r"[\\/]", name)[-1]
    return _NAME.sub("_", last).strip(". ")[-100:] or "file"
