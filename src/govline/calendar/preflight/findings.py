"""Before reception opens: what in a programme cannot work, and what staff do about it. Pure.

An `error` keeps citizens from booking or turns them away for nothing; a `warning` is what a colleague would ask about.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal

from attrs import evolve, field, frozen

from govline.calendar.labels import day_label, when
from govline.calendar.model import CutOff, Programme, SlotFacts, SlotPlan
from govline.calendar.planning import Holiday, asked, no_holidays, plan
from govline.calendar.preflight.rooms import room_faults
from govline.calendar.preflight.sequence import Reach, Terms, sequence_faults
from govline.calendar.preflight.windows import Fault, window_faults
from govline.calendar.reception import Opens, open_to_all, opening
from govline.calendar.rules import BusinessDay, deadline, weekdays_only
from govline.core.jst import to_jst

__all__ = ["Finding", "TownFacts", "placed", "preflight"]

_WEEKS: Final = 6


def _names(given: Iterable[str] | None) -> frozenset[str] | None:
    return None if given is None else frozenset(given)


@frozen
class Finding:
    """Something to mend before reception opens.

    Args:
        code: `GL-22nn`. `level`: whether it keeps citizens from booking.
        text: A sentence for staff. `remedy`: what they do.
        programme: Its id. `key`: where in its settings: `policy.windows.0.opens`.
        file, line: Of its file, where it came from one.
    """

    code: str
    level: Literal["error", "warning"]
    text: str
    remedy: str
    programme: str
    key: str = ""
    file: str = ""
    line: int = 0

    def to_json(self) -> dict[str, Any]:
        """For machines."""
        names = ("code", "level", "text", "remedy", "programme", "key", "file", "line")
        return {name: getattr(self, name) for name in names}


@frozen
class TownFacts:
    """What the town knows besides the programme.

    Args:
        business_day: Days on which it works. `holiday`: national holidays. `holidays_until`: the last day that its table knows.
        programmes: Ids of all programmes; None where it is not known.
        attributes: Names of the declared attributes; None where it is not known.
        cohorts: Rows of the eligibility list by cohort; None where no list was looked at.
        weeks: How early to warn of dates that run out.
        reach: First and last slot day by programme; None where it is not known.
        entries: Rows of the list that nobody has booked with, by 前回の日 and 有効期限; None where no list was looked at.
        booked: Rows of the list whose holder has booked or has come: they need no place any more.
    """

    business_day: BusinessDay = weekdays_only
    holiday: Holiday = no_holidays
    holidays_until: date | None = None
    programmes: frozenset[str] | None = field(default=None, converter=_names)
    attributes: frozenset[str] | None = field(default=None, converter=_names)
    cohorts: Mapping[str, int] | None = field(default=None, hash=False)
    weeks: int = _WEEKS
    reach: Reach | None = field(default=None, hash=False)
    entries: Terms | None = field(default=None, hash=False)
    booked: int = 0


_ALONE: Final = TownFacts()


def preflight(programme: Programme, now: datetime, facts: TownFacts = _ALONE) -> list[Finding]:
    """Everything that is wrong or odd with a programme, errors first.

    Args:
        programme: As the definition gives it.
        now: The instant to judge at, aware.
        facts: What is known of the town; checks for which something is not known are left out.
    """
    facts = _guarded(facts)
    today = to_jst(now).date()
    slots = plan(programme, today, holiday=facts.holiday)
    ahead = [slot for slot in slots if slot.starts > now]
    checks: Sequence[Iterator[Fault]] = (
        _date_faults(programme, slots, ahead, now, facts),
        _reach_faults(programme, ahead, now, facts),
        window_faults(programme.policy, ahead, now, facts.business_day),
        _cut_off_faults(programme, ahead, facts),
        room_faults(programme, asked(programme, today, holiday=facts.holiday), ahead),
        sequence_faults(programme, ahead, facts.reach, facts.entries),
        _list_faults(programme, ahead, facts),
        _name_faults(programme, facts),
    )
    found = [
        Finding(
            code,
            "error" if level == "error" else "warning",
            text,
            remedy,
            programme.id,
            ".".join(map(str, key)),
        )
        for check in checks
        for code, level, text, remedy, key in check
    ]
    return sorted(found, key=lambda each: each.level != "error")


def _guarded(facts: TownFacts) -> TownFacts:
    """Beyond the end of its table no day is a holiday; that it ends is a finding of its own."""
    last = facts.holidays_until
    if last is None:
        return facts
    return evolve(
        facts,
        holiday=lambda day: day <= last and facts.holiday(day),
        business_day=lambda day: facts.business_day(day) if day <= last else weekdays_only(day),
    )


# --- dates ---


def _date_faults(
    programme: Programme,
    slots: Sequence[SlotPlan],
    ahead: Sequence[SlotPlan],
    now: datetime,
    facts: TownFacts,
) -> Iterator[Fault]:
    if not programme.rules:
        return
    if not slots:
        yield (
            "GL-2201", "error", "枠が一つもできません。日付、曜日、休みの日が打ち消し合っています。",
            "slots の dates と weekdays、closed を見直す", ("slots",),
        )  # fmt: skip
        return
    last = to_jst(slots[-1].starts).date()
    if not ahead:
        text = f"最後の枠({day_label(last)})はもう過ぎています。"
        yield "GL-2202", "error", text, "slots に次の期間を書く", ("slots",)
    elif not any(rule.rolling and rule.until is None for rule in programme.rules) and last < to_jst(
        now
    ).date() + timedelta(weeks=facts.weeks):
        text = f"枠は{day_label(last)}で終わり、その先がありません。"
        yield "GL-2203", "warning", text, "続けるなら、slots に次の期間を書く", ("slots",)
    counted = programme.closed_on_holidays or any(
        cut.business_days for cut in (programme.policy.book, programme.policy.change, programme.policy.cancel)
    )
    if counted and facts.holidays_until is not None and facts.holidays_until < last:
        text = f"祝日の表は{day_label(facts.holidays_until)}までで、最後の枠({day_label(last)})に足りません。"
        yield "GL-2211", "error", text, "新しい祝日の表を読み込む", ("closed_on_holidays",)


# --- reception and cut-offs ---


def _reach_faults(
    programme: Programme, ahead: Sequence[SlotPlan], now: datetime, facts: TownFacts
) -> Iterator[Fault]:
    """Slots that nobody can ever book: reception ends before it opens for them, or the cut-off comes first."""
    policy = programme.policy
    if policy.closes is not None and policy.closes <= now:
        text = f"受付は{when(policy.closes)}に終わっています。"
        yield "GL-2207", "error", text, "closes を先の日時にする", ("policy", "closes")
        return
    outside: list[SlotPlan] = []
    late: list[SlotPlan] = []
    past: list[SlotPlan] = []
    for slot in ahead:
        opens = _first_opening(programme, slot)
        if policy.closes is not None and policy.closes <= (opens or now):
            outside.append(slot)
        elif deadline(policy.book, slot.starts, business_day=facts.business_day) <= (opens or now):
            (late if opens else past).append(slot)
    if ahead and len(past) == len(ahead):
        text = "これからの枠は、どれも予約の締切を過ぎています。"
        yield (
            "GL-2206",
            "warning",
            text,
            "続けるなら、slots に次の期間を書くか、book_until を短くする",
            ("policy", "book_until"),
        )
    if outside:
        key = "closes" if policy.closes is not None else "opens"
        yield (
            "GL-2205", _level(outside, ahead), f"受付期間に入らない枠が{len(outside)}件あります(最初は{when(outside[0].starts)})。",
            "受付期間(opens、closes)か枠の日付を直す", ("policy", key),
        )  # fmt: skip
    if late:
        yield (
            "GL-2206", _level(late, ahead), f"受付が始まる前に予約の締切が来る枠が{len(late)}件あります(最初は{when(late[0].starts)})。",
            "book_until を短くするか、受付を早く始める", ("policy", "book_until"),
        )  # fmt: skip


def _level(wrong: Sequence[SlotPlan], ahead: Sequence[SlotPlan]) -> str:
    return "error" if len(wrong) == len(ahead) else "warning"


def _first_opening(programme: Programme, slot: SlotPlan) -> datetime | None:
    """When the first class of citizens may book it; None where one may from the beginning."""
    policy = programme.policy
    general: list[Opens] = [policy] if open_to_all(policy) else []
    facts = SlotFacts(starts=slot.starts, capacity=slot.capacity)
    each = [opening(window, facts) for window in [*general, *policy.windows]]
    known = [instant for instant in each if instant is not None]
    return min(known) if len(known) == len(each) else None


def _cut_off_faults(programme: Programme, ahead: Sequence[SlotPlan], facts: TownFacts) -> Iterator[Fault]:
    """Slots of which no booking can ever be cancelled. That who books late cannot is the town's own choice, and common."""
    policy = programme.policy

    def ends(cut: CutOff, slot: SlotPlan) -> datetime:
        return min(slot.starts, deadline(cut, slot.starts, business_day=facts.business_day))

    first = [(slot, _first_opening(programme, slot)) for slot in ahead]
    stuck = [
        slot
        for slot, opens in first
        if opens is not None and ends(policy.cancel, slot) <= opens < ends(policy.book, slot)
    ]
    if stuck:
        text = f"受付が始まるときには取消の締切を過ぎている枠が{len(stuck)}件あります(最初は{when(stuck[0].starts)})。予約した方は、だれも取り消せません。"
        yield (
            "GL-2208",
            "warning",
            text,
            "cancel_until を遅くするか、受付を早く始める",
            ("policy", "cancel_until"),
        )


# --- lists, names ---


def _list_faults(programme: Programme, ahead: Sequence[SlotPlan], facts: TownFacts) -> Iterator[Fault]:
    policy, cohorts = programme.policy, facts.cohorts
    asked = policy.who.cohorts.union(*(window.who.cohorts for window in policy.windows))
    if policy.eligibility is None and asked:
        text = f"区分({'、'.join(sorted(asked))})を条件にしていますが、対象者の一覧がありません。"
        yield "GL-2209", "error", text, "policy に eligibility を書く", ("policy", "windows")
    if policy.eligibility is None or cohorts is None:
        return
    if not sum(cohorts.values()):
        command = f"govline import eligible-{programme.id} FILE"
        yield "GL-2209", "error", "対象者の一覧が空です。", command, ("policy", "eligibility")
        return
    named = policy.who.cohorts.union(*(window.who.cohorts for window in policy.windows))
    some_window = not open_to_all(policy) and all(window.who.cohorts for window in policy.windows)
    if named and (policy.who.cohorts or some_window):
        for cohort, rows in cohorts.items():
            if cohort not in named:
                shown = cohort or "(空欄)"
                yield (
                    "GL-2210", "error", f"一覧の区分「{shown}」の{rows}件は、どの受付の区分にもないので予約できません。",
                    "windows の cohort に書くか、一覧を直す", ("policy", "windows"),
                )  # fmt: skip
    for name in sorted(named - cohorts.keys()):
        yield (
            "GL-2216", "warning", f"区分「{name}」の方は一覧に一人もいません。",
            "区分の書き方(全角、空白)が一覧と同じか確かめる", ("policy", "windows"),
        )  # fmt: skip
    places, rows = sum(slot.capacity for slot in ahead), sum(cohorts.values()) - facts.booked
    if places < rows and not any(rule.rolling for rule in programme.rules):  # more of them come every day
        yield (
            "GL-2213", "warning", f"枠の定員は合わせて{places:,}名で、一覧のまだ予約のない{rows:,}件に足りません。",
            "枠を増やすか、受付の区分を分ける", ("slots",),
        )  # fmt: skip


def _name_faults(programme: Programme, facts: TownFacts) -> Iterator[Fault]:
    policy = programme.policy
    after = policy.interval.after if policy.interval else ""
    if after and facts.programmes is not None and after not in facts.programmes:
        yield (
            "GL-2218", "error", f"前の回として書かれた「{after}」という種類はありません。",
            f"ある種類: {'、'.join(sorted(facts.programmes))}", ("policy", "interval", "after"),
        )  # fmt: skip
    if policy.interval is not None and not after and policy.eligibility is None:
        yield (
            "GL-2218", "error", "前の回が分かりません。種類も、対象者の一覧もありません。",
            "interval に after を書く", ("policy", "interval"),
        )  # fmt: skip
    for name in sorted(
        policy.attributes - (facts.attributes if facts.attributes is not None else policy.attributes)
    ):
        yield (
            "GL-2217", "error", f"条件に使う属性「{name}」は宣言されていません。",
            "属性の定義に足すか、条件を直す", ("policy", "who"),
        )  # fmt: skip


def placed(finding: Finding, file: str, line: Callable[[str], int]) -> Finding:
    """The finding with the file and line of its key."""
    return evolve(finding, file=file, line=line(finding.key))
