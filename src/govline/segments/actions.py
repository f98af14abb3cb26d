"""What a scenario may do with attributes: set one, or ask for one with quick replies. PERSONAL ones are refused."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict

from govline.core import Action, ActionResult, Ask, Finished, Input, Json, TalkContext, Transaction
from govline.core.messages import Text, choices
from govline.core.text import normalize
from govline.errors import IndividualNumberRefused, InputError
from govline.segments.attributes import AttributeDef
from govline.segments.service import Segments

__all__ = ["actions"]

_PER_PAGE: Final = 12
_MORE: Final = "ほかを見る"
_SOURCE: Final = "scenario"


def actions(segments: Segments) -> tuple[Action, ...]:
    """`segments.set` (attribute, value) and `segments.choose` (attribute, prompt) over the town's attributes."""
    return (_set_action(segments), _choose_action(segments))


def _set_action(segments: Segments) -> Action:
    class SetArgs(BaseModel):
        model_config = ConfigDict(extra="forbid", frozen=True)
        attribute: Annotated[str, AfterValidator(_chat_only(segments))]
        value: Any = None

    def run(tx: Transaction, context: TalkContext, args: SetArgs) -> ActionResult:
        try:
            segments.set(tx, context.citizen, args.attribute, args.value, source=_source(context))
        except IndividualNumberRefused:
            raise
        except InputError:
            return Finished("invalid")
        return Finished("ok", args.value)

    return Action("segments.set", SetArgs, frozenset({"ok", "invalid"}), run)


def _choose_action(segments: Segments) -> Action:
    class ChooseArgs(BaseModel):
        model_config = ConfigDict(extra="forbid", frozen=True)
        attribute: Annotated[str, AfterValidator(_choice_only(segments))]
        prompt: str = ""

    def run(tx: Transaction, context: TalkContext, args: ChooseArgs) -> ActionResult:  # noqa: ARG001 - the contract's signature
        return _ask(segments.attributes[args.attribute], args.prompt, 0)

    def resume(tx: Transaction, context: TalkContext, state: Json, given: Input) -> ActionResult:
        definition, page = segments.attributes[state["attribute"]], int(state["page"])
        said = normalize(given.text)
        if said == _MORE:
            return _ask(definition, state["prompt"], page + 1)
        value = _chosen(definition, said)
        if value is None:
            return _ask(definition, state["prompt"], page)
        segments.set(tx, context.citizen, definition.name, value, source=_source(context))
        return Finished("ok", value)

    return Action("segments.choose", ChooseArgs, frozenset({"ok"}), run, resume=resume)


def _ask(definition: AttributeDef, prompt: str, page: int) -> Ask:
    labels = _page(list(definition.choices.values()), page)
    question = prompt or f"{definition.label or definition.name}をお選びください"
    state = {"attribute": definition.name, "prompt": prompt, "page": page}
    return Ask((Text(question, choices(labels)),), state)


def _page(labels: Sequence[str], page: int) -> Sequence[str]:
    """LINE shows at most 13 quick replies: 12 choices and the way to the next ones, round and round."""
    if len(labels) <= _PER_PAGE + 1:
        return labels
    start = page * _PER_PAGE % (-(-len(labels) // _PER_PAGE) * _PER_PAGE)
    return [*labels[start : start + _PER_PAGE], _MORE]


def _chosen(definition: AttributeDef, said: str) -> str | None:
    known = {normalize(label): value for value, label in definition.choices.items()}
    return known.get(said, said if said in definition.choices else None)


def _chat_only(segments: Segments) -> Callable[[str], str]:
    def check(name: str) -> str:
        definition = segments.attributes.get(name)
        if definition is None or name == "blocked":
            raise ValueError("no such attribute is declared")
        if not definition.data.chat:
            raise ValueError(f"an attribute of class {definition.data.value} is never registered in chat")
        return name

    return check


def _choice_only(segments: Segments) -> Callable[[str], str]:
    chat_only = _chat_only(segments)

    def check(name: str) -> str:
        if segments.attributes[chat_only(name)].type != "choice":
            raise ValueError("only a choice attribute can be chosen")
        return name

    return check


def _source(context: TalkContext) -> str:
    return f"{_SOURCE}:{context.scenario}" if context.scenario else _SOURCE
