"""What a scenario may do with topics: a citizen opts out of one, or in again."""

from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from govline.core import Action, ActionResult, Finished, TalkContext, Transaction
from govline.delivery.bound import Delivery

__all__ = ["actions"]


def actions(delivery: Delivery) -> tuple[Action, ...]:
    """`delivery.opt_out` and `delivery.opt_in` (topic); outcome `changed`, or `unchanged` where it was so already."""

    class TopicArgs(BaseModel):
        model_config = ConfigDict(extra="forbid", frozen=True)
        topic: Annotated[str, AfterValidator(_declared(delivery))]

    def opt_out(tx: Transaction, context: TalkContext, args: TopicArgs) -> ActionResult:
        source = f"scenario:{context.scenario}" if context.scenario else "scenario"
        return _finished(changed=delivery.opt_out(tx, context.citizen, args.topic, source=source))

    def opt_in(tx: Transaction, context: TalkContext, args: TopicArgs) -> ActionResult:
        return _finished(changed=delivery.opt_in(tx, context.citizen, args.topic))

    outcomes = frozenset({"changed", "unchanged"})
    return (
        Action("delivery.opt_out", TopicArgs, outcomes, opt_out),
        Action("delivery.opt_in", TopicArgs, outcomes, opt_in),
    )


def _finished(*, changed: bool) -> Finished:
    return Finished("changed" if changed else "unchanged")


def _declared(delivery: Delivery) -> Callable[[str], str]:
    def check(topic: str) -> str:
        if topic not in delivery.setup.rules.topics:
            raise ValueError("no such topic is declared under features.delivery.topics")
        return topic

    return check
