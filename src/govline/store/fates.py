"""What becomes of an effect, before and after its handler ran. Pure decisions over a claimed row."""

import math
import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal

from attrs import frozen

from govline.core import Amend, Dead, Done, EffectHandler, Fate, Json, Retry, Unknown, Upcaster
from govline.errors import GovlineError, RateLimited
from govline.store.policies import Backoff

if TYPE_CHECKING:
    from govline.store._queries import Job

__all__ = [
    "EndState",
    "Outcome",
    "after_run",
    "before_run",
    "fate_of_error",
    "lift",
    "sound",
    "unknown_after",
]

EndState = Literal["done", "asleep", "dead", "unknown"]
_TURNS: Final = 4
"""An effect may be claimed so many times its attempts: amending begins the attempts anew, but not for ever."""
_REASON_LENGTH: Final = 200
_OWN_WAITS: Final = 5
"""So many attempts may name their own wait as it is; later ones wait at least the backoff, or a provider that is busy for
half a minute would use up a day's attempts."""
_LONGEST_WAIT: Final = timedelta(days=31)


@frozen
class Outcome:
    """What to store: the row's next state, the fate that the handler records, and when to wake a row that sleeps.

    Args:
        counts: False when the turn uses up none of the row's attempts.
    """

    state: EndState
    fate: Fate
    reason: str = ""
    wake_at: datetime | None = None
    counts: bool = True


def unknown_after(handler: EffectHandler | None) -> timedelta | None:
    """How long after the first attempt the handler's provider still knows the retry key; None: for ever."""
    found = getattr(handler, "unknown_after", None)
    return found if isinstance(found, timedelta) else None


def before_run(
    job: "Job", handler: EffectHandler | None, now: datetime, *, max_attempts: int | None = None
) -> Fate | None:
    """The fate of an effect that must not be run now, or None when it is to run.

    Args:
        max_attempts: An effect claimed more often than this never came back from its last attempts: it takes its worker
            down with it, or outlasts its lease.
    """
    if job.expires is not None and job.expires <= now:
        # an earlier attempt may have been accepted: that is not the same as never sent
        return (
            Dead("expired")
            if job.attempts <= 1
            else Unknown("expired after an attempt that may have arrived")
        )
    if handler is None:
        return Retry(f"no handler for topic {job.topic}")
    limit = unknown_after(handler)
    if limit is not None and job.attempts > 1 and now - job.first_attempt >= limit:
        return Unknown(
            f"first tried {limit.total_seconds() / 3600:.0f} h ago: the retry key is no longer known"
        )
    if max_attempts is not None and job.attempts > max_attempts:
        return Unknown(f"the last of {job.attempts - 1} attempts never came back")
    return None


def lift(
    payload: Mapping[str, Json],
    topic: str,
    version: int,
    handler: EffectHandler,
    upcasters: Mapping[tuple[str, int], Upcaster],
) -> Mapping[str, Json] | Retry:
    """The payload in the newest shape that the upcasters lead to.

    A handler that names its `version` gets no other one: a row written by a newer release waits for the new worker.
    """
    while (step := upcasters.get((topic, version))) is not None:
        payload, version = step(payload), version + 1
    wanted: Any = getattr(handler, "version", version)
    if version != wanted:
        return Retry(f"payload version {version}, this worker's handler takes {wanted}")
    return payload


def fate_of_error(error: BaseException) -> Retry:
    """A handler that raised: tried again. Only the code or the class is kept, a message may hold personal data."""
    code = error.code if isinstance(error, GovlineError) else type(error).__name__
    after = error.retry_after if isinstance(error, RateLimited) else None
    return Retry(str(code), after=after if _is_wait(after) else None)


def sound(fate: object) -> Fate:
    """The fate that a handler gave, or a retry where what it gave is none: a vendor's slip, not a broken pump."""
    if isinstance(fate, Done):
        return fate
    if not isinstance(fate, Retry | Dead | Unknown | Amend):
        return Retry(f"returned {type(fate).__name__}")
    reason: object = fate.reason
    if not isinstance(reason, str):
        return Retry(f"returned {type(fate).__name__} without a text as reason")
    if isinstance(fate, Retry) and not _is_wait(fate.after):
        return Retry(fate.reason, counts=fate.counts)
    return fate


def _is_wait(after: object) -> bool:
    if after is None:
        return True
    return (
        isinstance(after, int | float)
        and math.isfinite(after)
        and 0 <= after <= _LONGEST_WAIT.total_seconds()
    )


def after_run(
    fate: Fate,
    job: "Job",
    handler: EffectHandler | None,
    *,
    backoff: Backoff,
    rng: random.Random,
    now: datetime,
) -> Outcome:
    """What to store for a fate: a retry beyond the last attempt is dead, or unknown where one may have arrived."""
    if isinstance(fate, Done):
        return Outcome("done", fate)
    if isinstance(fate, Retry) and not fate.counts:
        wait = _wait(fate, job, backoff, rng)
        return Outcome(
            "asleep", fate, fate.reason[:_REASON_LENGTH], _wake(job, handler, now, wait), counts=False
        )
    if isinstance(fate, Retry) and job.attempts >= backoff.max_attempts:
        why = f"gave up after {job.attempts} attempts: {fate.reason}"
        # a provider that forgets retry keys is asked again because a lost answer may have meant yes
        fate = Dead(why) if unknown_after(handler) is None else Unknown(why)
    if isinstance(fate, Amend) and job.fence > _TURNS * backoff.max_attempts:
        fate = Dead(f"amended without end: {fate.reason}")
    reason = fate.reason[:_REASON_LENGTH]
    if isinstance(fate, Amend):
        return Outcome("asleep", fate, reason, now)
    if isinstance(fate, Dead):
        return Outcome("dead", fate, reason)
    if isinstance(fate, Unknown):
        return Outcome("unknown", fate, reason)
    return Outcome("asleep", fate, reason, _wake(job, handler, now, _wait(fate, job, backoff, rng)))


def _wait(fate: Retry, job: "Job", backoff: Backoff, rng: random.Random) -> timedelta:
    if fate.after is None:
        return backoff.wait(job.attempts, rng)
    own = timedelta(seconds=fate.after)
    return own if job.attempts <= _OWN_WAITS or not fate.counts else max(own, backoff.wait(job.attempts, rng))


def _wake(job: "Job", handler: EffectHandler | None, now: datetime, wait: timedelta) -> datetime:
    """Not later than the moment at which waiting has become pointless, so that the fate is known in time."""
    ends = [job.expires] if job.expires is not None else []
    limit = unknown_after(handler)
    if limit is not None:
        ends.append(job.first_attempt + limit)
    return min([now + wait, *(max(end, now) for end in ends)])
