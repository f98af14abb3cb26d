"""Cells in the words of town halls, made by rule: each says exactly the days that were meant, however it is written."""

from datetime import date, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from govline.calendar.garbage import Rule, RuleError

WEEK = "月火水木金土日"
FIRST, LAST = date(2026, 4, 1), date(2027, 3, 31)
YEAR = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
WIDE = str.maketrans("0123456789()~,/ ", "０１２３４５６７８９（）～，／\u3000")
KANJI = str.maketrans("12345", "一二三四五")
AND = st.sampled_from(["・", "、", ",", "/", " ・ ", "と", "及び", " "])


def nth(day):
    return (day.day + 6) // 7


@st.composite
def weekly(draw):
    days = draw(st.lists(st.integers(0, 6), min_size=1, max_size=3, unique=True))
    end = draw(st.sampled_from(["", "曜", "曜日"]))
    joint = draw(AND | st.just(""))
    each = draw(st.booleans()) and joint
    text = joint.join(WEEK[day] + (end if each else "") for day in days) + ("" if each else end)
    text = draw(st.sampled_from(["{}", "毎週{}", "毎週 {}", "毎週({})", "({})"])).format(text)
    return text, lambda day: day.weekday() in days


@st.composite
def nth_weekday(draw):
    weekday, end = draw(st.integers(0, 6)), draw(st.sampled_from(["曜", "曜日"]))
    numbers = sorted(draw(st.sets(st.integers(1, 5), min_size=1, max_size=3)))
    day, joint = WEEK[weekday], draw(AND)
    plain, marked = joint.join(map(str, numbers)), joint.join(f"第{n}" for n in numbers)
    forms = [
        *(
            f"第{plain}{day}{end}",
            f"{marked}{day}{end}",
            f"毎月{marked}{day}{end}",
            f"第{plain}週の{day}{end}",
        ),
        *(
            f"{day}{end}({marked})",
            f"{day}{end}(第{plain}週)",
            f"{''.join(f'第{n}' for n in numbers)}{day}{end}",
        ),
        f"月{len(numbers)}回 {marked}{day}{end}",
    ]
    if joint.strip() in {"・", "、", ","}:
        forms.append(f"{plain}週目の{day}{end}")
    if len(numbers) > 1 and numbers[-1] - numbers[0] == len(numbers) - 1:
        forms.append(f"第{numbers[0]}~{numbers[-1]}{day}{end}")
    return draw(st.sampled_from(forms)), lambda on: on.weekday() == weekday and nth(on) in numbers


@st.composite
def last_weekday(draw):
    weekday = draw(st.integers(0, 6))
    falls = lambda day: day.weekday() == weekday and (day + timedelta(days=7)).month != day.month  # noqa: E731 - one of three predicates
    return draw(st.sampled_from(["最終{}曜日", "毎月最終{}曜", "最終の{}曜日"])).format(WEEK[weekday]), falls


@st.composite
def of_months(draw):
    """A form of n-th weekdays, and the months that limit it, in front or behind."""
    text, falls = draw(nth_weekday() | last_weekday())
    first, last = draw(st.integers(1, 12)), draw(st.integers(1, 12))
    span = {(first - 1 + step) % 12 + 1 for step in range((last - first) % 12 + 1)}
    some = sorted(draw(st.sets(st.integers(1, 12), min_size=1, max_size=3)))
    named = "・".join(f"{month}月" for month in some)
    ways = [
        ("{}(偶数月)", range(2, 13, 2)),
        ("奇数月の{}", range(1, 13, 2)),
        (f"{{}}({first}月~{last}月)", span),
        (f"{{}}({first}~{last}月)", span),
        (f"{first}月から{last}月は{{}}", span),
        (f"{{}}({named})", some),
        (f"{named}の{{}}", some),
        (f"{{}}({named}のみ)", some),
        (f"{{}}({named}を除く)", set(range(1, 13)) - set(some)),
        (f"{{}}({named}は休み)", set(range(1, 13)) - set(some)),
    ]
    way, months = draw(st.sampled_from(ways if not text.startswith("月") else ways[:1] + ways[2:4]))
    return way.format(text), lambda day: falls(day) and day.month in months


@st.composite
def dressed(draw, cells):
    """In full width or kanji digits, with a note that changes no day, and blanks at the ends."""
    text, falls = draw(cells)
    text += draw(st.sampled_from(["", "", "(祝日も収集)", " 8時まで", " ※祝日も収集します"]))
    if draw(st.booleans()):
        text = text.translate(WIDE)
    elif "月(" not in text and not any(
        sign in text for sign in ("月~", "月は", "月の", "月を", "月・", "時", "回")
    ):
        text = text.translate(KANJI) if draw(st.booleans()) else text
    return draw(st.sampled_from(["{}", " {}", "{}\u3000"])).format(text), falls


@given(dressed(st.one_of(weekly(), nth_weekday(), last_weekday(), of_months())))
@settings(max_examples=400, deadline=None)
def test_words_say_exactly_what_was_meant(cell):
    text, falls = cell
    assert Rule.parse(text).between(FIRST, LAST) == [day for day in YEAR if falls(day)]


PIECES = st.sampled_from(
    [
        *WEEK,
        *"12345",
        "第",
        "・",
        "、",
        "曜",
        "曜日",
        "週",
        "の",
        "毎週",
        "毎月",
        "(",
        ")",
        "月",
        "除く",
        "を",
        "は",
        "偶数月",
        "~",
        " ",
        "最終",
        "隔週",
        "祝日",
    ]
)


@given(st.lists(PIECES, max_size=9).map("".join))
@example("2・4月 第1水曜")
@example("第1水曜日、火")
@example("8時まで")
@example("祝日も収集")
@settings(max_examples=300, deadline=None)
def test_any_words_are_read_or_refused_and_what_is_read_can_be_said(text):
    try:
        rule = Rule.parse(text)
    except RuleError:
        return
    assert rule.terms or rule.remarks
    assert str(rule) or rule.remarks
