"""What can be wrong with the reception of classes of citizens: windows that never open, or open while nobody is there. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime, time

from govline.calendar.labels import when
from govline.calendar.model import Policy, SlotFacts, SlotPlan
from govline.calendar.reception import Opens, open_to_all, opening
from govline.calendar.rules import BusinessDay, deadline
from govline.core.jst import to_jst

__all__ = ["Fault", "window_faults"]

Fault = tuple[str, str, str, str, tuple[str | int, ...]]
"""Code, level, sentence, remedy, key."""
_DAY_BEGINS, _DAY_ENDS = time(7), time(22)


def window_faults(
    policy: Policy, ahead: Sequence[SlotPlan], now: datetime, business_day: BusinessDay
) -> Iterator[Fault]:
    """Windows that never open, windows that let nobody in before everybody may, openings to come on closed days or at night."""
    own: tuple[str | int, ...] = ("policy",)
    yield from _instant_faults("受付", policy.opens, (*own, "opens"), now, business_day)
    for number, window in enumerate(policy.windows):
        key = (*own, "windows", number)
        name = f"「{window.name}」の受付"
        yield from _instant_faults(name, window.opens, (*key, "opens"), now, business_day)
        if not any(_reaches(window, policy, slot, business_day) for slot in ahead) and ahead:
            text = f"{name}は、どの枠にも開きません(終了か予約の締切が先に来ます)。"
            yield "GL-2204", "error", text, "opens と closes、枠の日付を見直す", key
        elif open_to_all(policy) and ahead and all(_later(window, policy, slot) for slot in ahead):
            text = f"{name}は、全員の受付より遅く始まるので、意味がありません。"
            yield "GL-2219", "warning", text, "opens を全員の受付より早くする", key
    if policy.opens is not None and policy.closes is not None and policy.closes <= policy.opens:
        text = "受付の終了が開始より先です。"
        yield "GL-2204", "error", text, "closes を opens より後にする", (*own, "closes")


def _reaches(window: Opens, policy: Policy, slot: SlotPlan, business_day: BusinessDay) -> bool:
    opens = opening(window, SlotFacts(starts=slot.starts, capacity=slot.capacity))
    too_late = min(slot.starts, deadline(policy.book, slot.starts, business_day=business_day))
    ends = [each for each in (window.closes, policy.closes, too_late) if each is not None]
    return opens is None or opens < min(ends)


def _later(window: Opens, policy: Policy, slot: SlotPlan) -> bool:
    facts = SlotFacts(starts=slot.starts, capacity=slot.capacity)
    own, all_ = opening(window, facts), opening(policy, facts)
    return own is not None and all_ is not None and own >= all_


def _instant_faults(
    name: str, opens: datetime | None, key: tuple[str | int, ...], now: datetime, business_day: BusinessDay
) -> Iterator[Fault]:
    if opens is None or opens <= now:  # what has begun can be mended no more
        return
    here = to_jst(opens)
    if not business_day(here.date()):
        text = f"{name}は閉庁日({when(opens)})に始まります。困った方が電話できません。"
        yield "GL-2212", "warning", text, "開庁日の朝にする", key
    elif not _DAY_BEGINS <= here.time() < _DAY_ENDS:
        text = f"{name}は夜間({when(opens)})に始まります。見守る職員がいません。"
        yield "GL-2212", "warning", text, "開庁時間にする", key
