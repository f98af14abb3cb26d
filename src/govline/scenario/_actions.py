"""The City's actions as the engine calls them: arguments checked, one transaction for all of them."""

from collections.abc import Mapping

from pydantic import ValidationError

from govline.core import Action, ActionResult, Finished, Json, Transaction
from govline.errors import DefinitionError
from govline.scenario._results import recorded
from govline.scenario.engine import Call, Perform

__all__ = ["bound"]


def bound(actions: Mapping[str, Action], tx: Transaction) -> Perform:
    """Carries calls out with these actions inside `tx`; what an action raises fails the whole unit."""

    def carry_out(call: Call) -> dict[str, Json]:
        action = actions.get(call.name)
        if action is None:
            raise DefinitionError(
                f"there is no action {call.name!r}",
                code="GL-4103",
                hint="load the feature that offers it",
                place={"step": call.context.step},
            )
        return recorded(_result(action, tx, call), call.name)

    return carry_out


def _result(action: Action, tx: Transaction, call: Call) -> ActionResult:
    if call.answer is None:
        return action.run(tx, call.context, _arguments(action, call))
    if action.resume is not None:
        return action.resume(tx, call.context, call.state, call.answer)
    if call.answer.kind == "event":
        return Finished("ok", dict(call.answer.params))
    if call.answer.kind == "timeout":
        return Finished("timeout")
    raise DefinitionError(
        f"the action {action.name} asks but cannot take an answer",
        code="GL-4108",
        hint="give the Action a `resume`",
        place={"step": call.context.step},
    )


def _arguments(action: Action, call: Call) -> object:
    try:
        return action.args.model_validate(call.args)
    except ValidationError as error:
        told = "; ".join(
            f"{'.'.join(map(str, item['loc']))}: {item['type']}"
            for item in error.errors(include_url=False, include_context=False, include_input=False)
        )
        raise DefinitionError(
            f"the arguments of {action.name} do not fit: {told}",
            code="GL-4107",
            hint="see the step's `with:`",
            place={"scenario": call.context.scenario, "step": call.context.step},
        ) from None
