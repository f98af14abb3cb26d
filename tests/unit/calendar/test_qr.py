"""A ticket as a picture: standalone SVG, PNG with a quiet zone; the same text gives the same picture."""

import struct
from xml.etree import ElementTree as ET

from govline.calendar.qr import png, svg

CODE = "7K3M-9QXA-2BCD"


def test_an_svg_that_stands_alone():
    picture = ET.fromstring(svg(CODE))
    assert picture.tag.endswith("svg")
    assert svg(CODE) == svg(CODE) != svg("7K3M-9QXA-2BCE")


def test_a_png_with_a_quiet_zone_of_four_modules():
    data = png(CODE, scale=8)
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", data[16:24])
    assert width == height == 8 * (21 + 2 * 4)
