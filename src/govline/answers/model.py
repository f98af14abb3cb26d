"""The language of answers: items, what a search found, and the question that narrows it down."""

from collections.abc import Mapping
from typing import Final, Literal

from attrs import field, frozen

from govline.core import Json, frozen_tuple

__all__ = ["ANSWERED", "Choice", "Found", "Item", "ItemKind", "Narrowing", "Result"]

ItemKind = Literal["item", "faq", "link", "feed"]
"""item: a thing and its sorting class · faq: a question and its answer · link: a page · feed: the newest of a source (bus, snow ploughs)."""

ANSWERED: Final = 0.6
"""A score from here on is an answer; below it stand mere look-alikes."""


@frozen
class Item:
    """One thing that the town can answer.

    Args:
        name: As the town writes it, brackets and all.
        label: 分別区分 of an item, topic of a question, provider of a link.
        reading: よみ by the town's staff; it goes before any generated one. A single kana is only an index letter.
        aliases: Other words for the same thing.
        note: What else to say: 注意点, or the answer to a question.
        kind: See `ItemKind`.
        link: A URL for more, or the answer itself where the kind is `link`.
        fee: What it costs, as the town writes it.
    """

    name: str
    label: str = ""
    reading: str = ""
    aliases: tuple[str, ...] = field(default=(), converter=frozen_tuple)
    note: str = ""
    kind: ItemKind = "item"
    link: str = ""
    fee: str = ""


@frozen
class Found:
    """An item that fits, and how well: 1.0 is the very word, from `ANSWERED` on it is an answer."""

    item: Item
    score: float

    @property
    def name(self) -> str:
        return self.item.name

    @property
    def label(self) -> str:
        return self.item.label

    def to_json(self) -> dict[str, Json]:
        """Name, label and score."""
        return {"name": self.item.name, "label": self.item.label, "score": round(self.score, 4)}


@frozen
class Choice:
    """One answer to the narrowing question: what to tap, and the items that remain."""

    label: str
    names: tuple[str, ...] = field(converter=frozen_tuple)


@frozen
class Narrowing:
    """The follow-up question where many items fit about equally well.

    Args:
        by: `word`: the choices are what tells the items apart; `label`: they are the sorting classes.
        choices: In the order of the scores.
        count: How many items fit.
    """

    by: Literal["word", "label"]
    choices: tuple[Choice, ...] = field(converter=frozen_tuple)
    count: int


@frozen
class Result:
    """What a search found.

    Args:
        query: The words as they were said.
        word: The thing that was asked about, without the sentence around it, in normal form.
        answered: Whether the first result is an answer; else all results are look-alikes, for staff only.
        results: Best first.
        narrowing: The follow-up question, or None where the first result is enough.
    """

    query: str
    word: str
    answered: bool
    results: tuple[Found, ...] = field(default=(), converter=frozen_tuple)
    narrowing: Narrowing | None = None

    def to_json(self) -> Mapping[str, Json]:
        """The line that `govline answers search --json` prints."""
        return {
            "query": self.query,
            "answered": self.answered,
            "results": [found.to_json() for found in self.results],
        }
