"""How town halls write collection days: 毎週火・金曜日, 第2・4月曜日, 月曜日(第1・3週), 偶数月の第2水曜日, 第2水曜日(4~9月). Pure."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from attrs import evolve, frozen

from govline.calendar.garbage.rules import ALL_MONTHS, LAST, WEEKDAYS, Nth, On, Weekly
from govline.calendar.garbage.tokens import Token, as_month, as_nth, refuse

__all__ = ["is_prose", "prose_tokens"]

_W: Final = f"[{WEEKDAYS}]"
_AND: Final = r"(?:\s?(?:[・,、/&と]|及び|および)\s?|\s)"
_DAY: Final = rf"{_W}(?:曜日?)?"
_DAYS: Final = rf"{_DAY}(?:{_AND}?{_DAY})*"
_DAYS_OF_NTH: Final = rf"(?P<days>{_W}(?:[・,、]{_W})*曜日?|{_W}(?!曜|[・,、/&と]?{_W}))"
_COUNT: Final = rf"\d+(?:(?:{_AND}|\.\s?|\s?[~〜]\s?)第?\d+|第\d+)*"
_N: Final = rf"第{_COUNT}(?:週目?)?|{_COUNT}週目?"
_WEEKLY: Final = re.compile(rf"毎週の?\s?(?:\((?P<inner>{_DAYS})\)|(?P<days>{_DAYS}))")
_NTH: Final = re.compile(rf"(?:毎月)?\s?(?P<nth>{_N}|最終)\s?の?\s?{_DAYS_OF_NTH}")
_DAY_FIRST: Final = re.compile(
    rf"(?:毎月)?\s?(?P<days>{_DAY})\s?の?(?:\((?P<inner>{_N})\)|(?P<nth>{_N})(?=$|[・,、;/]\s?\D))"
)
_BARE: Final = re.compile(rf"\((?P<inner>{_DAYS})\)|(?P<days>{_DAYS})")
_CODED: Final = re.compile(rf"{_W}(?: {_W})*")
_JOINT: Final = re.compile(r"[・,、;/\s]*(?:と|及び|および)?[・,、;/\s]*")
_SPAN: Final = r"(?P<first>\d{1,2})月?\s?(?:[~〜ー-]|から)\s?(?:翌年の?)?(?P<last>\d{1,2})月(?:まで)?"
_LIST: Final = r"\d{1,2}月?(?:[・,、と]\d{1,2}月?)*"
_EACH: Final = (
    r"\d{1,2}月(?:[・,、と]?\d{1,2}月)*"  # without brackets, 2・4月 may be the second and fourth Monday
)
_HALF: Final = r"(?P<half>偶数月|奇数月)"
_WITHOUT: Final = r"(?P<without>(?:を|は|のみ)?(?:除く|除きます|お?休み|休止|収集しません|収集なし))"
_BRACKETED_MONTHS: Final = re.compile(
    rf"\s?\((?:{_HALF}|{_SPAN}|(?P<list>{_LIST}))(?:のみ|だけ|に限る|{_WITHOUT})?\)"
)
_TRAILING_MONTHS: Final = re.compile(rf"\s(?:{_HALF}|{_SPAN}|(?P<list>{_EACH}))(?:のみ|だけ)?$")
# a number behind them is that of a week (4月の1・3週目の月曜), never one more month or a date
_LEADING_MONTHS: Final = re.compile(
    rf"(?:{_HALF}|{_SPAN}|(?P<list>{_EACH}))[はの:、]?\s?(?:(?!\d)|(?={_COUNT}週))"
)
_WITHOUT_WEEK: Final = re.compile(rf"\s?\(第?(?P<n>\d)(?:週目?|{_W}曜日?)?(?:を|は)?除く\)")
_TIMES: Final = re.compile(r"(?P<per>週|毎週|月|毎月)に?(?P<count>[1-5])回\s?[・,、:]?\s?(?P<rest>.+)")
_BRACKETED: Final = re.compile(r"\((?P<inner>[^()]*)\)(?P<after>[^()]*)")
_NOTE: Final = re.compile(
    r"[\s、]*[(※]?\s?(?P<note>祝(?:祭)?日(?:も|は)?(?:収集|回収)(?:します|する|あり)?"
    r"|(?:午前|朝)?の?\d{1,2}(?:時(?:半|\d{1,2}分)?|:\d{2})まで(?:に(?:出す|出してください)?)?)[)。]?$"
)
_UNSAID: Final = re.compile("祝|年末|年始|お?盆|除|休|しません|ただし|但し|以外")
_KANJI_DIGITS: Final = str.maketrans("一二三四五", "12345")
_YEAR: Final = 12
_LAST_WEEK: Final = "最終"


@frozen
class _Form:
    """Tokens that were said together; whether months limit them, and whether those stood in front."""

    tokens: tuple[Token, ...]
    limited: bool = False
    led: bool = False


def is_prose(text: str) -> bool:
    """Whether a cell is written in words; `text` is normalised."""
    if re.search("[曜毎第回・、週終]", text) or _NOTE.search(text):
        return True
    return _BARE.fullmatch(text) is not None and _CODED.fullmatch(text) is None


def prose_tokens(text: str) -> list[Token]:
    """What a cell in words says.

    Raises:
        RuleError: GL-2020 with the part that is not certain.
    """
    plain = text.translate(_KANJI_DIGITS)
    note = _NOTE.search(plain)
    said = plain[: note.start()] if note else plain
    tokens = _counted(said) if said else refuse(text, "収集日として読めません")
    if note:
        tokens[-1] = evolve(tokens[-1], warning=f"「{note['note']}」は収集日の指定に含めていません")
    return tokens


def _counted(text: str) -> list[Token]:
    """月2回(第1・3水曜日): the count must fit what is counted."""
    times = _TIMES.fullmatch(text)
    if times is None:
        return _forms(text)
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
        form, place = _form(text, place)
        forms.append(form)
        joint = _JOINT.match(text, place)
        assert joint is not None  # it matches the empty text
        place = joint.end()
    mixed = len({form.limited for form in forms}) > 1
    if mixed and (forms[-1].limited or any(form.led for form in forms)):
        refuse(text, "月の指定がどれに掛かるか分かりません")
    return [token for form in forms for token in form.tokens]


def _form(text: str, start: int) -> tuple[_Form, int]:
    """The form that begins here, its months before or behind it, and where it ends."""
    led = _LEADING_MONTHS.match(text, start)
    place = led.end() if led else start
    found = next(filter(None, (kind.match(text, place) for kind in (_WEEKLY, _NTH, _DAY_FIRST))), None)
    if found is None:
        found = _limited_days(text, place, led) or refuse(text[start:], _why(text[start:]))
    tokens = list(_tokens(found))
    behind = _BRACKETED_MONTHS.match(text, found.end()) or (
        _TRAILING_MONTHS.match(text, found.end()) if start == 0 else None
    )
    end = behind.end() if behind else found.end()
    for months in filter(None, (led, behind)):
        tokens = _within(tokens, _months(months))
    week = _WITHOUT_WEEK.match(text, end)
    if week:
        tokens, end = _without_week(tokens, int(week["n"])), week.end()
    return _Form(tuple(tokens), limited=bool(led or behind), led=bool(led)), end


def _limited_days(text: str, place: int, led: re.Match[str] | None) -> re.Match[str] | None:
    """Weekdays alone, said of some months (4~9月は月・木) or but for one week (月曜日(第5週を除く))."""
    if led and led[0].rstrip().endswith("は"):
        return _BARE.fullmatch(text, place)
    bare = _BARE.match(text, place)
    return bare if bare and _WITHOUT_WEEK.fullmatch(text, bare.end()) else None


def _within(tokens: Iterable[Token], months: frozenset[int]) -> list[Token]:
    limited = []
    for token in tokens:
        assert not isinstance(token.term, On)  # prose has no single dates
        rest = token.term.months & months
        limited.append(
            evolve(token, term=evolve(token.term, months=rest or refuse(token.text, "月が残りません")))
        )
    return limited


def _without_week(tokens: Iterable[Token], left_out: int) -> list[Token]:
    """毎週水曜日(第5水曜日を除く) is the first to the fourth."""
    found = []
    for token in tokens:
        if not isinstance(token.term, Weekly):
            refuse(token.text, "除く週がどれに掛かるか分かりません")
        as_nth(token.text, str(left_out))
        found += [
            evolve(token, term=Nth(token.term.weekday, n, token.term.months))
            for n in range(1, 6)
            if n != left_out
        ]
    return found


def _months(found: re.Match[str]) -> frozenset[int]:
    """10~3月 goes over New Year; 8月を除く is all the others."""
    said = found.groupdict()
    if said["half"]:
        named = frozenset(range(2 if said["half"] == "偶数月" else 1, _YEAR + 1, 2))
    elif said["list"]:
        if said.get("without") and "月" not in said["list"]:
            refuse(found[0], "月の指定として読めません")
        named = frozenset(as_month(digits) for digits in re.findall(r"\d+", said["list"]))
    else:
        first, last = as_month(said["first"]), as_month(said["last"])
        named = frozenset((first - 1 + step) % _YEAR + 1 for step in range((last - first) % _YEAR + 1))
    return ALL_MONTHS - named if said.get("without") else named


def _tokens(found: re.Match[str]) -> Iterator[Token]:
    said = found.groupdict()
    inner = said.get("inner") or ""
    days = said.get("days") or inner
    numbers = list(_numbers(found[0], said["nth"] or inner)) if "nth" in said else []
    for weekday in (WEEKDAYS.index(char) for char in re.sub("曜日?", "", days) if char in WEEKDAYS):
        if not numbers:
            yield Token(found[0], Weekly(weekday))
        for number in numbers:
            yield Token(found[0], Nth(weekday, number))


def _numbers(text: str, said: str) -> Iterator[int]:
    """1・3 is two of them, 1~4 is four."""
    if said == _LAST_WEEK:
        yield LAST
    for first, last in re.findall(r"(\d+)(?:\s?[~〜]\s?第?(\d+))?", said):
        yield from range(as_nth(text, first), as_nth(text, last or first) + 1)


def _why(text: str) -> str:
    if text.startswith(("隔週", "隔")):
        return "隔週は基準日が要ります(例 隔水20260107)"
    if re.match(r"\d{1,2}月\d{1,2}日", text):
        return "年のない日付です"
    if _UNSAID.search(text):
        return "休みや例外の条件は読めません(休む日は center.csv か exceptions.csv に日付で書きます)"
    return "収集日として読めません"
