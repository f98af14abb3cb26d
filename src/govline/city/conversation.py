"""One event of the inbox becomes an answer: the unit of work between webhook and reply."""

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Final

from govline.city.router import Router
from govline.core import Effect, Event, Input, Json, Message, Ref, TalkContext, Transaction
from govline.core.messages import Text, check_messages, choices
from govline.core.texts import Texts, speaking
from govline.line import load_event, to_input
from govline.line.webhook import REFUSED
from govline.store import inbox, languages
from govline.store.inbox import Incoming

__all__ = ["REPLY_PRIORITY", "Conversation"]

REPLY_PRIORITY: Final = 10
"""Replies go before bulk deliveries: a citizen is waiting, and the reply token lives about a minute."""
_TOLD: Final = {"follow": "line.followed", "unfollow": "line.unfollowed"}
_log = logging.getLogger("govline.city")


class Conversation:
    """Handles inbox events; its `handle` is what `inbox.process` calls."""

    def __init__(self, router: Router, texts: Texts, town: str, menu: Sequence[str] = ()) -> None:
        self._router = router
        self._town = town
        self._menu = choices(menu)
        self._texts = texts

    def handle(self, tx: Transaction, incoming: Incoming) -> None:
        """Tell features of follows and blocks, find who answers, and write the reply into the outbox."""
        if incoming.citizen is None:
            return
        if name := _TOLD.get(incoming.kind):
            tx.emit(Event(name, Ref("citizen", incoming.citizen), citizen=incoming.citizen))
        if incoming.kind == REFUSED:
            locale = languages.locale_of(tx, incoming.citizen)
            self._reply(tx, incoming, [Text(self._texts.get("guard.individual_number", locale))])
            return
        if incoming.kind == "unsend":
            self._forget(tx, incoming.citizen, json.loads(incoming.body))
            return
        said = to_input(load_event(json.loads(incoming.body)))
        if said is None:
            _log.info("an event of kind %s needs no answer", incoming.kind)
            return
        self._reply(tx, incoming, self.answer(tx, incoming.citizen, said))

    @staticmethod
    def _forget(tx: Transaction, citizen: str, body: Mapping[str, Json]) -> None:
        """Take away what is stored of a message that was taken back, and tell features, which may hold it too."""
        event = inbox.unsend(tx, citizen, str(body.get("unsend", {}).get("messageId", "")))
        if event is not None:
            tx.emit(Event("line.unsent", Ref("inbox", event), citizen=citizen))

    def answer(self, tx: Transaction, citizen: str, said: Input) -> Sequence[Message]:
        """What to say to an input; a text that nobody knows gets the town's default words."""
        locale = languages.locale_of(tx, citizen)
        with speaking(locale):
            return self._answer(
                tx, TalkContext(citizen=citizen, now=tx.now, key=said.key, locale=locale), said
            )

    def _answer(self, tx: Transaction, context: TalkContext, said: Input) -> Sequence[Message]:
        messages = self._router.answer(tx, context, said)
        if messages is not None:
            return messages
        if said.kind == "follow":
            return [Text(self._texts.get("talk.welcome", town=self._town), quick=self._menu)]
        if said.kind in ("text", "sticker", "image", "location"):
            return [Text(self._texts.get("talk.unknown"), quick=self._menu)]
        return ()

    def _reply(self, tx: Transaction, incoming: Incoming, messages: Sequence[Message]) -> None:
        if not messages:
            return
        plain = [message.to_line() for message in messages]
        check_messages(plain)
        tx.enqueue(
            Effect(
                topic="line.reply",
                payload={"citizen": incoming.citizen, "reply_token": incoming.reply_token, "messages": plain},
                dedupe=incoming.id,
                order_key=f"citizen:{incoming.citizen}",
                priority=REPLY_PRIORITY,
                queue="reply",
                strict=False,
            )
        )
