"""What people offers to the City: the port `policy`, commands, checks."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from govline.core import FEATURE_API, Check, DataClass, DataField, Env, Offers, Transaction
from govline.errors import DefinitionError
from govline.people.commands import COMMANDS
from govline.people.definition import PeopleDefinition, read_definition
from govline.people.rules import RolePolicy
from govline.people.service import LABEL, LOGIN, People

__all__ = ["PeopleConfig", "PeopleFeature"]


class PeopleConfig(BaseModel):
    """Settings under `features: people:`.

    Args:
        file: The definition below the town's folder.
        definition: The definition itself, in the place of a file.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str = "people.yaml"
    definition: PeopleDefinition | None = None


class PeopleFeature:
    """職員と権限; `city.people` is a `People`. Name it first, so that every feature asks its policy."""

    name = "people"
    api = FEATURE_API
    config: type[BaseModel] = PeopleConfig
    migrations = "govline.people.migrations"

    def build(self, env: Env, config: PeopleConfig) -> People:
        """The bound service; reads the definition, no row."""
        path = Path(env.folder) / config.file
        definition = config.definition or read_definition(_yaml(path) if path.is_file() else None)
        return People(RolePolicy(definition))

    def offers(self, service: People) -> Offers:
        """The port `policy`, the clerk's commands, checks and the staff's view."""

        def check(tx: Transaction) -> Sequence[str]:
            return [f"{problem.place}: {problem.text}" for problem in service.check(tx)]

        return Offers(
            ports={"policy": service.policy, "staff": service},
            commands=COMMANDS,
            checks=[Check("people.roles", check)],
            data_map=_DATA,
            sealed=(LOGIN, LABEL),
            expiries=service.expiries,
            view=lambda tx: _view(service, tx),
        )


def _view(service: People, tx: Transaction) -> Sequence[Mapping[str, Any]]:
    return [
        {"member": each.member.id, "kind": each.member.kind, "roles": [grant.text for grant in each.grants]}
        for each in service.members(tx, limit=50)
    ]


def _yaml(path: Path) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except (OSError, YAMLError, ValueError) as cause:
        raise DefinitionError(
            "the definition of roles cannot be read",
            code="GL-1510",
            hint="save it as YAML in UTF-8",
            place={"file": path.name},
        ) from cause


_UNTIL = "until the member is erased"
_DATA = (
    DataField("gl_people_member", "login", DataClass.PERSONAL, "finds a member at sign-in", _UNTIL),
    DataField("gl_people_member", "login_hash", DataClass.PERSONAL, "finds a member at sign-in", _UNTIL),
    DataField("gl_people_member", "label", DataClass.PERSONAL, "names a member to colleagues", _UNTIL),
    *(
        DataField("gl_people_member", column, DataClass.PUBLIC, "who works here since when", _UNTIL)
        for column in ("id", "kind", "left_on", "made_at")
    ),
    *(
        DataField("gl_people_assignment", column, DataClass.PUBLIC, "who may do what", _UNTIL)
        for column in ("id", "member", "role", "department", "starts", "ends")
    ),
    *(
        DataField("gl_people_hand_over", column, DataClass.PUBLIC, "undoes a hand-over", "kept")
        for column in ("id", "effective", "made_at", "document", "undone_at")
    ),
)
