"""A definition made ready to run: look-ups, prompts and readers are built once, so that a turn only walks them."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from govline.core.text import fold_kana
from govline.core.values import Json
from govline.scenario._answers import Reader, reader
from govline.scenario._render import (
    PICKED,
    PREFIX,
    Item,
    Prompt,
    camera_items,
    pages_of,
    picker_item,
    place_item,
)
from govline.scenario._templates import MISSING, compile_text, look_up
from govline.scenario.definition import (
    AskStep,
    BranchStep,
    Choice,
    Condition,
    Definition,
    DoStep,
    EndStep,
    GotoStep,
    SayStep,
    Texts,
)

__all__ = [
    "NEXT_PAGE",
    "PREVIOUS_PAGE",
    "ActionNode",
    "BranchNode",
    "Compiled",
    "EndNode",
    "Node",
    "PassNode",
    "Question",
    "command_words",
    "compile_definition",
    "folded",
]

NEXT_PAGE: Final = "next_page"
PREVIOUS_PAGE: Final = "previous_page"
Holds = Callable[[Mapping[str, Json]], bool]


def folded(text: str) -> str:
    """The form in which labels, words and triggers are compared: width, case, kana and blanks do not matter."""
    return fold_kana(text).casefold().replace(" ", "")


class Question:
    """A step that waits for the citizen: prompt, what may be tapped or typed, how the rest is read."""

    __slots__ = ("choices", "lookup", "next", "prompt", "read", "retry", "save", "tap_prefix")

    def __init__(
        self,
        *,
        prompt: Prompt,
        retry: Prompt,
        choices: tuple[Choice, ...],
        lookup: Mapping[str, int | str],
        read: Reader,
        tap_prefix: str,
        save: str | None,
        next_step: str | None,
    ) -> None:
        self.prompt = prompt
        self.retry = retry
        self.choices = tuple(
            (choice.to or next_step or "", choice.label if choice.value is None else choice.value)
            for choice in choices
        )
        self.lookup = lookup
        self.read = read
        self.tap_prefix = tap_prefix
        self.save = save
        self.next = next_step or ""

    def meaning(self, text: str) -> int | str | None:
        """The number of the choice, or the command, that a typed text stands for."""
        found = self.lookup.get(text)
        return self.lookup.get(folded(text)) if found is None else found


class PassNode:
    """Says something, or nothing, and goes on."""

    __slots__ = ("next", "prompt")

    def __init__(self, prompt: Prompt, next_step: str) -> None:
        self.prompt = prompt
        self.next = next_step


class BranchNode:
    """Chooses the way by the slots."""

    __slots__ = ("cases", "otherwise")

    def __init__(self, cases: tuple[tuple[tuple[Holds, ...], str], ...], otherwise: str) -> None:
        self.cases = cases
        self.otherwise = otherwise

    def choose(self, slots: Mapping[str, Json]) -> str:
        for conditions, target in self.cases:
            if all(holds(slots) for holds in conditions):
                return target
        return self.otherwise


class ActionNode:
    """Calls an action."""

    __slots__ = ("args", "name", "outcomes", "reversible", "save")

    def __init__(self, step: DoStep) -> None:
        self.name = step.do
        self.args = step.with_
        self.save = step.save
        self.reversible = step.reversible
        self.outcomes = {**({"ok": step.next} if step.next else {}), **step.outcomes}


class EndNode:
    """Ends the talk."""

    __slots__ = ("outcome", "prompt")

    def __init__(self, prompt: Prompt, outcome: str) -> None:
        self.prompt = prompt
        self.outcome = outcome


Node = Question | PassNode | BranchNode | ActionNode | EndNode


class Compiled:
    """What the engine runs. Immutable by convention; shared between threads."""

    __slots__ = (
        "actions",
        "hash",
        "lifetime",
        "nodes",
        "pin",
        "scenario",
        "staff",
        "start",
        "texts",
        "triggers",
        "version",
        "words",
    )

    def __init__(self, definition: Definition) -> None:
        self.scenario = definition.scenario
        self.version = definition.version
        self.hash = definition.hash
        self.pin = f"{definition.version}.{definition.hash[:6]}"
        self.start = definition.start
        self.staff = definition.staff
        self.texts: Texts = definition.texts
        self.lifetime = timedelta(minutes=definition.expires) if definition.expires else None
        self.words = command_words(definition)
        self.triggers = frozenset(folded(word) for word in definition.triggers)
        self.actions = frozenset(step.do for step in definition.steps.values() if isinstance(step, DoStep))
        kinds = {name: spec.type for name, spec in definition.all_slots().items()}
        self.nodes: dict[str, Node] = {
            name: _Builder(self, name, kinds).node(step) for name, step in definition.steps.items()
        }

    def command(self, text: str) -> str | None:
        """The command (`back`, `restart`, `cancel`, `staff`) that a typed text stands for."""
        return self.words.get(text) or self.words.get(folded(text))


def compile_definition(definition: Definition) -> Compiled:
    """Make a definition ready to run.

    Raises:
        DefinitionError: the first of the linter's errors.
    """
    from govline.scenario.linter import require_sound

    require_sound(definition)
    return Compiled(definition)


def command_words(definition: Definition) -> dict[str, str]:
    """Every form of every global word, and the command it stands for."""
    words = definition.words
    commands = {
        "back": words.back,
        "restart": words.restart,
        "cancel": words.cancel,
        "staff": words.staff,
    }
    return {
        form: command
        for command, forms in commands.items()
        for word in forms
        for form in (word, folded(word))
    }


class _Builder:
    def __init__(self, compiled: Compiled, name: str, kinds: Mapping[str, str]) -> None:
        self._compiled = compiled
        self._kinds = kinds
        self._tap_prefix = f"{PREFIX}{compiled.scenario}|{compiled.pin}|{name}|"

    def node(self, step: object) -> Node:
        if isinstance(step, AskStep):
            read = reader(step.type, step.between, step.match)
            retry = step.retry or self._compiled.texts.retry + _hint(step)
            return self._question(step, (step.ask,), retry, read)
        if isinstance(step, SayStep) and step.choices:
            read = reader("choice", None, None)
            return self._question(step, step.say, self._compiled.texts.retry, read)
        if isinstance(step, SayStep):
            return PassNode(self._prompt(step.say), step.next or "")
        if isinstance(step, BranchStep):
            cases = tuple((tuple(map(_holds, case.if_)), case.to) for case in step.branch)
            return BranchNode(cases, step.else_ or "")
        if isinstance(step, DoStep):
            return ActionNode(step)
        if isinstance(step, EndStep):
            return EndNode(self._prompt(step.say), step.end)
        assert isinstance(step, GotoStep)
        return PassNode(Prompt(()), step.goto)

    def _question(
        self, step: AskStep | SayStep, texts: tuple[str, ...], retry: str, read: Reader
    ) -> Question:
        said = self._compiled.texts
        pages = pages_of(
            [choice.label for choice in step.choices],
            self._extra(step),
            self._tap_prefix.__add__,
            (said.next_page, said.previous_page),
        )
        return Question(
            prompt=self._prompt(texts, pages),
            retry=self._prompt((retry, texts[-1]), pages),
            choices=step.choices,
            lookup=self._lookup(step.choices, len(pages)),
            read=read,
            tap_prefix=self._tap_prefix,
            save=step.save,
            next_step=step.next,
        )

    def _prompt(self, texts: tuple[str, ...], pages: list[list[Item]] | None = None) -> Prompt:
        return Prompt([compile_text(text, self._kinds) for text in texts], pages or [[]])

    def _extra(self, step: AskStep | SayStep) -> list[Item]:
        kind, said = step.type if isinstance(step, AskStep) else "", self._compiled.texts
        if kind in {"date", "time"}:
            label = said.pick_date if kind == "date" else said.pick_time
            return [picker_item(label, self._tap_prefix + PICKED, kind)]
        if kind == "location":
            return [place_item(said.send_place)]
        return camera_items(said.take_photo, said.send_photo) if kind == "image" else []

    def _lookup(self, choices: tuple[Choice, ...], pages: int) -> dict[str, int | str]:
        said = self._compiled.texts
        turns = {said.next_page: NEXT_PAGE, said.previous_page: PREVIOUS_PAGE} if pages > 1 else {}
        labels = {choice.label: number for number, choice in enumerate(choices)}
        return {
            **self._compiled.words,
            **{folded(label): command for label, command in turns.items()},
            **{folded(label): number for label, number in labels.items()},
            **labels,
        }


def _hint(step: AskStep) -> str:
    if step.type == "integer" and step.between:
        return f"({step.between[0]}〜{step.between[1]}の数字)"
    return {"integer": "(数字)", "date": "(例: 12月1日)", "time": "(例: 10:30)"}.get(step.type, "")


def _holds(condition: Condition) -> Holds:
    path, operator, operand = condition.slot, condition.operator, condition.operand
    if operator == "answered":
        return lambda slots: (look_up(slots, path) not in (MISSING, None)) is operand
    test = _TESTS[operator]

    def holds(slots: Mapping[str, Json]) -> bool:
        value = look_up(slots, path)
        return value is not MISSING and test(value, operand)

    return holds


def _same(left: Json, right: Json) -> bool:
    return bool(left == right) and isinstance(left, bool) is isinstance(right, bool)


def _order(left: Json, right: Json) -> int | None:
    """-1, 0 or 1 where the two can be ordered: numbers with numbers, texts (and so ISO dates) with texts."""
    numbers = all(isinstance(side, int | float) and not isinstance(side, bool) for side in (left, right))
    if numbers or (isinstance(left, str) and isinstance(right, str)):
        return int(left > right) - int(left < right)
    return None


_TESTS: Final[Mapping[str, Callable[[Json, Json], bool]]] = {
    "eq": _same,
    "ne": lambda left, right: not _same(left, right),
    "lt": lambda left, right: _order(left, right) == -1,
    "le": lambda left, right: _order(left, right) in (-1, 0),
    "gt": lambda left, right: _order(left, right) == 1,
    "ge": lambda left, right: _order(left, right) in (0, 1),
    "in": lambda left, right: any(_same(left, item) for item in right),
}
