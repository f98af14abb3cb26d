"""Questions about an account that the SDK's clients spread over several packages: followers, webhook test, LIFF, default menu.

Plain JSON over the pooled client of `wire`, so that asking costs no import of the SDK.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from attrs import field, frozen
from urllib3.exceptions import HTTPError
from urllib3.util import Timeout

from govline.errors import LineError, RateLimited
from govline.line.messenger import Answer
from govline.line.outcomes import Busy, busy_kind
from govline.line.wire import Timeouts, answer_of, no_answer, one_write_pool

__all__ = ["AccountClient", "FollowerPage", "LiffApp", "WebhookTest"]

T = TypeVar("T")

PAGE: Final = 1000
"""The most follower ids that LINE gives at once."""


@frozen
class FollowerPage:
    """A page of LINE userIds, which are personal data and never in a repr; `next` is "" on the last page."""

    users: tuple[str, ...] = field(repr=False)
    next: str = field(default="", repr=False)


@frozen
class WebhookTest:
    """What LINE found when it called the webhook URL: `status` is 0 or less where no answer came."""

    success: bool
    status: int
    reason: str


@frozen
class LiffApp:
    """A LIFF app of the channel and the page that it opens."""

    id: str
    url: str


class AccountClient:
    """Asks LINE about one channel; safe to share between threads. Every method raises `LineError`.

    Args:
        token: The channel access token, or a function that returns the present one. LIFF apps belong to a LINE Login channel:
            ask for them with that channel's token.
        host: LINE's API, or a simulator.
        timeout: Seconds to connect, and to wait for an answer.
    """

    def __init__(
        self,
        token: str | Callable[[], str],
        *,
        host: str = "https://api.line.me",
        timeout: Timeouts = (3.0, 10.0),
    ) -> None:
        self._token: Callable[[], str] = token if callable(token) else lambda: token
        self._host = host.rstrip("/")
        self._timeout = timeout
        self._pool = one_write_pool(2)

    def followers(self, start: str = "", limit: int = PAGE) -> FollowerPage:
        """A page of the people who have the account as a friend; LINE allows it to verified and premium accounts only.

        Args:
            start: `next` of the page before.
            limit: 1 to 1000.

        Raises:
            LineError: `place["status"]` is 403 where the account may not ask.
        """
        words = {"limit": str(limit), **({"start": start} if start else {})}
        return self._ask("GET", f"/v2/bot/followers/ids?{urlencode(words)}", _followers)

    def test_webhook(self) -> WebhookTest:
        """Have LINE call the webhook URL that is set, with an empty list of events. 60 an hour."""
        return self._ask("POST", "/v2/bot/channel/webhook/test", _webhook_test, b"{}")

    def liff_apps(self) -> tuple[LiffApp, ...]:
        """The LIFF apps of the token's channel; none where LINE answers 404."""
        return self._ask("GET", "/liff/v1/apps", _liff_apps, absent=())

    def default_menu(self) -> str:
        """The id of the rich menu that everybody sees, made by the API; "" where there is none."""
        return self._ask("GET", "/v2/bot/user/all/richmenu", _menu, absent="")

    def close(self) -> None:
        """Close every connection."""
        self._pool.clear()

    def _ask(
        self,
        method: str,
        path: str,
        take: Callable[[Mapping[str, Any]], T],
        body: bytes | None = None,
        *,
        absent: T | None = None,
    ) -> T:
        headers = {"Authorization": f"Bearer {self._token()}", "Content-Type": "application/json"}
        connect, read = self._timeout
        try:
            heard = self._pool.request(
                method,
                self._host + path,
                body=body,
                headers=headers,
                timeout=Timeout(connect=connect, read=read),
                redirect=False,
            )
        except (HTTPError, OSError) as error:
            raise _error(no_answer(error)) from None
        if heard.status == 404 and absent is not None:
            return absent
        if not 200 <= heard.status < 300:
            raise _error(answer_of(heard.status, heard.headers, heard.data))
        try:
            return take(json.loads(heard.data))
        except (ValueError, TypeError, AttributeError, RecursionError):  # of any shape but LINE's
            raise _error(Answer(heard.status, "unreadable answer")) from None


def _followers(found: Mapping[str, Any]) -> FollowerPage:
    users = found.get("userIds", [])
    if not isinstance(users, list) or not all(isinstance(user, str) for user in users):
        raise TypeError
    return FollowerPage(tuple(users), str(found.get("next") or ""))


def _webhook_test(found: Mapping[str, Any]) -> WebhookTest:
    return WebhookTest(
        bool(found.get("success")), int(found.get("statusCode", 0)), str(found.get("reason", ""))
    )


def _liff_apps(found: Mapping[str, Any]) -> tuple[LiffApp, ...]:
    return tuple(
        LiffApp(str(app.get("liffId", "")), str(app.get("view", {}).get("url", "")))
        for app in found.get("apps", ())
    )


def _menu(found: Mapping[str, Any]) -> str:
    return str(found.get("richMenuId", ""))


def _error(answer: Answer) -> LineError:
    place = {"status": answer.status, "request_id": answer.request_id}
    said = f"LINE answered {answer.status or 'nothing'}: {answer.message}"
    if answer.status == 429 and busy_kind(answer.message) is Busy.RATE:
        return RateLimited(said, retry_after=1.0, place=place)
    return LineError(said, place=place)
