"""Our day arithmetic against python-dateutil on random rules over three years."""

from datetime import date, datetime, timedelta

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, rrule, rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from govline.calendar.garbage import Every, Nth, On, Rule, Weekly
from govline.calendar.garbage.recurrence import recurrences
from govline.calendar.garbage.rules import ALL_MONTHS, WEEKDAYS

FIRST = st.dates(date(2024, 1, 1), date(2027, 12, 31))
SPAN = st.integers(0, 1100)
MONTHS = st.one_of(st.just(ALL_MONTHS), st.frozensets(st.integers(1, 12), min_size=1))
DAY = st.integers(0, 6)
TERM = st.one_of(
    st.builds(Weekly, DAY, MONTHS),
    st.builds(Nth, DAY, st.integers(1, 5), MONTHS),
    st.builds(Every, st.integers(1, 6), st.dates(date(2023, 1, 1), date(2029, 1, 1)), MONTHS),
    st.builds(On, st.dates(date(2024, 1, 1), date(2030, 12, 31))),
)


def oracle(term, first, last):
    """What dateutil says; months of an interval are filtered afterwards, because BYMONTH shifts its weeks."""
    until = datetime.combine(last, datetime.min.time())
    start = datetime.combine(first, datetime.min.time())
    if isinstance(term, On):
        found = [datetime.combine(term.day, datetime.min.time())]
    elif isinstance(term, Weekly):
        found = rrule(WEEKLY, dtstart=start, until=until, byweekday=term.weekday)
    elif isinstance(term, Nth):
        month = start.replace(day=1)
        found = rrule(MONTHLY, dtstart=month, until=until, byweekday=rrule_weekday(term))
    else:
        anchor = datetime.combine(term.anchor, datetime.min.time())
        found = rrule(DAILY, dtstart=anchor, until=until, interval=7 * term.weeks)
    months = getattr(term, "months", ALL_MONTHS)
    return {day.date() for day in found if first <= day.date() <= last and day.month in months}


def rrule_weekday(term):
    from dateutil.rrule import FR, MO, SA, SU, TH, TU, WE

    return (MO, TU, WE, TH, FR, SA, SU)[term.weekday](term.n)


@settings(max_examples=150, deadline=None)
@given(st.lists(TERM, min_size=1, max_size=5), FIRST, SPAN)
def test_random_rules_agree_with_dateutil(terms, first, span):
    last = first + timedelta(days=span)
    expected = sorted(set().union(*(oracle(term, first, last) for term in terms)))
    assert Rule(terms).between(first, last) == expected


def written(term):
    months = "" if term.months == ALL_MONTHS else ":" + " ".join(map(str, sorted(term.months)))
    if isinstance(term, Every):
        return f"e{term.weeks}w{term.anchor:%Y%m%d}{months}"
    return f"{WEEKDAYS[term.weekday]}{getattr(term, 'n', '')}{months}"


@settings(max_examples=100, deadline=None)
@given(st.lists(TERM.filter(lambda term: not isinstance(term, On)), min_size=1, max_size=4), FIRST)
def test_a_written_rule_reads_back(terms, first):
    limited = [term for term in terms if term.months != ALL_MONTHS]
    whole = [term for term in terms if term.months == ALL_MONTHS]
    text = " ".join(map(written, [*limited, *whole]))
    last = first + timedelta(days=400)
    assert Rule.parse(text).between(first, last) == Rule(terms).between(first, last)


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="月水土隔第毎週曜日・ :*e w0123456789１４　x", max_size=24))
def test_any_text_is_read_or_refused(text):
    from govline.calendar.garbage import RuleError

    try:
        rule = Rule.parse(text)
    except RuleError:
        return
    assert rule.terms or rule.remarks
    days = rule.between(date(2026, 1, 1), date(2026, 3, 31))
    assert days == sorted(set(days))


@settings(max_examples=100, deadline=None)
@given(st.lists(TERM.filter(lambda term: not isinstance(term, On)), min_size=1, max_size=4), FIRST)
def test_rrules_mean_the_same_to_dateutil_over_three_years(terms, first):
    terms = [Every(term.weeks, term.anchor) if isinstance(term, Every) else term for term in terms]
    rule = Rule(terms)
    last = first + timedelta(days=3 * 366)
    parts = recurrences(rule)
    assert tuple(part.rrule for part in parts) == rule.to_rrule()
    found = set()
    for part in parts:
        own = part.rule.between(first, last)
        if own:
            start = datetime.combine(own[0], datetime.min.time())
            text = f"{part.rrule};UNTIL={last:%Y%m%d}T000000"
            found |= {day.date() for day in rrulestr(text, dtstart=start)}
    assert sorted(found) == rule.between(first, last)
