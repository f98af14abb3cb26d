"""Web pages for citizens and staff: server rendered, signed in with LINE, drafts, forms that are taken once (extra `web`).

Checking an ID token needs no extra; nothing is loaded before it is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from govline.web.feature import LiffConfig, WebConfig, WebFeature
    from govline.web.idtoken import KeySet, Person, UnknownKey, verify_id_token
    from govline.web.jwks import SigningKeys
    from govline.web.line_login import LineAddresses, LineLogin
    from govline.web.model import Answer, Ask, StaffMember
    from govline.web.service import Settings, Web
    from govline.web.serving import app, wsgi
    from govline.web.staff import LocalStaff, Password, ProxyStaff, StaffDirectory, StaffLogin
    from govline.web.uploads import inspect

__all__ = [
    "Answer",
    "Ask",
    "KeySet",
    "LiffConfig",
    "LineAddresses",
    "LineLogin",
    "LocalStaff",
    "Password",
    "Person",
    "ProxyStaff",
    "Settings",
    "SigningKeys",
    "StaffDirectory",
    "StaffLogin",
    "StaffMember",
    "UnknownKey",
    "Web",
    "WebConfig",
    "WebFeature",
    "app",
    "inspect",
    "verify_id_token",
    "wsgi",
]

_MODULES: Final = {
    "feature": ("LiffConfig", "WebConfig", "WebFeature"),
    "idtoken": ("KeySet", "Person", "UnknownKey", "verify_id_token"),
    "jwks": ("SigningKeys",),
    "line_login": ("LineAddresses", "LineLogin"),
    "model": ("Answer", "Ask", "StaffMember"),
    "service": ("Settings", "Web"),
    "serving": ("app", "wsgi"),
    "staff": ("LocalStaff", "Password", "ProxyStaff", "StaffDirectory", "StaffLogin"),
    "uploads": ("inspect",),
}
_HOMES: Final = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
