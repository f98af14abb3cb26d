"""people.yaml: departments and roles as a town writes them."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from govline.errors import DefinitionError
from govline.people.model import EVERYWHERE, VERBS, Department, Role

__all__ = ["PeopleDefinition", "read_definition"]

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,40}$")]
Verb = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]*\.[a-z][a-z_]*$")]
Pattern = Annotated[str, StringConstraints(pattern=r"^(\*|[a-z][a-z_]*\.(\*|[a-z][a-z_]*))$")]
Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DepartmentText(_Strict):
    """One department."""

    label: Label
    parent: str = EVERYWHERE


class RoleText(_Strict):
    """One role."""

    label: Label
    verbs: list[Pattern] = Field(min_length=1)


class PeopleDefinition(_Strict):
    """Departments, roles, and the verbs that a vendor's own services ask for.

    Args:
        shell: Whether whoever runs commands on the town's machine may do everything: they hold its database and keys anyway.
    """

    departments: dict[Name, DepartmentText] = Field(default_factory=dict)
    roles: dict[Name, RoleText] = Field(default_factory=dict)
    verbs: dict[Verb, Label] = Field(default_factory=dict)
    shell: bool = True

    @model_validator(mode="after")
    def _tree(self) -> "PeopleDefinition":
        for name in self.departments:
            seen, at = {name}, self.departments[name].parent
            while at:
                if at not in self.departments:
                    raise ValueError(f"departments.{name}: no department is called {at!r}")
                if at in seen:
                    raise ValueError(f"departments.{name}: it is its own parent")
                seen.add(at)
                at = self.departments[at].parent
        return self

    def build_roles(self) -> dict[str, Role]:
        """The roles by id."""
        return {name: Role(name, role.label, tuple(role.verbs)) for name, role in self.roles.items()}

    def build_departments(self) -> dict[str, Department]:
        """The departments by id."""
        return {name: Department(name, part.label, part.parent) for name, part in self.departments.items()}

    def known_verbs(self) -> dict[str, str]:
        """Every verb that is asked for, with its words for staff."""
        return {**VERBS, **self.verbs}


def read_definition(raw: Mapping[str, Any] | PeopleDefinition | None) -> PeopleDefinition:
    """Check what a YAML file or a program says.

    Raises:
        DefinitionError: GL-1510 a key is wrong; `place` names it.
    """
    if isinstance(raw, PeopleDefinition):
        return raw
    try:
        return PeopleDefinition.model_validate(dict(raw or {}))
    except ValidationError as cause:
        first = cause.errors(include_input=False, include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "(top)"
        raise DefinitionError(
            f"people: {first['msg']}",
            code="GL-1510",
            hint="departments: {id: {label, parent}}, roles: {id: {label, verbs}}",
            place={"key": key},
        ) from None
