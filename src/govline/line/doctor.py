"""Questions to LINE for `govline doctor`: does the token work, do webhooks arrive, may we still send."""

from collections.abc import Callable, Sequence
from typing import Final
from urllib.parse import urlsplit

from govline.errors import LineError
from govline.line.messenger import Bot, Messenger

__all__ = ["diagnose"]

_LOW: Final = 0.1
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


def diagnose(messenger: Messenger, destination: str | None = None) -> list[str]:
    """Sentences that name place and remedy; empty when all is well. Changes nothing at LINE.

    Args:
        destination: The account's own user id as the town configured it, to be compared with the token's account.
    """
    found: list[str] = []
    try:
        bot = messenger.bot()
    except LineError as error:
        return [_unanswered(error)]
    found += _account(bot, destination)
    for question in (_endpoint, _quota):
        found += _asked(question, messenger)
    return found


def _unanswered(error: LineError) -> str:
    if error.place.get("status") == 0:
        return f"LINE cannot be reached ({error.message}): check the network, or GOVLINE_LINE_API"
    return f"LINE does not take the channel access token ({error.message}): issue a new one in the console"


def _asked(question: Callable[[Messenger], Sequence[str]], messenger: Messenger) -> Sequence[str]:
    try:
        return question(messenger)
    except LineError as error:
        return [f"LINE did not answer {question.__name__.strip('_')} ({error.message}): try again later"]


def _account(bot: Bot, destination: str | None) -> list[str]:
    found: list[str] = []
    if destination and bot.user_id != destination:
        found.append(
            "the access token belongs to another account than the town's destination: compare both in the console"
        )
    if bot.chat_mode == "chat":
        found.append("chat is set to on in the LINE Official Account Manager: staff and bot may both answer")
    return found


def _endpoint(messenger: Messenger) -> list[str]:
    endpoint = messenger.webhook_endpoint()
    if not endpoint.url:
        return ["no webhook URL is set: enter it in the LINE Developers console"]
    if not endpoint.active:
        return ['webhooks are switched off: turn on "Use webhook" in the LINE Developers console']
    address = urlsplit(endpoint.url)
    if (
        address.scheme == "https" or address.hostname in _LOOPBACK
    ):  # loopback: only a simulator knows such an address
        return []
    return ["the webhook URL is not https: LINE calls https only"]


def _quota(messenger: Messenger) -> list[str]:
    quota = messenger.quota()
    if quota.limit is None or quota.left is None:
        return []
    if quota.left == 0:
        return ["this month's messages are used up: nothing but replies goes out until the plan is raised"]
    if quota.left < quota.limit * _LOW:
        return [
            f"{quota.left} of this month's {quota.limit} messages are left: a delivery to all may be cut off"
        ]
    return []
