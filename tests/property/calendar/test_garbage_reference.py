"""The documented grammar against a reader written here from the description of the upstream one, over twelve months.

The upstream reader classifies by length, counts the n-th weekday from the first of the month, and takes an interval from its date.
Where its traps begin (months on intervals, dates beside weekdays) the grammar ends, and so does this comparison.
"""

import re
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govline.calendar.garbage import Rule, read_area_days, read_centers
from govline.calendar.garbage.inspection import days_of
from govline.calendar.garbage.plan import lay_out

SUNDAY_FIRST = "日月火水木金土"
DOCUMENTED = re.compile(
    r"(?:[日月火水木金土][1-5]?|\*\d)(?: (?:[日月火水木金土][1-5]?|\*\d))*(?::\d{1,2}(?: \d{1,2})*)?|隔[日月火水木金土]\d{8}|\d{8}(?: \d{8})*"
)


def months_from(first, count=12):
    return [
        ((first.year * 12 + first.month - 1 + n) // 12, (first.month - 1 + n) % 12 + 1) for n in range(count)
    ]


def occurrences(token, year, month):
    """Days of one token in one month."""
    start = date(year, month, 1)
    ahead = (SUNDAY_FIRST.index(token[0]) - (start.weekday() + 1)) % 7
    weeks = range(5) if len(token) == 1 else [int(token[1]) - 1]
    days = [start + timedelta(days=ahead + 7 * week) for week in weeks]
    return [day for day in days if day.month == month]


def blank(day, closures):
    return any(begin <= day <= end for begin, end in closures)


def reference(cell, first, closures=(), shift=False):
    """Twelve months from `first`, the first of a month."""
    tokens, _, limit = cell.partition(":")
    tokens = tokens.split(" ")
    limit = {int(month) for month in limit.split(" ")} if limit else set(range(1, 13))
    end = date(first.year + 1, first.month, 1)
    if all(len(token) == 8 for token in tokens):
        return sorted(
            {
                date(int(t[:4]), int(t[4:6]), int(t[6:]))
                for t in tokens
                if first <= date(int(t[:4]), int(t[4:6]), int(t[6:])) < end
            }
        )
    if len(tokens[0]) == 10:
        anchor = date(int(tokens[0][2:6]), int(tokens[0][6:8]), int(tokens[0][8:]))
        hits = [anchor + timedelta(days=14 * k) for k in range(27)]
        return [day for day in hits if first <= day < end and not blank(day, closures)]
    found = set()
    for year, month in months_from(first):
        if month not in limit:
            continue
        for token in tokens:
            if token.startswith("*"):
                continue
            moved = False
            for day in occurrences(token, year, month):
                moved = moved or (shift and blank(day, closures))
                if moved:
                    later = day + timedelta(days=7)
                    found |= {later} if later.month == month else set()
                elif not blank(day, closures):
                    found.add(day)
    return sorted(found)


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "first", "share"),
    [("kanazawa", date(2019, 4, 1), 1), ("kyotango", date(2023, 4, 1), 1), ("joyo", date(2022, 4, 1), 1), ("takamatsu", date(2016, 4, 1), 1),
     ("hachioji", date(2015, 1, 1), 0.97), ("chigasaki", date(2013, 7, 1), 0.25)],
)  # fmt: skip
def test_published_cells_give_the_reference_readers_dates(data_folder, name, first, share):
    folder = data_folder / "garbage5374" / name
    table = read_area_days(folder / "area_days.csv")
    closures, _ = read_centers(folder / "center.csv")
    last = date(first.year + 1, first.month, 1) - timedelta(days=1)
    compared = 0
    for area in table.areas:
        ours = days_of(area, closures, [], (first, last))
        closed = [(each.first, each.last) for each in closures if each.center == area.center]
        for kind, cell in area.cells.items():
            anchor = re.fullmatch(r"隔.(\d{8})", cell)
            if not DOCUMENTED.fullmatch(cell) or (anchor and anchor[1] < f"{first:%Y%m%d}"):
                continue  # the upstream reader ends an interval after 27 times
            expected = reference(cell, first, closed)
            assert ours[kind] == [day.isoformat() for day in expected], (area.name, kind, cell)
            compared += 1
    assert compared >= share * table.parsed


WEEKDAY = st.sampled_from(SUNDAY_FIRST)
TOKENS = st.lists(
    st.one_of(WEEKDAY, st.builds("{}{}".format, WEEKDAY, st.integers(1, 5)), st.just("*3")),
    min_size=1,
    max_size=4,
)
LIMIT = st.one_of(
    st.just(""),
    st.lists(st.integers(1, 12), min_size=1, max_size=6).map(lambda months: ":" + " ".join(map(str, months))),
)
FIRST = st.builds(date, st.integers(2020, 2030), st.integers(1, 12), st.just(1))


CELL = st.tuples(TOKENS.filter(lambda tokens: any(token[0] != "*" for token in tokens)), LIMIT)


@settings(max_examples=150, deadline=None)
@given(CELL, FIRST, st.tuples(st.integers(0, 370), st.integers(0, 6)), st.booleans())
def test_random_cells_and_closures_give_the_reference_readers_dates(parts, first, closed, shift):
    (tokens, limit), (begin, length) = parts, closed
    cell = " ".join(tokens) + limit
    last = date(first.year + 1, first.month, 1) - timedelta(days=1)
    start = first + timedelta(days=begin)
    closures = [(start, start + timedelta(days=length))]
    laid = lay_out(Rule.parse(cell), first, last, closed=closures, closing="shift" if shift else "drop")
    assert list(laid.days) == reference(cell, first, closures, shift)


@settings(max_examples=100, deadline=None)
@given(FIRST, st.integers(0, 12), st.integers(0, 370), st.integers(0, 6))
def test_random_intervals_give_the_reference_readers_dates(first, back, begin, length):
    anchor = first - timedelta(days=back)
    last = date(first.year + 1, first.month, 1) - timedelta(days=1)
    cell = f"隔{SUNDAY_FIRST[(anchor.weekday() + 1) % 7]}{anchor:%Y%m%d}"
    closures = [(first + timedelta(days=begin), first + timedelta(days=begin + length))]
    expected = reference(cell, first, closures)
    assert list(lay_out(Rule.parse(cell), first, last, closed=closures).days) == expected


@settings(max_examples=60, deadline=None)
@given(FIRST, st.lists(st.integers(-40, 400), min_size=1, max_size=30))
def test_date_lists_give_the_reference_readers_dates(first, offsets):
    cell = " ".join(f"{first + timedelta(days=offset):%Y%m%d}" for offset in offsets)
    last = date(first.year + 1, first.month, 1) - timedelta(days=1)
    closed = [(first, last)]
    assert list(lay_out(Rule.parse(cell), first, last, closed=closed).days) == reference(cell, first, closed)
