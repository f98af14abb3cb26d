"""The pure decisions of delivery: caps, drift, quiet hours, who may approve, what an approval is bound to."""

import hashlib
import json
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from types import MappingProxyType
from typing import Any, Final

from attrs import field, frozen, validators

from govline.core.holidays import HolidayCalendar
from govline.core.jst import JST
from govline.core.values import Reason, frozen_map

__all__ = [
    "MESSAGES",
    "UNITS_PER_MONTH",
    "Caps",
    "Drift",
    "Quiet",
    "Rules",
    "SendFacts",
    "approval_refusals",
    "busiest",
    "content_digest",
    "over_send_cap",
    "person",
    "reason",
    "send_refusals",
]

UNITS_PER_MONTH: Final = 1_000
"""Distinct names of aggregation units that LINE records in a calendar month; the next is lost in silence (LINE docs)."""

MESSAGES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "GL-1060": "作成・編集した人とは別の職員が承認してください。",
        "GL-1061": "承認の依頼の後に内容が変わりました。もう一度プレビューして、承認を依頼してください。",
        "GL-1062": "有効な承認がありません。",
        "GL-1063": "1回の配信の上限人数を超えています。",
        "GL-1064": "この配信元の、一定時間あたりの配信回数の上限に達しています。",
        "GL-1065": "今月の集計単位の名前が、LINEの上限(1,000件)に達しています。",
        "GL-1066": "LINEによる検証が済んでいません。",
        "GL-1067": "承認時と対象者数が大きく変わったため、保留しました。もう一度承認してください。",
        "GL-1068": "配信の期限を過ぎています。",
        "GL-1069": "友だち全員への配信では、受け取りを止めた人や上限に達した人を除けません。",
        "GL-1071": "この状態では、その操作はできません。",
        "GL-1087": "もう一人の職員の確認を待っています。",
        "GL-1085": "元の配信がまだ終わっていません。完了を待つか、中止してください。",
    }
)
"""Staff's sentences by code; `docs/en/errors.md` explains each."""

_limit = field(default=None, validator=validators.optional(validators.ge(1)))


@frozen
class Caps:
    """Upper bounds of a town; None for no bound.

    Args:
        per_send: Recipients of one run.
        source_per_hour: Runs that one source may start in any 60 minutes. `source_per_day`: in any 24 hours.
        citizen_per_hour: Planned messages that one citizen gets in any 60 minutes. `citizen_per_day`: in any 24 hours.
            Emergencies and what a citizen asked for (reminders, garbage notices) neither count nor are held back.
    """

    per_send: int | None = _limit
    source_per_hour: int | None = _limit
    source_per_day: int | None = _limit
    citizen_per_hour: int | None = _limit
    citizen_per_day: int | None = _limit

    def of_citizen(self) -> tuple[tuple[timedelta, int], ...]:
        """(window, cap) of a citizen, those that are set."""
        both = ((timedelta(hours=1), self.citizen_per_hour), (timedelta(days=1), self.citizen_per_day))
        return tuple((window, cap) for window, cap in both if cap is not None)

    def of_source(self) -> tuple[tuple[timedelta, int], ...]:
        """(window, cap) of a source, those that are set."""
        both = ((timedelta(hours=1), self.source_per_hour), (timedelta(days=1), self.source_per_day))
        return tuple((window, cap) for window, cap in both if cap is not None)


@frozen
class Drift:
    """How far the recipients at the send may differ from the approved preview.

    Args:
        share: Of the approved count. `number`: people; the larger of the two is allowed.
    """

    share: float = field(default=0.05, validator=[validators.ge(0), validators.le(1)])
    number: int = field(default=20, validator=validators.ge(0))

    def exceeded(self, expected: int, found: int) -> bool:
        """Whether the counts differ by more than is allowed."""
        return abs(found - expected) > max(self.number, int(self.share * expected))


@frozen
class Quiet:
    """Hours in Asia/Tokyo in which nothing but an emergency leaves; may span midnight, equal times mean never."""

    start: time
    end: time

    def until(self, now: datetime) -> datetime | None:
        """The end of the quiet time that `now` lies in, or None when it does not."""
        here = now.astimezone(JST)
        clock = here.time()
        overnight = self.start > self.end
        late = overnight and clock >= self.start
        if not (late or (clock < self.end and (overnight or clock >= self.start))):
            return None
        day = here.date() + timedelta(days=1) if late else here.date()
        return datetime.combine(day, self.end, JST).astimezone(now.tzinfo)

    def to_json(self) -> list[str]:
        """`["21:00", "08:00"]`."""
        return [self.start.isoformat("minutes"), self.end.isoformat("minutes")]

    @classmethod
    def from_json(cls, pair: list[str]) -> "Quiet":
        """Of what `to_json` gave."""
        return cls(time.fromisoformat(pair[0]), time.fromisoformat(pair[1]))


@frozen
class Rules:
    """What a town has decided about its deliveries.

    Args:
        topics: Name to Japanese label; what citizens may opt out of.
        validate: Whether LINE's validation must have passed before approval is asked for.
        test_people: Most citizens that one test send may reach.
        holidays: When the office is open, for plans that come again.
    """

    caps: Caps = Caps()
    drift: Drift = Drift()
    quiet: Quiet | None = None
    topics: Mapping[str, str] = field(factory=dict, converter=frozen_map, hash=False)
    validate: bool = False
    test_people: int = 20
    holidays: HolidayCalendar = field(factory=lambda: HolidayCalendar.official().with_year_end(), hash=False)


@frozen(kw_only=True)
class SendFacts:
    """What `send_refusals` decides on.

    Args:
        emergency: Or a correction: passes the caps.
        started: By window of `Caps.of_source`: see `busiest`.
    """

    now: datetime
    digest: str
    approved: str
    expected: int | None
    expires: datetime | None = None
    emergency: bool = False
    started: tuple[int, ...] = ()


def reason(code: str, **help_: Any) -> Reason:
    """The staff's sentence of a code, with what would help."""
    return Reason(code, MESSAGES[code], help_)


def person(kind: str, name: str) -> str:
    """`kind:id` of an actor, the same however their login was typed: without case, width, blanks and invisible signs."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    seen = "".join(each for each in folded if unicodedata.category(each)[0] not in "CZ")
    return f"{kind}:{seen}"


def busiest(moments: Sequence[datetime], moment: datetime, window: timedelta) -> int:
    """The most of `moments` that lie in one window together with `moment`; sendings planned ahead count when they leave."""
    starts = [each for each in (*moments, moment) if moment - window < each <= moment]
    return max(sum(start <= each < start + window for each in moments) for start in starts)


def content_digest(content: Mapping[str, Any]) -> str:
    """SHA-256 over everything that an approval is bound to, as canonical JSON; hex."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def approval_refusals(
    *, actor: str, staff: bool, makers: frozenset[str], seen: str, digest: str
) -> tuple[Reason, ...]:
    """Why this person may not approve: not a second member of staff, or not what they saw.

    Args:
        actor: `kind:id` of who approves; `makers`: of everybody who planned or edited.
        seen: The content hash that the approver was shown; `digest`: the plan's own.
    """
    found = []
    if not staff or actor in makers:
        found.append(reason("GL-1060"))
    if seen != digest:
        found.append(reason("GL-1061"))
    return tuple(found)


def over_send_cap(caps: Caps, count: int, *, emergency: bool) -> tuple[Reason, ...]:
    """Whether one run would reach more people than a run may; an emergency reaches everybody."""
    if emergency or caps.per_send is None or count <= caps.per_send:
        return ()
    return (reason("GL-1063", limit=caps.per_send, count=count),)


def send_refusals(rules: Rules, facts: SendFacts) -> tuple[Reason, ...]:
    """Every reason against sending an approved plan now; emergencies pass the caps, nothing passes the approval."""
    found = []
    if not facts.approved:
        found.append(reason("GL-1062"))
    elif facts.approved != facts.digest:
        found.append(reason("GL-1061"))
    if facts.expires is not None and facts.expires <= facts.now:
        found.append(reason("GL-1068", expired=facts.expires.isoformat()))
    found += over_send_cap(rules.caps, facts.expected or 0, emergency=facts.emergency)
    for (window, cap), started in zip(rules.caps.of_source(), facts.started, strict=False):
        if started >= cap and not facts.emergency:
            found.append(reason("GL-1064", limit=cap, seconds=int(window.total_seconds())))
    return tuple(found)
