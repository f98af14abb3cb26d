"""How town halls write collection days: 毎週火・金曜日, 第2・4月曜日, 月2回(第1・3水曜日), 第2水曜日(4~9月). Pure."""

import re
from collections.abc import Iterator
from typing import Final

from attrs import evolve, frozen

from govline.calendar.garbage.rules import WEEKDAYS, Nth, On, Weekly
from govline.calendar.garbage.tokens import Token, as_month, as_nth, refuse

__all__ = ["is_prose", "prose_tokens"]

_W: Final = f"[{WEEKDAYS}]"
_DAYS: Final = rf"{_W}(?:曜日?)?(?:(?:[・,、と\s]|及び|および)\s*{_W}(?:曜日?)?)*"
_WEEKLY: Final = re.compile(rf"毎週の?\s?(?P<days>{_DAYS})")
_NTH: Final = re.compile(
    rf"(?:毎月)?(?P<nth>第\d(?:[・,、]第?\d)*)週?の?\s?(?P<days>{_W}(?:[・,、]{_W})*曜日?|{_W}(?![曜・,、]))"
)
_BARE: Final = re.compile(rf"(?P<days>{_DAYS})")
_JOINT: Final = re.compile(r"[・,、;/\s]*(?:と|及び|および)?[・,、;/\s]*")
_LIST: Final = r"\d{1,2}月?(?:[・,、]\d{1,2}月?)*"
_MONTHS: Final = re.compile(
    rf"\s?\((?:(?P<first>\d{{1,2}})月?(?:[~〜ー-]|から)(?P<last>\d{{1,2}})月|(?P<list>{_LIST}))(?:のみ|だけ|まで)?\)"
)
_TIMES: Final = re.compile(r"(?P<per>週|毎週|月|毎月)に?(?P<count>[1-5])回\s?[・,、:]?\s?(?P<rest>.+)")
_BRACKETED: Final = re.compile(r"\((?P<inner>[^()]*)\)(?P<after>[^()]*)")
_KANJI_DIGITS: Final = str.maketrans("一二三四五", "12345")
_YEAR: Final = 12


@frozen
class _Form:
    tokens: tuple[Token, ...]
    limited: bool


def is_prose(text: str) -> bool:
    """Whether a cell is written in words; `text` is normalised."""
    return re.search("[曜毎第回・、]", text) is not None


def prose_tokens(text: str) -> list[Token]:
    """What a cell in words says.

    Raises:
        RuleError: GL-2020 with the part that is not certain.
    """
    plain = text.translate(_KANJI_DIGITS)
    times = _TIMES.fullmatch(plain)
    if times is None:
        return _forms(plain)
    bracketed = _BRACKETED.fullmatch(times["rest"])
    tokens = _forms(f"{bracketed['inner']}{bracketed['after']}".strip() if bracketed else times["rest"])
    weekly = times["per"].endswith("週")
    fits = all(isinstance(token.term, Weekly if weekly else Nth) for token in tokens)
    if not fits or len(tokens) != int(times["count"]):
        refuse(text, "回数と曜日が合いません")
    return tokens


def _forms(text: str) -> list[Token]:
    """One form, or several joined; weekdays alone mean every week, but only where nothing else is said."""
    bare = _BARE.fullmatch(text)
    if bare is not None:
        return list(_tokens(bare))
    forms: list[_Form] = []
    place = 0
    while place < len(text):
        found = _WEEKLY.match(text, place) or _NTH.match(text, place)
        if found is None:
            refuse(text[place:], _why(text[place:]))
        form, place = _limited(found, text)
        forms.append(form)
        joint = _JOINT.match(text, place)
        assert joint is not None  # it matches the empty text
        place = joint.end()
    if len({form.limited for form in forms}) > 1 and forms[-1].limited:
        refuse(text, "月の指定がどれに掛かるか分かりません")
    return [token for form in forms for token in form.tokens]


def _limited(found: re.Match[str], text: str) -> tuple[_Form, int]:
    months = _MONTHS.match(text, found.end())
    if months is None:
        return _Form(tuple(_tokens(found)), limited=False), found.end()
    span = _months(months)
    tokens = (_in(token, span) for token in _tokens(found))
    return _Form(tuple(tokens), limited=True), months.end()


def _in(token: Token, months: frozenset[int]) -> Token:
    assert not isinstance(token.term, On)  # prose has no single dates
    return evolve(token, term=evolve(token.term, months=months))


def _months(found: re.Match[str]) -> frozenset[int]:
    """10~3月 goes over New Year."""
    if found["list"]:
        return frozenset(as_month(digits) for digits in re.findall(r"\d+", found["list"]))
    first, last = as_month(found["first"]), as_month(found["last"])
    return frozenset((first - 1 + step) % _YEAR + 1 for step in range((last - first) % _YEAR + 1))


def _tokens(found: re.Match[str]) -> Iterator[Token]:
    weekdays = [WEEKDAYS.index(char) for char in re.sub("曜日?", "", found["days"]) if char in WEEKDAYS]
    numbers = re.findall(r"\d", found.groupdict().get("nth") or "")
    for weekday in weekdays:
        if not numbers:
            yield Token(found[0], Weekly(weekday))
        for digit in numbers:
            yield Token(found[0], Nth(weekday, as_nth(found[0], digit)))


def _why(text: str) -> str:
    if text.startswith(("隔週", "隔")):
        return "隔週は基準日が要ります(例 隔水20260107)"
    return "年のない日付です" if re.match(r"\d{1,2}月\d{1,2}日", text) else "収集日として読めません"
