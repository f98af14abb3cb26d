"""The index of a town's items: every form under which one may be asked for, by exact word and by pairs of characters.

An index never changes: new items make a new index, and whoever searches in the old one ends with it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from heapq import nsmallest
from itertools import chain
from typing import Final

from attrs import field, frozen

from govline.answers.forms import base_name, fold, has_kanji, parts, qualifier
from govline.answers.model import Item
from govline.answers.phrases import candidates
from govline.answers.readings import NoReader, Reader
from govline.answers.synonyms import GENERAL, Synonyms

__all__ = ["Index", "Key", "pairs"]

_ALIAS: Final = 0.995
_FULL: Final = 0.99
_PART: Final = 0.98
_STEM: Final = 0.98
_TURNED: Final = 0.98
_SYNONYM: Final = 0.97  # below an item's own name by more than what is asked about, see `narrowing`
_SAID: Final = 8
_MEASURE: Final = re.compile(r"\d|(?:以外|以上|以下|未満|超える|製|用|入り|付き|など|等)$")


@frozen
class Key:
    """One form of one item.

    Args:
        text: Folded.
        long: Folded with its long marks, which tell short words apart.
        item: Place of the item in the index.
        weight: 1.0 for the item's own name or reading, less for an alias, a name with its brackets, or a part of it.
        spoken: Whether it is a reading rather than a spelling.
        borrowed: Whether it is a synonym of the item rather than its own name.
    """

    text: str
    long: str
    item: int
    weight: float
    spoken: bool
    borrowed: bool = False


@frozen
class Index:
    """Items and their keys; made by `Index.build`."""

    items: tuple[Item, ...]
    keys: tuple[Key, ...] = field(repr=False)
    exact: dict[str, tuple[int, ...]] = field(repr=False, hash=False)
    postings: dict[str, list[int]] = field(repr=False, hash=False)
    sizes: tuple[int, ...] = field(repr=False)
    letters: dict[str, tuple[int, ...]] = field(repr=False, hash=False)
    reader: Reader = field(repr=False)

    @property
    def labels(self) -> list[str]:
        """Sorting classes of the items, in the town's order."""
        return list(dict.fromkeys(item.label for item in self.items if item.label))

    @classmethod
    def build(
        cls, items: Iterable[Item], reader: Reader | None = None, synonyms: Synonyms = GENERAL
    ) -> "Index":
        """Index the items; about 60 ms for 2,000 items, and 0.2 s more where their readings are generated.

        Args:
            items: In the town's order, which decides between equals.
            reader: Generates readings of names in kanji; none where omitted.
            synonyms: What else things are called; `Synonyms()` for none.
        """
        listed, voice = tuple(items), reader or NoReader()
        keys = [key for place, item in enumerate(listed) for key in _keys(place, item, voice, synonyms)]
        exact: dict[str, list[int]] = {}
        postings: dict[str, list[int]] = {}
        letters: dict[str, tuple[int, ...]] = {}
        for number, key in enumerate(keys):
            exact.setdefault(key.text, []).append(number)
            same = _letters(key.text)
            letters[same] = (*letters.get(same, ()), number)
            for pair in pairs(key.text):
                postings.setdefault(pair, []).append(number)
        sizes = tuple(len(pairs(key.text)) for key in keys)
        fixed = {text: tuple(numbers) for text, numbers in exact.items()}
        return cls(listed, tuple(keys), fixed, postings, sizes, letters, voice)

    def near(self, text: str, most: int) -> list[tuple[Key, float]]:
        """The keys that share most pairs of characters with a folded text, and Dice's coefficient of each, from 1/4 on.

        Letters that changed places leave few pairs whole, so keys of the very same letters are always among them.
        """
        wanted = pairs(text)
        counts = Counter(chain.from_iterable(self.postings.get(pair, ()) for pair in wanted))
        size, sizes = len(wanted), self.sizes
        scored = [
            (-2 * common / (size + sizes[number]), number)
            for number, common in counts.items()
            if common * 8 >= size + sizes[number]
        ]
        best = {number: -dice for dice, number in nsmallest(most, scored)}
        for number in self.letters.get(_letters(text), ()):
            best.setdefault(number, 2 * counts[number] / (size + sizes[number]))
        return [(self.keys[number], dice) for number, dice in best.items()]


def _letters(text: str) -> str:
    return "".join(sorted(text))


def pairs(text: str) -> set[str]:
    """Pairs of neighbouring characters, the beginning and the end marked so that short words have some."""
    framed = f"^{text}$"
    return {framed[place : place + 2] for place in range(len(framed) - 1)}


def _keys(place: int, item: Item, reader: Reader, synonyms: Synonyms) -> list[Key]:
    """Own before borrowed, spellings before readings; a form that is there already is not repeated."""
    base = base_name(item.name)
    written = [(base, 1.0), *((alias, _ALIAS) for alias in item.aliases), (item.name, _FULL)]
    written += [(part, _PART) for part in (*_safe_parts(base), base.partition(" ")[0])]
    written += [(stem, _STEM) for stem in candidates(item.name)[:1] if item.kind == "faq"]
    written += [(form, _TURNED) for form in _turned(item.name, base)]
    own = [(text, weight, False) for text, weight in written]
    own += [(item.reading, 1.0, True)] if len(fold(item.reading)) > 1 else []
    own += [(sound, weight, True) for text, weight in written for sound in reader.read(text)]
    known = dict.fromkeys([*(form for form, _ in written), item.reading]) if item.kind == "item" else ()
    others = [other for form in known for other in synonyms.others(form)]
    borrowed = [(other, _SYNONYM, False) for other in others]
    borrowed += [(sound, _SYNONYM, True) for other in others for sound in reader.read(other)]
    best: dict[str, Key] = {}
    for forms, lent in ((own, False), (borrowed, True)):
        for form, weight, spoken in forms:
            text = fold(form)
            if text and text not in best:
                best[text] = Key(text, fold(form, drop_long=False), place, weight, spoken, lent)
    return list(best.values())


def _turned(name: str, base: str) -> list[str]:
    """ハンガー(木製) as people say it: 木製のハンガー, 木製ハンガー."""
    said = qualifier(name)
    return [f"{said}の{base}", f"{said}{base}"] if 1 < len(said) <= _SAID and "・" not in said else []


def _safe_parts(base: str) -> Sequence[str]:
    """Parts of a joined name that are things of their own: バス・マット has none, nor have sizes and materials."""
    found = parts(base)
    whole = all(len(part) >= 3 or (has_kanji(part) and len(part) > 1) for part in found)
    return found if whole and not any(_MEASURE.search(part) for part in found) else ()
