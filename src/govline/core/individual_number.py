"""The guard against 個人番号 (マイナンバー) in what citizens type: found, masked, refused, never stored and never echoed.

Source of the check digit: 平成26年総務省令第85号 5条. Collecting or keeping the number outside the listed cases is forbidden to
everybody (番号法 19条, 20条). One random 12-digit number in ten passes the check, so the surroundings are weighed too; in doubt
the guard refuses: a citizen who meant an order number is told and can write it otherwise, a stored 個人番号 is a reportable leak.
It sees one text at a time: a number split over several messages passes.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

from attrs import frozen

from govline.errors import IndividualNumberRefused, InputError

__all__ = ["MASK", "Span", "check_digit", "find", "guard", "is_individual_number", "redact"]

MASK: Final = "█"
"""Stands for one digit in redacted text; separators stay, so that redacting twice changes nothing."""

LENGTH: Final = 12
_ENOUGH: Final = 2
_NEAR: Final = 40
_AFTER: Final = 20
_LONGEST_GAP: Final = 3
_TOLD: Final = 6
_BLANKS: Final = (" ", "\n")

_KANJI: Final = {char: value for value, char in enumerate("〇一二三四五六七八九")} | {
    "零": 0,
    "壱": 1,
    "弐": 2,
    "参": 3,
}
_DIGIT: Final = re.compile(f"[0-9{''.join(_KANJI)}{MASK}]|[^\\x00-\\x7f\\u3040-\\u30ff]")
_KINDS: Final = (
    ("-", "-‐‑‒–—―−－﹣ーｰ─━~〜～"),
    (" ", " \t\u3000\u00a0\u2002\u2003\u2009\u202f"),
    ("\n", "\r\n\u2028\u2029"),
    (".", ".．・･_＿"),
    (",", ",，、､"),
    ("keycap", "\u20e3"),
)
_KIND_OF: Final = {char: kind for kind, chars in _KINDS for char in chars}
_NAMES: Final = re.compile("マイナンバ|まいなんば|個人番号|こじん番号|mynumber|individualnumber")
_OTHERS: Final = re.compile(
    "法人番号|電話|tel|携帯|fax|口座|受付番号|予約番号|注文|伝票|問い?合わ?せ番号|お客様番号|会員番号|整理番号|追跡|isbn|jan"
)


@frozen
class Span:
    """Where a number stands: `text[start:end]`; holds no digit of it. `score` is the weight of the evidence, 2 or more."""

    start: int
    end: int
    score: int


@frozen
class _Group:
    """Digits without anything between them; value None stands for a mask."""

    values: tuple[int | None, ...]
    places: tuple[int, ...]
    gap: str  # kind of the separator before it, "" at the beginning of a run
    run: int


def check_digit(digits: str) -> int:
    """The check digit of the first 11 digits of a 個人番号.

    Raises:
        InputError: Not 11 ASCII digits.
    """
    if len(digits) != LENGTH - 1 or not (digits.isascii() and digits.isdigit()):
        raise InputError("the first 11 digits are needed", hint="ASCII digits, no separators")
    return _check([int(char) for char in digits])


def is_individual_number(digits: str) -> bool:
    """Whether 12 ASCII digits, without separators, carry the check digit of a 個人番号."""
    shaped = len(digits) == LENGTH and digits.isascii() and digits.isdigit()
    return shaped and check_digit(digits[:-1]) == int(digits[-1])


def find(text: str) -> tuple[Span, ...]:
    """Where 個人番号 stand in a text; linear in its length.

    Full-width, kanji and circled digits count, with spaces, hyphens, dots or invisible characters between them. Not found are
    longer digit runs (法人番号 has 13 digits, cards 16), telephone numbers, and numbers that are called something else.
    """
    if not _may_hold(text):
        return ()
    groups = list(_groups(text))
    sizes = _run_sizes(groups)
    spans: list[Span] = []
    offset = 0
    for index, group in enumerate(groups):
        offset = offset + len(groups[index - 1].values) if group.gap else 0
        found = _candidate(text, groups, index, offset, sizes[group.run])
        if found and (not spans or found.start >= spans[-1].end):
            spans.append(found)
    return tuple(spans)


def redact(text: str) -> str:
    """The text with every digit of a 個人番号 masked; everything else stays."""
    chars = list(text)
    for span in find(text):
        for place in range(span.start, span.end):
            if _digit(chars[place]) is not None:
                chars[place] = MASK
    return "".join(chars)


def guard(text: str) -> None:
    """Refuse a text that holds a 個人番号.

    Raises:
        IndividualNumberRefused: Without the text and without any of its digits.
    """
    if find(text):
        raise IndividualNumberRefused(
            "the text holds what looks like a 個人番号",
            hint="nothing was stored; tell the citizen, and ask for the case to be handled at the counter",
        )


def _check(first: Sequence[int]) -> int:
    rest = sum(digit * (n + 1 if n <= 6 else n - 5) for n, digit in enumerate(reversed(first), start=1)) % 11
    return 0 if rest <= 1 else 11 - rest


def _may_hold(text: str) -> bool:
    return len(text) >= LENGTH and sum(1 for _ in _DIGIT.finditer(text)) >= LENGTH


def _digit(char: str) -> int | None:
    if char.isascii():
        return int(char) if char.isdigit() else None
    return _KANJI[char] if char in _KANJI else unicodedata.digit(char, None)


def _groups(text: str) -> Iterator[_Group]:
    values: list[int | None] = []
    places: list[int] = []
    gap, between, script, run = "", "", "", 0
    for place, char in enumerate(text):
        value = _digit(char)
        if value is None and char != MASK:
            if not _transparent(char):
                between = (between + char)[: _LONGEST_GAP + 1]
            continue
        previous, script = script, script if char == MASK else _script(char)
        same = previous in (script, "")
        kind = _kind(between) if same else ""
        if values and (between or not same):
            yield _Group(tuple(values), tuple(places), gap, run)
            values, places, gap, run = [], [], kind, run if kind else run + 1
        values.append(value)
        places.append(place)
        between = ""
    if values:
        yield _Group(tuple(values), tuple(places), gap, run)


def _script(char: str) -> str:
    """Digits of one number are of one script: 〇 and ① before others are bullets. (A mask is of any script.)"""
    if char in _KANJI:
        return "kanji"
    return "listed" if unicodedata.category(char) == "No" else "plain"


def _kind(between: str) -> str:
    """The kind of separator, or "" where what stands between ends the run."""
    if len(between) > _LONGEST_GAP:
        return ""
    kinds = {_KIND_OF.get(char, "") for char in between}
    if "" in kinds:
        return ""
    return (kinds - {" "} or {" "}).pop() if len(kinds - {" "}) <= 1 else ""


def _transparent(char: str) -> bool:
    return not char.isascii() and unicodedata.category(char) in {"Cf", "Mn"}


def _run_sizes(groups: list[_Group]) -> dict[int, int]:
    sizes: dict[int, int] = {}
    for group in groups:
        sizes[group.run] = sizes.get(group.run, 0) + len(group.values)
    return sizes


def _candidate(text: str, groups: list[_Group], index: int, offset: int, size: int) -> Span | None:
    """The number that begins with this group, if the evidence is enough."""
    taken = _twelve(groups, index)
    values = [value for group in taken for value in group.values]
    if not taken or None in values:
        return None
    digits = [value for value in values if value is not None]
    if _check(digits[:-1]) != digits[-1]:
        return None
    start, end = taken[0].places[0], taken[-1].places[-1] + 1
    apart = size % LENGTH == 0 and offset % LENGTH == 0
    part = not apart and _goes_on(text, groups, index, index + len(taken))
    score = _form(taken) + _context(text, start, end) - (2 if part else 0)
    return Span(start, end, score) if score >= _ENOUGH else None


def _twelve(groups: list[_Group], index: int) -> list[_Group]:
    taken: list[_Group] = []
    total = 0
    for group in groups[index : index + LENGTH]:
        if taken and not group.gap:
            return []
        taken.append(group)
        total += len(group.values)
        if total >= LENGTH:
            return taken if total == LENGTH else []
    return []


def _form(taken: list[_Group]) -> int:
    """How much the digits look like a written 個人番号: 12 in a row, 4-4-4, another even rhythm, or nothing regular."""
    if len(taken) == 1:
        return 2
    sizes = {len(group.values) for group in taken}
    gaps = {group.gap for group in taken[1:]}
    even = len(sizes) == 1 and len(gaps) == 1
    return 2 if even and (gaps <= {"-", " ", "\n", "keycap"} or (gaps == {"."} and sizes == {4})) else 0


def _goes_on(text: str, groups: list[_Group], first: int, end: int) -> bool:
    """Whether the digits are a part of a longer number: the same separator leads on in the same rhythm.

    法人番号 are written 1-4-4-4, cards 4-4-4-4; an order number may be 3-12.
    """
    taken = groups[first:end]
    size = len(taken[0].values)
    inner = taken[1].gap if len(taken) > 1 else "-"
    before = len(groups[first - 1].values) if taken[0].gap == inner else 0
    after = len(groups[end].values) if end < len(groups) and groups[end].gap == inner else 0
    if before and _tighter(groups[first - 1].gap, inner):
        before = 0
    if after and (
        _year(text, groups[end]) or (end + 1 < len(groups) and _tighter(groups[end + 1].gap, inner))
    ):
        after = 0
    if len(taken) == 1:
        return bool(before or after)
    return before in (1, size) or after == size


def _tighter(gap: str, inner: str) -> bool:
    """Whether a neighbour belongs to another number: hyphens hold digits together that spaces part (〒123-4567 1234 …)."""
    return inner in _BLANKS and gap not in {"", *_BLANKS}


def _year(text: str, group: _Group) -> bool:
    return text[group.places[-1] + 1 :].startswith("年")


def _context(text: str, start: int, end: int) -> int:
    before = _folded(text[max(0, start - _NEAR) : start])
    behind = _folded(text[end : end + _AFTER])
    score = 2 if _NAMES.search(before) or _NAMES.search(behind) else 0
    other = _last_end(_OTHERS, before)
    if sum(map(str.isdigit, before[max(other, 0) :])) >= _TOLD:
        other = -1  # that name had its number already: 電話 090-1234-5678 1234…
    if other > _last_end(_NAMES, before):  # what is said last names the number
        score -= 2
    beside = text[max(0, start - 1) : start], text[end : end + 1]
    if beside[0] in {"+", "＋"} or any(char.isascii() and char.isalpha() for char in beside):
        score -= 2
    return score


def _folded(piece: str) -> str:
    return "".join(unicodedata.normalize("NFKC", piece).casefold().split())


def _last_end(pattern: re.Pattern[str], text: str) -> int:
    return max((match.end() for match in pattern.finditer(text)), default=-1)
