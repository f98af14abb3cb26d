"""使用料: what a booking costs, line by line: fee rules, 減免 by the rate of the group's approval, options. Pure; yen are ints."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, Literal

from attrs import field, frozen

from govline.core import frozen_tuple
from govline.core.jst import to_jst
from govline.core.values import frozen_set
from govline.errors import InputError

__all__ = ["Fee", "Price", "PriceLine", "Tariff", "price"]

_PER: Final = {"booking": "1件", "person": "1名", "hour": "1時間", "piece": "1個"}
_HOUR: Final = timedelta(hours=1)
_WHOLE: Final = 100


@frozen
class Fee:
    """A price.

    Args:
        amount: In yen. `per`: the booking, each person, each hour that is begun, or (of options) each piece.
        slots: Only slots of these names. `weekdays`: only these (Monday is 0). `holidays`: only on national holidays (True), or
            only on other days (False). All where empty.
        name: As the bill says it.
    """

    amount: int
    per: Literal["booking", "person", "hour", "piece"] = "booking"
    slots: frozenset[str] = field(default=frozenset(), converter=frozen_set)
    weekdays: tuple[int, ...] = field(default=(), converter=frozen_tuple)
    holidays: bool | None = None
    name: str = "使用料"


@frozen
class Tariff:
    """Every price of a programme.

    Args:
        fees: The first that fits the slot is the fee; none costs nothing.
        options: By name: lights, microphones.
        reductions: 減免 class to per cent off the fee; what a group's approval suggests.
        reduces_options: Whether the reduction is of options too.
        round_down_to: Reduced amounts lose what is below (10円未満切捨て).
    """

    fees: tuple[Fee, ...] = field(default=(), converter=frozen_tuple)
    options: Mapping[str, Fee] = field(factory=dict, hash=False)
    reductions: Mapping[str, int] = field(factory=dict, hash=False)
    reduces_options: bool = False
    round_down_to: int = 1


@frozen
class PriceLine:
    """A line of the bill; a reduction is negative."""

    text: str
    amount: int


@frozen
class Price:
    """What a booking costs, and why."""

    lines: tuple[PriceLine, ...] = field(converter=frozen_tuple)

    @property
    def total(self) -> int:
        """In yen, never negative."""
        return sum(line.amount for line in self.lines)

    @property
    def text(self) -> str:
        """One line each, and the total."""
        each = [f"{line.text} {line.amount:,}円" for line in self.lines]
        return "\n".join([*each, f"合計 {self.total:,}円"])


def price(
    tariff: Tariff,
    starts: datetime,
    ends: datetime,
    *,
    slot: str = "",
    party: int = 1,
    options: Mapping[str, int] | None = None,
    rate: int = 0,
    kind: str = "",
    holiday: bool = False,
) -> Price:
    """Work out what a booking costs.

    Args:
        tariff: The programme's prices.
        starts, ends: Of the slot, aware. `slot`: its name. `holiday`: whether its day is a national holiday.
        party: People who come.
        options: How many of which option.
        rate: Per cent taken off, as the group's approval says. `kind`: its class, for the bill.

    Raises:
        InputError: GL-2005, an option that the tariff does not have, a negative number, a rate beyond 0 to 100.
    """
    if not 0 <= rate <= _WHOLE:
        raise InputError("a reduction is 0 to 100 per cent", code="GL-2005", place={"rate": rate})
    hours = -((starts - ends) // _HOUR)  # a begun hour is a whole one
    lines = []
    fee = next((each for each in tariff.fees if _fits(each, slot, starts, holiday=holiday)), None)
    if fee is not None:
        lines.append(_line(fee.name, fee, party, hours, 1))
        lines += _reduced(tariff, lines[-1], rate, kind)
    for name, number in (options or {}).items():
        if name not in tariff.options or number < 0:
            known = "、".join(tariff.options) or "なし"
            raise InputError(
                "no such option, or less than none of it", code="GL-2005", hint=f"ある備品: {known}"
            )
        if number:
            lines.append(_line(name, tariff.options[name], party, hours, number))
            lines += _reduced(tariff, lines[-1], rate, kind) if tariff.reduces_options else []
    return Price(lines)


def _fits(fee: Fee, slot: str, starts: datetime, *, holiday: bool) -> bool:
    if fee.slots and slot not in fee.slots:
        return False
    if fee.holidays is not None and fee.holidays is not holiday:
        return False
    return not fee.weekdays or to_jst(starts).weekday() in fee.weekdays


def _line(name: str, fee: Fee, party: int, hours: int, number: int) -> PriceLine:
    times = {"booking": 1, "person": party, "hour": hours, "piece": 1}[fee.per] * number
    return PriceLine(f"{name}({_PER[fee.per]} {fee.amount:,}円 × {times})", fee.amount * times)


def _reduced(tariff: Tariff, line: PriceLine, rate: int, kind: str) -> list[PriceLine]:
    if not rate:
        return []
    left = line.amount * (_WHOLE - rate) // _WHOLE
    left -= left % tariff.round_down_to
    return [PriceLine(f"減免({f'{kind} ' if kind else ''}{rate}%)", left - line.amount)]
