"""備品: what can be had with a booking: in which rooms, how many pieces a booking may have, how many there are at one time. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from attrs import field, frozen

from govline.calendar.reasons import because
from govline.core import Reason
from govline.core.values import FrozenMap, frozen_set
from govline.errors import InputError

__all__ = ["NO_OPTIONS", "Option", "option_reasons", "options_text", "pieces", "read_options"]

_ENTRY: Final = re.compile(r"(?P<name>[^×]*[^×\s])(?:\s*×\s*(?P<number>\d{1,5}))?")
NO_OPTIONS: Final[Mapping[str, int]] = FrozenMap()
"""A booking without anything beside its places."""


@frozen
class Option:
    """What can be had with a booking; what it costs stands in the programme's `tariff`.

    Args:
        stock: Pieces that exist at one time, over all slots of the programme; None where nobody counts them.
        most: Pieces that one booking may have; None where only the stock says it.
        slots: Only with slots of these names; with all where empty.
    """

    stock: int | None = None
    most: int | None = None
    slots: frozenset[str] = field(default=frozenset(), converter=frozen_set)

    def goes_with(self, slot: str) -> bool:
        """Whether it can be had with slots of this name."""
        return not self.slots or slot in self.slots


def pieces(asked: Mapping[str, Any] | None) -> Mapping[str, int]:
    """How many of what, in order of names; what none is asked of is left out.

    Raises:
        InputError: GL-2005, a number that is no whole one or below none.
    """
    if not asked:
        return NO_OPTIONS
    for name, number in asked.items():
        if isinstance(number, bool) or not isinstance(number, int) or number < 0:
            raise InputError(
                "a number of pieces is a whole one, 0 or more",
                code="GL-2005",
                hint="options={'マイク': 2}",
                place={"option": name},
            )
    return FrozenMap({name: asked[name] for name in sorted(asked) if asked[name]})


def option_reasons(offered: Mapping[str, Option], slot: str, asked: Mapping[str, int]) -> Iterator[Reason]:
    """Every reason in the programme's own rules against these options: unknown, not in this room, more than one booking may have.

    Args:
        offered: What the programme offers. `slot`: the slot's name. `asked`: how many of what.
    """
    for name, number in asked.items():
        option = offered.get(name)
        if option is None:
            yield because("no_option", option=name)
        elif not option.goes_with(slot):
            yield because("option_room", option=name, room=slot, slots=sorted(option.slots))
        elif option.most is not None and number > option.most:
            yield because("option_most", option=name, limit=option.most)


def options_text(options: Mapping[str, int]) -> str:
    """`マイク×2、プロジェクター×1`; "" without any."""
    return "、".join(f"{name}×{number}" for name, number in options.items())


def read_options(text: str) -> Mapping[str, int]:
    """What `options_text` wrote; a name alone is one piece.

    Raises:
        InputError: GL-2005, it reads otherwise, or names one twice.
    """
    found = [_ENTRY.fullmatch(each.strip()) for each in text.split("、") if each.strip()]
    named = {each["name"]: int(each["number"] or 1) for each in found if each is not None}
    if len(named) < len(found):
        raise InputError(
            "options are written マイク×2、プロジェクター×1, each once",
            code="GL-2005",
            hint="「マイク×2、プロジェクター×1」のように、備品ごとに一度だけ書いてください",
        )
    return pieces(named)
