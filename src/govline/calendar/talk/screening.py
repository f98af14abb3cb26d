"""Questions before a booking, in a talk: one after another; an answer that stops ends it there. No answer is kept."""

from attrs import frozen

from govline.calendar.model import Programme
from govline.core import ActionResult, Ask, Finished, Input, Json
from govline.core.messages import Postback, QuickReply, Text
from govline.core.text import clip, normalize
from govline.core.texts import Texts

__all__ = ["Screened", "ask_question", "hear_answer"]

_ANSWER = "calendar:answer"
_LABEL = 20


@frozen
class Screened:
    """Every question was answered, and nothing stops the booking."""


def ask_question(
    programme: Programme, state: dict[str, Json], number: int, texts: Texts, *, puzzled: bool = False
) -> Ask:
    """The question of this number.

    Args:
        state: What comes back with the answer, beside the question's number.
        puzzled: Whether the last answer was none of the choices.
    """
    question = programme.policy.questions[number]
    quick = [
        QuickReply(Postback(clip(choice, _LABEL, "…"), f"{_ANSWER}:{number}:{at}", choice))
        for at, choice in enumerate(question.choices)
    ]
    lead = f"{texts.get('calendar.choose_answer')}\n" if puzzled else ""
    return Ask([Text(f"{lead}{question.text}", quick=quick)], {**state, "question": number}, heard="")


def hear_answer(programme: Programme, state: Json, said: Input, texts: Texts) -> ActionResult | Screened:
    """What follows from the answer: the next question, the stop with its words, or that all is well.

    A question that staff took away meanwhile is passed over.
    """
    number = int(state["question"])
    rest = {key: value for key, value in state.items() if key != "question"}
    if number >= len(programme.policy.questions):
        return Screened()
    question = programme.policy.questions[number]
    words = normalize(said.text)
    meant = [
        choice
        for at, choice in enumerate(question.choices)
        if (said.kind == "postback" and said.data == f"{_ANSWER}:{number}:{at}")
        or (said.kind == "text" and words == normalize(choice))
    ]
    if not meant:
        return ask_question(programme, rest, number, texts, puzzled=True)
    if meant[0] in question.stops:
        told = question.told or texts.get("calendar.stopped")
        return Finished("stopped", messages=[Text(told)], heard="")
    if number + 1 < len(programme.policy.questions):
        return ask_question(programme, rest, number + 1, texts)
    return Screened()
