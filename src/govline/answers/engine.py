"""The search: candidates of the sentence, exact words, then pairs of characters re-ranked by edits; or an honest refusal."""

from collections.abc import Iterable
from typing import Final

from attrs import frozen

from govline.answers.forms import fold, has_kanji, is_kana
from govline.answers.index import Index, Key
from govline.answers.model import ANSWERED, Found, Item, Result
from govline.answers.narrowing import narrow
from govline.answers.phrases import candidates
from govline.answers.questions import covers, subjects
from govline.answers.similarity import edits, ratio
from govline.core.text import normalize

__all__ = ["search"]

_NEAR: Final = 40
_FUZZY_WORDS: Final = 3
_SPEECH: Final = 0.999
_LONG: Final = 0.9995
_LONGEST: Final = 60
_SHORT_COMPOUND: Final = 4
_SHORT_WORD: Final = 8
_SLIPPING: Final = 5
_RECOGNISED: Final = 0.9
_SURE: Final = 0.95
_SAME_THING: Final = frozenset("機器類品物具灯庫計剤")


@frozen
class _Said:
    """One form of what was said.

    Args:
        text: Folded; `long` with its long marks.
        voiced: Whether it is a generated reading. `kanji`: whether kanji were typed.
        known: Whether it is a word of the dictionary, so that it is no slip of another; asked of short ones only, and None
            where nobody can tell.
    """

    text: str
    long: str
    voiced: bool
    kanji: bool
    known: bool | None = None


def search(items: Index | Iterable[Item], query: str, *, limit: int = 10, label: str = "") -> Result:
    """Find what a citizen asks about.

    Args:
        items: An index, or items that are indexed for this one search without generated readings.
        query: A word or a sentence, as typed.
        limit: At most so many results.
        label: Only items of this sorting class; all where omitted.

    Returns:
        Results best first. `answered` says whether the first is an answer; a word that is not in the list is not answered.
    """
    index = items if isinstance(items, Index) else Index.build(items)
    words = [word[:_LONGEST] for word in _asked(index, query)]
    scores: dict[int, float] = {}
    word = _exact(index, words, scores)
    near = {other: _fuzzy(index, other, scores) for other in ([word] if word else words[:_FUZZY_WORDS])}
    _recognise(index, query, scores)
    best = sorted(scores.items(), key=lambda entry: (-entry[1], entry[0]))
    results = [
        Found(index.items[place], score) for place, score in best if label in ("", index.items[place].label)
    ]
    answered = bool(results) and results[0].score >= ANSWERED
    return Result(
        query=query,
        word=word or (max(near, key=near.__getitem__) if answered else next(iter(words), "")),
        answered=answered,
        results=results[:limit],
        narrowing=narrow(results) if answered else None,
    )


def _asked(index: Index, query: str) -> list[str]:
    """What may be asked about; a single word in kana is no sentence, though ありがとう holds a が."""
    plain = normalize(query)
    if len(plain) <= _SHORT_WORD and is_kana(plain) and index.reader.knows(plain):
        return [plain]
    return candidates(query)


def _exact(index: Index, words: list[str], scores: dict[int, float]) -> str:
    """The longest candidate that is a key to the letter, in spelling before in reading; "" where none is."""
    longest = sorted(words, key=len, reverse=True)
    for forms in (_written, _voiced):
        for word in longest:
            found = [
                (said, number) for said in forms(index, word) for number in index.exact.get(said.text, ())
            ]
            for said, number in found:
                key = index.keys[number]
                same = 1.0 if said.long == key.long else _LONG
                _keep(scores, key.item, same * key.weight * (_SPEECH if said.voiced or key.spoken else 1.0))
            if found:
                return word
    return ""


def _written(index: Index, word: str) -> list[_Said]:
    text = fold(word)
    known = index.reader.knows(word) if len(text) <= _SHORT_WORD else None
    said = _Said(text, fold(word, drop_long=False), voiced=False, kanji=has_kanji(word), known=known)
    return [said] if text else []


def _voiced(index: Index, word: str) -> list[_Said]:
    """The word as it is read aloud, where it holds a kanji."""
    if not has_kanji(word):
        return []
    spoken = [
        _Said(fold(sound), fold(sound, drop_long=False), voiced=True, kanji=True)
        for sound in index.reader.read(word)
    ]
    return [said for said in spoken if said.text]


def _fuzzy(index: Index, word: str, scores: dict[int, float]) -> float:
    """Score the keys that look or sound like the word; the best score."""
    best = 0.0
    for said in (*_written(index, word), *_voiced(index, word)[:1]):
        for key, dice in index.near(said.text, _NEAR):
            if said.text != key.text and not (key.borrowed and len(key.text) < _SLIPPING):
                score = _score(said, key, dice)
                best = max(best, score)
                _keep(scores, key.item, score)
    return best


def _recognise(index: Index, query: str, scores: dict[int, float]) -> None:
    """Questions are asked in other words than they are listed: one that is about all that was asked is an answer, and no other."""
    open_ones = [n for n, score in scores.items() if score < _SURE and index.items[n].kind != "item"]
    asked = subjects(query) if open_ones else []
    for place in open_ones if asked else ():
        item, score = index.items[place], scores[place]
        if not any(covers(fold(text), asked) for text in (item.name, *item.aliases)):
            scores[place] = min(score, ANSWERED * score)
        elif score < ANSWERED:
            scores[place] = ANSWERED + (_RECOGNISED - ANSWERED) * score / ANSWERED


def _keep(scores: dict[int, float], item: int, score: float) -> None:
    if score > scores.get(item, 0.0):
        scores[item] = score


def _score(said: _Said, key: Key, dice: float) -> float:
    """How well a key fits: from `ANSWERED` on where the difference is one that people make, below it where not."""
    alike = 0.8 * ratio(said.text, key.text) + 0.15 * dice
    if _slip(said, key):
        return key.weight * (
            ANSWERED + (0.97 - ANSWERED) * min(1.0, alike + _likelihood(said.long, key.long))
        )
    if not key.borrowed and _one_inside(said, key):
        return key.weight * (ANSWERED + (0.9 - ANSWERED) * alike)
    return key.weight * ANSWERED * 0.98 * alike


def _likelihood(said: str, meant: str) -> float:
    """Swapped and lost letters are likelier slips than foreign ones, and the first letter is seldom wrong."""
    swapped = len(said) == len(meant) and sorted(said) == sorted(meant)
    lost = len(said) < len(meant)
    return 0.2 * swapped + 0.1 * lost + 0.04 * (said[0] == meant[0])


def _slip(said: _Said, key: Key) -> bool:
    """Whether the two differ by so few edits that one is the other mistyped; short words allow none."""
    if not said.kanji and not key.spoken and has_kanji(key.text):
        return False  # テレビ is no mistyped テレビ台
    if said.kanji and not said.voiced and key.text[:-1] == said.text and len(said.text) > 1:
        return key.text[-1] in _SAME_THING or said.known is False
    allowed = _allowed(said, key)
    return (
        allowed > 0
        and edits(said.long, key.long, allowed) <= allowed
        and not _other_kanji(said, key)
        and not _other_word(said, key)
    )


def _allowed(said: _Said, key: Key) -> int:
    shorter = min(len(said.long), len(key.long))
    if said.voiced:
        return 1 if shorter >= 7 else 0  # kanji that merely sound alike are other words
    if shorter == 2:
        return int(said.known is False and len(key.long) == 3)  # a letter was lost: no word is left
    return 0 if shorter < 3 else 1 + (shorter >= 8) + (shorter >= 12)


def _other_word(said: _Said, key: Key) -> bool:
    """Whether a short word in kana is one of its own: サッカー is no mistyped ロッカー. Who slips seldom slips at the first letter."""
    return (
        said.known is True
        and not said.kanji
        and len(said.text) <= _SHORT_COMPOUND
        and said.long[0] != key.long[0]
    )


def _other_kanji(said: _Said, key: Key) -> bool:
    """Whether a kanji stands for another in a short word: 冷蔵庫 is no mistyped 冷凍庫. 泡だて犬, which is no word, is a 泡だて器."""
    if (
        said.voiced
        or said.known is False
        or len(said.text) != len(key.text)
        or len(said.text) > _SHORT_COMPOUND
    ):
        return False
    changed = [(one, other) for one, other in zip(said.text, key.text, strict=True) if one != other]
    return len(changed) == 1 and all(map(has_kanji, changed[0]))


def _one_inside(said: _Said, key: Key) -> bool:
    """Whether one is the head of the other: 針金ハンガー is a ハンガー; the head of a Japanese compound stands last."""
    if said.kanji and said.voiced != key.spoken:
        return False
    forms = (said.text, said.long), (key.text, key.long)
    (short, written), (long, _) = forms if len(said.text) < len(key.text) else forms[::-1]
    return long.endswith(short) and (_telling(written) or _stands_apart(short, long))


def _telling(text: str) -> bool:
    return len(text) >= (2 if has_kanji(text) else 4) and not any(map(str.isdigit, text))


def _stands_apart(short: str, long: str) -> bool:
    """Whether kana begin a word of their own behind a kanji: 薬びん is a びん, やかん is no かん."""
    return (
        len(short) > 1 and has_kanji(long[-len(short) - 1]) and not has_kanji(short) and not short.isascii()
    )
