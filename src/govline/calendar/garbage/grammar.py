"""The grammar of a cell: tokens of 5374.jp files in all their dialects; what is written in words goes to `prose`."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import pairwise
from typing import Final

from attrs import evolve

from govline.calendar.garbage.prose import is_prose, prose_tokens
from govline.calendar.garbage.rules import WEEKDAYS, Every, Nth, On, Rule, RuleError, Term, Weekly
from govline.calendar.garbage.tokens import Token, as_day, as_month, as_nth, refuse
from govline.core.eras import parse_era
from govline.core.text import normalize
from govline.errors import InputError

__all__ = ["NOT_COLLECTED", "is_empty", "parse"]

NOT_COLLECTED: Final = frozenset(
    (
        *("-", "−", "–", "—", "―", "ー", "×", "✕", "✖", "/"),
        *("なし", "無し", "無", "収集なし", "収集無し", "収集しない", "収集しません", "回収なし", "対象外"),
    )
)
"""Cells that say, like an empty one, that this kind is not collected there."""

_W: Final = f"[{WEEKDAYS}]"
_WEEK_TOKEN: Final = re.compile(rf"(?P<w>{_W})(?P<n>\d*)")
_EVERY_TOKEN: Final = re.compile(rf"(?:隔(?P<w>{_W})|e(?P<weeks>\d{{1,2}})w)(?P<day>\d+)")
_REMARK: Final = re.compile(r"\*(?P<id>\d+)")
_DATE: Final = re.compile(rf"(?P<day>\d{{6,}})(?:\((?P<w>{_W})(?:曜日?)?\))?")
_SHORT_DATE: Final = re.compile(r"(?:19|20)\d{5}")
_MONTH: Final = re.compile(r"\d{1,2}")
_COLON: Final = re.compile(r"\s*:\s*")
_ERA_DATE: Final = re.compile(
    r"(?:令和|平成)(?:\d{1,2}|元)年\d{1,2}月\d{1,2}日|(?<![A-Za-z])[RrHh]\d{1,2}([./-])\d{1,2}\1\d{1,2}(?!\d)"
)
_LONG_DATE: Final = re.compile(
    r"(?<!\d)(?P<y>\d{4})(?:年(?P<m>\d{1,2})月(?P<d>\d{1,2})日|([/.-])(?P<m2>\d{1,2})\4(?P<d2>\d{1,2})(?!\d))"
)
_ONLY_DATES: Final = re.compile(rf"{_DATE.pattern}(?:[・,、;\s]+\d{{6,}}(?:\({_W}(?:曜日?)?\))?)*")
_FORTNIGHT: Final = re.compile(
    rf"隔週?の?(?P<w>{_W})(?:曜日?)?\s?\((?P<day>\d{{8}})(?:から|より|~|〜)?\)|隔週?の?(?P<w2>{_W})(?:曜日?)?(?P<day2>\d{{8}})"
)
_NUMBERS: Final = re.compile(rf"(?<![\d毎])(?P<w>{_W})(?:曜日?)?(?P<n>[1-5](?:[・,、][1-5])+)(?![\d月])")
_JOINED_MONTHS: Final = re.compile(
    r":\s*(\d{1,2}月(?:[\s・,、]+\d{1,2}月)*|\d{1,2}(?:[・,、]\s?\d{1,2})+月?)(?![\d月])"
)
_NO_YEAR: Final = re.compile(r"\d{1,2}(?:月|/)\d{1,2}")
_A_LIST: Final = 4
_LONGEST: Final = 10_000  # a list of every collection day of ten years has half of it
_MOSTLY: Final = 0.75


def is_empty(text: str) -> bool:
    """Whether a cell says that nothing is collected."""
    plain = normalize(text)
    return not plain or plain in NOT_COLLECTED


def parse(text: str) -> Rule:
    """The rule of a cell; see `Rule.parse`."""
    if len(text) > _LONGEST:
        refuse(text, "セルが長すぎます(1万字まで)")
    plain = _coded(_LONG_DATE.sub(_digits, _ERA_DATE.sub(_era_digits, normalize(text))))
    if not plain:
        refuse("", "セルが空です")
    if _ONLY_DATES.fullmatch(plain):
        return _cell(re.sub("[・,、;]", " ", plain))
    return _rule(prose_tokens(plain)) if is_prose(plain) else _cell(plain)


def _coded(text: str) -> str:
    """What says exactly what tokens say, as tokens: 隔週水曜(20260107から), 水1・3, and months joined behind a colon."""
    text = _FORTNIGHT.sub(lambda found: f"隔{found['w'] or found['w2']}{found['day'] or found['day2']}", text)
    text = _NUMBERS.sub(
        lambda found: " ".join(f"{found['w']}{n}" for n in re.findall(r"\d", found["n"])), text
    )
    return _JOINED_MONTHS.sub(lambda found: f": {' '.join(re.findall(r'[0-9]+', found[1]))}", text)


def _digits(found: re.Match[str]) -> str:
    month, day = found["m"] or found["m2"], found["d"] or found["d2"]
    return f"{found['y']}{month:0>2}{day:0>2}"


def _era_digits(found: re.Match[str]) -> str:
    try:
        return f"{parse_era(found[0]):%Y%m%d}"
    except InputError:
        return refuse(found[0], "ない日付です")


def _cell(text: str) -> Rule:
    """Sections between semicolons, each with month lists of its own: `金1:12; 火2:9`."""
    terms: list[Token] = []
    remarks: list[str] = []
    warnings: list[str] = []
    for section in filter(str.strip, text.split(";")):
        words, short = _without_short_dates(_COLON.sub(": ", section).split())
        words, wrong = _without_wrong_date(words)
        terms += _section(words, remarks)
        warnings += [f"{word}: 7桁の日付のため、この日を除いて読みました" for word in short]
        warnings += [f"{word}: 日付として読めないため、この日を除いて読みました" for word in wrong]
    if not terms and not remarks:
        refuse(text, "収集日の指定がありません")
    if not terms:
        warnings.append(f"{text}: 備考だけで、収集日の指定がありません")
    return _rule(terms, remarks, warnings)


def _section(words: list[str], remarks: list[str]) -> list[Token]:
    """Tokens and month lists: a list belongs to the tokens before it, back to the list before that."""
    terms: list[Token] = []
    group: list[Token] = []
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
    return terms + group


def _without_short_dates(words: list[str]) -> tuple[list[str], list[str]]:
    """A date that lost a digit among good ones costs that date; alone it is refused with the rest."""
    if not any(_DATE.fullmatch(word) and not _SHORT_DATE.fullmatch(word) for word in words):
        return words, []
    short = [word for word in words if _SHORT_DATE.fullmatch(word)]
    return [word for word in words if word not in short], short


def _without_wrong_date(words: list[str]) -> tuple[list[str], list[str]]:
    """The one date of a long list that is none (a digit too many, 31 February) costs that date, like one that lost a digit."""
    dates = [_DATE.fullmatch(word) for word in words]
    if len(words) <= _A_LIST or not all(dates):
        return words, []
    wrong = [word for word, found in zip(words, dates, strict=True) if found and not _is_day(found["day"])]
    if len(wrong) != 1:
        return words, []
    return [word for word in words if word not in wrong], wrong


def _is_day(digits: str) -> bool:
    try:
        as_day(digits, digits)
    except RuleError:
        return False
    return True


def _limited(group: list[Token], months: frozenset[int], *, single: bool) -> list[Token]:
    if not single and len(group) > 1:
        refuse(group[0].text, "月の指定がどれに掛かるか分かりません")
    return [evolve(token, term=_in(token, months)) for token in group]


def _in(token: Token, months: frozenset[int]) -> Term:
    if isinstance(token.term, On):
        if token.term.day.month in months:  # it stands, whichever tokens the months were meant for
            return token.term
        refuse(token.text, "日付が指定の月にありません")
    limited: Term = evolve(token.term, months=months)
    return limited


def _months(word: str, words: list[str]) -> frozenset[int]:
    months: set[int] = set()
    while words and _MONTH.fullmatch(words[0]):
        months.add(as_month(words.pop(0)))
    if not months:
        refuse(word, "「:」の後に月がありません")
    return frozenset(months)


def _token(text: str) -> Token:
    for pattern, read in _READERS:
        found = pattern.fullmatch(text)
        if found:
            return read(text, found)
    if text.startswith("隔"):
        refuse(text, "隔週は基準日が要ります(例 隔水20260107)")
    return refuse(text, "年のない日付です" if _NO_YEAR.match(text) else "収集日として読めません")


def _week(text: str, found: re.Match[str]) -> Token:
    weekday = WEEKDAYS.index(found["w"])
    if not found["n"]:
        return Token(text, Weekly(weekday))
    return Token(text, Nth(weekday, as_nth(text, found["n"])))


def _every(text: str, found: re.Match[str]) -> Token:
    anchor = as_day(text, found["day"])
    weeks = int(found["weeks"] or 2)
    if weeks < 1:
        refuse(text, "1週以上です")
    return Token(text, Every(weeks, anchor), _slip(text, anchor, found["w"]))


def _on(text: str, found: re.Match[str]) -> Token:
    day = as_day(text, found["day"])
    return Token(text, On(day), _slip(text, day, found["w"]))


def _slip(text: str, day: date, weekday: str | None) -> str:
    slipped = weekday and WEEKDAYS.index(weekday) != day.weekday()
    return f"{text}: {day} は{WEEKDAYS[day.weekday()]}曜日です" if slipped else ""


_READERS: Final[tuple[tuple[re.Pattern[str], Callable[[str, re.Match[str]], Token]], ...]] = (
    (_WEEK_TOKEN, _week),
    (_EVERY_TOKEN, _every),
    (_DATE, _on),
)


def _rule(tokens: list[Token], remarks: Sequence[str] = (), warnings: Sequence[str] = ()) -> Rule:
    each_once = dict.fromkeys([*warnings, *_warnings(tokens)])
    return Rule([token.term for token in tokens], remarks, each_once)


def _warnings(tokens: list[Token]) -> Iterator[str]:
    seen: set[Term] = set()
    for token in tokens:
        if token.warning:
            yield token.warning
        if token.term in seen:
            yield f"{token.text}: 同じ指定が重複しています"
        seen.add(token.term)
    days = [token.term.day for token in tokens if isinstance(token.term, On)]
    yield from _out_of_order(days)
    yield from _odd_days(days)
    yield from _odd_pairs([token.term for token in tokens if isinstance(token.term, Nth)])


def _out_of_order(days: list[date]) -> Iterator[str]:
    for before, after in pairwise(days):
        if after < before:
            yield f"{after:%Y%m%d}: 日付が順番どおりではありません"
            return


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


def _odd_pairs(terms: list[Nth]) -> Iterator[str]:
    """水2 木4: whoever collects twice a month comes on one weekday; two weekdays that share no n look like a slip."""
    numbers: dict[int, set[int]] = {}
    for term in terms:
        numbers.setdefault(term.weekday, set()).add(term.n)
    if len(numbers) > 1 and len(set.union(*numbers.values())) == sum(map(len, numbers.values())):
        names = "・".join(WEEKDAYS[weekday] for weekday in numbers)
        yield f"第何週かで曜日が違います({names}): 書き間違いでないか確かめてください"
