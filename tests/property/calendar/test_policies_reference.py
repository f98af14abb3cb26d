"""`check` against a naive reference that tries every day and every run of days, for policies and citizens at random."""

from datetime import date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from govline.calendar import CitizenFacts, CutOff, Policy, SlotFacts, check
from govline.calendar.terms import (
    Ages,
    Condition,
    Eligibility,
    Interval,
    Limit,
    Standing,
    Voucher,
    Who,
    Window,
)
from govline.core.jst import JST, to_jst

DAY = timedelta(days=1)
FIRST = date(2027, 2, 20)  # a leap-less February, the end of a fiscal year and Golden Week lie ahead
NOON = timedelta(hours=12)

days = st.integers(0, 75).map(lambda n: FIRST + n * DAY)
hours = st.integers(-24 * 5, 24 * 80).map(lambda n: datetime(2027, 2, 20, tzinfo=JST) + timedelta(hours=n))
births = st.dates(date(1926, 12, 25), date(2020, 12, 31)) | st.sampled_from(
    [date(2000, 2, 29), date(1962, 4, 1)]
)
cohorts = st.sampled_from(["A", "B", ""])
ages = st.builds(
    Ages,
    st.none() | st.integers(0, 80),
    st.none() | st.integers(0, 100),
    st.sampled_from(["slot", "fiscal_year_end"]) | days,
    st.sampled_from(["legal", "birthday"]),
)
who = st.builds(
    Who,
    ages=st.none() | ages,
    conditions=st.lists(st.just(Condition("ward", ["m"])), max_size=1),
    cohorts=st.sets(cohorts, max_size=1),
)
windows = st.builds(
    Window, st.just("w"), who, st.none() | hours, st.none() | st.integers(0, 30), closes=st.none() | hours
)
limits = st.builds(
    Limit,
    st.integers(1, 3),
    st.sampled_from(["slot", "day", "month", "fiscal_year", "rolling", "programme"]),
    st.integers(1, 40),
    st.sampled_from(["bookings", "places"]),
)
intervals = st.builds(
    Interval, st.sampled_from(["dose1", ""]), st.integers(0, 30), st.none() | st.integers(30, 60), st.booleans(), st.booleans(), st.booleans()
)  # fmt: skip
policies = st.builds(
    Policy,
    opens=st.none() | hours,
    closes=st.none() | hours,
    opens_days_before=st.none() | st.integers(0, 30),
    book=st.builds(CutOff, days=st.integers(0, 3)),
    max_party=st.none() | st.integers(1, 3),
    limit=st.none() | st.integers(1, 2),
    windows=st.lists(windows, max_size=2),
    who=who,
    limits=st.lists(limits, max_size=2),
    eligibility=st.none() | st.just(Eligibility()),
    interval=st.none() | intervals,
)
standings = st.builds(
    lambda programme, day, product, places, attended, missed, slot: Standing(
        programme, slot, at(day), at(day) + NOON, product, places, attended, missed and not attended
    ),
    st.sampled_from(["p", "dose1"]), days, st.sampled_from(["x", "y"]), st.integers(1, 2), st.booleans(), st.booleans(), st.sampled_from(["s", "t"]),
)  # fmt: skip
vouchers = st.builds(
    Voucher, st.just("v"), cohorts, st.none() | days, st.sampled_from(["x", "y", ""]), st.none() | days, st.booleans()
)  # fmt: skip
citizens = st.builds(
    CitizenFacts,
    st.integers(1, 4),
    st.booleans(),
    st.integers(0, 2),
    history=st.lists(standings, max_size=5),
    programme=st.just("p"),
    attributes=st.fixed_dictionaries(
        {"birth_date": st.none() | births.map(str), "ward": st.sampled_from(["m", "k", None])}
    ),
    voucher=st.none() | vouchers,
    person=st.booleans() | st.just(True),
)
slots = st.builds(
    lambda day, booked, cancelled: SlotFacts(
        starts=at(day), capacity=4, booked=booked, cancelled=cancelled, name="x", id="s"
    ),
    days, st.integers(0, 4), st.booleans(),
)  # fmt: skip


def at(day):
    return datetime.combine(day, datetime.min.time(), JST) + NOON


# --- the reference: one day after another, no arithmetic ---


def birthday(born, year):
    try:
        return born.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def years_old(born, on):
    """How many birthdays have been by this day, itself included."""
    return sum(birthday(born, year) <= on for year in range(born.year + 1, on.year + 1))


def day_that_counts(rule, day):
    if isinstance(rule.on, date):
        return rule.on
    if rule.on == "fiscal_year_end":
        while (day.month, day.day) != (3, 31):
            day += DAY
    return day


def age_fits(rule, born, day):
    on = day_that_counts(rule, day)
    young = (
        rule.least is not None and years_old(born, on + DAY if rule.counted == "legal" else on) < rule.least
    )
    return not young and not (rule.most is not None and years_old(born, on) > rule.most)


def who_codes(rule, citizen, day):
    codes = []
    if rule.ages is not None:
        born = citizen.attributes.get("birth_date")
        if born is None:
            codes.append("GL-2119")
        elif not age_fits(rule.ages, date.fromisoformat(born), day):
            codes.append("GL-2118")
    if rule.conditions:
        ward = citizen.attributes.get("ward")
        codes += ["GL-2119"] if ward is None else [] if ward == "m" else ["GL-2117"]
    if rule.cohorts and (citizen.voucher is None or citizen.voucher.cohort not in rule.cohorts):
        codes.append("GL-2117")
    return codes


def opens_at(rule, day):
    instants = [rule.opens] if rule.opens else []
    if rule.opens_days_before is not None:
        instants.append(datetime.combine(day - rule.opens_days_before * DAY, datetime.min.time(), JST))
    return max(instants, default=None)


def window_codes(policy, citizen, day, now):
    general = not policy.windows or policy.opens is not None or policy.opens_days_before is not None
    mine = [policy] if general else []
    if citizen.person:
        mine += [window for window in policy.windows if not who_codes(window.who, citizen, day)]
    elif not general:
        mine = list(policy.windows)
    if not mine:
        return ["GL-2116"]
    over = [any(end is not None and end <= now for end in (each.closes, policy.closes)) for each in mine]
    left = [each for each, gone in zip(mine, over, strict=True) if not gone]
    early = all((start := opens_at(each, day)) is not None and now < start for each in left or mine)
    return (["GL-2104"] if early else []) + ([] if left else ["GL-2105"])


def spans(limit, day):
    """Every set of days that holds this day and that the limit speaks of."""
    year = [date(2026, 1, 1) + n * DAY for n in range(900)]
    if limit.per == "rolling":
        return [{day + (n - back) * DAY for n in range(limit.days)} for back in range(limit.days)]
    if limit.per == "fiscal_year":
        return [
            {each for each in year if (each - timedelta(days=90)).year == (day - timedelta(days=90)).year}
        ]
    if limit.per == "month":
        return [{each for each in year if (each.year, each.month) == (day.year, day.month)}]
    return [set(year)] if limit.per == "programme" else [{day}]


def limit_codes(policy, slot, citizen, day):
    codes = []
    for limit in policy.limits:
        mine = [
            each
            for each in citizen.history
            if each.programme == "p" and (limit.per != "slot" or each.slot == slot.id)
        ]
        if limit.per == "slot":
            have = [sum(each.places if limit.counts == "places" else 1 for each in mine)]
        else:
            have = [
                sum(
                    each.places if limit.counts == "places" else 1
                    for each in mine
                    if to_jst(each.starts).date() in span
                )
                for span in spans(limit, day)
            ]
        new = citizen.places if limit.counts == "places" else 1
        codes += ["GL-2108"] if max(have) + new > limit.most else []
    return codes


def interval_codes(rule, citizen, day):
    events = [
        (to_jst(each.starts).date(), each.product)
        for each in citizen.history
        if each.programme == rule.after and (each.attended if rule.attended else not each.missed)
    ]
    if citizen.voucher and citizen.voucher.earlier:
        events.append((citizen.voucher.earlier, citizen.voucher.product))
    if not events:
        return ["GL-2126"] if rule.required else []
    last, product = max(events)
    gap = (day - last).days
    codes = ["GL-2127"] if gap < rule.least else []
    codes += ["GL-2128"] if rule.most is not None and gap > rule.most else []
    return codes + (["GL-2129"] if rule.same_product and product and product != "x" else [])


def expected(policy, slot, citizen, now):
    day = to_jst(slot.starts).date()
    codes = ["GL-2102"] if slot.cancelled else []
    codes += ["GL-2110"] if now >= slot.starts else []
    codes += window_codes(policy, citizen, day, now)
    end = (
        datetime.combine(day - (policy.book.days - 1) * DAY, datetime.min.time(), JST)
        if policy.book.days
        else slot.starts
    )
    codes += ["GL-2106"] if end <= now < slot.starts else []
    codes += ["GL-2109"] if policy.max_party and citizen.party > policy.max_party else []
    codes += ["GL-2103"] if slot.booked + citizen.places > 4 else []
    codes += ["GL-2107"] if citizen.in_slot else []
    codes += ["GL-2108"] if policy.limit is not None and citizen.live >= policy.limit else []
    if not citizen.person:
        return codes
    codes += limit_codes(policy, slot, citizen, day) + who_codes(policy.who, citizen, day)
    if policy.eligibility:
        if citizen.voucher is None:
            codes.append("GL-2123")
        else:
            codes += ["GL-2124"] if citizen.voucher.taken else []
            codes += ["GL-2125"] if citizen.voucher.until and citizen.voucher.until < day else []
    return codes + (interval_codes(policy.interval, citizen, day) if policy.interval else [])


@settings(max_examples=200, deadline=None)
@given(policies, slots, citizens, hours)
def test_check_equals_the_naive_reference(policy, slot, citizen, now):
    reasons = check(policy, slot, citizen, now)
    assert [reason.code for reason in reasons] == expected(policy, slot, citizen, now)
    assert all(reason.text.endswith("。") for reason in reasons)
