"""Japanese text as people type it: normal form, kana folding, and lengths as LINE counts them."""

import re
import unicodedata
from typing import Final

__all__ = ["clip", "fold_kana", "normalize", "utf16_len"]

_INVISIBLE: Final = re.compile(
    "[\u00ad\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
)
_DETACHED_MARKS: Final = str.maketrans({"゛": "\u3099", "゜": "\u309a"})
_SPACES: Final = re.compile(r"\s+")
_SPACES_IN_LINE: Final = re.compile(r"[^\S\n]+")
_BLANKS_AROUND_BREAK: Final = re.compile(r" ?\n ?")
_HIRAGANA: Final = {code: code - 0x60 for code in (*range(0x30A1, 0x30F7), 0x30FD, 0x30FE)}
_LARGE: Final = str.maketrans("ぁぃぅぇぉっゃゅょゎゕゖ", "あいうえおつやゆよわかけ")
_ZWJ: Final = "\u200d"


def utf16_len(text: str) -> int:
    """Length in UTF-16 code units, the unit of LINE's limits: 🍎 counts as 2."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def clip(text: str, limit: int, end: str = "") -> str:
    """The longest beginning of at most `limit` UTF-16 code units that splits no character as a reader sees it.

    Args:
        text: Any text.
        limit: Of the result, `end` included, in UTF-16 code units.
        end: Put behind a text that had to be cut, such as `…`.

    Returns:
        `text` itself where it fits. Accents, 濁点, variation selectors, joined emoji and flags stay whole.
    """
    if utf16_len(text) <= limit:
        return text
    room = limit - utf16_len(end)
    if room < 0:
        return ""
    cut = _fitting(text, room)
    while cut > 0 and _joined(text, cut):
        cut -= 1
    return text[:cut] + end


def normalize(text: str, *, keep_lines: bool = False) -> str:
    """Bring text to the form in which it is compared: NFKC, no invisible characters, single spaces, no outer spaces.

    Half-width kana, full-width letters and digits, ㍻ and ① become their plain forms; a detached 濁点 (か゛) joins its kana.

    Args:
        text: As it was typed.
        keep_lines: Keep line breaks (of every kind, as `\\n`).
    """
    plain = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text).translate(_DETACHED_MARKS))
    if not keep_lines:
        return _SPACES.sub(" ", plain).strip()
    lines = _SPACES_IN_LINE.sub(" ", "\n".join(plain.splitlines()))
    return _BLANKS_AROUND_BREAK.sub("\n", lines).strip()


def fold_kana(text: str, *, large: bool = False, drop_long: bool = False) -> str:
    """Normalise and write all kana as hiragana, so that ペット, ﾍﾟｯﾄ and ぺっと are equal.

    Small kana and the long mark ー distinguish words (びょういん, びよういん), so both stay unless asked otherwise.

    Args:
        text: As it was typed.
        large: Also enlarge small kana (っ to つ), for tolerant search.
        drop_long: Also drop ー, for tolerant search.
    """
    folded = normalize(text).translate(_HIRAGANA)
    if large:
        folded = folded.translate(_LARGE)
    return folded.replace("ー", "") if drop_long else folded


def _fitting(text: str, room: int) -> int:
    used = 0
    for index, char in enumerate(text):
        used += 2 if char > "\uffff" else 1
        if used > room:
            return index
    return len(text)


def _joined(text: str, cut: int) -> bool:
    before, after = text[cut - 1], text[cut] if cut < len(text) else ""
    if not after:
        return False
    if _extends(after) or before == _ZWJ or (before == "\r" and after == "\n"):
        return True
    return _is_flag_half(before) and _is_flag_half(after) and _flag_halves_before(text, cut) % 2 == 1


def _extends(char: str) -> bool:
    return (
        unicodedata.category(char) in {"Mn", "Mc", "Me"}
        or char in {_ZWJ, "\u200c", "\uff9e", "\uff9f"}
        or "\U0001f3fb" <= char <= "\U0001f3ff"
        or "\U000e0020" <= char <= "\U000e007f"
    )


def _is_flag_half(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _flag_halves_before(text: str, cut: int) -> int:
    start = cut
    while start > 0 and _is_flag_half(text[start - 1]):
        start -= 1
    return cut - start
