"""Finding the area of a town (町名) or a postcode as citizens type them: tolerant of kana, width and digits. Pure.

Nobody is asked for an address. Whoever types one all the same is understood by its town alone: what is found here never holds a
postcode, a house number or a building, so that nothing of them can be shown or kept.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from attrs import field, frozen

from govline.calendar.garbage.search import AreaName
from govline.core import frozen_tuple
from govline.core.text import fold_kana, normalize

__all__ = ["Hit", "Sought", "TownName", "block", "find_places", "fold_place", "postcode_of"]

_DASHES: Final = re.compile("[‐‑‒–—―−ー-]")
_POSTCODE: Final = re.compile(r"〒?\s?(?<!\d)(\d{3})\s?-?\s?(\d{4})(?!\d)")
_KANJI: Final = "々〇一-鿿"
_KANJI_DIGITS: Final = {char: number for number, char in enumerate("〇一二三四五六七八九")}
_BLOCK: Final = re.compile(r"(?P<n>\d+|[〇一二三四五六七八九十]+)\s?丁目")
_SECTION: Final = re.compile(rf"(?:^|(?<=[{_KANJI}ぁ-ゖ0-9]))(?:大字|字)(?=[{_KANJI}ぁ-ゖ])")
_GA: Final = re.compile(rf"(?<=[{_KANJI}])[ヶケヵゖけがカか](?=[{_KANJI}])")
_HOUSE: Final = re.compile(
    r"\d+(?!\d|\s?丁目|地区|区)|[〇一二三四五六七八九十百]+\s?(?:番地?|号)|(?:ハイツ|マンション|アパート|コーポ|メゾン|ビル|荘|号室|団地\d)"
)
_SHORTEST: Final = 2
_LONGEST: Final = 200


@frozen
class TownName:
    """A town (町・大字・丁目) of a collection area.

    Args:
        reading: よみ, "" where unknown. `postcode`: seven digits, "" where unknown.
        note: Which part of the town it is where the town lies in several areas (1番から10番まで).
    """

    name: str
    area: str
    reading: str = ""
    postcode: str = field(default="", repr=False)
    note: str = ""


@frozen
class Hit:
    """A place that fits: what to call it, the area that it lies in, which part of it."""

    label: str
    area: str
    note: str = ""


@frozen
class Sought:
    """What was found.

    Args:
        hits: Best first; several with one label are the parts of one town.
        address: More than a town was said: a postcode, a house number, a building.
    """

    hits: tuple[Hit, ...] = field(default=(), converter=frozen_tuple)
    address: bool = False

    @property
    def areas(self) -> list[str]:
        """The areas that fit, each once."""
        return list(dict.fromkeys(hit.area for hit in self.hits))

    @property
    def labels(self) -> list[str]:
        """What the hits are called, each once."""
        return list(dict.fromkeys(hit.label for hit in self.hits))


@frozen
class _Named:
    """A hit and the folded forms of its name and reading."""

    hit: Hit
    forms: tuple[str, ...]


def find_places(areas: Iterable[AreaName], towns: Iterable[TownName], words: str) -> Sought:
    """The areas and towns that fit what a citizen typed.

    Args:
        areas: In the town's order; `towns` of them, those of unknown areas left out.
        words: Part of a name or of its reading, a postcode (in any form), or a whole address; 200 characters of it are read.

    Returns:
        An exact name before a postcode, a postcode before names that hold the words, those before names that the words hold.
    """
    known = list(areas)
    names = {area.name for area in known}
    listed = [town for town in towns if town.area in names]
    text = normalize(words)[:_LONGEST]
    named = [_named(Hit(each.name, each.name), each) for each in known]
    named += [_named(Hit(each.name, each.area, each.note), each) for each in listed]
    exact = [each.hit for each in named if (folded := fold_place(text)) and folded in each.forms]
    if exact:
        return Sought(_unique(exact))
    code, rest = postcode_of(text)
    if code:
        inside = _inside(named, rest)
        return Sought(inside or _of_postcode(listed, code), address=bool(rest.strip()))
    partial = _partial(named, text)
    if partial:
        return Sought(_unique(partial))
    return Sought(_inside(named, text), address=_HOUSE.search(text) is not None)


def fold_place(text: str) -> str:
    """The form in which names of places are equal: 大字 and 字 dropped, 一丁目 = 1丁目, ヶ = ケ = が, kana and width alike."""
    plain = _SECTION.sub("", normalize(text))
    plain = _BLOCK.sub(lambda found: f"{block(found['n'])}丁目", plain)
    return re.sub(r"[\s・()]+", "", fold_kana(_GA.sub("が", plain), large=True).casefold())


def block(digits: str) -> int:
    """The number of a 丁目 in Arabic or kanji digits up to 99: 十二 is 12."""
    if digits.isdecimal():
        return int(digits)
    if "十" not in digits:
        return int("".join(str(_KANJI_DIGITS[char]) for char in digits))
    tens, _, ones = digits.partition("十")
    return 10 * (_KANJI_DIGITS.get(tens, 1)) + _KANJI_DIGITS.get(ones, 0)


def postcode_of(text: str) -> tuple[str, str]:
    """The postcode that stands first in a text, as seven digits, and what else there is; "" where there is none."""
    plain = _DASHES.sub("-", normalize(text))
    found = _POSTCODE.match(plain)
    if found is None:
        return "", plain
    return found[1] + found[2], plain[found.end() :]


def _named(hit: Hit, place: AreaName | TownName) -> _Named:
    plain = fold_kana(place.name, large=True).casefold()
    forms = (fold_place(place.name), fold_place(place.reading), plain)
    return _Named(hit, tuple(form for form in dict.fromkeys(forms) if form))


def _of_postcode(towns: Iterable[TownName], code: str) -> list[Hit]:
    return _unique(Hit(town.name, town.area, town.note) for town in towns if town.postcode == code)


def _partial(named: Sequence[_Named], text: str) -> list[Hit]:
    """All parts of the words occur in the name or the reading; names that begin so come first."""
    parts = [folded for part in text.split() if (folded := fold_place(part))]
    found = [each for each in named if parts and all(any(p in form for form in each.forms) for p in parts)]
    return [
        each.hit
        for each in sorted(found, key=lambda each: not any(f.startswith(parts[0]) for f in each.forms))
    ]


def _inside(named: Sequence[_Named], text: str) -> list[Hit]:
    """Names within an address: the one that ends last before the house number, the longest of those; its 丁目 with it."""
    house = _HOUSE.search(text)
    said = fold_place(text[: house.start()] if house else text)
    best: tuple[int, int] = (0, 0)
    found: list[Hit] = []
    for each in named:
        for form in {f for own in each.forms for f in (own, _BLOCK.sub("", own))}:
            at = said.rfind(form) if len(form) >= _SHORTEST else -1
            rank = (at + len(form), len(form))
            if at < 0 or rank < best:
                continue
            found = [*(found if rank == best else ()), each.hit]
            best = rank
    return _unique(found)


def _unique(hits: Iterable[Hit]) -> list[Hit]:
    return list(dict.fromkeys(hits))
