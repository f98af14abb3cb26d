"""A result as a citizen reads it: the answer, or the question that narrows it down. Pure."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from govline.answers.model import Found, Item, Narrowing, Result
from govline.core.jst import to_jst
from govline.core.messages import QuickReply, Say, Text
from govline.core.text import clip

if TYPE_CHECKING:
    from govline.answers.feeds import Board

__all__ = ["Words", "answer_of", "board_of", "question_of"]

Words = Callable[..., str]
"""`Texts.get` with the locale filled in."""

_LONGEST: Final = 4800
_NEWS: Final = 3500
_SURE: Final = 0.95
_SENT: Final = 300
_LABEL: Final = 20


def answer_of(result: Result, words: Words, offers: Mapping[str, str] = MappingProxyType({})) -> Text:
    """The first result: its class, what to heed, what it costs, where to read more, and what its class offers.

    A name that was merely near to what was typed is said as a question first, so that a slip cannot mislead.
    """
    best = result.results[0]
    more = offers.get(best.label, "")
    quick = [QuickReply(Say(clip(more, _LABEL, "…"), more))] if more else []
    return Text(
        clip("\n".join([*_doubt(best, words), *_lines(best.item, words)]), _LONGEST, "…"), quick=quick
    )


def board_of(item: Item, board: "Board", now: datetime, words: Words) -> Text:
    """The newest lines of a feed with the time that they are of; whether they are old; where to read more."""
    more = [words("answers.more", link=item.link)] if item.link else []
    if board.as_of is None:
        return Text("\n".join([words("answers.feed_none", name=item.name), *more]))
    at = to_jst(board.as_of)
    key = "answers.feed_time" if at.date() == to_jst(now).date() else "answers.feed_day"
    time = words(key, month=at.month, day=at.day, hour=at.hour, minute=f"{at.minute:02}")
    lines = [f"・{line}" for line in board.lines] or [words("answers.feed_empty")]
    old = [words("answers.feed_stale")] if board.stale else []
    news = clip("\n".join([words("answers.feed", name=item.name, time=time), *lines]), _NEWS, "…")
    return Text("\n".join([news, *old, *more]))


def question_of(result: Result, narrowing: Narrowing, words: Words) -> Text:
    """The narrowing question; each choice sends words that find exactly what it names."""
    lead = words("answers.which", word=clip(result.word, 40, "…"), count=narrowing.count)
    quick = [
        QuickReply(Say(choice.label, clip(_sent(result, narrowing, n), _SENT)))
        for n, choice in enumerate(narrowing.choices)
    ]
    lines = [f"・{choice.label}" for choice in narrowing.choices]
    return Text("\n".join([lead, *lines]), quick=quick)


def _sent(result: Result, narrowing: Narrowing, number: int) -> str:
    choice = narrowing.choices[number]
    return choice.names[0] if narrowing.by == "word" else f"{result.word} {choice.label}"


def _doubt(best: Found, words: Words) -> list[str]:
    return [] if best.score >= _SURE else [words("answers.perhaps", name=best.name)]


def _lines(item: Item, words: Words) -> list[str]:
    lines = [words(f"answers.{item.kind}", name=item.name, label=item.label)]
    lines += [item.note] if item.note else []
    lines += [words("answers.fee", fee=item.fee)] if item.fee else []
    if item.link:
        lines.append(item.link if item.kind == "link" else words("answers.more", link=item.link))
    return lines
