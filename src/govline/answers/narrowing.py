"""The follow-up question: forty hits for ハンガー become 木製, 金属製 or プラスチック製."""

from collections.abc import Sequence
from typing import Final

from govline.answers.forms import base_name, fold, qualifier
from govline.answers.model import ANSWERED, Choice, Found, Narrowing
from govline.core.text import clip

__all__ = ["narrow"]

_CLOSE: Final = 0.02
_EXACT: Final = 0.975
_MOST: Final = 12
_LABEL: Final = 20


def narrow(results: Sequence[Found]) -> Narrowing | None:
    """The question to ask where several items fit about as well as the first, and their answers differ.

    Args:
        results: Best first; only answers among them count.
    """
    near = _near(results)
    if len({(found.item.label, found.item.note, found.item.link) for found in near}) < 2:
        return None
    if len(near) <= _MOST or len({found.item.label for found in near}) == 1:
        shown = near[:_MOST]
        choices = [Choice(label, [found.name]) for label, found in zip(_words(shown), shown, strict=True)]
        return Narrowing("word", choices, len(near))
    return Narrowing("label", _by_label(near), len(near))


def _near(results: Sequence[Found]) -> list[Found]:
    if not results:
        return []
    best = results[0].score
    floor = _EXACT if best >= _EXACT else max(best - _CLOSE, ANSWERED)
    return [found for found in results if found.score >= floor]


def _words(near: Sequence[Found]) -> list[str]:
    """What tells the items apart: their brackets where they share a name, else their names."""
    bases = {fold(base_name(found.name)) for found in near}
    short = [qualifier(found.name) or found.name for found in near] if len(bases) == 1 else []
    words = short if len(set(short)) == len(near) else [found.name for found in near]
    labels = [clip(word, _LABEL, "…") for word in words]
    if len(set(labels)) == len(labels):
        return labels
    return [clip(f"{number}.{word}", _LABEL, "…") for number, word in enumerate(words, 1)]


def _by_label(near: Sequence[Found]) -> list[Choice]:
    groups: dict[str, list[str]] = {}
    for found in near:
        groups.setdefault(found.item.label, []).append(found.name)
    return [Choice(clip(label, _LABEL, "…"), names) for label, names in list(groups.items())[:_MOST]]
