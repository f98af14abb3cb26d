"""`govline doctor`: everything that can be known to be wrong before a citizen meets it."""

from pathlib import Path
from typing import Any

from govline.city import City
from govline.city.expiries import all_expiries, as_json, expiring, sentence, unreadable
from govline.cli.towns import open_town
from govline.core import Transaction
from govline.core.jst import to_jst
from govline.errors import GovlineError
from govline.line import AccountClient, Finding, diagnose
from govline.store import inbox, outbox
from govline.store.identity import check_keys

__all__ = ["examine", "last_days"]


def examine(folder: Path, *, ask_line: bool = False) -> list[str]:
    """Sentences that name place and remedy; none when all is well.

    Args:
        folder: The town's.
        ask_line: Whether to call LINE (or the simulator): token, webhook address, plan, follower ids, rich menu, LIFF apps.
    """
    try:
        city = open_town(folder)
    except GovlineError as error:
        return [str(error)]
    with city:
        lacking = city.database.pending(city.migrations)
        if lacking:
            return [f"the database lacks {', '.join(lacking)}: govline db upgrade"]
        findings = [*_keys(city), *_secrets(city), *city.check(), *city.read(_leftovers), *unreadable(city)]
        today = to_jst(city.database.clock.now()).date()
        findings += [sentence(each, today) for each in city.read(lambda tx: expiring(city, tx))]
        live = [*_pages(city), *_at_line(city)] if ask_line else []
        return [*findings, *map(str, live)]


def last_days(folder: Path) -> list[dict[str, Any]]:
    """Everything of the town that ever runs out, for machines that watch; nothing where the town cannot be opened or lacks tables."""
    try:
        city = open_town(folder)
    except GovlineError:
        return []
    with city:
        if city.database.pending(city.migrations):
            return []
        today = to_jst(city.database.clock.now()).date()
        return [as_json(each, today) for each in city.read(lambda tx: all_expiries(city, tx))]


def _pages(city: City) -> list[Finding]:
    """What a town that goes live needs besides LINE: behind a proxy that ends TLS its pages take themselves for http."""
    web = getattr(city, "web", None)
    if web is None or web.settings.base_url():
        return []
    said = "the pages do not know their own address: behind a proxy every form is refused, and messages hold no links"
    return [Finding("GL-8140", said, "base_url under features: web:, or GOVLINE_WEB_URL")]


def _at_line(city: City) -> list[Finding]:
    """What LINE says about the town's channel; nothing is changed there."""
    channel = city.channel
    if channel is None:
        return []
    wait = (3.0, channel.timeout)
    account = AccountClient(channel.token, host=channel.api, timeout=wait)
    login = (
        AccountClient(channel.login_token, host=channel.api, timeout=wait) if channel.login_token else None
    )
    try:
        return diagnose(
            city.messenger, channel.destination, account=account, login=login, menu=bool(city.menu)
        )
    finally:
        for asked in filter(None, (account, login)):
            asked.close()


def _keys(city: City) -> list[str]:
    """Whether the town's people open under the keys that are there."""
    try:
        city.read(check_keys)
    except GovlineError as error:
        return [str(error)]
    return []


def _secrets(city: City) -> list[str]:
    """Whether the channel's secrets are there; never what they are."""
    findings: list[str] = []
    for read in (city.channel.secrets, city.channel.token) if city.channel else ():
        try:
            read()
        except GovlineError as error:
            findings.append(str(error))
    return findings


def _leftovers(tx: Transaction) -> list[str]:
    failed = inbox.counts(tx).get("failed", {})
    findings = [
        f"{number} events of kind {kind} failed: replay them when the cause is mended"
        for kind, number in failed.items()
    ]
    for queue, states in outbox.counts(tx).items():
        findings += [
            f"{states[state]} effects of queue {queue} are {state}: govline outbox list --state {state}"
            for state in ("dead", "unknown")
            if states.get(state)
        ]
    return findings
