"""Who answers free text, and what a scenario may do with the search."""

from collections.abc import Sequence
from typing import Final

from attrs import frozen
from pydantic import BaseModel, ConfigDict, Field

from govline.answers.model import Result
from govline.answers.replies import Words, answer_of, board_of, question_of
from govline.answers.service import Answers
from govline.core import (
    Action,
    ActionResult,
    Ask,
    Finished,
    Input,
    Json,
    Message,
    Responder,
    TalkContext,
    Transaction,
)
from govline.core.messages import Text
from govline.core.text import clip, normalize

__all__ = ["AnswersTalk"]

_LONGEST: Final = 100


class SearchArgs(BaseModel):
    """What a step may say.

    Args:
        words: What the citizen already said; asked for where omitted.
        ask: The question, in place of the built-in one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    words: str = Field(default="", max_length=300)
    ask: str = Field(default="", max_length=1000)


@frozen
class AnswersTalk:
    """The talking side of one town's answers."""

    answers: Answers

    def action(self) -> Action:
        """`answers.search`: asks, narrows, answers; the value is the item's name and label."""
        return Action("answers.search", SearchArgs, {"ok", "none"}, self.search, resume=self.said)

    def responder(self) -> Responder:
        """Any free text is looked up when nobody ranked before has an answer."""
        return Responder("answers", "search", self.respond)

    # --- free text ---

    def respond(self, tx: Transaction, context: TalkContext, said: Input) -> Sequence[Message] | None:
        """An answer or a narrowing question; None, and the word is counted, where there is neither."""
        if said.kind != "text" or not said.text.strip() or len(said.text) > _LONGEST:
            return None
        result = self._find(tx, said.text)
        if not result.answered:
            self.answers.log(tx, result)
            return None
        return [self._message(tx, result, context)]

    # --- in a scenario ---

    def search(self, tx: Transaction, context: TalkContext, args: SearchArgs) -> ActionResult:
        """Answer the words at hand, or ask for some."""
        if args.words.strip():
            return self._answer(tx, context, args.words)
        return Ask([Text(args.ask or self._words(context)("answers.ask"))], {})

    def said(self, tx: Transaction, context: TalkContext, state: Json, said: Input) -> ActionResult:  # noqa: ARG002
        """The typed word, or the tapped choice, is looked up."""
        return self._answer(tx, context, said.text or said.data)

    def _answer(self, tx: Transaction, context: TalkContext, text: str) -> ActionResult:
        result = self._find(tx, text[:_LONGEST])
        if not result.answered:
            self.answers.log(tx, result)
            word = clip(result.word or normalize(text), 40, "…")
            return Finished("none", {"word": word}, [Text(self._words(context)("answers.none", word=word))])
        message = self._message(tx, result, context)
        if result.narrowing:
            return Ask([message], {})
        best = result.results[0]
        return Finished("ok", {"name": best.name, "label": best.label}, [message])

    # --- both ---

    def _find(self, tx: Transaction, text: str) -> Result:
        """「ハンガー 燃やすごみ」, as a tapped class sends it, keeps that class."""
        index = self.answers.index(tx)
        plain = normalize(text)
        for label in index.labels:
            if plain.endswith(f" {label}"):
                narrowed = self.answers.search(tx, plain.removesuffix(label), label=label)
                if narrowed.answered:
                    return narrowed
        return self.answers.search(tx, text)

    def _message(self, tx: Transaction, result: Result, context: TalkContext) -> Text:
        words = self._words(context)
        first = result.results[0].item
        if first.kind == "feed" and not result.narrowing:
            return board_of(first, self.answers.feeds.board(tx, first.name), tx.now, words)
        return (
            question_of(result, result.narrowing, words)
            if result.narrowing
            else answer_of(result, words, self.answers.offers)
        )

    def _words(self, context: TalkContext) -> Words:
        def words(key: str, **values: object) -> str:
            return self.answers.texts.get(key, context.locale, **values)

        return words
