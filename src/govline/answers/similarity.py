"""How near two words are: by rapidfuzz where it is installed (extra `answers`), else by the same measures in Python."""

from collections.abc import Callable
from importlib.util import find_spec
from typing import Final

__all__ = ["FAST", "edits", "plain_edits", "plain_ratio", "ratio"]

FAST: Final = find_spec("rapidfuzz") is not None
"""Whether rapidfuzz does the comparing."""


def plain_ratio(left: str, right: str) -> float:
    """2 × longest common subsequence / both lengths, 0 to 1; bit-parallel after Hyyrö."""
    if not left or not right:
        return float(left == right)
    masks: dict[str, int] = {}
    for place, char in enumerate(left):
        masks[char] = masks.get(char, 0) | 1 << place
    full = (1 << len(left)) - 1
    row = full
    for char in right:
        match = row & masks.get(char, 0)
        row = (row + match) | (row - match)
    common = (~row & full).bit_count()
    return 2 * common / (len(left) + len(right))


def plain_edits(left: str, right: str, most: int) -> int:
    """Insertions, deletions, substitutions and swaps of neighbours between two words; `most` + 1 where there are more."""
    if abs(len(left) - len(right)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(right) + 1))
    for y, char in enumerate(left, 1):
        new = [y]
        for x, other in enumerate(right, 1):
            cost = min(row[x] + 1, new[x - 1] + 1, row[x - 1] + (char != other))
            if x > 1 and y > 1 and char == right[x - 2] and other == left[y - 2]:
                cost = min(cost, before[x - 2] + 1)
            new.append(cost)
        before, row = row, new
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


def _chosen() -> tuple[Callable[[str, str], float], Callable[[str, str, int], int]]:
    if not FAST:
        return plain_ratio, plain_edits
    from rapidfuzz.distance import OSA, Indel

    measure, distance = Indel.normalized_similarity, OSA.distance

    def fast_edits(left: str, right: str, most: int) -> int:
        return distance(left, right, score_cutoff=most)

    return measure, fast_edits


ratio, edits = _chosen()
