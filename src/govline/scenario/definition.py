"""What staff or vendors write: the YAML form of a scenario as pydantic models."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    field_validator,
    model_validator,
)

from govline.core.values import DataClass, Json

if TYPE_CHECKING:
    from govline.scenario._compile import Compiled

__all__ = [
    "AskStep",
    "BranchStep",
    "Case",
    "Choice",
    "Condition",
    "Definition",
    "DoStep",
    "EndStep",
    "GotoStep",
    "SayStep",
    "SlotSpec",
    "Step",
    "Texts",
    "Words",
]

StepId = Annotated[str, StringConstraints(pattern=r"^[^\s|{}]{1,40}$")]
SlotName = Annotated[str, StringConstraints(pattern=r"^[^\W\d]\w{0,39}$")]
AskType = Literal["text", "integer", "date", "time", "choice", "location", "image"]
SlotType = Literal["text", "integer", "date", "time", "choice", "location", "image", "json"]
Operator = Literal["eq", "ne", "lt", "le", "gt", "ge", "in", "answered"]
_PERSONAL_BY_NATURE: Final = frozenset({"location", "image"})
_KINDS: Final = ("do", "ask", "branch", "goto", "end", "say")


class _Part(BaseModel):
    # built at the first definition that is read, so that importing the engine stays cheap
    model_config = ConfigDict(
        extra="forbid", frozen=True, populate_by_name=True, coerce_numbers_to_str=True, defer_build=True
    )


class Choice(_Part):
    """One thing to tap: its label, where it leads, and what is saved (the label where omitted)."""

    label: Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
    to: StepId | None = None
    value: Json = None


def _listed(given: Any) -> Any:
    """`{label: target}`, `{label: {to, value}}` and `[label]` as a list: its order is part of the definition."""
    if isinstance(given, Mapping):
        return [
            {"label": label, **(rest if isinstance(rest, Mapping) else {"to": rest})}
            for label, rest in given.items()
        ]
    if isinstance(given, list):
        return [item if isinstance(item, Mapping | Choice) else {"label": item} for item in given]
    return given


class _Asking(_Part):
    choices: tuple[Choice, ...] = ()
    paging: bool = False
    save: SlotName | None = None
    next: StepId | None = None

    @field_validator("choices", mode="before")
    @classmethod
    def _accept_short_forms(cls, given: Any) -> Any:
        return _listed(given)


class SayStep(_Asking):
    """Says one or more texts; with `choices` it waits for one of them, else it goes on to `next`."""

    say: tuple[str, ...] = Field(min_length=1, max_length=5)

    @field_validator("say", mode="before")
    @classmethod
    def _accept_one_text(cls, given: Any) -> Any:
        return (given,) if isinstance(given, str | int | float) else given


class AskStep(_Asking):
    """Asks a question and saves the answer.

    `between` bounds an integer, a date (ISO, `today`, `today+30`), a time, or the length of a text.
    `match` is a regular expression that a whole text answer must fit. Choices are shortcuts beside a typed answer.
    """

    ask: Annotated[str, StringConstraints(min_length=1)]
    type: AskType = "text"
    between: tuple[int | str, int | str] | None = None
    match: str | None = None
    retry: str | None = None


class Condition(_Part):
    """Compares one slot (or a part of it, `slot.label`) by exactly one operator; unlike types never compare as true."""

    slot: str
    eq: Json = None
    ne: Json = None
    lt: Json = None
    le: Json = None
    gt: Json = None
    ge: Json = None
    in_: tuple[Json, ...] = Field(default=(), alias="in")
    answered: bool = True

    @model_validator(mode="after")
    def _one_operator(self) -> Self:
        if len(self.model_fields_set - {"slot"}) != 1:
            raise ValueError("a condition needs exactly one of eq, ne, lt, le, gt, ge, in, answered")
        return self

    @property
    def operator(self) -> str:
        return next(iter(self.model_fields_set - {"slot"})).rstrip("_")

    @property
    def operand(self) -> Json:
        return getattr(self, "in_" if self.operator == "in" else self.operator)


class Case(_Part):
    """Leads to `to` when all its conditions hold."""

    if_: tuple[Condition, ...] = Field(alias="if", min_length=1)
    to: StepId

    @field_validator("if_", mode="before")
    @classmethod
    def _accept_one(cls, given: Any) -> Any:
        return [given] if isinstance(given, Mapping | Condition) else given


class BranchStep(_Part):
    """Goes where the first fitting case leads, else to `else`."""

    branch: tuple[Case, ...] = Field(min_length=1)
    else_: StepId | None = Field(default=None, alias="else")


class DoStep(_Part):
    """Calls an action of some feature; every key that is no setting names an outcome and where it leads.

    `reversible`: the action only looks something up, so 戻る may pass it. Any other action that finishes without asking
    ends the way back: what is done is not undone by a word.
    """

    do: Annotated[str, StringConstraints(min_length=1)]
    with_: dict[str, Json] = Field(default_factory=dict, alias="with")
    save: SlotName | None = None
    next: StepId | None = None
    reversible: bool = False
    outcomes: dict[str, StepId] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _gather_outcomes(cls, given: Any) -> Any:
        settings = {"do", "with", "with_", "save", "next", "reversible", "outcomes", *_KINDS, "choices"}
        if not isinstance(given, Mapping) or not set(given) - settings:
            return given
        listed = given.get("outcomes", {})
        if not isinstance(listed, Mapping):
            return given
        named = {key: value for key, value in given.items() if key not in settings}
        kept = {key: value for key, value in given.items() if key in settings}
        return {**kept, "outcomes": {**listed, **named}}


class GotoStep(_Part):
    """Goes on elsewhere."""

    goto: StepId


class EndStep(_Part):
    """Ends the talk with an outcome that reports and events carry; `say` comes first."""

    end: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    say: tuple[str, ...] = Field(default=(), max_length=5)

    @field_validator("say", mode="before")
    @classmethod
    def _accept_one_text(cls, given: Any) -> Any:
        return (given,) if isinstance(given, str | int | float) else given


def _kind(given: Any) -> str | None:
    if isinstance(given, Mapping):
        return next((kind for kind in _KINDS if kind in given), None)
    return next((kind for kind in _KINDS if hasattr(given, kind)), None)


Step = Annotated[
    Annotated[DoStep, Tag("do")]
    | Annotated[AskStep, Tag("ask")]
    | Annotated[BranchStep, Tag("branch")]
    | Annotated[GotoStep, Tag("goto")]
    | Annotated[EndStep, Tag("end")]
    | Annotated[SayStep, Tag("say")],
    Discriminator(
        _kind,
        custom_error_type="step_kind",
        custom_error_message="a step needs one of say, ask, branch, do, goto, end",
    ),
]


class SlotSpec(_Part):
    """A slot's type and how delicate it is; a location or an image counts as personal unless declared otherwise."""

    type: SlotType = "json"
    data: DataClass | None = None

    @property
    def data_class(self) -> DataClass:
        if self.data is not None:
            return self.data
        return DataClass.PERSONAL if self.type in _PERSONAL_BY_NATURE else DataClass.PREFERENCE


class Words(_Part):
    """Words that work at every question, whatever it asks; compared after normalisation."""

    back: tuple[str, ...] = ("戻る", "もどる", "back")
    restart: tuple[str, ...] = ("最初から", "さいしょから", "restart")
    cancel: tuple[str, ...] = ("やめる", "中止", "キャンセル", "cancel")
    staff: tuple[str, ...] = ("職員", "職員に相談")


class Texts(_Part):
    """What the engine itself says; every text can be replaced in the definition."""

    retry: str = "恐れ入りますが、もう一度お答えください。"
    cancelled: str = "手続きを終了しました。"
    expired: str = "時間が空いたため、手続きを終了しました。お手数ですが、最初からやり直してください。"
    stale: str = "その選択肢は今は使えません。"
    no_way_back: str = "これより前には戻れません。"
    staff: str = "職員がご案内します。窓口またはお電話でお問い合わせください。"
    waiting: str = "ただいま処理をお待ちしています。"
    changed: str = "手続きの内容が新しくなったため、最初からご案内します。"
    gone: str = "この手続きは終了しました。"
    next_page: str = "次へ"
    previous_page: str = "前へ"
    pick_date: str = "日付を選ぶ"
    pick_time: str = "時刻を選ぶ"
    send_place: str = "位置情報を送る"
    take_photo: str = "写真を撮る"
    send_photo: str = "写真を選ぶ"


class Definition(_Part):
    """A scenario as written. Get one from `load` or `loads`, which also refuse what cannot run.

    `expires`: minutes after the last turn until the talk is over; None means never.
    `staff`: the step to which a staff word leads; without it the talk ends with the outcome `staff`.
    """

    scenario: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
    version: int = Field(default=1, ge=1, lt=2**31)
    title: str = ""
    start: StepId
    triggers: tuple[Annotated[str, StringConstraints(min_length=1)], ...] = ()
    expires: int | None = Field(default=60, ge=1, le=60 * 24 * 366)
    staff: StepId | None = None
    words: Words = Field(default_factory=Words)
    texts: Texts = Field(default_factory=Texts)
    slots: dict[SlotName, SlotSpec] = Field(default_factory=dict)
    steps: dict[StepId, Step] = Field(min_length=1)

    @cached_property
    def canonical(self) -> str:
        """The definition as one line of JSON, equal for equal definitions; `loads` of it gives this definition."""
        plain = self.model_dump(mode="json", by_alias=True, exclude_unset=True)
        return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the canonical JSON, in hex: what a running talk is pinned to."""
        return hashlib.sha256(self.canonical.encode()).hexdigest()

    @cached_property
    def compiled(self) -> "Compiled":
        """The form that the engine runs; built once."""
        from govline.scenario._compile import compile_definition

        return compile_definition(self)

    def all_slots(self) -> dict[str, SlotSpec]:
        """Declared slots, and those that steps imply by saving into them."""
        implied: dict[str, SlotSpec] = {}
        for step in self.steps.values():
            if isinstance(step, AskStep) and step.save:
                implied[step.save] = SlotSpec(type=step.type)
            elif isinstance(step, SayStep) and step.save:
                implied.setdefault(step.save, SlotSpec(type="choice"))
            elif isinstance(step, DoStep) and step.save:
                implied.setdefault(step.save, SlotSpec())
        return {**implied, **self.slots}

    def targets(self, step_id: str) -> Iterator[tuple[str, str]]:
        """The ways out of a step: (what leads there, where)."""
        step = self.steps[step_id]
        if isinstance(step, GotoStep):
            yield "goto", step.goto
        elif isinstance(step, BranchStep):
            yield from ((f"branch[{index}]", case.to) for index, case in enumerate(step.branch))
            if step.else_:
                yield "else", step.else_
        elif isinstance(step, DoStep):
            yield from step.outcomes.items()
            if step.next:
                yield "next", step.next
        elif isinstance(step, SayStep | AskStep):
            yield from ((choice.label, choice.to) for choice in step.choices if choice.to)
            if step.next:
                yield "next", step.next
