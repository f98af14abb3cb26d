"""What becomes of an effect, before and after its handler ran. Pure decisions over a claimed row."""

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

__all__ = ["EndState", "Outcome", "after_run", "before_run", "fate_of_error", "lift", "unknown_after"]

EndState = Literal["done", "asleep", "dead", "unknown"]
_REASON_LENGTH: Final = 200


@frozen
class Outcome:
    """What to store: the row's next state, the fate that the handler records, and when to wake a row that sleeps."""

    state: EndState
    fate: Fate
    reason: str = ""
    wake_at: datetime | None = None


def unknown_after(handler: EffectHandler | None) -> timedelta | None:
    """How long after the first attempt the handler's provider still knows the retry key; None: for ever."""
    found: timedelta | None = getattr(handler, "unknown_after", None)
    return found


def before_run(job: "Job", handler: EffectHandler | None, now: datetime) -> Fate | None:
    """The fate of an effect that must not be run now, or None when it is to run."""
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
    return Retry(code, after=error.retry_after if isinstance(error, RateLimited) else None)


def after_run(
    fate: Fate,
    job: "Job",
    handler: EffectHandler | None,
    *,
    backoff: Backoff,
    rng: random.Random,
    now: datetime,
) -> Outcome:
    """What to store for a fate: a retry beyond the last attempt is dead."""
    if isinstance(fate, Done):
        return Outcome("done", fate)
    if isinstance(fate, Retry) and job.attempts >= backoff.max_attempts:
        fate = Dead(f"gave up after {job.attempts} attempts: {fate.reason}")
    reason = fate.reason[:_REASON_LENGTH]
    if isinstance(fate, Amend):
        return Outcome("asleep", fate, reason, now)
    if isinstance(fate, Dead):
        return Outcome("dead", fate, reason)
    if isinstance(fate, Unknown):
        return Outcome("unknown", fate, reason)
    wait = backoff.wait(job.attempts, rng) if fate.after is None else timedelta(seconds=fate.after)
    return Outcome("asleep", fate, reason, _wake(job, handler, now, wait))


def _wake(job: "Job", handler: EffectHandler | None, now: datetime, wait: timedelta) -> datetime:
    """Not later than the moment at which waiting has become pointless, so that the fate is known in time."""
    ends = [job.expires] if job.expires is not None else []
    limit = unknown_after(handler)
    if limit is not None:
        ends.append(job.first_attempt + limit)
    return min([now + wait, *(max(end, now) for end in ends)])
