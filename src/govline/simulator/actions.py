"""Action objects: found inside messages, and LINE's limits on what a tap may carry (line.md §5)."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from govline.core import Json
from govline.simulator.shapes import Check, Problem, anything, as_strings, record, tagged, text, uri

__all__ = ["action", "actions_in", "label"]

URI_SCHEMES: Final = ("http", "https", "line", "tel", "mailto")
_PICKER: Final = {
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
    "time": re.compile(r"\d\d:\d\d"),
    "datetime": re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d"),
}


def actions_in(value: Json) -> Iterator[dict[str, Any]]:
    """Every action object anywhere inside a message or a rich menu."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key in ("action", "defaultAction") and isinstance(inner, Mapping):
                yield dict(inner)
            elif key == "actions" and isinstance(inner, list):
                yield from (dict(each) for each in inner if isinstance(each, Mapping))
            else:
                yield from actions_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from actions_in(inner)


def label(longest: int = 20) -> Check:
    """An action's label; 20 units in templates, quick replies and rich menus."""
    return text(longest)


def _picker(value: Json, where: str, problems: list[Problem]) -> None:
    """Initial, min and max must be written the way the mode asks for, between 1900 and 2100, min before max."""
    form = _PICKER.get(str(value.get("mode")))
    given = {name: value[name] for name in ("initial", "min", "max") if value.get(name) is not None}
    for name, moment in given.items():
        fine = isinstance(moment, str) and (form is None or form.fullmatch(moment))
        if not fine or (value.get("mode") != "time" and not "1900-01-01" <= moment < "2101"):
            problems.append({"message": "invalid date or time", "property": f"{where}.{name}"})
            return
    if "min" in given and "max" in given and given["min"] >= given["max"]:
        problems.append({"message": "min must be before max", "property": f"{where}.min"})


def action(*, labelled: bool = True, longest: int = 20, quick: bool = False, menu: bool = False) -> Check:
    """An action object.

    Args:
        labelled: Whether the place shows the label, which must then be there.
        longest: The label's length in UTF-16 units.
        quick: In a quick reply, where alone camera, cameraRoll and location may stand.
        menu: In a rich menu, where alone richmenuswitch may stand.
    """
    need: dict[str, Check] = {"label": label(longest)} if labelled else {}
    may: dict[str, Check] = {} if labelled else {"label": label(longest)}
    data = text(300)
    picker = record({**need, "data": data, "mode": as_strings(_PICKER)}, may)

    def datetimepicker(value: Json, where: str, problems: list[Problem]) -> None:
        picker(value, where, problems)
        _picker(value, where, problems)

    kinds: dict[str, Check] = {
        "message": record({**need, "text": text(300)}, may),
        "postback": record(
            {**need, "data": data},
            {
                **may,
                "displayText": text(300),
                "text": text(300),
                "inputOption": as_strings(("closeRichMenu", "openRichMenu", "openKeyboard", "openVoice")),
                "fillInText": text(300),
            },
        ),
        "uri": record({**need, "uri": uri(1000, URI_SCHEMES)}, {**may, "altUri": anything}),
        "datetimepicker": datetimepicker,
        "clipboard": record({**need, "clipboardText": text(1000)}, may),
    }
    if quick:
        always = {"label": label(longest)}
        kinds |= dict.fromkeys(("camera", "cameraRoll", "location"), record(always, {}))
    if menu:
        kinds["richmenuswitch"] = record({"richMenuAliasId": text(32), "data": data}, may)
    return tagged(kinds)
