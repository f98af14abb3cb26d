"""Other tools on the town's channel, as the City needs them: who is silent, what is forwarded, in which queue."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from govline.city.channel import LineChannel
from govline.core import EffectHandler, Input, Message, Responder, TalkContext, Transaction
from govline.store.policies import QueueLimit

if TYPE_CHECKING:
    from govline.line.accounts import Forwarder
    from govline.store import Database

__all__ = ["partner_effects", "partner_forwarder", "partner_queues", "partner_rest", "partner_silence"]

_SAID: Final = frozenset({"text", "postback", "image", "video", "audio", "file", "location", "sticker"})
_LIMIT: Final = QueueLimit(workers=2, ahead=1, lease=timedelta(minutes=2))


def partner_silence(channel: LineChannel | None) -> Sequence[Responder]:
    """Asked before everybody else: says nothing where a partner who is sent the event will answer it."""
    answering = [each for each in (channel.partners if channel else ()) if each.forward is not None]
    if not answering:
        return ()
    from govline.line.accounts import owner_of

    def silent(_tx: Transaction, _context: TalkContext, said: Input) -> Sequence[Message] | None:
        return () if owner_of(answering, _kind(said), said.text, said.data) else None

    return (Responder("line.partners", "disaster", silent),)


def partner_rest(channel: LineChannel | None) -> Sequence[Responder]:
    """Asked after everybody else: hands what nobody answered to the partner who takes the rest."""
    if channel is None or not any(each.forward and each.owns.rest for each in channel.partners):
        return ()
    from govline.line.accounts import Forwarder

    forwarder = Forwarder(channel.partners, channel.secrets)

    def hand_over(tx: Transaction, _context: TalkContext, said: Input) -> Sequence[Message] | None:
        from govline.store import inbox

        incoming = inbox.read(tx, said.key) if said.kind in _SAID else None
        if incoming is None or not forwarder.hand_over(tx, incoming, channel.destination or ""):
            return None
        return ()

    return (Responder("line.rest", "default", hand_over),)


def partner_forwarder(channel: LineChannel) -> "Forwarder | None":
    """What hands events on, or None where nobody wants any."""
    if not any(each.forward for each in channel.partners):
        return None
    from govline.line.accounts import Forwarder

    return Forwarder(channel.partners, channel.secrets)


def partner_effects(database: "Database", channel: LineChannel | None) -> Mapping[str, EffectHandler]:
    """The handler that posts events; there as well for rows of partners who are gone."""
    if channel is None:
        return {}
    from govline.line.accounts.forwarding import TOPIC, ForwardHandler

    return {TOPIC: ForwardHandler(database, channel.partners)}


def partner_queues(channel: LineChannel | None) -> Mapping[str, QueueLimit]:
    """A bulkhead for each partner's deliveries, so that one who hangs takes two threads and no more."""
    if channel is None:
        return {}
    from govline.line.accounts.forwarding import queue_of

    return {queue_of(each.name): _LIMIT for each in channel.partners if each.forward is not None}


def _kind(said: Input) -> str:
    """An input's kind as the inbox names it."""
    if said.kind in ("postback", "follow"):
        return said.kind
    return said.data.removeprefix("line.") if said.kind == "event" else f"message.{said.kind}"
