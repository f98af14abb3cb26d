"""What citizens do not want to get: opt-outs by topic. Emergencies and corrections pass them."""

from govline.core import CitizenId, Event, Ref, Transaction
from govline.delivery import _sql as sql
from govline.delivery.sending import take_out
from govline.delivery.setup import Setup

__all__ = ["opt_in", "opt_out", "opted_out"]


def opt_out(tx: Transaction, setup: Setup, citizen: CitizenId, topic: str, *, source: str = "") -> bool:
    """Send the citizen nothing of this topic any more, also nothing that waits to leave; whether that is new.

    Args:
        source: Where they said so: `scenario:…`, `page`, `counter`.

    Raises:
        InputError: GL-1058, the town has no such topic.
    """
    row = {"citizen": citizen, "topic": setup.topic(topic), "source": source, "at": tx.now}
    if not tx.write(sql.OPT_OUT, row):
        return False
    for run_id, terms, position in tx.all(sql.WAITING_RUNS, {"citizen": citizen}):
        if terms.get("topic") == topic:
            take_out(tx, run_id, citizen, position, "opted_out")
    return _told(tx, citizen, topic, wanted=False)


def opt_in(tx: Transaction, setup: Setup, citizen: CitizenId, topic: str) -> bool:
    """Send the citizen what is of this topic again; whether they had opted out.

    Raises:
        InputError: GL-1058, the town has no such topic.
    """
    wanted = {"who": citizen, "name": setup.topic(topic)}
    return bool(tx.write(sql.OPT_IN, wanted)) and _told(tx, citizen, topic, wanted=True)


def opted_out(tx: Transaction, citizen: CitizenId) -> tuple[str, ...]:
    """The topics that the citizen does not want."""
    return tuple(topic for (topic,) in tx.all(sql.OPTED_OUT, {"who": citizen}))


def _told(tx: Transaction, citizen: CitizenId, topic: str, *, wanted: bool) -> bool:
    data = {"topic": topic, "wanted": wanted}
    tx.emit(Event("delivery.topic", Ref("delivery.topic", topic), citizen=citizen, data=data))
    return True
