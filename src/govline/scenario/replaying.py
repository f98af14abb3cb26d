"""A talk computed anew from its recorded turns: for transcripts, disputes and repair. No action is called."""

from collections.abc import Iterable, Iterator

from govline.core.talk import TalkContext
from govline.core.values import Json
from govline.errors import InputError
from govline.scenario.definition import Definition
from govline.scenario.engine import Call, Perform, run_turn
from govline.scenario.model import Session, Turn

__all__ = ["replay"]


def replay(definition: Definition, turns: Iterable[Turn], *, new_id: str = "") -> Session | None:
    """The session after these turns, of one talk and in their order; None when it is over or had none.

    Raises:
        InputError: GL-4106 when a turn does not hold the results that its actions gave.
    """
    session: Session | None = None
    for turn in turns:
        context = TalkContext(citizen="", now=turn.at, key=turn.input.key)
        recall = _recall(iter(turn.results))
        session = run_turn(definition.compiled, session, turn.input, context, recall, new_id=new_id).session
    return session


def _recall(results: Iterator[Json]) -> Perform:
    def recall(call: Call) -> dict[str, Json]:
        found: dict[str, Json] | None = next(results, None)
        if found is None:
            raise InputError(
                f"the turn holds no result of {call.name}", code="GL-4106", place={"step": call.context.step}
            )
        return found

    return recall
