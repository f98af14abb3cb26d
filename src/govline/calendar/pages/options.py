"""備品 on the booking page: a number for each that goes with the slot, and what the whole costs before anything is booked."""

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import evolve, field, frozen

from govline.calendar.model import Booking, Programme, Slot
from govline.calendar.options import NO_OPTIONS, Option, options_text, pieces, read_options
from govline.calendar.pages.browsing import Asked, Words
from govline.calendar.pricing import Fee
from govline.calendar.service import Calendar
from govline.core import Reason, Transaction
from govline.core.pages import Block, Facts, Link, LinkList, Notice, PageField, PageRequest, Submitted
from govline.errors import InputError

__all__ = ["Beside", "beside_rows", "options_way"]

_CODES = frozenset({"GL-2140", "GL-2141", "GL-2142"})


@frozen
class Beside:
    """What can be had with the slot that an address names, and what has been chosen of it.

    Args:
        asked: The programme, who comes, and the booking that is being changed.
        chosen: What the address says was chosen already; None where it is still to be asked.
        has: What that booking has.
    """

    asked: Asked
    programme: Programme
    slot: Slot
    offered: Mapping[str, Option] = field(hash=False)
    has: Mapping[str, int] = field(hash=False)
    chosen: Mapping[str, int] | None = field(hash=False)

    @classmethod
    def of(cls, asked: Asked, slot: Slot, request: PageRequest) -> "Beside":
        """Read it from the address; what it says wrongly counts as nothing chosen."""
        assert asked.programme is not None  # asked only with a programme
        try:
            said = request.query.get("options")
            chosen = None if said is None else read_options(said)
        except InputError:
            chosen = None
        has = asked.booking.options if asked.booking else NO_OPTIONS
        offered = asked.programme.options_with(slot.name)
        return cls(asked, asked.programme, slot, offered, has, chosen if offered else None)

    @property
    def priced(self) -> bool:
        """Whether what is chosen changes the bill, so that it is shown before anything is booked."""
        tariff = self.programme.tariff
        return tariff is not None and any(name in tariff.options for name in self.offered)

    @property
    def asks(self) -> bool:
        """Whether the numbers are still to be asked."""
        return bool(self.offered) and self.chosen is None

    def fields(self, tx: Transaction, calendar: Calendar, words: Words) -> list[PageField]:
        """One number each: `o0`, `o1` …"""
        if not self.asks:
            return []
        left = calendar.options_left(tx, self.slot.id)
        return [
            PageField(
                f"o{number}",
                words("option_count", option=name),
                "integer",
                help=" · ".join(self._about(words, name, option, left.get(name))),
                value=self.has.get(name, 0),
                least=0,
                most=option.most or option.stock,
            )
            for number, (name, option) in enumerate(self.offered.items())
        ]

    def _about(self, words: Words, name: str, option: Option, left: int | None) -> list[str]:
        fee = self.programme.tariff.options.get(name) if self.programme.tariff else None
        return [
            _fee(words, fee),
            *([words("option_left", left=left)] if left is not None else []),
            *([words("option_most", most=option.most)] if option.most is not None else []),
        ]

    def read(self, values: Mapping[str, Any]) -> Mapping[str, int]:
        """What was chosen, on this form or before it."""
        if not self.asks:
            return self.chosen or NO_OPTIONS
        return pieces({name: values.get(f"o{number}") or 0 for number, name in enumerate(self.offered)})

    def warnings(self, words: Words) -> list[Block]:
        """What a booking that moves here would lose."""
        lost = [name for name in self.has if name not in self.offered]
        return [Notice(words("option_not_here", option=name), "warning") for name in lost]

    def placed(self, reason: Reason) -> Reason:
        """A reason about one of them, beside its field."""
        name = reason.help.get("option")
        if not self.asks or reason.code not in _CODES or name not in self.offered:
            return reason
        return evolve(reason, help={**reason.help, "field": f"o{[*self.offered].index(str(name))}"})

    def sure(
        self,
        tx: Transaction,
        calendar: Calendar,
        words: Words,
        request: PageRequest,
        options: Mapping[str, int],
    ) -> dict[str, str]:
        """Who comes, what they have beside, and the bill: as it will be booked."""
        rows = {words("party"): str(self.asked.party), **beside_rows(words, options)}
        return rows | self.bill(tx, calendar, words, request, options, total=words("price"))

    def bill(
        self,
        tx: Transaction,
        calendar: Calendar,
        words: Words,
        request: PageRequest,
        options: Mapping[str, int] = NO_OPTIONS,
        *,
        total: str,
    ) -> dict[str, str]:
        """What it costs, line by line, for those who were said to come; nothing in a programme without fees.

        Args:
            total: The label of the sum.
        """
        if self.programme.tariff is None:
            return {}
        price = calendar.price(
            tx, self.slot.id, citizen=request.citizen, party=self.asked.party, options=options
        )
        lines = {line.text: words("yen", yen=f"{line.amount:,}") for line in price.lines}
        return {**lines, total: words("yen", yen=f"{price.total:,}")}

    def look_again(self, words: Words, rows: Mapping[str, str], options: Mapping[str, int]) -> Submitted:
        """What it would cost, and the way on; nothing is booked."""
        address = self.asked.query(slot=self.slot.id)
        on = Link(words("go_on"), "calendar/confirm", {**address, "options": options_text(options)})
        again = Link(words("other_options"), "calendar/confirm", address)
        paid = [Notice(words("already_paid"))] if self.asked.booking is not None else []
        return Submitted(
            words("see_price"), [Notice(words("not_yet")), Facts(rows), *paid, LinkList([on, again])]
        )


def _fee(words: Words, fee: Fee | None) -> str:
    if fee is None or not fee.amount:
        return words("option_free")
    return words("option_fee", fee=f"{fee.amount:,}", per=words(f"per_{fee.per}"))


def beside_rows(words: Words, options: Mapping[str, int]) -> dict[str, str]:
    """What a booking has, as a row; none where it has nothing."""
    return {words("options"): options_text(options)} if options else {}


def options_way(
    words: Words, programme: Programme, slot: Slot, booking: Booking, name: str
) -> Sequence[Link]:
    """To other numbers in the same slot, where anything goes with it."""
    if not programme.options_with(slot.name):
        return ()
    query = {"programme": programme.id, "party": str(booking.party), "booking": booking.id, "slot": slot.id}
    return [Link(words("change_options", booking=name), "calendar/confirm", query)]
