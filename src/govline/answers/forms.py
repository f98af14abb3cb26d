"""The forms in which words are compared: kana, width, long marks and brackets that people write differently."""

import re
from typing import Final

from govline.core.text import fold_kana, normalize

__all__ = ["base_name", "fold", "has_kanji", "is_kana", "parts", "qualifier"]

_NOISE: Final = re.compile(r"[\W_]+")
_SOUNDS: Final = str.maketrans({"ゔ": "ぶ", "ぢ": "じ", "づ": "ず", "を": "お", "々": ""})
_KANJI: Final = re.compile(r"[\u3005\u3400-\u9fff\uf900-\ufaff]")
_KANA: Final = re.compile(r"[ぁ-ゖァ-ヺーゝゞヽヾ]+")
_OPEN: Final = "(\\[{〔【「『<《〈"
_CLOSE: Final = ")\\]}〕】」』>》〉"
_BRACKET: Final = re.compile(f"[{_OPEN}]([^{_CLOSE}]*)[{_CLOSE}]?")
_FIRST_BRACKET: Final = re.compile(f"[{_OPEN}]")
_SEPARATORS: Final = re.compile(r"[・/、,，]|または|及び|および")


def fold(text: str, *, drop_long: bool = True) -> str:
    """The form in which words are equal that sound or look alike: ペットボトル, ﾍﾟｯﾄﾎﾞﾄﾙ, ぺっとぼとる.

    Kana become large hiragana without long marks; ゔ ぢ づ を take their commoner spelling; case, blanks and signs go.

    Args:
        text: As it was typed.
        drop_long: Drop ー, which people leave out and put in.
    """
    return _NOISE.sub("", fold_kana(text, large=True, drop_long=drop_long).casefold().translate(_SOUNDS))


def base_name(name: str) -> str:
    """The name before its first bracket: ハンガー(木製) is a ハンガー; the whole name where nothing stands before it."""
    plain = normalize(name)
    return _FIRST_BRACKET.split(plain, maxsplit=1)[0].strip() or plain


def qualifier(name: str) -> str:
    """What the brackets say: 木製 of ハンガー(木製)."""
    return "・".join(text.strip() for text in _BRACKET.findall(normalize(name)) if text.strip())


def parts(name: str) -> list[str]:
    """The things that one row names together: 皿・茶碗. Nothing where it names one."""
    found = [part.strip() for part in _SEPARATORS.split(name)]
    return [part for part in found if part] if len(found) > 1 else []


def has_kanji(text: str) -> bool:
    """Whether the text holds a kanji."""
    return bool(_KANJI.search(text))


def is_kana(text: str) -> bool:
    """Whether the text is kana alone."""
    return bool(_KANA.fullmatch(text))
