"""One turn of a talk, pure: a definition, where the talk stands, what the citizen did; out come messages and the new stand.

Nothing is read or written, no clock is asked, nothing is random. Actions are handed in; their results are recorded in the turn.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from attrs import evolve, field, frozen

from govline.core.clock import from_micros
from govline.core.message_limits import LIMITS
from govline.core.talk import ActionResult, Input, TalkContext
from govline.core.text import utf16_len
from govline.core.values import Json
from govline.errors import DefinitionError, InputError
from govline.scenario._compile import (
    NEXT_PAGE,
    ActionNode,
    BranchNode,
    Compiled,
    EndNode,
    PassNode,
    Question,
)
from govline.scenario._render import CHOSEN, PICKED, PREFIX, TURNED, text_message
from govline.scenario._results import recorded
from govline.scenario._templates import expand
from govline.scenario.definition import Definition
from govline.scenario.model import Past, Pending, Session, Turn

__all__ = ["ActionRunner", "Call", "Perform", "perform", "run_turn", "step"]

_MOVES: Final = 100
_HISTORY: Final = 30
_NO_ACTIONS: Final[Mapping[str, "ActionRunner"]] = {}


@frozen
class Call:
    """An action called by a step: `answer` is None at first, later what the citizen did or the event that was awaited.

    `context.key` is unique to this call: hand it on as the idempotency key of what the action writes.
    """

    name: str
    args: Mapping[str, Json] = field(repr=False, hash=False)
    context: TalkContext = field(repr=False)
    state: Json = field(default=None, repr=False, hash=False)
    answer: Input | None = field(default=None, repr=False)


ActionRunner = Callable[[Call], ActionResult]
"""What carries an action out: `{"town.weather": lambda call: Finished("ok", {"label": "晴れ"})}`."""

Perform = Callable[[Call], dict[str, Json]]
"""Carries a call out, or recalls it, and gives the recorded form of its result."""


def step(
    definition: Definition,
    session: Session | None,
    given: Input,
    context: TalkContext,
    actions: Mapping[str, ActionRunner] = _NO_ACTIONS,
    *,
    new_id: str = "",
) -> Turn:
    """Take one turn.

    Args:
        definition: From `load` or `loads`.
        session: Where the talk stands; None starts it (then `given` only says what started it).
        given: What the citizen did.
        context: Who, and when (`now`, aware UTC).
        actions: What the steps `do:` call, by name.
        new_id: Id of a session that starts; the input's key where omitted.

    Returns:
        A turn with at most 5 plain LINE messages and the session to keep, None when the talk is over.

    Raises:
        DefinitionError: GL-4102 too many steps without input, GL-4103 an action or outcome that leads nowhere.
        InputError: GL-4101 the session belongs to another definition.
    """
    return run_turn(definition.compiled, session, given, context, perform(actions), new_id=new_id)


def perform(actions: Mapping[str, ActionRunner]) -> Perform:
    """Carries calls out by these actions."""

    def carry_out(call: Call) -> dict[str, Json]:
        runner = actions.get(call.name)
        if runner is None:
            raise DefinitionError(
                f"there is no action {call.name!r}",
                code="GL-4103",
                hint="hand it over in `actions`, or load the feature that offers it",
                place={"step": call.context.step},
            )
        return recorded(runner(call), call.name)

    return carry_out


def run_turn(
    compiled: Compiled,
    session: Session | None,
    given: Input,
    context: TalkContext,
    carry_out: Perform,
    *,
    new_id: str = "",
) -> Turn:
    """`step` over a compiled definition, with calls carried out or recalled by `carry_out`."""
    talk = _Talk(compiled, given, context, carry_out)
    return talk.begin(new_id or given.key) if session is None else talk.go_on(session)


class _Talk:
    """The working state of one turn; lives no longer than it."""

    __slots__ = (
        "carry_out",
        "compiled",
        "context",
        "given",
        "history",
        "id",
        "messages",
        "page",
        "pending",
        "results",
        "slots",
        "started",
        "step",
    )

    def __init__(self, compiled: Compiled, given: Input, context: TalkContext, carry_out: Perform) -> None:
        self.compiled = compiled
        self.given = given
        self.context = context
        self.carry_out = carry_out
        self.messages: list[dict[str, Json]] = []
        self.results: list[Json] = []
        self.slots: dict[str, Json] = {}
        self.history: tuple[Past, ...] = ()
        self.pending: Pending | None = None
        self.page = 0
        self.step = ""
        self.id = ""
        self.started = context.now

    def begin(self, new_id: str) -> Turn:
        self.id = new_id
        return self._run(self.compiled.start)

    def go_on(self, session: Session) -> Turn:
        node = self.compiled.nodes.get(session.step) if session.hash == self.compiled.hash else None
        if not isinstance(node, Question | ActionNode) or isinstance(node, ActionNode) != bool(
            session.pending
        ):
            raise InputError(
                "the session does not belong to this definition",
                code="GL-4101",
                hint="run it with the version it is pinned to, or start anew",
                place={"scenario": session.scenario, "version": session.version},
            )
        self.id, self.started, self.step = session.id, session.started, session.step
        self.slots, self.history, self.page = session.slots, session.history, session.page
        self.pending = session.pending
        if session.due is not None and self.context.now >= session.due:
            return self._finish("expired", self.compiled.texts.expired)
        if self.pending is not None:
            assert isinstance(node, ActionNode)
            return self._answer_action(node, self.pending)
        assert isinstance(node, Question)
        return self._answer_question(node)

    def _answer_question(self, node: Question) -> Turn:
        given = self.given
        if given.kind in {"event", "timeout"}:
            return self._wait(understood=False)
        if given.kind == "text":
            meaning = node.meaning(given.text)
            if type(meaning) is int:
                return self._choose(node, meaning)
            if meaning is not None:
                return self._obey(str(meaning))
        elif given.kind == "postback":
            if not given.data.startswith(node.tap_prefix):
                return self._again(node, stale=given.data.startswith(PREFIX))
            tapped = given.data[len(node.tap_prefix) :]
            if tapped != PICKED:
                return self._tapped(node, tapped)
        value = node.read(given, self.context.now)
        return self._again(node) if value is None else self._answered(node, node.next, value)

    def _tapped(self, node: Question, tapped: str) -> Turn:
        kind, number = tapped[:1], _number(tapped[1:])
        if kind == CHOSEN and number is not None and number < len(node.choices):
            return self._choose(node, number)
        if kind == TURNED and number is not None and number < node.prompt.pages:
            self.page = number
            return self._put(node)
        return self._again(node, stale=True)

    def _choose(self, node: Question, number: int) -> Turn:
        target, value = node.choices[number]
        return self._answered(node, target, value)

    def _answered(self, node: Question, target: str, value: Json) -> Turn:
        self._remember(self.slots)
        if node.save:
            self.slots = {**self.slots, node.save: value}
        return self._run(target)

    def _remember(self, slots: dict[str, Json]) -> None:
        self.history = (*self.history[1 - _HISTORY :], Past(self.step, slots, self.page))
        self.page = 0

    def _again(self, node: Question, *, stale: bool = False) -> Turn:
        if stale:
            self.messages.append(text_message(self.compiled.texts.stale))
            self.messages += node.prompt.render(self.slots, self.page)[-1:]
        else:
            self.messages += node.retry.render(self.slots, self.page)
        return self._wait(understood=False)

    def _put(self, node: Question) -> Turn:
        self.messages += node.prompt.render(self.slots, self.page)
        return self._wait()

    def _obey(self, command: str) -> Turn:
        texts = self.compiled.texts
        if command == "back":
            return self._back()
        if command == "restart":
            self.slots, self.history, self.pending, self.page = {}, (), None, 0
            return self._run(self.compiled.start)
        if command == "cancel":
            return self._finish("cancelled", texts.cancelled)
        if command == "staff":
            return self._to_staff()
        node = self.compiled.nodes[self.step]
        assert isinstance(node, Question)
        self.page = (self.page + (1 if command == NEXT_PAGE else -1)) % node.prompt.pages
        return self._put(node)

    def _to_staff(self) -> Turn:
        if self.compiled.staff is None:
            return self._finish("staff", self.compiled.texts.staff)
        if self.pending is None or not self.pending.event:
            self._remember(self.slots)
        self.pending = None
        return self._run(self.compiled.staff)

    def _back(self) -> Turn:
        if self.pending is not None and self.pending.answers:
            self.pending = None
            return self._run(self.step)
        if not self.history:
            self.messages.append(text_message(self.compiled.texts.no_way_back))
            node = self.compiled.nodes[self.step]
            return self._put(node) if isinstance(node, Question) else self._wait()
        past = self.history[-1]
        self.history, self.slots, self.page = self.history[:-1], past.slots, past.page
        self.pending = None
        return self._run(past.step)

    def _run(self, target: str) -> Turn:
        nodes = self.compiled.nodes
        for _ in range(_MOVES):
            node = nodes[target]
            self.step = target
            if type(node) is Question:
                return self._put(node)
            if type(node) is PassNode:
                self.messages += node.prompt.render(self.slots)
                target = node.next
            elif type(node) is BranchNode:
                target = node.choose(self.slots)
            elif type(node) is ActionNode:
                target = self._act(node, None)
                if not target:
                    return self._wait()
            else:
                assert isinstance(node, EndNode)
                self.messages += node.prompt.render(self.slots)
                return self._finish(node.outcome)
        raise DefinitionError(
            f"{_MOVES} steps ran without waiting for the citizen",
            code="GL-4102",
            hint="break the loop with a question",
            place={"scenario": self.compiled.scenario, "step": self.step},
        )

    def _answer_action(self, node: ActionNode, pending: Pending) -> Turn:
        given = self.given
        command = self.compiled.command(given.text) if given.kind == "text" else None
        if pending.event:
            if _awaited(given, pending, self.context):
                return self._resume(node, given)
            if command and command != "back":
                return self._obey(command)
            if given.kind not in {"event", "timeout"}:
                self.messages.append(text_message(self.compiled.texts.waiting))
            return self._wait(understood=False)
        if given.kind in {"event", "timeout"}:
            return self._wait(understood=False)
        if given.kind == "postback" and given.data.startswith(PREFIX):
            self.messages.append(text_message(self.compiled.texts.stale))
            return self._wait(understood=False)
        return self._obey(command) if command else self._resume(node, given)

    def _resume(self, node: ActionNode, given: Input) -> Turn:
        target = self._act(node, given)
        return self._run(target) if target else self._wait()

    def _act(self, node: ActionNode, answer: Input | None) -> str:
        """Call the action; the next step, or "" when it waits."""
        before, pending = self.slots, self.pending
        call = Call(
            node.name,
            expand(node.args, before),
            self._action_context(),
            pending.state if pending else None,
            answer,
        )
        result = self.carry_out(call)
        self.results.append(result)
        if answer is not None and answer.kind == "text" and "heard" in result:
            self.given = evolve(self.given, text=result["heard"])
        self.messages += result["messages"]
        answers = (pending.answers if pending else 0) + (answer is not None)
        if "ask" in result:
            self.pending = Pending(result["ask"], answers)
            return ""
        if "wait" in result:
            until = from_micros(result["until"]) if result["until"] is not None else None
            self.pending = Pending(result["state"], answers, result["wait"], until)
            return ""
        self.pending = None
        asked = pending is not None and not pending.event
        return self._action_finished(node, result, before if asked else None)

    def _action_finished(self, node: ActionNode, result: Json, asked_with: dict[str, Json] | None) -> str:
        if asked_with is not None:
            self._remember(asked_with)
        elif not node.reversible:
            self.history = ()
        if node.save and (result["value"] is not None or result["finished"] == "ok"):
            self.slots = {**self.slots, node.save: result["value"]}
        target = node.outcomes.get(result["finished"])
        if target is None:
            raise DefinitionError(
                f"the outcome {result['finished']!r} of {node.name} leads nowhere",
                code="GL-4103",
                hint="name a step for it; `next` is the way of the outcome `ok`",
                place={"scenario": self.compiled.scenario, "step": self.step},
            )
        return target

    def _action_context(self) -> TalkContext:
        context = self.context
        return TalkContext(
            citizen=context.citizen,
            now=context.now,
            key=f"{self.given.key or context.key}/{len(self.results)}",
            locale=context.locale,
            slots=self.slots,
            scenario=self.compiled.scenario,
            step=self.step,
        )

    def _wait(self, *, understood: bool = True) -> Turn:
        compiled = self.compiled
        session = Session(
            compiled.scenario,
            compiled.version,
            compiled.hash,
            self.step,
            self.started,
            self._due(),
            self.slots,
            self.history,
            self.pending,
            self.page,
            self.id,
        )
        return self._turn(session, "", understood)

    def _due(self) -> datetime | None:
        lifetime = self.compiled.lifetime
        if lifetime is None:
            return None
        now, pending = self.context.now, self.pending
        if pending is None or not pending.event:
            return now + lifetime
        # a wait is not the citizen's idleness: it lasts as long as the action said, without an end where it said none
        return None if pending.until is None else max(pending.until, now) + lifetime

    def _finish(self, outcome: str, text: str = "") -> Turn:
        if text:
            self.messages.append(text_message(text))
        return self._turn(None, outcome, understood=True)

    def _turn(self, session: Session | None, outcome: str, understood: bool) -> Turn:
        messages = self.messages if len(self.messages) <= LIMITS.messages else _fitting(self.messages)
        return Turn(
            tuple(messages),
            session,
            self.given,
            self.context.now,
            outcome,
            understood,
            tuple(self.results),
        )


def _number(digits: str) -> int | None:
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 5 else None


def _awaited(given: Input, pending: Pending, context: TalkContext) -> bool:
    if given.kind == "event":
        return given.data == pending.event
    return given.kind == "timeout" and pending.until is not None and context.now >= pending.until


def _fitting(messages: list[dict[str, Json]]) -> list[dict[str, Json]]:
    """Join neighbouring texts until LINE takes the turn as one reply."""
    kept = list(messages)
    at = 0
    while len(kept) > LIMITS.messages and at + 1 < len(kept):
        first, second = kept[at], kept[at + 1]
        joined = f"{first.get('text')}\n{second.get('text')}"
        plain = set(first) == {"type", "text"} and second["type"] == "text"
        if plain and utf16_len(joined) <= LIMITS.text:
            kept[at : at + 2] = [{**second, "text": joined}]
        else:
            at += 1
    if len(kept) > LIMITS.messages:
        raise DefinitionError(
            f"the turn says {len(kept)} messages, LINE takes {LIMITS.messages}", code="GL-4105"
        )
    return kept
