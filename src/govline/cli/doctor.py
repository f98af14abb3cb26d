"""`govline doctor`: everything that can be known to be wrong before a citizen meets it."""

from pathlib import Path

from govline.city import City
from govline.cli.towns import open_town
from govline.core import Transaction
from govline.errors import GovlineError
from govline.line import diagnose
from govline.store import inbox, outbox

__all__ = ["examine"]


def examine(folder: Path, *, ask_line: bool = False) -> list[str]:
    """Sentences that name place and remedy; none when all is well.

    Args:
        folder: The town's.
        ask_line: Whether to call LINE (or the simulator): token, webhook address, plan.
    """
    try:
        city = open_town(folder)
    except GovlineError as error:
        return [str(error)]
    with city:
        lacking = city.database.pending(city.migrations)
        if lacking:
            return [f"the database lacks {', '.join(lacking)}: govline db upgrade"]
        findings = [*_secrets(city), *city.check(), *city.read(_leftovers)]
        return [*findings, *diagnose(city.messenger)] if ask_line else findings


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
