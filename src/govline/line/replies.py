"""`line.reply`: answer while the token lives, never twice, and a push only when the reply surely did not happen.

LINE takes no retry key for a reply, but takes one for a push: the effect's own id. The push is the same effect with another
payload, so it keeps its place among the replies to the citizen. So:

    token too old before the first attempt            -> push
    first attempt refused for the token, by the rate,
      or the request never left                       -> push: nothing can have been accepted
    no answer, or 5xx                                 -> the same token again: it works once, so at most one is accepted
    token refused after such an attempt               -> unknown: LINE may have accepted the lost one. Never a push.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from govline.core import Amend, Dead, EffectContext, EffectHandler, Fate, Json, Retry, Transaction, Unknown
from govline.line.limiter import Gate
from govline.line.messenger import Answer, Messenger
from govline.line.outcomes import RETRY_KEY_LIFE, Busy, busy_kind, judge, reply_token_refused

__all__ = ["REPLY_TOKEN_LIFE", "ReplyHandler"]

REPLY_TOKEN_LIFE: Final = timedelta(seconds=50)
"""LINE says about a minute (unconfirmed); ten seconds are left for the call itself."""

_AGAIN: Final = 1.0
_INSTEAD: Final = "push_instead"


class ReplyHandler:
    """`line.reply` {"citizen", "reply_token", "messages"}.

    Args:
        token_life: Age of the effect beyond which its token is not tried any more.
        push: Carries out the push that takes the place of a reply that surely was not accepted. It counts against the
            month's quota and needs a citizen; without it such a reply ends dead.
    """

    unknown_after = RETRY_KEY_LIFE

    def __init__(
        self,
        messenger: Messenger,
        gate: Gate,
        *,
        push: EffectHandler | None = None,
        token_life: timedelta = REPLY_TOKEN_LIFE,
    ) -> None:
        self._messenger = messenger
        self._gate = gate
        self._push = push
        self._token_life = token_life

    def run(self, payload: Mapping[str, Json], context: EffectContext) -> Fate:
        """Reply, or push where an earlier attempt decided so."""
        if self._push is not None and payload.get(_INSTEAD):
            return self._push.run(payload, context)
        first = context.attempt <= 1
        if context.now - context.enqueued >= self._token_life:
            why = "GL-8030 the reply token is too old"
            return (
                self._instead(payload, why) if first else Unknown(f"{why}, and an attempt may have arrived")
            )
        turn = self._gate.reserve("reply")
        if turn.refused:
            why = "GL-8027 LINE's rate limit, kept from our side"
            return self._instead(payload, why) if first else Retry(why, after=turn.refused, counts=False)
        answer = turn.call(lambda: self._messenger.reply(payload["reply_token"], payload["messages"]))
        return self._first(payload, answer) if first else _later(answer)

    def record(self, tx: Transaction, payload: Mapping[str, Json], fate: Fate) -> None:
        """The outbox row itself is the record."""

    def _first(self, payload: Mapping[str, Json], answer: Answer) -> Fate:
        rate = answer.status == 429 and busy_kind(answer.message) is not Busy.QUOTA
        if reply_token_refused(answer) or not answer.left or rate:
            return self._instead(payload, f"GL-8031 the reply was not accepted: {answer.message}")
        return _ambiguous(answer) if answer.ambiguous else judge(answer)

    def _instead(self, payload: Mapping[str, Json], why: str) -> Fate:
        if self._push is None or not payload.get("citizen"):
            return Dead(why)
        kept = {"citizen": payload["citizen"], "messages": payload["messages"]}
        return Amend({**kept, _INSTEAD: True}, why)


def _later(answer: Answer) -> Fate:
    """An answer after an attempt whose outcome is not known."""
    if reply_token_refused(answer):
        return Unknown("GL-8032 the reply token is used up, perhaps by the attempt without an answer")
    if answer.ambiguous or not answer.left or answer.status == 429:
        return _ambiguous(answer)
    return judge(answer)


def _ambiguous(answer: Answer) -> Retry:
    return Retry(f"GL-8020 {answer.status or 'no answer'} {answer.message}".strip(), after=_AGAIN)
