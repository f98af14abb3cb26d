"""The policy as a clerk writes it: every setting is optional, and reads as the notice on the wall does."""

import re
from collections.abc import Mapping
from datetime import time, timedelta
from typing import Annotated, Any, Final, Literal, Self
from unicodedata import normalize

from pydantic import BeforeValidator, Field, model_validator

from govline.calendar.model import CutOff, Policy
from govline.calendar.options import Option
from govline.calendar.pricing import Fee
from govline.calendar.terms import (
    EVERYBODY,
    Ages,
    Condition,
    Eligibility,
    Guessing,
    Interval,
    Limit,
    MonthBefore,
    Question,
    Who,
    Window,
)
from govline.calendar.written import (
    MOST_DAYS,
    Cut,
    Day,
    Ending,
    Listed,
    Moment,
    Weekdays,
    Written,
    as_text,
    clock,
    with_colons,
)

__all__ = [
    "FeeDefinition",
    "OptionDefinition",
    "OptionsText",
    "PolicyDefinition",
    "WhoDefinition",
    "WindowDefinition",
    "shown_options",
]

_OLDEST: Final = 150
_MOST_PIECES: Final = 10_000
_OPTIONS: Final = re.compile(r"[、;\n]|,(?!\d{3}(?!\d))")
_OPTION: Final = re.compile(
    r"(?P<name>\S.*?)(?:\s+(?P<stock>\d{1,5})\s*(?:個|台|本|式|枚|脚|組|張|セット))?(?:\s+(?P<amount>\d[\d,]*)\s*円)?"
)
_NOT_IN_A_NAME: Final = re.compile(r"[、;=×\n]")
_LONGEST_RUN: Final = 3660
_AGES: Final = re.compile(
    r"満?(?:(?P<exact>\d{1,3})[歳才]"
    r"|(?P<least>\d{1,3})[歳才]?(?:以上|から|-|〜|～|~)(?:(?P<last>\d{1,3})[歳才]?(?P<edge>以下|まで|未満)?)?"
    r"|(?P<most>\d{1,3})[歳才]?(?P<side>以下|まで|未満))"
)
_LIMIT: Final = re.compile(
    r"(?:(?P<span>1枠|1日|(?:1[かカヵヶケ])?月|年度|全部で)に?|(?P<days>\d+)日間に)(?P<most>\d+)(?P<unit>件|回|名|名分|人|人分)(?:まで)?"
)
_PER: Final = {
    "1枠": "slot",
    "1日": "day",
    "年度": "fiscal_year",
    "全部で": "programme",
}
_DAYS: Final = re.compile(r"(?P<least>\d+)日?(?:-|〜|～|~|から|以上)?\s*(?:(?P<most>\d+)日?(?:以内|まで)?)?")
_MONTH: Final = re.compile(
    r"(?:(?P<months>\d{1,2})[かカヵヶケ]月前|(?P<last>前月))の?\s*(?P<day>\d{1,2})日\s*(?P<at>\d{1,2}:\d{2})?"
)
_DIGITS: Final = re.compile(r"(\d{1,2})桁")


def _as_ages(value: Any) -> Any:
    if isinstance(value, Mapping | Ages):
        return value
    found = _AGES.fullmatch(re.sub(r"\s", "", as_text(value)))
    if found is None:
        raise ValueError("年齢は「65歳以上」「18歳未満」「12歳から17歳」「65歳」のように書いてください")
    ages = {name: int(text) for name, text in found.groupdict().items() if text and text.isdecimal()}
    least = ages.get("least", ages.get("exact"))
    most = ages.get("last", ages.get("most", ages.get("exact")))
    if most is not None and "未満" in (found["edge"], found["side"]):
        most -= 1
    return {"least": least, "most": most}


def _as_limit(value: Any) -> Limit:
    if isinstance(value, Limit):
        return value
    found = _LIMIT.fullmatch(re.sub(r"\s", "", as_text(value)))
    if found is None:
        raise ValueError(
            "「1日1件」「1か月に4件」「年度に2件」「90日間に1件」「全部で3件」のように書いてください"
        )
    most, days = int(found["most"]), int(found["days"] or 0)
    if most < 1 or days > _LONGEST_RUN or (found["days"] and days < 1):
        raise ValueError(f"件数は1以上、日数は{_LONGEST_RUN}までです")
    counts: Any = "bookings" if found["unit"] in "件回" else "places"
    per: Any = "rolling" if days else _PER.get(found["span"], "month")
    return Limit(most, per, days, counts)


def _as_month(value: Any) -> MonthBefore:
    if isinstance(value, MonthBefore):
        return value
    found = _MONTH.fullmatch(with_colons(as_text(value)).strip())
    if found is None or not 1 <= int(found["day"]) <= 31:
        raise ValueError("「2か月前の5日 12:00」「前月1日 9:00」のように書いてください")
    months = int(found["months"] or 1)
    return MonthBefore(months, int(found["day"]), clock(found["at"]) if found["at"] else time())


def _as_time(value: Any) -> time:
    return value if isinstance(value, time) else clock(as_text(value))


def _as_interval_days(value: Any) -> tuple[int, int | None]:
    if isinstance(value, tuple):
        return value
    found = _DAYS.fullmatch(as_text(value).replace(" ", ""))
    if found is None:
        raise ValueError("間隔は「21日以上」「21日から42日」のように書いてください")
    least, most = int(found["least"]), int(found["most"]) if found["most"] else None
    if max(least, most or 0) > MOST_DAYS or (most is not None and most < least):
        raise ValueError(f"間隔は短い方を先に、{MOST_DAYS}日までで書いてください")
    return least, most


def _as_shape(value: Any) -> str:
    text = as_text(value).strip()
    if digits := _DIGITS.fullmatch(text):
        return f"[0-9]{{{digits[1]}}}"
    try:
        re.compile(text)
    except re.error:
        raise ValueError("番号の形は「10桁」のように書いてください") from None
    return text


def _as_settings(value: Any) -> Any:
    return {} if value is True else value


def _as_fee(value: Any) -> Any:
    return {"amount": value} if isinstance(value, int) else value


def _as_option(value: Any) -> Any:
    return {} if value is None else _as_fee(value)


def _as_options(value: Any) -> Any:
    """A mapping, or a line as on the notice: `マイク 4個 500円、プロジェクター 1台 1,000円`."""
    if isinstance(value, str):
        written = [each.strip() for each in _OPTIONS.split(normalize("NFKC", value)) if each.strip()]
        value = dict(map(_read_option, written))
        if len(value) < len(written):
            raise ValueError("options: 同じ備品が二度書かれています")
    for name in value if isinstance(value, Mapping) else ():
        if not str(name).strip() or _NOT_IN_A_NAME.search(str(name)):
            raise ValueError(
                f"options「{name}」: 備品の名前は空にせず、「、」「;」「=」「×」を使わずに書いてください"
            )
    return value


def shown_options(value: Any) -> str | None:
    """The options of a file as one line that reads back the same; None where a line cannot say them."""
    if isinstance(value, str):
        return value
    found = {str(name): _as_option(said) for name, said in (value or {}).items()}
    if any(not isinstance(said, Mapping) or said.keys() - {"stock", "amount"} for said in found.values()):
        return None
    units = {"stock": "{:d}個", "amount": "{:,d}円"}
    line = "、".join(
        " ".join(
            [name, *(unit.format(said[key]) for key, unit in units.items() if said.get(key) is not None)]
        )
        for name, said in found.items()
    )
    return line if _as_options(line) == {name: dict(said) for name, said in found.items()} else None


def _read_option(text: str) -> tuple[str, dict[str, int]]:
    found = _OPTION.fullmatch(text)
    assert found is not None  # any text that begins with a word is at least a name
    stock, amount = found["stock"], found["amount"]
    said = {"stock": int(stock)} if stock else {}
    return found["name"], said | ({"amount": int(amount.replace(",", ""))} if amount else {})


Names = Annotated[list[str], Listed]
LimitText = Annotated[Limit, BeforeValidator(_as_limit)]
MonthText = Annotated[MonthBefore, BeforeValidator(_as_month)]
Clock = Annotated[time, BeforeValidator(_as_time)]


class AgesDefinition(Written):
    """Ages: as text (`65歳以上`), or with the day that counts."""

    least: int | None = Field(default=None, ge=0, le=_OLDEST)
    most: int | None = Field(default=None, ge=0, le=_OLDEST)
    on: Literal["slot", "fiscal_year_end"] | Day = "slot"
    counted: Literal["legal", "birthday"] = "legal"
    attribute: str = "birth_date"

    @model_validator(mode="after")
    def _somebody_fits(self) -> Self:
        if self.least is None and self.most is None:
            raise ValueError("年齢は least か most を書いてください")
        if self.least is not None and self.most is not None and self.most < self.least:
            raise ValueError("年齢の上限が下限より小さいので、だれも当てはまりません")
        return self

    def ages(self) -> Ages:
        """As the rules know them."""
        return Ages(self.least, self.most, self.on, self.counted, self.attribute)


class ValuesDefinition(Written):
    """Bounds of a number in the profile."""

    least: float | None = None
    most: float | None = None

    @model_validator(mode="after")
    def _some_value_fits(self) -> Self:
        if self.least is not None and self.most is not None and self.most < self.least:
            raise ValueError("上限が下限より小さいので、だれも当てはまりません")
        return self


class WhoDefinition(Written):
    """A class of citizens; everything that is written must hold."""

    label: str = ""
    age: Annotated[AgesDefinition, BeforeValidator(_as_ages)] | None = None
    attributes: dict[str, ValuesDefinition | Annotated[list[str | int | bool], Listed]] = Field(default={})
    cohort: Names = Field(default=[])
    group: Names = Field(default=[])

    def who(self) -> Who:
        """As the rules know it."""
        conditions = [
            Condition(name, least=wanted.least, most=wanted.most)
            if isinstance(wanted, ValuesDefinition)
            else Condition(name, wanted)
            for name, wanted in self.attributes.items()
        ]
        made = Who(self.label, self.age.ages() if self.age else None, conditions, self.cohort, self.group)
        return EVERYBODY if made == EVERYBODY else made


class WindowDefinition(WhoDefinition):
    """When reception opens for a class of citizens."""

    name: str = Field(min_length=1)
    opens: Moment | None = None
    opens_days_before: int | None = Field(default=None, ge=0, le=MOST_DAYS)
    opens_at: Clock = time()
    opens_month_before: MonthText | None = None
    closes: Ending | None = None

    def window(self) -> Window:
        """As the rules know it."""
        return Window(
            self.name,
            self.who(),
            self.opens,
            self.opens_days_before,
            self.opens_at,
            self.opens_month_before,
            self.closes,
        )


class GuessingDefinition(Written):
    """When wrong entries lock; see `Guessing`."""

    most: int = Field(default=5, ge=1, le=1000)
    source: int = Field(default=1000, ge=1)
    source_minutes: int = Field(default=10, ge=1, le=MOST_DAYS * 24 * 60)
    within_hours: float = Field(default=24, gt=0, le=MOST_DAYS * 24)
    lock_minutes: int = Field(default=30, ge=1, le=MOST_DAYS * 24 * 60)

    def guessing(self) -> Guessing:
        """As the list knows it."""
        lock = timedelta(minutes=self.lock_minutes)
        return Guessing(
            self.most,
            self.source,
            timedelta(hours=self.within_hours),
            lock,
            max(lock, Guessing().longest),
            timedelta(minutes=self.source_minutes),
        )


class EligibilityDefinition(Written):
    """Only who is on the list may book: what the number is called, its shape (`10桁`), when wrong entries lock."""

    name: str = "券番号"
    number: Annotated[str, BeforeValidator(_as_shape)] = Eligibility().shape
    guesses: GuessingDefinition = GuessingDefinition()

    def eligibility(self) -> Eligibility:
        """As the list knows it."""
        return Eligibility(self.name, self.number, self.guesses.guessing())


class IntervalDefinition(Written):
    """How long after an earlier event; `days` as text: `21日以上`, `21日から42日`."""

    days: Annotated[tuple[int, int | None], BeforeValidator(_as_interval_days)] = (0, None)
    after: str = ""
    same_product: bool = False
    attended: bool = False
    required: bool = True

    def interval(self) -> Interval:
        """As the rules know it."""
        return Interval(self.after, *self.days, self.same_product, self.attended, self.required)


class QuestionDefinition(Written):
    """A question before a booking: `ask`, the answers that `stop`, what is said then."""

    ask: str = Field(min_length=1)
    stop: Names = Field(default=["はい"])
    choices: Names = Field(default=["はい", "いいえ"])
    say: str = ""

    @model_validator(mode="after")
    def _stops_are_choices(self) -> Self:
        if not set(self.stop) <= set(self.choices) or set(self.stop) == set(self.choices):
            raise ValueError("stop は choices の一部にしてください")
        return self

    def question(self) -> Question:
        """As the rules know it."""
        return Question(self.ask, self.stop, self.choices, self.say)


class FeeDefinition(Written):
    """A price: an amount alone is per booking."""

    amount: int = Field(ge=0)
    per: Literal["booking", "person", "hour", "piece"] = "booking"
    slots: Names = Field(default=[])
    weekdays: Weekdays = Field(default=())
    holidays: bool | None = None
    name: str = "使用料"

    def fee(self) -> Fee:
        """As pricing knows it."""
        return Fee(self.amount, self.per, self.slots, self.weekdays, self.holidays, self.name)


FeeText = Annotated[FeeDefinition, BeforeValidator(_as_fee)]


class OptionDefinition(Written):
    """備品: what it costs (`amount`, nothing where omitted), how many there are (`stock`), how many a booking may have (`most`)."""

    amount: int | None = Field(default=None, ge=0)
    per: Literal["booking", "person", "hour", "piece"] = "booking"
    stock: int | None = Field(default=None, ge=0, le=_MOST_PIECES)
    most: int | None = Field(default=None, ge=1, le=_MOST_PIECES)
    slots: Names = Field(default=[])

    @model_validator(mode="after")
    def _can_be_had(self) -> Self:
        if self.most is not None and self.stock is not None and self.most > self.stock:
            raise ValueError("options: most(一つの予約の上限)は stock(全部の数)以下にしてください")
        if self.amount is None and "per" in self.model_fields_set:
            raise ValueError("options: per を書くときは amount(料金)も書いてください")
        return self

    def option(self) -> Option:
        """As the rules know it."""
        return Option(self.stock, self.most, self.slots)

    def fee(self, name: str) -> Fee | None:
        """As pricing knows it; None where it costs nothing."""
        return None if self.amount is None else Fee(self.amount, self.per, name=name)


OptionsText = Annotated[
    dict[str, Annotated[OptionDefinition, BeforeValidator(_as_option)]], BeforeValidator(_as_options)
]


class PolicyDefinition(Written):
    """The policy as written; every setting is optional."""

    opens: Moment | None = None
    closes: Ending | None = None
    opens_days_before: int | None = Field(default=None, ge=0, le=MOST_DAYS)
    opens_at: Clock = time()
    opens_month_before: MonthText | None = None
    windows: list[WindowDefinition] = Field(default=[])
    who: WhoDefinition = WhoDefinition()
    book_until: Cut = CutOff()
    change_until: Cut = CutOff()
    cancel_until: Cut = CutOff()
    max_party: int | None = Field(default=None, ge=1)
    limit: int | None = Field(default=None, ge=1)
    limits: Annotated[list[LimitText], Listed] = Field(default=[])
    hold_minutes: int = Field(default=10, ge=1, le=MOST_DAYS * 24 * 60)
    eligibility: Annotated[EligibilityDefinition, BeforeValidator(_as_settings)] | None = None
    interval: IntervalDefinition | None = None
    questions: list[QuestionDefinition] = Field(default=[])
    products: dict[str, Names] = Field(default={})
    pay_by: Cut | None = None
    pay_item: str = ""
    purpose: str = ""

    def policy(self) -> Policy:
        """As the rules know it."""
        return Policy(
            opens=self.opens,
            closes=self.closes,
            opens_days_before=self.opens_days_before,
            opens_at=self.opens_at,
            opens_month=self.opens_month_before,
            windows=[window.window() for window in self.windows],
            who=self.who.who(),
            book=self.book_until,
            change=self.change_until,
            cancel=self.cancel_until,
            max_party=self.max_party,
            limit=self.limit,
            limits=self.limits,
            hold=timedelta(minutes=self.hold_minutes),
            eligibility=self.eligibility.eligibility() if self.eligibility else None,
            interval=self.interval.interval() if self.interval else None,
            questions=[question.question() for question in self.questions],
            products={product: tuple(names) for product, names in self.products.items()},
            pay_by=self.pay_by,
            pay_item=self.pay_item,
            purpose=self.purpose,
        )
