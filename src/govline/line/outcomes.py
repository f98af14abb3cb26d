"""What an answer of LINE means for an outbox row: done, retry with the same key, dead, or unknown.

Source of the rules: https://developers.line.biz/en/docs/messaging-api/retrying-api-request/ ; LINE documents retries for 500
and timeouts only, 502 to 504 are taken the same way because the retry key makes a repeat harmless.
"""

from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from govline.core import Dead, Done, EffectContext, Fate, Retry, Unknown
from govline.line.messenger import Answer

__all__ = ["RETRY_KEY_LIFE", "Busy", "busy_kind", "judge", "key_too_old", "reply_token_refused"]

RETRY_KEY_LIFE: Final = timedelta(hours=24)
"""How long LINE remembers a retry key, from the first request."""

_RATE_AFTER: Final = 1.0
_AUDIENCE_AFTER: Final = 30.0


class Busy(Enum):
    """The three meanings of a 429; LINE tells them apart by the message only, and sends no Retry-After."""

    RATE = "rate"
    AUDIENCE = "audience"
    QUOTA = "quota"


def busy_kind(message: str) -> Busy:
    """Which limit a 429 speaks of; an unknown text counts as the rate limit, which is safe to retry."""
    text = message.casefold()
    if "monthly limit" in text or "monthly quota" in text:
        return Busy.QUOTA
    return Busy.AUDIENCE if "audience" in text or "concurren" in text else Busy.RATE


def judge(answer: Answer) -> Fate:
    """The fate of a call that may be repeated: one with a retry key, or one that is idempotent by nature.

    Returns:
        `Done` for 2xx and for 409 (an earlier attempt was accepted); `Retry` for no answer, 5xx, 408 and the passing
        429s; `Dead` for every other refusal, with LINE's words, and for the monthly quota (GL-8021).
    """
    if answer.ok:
        return Done({"request_id": answer.request_id})
    if answer.status == 409:
        return Done({"request_id": answer.request_id, "accepted_request_id": answer.accepted_id})
    if answer.status == 429:
        return _busy(answer)
    if answer.ambiguous or not answer.left or answer.status == 408:
        return Retry(f"GL-8020 {_heard(answer)}")
    return Dead(f"GL-8022 {_heard(answer)}")


def key_too_old(context: EffectContext) -> Unknown | None:
    """`Unknown` when LINE may have forgotten the row's retry key: sending again could send twice."""
    if context.attempt > 1 and _age(context.now, context.first_attempt) >= RETRY_KEY_LIFE:
        return Unknown("GL-8024 the retry key is older than 24 hours")
    return None


def reply_token_refused(answer: Answer) -> bool:
    """Whether LINE said that the reply token is used up or expired."""
    return answer.status == 400 and "reply token" in answer.message.casefold()


def _busy(answer: Answer) -> Fate:
    kind = busy_kind(answer.message)
    if kind is Busy.QUOTA:
        return Dead(f"GL-8021 the monthly message quota is used up: {answer.message}")
    return Retry(f"GL-8023 429 {kind.value}", after=_RATE_AFTER if kind is Busy.RATE else _AUDIENCE_AFTER)


def _heard(answer: Answer) -> str:
    return f"{answer.status or 'no answer'} {answer.message}".strip()


def _age(now: datetime, then: datetime) -> timedelta:
    return now - then
