"""The town's rich menu: its first words as tiles, with the town's own picture."""

import struct
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Literal

from govline.core.actions import Say
from govline.core.text import clip
from govline.errors import ConfigError
from govline.line import RichMenu, RichMenuArea

__all__ = ["MOST_TILES", "menu_picture", "plain_picture", "town_menu"]

MediaType = Literal["image/png", "image/jpeg"]
MOST_TILES: Final = 6
"""More do not stay readable on a phone; the further words are still offered as quick replies."""
_WIDTH: Final = 2500
_ROW: Final = 843
_LABEL: Final = 20
_COLUMNS: Final = {1: 1, 2: 2, 3: 3, 4: 2, 5: 3, 6: 3}
_PICTURES: Final[Mapping[str, MediaType]] = {"menu.png": "image/png", "menu.jpg": "image/jpeg"}
_COLOURS: Final = ((11, 125, 98), (31, 143, 115))


def town_menu(name: str, words: Sequence[str], *, bar: str = "メニュー") -> RichMenu:
    """A rich menu of one or two rows; tapping a tile says its word, as if the citizen had typed it.

    Args:
        name: For staff; citizens do not see it.
        words: The first six become tiles. Tiles fill whole pixels, so that no tap falls between two.
        bar: Text of the chat bar below the menu.

    Raises:
        ConfigError: GL-9006, there are no words.
    """
    chosen = words[:MOST_TILES]
    if not chosen:
        raise ConfigError("the town has no menu", code="GL-9006", hint="menu: [word, word] in city.yaml")
    columns = _COLUMNS[len(chosen)]
    rows = -(-len(chosen) // columns)
    areas = [_tile(word, number, columns) for number, word in enumerate(chosen)]
    return RichMenu(name, bar, areas, width=_WIDTH, height=_ROW * rows)


def _tile(word: str, number: int, columns: int) -> RichMenuArea:
    row, column = divmod(number, columns)
    left, right = _WIDTH * column // columns, _WIDTH * (column + 1) // columns
    action = Say(clip(word, _LABEL), word).to_line()
    return RichMenuArea(left, row * _ROW, right - left, _ROW, action)


def menu_picture(folder: Path) -> tuple[bytes, MediaType] | None:
    """The town's own picture, `menu.png` or `menu.jpg` in its folder, with its media type; None where it has none."""
    for name, media_type in _PICTURES.items():
        if (folder / name).is_file():
            return (folder / name).read_bytes(), media_type
    return None


def plain_picture(menu: RichMenu) -> bytes:
    """A PNG of the menu's size in two flat colours, for the simulator, which writes the words on the tiles itself."""
    columns = len({area.x for area in menu.areas})
    rows = []
    for row in range(menu.height // _ROW):
        tiles = [
            bytes([(row + column) % 2]) * (_WIDTH * (column + 1) // columns - _WIDTH * column // columns)
            for column in range(columns)
        ]
        rows.append((b"\0" + b"".join(tiles)) * _ROW)
    header = struct.pack(">IIBBBBB", menu.width, menu.height, 8, 3, 0, 0, 0)
    palette = bytes(value for colour in _COLOURS for value in colour)
    chunks = (
        (b"IHDR", header),
        (b"PLTE", palette),
        (b"IDAT", zlib.compress(b"".join(rows), 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
