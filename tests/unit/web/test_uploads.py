"""Uploads: judged by their bytes, cleaned without being decoded, bombs refused without being unpacked."""

import io
import struct
import zipfile
import zlib

import pytest

from govline.core.pages import PICTURES
from govline.errors import PageRefused
from govline.web.uploads import XLSX, inspect, media_type_of, without_metadata

SECRET = b"GPS 35.681236 139.767125 SATO"


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width=2, height=2, extra=b""):
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    rows = zlib.compress(b"\0\1\2" * 2)
    return b"\x89PNG\r\n\x1a\n" + head + extra + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def segment(marker, data):
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def exif(orientation, order="<"):
    tiff = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, 8)
    entry = struct.pack(f"{order}HHIHH", 0x0112, 3, 1, orientation, 0)
    return b"Exif\0\0" + tiff + struct.pack(f"{order}H", 1) + entry + b"\0\0\0\0" + SECRET


def jpeg(*segments, size=(2, 2), scan=b"\x12\x34\xff\x00\x56"):
    frame = segment(0xC0, struct.pack(">BHHB", 8, size[1], size[0], 1) + b"\1\x11\0")
    parts = [b"\xff\xd8", *segments, segment(0xDB, bytes(65)), frame, segment(0xDA, b"\1\1\0\0\x3f\0"), scan]
    return b"".join(parts) + b"\xff\xd9"


def xlsx(*entries):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as container:
        container.writestr("[Content_Types].xml", "<Types/>")
        container.writestr("xl/workbook.xml", "<workbook/>")
        for name, data in entries:
            container.writestr(name, data)
    return out.getvalue()


def refused(code, data, accept=PICTURES, name="a.jpg", **rest):
    with pytest.raises(PageRefused) as caught:
        inspect(name, data, accept, **rest)
    assert caught.value.code == code


def test_a_photo_loses_place_time_and_comments_and_keeps_its_turn():
    hidden = (
        segment(0xE1, exif(6)),
        segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + SECRET),
        segment(0xFE, SECRET),
    )
    taken = jpeg(segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"), *hidden, segment(0xED, SECRET)) + SECRET
    kept = inspect("夏祭り.jpg", taken, PICTURES)
    assert SECRET not in kept.data
    assert kept.media_type == "image/jpeg"
    assert kept.data.endswith(b"\xff\xd9")
    assert b"Exif\0\0MM" in kept.data
    assert struct.unpack(">H", kept.data[kept.data.index(b"\x01\x12") + 8 :][:2]) == (6,)
    assert kept.name == "夏祭り.jpg"
    assert SECRET.decode() not in repr(kept)


@pytest.mark.parametrize("order", ["<", ">"])
def test_both_byte_orders_of_exif_are_read(order):
    kept = without_metadata(jpeg(segment(0xE1, exif(8, order))), "image/jpeg")
    assert b"Exif" in kept
    assert SECRET not in kept
    assert b"Exif" not in without_metadata(jpeg(segment(0xE1, exif(1, order))), "image/jpeg")


def test_a_png_keeps_its_picture_only():
    extra = (
        chunk(b"tEXt", b"Comment\0" + SECRET)
        + chunk(b"eXIf", SECRET)
        + chunk(b"iTXt", SECRET)
        + chunk(b"tIME", b"\x07\xea\1\1\0\0\0")
    )
    kept = inspect("a.png", png(extra=extra) + SECRET, PICTURES)
    assert kept.data == png()


def test_the_cleaned_picture_is_one_for_a_decoder():
    assert without_metadata(png(), "image/png") == png()
    plain = jpeg()
    assert without_metadata(plain, "image/jpeg") == plain


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a" + b"x" * 50,
        b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'bbbbbbbbbb'><!ENTITY c '&b;&b;&b;&b;'>]><a>&c;</a>",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<html><script>alert(1)</script>",
        b"MZ\x90\x00",
        b"%PDF-1.7",
        b"\x1f\x8b\x08" + b"\0" * 50,
    ],
)
def test_other_types_are_refused_whatever_their_name(data):
    refused("GL-8121", data)


def test_a_picture_bomb_is_refused_by_its_header():
    refused("GL-8122", png(60_000, 60_000))
    refused("GL-8122", jpeg(size=(60_000, 60_000)))


def test_too_large():
    refused("GL-8120", png(), most=10)


@pytest.mark.parametrize(
    "data",
    [
        png()[:-5],
        png()[:30],
        png(0, 5),
        png().replace(b"IDAT", b"IDAX"),
        b"\x89PNG\r\n\x1a\n" + chunk(b"IEND", b""),
        jpeg()[:20],
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe0",
        b"\xff\xd8\xff\xe0\0\0",
        jpeg()[:-2],
        b"\xff\xd8" + segment(0xDA, b"") + b"\xff\xd9",
    ],
)
def test_broken_pictures_are_refused(data):
    refused("GL-8121", data)


def test_an_excel_file_is_judged_by_its_contents_table():
    good = xlsx(("xl/worksheets/sheet1.xml", "<a/>"))
    assert inspect("a.xlsx", good, (XLSX,)).data == good
    refused("GL-8121", good)
    refused("GL-8122", xlsx(("xl/worksheets/sheet1.xml", b"0" * 20_000_000)), (XLSX,))
    refused("GL-8122", xlsx(*((f"xl/{number}.xml", "") for number in range(2_100))), (XLSX,))
    refused("GL-8121", good[:-30], (XLSX,))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as container:
        container.writestr("a.txt", "x")
    refused("GL-8121", out.getvalue(), (XLSX,))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\a\\夏.jpg", "夏.jpg"),
        ("<script>.png", "_script_.png"),
        ("a\0\r\n.png", "a_.png"),
        ("...", "file"),
        ("", "file"),
        ("x" * 300 + ".png", ("x" * 300 + ".png")[-100:]),
    ],
)
def test_a_name_is_a_label_and_no_path(given, kept):
    assert inspect(given, png(), PICTURES).name == kept


def test_media_types():
    assert media_type_of(png()) == "image/png"
    assert media_type_of(b"anything") is None


def test_a_second_picture_behind_the_first_is_cut_off():
    """Phones append previews and depth maps with an Exif block of their own; a tail may also be a page or an archive."""
    second = jpeg(segment(0xE1, exif(6)))
    for tail in (second, b"<script>alert(1)</script>\xff\xd9", b"PK\x03\x04" + SECRET + b"\xff\xd9"):
        assert without_metadata(jpeg() + tail, "image/jpeg") == jpeg()


def test_what_hides_between_the_scans_of_a_picture_is_cut_out():
    again = segment(0xC4, bytes(20)) + segment(0xDA, b"\1\1\0\0\x3f\0") + b"\x77\xff\xd3\x78"
    hidden = segment(0xFE, SECRET) + segment(0xE1, exif(1))
    plain = jpeg(scan=b"\x12\xff\x00\x34" + again)
    assert without_metadata(plain, "image/jpeg") == plain
    assert without_metadata(jpeg(scan=b"\x12\xff\x00\x34" + hidden + again), "image/jpeg") == plain


def test_the_headers_that_stay_hold_what_they_must_and_no_more():
    jfif, adobe = b"JFIF\0\1\1\0\0\1\0\1\0\0", b"Adobe\0\x64\0\0\0\0\1"
    kept = without_metadata(
        jpeg(segment(0xE0, jfif[:12] + b"\2\2" + SECRET), segment(0xEE, adobe + SECRET)), "image/jpeg"
    )
    assert kept == jpeg(segment(0xE0, jfif), segment(0xEE, adobe))
    odd = jpeg(segment(0xE0, b"JFXX\0\x10" + SECRET), segment(0xEE, SECRET))
    assert without_metadata(odd, "image/jpeg") == jpeg()


@pytest.mark.parametrize("tail", [b"", b"\xff", b"\xff\xd9"[:1], b"\xff\xc4\xff"])
def test_a_picture_that_ends_in_its_scan_is_broken(tail):
    refused("GL-8121", jpeg()[:-2] + tail)
