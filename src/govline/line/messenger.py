"""What govline asks of LINE: the Messenger port and the plain values that come back."""

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

from attrs import field, frozen

from govline.core import Json

__all__ = ["Answer", "Bot", "Content", "MessageCall", "Messenger", "Profile", "Quota", "WebhookEndpoint"]

MessageCall = Literal["reply", "push", "multicast", "narrowcast", "broadcast"]


@frozen
class Answer:
    """What came of one call, before anybody judges it (see `outcomes`).

    Args:
        status: HTTP status; 0 when no answer was heard.
        message: LINE's own words, without user ids.
        request_id: LINE's `x-line-request-id`. `accepted_id`: of the earlier request that a 409 points at.
        left: False when the request certainly never reached LINE (no connection), so nothing can have happened.
    """

    status: int
    message: str = ""
    request_id: str = ""
    accepted_id: str = ""
    left: bool = True

    @property
    def ok(self) -> bool:
        """Whether LINE accepted the call."""
        return 200 <= self.status < 300

    @property
    def ambiguous(self) -> bool:
        """Whether LINE may have acted although it did not say so: no answer to a request that left, or a 5xx."""
        return (self.status == 0 and self.left) or self.status >= 500


@frozen
class Profile:
    """What LINE shows of a citizen; personal data, never stored by govline and never in `repr`."""

    display_name: str = field(repr=False)
    picture_url: str | None = field(default=None, repr=False)
    language: str | None = None


@frozen
class Content:
    """A media file that a citizen sent."""

    data: bytes = field(repr=False)
    media_type: str = "application/octet-stream"


@frozen
class Quota:
    """Messages this month: `limit` is None on a plan without one (地方公共団体プラン)."""

    limit: int | None
    used: int

    @property
    def left(self) -> int | None:
        """How many may still be sent; None for any number."""
        return None if self.limit is None else max(0, self.limit - self.used)


@frozen
class Bot:
    """The account itself. `user_id` is the `destination` of its webhooks."""

    user_id: str
    basic_id: str
    chat_mode: str
    display_name: str


@frozen
class WebhookEndpoint:
    """Where LINE sends webhooks, and whether it does; an empty URL means none is set."""

    url: str
    active: bool


class Messenger(Protocol):
    """The calls to LINE. Those that send return an `Answer` and raise for nothing that LINE or the network does;
    those that ask raise `LineError`.
    """

    def reply(self, reply_token: str, messages: Sequence[Json]) -> Answer:
        """Answer a webhook event; a token works once and takes no retry key."""
        ...

    def push(self, to: str, messages: Sequence[Json], *, retry_key: str, unit: str | None = None) -> Answer:
        """Send to one person; the retry key goes with the first attempt."""
        ...

    def multicast(
        self, to: Sequence[str], messages: bytes, *, retry_key: str, unit: str | None = None
    ) -> Answer:
        """`messages` is the JSON array as frozen bytes; `to` 1 to 500 LINE userIds."""
        ...

    def post(
        self, call: Literal["push", "multicast", "narrowcast", "broadcast"], body: bytes, *, retry_key: str
    ) -> Answer:
        """Send a request body that is ready, as `bulk` makes them."""
        ...

    def link_menu(self, to: str, menu: str) -> Answer:
        """Show a rich menu to one person."""
        ...

    def unlink_menu(self, to: str) -> Answer:
        """Take a person's own rich menu away."""
        ...

    def validate(self, call: MessageCall, messages: Sequence[Json]) -> Answer:
        """LINE's free dry run of a message list."""
        ...

    def profile(self, user: str) -> Profile:
        """A friend's profile."""
        ...

    def content(self, message_id: str) -> Content:
        """The media of a message that a citizen sent."""
        ...

    def quota(self) -> Quota:
        """This month's limit and use."""
        ...

    def bot(self) -> Bot:
        """Who the access token belongs to."""
        ...

    def webhook_endpoint(self) -> WebhookEndpoint:
        """Where LINE sends webhooks."""
        ...

    def menus(self) -> Mapping[str, str]:
        """Ids and names of the rich menus that the API made."""
        ...

    def create_menu(self, menu: Mapping[str, Json]) -> str:
        """Create a rich menu from LINE's JSON; its id."""
        ...

    def delete_menu(self, menu: str) -> None:
        """Delete a rich menu."""
        ...

    def has_menu_image(self, menu: str) -> bool:
        """Whether the menu's image was uploaded already."""
        ...

    def set_menu_image(self, menu: str, image: bytes, media_type: str) -> None:
        """Upload a menu's image; LINE takes it once."""
        ...

    def set_default_menu(self, menu: str) -> None:
        """Show the menu to everybody who has none of their own."""
        ...

    def close(self) -> None:
        """Close every connection."""
        ...
