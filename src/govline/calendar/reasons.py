"""Why the calendar refuses, as values that can be said in every language: `because` makes one, `worded` says it. Pure."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any, Final

from attrs import evolve

from govline.calendar.labels import day_label, when_in
from govline.calendar.wording.reasons import CODES, PREFIX, REASON_TEXTS
from govline.core import Json, Reason
from govline.core.texts import Texts, spoken

__all__ = ["because", "from_json", "to_json", "worded"]

_DATES: Final = frozenset({"from", "on", "since", "starts", "until"})
"""What a reason's `help` holds as ISO text, and a sentence says as a date or an instant."""
Say = Callable[..., str]


def because(name: str, /, **known: Any) -> Reason:
    """The reason of this name (see `reason_texts`), in Japanese until it is `worded`.

    Args:
        **known: What would help, kept as plain JSON and put into the sentence; dates and instants as such.
    """
    help_ = {key: _plain(value) for key, value in known.items()}
    return Reason(CODES[name], _sentence(name, help_, _japanese, "ja"), help_, PREFIX + name)


def worded(reasons: Sequence[Reason], texts: Texts, locale: str = "") -> list[Reason]:
    """The same reasons in the town's own words and the citizen's language.

    Args:
        locale: The language of whoever is being answered (`govline.core.texts.speaking`) where omitted.
    """
    spoken_in = locale or spoken()
    return [_worded(reason, texts, spoken_in) for reason in reasons]


def to_json(reason: Reason) -> dict[str, Json]:
    """A reason as it is stored."""
    said: dict[str, Json] = {"code": reason.code, "text": reason.text, "help": dict(reason.help)}
    return said | ({"key": reason.key} if reason.key else {})


def from_json(data: Mapping[str, Any]) -> Reason:
    """What `to_json` gave."""
    return Reason(**data)


def _worded(reason: Reason, texts: Texts, locale: str) -> Reason:
    if reason.key not in texts.defaults:  # written by the town, or by another room
        return reason

    def say(key: str, **values: Any) -> str:
        return texts.get(key, locale, **values)

    return evolve(reason, text=_sentence(reason.key.removeprefix(PREFIX), reason.help, say, locale))


def _sentence(name: str, help_: Mapping[str, Json], say: Say, locale: str) -> str:
    values = {key: _said(key, value, locale) for key, value in help_.items()}
    ages = partial(_ages, help_, say)
    return say(PREFIX + name, **{"ages": ages(), **values, "who": values.get("who") or ages()})


def _japanese(key: str, **values: Any) -> str:
    return REASON_TEXTS[key]["ja"].format_map(values)


def _ages(help_: Mapping[str, Json], say: Say) -> str:
    """`65歳以上`; where no ages are asked for, whoever meets the conditions."""
    least, most = help_.get("least"), help_.get("most")
    if least is not None and most is not None:
        return say(f"{PREFIX}ages_between", least=least, most=most)
    if most is not None:
        return say(f"{PREFIX}ages_to", most=most)
    return say(f"{PREFIX}somebody") if least is None else say(f"{PREFIX}ages_from", least=least)


def _plain(value: Any) -> Json:
    if isinstance(value, date):  # an instant is one as well
        return value.isoformat()
    return [*value] if isinstance(value, tuple | set | frozenset) else value


def _said(key: str, value: Json, locale: str) -> str:
    if isinstance(value, list | tuple):
        return (", " if locale.startswith("en") else "、").join(map(str, value))
    if key not in _DATES or not isinstance(value, str):
        return str(value)
    if "T" in value:
        return when_in(datetime.fromisoformat(value), locale)
    return day_label(date.fromisoformat(value), locale)
