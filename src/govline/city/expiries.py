"""What runs out, told weeks before: calendars, lists, certificates and contracts of the town and of every feature."""

import logging
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any, Final

from govline.core import Event, Expiry, Ref, Tick, Transaction
from govline.core.jst import to_jst
from govline.core.pages import Block, DataTable, Notice, Page, PageRequest, Paragraph, View
from govline.errors import GovlineError

if TYPE_CHECKING:
    from govline.city.city import City

__all__ = ["all_expiries", "as_json", "expiring", "expiry_page", "expiry_tick", "sentence", "unreadable"]

_MONDAY: Final = 0
_log = logging.getLogger("govline.city")


def all_expiries(city: "City", tx: Transaction) -> list[Expiry]:
    """Everything that ever runs out, near or far, the soonest first: of the features, and what `expiries:` names."""
    found = [each for source in city.expiry_sources for each in source(tx)]
    for _, told in _renewals(city):
        found += told if isinstance(told, list) else []
    return sorted(found, key=lambda each: (each.last_day, each.what))


def expiring(city: "City", tx: Transaction) -> list[Expiry]:
    """What runs out soon or has run out, the soonest first."""
    today = to_jst(tx.now).date()
    return [each for each in all_expiries(city, tx) if each.runs_out(today)]


def unreadable(city: "City") -> list[str]:
    """Files under `expiries:` that do not tell when they end, each with place and remedy."""
    return [str(told) for _, told in _renewals(city) if isinstance(told, GovlineError)]


def sentence(expiry: Expiry, today: date) -> str:
    """As doctor shows it."""
    ends = "で終わりました" if expiry.last_day < today else "で終わります"
    return f"{expiry.what}: {expiry.last_day} {ends}。{expiry.remedy}"


def as_json(expiry: Expiry, today: date) -> dict[str, Any]:
    """For machines that watch: `days_left` is 0 on the last day and negative behind it, `due` once staff are told."""
    return {
        "what": expiry.what,
        "last_day": expiry.last_day.isoformat(),
        "days_left": (expiry.last_day - today).days,
        "due": expiry.runs_out(today),
        "remedy": expiry.remedy,
    }


def expiry_tick(city: "City") -> Tick:
    """Every Monday morning: a warning in the log and the event `city.runs_out` for each, for a staff page or mail of yours."""

    def run(tx: Transaction, due: datetime) -> None:
        if to_jst(due).weekday() != _MONDAY:
            return
        for problem in unreadable(city):
            _log.warning("%s", problem)
        today = to_jst(tx.now).date()
        for expiry in expiring(city, tx):
            _log.warning("%s", sentence(expiry, today))
            facts = {"what": expiry.what, "last_day": expiry.last_day.isoformat(), "remedy": expiry.remedy}
            tx.emit(Event("city.runs_out", Ref("city", city.id), data=facts))

    return Tick("city.runs_out", time(8, 30), run)


def expiry_page(city: "City") -> Page:
    """`town/expiries`: everything that runs out, for staff; what is due stands on top, in words."""

    def show(tx: Transaction, request: PageRequest) -> View:
        def words(key: str, **values: object) -> str:
            return city.texts.get(f"city.expiries.{key}", request.locale, **values)

        today = to_jst(tx.now).date()
        listed = all_expiries(city, tx)
        blocks: list[Block] = [Notice(problem, "warning") for problem in unreadable(city)]
        due = sum(each.runs_out(today) for each in listed)
        blocks.append(Notice(words("due", count=due), "warning") if due else Paragraph(words("none_due")))
        if listed:
            columns = [words(name) for name in ("what", "last_day", "left", "remedy")]
            rows = [
                (each.what, each.last_day.isoformat(), str((each.last_day - today).days), each.remedy)
                for each in listed
            ]
            blocks.append(DataTable(words("caption"), columns, rows))
        return View(words("title"), blocks)

    return Page("expiries", city.texts.get("city.expiries.title"), show, audience="staff")


def _renewals(city: "City") -> Iterator[tuple[object, list[Expiry] | GovlineError]]:
    for each in city.renewals:
        try:
            yield each, list(each.expiries())
        except GovlineError as error:
            yield each, error
