"""Marks of drills and tests in what machines offer: what says that it is one, what only speaks of one.

Fail closed: a mark in any disguise (width, kana, blanks between the letters, signs that nobody sees, letters of another
alphabet, HTML) is found; ordinary news about a drill is left to two members of staff.
"""

import html
import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from govline.core.values import Json

__all__ = [
    "DRILL_PHRASES",
    "DRILL_WORDS",
    "REAL_STATUSES",
    "is_real_status",
    "mentions",
    "says_so",
    "strings",
]

DRILL_WORDS: Final = (
    *("訓練", "試験", "テスト", "くんれん", "練習", "test", "exercise", "drill"),
    *("てすと", "クンレン", "くん練", "訓れん"),
)
"""Words that a drill or test is marked with. As the telegram's status, at the head of the subject, or alone in brackets they
say that it is one; elsewhere (職業訓練, 採用試験) two members of staff decide."""

DRILL_PHRASES: Final = (
    *("これは訓練", "これは試験", "これはテスト", "これは練習", "訓練です", "試験です", "テストです"),
    *("訓練放送", "試験放送", "訓練配信", "試験配信", "テスト配信", "テストメール", "配信テスト", "動作確認"),
    *("this is a test", "this is a drill", "this is an exercise", "this is only a test", "test message"),
)
"""Phrases that say so wherever they stand. All marks are compared after NFKC, without case and hidden signs."""

REAL_STATUSES: Final = frozenset({"", "通常", "actual"})
"""Control status of a real telegram: 気象庁防災情報XML 通常, CAP and L-Alert Actual; "" where the source has none."""

# letters of other alphabets that look like those of the English words
_LOOKALIKES: Final = str.maketrans("теѕсіхԁӏτεικϲχ", "tescixdlteikcx")
_FILLERS: Final = frozenset("\u115f\u1160\u17b4\u17b5")
_TAG: Final = re.compile(r"</?[a-z!][^<>]{0,200}>")
_GAP: Final = r"[\W_]{0,3}"
_WIDE_GAP: Final = r"[\W_]{1,3}"
_HEAD: Final = "【[(<「『 ■●★※*#"
_BEFORE: Final = (
    "これは|防災|避難|緊急|情報|伝達|総合|全国|一斉|合同|図上|抜き?打ち|配信|送信|放送|システム|機器|動作|定期|疎通|通信"
    "|[jl]-?アラート|シェイクアウト|土砂災害|津波|地震|水害"
)
_AFTER: Final = "配信|放送|メール|送信|通報|電文|です|用|中"


def says_so(status: str, subject: str, words: str) -> bool:
    """Whether status, head of the subject, brackets or a phrase say that this is a drill or test."""
    if _squeezed(_plain(status)).strip() in DRILL_WORDS:
        return True
    heads = (form.lstrip(_HEAD) for form in _forms(subject))
    if any(_AT_HEAD.match(head) for head in heads):
        return True
    return any(
        _BRACKETED.search(form) is not None or any(phrase in _squeezed(form) for phrase in _PHRASES)
        for form in _forms(words)
    )


def mentions(words: str) -> bool:
    """Whether a word of a drill or test stands anywhere, in any disguise."""
    return any(_MENTIONED.search(form) is not None for form in _forms(words))


def is_real_status(status: str) -> bool:
    """Whether a telegram's status is one of those that are known as real."""
    return _plain(status).strip() in REAL_STATUSES


def strings(value: Json) -> list[str]:
    """Every text in a message as LINE takes it, however deep."""
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    return [text for each in inner for text in strings(each)]


def _forms(text: str) -> tuple[str, ...]:
    """As it stands, and without HTML's tags."""
    plain = _plain(text)
    bare = _TAG.sub("", plain)
    return (plain,) if bare == plain else (plain, bare)


def _plain(text: str) -> str:
    """One spelling of what looks the same: entities, width, case, look-alikes, and no signs that nobody sees."""
    folded = unicodedata.normalize("NFKC", html.unescape(text)).casefold().translate(_LOOKALIKES)
    return "".join(
        each
        for each in folded
        if each not in _FILLERS and unicodedata.category(each) not in ("Cf", "Mn", "Me")
    )


def _squeezed(text: str) -> str:
    """Without blanks and signs inside 訓 練 that hide a mark."""
    return re.sub(r"(?<=[^\x00-\x7f])[\s\u30fb*_./-]+(?=[^\x00-\x7f])", "", text)


def _spelled(word: str) -> str:
    """A word as it may be drawn out; one in katakana or Latin is not looked for inside a longer one (コンテスト, latest)."""
    if word.isascii():
        return rf"(?<![a-z])(?:{word}|{_WIDE_GAP.join(word)})(?![a-z])"
    longer = r"(?<![\u30a1-\u30fa\u30fc])" if "\u30a1" <= word[0] <= "\u30fa" else ""
    return longer + _GAP.join(word)


_PHRASES: Final = tuple(_squeezed(_plain(phrase)) for phrase in DRILL_PHRASES)
_WORD: Final = f"(?:{'|'.join(_spelled(word) for word in DRILL_WORDS)})"
_MENTIONED: Final = re.compile(_WORD)
_AT_HEAD: Final = re.compile(rf"{_WORD}(?:$|[\W_]|{_AFTER})")
_BRACKETED: Final = re.compile(
    rf"[【\[(<「『〔](?:{_BEFORE}|{_WORD}|[^\w】\])>」』〕]){{0,9}}{_WORD}(?:{_AFTER}|[^\w】\])>」』〕]|\d){{0,9}}[】\])>」』〕]"
)
