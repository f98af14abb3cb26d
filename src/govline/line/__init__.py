"""The LINE edge: webhooks in, messages out. Nothing here loads line-bot-sdk, SQLAlchemy or the store at import time."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from govline.line.account import AccountClient
    from govline.line.bulk import BulkClient, multicast_body
    from govline.line.doctor import Finding, diagnose
    from govline.line.effects import line_effects
    from govline.line.events import (
        Event,
        FollowEvent,
        MessageEvent,
        PostbackEvent,
        UnfollowEvent,
        UnknownEvent,
    )
    from govline.line.inputs import to_input
    from govline.line.limiter import Limit, Limiter
    from govline.line.menus import RichMenu, RichMenuArea, publish_menu
    from govline.line.messenger import Answer, Messenger
    from govline.line.outcomes import judge
    from govline.line.parsing import Body, BrokenEvent, from_sdk, load_event, parse
    from govline.line.sdk import SdkMessenger
    from govline.line.shared_limiter import SharedLimiter
    from govline.line.signature import check_signature, sign, signature_fits
    from govline.line.validation import LineValidator
    from govline.line.webhook import Receipt, Webhook

__all__ = [
    "AccountClient",
    "Answer",
    "Body",
    "BrokenEvent",
    "BulkClient",
    "Event",
    "Finding",
    "FollowEvent",
    "Limit",
    "Limiter",
    "LineValidator",
    "MessageEvent",
    "Messenger",
    "PostbackEvent",
    "Receipt",
    "RichMenu",
    "RichMenuArea",
    "SdkMessenger",
    "SharedLimiter",
    "UnfollowEvent",
    "UnknownEvent",
    "Webhook",
    "check_signature",
    "diagnose",
    "from_sdk",
    "judge",
    "line_effects",
    "load_event",
    "multicast_body",
    "parse",
    "publish_menu",
    "sign",
    "signature_fits",
    "to_input",
]

_MODULES = {
    "account": ("AccountClient",),
    "bulk": ("BulkClient", "multicast_body"),
    "doctor": ("Finding", "diagnose"),
    "effects": ("line_effects",),
    "events": ("Event", "FollowEvent", "MessageEvent", "PostbackEvent", "UnfollowEvent", "UnknownEvent"),
    "inputs": ("to_input",),
    "limiter": ("Limit", "Limiter"),
    "menus": ("RichMenu", "RichMenuArea", "publish_menu"),
    "messenger": ("Answer", "Messenger"),
    "outcomes": ("judge",),
    "parsing": ("Body", "BrokenEvent", "from_sdk", "load_event", "parse"),
    "sdk": ("SdkMessenger",),
    "shared_limiter": ("SharedLimiter",),
    "signature": ("check_signature", "sign", "signature_fits"),
    "validation": ("LineValidator",),
    "webhook": ("Receipt", "Webhook"),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
