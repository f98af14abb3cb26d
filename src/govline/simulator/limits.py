"""What LINE allows, as values: every number of the fact sheet that a test may want to move."""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from attrs import field, frozen

from govline.core import frozen_map

__all__ = ["LINE_RATES", "Limits", "Rate"]


@frozen
class Rate:
    """`amount` requests in `per`; the bucket is full at the start."""

    amount: int
    per: timedelta


_SECOND: Final = timedelta(seconds=1)
_HOUR: Final = timedelta(hours=1)

LINE_RATES: Final[Mapping[str, Rate]] = MappingProxyType(
    {
        "*": Rate(2000, _SECOND),
        "multicast": Rate(200, _SECOND),
        "narrowcast": Rate(60, _HOUR),
        "broadcast": Rate(60, _HOUR),
        "delivery": Rate(60, _HOUR),
        "insight": Rate(60, _HOUR),
        "audience": Rate(60, timedelta(minutes=1)),
        "webhook.test": Rate(60, _HOUR),
        "richmenu.create": Rate(100, _HOUR),
        "richmenu.delete": Rate(100, _HOUR),
        "richmenu.batch": Rate(3, _HOUR),
        "loading": Rate(100, _SECOND),
        "token.stateless": Rate(370, _SECOND),
    }
)
"""Per channel and endpoint; `*` is every endpoint not named (developers.line.biz, "Rate limits")."""


@frozen
class Limits:
    """LINE's limits; values marked unconfirmed in the fact sheet may be set as a test needs.

    Args:
        alt_text: UTF-16 units; 400 in LINE's SDK comments, 1,500 in newer third-party code.
        flex_bubble, flex_carousel: Bytes of UTF-8 JSON.
        body: Bytes of a request body; more is answered with 413.
        reply_token, link_token, retry_key: How long each lives.
        menu_lag: How long a new default rich menu may stay unseen while the talk is open.
        narrowcast_minimum: Fewer recipients fail the narrowcast with errorCode 2.
        malformed_recipient_fails: Whether one malformed id in a multicast refuses all of it.
        insight_minimum: Statistics of fewer people than this are null.
        audiences, audience_file: How many a channel may have, and ids in one file.
        audience_lag: How long an audience stays IN_PROGRESS after ids came in.
        units_a_month: Distinct aggregation unit names; the next one is silently not recorded.
        rates: Requests per endpoint; an empty mapping switches the rate limiter off.
    """

    alt_text: int = 400
    flex_bubble: int = 30 * 1024
    flex_carousel: int = 50 * 1024
    body: int = 2 * 1024 * 1024
    reply_token: timedelta = timedelta(seconds=60)
    link_token: timedelta = timedelta(minutes=10)
    retry_key: timedelta = timedelta(hours=24)
    menu_lag: timedelta = timedelta(seconds=60)
    narrowcast_minimum: int = 1
    malformed_recipient_fails: bool = True
    insight_minimum: int = 20
    audiences: int = 1000
    audience_file: int = 1_500_000
    audience_lag: timedelta = timedelta(0)
    units_a_month: int = 1000
    rich_menus: int = 1000
    rates: Mapping[str, Rate] = field(default=LINE_RATES, converter=frozen_map, hash=False)
