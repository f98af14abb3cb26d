"""What can be wrong between a slot and what came before it: intervals that no slot keeps, links that no pair keeps, rows of the list. Pure."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from govline.calendar.model import Link, Programme, SlotPlan
from govline.calendar.preflight.windows import Fault
from govline.calendar.terms import Interval
from govline.core.jst import to_jst

__all__ = ["Reach", "Terms", "sequence_faults"]

Reach = Mapping[str, tuple[date, date]]
"""First and last day on which a programme can have slots."""
Terms = Mapping[tuple[date | None, date | None], int]
"""Rows of the eligibility list by 前回の日 and 有効期限."""
_DAY = timedelta(days=1)


def sequence_faults(
    programme: Programme, ahead: Sequence[SlotPlan], reach: Reach | None, entries: Terms | None
) -> Iterator[Fault]:
    """Intervals and links that nobody can keep, and rows of the list that no slot is for.

    Args:
        ahead: Slots to come, in order.
        reach: None where the other programmes are not known. `entries`: None where no list was looked at.
    """
    days = sorted({to_jst(slot.starts).date() for slot in ahead})
    interval = programme.policy.interval
    if interval is not None:
        yield from _interval_faults(programme, interval, days, reach or {})
    if programme.link is not None and reach is not None:
        yield from _link_faults(programme, programme.link, days, reach)
        yield from _pair_faults(programme, programme.link)
    if entries is not None and programme.policy.eligibility is not None:
        yield from _entry_faults(interval, days, entries)


def _interval_faults(
    programme: Programme, rule: Interval, days: Sequence[date], reach: Reach
) -> Iterator[Fault]:
    listed = programme.policy.eligibility is not None  # the list may name an earlier event
    key = ("policy", "interval")
    if listed or not rule.required:
        return
    if rule.after == programme.id:
        text = "前の回がこの予約自身なので、最初の予約をだれもできません。"
        yield "GL-2222", "error", text, "interval に required: false を書く", key
        return
    if rule.after not in reach or not days:
        return
    first, last = reach[rule.after]
    least = _later(first, rule.least)
    most = None if rule.most is None else _later(last, rule.most)
    if not _some_day(days, least, most):
        text = f"「{rule.after}」の枠から決められた間隔に当たる枠が、一つもありません。"
        yield "GL-2222", "error", text, "interval の days か、枠の日付を直す", key


def _link_faults(programme: Programme, link: Link, days: Sequence[date], reach: Reach) -> Iterator[Fault]:
    other = link.to or programme.id
    if other not in reach:
        yield (
            "GL-2218", "error", f"続きの回として書かれた「{other}」という種類はないか、枠がありません。",
            f"ある種類: {'、'.join(sorted(reach))}", ("linked", "to"),
        )  # fmt: skip
        return
    if not days:
        return
    first, last = reach[other]
    most = None if link.most is None else _later(days[-1], link.most)
    if _later(days[0], link.least) > last or (most is not None and first > most):
        text = f"この枠から決められた間隔に当たる「{other}」の枠が、一つもありません。"
        yield "GL-2222", "error", text, "linked の日数か、枠の日付を直す", ("linked",)


def _pair_faults(programme: Programme, link: Link) -> Iterator[Fault]:
    """What keeps one person from two bookings of one programme."""
    if link.to not in ("", programme.id):
        return
    if programme.policy.limit == 1:
        text = "limit が 1 なので、続きの回を一緒に予約できません。"
        yield "GL-2222", "error", text, "limit を 2 以上にする", ("policy", "limit")
    if programme.policy.eligibility is not None:
        text = "一覧の一行で有効な予約は一つなので、一行だけの方は続きの回を一緒に予約できません。"
        fix = "続きの回を別の種類に分けるか、一人に二行を載せる"
        yield "GL-2222", "warning", text, fix, ("policy", "eligibility")


def _entry_faults(rule: Interval | None, days: Sequence[date], entries: Terms) -> Iterator[Fault]:
    rows = sum(
        number for (earlier, until), number in entries.items() if not _fits(rule, days, earlier, until)
    )
    if rows and days:
        yield (
            "GL-2223", "warning", f"一覧の{rows:,}件は、有効期限までに、または前回の日からの間隔で、予約できる枠がありません。",
            "枠の日付か、一覧の有効期限と前回の日を確かめる", ("policy", "eligibility"),
        )  # fmt: skip


def _fits(rule: Interval | None, days: Sequence[date], earlier: date | None, until: date | None) -> bool:
    least, most = None, until
    if rule is not None and earlier is not None:
        least = _later(earlier, rule.least)
        if rule.most is not None:
            most = min(each for each in (until, _later(earlier, rule.most)) if each is not None)
    return _some_day(days, least, most)


def _some_day(days: Sequence[date], least: date | None, most: date | None) -> bool:
    """Whether one of these days lies between the two, both included."""
    at = 0 if least is None else bisect_left(days, least)
    return at < len(days) and (most is None or days[at] <= most)


def _later(day: date, days: int) -> date:
    return day + min(days * _DAY, date.max - day)
