"""The small values that every room shares."""

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Any, Final, Literal, NoReturn

from attrs import field, frozen

from govline.core.ids import Id

__all__ = [
    "SYSTEM",
    "Actor",
    "ActorKind",
    "DataClass",
    "FrozenMap",
    "Json",
    "Reason",
    "Ref",
    "citizen_actor",
    "frozen_map",
    "frozen_set",
    "frozen_tuple",
]

Json = Any
"""What `json.loads` returns: None, bool, int, float, str, list, dict. (Spelled Any: a recursive alias makes every reader cast.)"""

ActorKind = Literal["citizen", "staff", "machine", "system"]


class FrozenMap(dict[str, Json]):
    """A dict that nobody changes: plain JSON for `json.dumps`, and unlike a mapping proxy it can be copied and pickled."""

    __slots__ = ()

    def _refuse(self, *_words: object, **_named: object) -> NoReturn:
        raise TypeError("a frozen map cannot be changed")

    __setitem__ = __delitem__ = update = setdefault = pop = popitem = clear = __ior__ = _refuse

    def __reduce__(self) -> tuple[type["FrozenMap"], tuple[dict[str, Json]]]:
        return FrozenMap, (dict(self),)


def frozen_map(value: Mapping[str, Json] | None) -> Mapping[str, Json]:
    """A read-only copy; converter of the frozen shapes."""
    return FrozenMap(value or {})


class DataClass(Enum):
    """How delicate a datum is; chat may ask and show the first two only (national guideline of 2021-04-30)."""

    PUBLIC = "public"
    PREFERENCE = "preference"
    PERSONAL = "personal"
    SECRET = "secret"  # noqa: S105 - a class of data, no password

    @property
    def chat(self) -> bool:
        """Whether it may appear in a LINE message, postback, rich menu or LIFF URL."""
        return self in (DataClass.PUBLIC, DataClass.PREFERENCE)


def frozen_set(values: Iterable[str]) -> frozenset[str]:
    """A frozen set of names; converter of the frozen shapes."""
    return frozenset(values)


def frozen_tuple(items: Iterable[Any]) -> tuple[Any, ...]:
    """A tuple of anything iterable; converter of the frozen shapes (mypy cannot infer through the class `tuple`)."""
    return tuple(items)


@frozen
class Ref:
    """Points at a thing of some feature: `Ref("calendar.booking", id)`."""

    kind: str
    id: Id


@frozen
class Actor:
    """Who did it, and through which channel (line, web, phone, counter, paper, import …)."""

    kind: ActorKind
    id: Id
    channel: str
    roles: frozenset[str] = field(default=frozenset(), converter=frozen_set)
    departments: frozenset[str] = field(default=frozenset(), converter=frozen_set)


SYSTEM: Final = Actor("system", "govline", "system")


def citizen_actor(citizen: Id, channel: str = "line") -> Actor:
    """The actor of a write that a citizen makes for themselves."""
    return Actor("citizen", citizen, channel)


@frozen
class Reason:
    """Why something is refused: a value, not an exception. All reasons are given at once.

    Args:
        code: `GL-nnnn`.
        text: A sentence for the citizen.
        help: What would help: `until`, `limit`, `remaining` and the like; plain JSON.
        key: The sentence's key in the catalogue of texts, for saying it in another language; "" where it has only this one.
    """

    code: str
    text: str
    help: Mapping[str, Json] = field(factory=dict, converter=frozen_map, hash=False)
    key: str = field(default="", eq=False, repr=False)

    @staticmethod
    def join(reasons: Sequence["Reason"]) -> str:
        """All sentences, one a line."""
        return "\n".join(reason.text for reason in reasons)
