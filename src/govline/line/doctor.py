"""Questions to LINE for `govline doctor --line`: token, webhook, plan, LIFF, follower ids, menu. Changes nothing at LINE."""

from collections.abc import Callable, Iterable
from typing import Final
from urllib.parse import urlsplit

from attrs import frozen

from govline.errors import LineError
from govline.line.account import AccountClient
from govline.line.messenger import Bot, Messenger

__all__ = ["Finding", "diagnose"]

_LOW: Final = 0.1
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


@frozen
class Finding:
    """Something that is wrong or missing at LINE: its code, what it is, and what to do."""

    code: str
    text: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.code} {self.text}: {self.remedy}"


def diagnose(
    messenger: Messenger,
    destination: str | None = None,
    *,
    account: AccountClient | None = None,
    login: AccountClient | None = None,
    menu: bool = False,
) -> list[Finding]:
    """What LINE says about the channel; empty when all is well.

    Args:
        destination: The account's own user id as the town configured it, to be compared with the token's account.
        account: Asks further: does the webhook URL answer, may follower ids be read, which menu shows.
        login: The LINE Login channel, for its LIFF apps.
        menu: Whether the town has a rich menu of its own, so that one must show.
    """
    try:
        bot = messenger.bot()
    except LineError as error:
        return [_unanswered(error)]
    found = [*_account(bot, destination)]
    found += _asked("the webhook URL", lambda: _endpoint(messenger, account))
    found += _asked("the plan", lambda: _quota(messenger))
    if account is not None:
        found += _asked("follower ids", lambda: _followers(account))
        found += _asked("the rich menu", lambda: _menu(account)) if menu else []
    if login is not None:
        found += _asked("LIFF apps", lambda: _liff(login))
    return found


def _unanswered(error: LineError) -> Finding:
    if error.place.get("status") == 0:
        return Finding(
            "GL-8040",
            f"LINE cannot be reached ({error.message})",
            "check the network, the proxy and GOVLINE_LINE_API; nothing else was asked",
        )
    return Finding(
        "GL-8041",
        f"LINE does not take the channel access token ({error.message})",
        "issue a new one in the LINE Developers console",
    )


def _asked(what: str, question: Callable[[], Iterable[Finding]]) -> list[Finding]:
    try:
        return [*question()]
    except LineError as error:
        return [Finding("GL-8042", f"LINE did not tell about {what} ({error.message})", "try again later")]


def _account(bot: Bot, destination: str | None) -> Iterable[Finding]:
    if destination and bot.user_id != destination:
        yield Finding(
            "GL-8043",
            "the access token belongs to another account than the town's destination",
            "compare line.destination of city.yaml with the bot's user id in the console",
        )
    if bot.chat_mode == "chat":
        yield Finding(
            "GL-8044",
            "chat is on in the LINE Official Account Manager: staff and bot may both answer",
            "switch chat off there, or keep it and tell the staff",
        )


def _endpoint(messenger: Messenger, account: AccountClient | None) -> Iterable[Finding]:
    endpoint = messenger.webhook_endpoint()
    address = urlsplit(endpoint.url)
    if not endpoint.url:
        yield _webhook("no webhook URL is set", "enter it in the LINE Developers console")
    elif not endpoint.active:
        yield _webhook("webhooks are switched off", 'turn on "Use webhook" in the LINE Developers console')
    elif address.scheme != "https" and address.hostname not in _LOOPBACK:
        yield _webhook(
            "the webhook URL is not https", "LINE calls https only: put a certificate before the town"
        )
    elif account is not None:
        test = account.test_webhook()
        if not test.success:
            yield Finding(
                "GL-8046",
                f"LINE called the webhook URL and got {_heard(test.status, test.reason)}",
                _remedy(test.status),
            )


def _webhook(text: str, remedy: str) -> Finding:
    return Finding("GL-8045", text, remedy)


def _heard(status: int, reason: str) -> str:
    return f"{status if status > 0 else 'no answer'} {reason[:100]}".strip()


def _remedy(status: int) -> str:
    if status == 401:
        return "the channel secret does not fit: compare it with the console"
    if status == 404:
        return "the path is wrong: it ends in /line/webhook"
    if status == 403:
        return "the body is refused: compare line.destination, and look for a firewall before the town"
    return "start the town's web process and look at its log; LINE waits two seconds"


def _quota(messenger: Messenger) -> Iterable[Finding]:
    quota = messenger.quota()
    if quota.limit is None or quota.left is None:
        return
    if quota.left == 0:
        yield Finding(
            "GL-8047", "this month's messages are used up: nothing but replies goes out", "raise the plan"
        )
    elif quota.left < quota.limit * _LOW:
        text = f"{quota.left} of this month's {quota.limit} messages are left"
        yield Finding("GL-8047", text, "a delivery to all may be cut off: raise the plan, or send to fewer")


def _followers(account: AccountClient) -> Iterable[Finding]:
    try:
        account.followers(limit=1)
    except LineError as error:
        if error.place.get("status") != 403:
            raise
        yield Finding(
            "GL-8048",
            "the account may not read its follower ids",
            "LINE gives them to verified and premium accounts; people become known when they write, or from a list of ids",
        )


def _menu(account: AccountClient) -> Iterable[Finding]:
    if not account.default_menu():
        yield Finding("GL-8049", "no rich menu shows by default", "govline menu publish")


def _liff(login: AccountClient) -> Iterable[Finding]:
    apps = login.liff_apps()
    if not apps:
        yield Finding(
            "GL-8050", "the LINE Login channel has no LIFF app", "add one in the LINE Developers console"
        )
    for app in apps:
        address = urlsplit(app.url)
        if address.scheme != "https" and address.hostname not in _LOOPBACK:
            yield Finding(
                "GL-8050", f"the LIFF app {app.id} opens a page without https", "change its endpoint URL"
            )
