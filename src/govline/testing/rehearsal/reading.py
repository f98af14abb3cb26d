"""What a garbage notice tells, read back from its text as a citizen reads it."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Final

from govline.calendar.labels import day_label
from govline.core.texts import Texts
from govline.testing.rehearsal.almanac import Off
from govline.testing.rehearsal.model import Delivery

__all__ = ["NoticeReader"]

_KINDS: Final = re.compile(r"「([^」]+)」")
_AREA_MARK, _KINDS_MARK = "\x00", "\x01"


class NoticeReader:
    """Reads notices in the town's own wording.

    Args:
        texts: The wording.
        areas: Names of all areas that a line may be about.
    """

    def __init__(self, texts: Texts, areas: Iterable[str]) -> None:
        self._texts = texts
        self._areas = frozenset(areas)
        line = re.escape(texts.get("garbage.line", area=_AREA_MARK, kinds=_KINDS_MARK))
        line = line.replace(re.escape(_AREA_MARK), "(?P<area>.+?)", 1)
        line = line.replace(re.escape(_KINDS_MARK), "(?P<kinds>「.+」)", 1)
        self._line = re.compile(f"^{line}$", re.MULTILINE)

    @staticmethod
    def day(delivery: Delivery) -> date | None:
        """The collection day that a notice is about, if its text names it; None for any other message."""
        parts = delivery.key.split(":")
        if parts[0] != "garbage" or parts[1] == "change":
            return None
        day = date.fromisoformat(parts[1])
        return day if day_label(day) in delivery.text.partition("\n")[0] else None

    @property
    def reads_areas(self) -> bool:
        """Whether the town's wording names area and kinds, so that they can be read back."""
        return {"area", "kinds"} <= self._line.groupindex.keys()

    def lines(self, text: str) -> dict[str, tuple[str, ...]]:
        """Kinds by area."""
        return {
            found["area"]: tuple(_KINDS.findall(found["kinds"]))
            for found in self._line.finditer(text)
            if found["area"] in self._areas
        }

    def announces(self, text: str, off: Off) -> bool:
        """Whether a line of the text says that this collection is off, or moved to its day."""
        key = "garbage.day_off" if off.moved_to is None else "garbage.day_moved"
        given = {
            "area": off.area,
            "day": day_label(off.day),
            "kinds": f"「{off.kind}」",
            "to": day_label(off.moved_to) if off.moved_to else "",
        }
        template = self._texts.get(key, **{name: f"{{{name}}}" for name in given})
        needed = [value for name, value in given.items() if f"{{{name}}}" in template]
        return any(all(value in line for value in needed) for line in text.splitlines())
