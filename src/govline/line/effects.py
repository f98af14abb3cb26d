"""Outbox handlers of the LINE edge: `line.push`, `line.menu`; `line.reply` is in `replies`, delivery's batches in `batches`.

`run` calls LINE outside any transaction, `record` writes what follows from the fate inside the one that stores it.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from govline.core import (
    CitizenId,
    Dead,
    EffectContext,
    EffectHandler,
    Fate,
    Json,
    Retry,
    Transaction,
    Unknown,
)
from govline.line.batches import BroadcastHandler, MulticastHandler, PushBatchHandler, QuotaMark
from govline.line.limiter import Gate, Limiter
from govline.line.messenger import Answer, Messenger
from govline.line.outcomes import RETRY_KEY_LIFE, judge, key_too_old
from govline.line.replies import REPLY_TOKEN_LIFE, ReplyHandler

if TYPE_CHECKING:
    from govline.store import Database

__all__ = ["MenuHandler", "MulticastHandler", "PushHandler", "line_effects"]

BLOCKED: Final = "blocked"
"""Reason of an effect that was not sent because the citizen has blocked the account, or was erased."""


def line_effects(
    db: "Database",
    messenger: Messenger,
    *,
    gate: Gate | None = None,
    token_life: timedelta = REPLY_TOKEN_LIFE,
    push_instead: bool = True,
    menu_id: Callable[[str], str] = lambda name: name,
) -> dict[str, EffectHandler]:
    """The handlers of one town's LINE account, by topic.

    Args:
        messenger: With the account's access token.
        gate: The account's rate limiter, shared by everything in this process that calls LINE for it.
        token_life: A reply token older than this is not tried: the reply becomes a push.
        push_instead: Whether a reply that surely was not accepted may become a push, which counts against the quota.
        menu_id: LINE's id of a rich menu that an effect names; by default effects carry the id itself.
    """
    gate = gate or Limiter()
    quota = QuotaMark()
    push = PushHandler(db, messenger, gate, PushBatchHandler(db, messenger, gate, quota))
    return {
        "line.reply": ReplyHandler(
            messenger, gate, push=push if push_instead else None, token_life=token_life
        ),
        "line.push": push,
        "line.multicast": MulticastHandler(db, messenger, gate, quota),
        "line.broadcast": BroadcastHandler(db, messenger, gate, quota),
        "line.menu": MenuHandler(db, messenger, gate, menu_id),
    }


class PushHandler:
    """`line.push` {"citizen", "messages", "unit"?}: one person, the outbox row's id as retry key.

    Args:
        batches: Takes over what carries a {"batch"} of delivery instead.
    """

    unknown_after = RETRY_KEY_LIFE

    def __init__(
        self, db: "Database", messenger: Messenger, gate: Gate, batches: EffectHandler | None = None
    ) -> None:
        self._db = db
        self._messenger = messenger
        self._gate = gate
        self._batches = batches

    def run(self, payload: Mapping[str, Json], context: EffectContext) -> Fate:
        """Send; see `outcomes.judge` for what an answer means."""
        if self._batches is not None and "batch" in payload:
            return self._batches.run(payload, context)
        user = _reach(self._db, payload["citizen"], context)
        if not isinstance(user, str):
            return user
        return _called(
            self._gate,
            "push",
            lambda: self._messenger.push(
                user, payload["messages"], retry_key=context.id, unit=payload.get("unit")
            ),
        )

    def record(self, tx: Transaction, payload: Mapping[str, Json], fate: Fate) -> None:
        """The outbox row itself is the record; a batch has its own."""
        if self._batches is not None and "batch" in payload:
            self._batches.record(tx, payload, fate)


class MenuHandler:
    """`line.menu` {"citizen", "menu"}: link a rich menu, or unlink with an empty one. Doing it twice does no harm."""

    def __init__(
        self, db: "Database", messenger: Messenger, gate: Gate, menu_id: Callable[[str], str]
    ) -> None:
        self._db = db
        self._messenger = messenger
        self._gate = gate
        self._menu_id = menu_id

    def run(self, payload: Mapping[str, Json], context: EffectContext) -> Fate:  # noqa: ARG002 - the contract's
        """Link or unlink; takes effect at once."""
        user = _user_of(self._db, payload["citizen"])
        if user is None:
            return Dead(BLOCKED)
        menu = payload.get("menu")
        if not menu:
            return _called(self._gate, "menu.unlink", lambda: self._messenger.unlink_menu(user))
        return _called(
            self._gate, "menu.link", lambda: self._messenger.link_menu(user, self._menu_id(str(menu)))
        )

    def record(self, tx: Transaction, payload: Mapping[str, Json], fate: Fate) -> None:
        """The outbox row itself is the record."""


def _reach(db: "Database", citizen: CitizenId, context: EffectContext) -> str | Dead | Unknown:
    """The LINE userId to push to, or the fate without a call.

    A block is looked at before the first attempt only: after it LINE may have accepted the message, and asking again
    with the same key is how to know.
    """
    too_old = key_too_old(context)
    if too_old is not None:
        return too_old
    user = _user_of(db, citizen, blocked_too=context.attempt > 1)
    if user is not None:
        return user
    return (
        Dead(BLOCKED) if context.attempt <= 1 else Unknown("GL-8026 the citizen was erased between attempts")
    )


def _user_of(db: "Database", citizen: CitizenId, *, blocked_too: bool = False) -> str | None:
    from govline.store import identity

    def read(tx: Transaction) -> str | None:
        if not blocked_too and identity.blocked(tx, citizen):
            return None
        return identity.line_user_of(tx, citizen)

    return db.read(read)


def _called(gate: Gate, endpoint: str, call: Callable[[], Answer]) -> Fate:
    turn = gate.reserve(endpoint)
    if turn.refused:
        return Retry("GL-8027 LINE's rate limit, kept from our side", after=turn.refused, counts=False)
    return judge(turn.call(call))
