"""Finding one's area by a few typed characters: pure, tolerant of kana and width, never a guess."""

from collections.abc import Iterable

from attrs import frozen

from govline.core.text import fold_kana

__all__ = ["AreaName", "find_areas"]


@frozen
class AreaName:
    """An area's name and its reading, which many files lack."""

    name: str
    reading: str = ""


def find_areas(areas: Iterable[AreaName], words: str) -> list[str]:
    """Names of the areas that fit.

    Args:
        areas: In the town's order.
        words: What the citizen typed: all its parts must occur in the name or the reading.

    Returns:
        Exact names first, then those that begin so, then the rest; within each, the town's order.
    """
    parts = _folded(words).split()
    if not parts:
        return []
    ranked = [(rank, area.name) for area in areas if (rank := _rank(area, parts)) is not None]
    return [name for _, name in sorted(ranked, key=lambda found: found[0])]


def _rank(area: AreaName, parts: list[str]) -> int | None:
    texts = [_folded(area.name), _folded(area.reading)]
    if not all(any(part in text for text in texts) for part in parts):
        return None
    if parts[0] in texts and len(parts) == 1:
        return 0
    return 1 if any(text.startswith(parts[0]) for text in texts) else 2


def _folded(text: str) -> str:
    return fold_kana(text, large=True).casefold()
