"""Who shares a channel with the town: what belongs to whom, where events go, what a partner may ask. Pure values."""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Final, Literal

from attrs import field, frozen, validators

from govline.core.text import normalize
from govline.core.values import frozen_set, frozen_tuple

__all__ = ["VERBS", "Calls", "Claim", "Forward", "Partner", "Verb", "owner_of"]

Verb = Literal["push", "event"]
VERBS: Final[tuple[Verb, ...]] = ("push", "event")
"""Everything that a partner can be allowed to ask for."""


def _words(values: Iterable[str]) -> frozenset[str]:
    return frozenset(_word(value) for value in values)


def _word(text: str) -> str:
    return normalize(text).casefold()


@frozen
class Claim:
    """Events that belong to a partner: it answers them, the town is silent.

    Args:
        keywords: Whole texts, compared in normal form (full and half width, case).
        postbacks: Beginnings of postback data.
        kinds: Kinds of events as the inbox names them: `message.image`, `message.sticker`, `beacon` …
        rest: Also messages and postbacks to which the town has no answer, instead of its default words.
    """

    keywords: frozenset[str] = field(default=frozenset(), converter=_words)
    postbacks: tuple[str, ...] = field(default=(), converter=frozen_tuple)
    kinds: frozenset[str] = field(default=frozenset(), converter=frozen_set)
    rest: bool = False

    def covers(self, kind: str, text: str = "", data: str = "") -> bool:
        """Whether an event is of this claim.

        Args:
            kind: As the inbox names it.
            text: Of a text message. `data`: of a postback.
        """
        if kind in self.kinds or (kind == "message.text" and _word(text) in self.keywords):
            return True
        return kind == "postback" and any(prefix and data.startswith(prefix) for prefix in self.postbacks)


@frozen
class Forward:
    """Where a partner wants the channel's events.

    Args:
        url: An https address (http on this machine only).
        receives: `own`: what it claims, `all`: a copy of everything, for a tool that answers only what it claims.
        order: `citizen`: bodies about one citizen arrive one after another; `body`: all bodies do, whoever they are about.
        timeout: Seconds that one call may take.
        keep: Seconds after which a body that was not taken is given up; events are worth little later.
    """

    url: str
    receives: Literal["own", "all"] = "own"
    order: Literal["citizen", "body"] = "citizen"
    timeout: float = field(default=10.0, validator=[validators.gt(0), validators.le(30)])
    keep: float = field(default=3600.0, validator=[validators.ge(60), validators.le(86_400)])


@frozen
class Calls:
    """What a partner may ask of the town, over its signed door.

    Args:
        secrets: The shared secrets that are valid now, newest first; a function, so that they can rotate.
        verbs: What it may ask.
        per_hour: Accepted calls in any clock hour.
        max_age: A push that says it is older than this is refused.
        drill_words: Whether a push may speak of 訓練 or tests (職業訓練のご案内); what is marked as one is refused in any case.
    """

    secrets: Callable[[], Sequence[str]] = field(repr=False)
    verbs: frozenset[str] = field(
        default=frozenset(), converter=frozen_set, validator=validators.deep_iterable(validators.in_(VERBS))
    )
    per_hour: int = field(default=600, validator=validators.ge(1))
    max_age: timedelta = timedelta(hours=1)
    drill_words: bool = False


@frozen
class Partner:
    """Another tool on the town's channel."""

    name: str = field(validator=validators.matches_re(r"[a-z][a-z0-9_]{0,30}"))
    owns: Claim = field(factory=Claim)
    forward: Forward | None = None
    calls: Calls | None = None


def owner_of(partners: Iterable[Partner], kind: str, text: str = "", data: str = "") -> str:
    """The name of the first partner who claims an event; "" where it is the town's."""
    return next((each.name for each in partners if each.owns.covers(kind, text, data)), "")
