"""The Messenger over line-bot-sdk: the one place that knows it, imported only when the first call is made.

Messages pass through as the JSON that govline froze: the SDK's message models would drop fields newer than themselves, and
LINE wants a retry to be equal to its first request.
"""

import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final, TypeVar
from urllib.parse import quote

from attrs import field, frozen
from urllib3.exceptions import HTTPError

from govline.core import Json
from govline.errors import LineError, RateLimited
from govline.line.bulk import BulkCall, BulkClient, multicast_body
from govline.line.messenger import Answer, Bot, Content, MessageCall, Profile, Quota, WebhookEndpoint
from govline.line.outcomes import Busy, busy_kind
from govline.line.wire import Timeouts, answer_of, no_answer, retry_header

__all__ = ["API_HOST", "DATA_HOST", "SdkMessenger"]

API_HOST: Final = "https://api.line.me"
DATA_HOST: Final = "https://api-data.line.me"
_CONNECTIONS: Final = 32
_UNREADABLE: Final = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""What the SDK's models and we ourselves stumble with over an answer that is not of LINE's shape."""

T = TypeVar("T")


@frozen
class _Clients:
    """The SDK's objects for one access token."""

    token: str = field(repr=False)
    api: Any
    blob: Any

    def close(self) -> None:
        for part in (self.api, self.blob):
            part.api_client.close()
            part.api_client.rest_client.pool_manager.clear()


class SdkMessenger:
    """Calls LINE; safe to share between threads.

    Args:
        token: The channel access token, or a function that returns the present one (rotation).
        host: LINE's API, or a simulator. `data_host` serves media; the same as `host` where that is not LINE.
        timeout: Seconds to connect and to wait for an answer; the SDK itself has none.
    """

    def __init__(
        self,
        token: str | Callable[[], str],
        *,
        host: str = API_HOST,
        data_host: str | None = None,
        timeout: Timeouts = (3.0, 10.0),
    ) -> None:
        self._token: Callable[[], str] = token if callable(token) else lambda: token
        self._host = host.rstrip("/")
        self._data_host = (data_host or (DATA_HOST if self._host == API_HOST else self._host)).rstrip("/")
        self._timeout = timeout
        self._lock = threading.Lock()
        self._clients: _Clients | None = None
        self._bulk = BulkClient(self._token, self._host, timeout)

    @staticmethod
    def warm() -> None:
        """Load the SDK now. In an opening rush the first answers of a process waited ten seconds for it."""
        _sdk()

    def reply(self, reply_token: str, messages: Sequence[Json]) -> Answer:
        """Answer a webhook event. LINE takes no retry key here: a token works once."""
        return self._send(
            "POST", "/v2/bot/message/reply", {"replyToken": reply_token, "messages": list(messages)}
        )

    def push(self, to: str, messages: Sequence[Json], *, retry_key: str, unit: str | None = None) -> Answer:
        """Send to one person; `retry_key` goes with the first attempt already."""
        body: dict[str, Json] = {"to": to, "messages": list(messages)}
        if unit is not None:
            body["customAggregationUnits"] = [unit]
        return self._send("POST", "/v2/bot/message/push", body, retry_header(retry_key))

    def multicast(
        self, to: Sequence[str], messages: bytes, *, retry_key: str, unit: str | None = None
    ) -> Answer:
        """Send frozen message bytes to at most 500 people; see `bulk`."""
        return self.post("multicast", multicast_body(to, messages, unit), retry_key=retry_key)

    def post(self, call: BulkCall, body: bytes, *, retry_key: str) -> Answer:
        """Send a request body that is ready; see `bulk`."""
        return self._bulk.post(call, body, retry_key=retry_key)

    def link_menu(self, to: str, menu: str) -> Answer:
        """Show a rich menu to one person; takes effect at once."""
        return self._send("POST", f"/v2/bot/user/{quote(to, safe='')}/richmenu/{quote(menu, safe='')}")

    def unlink_menu(self, to: str) -> Answer:
        """Take a person's own rich menu away; the default one shows again."""
        return self._send("DELETE", f"/v2/bot/user/{quote(to, safe='')}/richmenu")

    def validate(self, call: MessageCall, messages: Sequence[Json]) -> Answer:
        """LINE's dry run: counts nothing and sends nothing."""
        return self._send("POST", f"/v2/bot/message/validate/{call}", {"messages": list(messages)})

    def profile(self, user: str) -> Profile:
        """A friend's profile.

        Raises:
            LineError: LINE refused or could not be reached.
        """
        return self._ask(
            lambda clients: clients.api.get_profile(user, **self._limits()),
            lambda found: Profile(found.display_name, found.picture_url, found.language),
        )

    def content(self, message_id: str) -> Content:
        """The media of a message that a citizen sent."""
        return self._ask(
            lambda clients: clients.blob.get_message_content_with_http_info(message_id, **self._limits()),
            lambda found: Content(
                bytes(found.data), (found.headers or {}).get("content-type", Content(b"").media_type)
            ),
        )

    def quota(self) -> Quota:
        """This month's limit and use."""
        limit = self._ask(
            lambda clients: clients.api.get_message_quota(**self._limits()),
            lambda plan: plan.value if plan.type.value == "limited" else None,
        )
        used = self._ask(
            lambda clients: clients.api.get_message_quota_consumption(**self._limits()),
            lambda found: found.total_usage,
        )
        return Quota(limit, used)

    def bot(self) -> Bot:
        """Who this access token belongs to."""
        return self._ask(
            lambda clients: clients.api.get_bot_info(**self._limits()),
            lambda found: Bot(found.user_id, found.basic_id, found.chat_mode, found.display_name),
        )

    def webhook_endpoint(self) -> WebhookEndpoint:
        """Where LINE sends webhooks; an empty URL when none was ever set."""
        try:
            return self._ask(
                lambda clients: clients.api.get_webhook_endpoint(**self._limits()),
                lambda found: WebhookEndpoint(found.endpoint, found.active),
            )
        except LineError as error:
            if error.place.get("status") == 404:
                return WebhookEndpoint("", active=False)
            raise

    def menus(self) -> Mapping[str, str]:
        """Ids and names of the rich menus made by the API."""
        return self._ask(
            lambda clients: clients.api.get_rich_menu_list(**self._limits()),
            lambda found: {menu.rich_menu_id: menu.name for menu in found.richmenus},
        )

    def create_menu(self, menu: Mapping[str, Json]) -> str:
        """Create a rich menu from LINE's JSON; its id. 100 an hour."""
        return self._ask(lambda clients: self._create(clients, menu), lambda found: str(found.rich_menu_id))

    def delete_menu(self, menu: str) -> None:
        """Delete a rich menu; it vanishes from whoever has it linked."""
        self._ask(lambda clients: clients.api.delete_rich_menu(menu, **self._limits()))

    def has_menu_image(self, menu: str) -> bool:
        """Whether the menu's image was uploaded already."""
        try:
            self._ask(lambda clients: clients.blob.get_rich_menu_image(menu, **self._limits()))
        except LineError as error:
            if error.place.get("status") == 404:
                return False
            raise
        return True

    def set_menu_image(self, menu: str, image: bytes, media_type: str) -> None:
        """Upload a menu's image (`image/png` or `image/jpeg`); LINE takes it once."""
        headers = {"Content-Type": media_type}
        self._ask(
            lambda clients: clients.blob.set_rich_menu_image(
                menu, image, _headers=headers, _content_type=media_type, **self._limits()
            )
        )

    def set_default_menu(self, menu: str) -> None:
        """Show the menu to everybody who has none of their own."""
        self._ask(lambda clients: clients.api.set_default_rich_menu(menu, **self._limits()))

    def close(self) -> None:
        """Close every connection."""
        self._bulk.close()
        with self._lock:
            if self._clients is not None:
                self._clients.close()
                self._clients = None

    def _limits(self) -> dict[str, Any]:
        return {"_request_timeout": self._timeout}

    def _create(self, clients: _Clients, menu: Mapping[str, Json]) -> Any:
        request = _sdk().RichMenuRequest.from_dict(dict(menu))
        return clients.api.create_rich_menu(request, **self._limits())

    def _send(
        self, method: str, path: str, body: Json = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        sent = {"Content-Type": "application/json", "Accept": "application/json", **(headers or {})}
        try:
            heard = self._now().api.api_client.call_api(
                path,
                method,
                header_params=sent,
                body=body,
                response_types_map={},
                _request_timeout=self._timeout,
            )
        except _sdk().ApiException as error:
            return _refused(error)
        except (HTTPError, OSError) as error:
            return no_answer(error)
        except _UNREADABLE as error:
            return _unreadable(error)
        return answer_of(heard.status_code, heard.headers or {}, None)

    def _ask(self, call: Callable[[_Clients], Any], read: Callable[[Any], T] = lambda found: found) -> T:
        """What LINE answered, read from the SDK's object: it may be of any shape, or None."""
        try:
            return read(call(self._now()))
        except _sdk().ApiException as error:
            raise _error(_refused(error)) from None
        except (HTTPError, OSError) as error:
            raise _error(no_answer(error)) from None
        except _UNREADABLE as error:
            raise _error(_unreadable(error)) from None

    def _now(self) -> _Clients:
        """The SDK's clients for the present token; a rotated token gets new ones."""
        token = self._token()
        with self._lock:
            if self._clients is None or self._clients.token != token:
                self._clients = self._connect(token)
            return self._clients

    def _connect(self, token: str) -> _Clients:
        sdk = _sdk()
        return _Clients(
            token,
            sdk.MessagingApi(sdk.ApiClient(_configuration(self._host, token))),
            sdk.MessagingApiBlob(sdk.ApiClient(_configuration(self._data_host, token))),
        )


@cache
def _sdk() -> Any:
    """The SDK's package: a second of import and 70 MB, which only who calls LINE pays.

    Its models are pydantic.v1's, which warns on Python 3.14 (line-bot-sdk-python issue 496).
    """
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", message="Core Pydantic V1 functionality isn't compatible", category=UserWarning
        )
        import linebot.v3.messaging as sdk

    return sdk


def _configuration(host: str, token: str) -> Any:
    configuration = _sdk().Configuration(host=host, access_token=token)
    configuration.retries = False  # urllib3 would repeat a POST that failed to connect, and hide it
    configuration.connection_pool_maxsize = _CONNECTIONS
    return configuration


def _refused(error: Any) -> Answer:
    if not error.status:
        return Answer(0, "TLS", left=False)
    return answer_of(error.status, error.headers or {}, error.body)


def _unreadable(error: Exception) -> Answer:
    # a proxy's page in another charset: the SDK stumbles over the body after it has read the status
    refusal = error.__context__
    if isinstance(refusal, _sdk().ApiException):
        return answer_of(refusal.status or 0, refusal.headers or {}, None)
    return Answer(0, "unreadable answer")


def _error(answer: Answer) -> LineError:
    place = {"status": answer.status, "request_id": answer.request_id}
    said = f"LINE answered {answer.status or 'nothing'}: {answer.message}"
    if answer.status == 429 and busy_kind(answer.message) is Busy.RATE:
        return RateLimited(said, retry_after=1.0, place=place)
    return LineError(said, place=place)
