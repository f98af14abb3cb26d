"""How members of staff sign in: a Protocol, a simple login with passwords, and one that believes a reverse proxy of ours."""

import base64
import hashlib
import hmac
import ipaddress
import re
import secrets
import threading
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final, Protocol, Union

from attrs import field, frozen

from govline.core import Actor, DatabasePort, Id, Transaction
from govline.errors import ConfigError, InputError, PageRefused
from govline.web import _queries as q
from govline.web.model import StaffMember
from govline.web.sessions import end_all

__all__ = ["LocalStaff", "Password", "ProxyStaff", "StaffDirectory", "StaffLogin"]

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,49}")
_SHORTEST: Final = 10
_SALT: Final = 16
_LENGTH: Final = 32
_MOST_FAILURES: Final = 5
_LOCK: Final = timedelta(minutes=15)
_AT_ONCE: Final = 2
_PATIENCE: Final = 2.0


class StaffDirectory(Protocol):
    """Who works for the town, and what they may do today: offered by `people` under the port `staff`."""

    def actor(self, tx: Transaction, login: str, *, channel: str = "web") -> Actor | None:
        """The actor of a login name; None for strangers and leavers."""
        ...


class StaffLogin(Protocol):
    """Who members of staff are. Every request asks `current`, so whoever leaves is out at once.

    A town's own login implements it; `password` and `header` may both say None, where they do not take part.
    """

    def password(self, name: str, password: str) -> StaffMember | None:
        """The member who signs in with the login form; None where name or password do not fit, or there is no form."""
        ...

    def header(self, tx: Transaction, headers: Mapping[str, str], client: str) -> StaffMember | None:
        """The member whom a trusted proxy names; None where it names nobody or is none of ours."""
        ...

    def current(self, tx: Transaction, member: Id) -> StaffMember | None:
        """The member of a session with the roles of now; None when they may no longer enter."""
        ...

    @property
    def form(self) -> bool:
        """Whether there is a login form."""
        ...


@frozen
class Password:
    """scrypt with what OWASP asks for in 2026; the cost stands in the text, so that it can grow."""

    n: int = 2**15
    r: int = 8
    p: int = 3

    def hash(self, password: str, salt: bytes | None = None) -> str:
        """`scrypt$n$r$p$salt$hash`."""
        salt = salt or secrets.token_bytes(_SALT)
        return self._text(salt, self._derive(password, salt, self.n, self.r, self.p))

    def of_nobody(self) -> str:
        """A stored hash that no password fits and that takes as long to find out; made without hashing."""
        return self._text(secrets.token_bytes(_SALT), secrets.token_bytes(_LENGTH))

    def _text(self, salt: bytes, made: bytes) -> str:
        return f"scrypt${self.n}${self.r}${self.p}${_b64(salt)}${_b64(made)}"

    def fits(self, password: str, stored: str) -> bool:
        """Whether the password is the one of a stored hash."""
        _kind, n, r, p, salt, wanted = stored.split("$")
        made = self._derive(password, base64.b64decode(salt), int(n), int(r), int(p))
        return hmac.compare_digest(made, base64.b64decode(wanted))

    @staticmethod
    def _derive(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
        return hashlib.scrypt(
            password.encode(errors="replace"), salt=salt, n=n, r=r, p=p, maxmem=256 * n * r, dklen=_LENGTH
        )


class LocalStaff:
    """Names and hashed passwords in the town's own database: for a demo and for small towns.

    Five failures lock a name for fifteen minutes. Roles and departments are read anew at every request.

    Args:
        directory: Where roles come from; without one, from what was given with the name.
    """

    form = True

    def __init__(
        self,
        database: DatabasePort,
        password: Password | None = None,
        directory: StaffDirectory | None = None,
    ) -> None:
        self._database = database
        self._directory = directory
        self._password = password or Password()
        self._nobody = self._password.of_nobody()
        self._turns = threading.BoundedSemaphore(_AT_ONCE)
        self._patience = _PATIENCE

    def add(
        self,
        tx: Transaction,
        name: str,
        hashed: str,
        *,
        roles: Iterable[str] = (),
        departments: Iterable[str] = (),
    ) -> None:
        """Add a member of staff; `hashed` comes from `hash`, made outside of the unit because it takes a while.

        Raises:
            InputError: GL-8116, the name is no name, or taken.
        """
        row = {
            "name": name,
            "id": tx.new_id(),
            "password": hashed,
            "roles": sorted(roles),
            "departments": sorted(departments),
            "failures": 0,
            "locked": None,
            "created": tx.now,
        }
        if not _NAME.fullmatch(name) or not tx.write(q.ADD_STAFF, row):
            raise InputError(
                "this staff name is taken, or has other characters than a-z 0-9 . _ -", code="GL-8116"
            )

    def hash(self, password: str) -> str:
        """The hash of a new password.

        Raises:
            InputError: GL-8116, it is shorter than ten characters.
        """
        if len(password) < _SHORTEST:
            raise InputError(f"a password has at least {_SHORTEST} characters", code="GL-8116")
        return self._password.hash(password)

    def remove(self, tx: Transaction, name: str) -> bool:
        """Take a member of staff out, and sign them out everywhere; whether there was one."""
        row = tx.one(q.STAFF, {"who": name})
        if row is not None:
            end_all(tx, "staff", row[0])
        return bool(tx.write(q.REMOVE_STAFF, {"who": name}))

    def names(self, tx: Transaction) -> list[tuple[str, list[str], list[str]]]:
        """Every name with roles and departments."""
        return list(tx.all(q.LIST_STAFF))

    def password(self, name: str, password: str) -> StaffMember | None:
        """See `StaffLogin`; takes equally long for a name that is not known.

        Raises:
            PageRefused: GL-8124, many sign in at once: each hash takes 32 MB and a core.
        """
        row = self._database.read(lambda tx: tx.one(q.STAFF, {"who": name}))
        fits = self._fits(password, row[1] if row else self._nobody)

        def judge(tx: Transaction) -> StaffMember | None:
            now = tx.one(q.STAFF, {"who": name})
            if row is None or now is None or now[1] != row[1]:
                return None
            if now[2] is not None and now[2] > tx.now:
                return None
            if not fits:
                tx.write(q.FAIL_STAFF, {"who": name, "most": _MOST_FAILURES, "until": tx.now + _LOCK})
                return None
            tx.write(q.PASS_STAFF, {"who": name})
            return self.current(tx, now[0])

        return self._database.run(judge)

    def _fits(self, password: str, stored: str) -> bool:
        if not self._turns.acquire(timeout=self._patience):
            raise PageRefused("too many sign in at once", code="GL-8124", status=429)
        try:
            return self._password.fits(password, stored)
        finally:
            self._turns.release()

    def header(self, tx: Transaction, headers: Mapping[str, str], client: str) -> StaffMember | None:  # noqa: ARG002 - the Protocol's
        """No proxy is believed."""
        return None

    def current(self, tx: Transaction, member: Id) -> StaffMember | None:
        """See `StaffLogin`."""
        row = tx.one(q.MEMBER, {"member": member})
        if row is None:
            return None
        name, roles, departments = row
        if self._directory is None:
            return StaffMember(member, Actor("staff", member, "web", roles, departments))
        actor = self._directory.actor(tx, name)
        return None if actor is None else StaffMember(member, actor)


_Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]  # noqa: UP007 - attrs evaluates it


@frozen
class ProxyStaff:
    """Believes the headers of a reverse proxy that has signed the member in (LGWAN's own login), and of nobody else.

    The proxy must remove these headers from what it receives. The server in front of Python must show the proxy as the peer
    (uvicorn: `--no-proxy-headers`); a WSGI server must drop header names with underscores, which WSGI cannot tell from
    those with hyphens (gunicorn and nginx do).

    Args:
        proxies: Addresses or networks of the proxies; a request from elsewhere brings nobody in.
        directory: Where roles come from; without one, from the proxy's headers.
        user: Header with the member's login. `roles`, `departments`: headers with names, separated by commas.
    """

    proxies: tuple[_Network, ...]
    directory: StaffDirectory | None = field(default=None, repr=False)
    user: str = "x-staff-user"
    roles: str = "x-staff-roles"
    departments: str = "x-staff-departments"
    form = False

    @classmethod
    def behind(cls, *addresses: str, directory: StaffDirectory | None = None) -> "ProxyStaff":
        """Made from addresses or networks as text.

        Raises:
            ConfigError: GL-8116, one is none.
        """
        try:
            return cls(tuple(ipaddress.ip_network(each) for each in addresses), directory)
        except ValueError:
            raise ConfigError(
                "a proxy is named by its address or network", code="GL-8116", hint="10.0.0.5 or 10.0.0.0/24"
            ) from None

    def password(self, name: str, password: str) -> StaffMember | None:  # noqa: ARG002 - the Protocol's
        """There is no form."""
        return None

    def header(self, tx: Transaction, headers: Mapping[str, str], client: str) -> StaffMember | None:
        """See `StaffLogin`. No name stands in the audit trail: without a directory, the id is a hash of it."""
        try:
            address = ipaddress.ip_address(client)
        except ValueError:
            return None
        name = headers.get(self.user, "").strip()
        if not name or "," in name or not any(address in network for network in self.proxies):
            return None  # a comma: the header came twice, so one of them is not the proxy's
        if self.directory is not None:
            known = self.directory.actor(tx, name)
            return None if known is None else StaffMember(known.id, known)
        member = hashlib.sha256(f"{tx.town}\0{name}".encode()).hexdigest()[:32]
        roles, departments = (_names(headers.get(each)) for each in (self.roles, self.departments))
        return StaffMember(member, Actor("staff", member, "web", roles, departments))

    def current(self, tx: Transaction, member: Id) -> StaffMember | None:  # noqa: ARG002 - the Protocol's
        """Nobody has a session: every request brings its own header."""
        return None


def _names(text: str | None) -> frozenset[str]:
    return frozenset(name.strip() for name in (text or "").split(",") if name.strip())


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
