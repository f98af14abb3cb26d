"""Which unanswered words may be written down: short, without numbers, without anything that points at a person."""

import re
from datetime import date
from typing import Final

from attrs import frozen

from govline.answers.forms import fold
from govline.core.individual_number import find
from govline.core.text import normalize

__all__ = ["Unmatched", "loggable"]

_SHORTEST: Final = 2
_LONGEST: Final = 20
_DASH: Final = "[-‐‑–—―−ーの番号丁]"
_PERSONAL: Final = re.compile(
    rf"\d\s?{_DASH}\s?\d|[一二三四五六七八九十]の[一二三四五六七八九十]|\d\s?(?:番|号)|[都道府県]\S{{1,8}}[市区町村郡]"
    r"|\d{3,}|[@＠]|https?:|www\.|(?:さん|様|さま|くん|ちゃん|氏|先生)$|名前|住所|電話|番地|丁目|生年月日"
)


@frozen
class Unmatched:
    """A word that nobody could answer: how often it was asked, first and last on which day in Japan."""

    word: str
    asked: int
    first_day: date
    last_day: date


def loggable(word: str) -> str:
    """The word as it is counted, or "" where it must not be kept.

    A sentence, a number, an address, a mail address or a name with さん is not kept; a bare name cannot be told from a thing,
    so nobody's id stands beside the word and it is forgotten after a while.
    """
    plain = normalize(word)
    if (
        not plain.isprintable()
        or len(fold(plain)) < _SHORTEST
        or len(plain) > _LONGEST
        or find(plain)
        or _PERSONAL.search(plain)
    ):
        return ""
    return plain
