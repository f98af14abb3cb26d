"""The rich menu of a town: its first words as tiles that fill the picture, within LINE's limits."""

import struct
import zlib
from itertools import pairwise

import pytest

from govline.city.menu import MOST_TILES, menu_picture, plain_picture, town_menu
from govline.errors import ConfigError

WORDS = ["予約", "ごみの日", "避難所", "相談", "手続き", "お知らせ", "多すぎる"]


@pytest.mark.parametrize("number", range(1, 8))
def test_tiles_cover_every_pixel_once(number):
    menu = town_menu("hinata", WORDS[:number])
    assert len(menu.areas) == min(number, MOST_TILES)
    rows = {}
    for area in menu.areas:
        rows.setdefault(area.y, []).append(area)
    assert sum(areas[0].height for areas in rows.values()) == menu.height
    for areas in rows.values():
        edges = [(area.x, area.x + area.width) for area in areas]
        assert edges[0][0] == 0
        assert all(left[1] == right[0] for left, right in pairwise(edges))
        assert number == 5 or edges[-1][1] == menu.width


def test_a_tile_says_its_word_even_where_its_label_is_cut():
    long = "生涯学習センターの会議室を予約する方はこちら"
    action = town_menu("hinata", [long]).to_line()["areas"][0]["action"]
    assert action["type"] == "message"
    assert action["text"] == long
    assert len(action["label"]) <= 20


def test_the_bar_and_the_name_are_line_s():
    line = town_menu("hinata", WORDS, bar="町のメニュー").to_line(b"image")
    assert line["chatBarText"] == "町のメニュー"
    assert line["size"] == {"width": 2500, "height": 1686}
    assert line["name"].startswith("hinata#")


def test_no_words_are_no_menu():
    with pytest.raises(ConfigError) as caught:
        town_menu("hinata", [])
    assert caught.value.code == "GL-9006"


@pytest.mark.parametrize("number", [1, 3, 4, 6])
def test_the_plain_picture_is_a_small_png_of_the_menus_size(number):
    menu = town_menu("hinata", WORDS[:number])
    png = plain_picture(menu)
    assert len(png) <= 16_384
    assert struct.unpack(">II", png[16:24]) == (menu.width, menu.height)
    start = png.index(b"IDAT") + 4
    size = struct.unpack(">I", png[start - 8 : start - 4])[0]
    assert len(zlib.decompress(png[start : start + size])) == (menu.width + 1) * menu.height


def test_the_towns_own_picture_goes_first(tmp_path):
    assert menu_picture(tmp_path) is None
    (tmp_path / "menu.jpg").write_bytes(b"jpeg")
    assert menu_picture(tmp_path) == (b"jpeg", "image/jpeg")
    (tmp_path / "menu.png").write_bytes(b"png")
    assert menu_picture(tmp_path) == (b"png", "image/png")
