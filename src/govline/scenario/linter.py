"""What is wrong, or doubtful, with a scenario before anyone meets it."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Final, Literal

from attrs import frozen
from pydantic import ValidationError

from govline.core.message_limits import LIMITS
from govline.core.text import utf16_len
from govline.core.values import DataClass, Json
from govline.errors import DefinitionError
from govline.scenario._answers import MAX_ANSWER, reader
from govline.scenario._compile import command_words, folded
from govline.scenario._render import PREFIX
from govline.scenario._templates import compile_text, expand, roots
from govline.scenario.definition import (
    AskStep,
    BranchStep,
    Definition,
    DoStep,
    EndStep,
    SayStep,
    SlotSpec,
)

if TYPE_CHECKING:
    from govline.core.talk import Action

__all__ = ["Finding", "lint", "require_sound"]

_LONGEST_PIN: Final = 20


@frozen
class Finding:
    """One remark of the linter; an `error` keeps the definition from being loaded or published.

    Args:
        code: `GL-40nn`, one per kind of remark.
        step: Where, "" for the definition as a whole; `key` inside the step.
    """

    code: str
    severity: Literal["error", "warning"]
    step: str
    key: str
    message: str

    def __str__(self) -> str:
        place = " ".join(part for part in (self.step, self.key) if part)
        return f"{self.code} {self.severity} [{place}] {self.message}"


def lint(definition: Definition, actions: "Mapping[str, Action] | None" = None) -> list[Finding]:
    """All findings, errors first.

    Args:
        definition: As read.
        actions: What the town's features offer; without it steps `do:` are only checked in themselves.
    """
    found = [finding for rule in _RULES for finding in rule(definition)]
    if actions is not None:
        found += _action_findings(definition, actions)
    return sorted(found, key=lambda finding: finding.severity)


def require_sound(definition: Definition, actions: "Mapping[str, Action] | None" = None) -> None:
    """Refuse a definition with errors.

    Raises:
        DefinitionError: with the code and place of the first error, and the number of the others.
    """
    errors = [finding for finding in lint(definition, actions) if finding.severity == "error"]
    if errors:
        first, more = errors[0], f" (and {len(errors) - 1} more errors)" if len(errors) > 1 else ""
        raise DefinitionError(
            first.message + more,
            code=first.code,
            hint="govline.scenario.lint(definition) lists all of them",
            place={"scenario": definition.scenario, "step": first.step, "key": first.key},
        )


def _error(code: str, step: str, key: str, message: str) -> Finding:
    return Finding(code, "error", step, key, message)


def _warning(code: str, step: str, key: str, message: str) -> Finding:
    return Finding(code, "warning", step, key, message)


def _waits(step: object) -> bool:
    return isinstance(step, AskStep) or (isinstance(step, SayStep) and bool(step.choices))


def _targets(definition: Definition) -> Iterator[Finding]:
    ways = [("", "start", definition.start)]
    if definition.staff:
        ways.append(("", "staff", definition.staff))
    ways += [(name, key, to) for name in definition.steps for key, to in definition.targets(name)]
    for name, key, to in ways:
        if to not in definition.steps:
            yield _error("GL-4010", name, key, f"there is no step {to!r}")


def _texts_of(definition: Definition) -> Iterator[tuple[str, str, str]]:
    for name, step in definition.steps.items():
        if isinstance(step, AskStep):
            yield name, "ask", step.ask
            if step.retry is not None:
                yield name, "retry", step.retry
        elif isinstance(step, SayStep | EndStep):
            yield from ((name, "say", text) for text in step.say)


def _templates(definition: Definition) -> Iterator[Finding]:
    slots = definition.all_slots()
    for name, key, text in _texts_of(definition):
        try:
            compile_text(text, {})
        except DefinitionError as error:
            yield _error(error.code, name, key, error.message)
            continue
        yield from _unknown_slots(name, key, roots(text), slots)
        yield from _lengths(name, key, text, slots)
    for name, step in definition.steps.items():
        if isinstance(step, DoStep):
            yield from _arguments(name, step, slots)
        elif isinstance(step, BranchStep):
            used = {condition.slot.partition(".")[0] for case in step.branch for condition in case.if_}
            yield from _unknown_slots(name, "branch", used, slots)


def _arguments(name: str, step: DoStep, slots: Mapping[str, SlotSpec]) -> Iterator[Finding]:
    try:
        yield from _unknown_slots(name, "with", roots(step.with_), slots)
    except DefinitionError as error:
        yield _error(error.code, name, "with", error.message)


def _unknown_slots(name: str, key: str, used: set[str], slots: Mapping[str, SlotSpec]) -> Iterator[Finding]:
    for slot in sorted(used - set(slots)):
        yield _error("GL-4011", name, key, f"no step saves the slot {slot!r}, and it is not declared")


def _lengths(name: str, key: str, text: str, slots: Mapping[str, SlotSpec]) -> Iterator[Finding]:
    fixed = utf16_len(text)
    typed = sum(MAX_ANSWER for root in roots(text) if slots.get(root, SlotSpec()).type == "text")
    if fixed > LIMITS.text:
        yield _error("GL-4020", name, key, f"the text is longer than LINE's {LIMITS.text} UTF-16 units")
    elif fixed + typed > LIMITS.text:
        yield _warning("GL-4020", name, key, "with the longest answers filled in, the text will be cut")


def _dead_ends(definition: Definition) -> Iterator[Finding]:
    for name, step in definition.steps.items():
        if isinstance(step, DoStep) and not step.outcomes and not step.next:
            yield _error("GL-4013", name, "next", "no outcome of the action leads anywhere")
        if not isinstance(step, SayStep | AskStep) or step.next:
            continue
        closed = isinstance(step, SayStep) or step.type == "choice"
        if not (closed and step.choices and all(choice.to for choice in step.choices)):
            yield _error("GL-4014", name, "next", "the talk ends here without an `end`: a dead end")


def _branches(definition: Definition) -> Iterator[Finding]:
    for name, step in definition.steps.items():
        if isinstance(step, BranchStep) and not step.else_:
            yield _error("GL-4015", name, "else", "the branch is not total: `else` is missing")


def _unreachable(definition: Definition) -> Iterator[Finding]:
    seen: set[str] = set()
    waiting = [definition.start, *([definition.staff] if definition.staff else [])]
    while waiting:
        name = waiting.pop()
        if name not in seen and name in definition.steps:
            seen.add(name)
            waiting += [to for _, to in definition.targets(name)]
    for name in definition.steps:
        if name not in seen:
            yield _warning("GL-4016", name, "", "no way leads to this step")


def _labels(definition: Definition) -> Iterator[Finding]:
    words = command_words(definition)
    for name, step in definition.steps.items():
        seen: dict[str, str] = {}
        for choice in step.choices if isinstance(step, SayStep | AskStep) else ():
            form = folded(choice.label)
            if not form:
                yield _error("GL-4017", name, "choices", "a label shows nothing")
            elif form in seen:
                yield _error(
                    "GL-4017", name, "choices", f"{seen[form]!r} and {choice.label!r} cannot be told apart"
                )
            elif form in words:
                yield _warning(
                    "GL-4017", name, "choices", f"{choice.label!r} hides the word for `{words[form]}`"
                )
            seen[form] = choice.label
            if utf16_len(choice.label) > LIMITS.label:
                yield _error(
                    "GL-4020", name, "choices", f"{choice.label!r} is longer than {LIMITS.label} UTF-16 units"
                )


def _questions(definition: Definition) -> Iterator[Finding]:
    for name, step in definition.steps.items():
        if not isinstance(step, SayStep | AskStep):
            continue
        if isinstance(step, AskStep):
            yield from _reading(name, step)
        own = {"location": 1, "image": 2, "date": 1, "time": 1}.get(getattr(step, "type", ""), 0)
        if len(step.choices) + own > LIMITS.quick_items and not step.paging:
            yield _error(
                "GL-4018",
                name,
                "choices",
                f"more than {LIMITS.quick_items} items need `paging: true`, or better a question before",
            )
        tap = len(PREFIX) + len(definition.scenario) + _LONGEST_PIN + utf16_len(name) + 6
        if tap > LIMITS.data:
            yield _error("GL-4020", name, "", "the step's name is too long for postback data")


def _reading(name: str, step: AskStep) -> Iterator[Finding]:
    try:
        reader(step.type, step.between, step.match)
    except DefinitionError as error:
        yield _error(error.code, name, str(error.place["key"]), error.message)
    if step.type == "choice" and not step.choices:
        yield _error("GL-4014", name, "choices", "a choice without choices cannot be answered")


def _personal(definition: Definition) -> Iterator[Finding]:
    slots = definition.all_slots()
    for name, step in definition.steps.items():
        save = getattr(step, "save", None)
        spec = slots[save] if save else SlotSpec(type=getattr(step, "type", "json"))
        if (save or isinstance(step, AskStep)) and not spec.data_class.chat:
            yield _error(
                "GL-4021",
                name,
                "save",
                f"{spec.data_class.value} data is not handled in a talk (guideline of 2021-04-30): take it on the town's own "
                "page, or declare the slot's `data` when it is not about a person",
            )


def _loops(definition: Definition) -> Iterator[Finding]:
    certain = _cycles(definition, lambda step: not _waits(step) and not isinstance(step, DoStep))
    possible = _cycles(definition, lambda step: not _waits(step)) - certain
    for name in sorted(certain):
        yield _error("GL-4019", name, "", "the talk can run in a circle without waiting for the citizen")
    for name in sorted(possible):
        yield _warning("GL-4019", name, "", "a circle without a question, unless an action in it asks")


def _cycles(definition: Definition, inside: Callable[[object], bool]) -> set[str]:
    graph = {
        name: {
            to
            for _, to in definition.targets(name)
            if to in definition.steps and inside(definition.steps[to])
        }
        for name, step in definition.steps.items()
        if inside(step)
    }
    while ends := [name for name, targets in graph.items() if not targets]:
        for name in ends:
            del graph[name]
        for targets in graph.values():
            targets.difference_update(ends)
    return {name for name in graph if name in _beyond(graph, name)}


def _beyond(graph: Mapping[str, set[str]], name: str) -> set[str]:
    seen: set[str] = set()
    waiting = list(graph[name])
    while waiting:
        at = waiting.pop()
        if at not in seen:
            seen.add(at)
            waiting += graph[at]
    return seen


def _long_turns(definition: Definition) -> Iterator[Finding]:
    for name, step in definition.steps.items():
        said, at, seen = 0, name, set[str]()
        while at in definition.steps and at not in seen:
            seen.add(at)
            here = definition.steps[at]
            said += len(getattr(here, "say", ())) + isinstance(here, AskStep)
            at = (
                here.next or ""
                if isinstance(here, SayStep) and not here.choices
                else getattr(here, "goto", "")
            )
        if said > LIMITS.messages and isinstance(step, SayStep):
            yield _warning(
                "GL-4022", name, "say", f"{said} texts in one turn: LINE takes 5, so some will be joined"
            )


def _words(definition: Definition) -> Iterator[Finding]:
    commands = command_words(definition)
    if not all(map(folded, (*definition.triggers, *commands))):
        yield _error("GL-4017", "", "triggers", "a word of `triggers` or `words` shows nothing")
    for trigger in definition.triggers:
        if folded(trigger) in commands:
            yield _warning(
                "GL-4017", "", "triggers", f"{trigger!r} is also the word for `{commands[folded(trigger)]}`"
            )
    said = definition.texts
    for key in (
        "next_page",
        "previous_page",
        "pick_date",
        "pick_time",
        "send_place",
        "take_photo",
        "send_photo",
    ):
        if not 0 < utf16_len(getattr(said, key)) <= LIMITS.label:
            yield _error("GL-4020", "", f"texts.{key}", f"a label has 1 to {LIMITS.label} UTF-16 units")


def _action_findings(definition: Definition, actions: "Mapping[str, Action]") -> Iterator[Finding]:
    for name, step in definition.steps.items():
        if not isinstance(step, DoStep):
            continue
        action = actions.get(step.do)
        if action is None:
            yield _error("GL-4012", name, "do", f"no feature offers the action {step.do!r}")
            continue
        yield from _outcomes(name, step, action)
        yield from _action_arguments(name, step.with_, action)
        if step.save and not action.data.chat:
            kind: DataClass = action.data
            yield _error(
                "GL-4021", name, "save", f"the action's value is {kind.value} data, which no talk may keep"
            )


def _outcomes(name: str, step: DoStep, action: "Action") -> Iterator[Finding]:
    led = {*step.outcomes, *({"ok"} if step.next else ())}
    for outcome in sorted(action.outcomes - led):
        yield _error("GL-4013", name, "do", f"the outcome {outcome!r} of {step.do} leads nowhere")
    for outcome in sorted(led - action.outcomes - {"timeout"}):
        key = "next" if outcome == "ok" and "ok" not in step.outcomes else outcome
        yield _error("GL-4013", name, key, f"{step.do} never ends with the outcome {outcome!r}")


def _action_arguments(name: str, given: Mapping[str, Json], action: "Action") -> Iterator[Finding]:
    fields = action.args.model_fields
    known = {alias for field, info in fields.items() for alias in (field, info.alias) if alias}
    for key in sorted(set(given) - known):
        yield _error("GL-4023", name, "with", f"{action.name} takes no argument {key!r}")
    missing = [
        key for key, info in fields.items() if info.is_required() and not {key, info.alias} & set(given)
    ]
    for key in missing:
        yield _error("GL-4023", name, "with", f"{action.name} needs the argument {key!r}")
    if not missing and not roots(given):
        yield from _fixed_arguments(name, given, action)


def _fixed_arguments(name: str, given: Mapping[str, Json], action: "Action") -> Iterator[Finding]:
    """Arguments without slots are known now: they are tried before any citizen does."""
    try:
        action.args.model_validate(expand(given, {}))
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_context=False, include_input=False):
            key = ".".join(map(str, ("with", *problem["loc"])))
            yield _error("GL-4023", name, key, f"{action.name}: {problem['msg']}")


_RULES: Final[tuple[Callable[[Definition], Iterator[Finding]], ...]] = (
    _targets,
    _templates,
    _dead_ends,
    _branches,
    _unreachable,
    _labels,
    _questions,
    _personal,
    _loops,
    _long_turns,
    _words,
)
