"""The values of the web floor: requests and answers without a framework, sessions, members of staff."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit

from attrs import field, frozen

from govline.core import Actor, CitizenId, Id, Json, frozen_map
from govline.core.pages import Attachment

__all__ = ["Answer", "Ask", "Kept", "Session", "SessionKind", "StaffMember", "is_loopback"]

SessionKind = Literal["citizen", "staff"]
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@frozen
class Ask:
    """One request, whichever server brought it. Nothing of it is ever in a repr.

    Args:
        root: Path under which the pages are mounted (root_path, SCRIPT_NAME), without a slash at its end.
        path: The rest, beginning with a slash.
        headers: By lower-case name.
        client: The peer's address, as the server sees it.
    """

    method: str
    root: str = field(repr=False)
    path: str = field(repr=False)
    query: Mapping[str, str] = field(factory=dict, converter=frozen_map, hash=False, repr=False)
    headers: Mapping[str, str] = field(factory=dict, converter=frozen_map, hash=False, repr=False)
    body: bytes = field(default=b"", repr=False)
    scheme: str = "http"
    client: str = field(default="", repr=False)

    @property
    def origin(self) -> str:
        """Scheme and host as the browser names them."""
        return f"{self.scheme}://{self.headers.get('host', '')}"

    @property
    def cookies(self) -> dict[str, str]:
        """Cookies by name; the first of a name counts."""
        found: dict[str, str] = {}
        for part in self.headers.get("cookie", "").split(";"):
            name, equals, value = part.strip().partition("=")
            if equals:
                found.setdefault(name, value)
        return found


@frozen
class Answer:
    """What goes back: a status, headers in order, bytes."""

    status: int = 200
    body: bytes = field(default=b"", repr=False)
    media_type: str = "text/html; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def with_header(self, name: str, value: str) -> "Answer":
        """The same with one more header."""
        return Answer(self.status, self.body, self.media_type, (*self.headers, (name, value)))


@frozen
class StaffMember:
    """A member of staff who is signed in: what their session belongs to, and the actor that services see."""

    id: Id
    actor: Actor


@frozen
class Session:
    """Who is signed in. `token` is what only the browser holds; the store has its hash."""

    token: str = field(repr=False)
    kind: SessionKind
    subject: Id
    created: datetime
    expires: datetime

    def alive(self, now: datetime) -> bool:
        """Whether it still opens pages."""
        return now < self.expires

    @property
    def citizen(self) -> CitizenId | None:
        """The citizen, where it is one's."""
        return self.subject if self.kind == "citizen" else None


@frozen
class Kept:
    """A form that was read: texts by field, files by field."""

    texts: Mapping[str, tuple[str, ...]] = field(factory=dict, converter=frozen_map, hash=False, repr=False)
    files: Mapping[str, Attachment] = field(factory=dict, converter=frozen_map, hash=False, repr=False)

    def first(self, name: str) -> str:
        """The first text of a field, or nothing."""
        return (self.texts.get(name) or ("",))[0]

    def to_json(self) -> dict[str, Json]:
        """The texts as plain JSON, for a draft; files are not kept."""
        return {name: list(values) for name, values in self.texts.items()}


def is_loopback(address: str) -> bool:
    """Whether an address (`http://127.0.0.1:8000/…`) stays on this machine."""
    try:
        return urlsplit(address).hostname in _LOOPBACK
    except ValueError:
        return False
