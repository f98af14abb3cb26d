"""Accounts that exist already: their followers, another tool on the same channel, partners who send through us."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from govline.line.accounts.door import DoorAnswer, PartnerDoor
    from govline.line.accounts.followers import Imported, import_followers, import_ids, read_ids
    from govline.line.accounts.forwarding import Breaker, Forwarder, ForwardHandler
    from govline.line.accounts.govtech import Migrated, import_answers, read_calendar
    from govline.line.accounts.model import Calls, Claim, Forward, Partner, owner_of
    from govline.line.accounts.signing import check_call, sign_call

__all__ = [
    "Breaker",
    "Calls",
    "Claim",
    "DoorAnswer",
    "Forward",
    "ForwardHandler",
    "Forwarder",
    "Imported",
    "Migrated",
    "Partner",
    "PartnerDoor",
    "check_call",
    "import_answers",
    "import_followers",
    "import_ids",
    "owner_of",
    "read_calendar",
    "read_ids",
    "sign_call",
]

_MODULES = {
    "door": ("DoorAnswer", "PartnerDoor"),
    "followers": ("Imported", "import_followers", "import_ids", "read_ids"),
    "forwarding": ("Breaker", "ForwardHandler", "Forwarder"),
    "govtech": ("Migrated", "import_answers", "read_calendar"),
    "model": ("Calls", "Claim", "Forward", "Partner", "owner_of"),
    "signing": ("check_call", "sign_call"),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
