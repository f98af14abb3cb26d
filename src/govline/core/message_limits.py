"""LINE's limits for outgoing messages, in one table.

Sources: LINE's OpenAPI (messaging-api.yml), the type comments of LINE's SDKs, developers.line.biz. Lengths are UTF-16 code units;
where LINE counts graphemes (labels, display texts, template texts: its page on character counting), it can only find fewer.
A value marked `unconfirmed` differs between those sources or is stated in one only: `attrs.evolve(LIMITS, alt_text=1500)`
and hand the result to `check_messages` or to a message's `limits`.
"""

import re
from typing import Final

from attrs import frozen

__all__ = ["LIMITS", "MULTICAST_RECIPIENTS", "UNIT_NAME", "Limits"]

MULTICAST_RECIPIENTS: Final = 500
"""LINE takes 1 to 500 user ids in one multicast (line-openapi messaging-api.yml, `MulticastRequest.to`)."""

UNIT_NAME: Final = re.compile(r"[A-Za-z0-9_]{1,30}\Z")
"""A custom aggregation unit (line-openapi messaging-api.yml, `customAggregationUnits`)."""


@frozen(kw_only=True)
class Limits:
    """What one message, and one call, may hold. LINE WORKS has other limits; never mix them."""

    messages: int = 5
    text: int = 5_000
    emojis: int = 20
    mentions: int = 20
    quick_items: int = 13
    icon_url: int = 2_000
    sender_name: int = 20

    label: int = 20
    image_label: int = 12  # unconfirmed: label of an image carousel's action
    flex_label: int = 40  # unconfirmed: label of a flex button's action
    data: int = 300
    display_text: int = 300
    message_text: int = 300
    fill_in: int = 300
    uri: int = 1_000
    clipboard: int = 1_000
    menu_alias: int = 32
    uri_schemes: frozenset[str] = frozenset({"http", "https", "line", "tel"})
    quick_only: frozenset[str] = frozenset({"location", "camera", "cameraRoll"})  # unconfirmed

    alt_text: int = 400  # unconfirmed: 1,500 in newer third-party code
    title: int = 40
    buttons_actions: int = 4
    buttons_text: int = 160
    buttons_text_short: int = 60
    confirm_text: int = 240
    columns: int = 10
    column_actions: int = 3
    column_text: int = 120
    column_text_short: int = 60

    flex_bubbles: int = 12
    flex_bubble_bytes: int = 30 * 1024  # unconfirmed
    flex_carousel_bytes: int = 50 * 1024  # unconfirmed

    imagemap_actions: int = 50
    imagemap_text: int = 400
    media_url: int = 2_000
    media_schemes: frozenset[str] = frozenset({"https"})  # the simulator on loopback adds http
    place_title: int = 100
    place_address: int = 100
    coupon_tag: int = 30


LIMITS: Final = Limits()
