"""職員と権限: roles and departments that services ask, staff with their assignments, the hand-over at 人事異動.

`RolePolicy` is a library of its own: values in, a refusal in Japanese or None out.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from govline.people.definition import PeopleDefinition, read_definition
from govline.people.model import (
    EVERYWHERE,
    VERBS,
    Assignment,
    Department,
    Grant,
    HandOver,
    Member,
    MemberKind,
    Move,
    Problem,
    Role,
)
from govline.people.moves import plan_moves, read_moves
from govline.people.rules import RolePolicy, lint

if TYPE_CHECKING:
    from govline.people.feature import PeopleConfig, PeopleFeature
    from govline.people.service import People, Standing

__all__ = [
    "EVERYWHERE",
    "VERBS",
    "Assignment",
    "Department",
    "Grant",
    "HandOver",
    "Member",
    "MemberKind",
    "Move",
    "People",
    "PeopleConfig",
    "PeopleDefinition",
    "PeopleFeature",
    "Problem",
    "Role",
    "RolePolicy",
    "Standing",
    "lint",
    "plan_moves",
    "read_definition",
    "read_moves",
]

_LAZY = {"People": "service", "PeopleConfig": "feature", "PeopleFeature": "feature", "Standing": "service"}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
