"""Which of several areas: a question with a button for each. Pure."""

from collections.abc import Mapping, Sequence
from typing import Final

from govline.calendar.garbage.places import Sought
from govline.core.messages import Postback, QuickReply, Text
from govline.core.text import clip
from govline.core.texts import Texts

__all__ = ["LABEL", "SHOWN", "area_choice", "which_area"]

SHOWN: Final = 12
"""At most so many buttons."""
LABEL: Final = 20
"""The longest label of a button that LINE takes."""


def which_area(texts: Texts, sought: Sought, *, mark: str = "") -> Text:
    """Which area of a town that lies in several, or which of the places that fit; `mark` as in `area_choice`."""
    if len(sought.labels) > 1:
        lead = "garbage.which_area" if len(sought.labels) <= SHOWN else "garbage.many_areas"
        return area_choice(texts, lead, sought.labels, mark=mark)
    notes = {hit.area: hit.note for hit in sought.hits}
    return area_choice(texts, "garbage.which_part", sought.areas, notes, mark=mark, town=sought.labels[0])


def area_choice(
    texts: Texts,
    lead: str,
    names: Sequence[str],
    notes: Mapping[str, str] | None = None,
    *,
    mark: str = "",
    **values: str,
) -> Text:
    """A list of areas, the first of them as buttons.

    Args:
        lead: Key of the question above. `values`: for its placeholders.
        notes: What to say behind a name (which part of a town it is).
        mark: Stands before the name in the data of each button.
    """
    shown = names[:SHOWN]
    labels = [clip(name, LABEL, "…") for name in shown]
    if len(set(labels)) < len(labels):
        labels = [clip(f"{n}.{name}", LABEL, "…") for n, name in enumerate(shown, 1)]
    quick = [
        QuickReply(Postback(label, mark + name, name)) for label, name in zip(labels, shown, strict=True)
    ]
    lines = [f"・{name}" + (f"({note})" if (note := (notes or {}).get(name)) else "") for name in shown]
    return Text("\n".join([texts.get(lead, count=len(names), **values), *lines]), quick=quick)
