"""The grammar of a cell: tokens of 5374.jp files in all their dialects, and short Japanese prose."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Final, NoReturn

from attrs import evolve, frozen

from govline.calendar.garbage.rules import ALL_MONTHS, WEEKDAYS, Every, Nth, On, Rule, RuleError, Term, Weekly
from govline.core.text import normalize

__all__ = ["parse"]

_W: Final = f"[{WEEKDAYS}]"
_WEEK_TOKEN: Final = re.compile(rf"(?P<w>{_W})(?P<n>\d*)")
_EVERY_TOKEN: Final = re.compile(rf"(?:隔(?P<w>{_W})|e(?P<weeks>\d{{1,2}})w)(?P<day>\d+)")
_REMARK: Final = re.compile(r"\*(?P<id>\d+)")
_DATE: Final = re.compile(r"\d{6,}")
_MONTH: Final = re.compile(r"\d{1,2}")
_COLON: Final = re.compile(r"\s*:\s*")
_DAYS: Final = rf"{_W}(?:曜日?)?(?:[・,、]{_W}(?:曜日?)?)*"
_PROSE_WEEKLY: Final = re.compile(rf"毎週の?(?P<days>{_DAYS})")
_PROSE_NTH: Final = re.compile(
    rf"(?:毎月)?(?P<nth>第\d(?:[・,、]第?\d)*)の?(?P<days>{_W}(?:[・,、]{_W})*曜日?)"
)
_PROSE_BARE: Final = re.compile(rf"(?P<days>{_DAYS})")
_PROSE_JOINT: Final = re.compile(r"[・,、;/\s]*(?:と|及び|および)?[・,、;/\s]*")
_FIFTH: Final = 5
_A_LIST: Final = 4
_MOSTLY: Final = 0.75
_FIRST_YEAR, _LAST_YEAR = 1990, 2100


@frozen
class _Token:
    text: str
    term: Term
    warning: str = ""


def parse(text: str) -> Rule:
    """The rule of a cell; see `Rule.parse`."""
    plain = normalize(text)
    if not plain:
        raise RuleError("セルが空です", place={"token": ""})
    if re.search("[曜毎第・、]", plain):
        return _prose(plain)
    return _cell(plain)


def _cell(text: str) -> Rule:
    """Tokens and month lists: a list belongs to the tokens before it, back to the list before that."""
    terms: list[_Token] = []
    group: list[_Token] = []
    remarks: list[str] = []
    words = _COLON.sub(": ", text).split()
    groups = sum(word.endswith(":") for word in words)
    while words:
        word = words.pop(0)
        remark = _REMARK.fullmatch(word.rstrip(":") if group else word)
        if remark:
            remarks.append(remark["id"])
        else:
            group.append(_token(word.rstrip(":")))
        if word.endswith(":"):
            terms.extend(_limited(group, _months(word, words), single=groups == 1))
            group = []
    terms.extend(group)
    if not terms:
        _refuse(text, "収集日の指定がありません")
    return _rule(terms, remarks)


def _limited(group: list[_Token], months: frozenset[int], *, single: bool) -> list[_Token]:
    if not single and len(group) > 1:
        _refuse(group[0].text, "月の指定がどれに掛かるか分かりません")
    return [evolve(token, term=_in(token, months)) for token in group]


def _in(token: _Token, months: frozenset[int]) -> Term:
    if isinstance(token.term, On):
        if token.term.day.month in months:  # it stands, whichever tokens the months were meant for
            return token.term
        _refuse(token.text, "日付が指定の月にありません")
    limited: Term = evolve(token.term, months=months)
    return limited


def _months(word: str, words: list[str]) -> frozenset[int]:
    months: set[int] = set()
    while words and _MONTH.fullmatch(words[0]):
        month = int(words.pop(0))
        if month not in ALL_MONTHS:
            _refuse(str(month), "ない月です")
        months.add(month)
    if not months:
        _refuse(word, "「:」の後に月がありません")
    return frozenset(months)


def _token(text: str) -> _Token:
    for pattern, read in _READERS:
        found = pattern.fullmatch(text)
        if found:
            return read(text, found)
    return _refuse(text, "収集日として読めません")


def _week(text: str, found: re.Match[str]) -> _Token:
    weekday = WEEKDAYS.index(found["w"])
    if not found["n"]:
        return _Token(text, Weekly(weekday))
    return _Token(text, Nth(weekday, _nth(text, found["n"])))


def _nth(text: str, digits: str) -> int:
    number = int(digits)
    if not 1 <= number <= _FIFTH:
        _refuse(text, "第1から第5までです")
    return number


def _every(text: str, found: re.Match[str]) -> _Token:
    anchor = _day(text, found["day"])
    weeks = int(found["weeks"] or 2)
    if weeks < 1:
        _refuse(text, "1週以上です")
    slip = found["w"] and WEEKDAYS.index(found["w"]) != anchor.weekday()
    warning = f"{text}: {anchor} は{WEEKDAYS[anchor.weekday()]}曜日です" if slip else ""
    return _Token(text, Every(weeks, anchor), warning)


def _on(text: str, found: re.Match[str]) -> _Token:
    return _Token(text, On(_day(text, found[0])))


def _day(text: str, digits: str) -> date:
    if len(digits) != len("20260101"):
        _refuse(text, "日付は8桁です")
    try:
        day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        _refuse(text, "ない日付です")
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        _refuse(text, "年が範囲外です")
    return day


_READERS: Final[tuple[tuple[re.Pattern[str], Callable[[str, re.Match[str]], _Token]], ...]] = (
    (_WEEK_TOKEN, _week),
    (_EVERY_TOKEN, _every),
    (_DATE, _on),
)


def _prose(text: str) -> Rule:
    """One form, or several joined; weekdays alone mean every week, but only where nothing else is said."""
    bare = _PROSE_BARE.fullmatch(text)
    if bare is not None:
        return _rule(list(_prose_tokens(bare)))
    tokens: list[_Token] = []
    place = 0
    while place < len(text):
        found = _PROSE_WEEKLY.match(text, place) or _PROSE_NTH.match(text, place)
        if found is None:
            _refuse(text[place:], "収集日として読めません")
        tokens.extend(_prose_tokens(found))
        joint = _PROSE_JOINT.match(text, found.end())
        assert joint is not None  # it matches the empty text
        place = joint.end()
    return _rule(tokens)


def _rule(tokens: list[_Token], remarks: Sequence[str] = ()) -> Rule:
    return Rule([token.term for token in tokens], remarks, list(_warnings(tokens)))


def _prose_tokens(found: re.Match[str]) -> Iterator[_Token]:
    weekdays = [WEEKDAYS.index(char) for char in re.sub("曜日?", "", found["days"]) if char in WEEKDAYS]
    numbers = re.findall(r"\d", found.groupdict().get("nth") or "")
    for weekday in weekdays:
        if not numbers:
            yield _Token(found[0], Weekly(weekday))
        for digit in numbers:
            yield _Token(found[0], Nth(weekday, _nth(found[0], digit)))


def _warnings(tokens: list[_Token]) -> Iterator[str]:
    seen: set[Term] = set()
    for token in tokens:
        if token.warning:
            yield token.warning
        if token.term in seen:
            yield f"{token.text}: 同じ指定が重複しています"
        seen.add(token.term)
    yield from _odd_days([token.term.day for token in tokens if isinstance(token.term, On)])


def _odd_days(days: list[date]) -> Iterator[str]:
    """Dates that break a list's weekday: a moved day, or a slip of whoever typed them."""
    if len(days) < _A_LIST:
        return
    usual, count = Counter(day.weekday() for day in days).most_common(1)[0]
    if count < len(days) * _MOSTLY:
        return
    for day in days:
        if day.weekday() != usual:
            yield f"{day:%Y%m%d}: 他の日付は{WEEKDAYS[usual]}曜日ですが、この日は{WEEKDAYS[day.weekday()]}曜日です"


def _refuse(token: str, why: str) -> NoReturn:
    raise RuleError(
        why,
        hint="月 木 ・ 水1 水3 ・ 第1・第3水曜 ・ 隔水20260107 ・ 20260115",
        place={"token": token[:40]},
    )
