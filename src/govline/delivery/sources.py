"""What machines may send: the guard rails of mail-in, L-Alert and feeds, as a pure decision. Whatever does not fit is held.

Drawn from incidents: 40 old messages forwarded at 01:12 (age, budget), an alert repeated (duplicate key), a test text sent as
real (drill marks, two people).
"""

import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from attrs import field, frozen, validators

from govline.core.clock import aware
from govline.core.ids import Id
from govline.core.talk import Message
from govline.core.values import Json, Reason, frozen_set, frozen_tuple
from govline.delivery.drills import is_real_status, mentions, says_so, strings

__all__ = [
    "Accepted",
    "Held",
    "Incoming",
    "IncomingFacts",
    "Source",
    "held_back",
    "is_drill",
    "mentions_drill",
    "refused",
]

_SENTENCES: Final = {
    "GL-1076": "許可されていない送信元です。",
    "GL-1077": "訓練・試験の印があるため、住民には配信しません。",
    "GL-1078": "日時が古すぎます。",
    "GL-1079": "日時が未来です。",
    "GL-1080": "同じ内容をすでに受け付けています。",
    "GL-1081": "この配信元の、1時間あたりの上限に達しています。",
    "GL-1082": "この配信元は、二人の職員の確認後に配信します。",
    "GL-1083": "必要な印(条件の文字列)がありません。",
    "GL-1084": "訓練・試験を思わせる語があります。",
    "GL-1088": "電文の状態が「通常」と確認できません。",
}


@frozen
class Source:
    """A machine that may ask for deliveries, as the town declared it.

    Args:
        name: Also the source of its runs. `campaign`: what its runs belong to; the name where omitted.
        selection: Whom it reaches: `{"by": name, …}`.
        senders: Who may speak for it: exact addresses or client names, compared without case. Nobody where empty.
        marks: Texts that must all stand in the subject or body, else it is held.
        max_age: Older than this is stale. `ahead`: further in the future than this is not believed.
        duplicate_window: The same key or the same words within it are one message.
        per_hour: Deliveries in any 60 minutes; the next is held.
        emergency: Passes quiet hours, caps and opt-outs. `topic`: who opted out of it is left out.
        needs_release: Nothing goes without two members of staff.
    """

    name: str
    selection: Mapping[str, Json] = field(hash=False)
    senders: frozenset[str] = field(default=(), converter=frozen_set)
    marks: tuple[str, ...] = field(default=(), converter=frozen_tuple)
    max_age: timedelta = timedelta(hours=1)
    ahead: timedelta = timedelta(minutes=5)
    duplicate_window: timedelta = timedelta(days=1)
    per_hour: int = field(default=40, validator=validators.ge(0))
    emergency: bool = False
    topic: str = ""
    needs_release: bool = False
    campaign: str = ""


@frozen
class Incoming:
    """What a machine offers.

    Args:
        sender: Who it says it is, as the transport has proven it.
        key: Its own id of the message: Message-ID, document UUID with revision, area and status.
        dated: When it was written, with a zone (GL-0003 without).
        messages: What citizens would read.
        subject, body: The original words; marks are looked for there and in the messages.
        status: The telegram's control status (通常, 訓練, 試験; Actual, Exercise, Test); "" where there is none.
    """

    sender: str = field(repr=False)
    key: str
    dated: datetime = field(converter=aware)
    messages: tuple[Message, ...] = field(converter=frozen_tuple, repr=False)
    subject: str = field(default="", repr=False)
    body: str = field(default="", repr=False)
    status: str = ""


@frozen(kw_only=True)
class IncomingFacts:
    """What the decision needs of the town: the time, whether it came before, how many went in the last hour."""

    now: datetime
    duplicate: bool = False
    taken: int = 0


@frozen
class Accepted:
    """It goes out as this run."""

    id: Id
    run: Id


@frozen
class Held:
    """It waits for staff: `release` by two of them sends it, `refuse` ends it."""

    id: Id
    reasons: tuple[Reason, ...] = field(converter=frozen_tuple)


def refused(source: Source, incoming: Incoming, facts: IncomingFacts) -> tuple[Reason, ...]:
    """Why it will never be sent: a stranger, a drill, or a repetition. Staff cannot release it."""
    found = []
    if _address(incoming.sender) not in {_address(sender) for sender in source.senders}:
        found.append(_reason("GL-1076"))
    if is_drill(incoming):
        found.append(_reason("GL-1077"))
    if facts.duplicate:
        found.append(_reason("GL-1080", window_seconds=int(source.duplicate_window.total_seconds())))
    return tuple(found)


def held_back(source: Source, incoming: Incoming, facts: IncomingFacts) -> tuple[Reason, ...]:
    """Why staff have to look at it first; every reason at once."""
    age = facts.now - incoming.dated
    words = _fold(f"{incoming.subject}\n{incoming.body}")
    missing = [mark for mark in source.marks if _fold(mark) not in words]
    found = []
    if mentions_drill(incoming):
        found.append(_reason("GL-1084"))
    if not is_real_status(incoming.status):
        found.append(_reason("GL-1088"))
    if missing:
        found.append(_reason("GL-1083", missing=missing))
    if age > source.max_age:
        found.append(_reason("GL-1078", age_seconds=int(age.total_seconds())))
    if -age > source.ahead:
        found.append(_reason("GL-1079", ahead_seconds=int(-age.total_seconds())))
    if facts.taken >= source.per_hour:
        found.append(_reason("GL-1081", limit=source.per_hour))
    if source.needs_release:
        found.append(_reason("GL-1082"))
    return tuple(found)


def is_drill(incoming: Incoming) -> bool:
    """Whether status, head of the subject, brackets or a phrase say that this is a drill or test."""
    return says_so(incoming.status, incoming.subject, _all_words(incoming))


def mentions_drill(incoming: Incoming) -> bool:
    """Whether a word of a drill or test stands anywhere."""
    return mentions(_all_words(incoming))


def _all_words(incoming: Incoming) -> str:
    shown = strings([each.to_line() for each in incoming.messages])
    return "\n".join((incoming.status, incoming.subject, incoming.body, *shown))


def _address(sender: str) -> str:
    """Case is folded in ASCII only: elsewhere folding makes one address of two (ſ and s, K and k)."""
    return sender.lower() if sender.isascii() else sender


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _reason(code: str, **help_: Json) -> Reason:
    return Reason(code, _SENTENCES[code], help_)
