"""LINE's rules for actions (buttons, quick replies, rich menu areas), checked on plain JSON."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Final

from govline.core.message_fields import check_object, check_text, check_type, check_uri, join, refuse
from govline.core.message_limits import LIMITS, Limits
from govline.core.values import Json

__all__ = ["check_action"]

_INPUT_OPTIONS: Final = ("closeRichMenu", "openRichMenu", "openKeyboard", "openVoice")
_PICKER_FORMS: Final = {
    "date": (re.compile(r"\d{4}-\d\d-\d\d", re.ASCII), date.fromisoformat, "YYYY-MM-DD"),
    "time": (re.compile(r"\d\d:\d\d", re.ASCII), time.fromisoformat, "HH:MM"),
    "datetime": (
        re.compile(r"\d{4}-\d\d-\d\d[tT]\d\d:\d\d", re.ASCII),
        lambda text: datetime.fromisoformat(text.upper()),
        "YYYY-MM-DDtHH:MM",
    ),
}
_PICKER_YEARS: Final = ("1900", "2100")


def check_action(
    action: Json,
    path: str = "",
    limits: Limits = LIMITS,
    *,
    label: int | None = None,
    label_needed: bool = True,
    quick: bool = False,
) -> None:
    """Check one action.

    Args:
        action: Plain LINE JSON.
        path: Where it stands in the message, for the error.
        limits: The table of limits.
        label: Limit of the label here; `limits.label` where omitted.
        label_needed: Whether the label must be there (templates, quick replies, flex buttons).
        quick: Whether it stands in a quick reply: location and camera only there, rich menu switches never.

    Raises:
        MessageError: Names the field, the limit and the actual length.
    """
    body = check_object(action, path)
    kind = check_type(body, path, tuple(_CHECKS))
    if kind in limits.quick_only and not quick:
        refuse(join(path, "type"), f"{kind} is allowed in quick replies only")
    if kind == "richmenuswitch" and quick:
        refuse(join(path, "type"), "a quick reply cannot switch the rich menu")
    check_text(
        body.get("label"),
        join(path, "label"),
        limits.label if label is None else label,
        empty=not label_needed,
    )
    _CHECKS[kind](body, path, limits)


def _message(body: Mapping[str, Json], path: str, limits: Limits) -> None:
    check_text(body.get("text"), join(path, "text"), limits.message_text)


def _postback(body: Mapping[str, Json], path: str, limits: Limits) -> None:
    check_text(body.get("data"), join(path, "data"), limits.data)
    check_text(body.get("displayText"), join(path, "displayText"), limits.display_text, empty=True)
    check_text(body.get("text"), join(path, "text"), limits.message_text, empty=True)
    check_text(body.get("fillInText"), join(path, "fillInText"), limits.fill_in, empty=True)
    option = body.get("inputOption")
    if option is not None and option not in _INPUT_OPTIONS:
        refuse(join(path, "inputOption"), "unknown input option", f"one of {', '.join(_INPUT_OPTIONS)}")
    if body.get("fillInText") and option != "openKeyboard":
        refuse(join(path, "fillInText"), "needs inputOption openKeyboard")


def _uri(body: Mapping[str, Json], path: str, limits: Limits) -> None:
    check_uri(body.get("uri"), join(path, "uri"), limits.uri, limits.uri_schemes)
    if body.get("altUri") is not None:
        place = join(path, "altUri")
        desktop = check_object(body["altUri"], place).get("desktop")
        check_uri(desktop, join(place, "desktop"), limits.uri, limits.uri_schemes)


def _datetimepicker(body: Mapping[str, Json], path: str, limits: Limits) -> None:
    check_text(body.get("data"), join(path, "data"), limits.data)
    mode = body.get("mode")
    if not isinstance(mode, str) or mode not in _PICKER_FORMS:
        refuse(join(path, "mode"), "unknown mode", f"one of {', '.join(_PICKER_FORMS)}")
    values = {
        key: _picked(body[key], mode, join(path, key)) for key in ("min", "initial", "max") if body.get(key)
    }
    ordered = list(values.values())
    if ordered != sorted(ordered) or ("min" in values and values.get("max") == values["min"]):
        refuse(
            join(path, "min"), "min, initial and max are not in this order", "min < max, initial between them"
        )


def _picked(value: Json, mode: str, path: str) -> str:
    form, parse, shown = _PICKER_FORMS[mode]
    if not isinstance(value, str) or not form.fullmatch(value):
        refuse(path, f"must look like {shown}")
    try:
        parse(value)
    except ValueError:
        refuse(path, "no such date or time", shown)
    if mode != "time" and not _PICKER_YEARS[0] <= value[:4] <= _PICKER_YEARS[1]:
        refuse(path, "outside LINE's calendar", "1900-01-01 to 2100-12-31")
    return value.upper()


def _richmenuswitch(body: Mapping[str, Json], path: str, limits: Limits) -> None:
    check_text(body.get("richMenuAliasId"), join(path, "richMenuAliasId"), limits.menu_alias)
    check_text(body.get("data"), join(path, "data"), limits.data)


def _clipboard(body: Mapping[str, Json], path: str, limits: Limits) -> None:
    check_text(body.get("clipboardText"), join(path, "clipboardText"), limits.clipboard)


def _bare(body: Mapping[str, Json], path: str, limits: Limits) -> None:
    """Camera, camera roll and location have a label only."""


_CHECKS: Final[Mapping[str, Callable[[Mapping[str, Json], str, Limits], None]]] = {
    "message": _message,
    "postback": _postback,
    "uri": _uri,
    "datetimepicker": _datetimepicker,
    "camera": _bare,
    "cameraRoll": _bare,
    "location": _bare,
    "richmenuswitch": _richmenuswitch,
    "clipboard": _clipboard,
}
