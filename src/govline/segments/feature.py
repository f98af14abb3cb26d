"""What segments offers to the City."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from govline.core import FEATURE_API, Check, DataClass, DataField, Env, Offers, Transaction
from govline.segments._tables import PROFILE, rows_name
from govline.segments.actions import actions
from govline.segments.attributes import AttributeDef, Attributes
from govline.segments.children_dataset import children
from govline.segments.commands import COMMANDS
from govline.segments.dataset import citizens
from govline.segments.model import Answered
from govline.segments.pages import settings_page
from govline.segments.service import Segments

__all__ = ["AttributeConfig", "SegmentsConfig", "SegmentsFeature"]


class FieldConfig(BaseModel):
    """A column of a children attribute in city.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    type: Literal["text", "integer", "date", "boolean", "choice"]
    label: str = ""
    choices: dict[str, str] | list[str] = []

    def build(self) -> AttributeDef:
        """The field as the pure tier takes it."""
        return AttributeDef(self.name, self.type, self.label, _choices(self.choices))


class AttributeConfig(BaseModel):
    """One declared attribute in city.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    type: Literal["text", "integer", "date", "boolean", "choice", "tags", "children"]
    label: str = ""
    choices: dict[str, str] | list[str] = []
    data: DataClass = DataClass.PREFERENCE
    fields: list[FieldConfig] = []

    def build(self) -> AttributeDef:
        """The attribute as the pure tier takes it."""
        fields = tuple(inner.build() for inner in self.fields)
        return AttributeDef(self.name, self.type, self.label, _choices(self.choices), self.data, fields)


class SegmentsConfig(BaseModel):
    """The section `segments` of city.yaml: the attributes a town keeps of its citizens."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    attributes: list[AttributeConfig] = []


class SegmentsFeature:
    """セグメント配信: `SegmentsFeature(attributes)` in Python, or from the section `segments` of city.yaml."""

    name = "segments"
    api = FEATURE_API
    config: type[BaseModel] = SegmentsConfig
    migrations = "govline.segments.migrations"

    def __init__(self, *attributes: AttributeDef) -> None:
        self._attributes = attributes

    def build(self, env: Env, config: SegmentsConfig) -> Segments:
        """The bound service over the declared attributes, and delivery's selection `segments`; reads no row."""
        segments = Segments(Attributes([*self._attributes, *(each.build() for each in config.attributes)]))
        env.port("delivery").offer_selection("segments", segments.select)
        return segments

    def offers(self, service: Segments) -> Offers:
        """Actions, commands, checks and the staff's view."""
        return Offers(
            actions=actions(service),
            commands=COMMANDS,
            datasets=[
                citizens(service),
                *(children(service, known) for known in service.attributes.declared if known.fields),
            ],
            pages=[settings_page(service)] if service.attributes.declared else [],
            prepare=service.apply,
            ports={"profile": service},
            data_map=_data_map(service.attributes),
            erase=service.erase,
            checks=(Check("segments.columns", lambda tx: _unapplied(tx, service)),),
            view=lambda tx: _view(tx, service),
        )


def _choices(given: dict[str, str] | list[str]) -> dict[str, str]:
    return given if isinstance(given, dict) else {choice: choice for choice in given}


def _data_map(attributes: Attributes) -> list[DataField]:
    fields = [
        DataField(table, column, known.data, known.label or known.name, "until erased or withdrawn")
        for known in attributes.declared
        for table, column in _places(known)
    ]
    kept = max(
        (known.data for known in attributes.declared), key=list(DataClass).index, default=DataClass.PREFERENCE
    )
    return [*fields, DataField("gl_segments_history", "value", kept, "history of answers", "until erased")]


def _places(definition: AttributeDef) -> list[tuple[str, str]]:
    if definition.type == "tags":
        return [(rows_name(definition), "value")]
    if definition.type == "children":
        return [(rows_name(definition), inner.name) for inner in definition.fields]
    return [(PROFILE, definition.name)]


def _unapplied(tx: Transaction, segments: Segments) -> Sequence[str]:
    return [
        f"attribute table {step.table} lacks {step.column or 'itself'}; run segments.apply(tx)"
        for step in segments.plan(tx)
    ]


def _view(tx: Transaction, segments: Segments) -> Sequence[Mapping[str, Any]]:
    if segments.plan(tx):
        return []
    return [
        {
            "attribute": known.label or known.name,
            "type": known.type,
            "data": known.data.value,
            "answered": segments.count(tx, Answered(known.name)),
        }
        for known in segments.attributes.declared
    ]
