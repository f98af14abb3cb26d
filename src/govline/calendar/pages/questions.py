"""The policy's questions as fields of a form, and which answers stop."""

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import evolve

from govline.calendar.conditions import answer_reasons
from govline.calendar.terms import Question
from govline.core import Reason
from govline.core.pages import PageField

__all__ = ["question_fields", "stops"]


def question_fields(questions: Sequence[Question]) -> list[PageField]:
    """One choice each: `q0`, `q1` …"""
    return [
        PageField(
            f"q{number}",
            question.text,
            "choice",
            required=True,
            choices={each: each for each in question.choices},
        )
        for number, question in enumerate(questions)
    ]


def stops(questions: Sequence[Question], values: Mapping[str, Any]) -> list[Reason]:
    """Every answer that stops the booking, beside its field."""
    answers = {each.text: str(values.get(f"q{number}") or "") for number, each in enumerate(questions)}
    fields = {each.text: f"q{number}" for number, each in enumerate(questions)}
    return [
        evolve(reason, help={**reason.help, "field": fields[str(reason.help["question"])]})
        for reason in answer_reasons(questions, answers)
    ]
