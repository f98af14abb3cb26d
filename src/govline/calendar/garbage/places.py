"""Finding the area of a town (町名) or a postcode as citizens type them: tolerant of kana, width and digits. Pure.

Nobody is asked for an address. Whoever types one all the same is understood by its town alone: what is found here never holds a
postcode, a house number or a building, so that nothing of them can be shown or kept.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from attrs import field, frozen

from govline.core import frozen_tuple
from govline.core.text import fold_kana, normalize

__all__ = ["AreaName", "Hit", "Places", "Sought", "TownName", "block", "fold_place", "postcode_of"]

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
class AreaName:
    """An area's name and its reading, which many files lack."""

    name: str
    reading: str = ""


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


class Places:
    """The areas and towns of a municipality, indexed: by whole names, by postcodes and by pairs of characters.

    Ten thousand towns are searched in a few milliseconds. It never changes: a new calendar makes a new one.

    Args:
        areas: In the town's order.
        towns: Those of unknown areas are left out.
    """

    def __init__(self, areas: Iterable[AreaName], towns: Iterable[TownName] = ()) -> None:
        known = list(areas)
        self.names = tuple(area.name for area in known)
        inside = set(self.names)
        listed = [town for town in towns if town.area in inside]
        self.has_towns = bool(listed)
        self._hits: dict[Hit, int] = {}
        self._forms: list[tuple[str, ...]] = []
        self._hit_of: list[int] = []
        self._exact: defaultdict[str, list[int]] = defaultdict(list)
        self._within: defaultdict[str, list[int]] = defaultdict(list)
        self._pairs: defaultdict[str, list[int]] = defaultdict(list)
        self._postcodes: defaultdict[str, list[int]] = defaultdict(list)
        for area in known:
            self._add(Hit(area.name, area.name), area)
        for town in listed:
            place = self._add(Hit(town.name, town.area, town.note), town)
            if town.postcode:
                self._postcodes[town.postcode].append(place)
        self._all = tuple(self._hits)
        self._longest = max(map(len, self._within), default=0)

    def find(self, words: str) -> Sought:
        """The areas and towns that fit what a citizen typed.

        Args:
            words: Part of a name or of its reading, a postcode (in any form), or a whole address; 200 characters of it are read.

        Returns:
            An exact name before a postcode, a postcode before names that hold the words, those before names that the words hold.
        """
        text = normalize(words)[:_LONGEST]
        exact = self._exact.get(fold_place(text), ())
        if exact:
            return Sought(self._unique(exact))
        code, rest = postcode_of(text)
        if code:
            inside = self._inside(rest) or self._unique(self._postcodes.get(code, ()))
            return Sought(inside, address=bool(rest.strip()))
        partial = self._partial(text)
        if partial:
            return Sought(partial)
        return Sought(self._inside(text), address=_HOUSE.search(text) is not None)

    def _add(self, hit: Hit, named: AreaName | TownName) -> int:
        plain = fold_kana(named.name, large=True).casefold()
        forms = dict.fromkeys((fold_place(named.name), fold_place(named.reading), plain))
        forms.pop("", None)
        place = len(self._forms)
        self._forms.append(tuple(forms))
        self._hit_of.append(self._hits.setdefault(hit, len(self._hits)))
        for form in forms:
            self._exact[form].append(place)
        for form in {each for own in forms for each in (own, _BLOCK.sub("", own)) if len(each) >= _SHORTEST}:
            self._within[form].append(place)
        for pair in {each for form in forms for each in (*form, *_pairs(form))}:
            self._pairs[pair].append(place)
        return place

    def _partial(self, text: str) -> list[Hit]:
        """All parts of the words occur in the name or the reading; names that begin so come first."""
        parts = [folded for part in text.split() if (folded := fold_place(part))]
        if not parts:
            return []
        postings = sorted((self._pairs.get(pair, ()) for part in parts for pair in _pairs(part)), key=len)
        rarest, *others = postings
        common = set(rarest).intersection(*others) if others else rarest
        found = [
            place
            for place in sorted(common)
            if all(any(part in form for form in self._forms[place]) for part in parts)
        ]
        return self._unique(
            sorted(found, key=lambda place: not any(f.startswith(parts[0]) for f in self._forms[place]))
        )

    def _inside(self, text: str) -> list[Hit]:
        """Names within an address: the one that ends last before the house number, the longest of those; its 丁目 with it."""
        house = _HOUSE.search(text)
        said = fold_place(text[: house.start()] if house else text)
        for end in range(len(said), 0, -1):
            for start in range(max(0, end - self._longest), end - _SHORTEST + 1):
                if (found := self._within.get(said[start:end])) is not None:
                    return self._unique(found)
        return []

    def _unique(self, places: Iterable[int]) -> list[Hit]:
        return [self._all[hit] for hit in dict.fromkeys(self._hit_of[place] for place in places)]


def _pairs(text: str) -> Sequence[str]:
    """Pairs of neighbouring characters; of a single one, itself."""
    return [text[at : at + 2] for at in range(len(text) - 1)] or text


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
