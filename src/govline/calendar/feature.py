"""What the calendar offers to the City."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from attrs import frozen
from pydantic import BaseModel, ConfigDict

from govline.calendar import _queries as q
from govline.calendar import closures, counter_offers, merging, reminders
from govline.calendar._queries.eligible import LAST_DAYS
from govline.calendar.commands.check import check_command, empty_lists, warn
from govline.calendar.commands.counter import counter_commands
from govline.calendar.commands.files import file_commands
from govline.calendar.commands.groups import group_commands
from govline.calendar.commands.upkeep import upkeep_commands
from govline.calendar.datasets import datasets
from govline.calendar.definition import parse
from govline.calendar.eligible_dataset import eligible_dataset
from govline.calendar.expiries import expiries, list_expiries
from govline.calendar.labels import when
from govline.calendar.model import Refused
from govline.calendar.occupancy_reader import OCCUPANCY_COMMAND
from govline.calendar.office import Office, OfficeConfig
from govline.calendar.pages.all import pages_of
from govline.calendar.pages.links import NO_PAGES, PageLinks
from govline.calendar.pages.sheet import SheetPages
from govline.calendar.programme_files import ProgrammeFiles
from govline.calendar.service import Calendar
from govline.calendar.talk.actions import CalendarActions
from govline.calendar.wording.groups import GROUP_TEXTS
from govline.calendar.wording.options import OPTION_TEXTS
from govline.calendar.wording.pages import PAGE_TEXTS
from govline.calendar.wording.sheets import SHEET_TEXTS
from govline.calendar.wording.take import TAKE_TEXTS
from govline.calendar.wording.talk import CALENDAR_TEXTS
from govline.calendar.wording.upkeep import UPKEEP_TEXTS
from govline.core import (
    FEATURE_API,
    Check,
    CitizenId,
    DataClass,
    DataField,
    Dataset,
    Done,
    EffectContext,
    Env,
    Fate,
    Id,
    Json,
    Offers,
    Reason,
    Ref,
    SystemClock,
    Tick,
    Transaction,
)
from govline.core.holidays import HolidayCalendar
from govline.core.jst import today
from govline.core.texts import Texts
from govline.errors import ConfigError
from govline.store.sealing import Keyring

__all__ = ["CalendarConfig", "CalendarFeature", "CalendarSlots", "EndUnpaid", "ExpireHold"]

_VIEW = 50
_TEXTS = {
    **CALENDAR_TEXTS,
    **PAGE_TEXTS,
    **UPKEEP_TEXTS,
    **TAKE_TEXTS,
    **OPTION_TEXTS,
    **GROUP_TEXTS,
    **SHEET_TEXTS,
}


class CalendarConfig(BaseModel):
    """Settings under `features: calendar:`.

    Args:
        folder: Where the programmes' YAML files lie, below the town's folder.
        programmes: Programmes written here, instead of or beside the files.
        texts: The town's own wording: key to text, or to texts by language.
        office: When staff answer: `{hours: 8:30-17:15, closed: 2026-12-29/2027-01-03}`, on business days; a day that is closed is none.
        holidays: The Cabinet Office's syukujitsu.csv below the town's folder, instead of the rules for the years that it names.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: str = "calendars"
    programmes: list[dict[str, Any]] = []
    texts: dict[str, str | dict[str, str]] = {}
    office: OfficeConfig = OfficeConfig()
    holidays: str = ""


class CalendarFeature:
    """Slot booking; `city.calendar` is a `Calendar`."""

    name = "calendar"
    api = FEATURE_API
    config: type[BaseModel] = CalendarConfig
    migrations = "govline.calendar.migrations"

    def __init__(self) -> None:
        self._texts = Texts(defaults=_TEXTS)
        self._folder = Path()
        self._files = ProgrammeFiles(Path(), ())
        self._database: Callable[[], Any] = lambda: None
        self._office = Office()
        self._links = NO_PAGES
        self._days = HolidayCalendar.official()
        self._keys: Callable[[], Keyring | None] = lambda: None
        self._today: Callable[[], date] = lambda: today(SystemClock())

    def build(self, env: Env, config: CalendarConfig) -> Calendar:
        """Read the programmes.

        Raises:
            DefinitionError: A programme is wrong.
            ConfigError: GL-2004, two programmes have one id.
        """
        self._texts = Texts(config.texts, _TEXTS)
        self._folder = Path(env.folder) / config.folder
        self._office = config.office.office()
        self._links = PageLinks(lambda: env.port("pages"))
        if config.holidays:
            self._days = HolidayCalendar.official().with_csv(Path(env.folder) / config.holidays)
        closed = [
            first + timedelta(n)
            for first, last in self._office.closed
            for n in range((last - first).days + 1)
        ]
        self._files = ProgrammeFiles(self._folder, [*map(parse, config.programmes)])
        programmes = self._files.read()
        names = [programme.id for programme in programmes]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ConfigError("two programmes have one id", code="GL-2004", place={"programme": twice[0]})
        policies = [programme.policy for programme in programmes]
        self._keys = lambda: getattr(env.database, "keys", None)
        self._database = lambda: env.database
        self._today = lambda: today(env.clock)
        return Calendar(
            programmes,
            business_day=self._days.with_year_end().with_closures(closed).is_business_day,
            holiday=self._days.is_holiday,
            texts=self._texts,
            profile=env.port("profile") if any(policy.attributes for policy in policies) else None,
            claims=env.port("claims") if any(policy.pay_item for policy in policies) else None,
            policy=env.port("policy"),
            quiet=env.port("quiet_hours"),
            follow=self._files.published,
        )

    def offers(self, service: Calendar) -> Offers:
        """Actions, the expiry of holds, daily upkeep, the slot port, checks and the staff's view."""
        return Offers(
            actions=CalendarActions(service, self._texts, self._office, self._links).all(),
            responders=[counter_offers.rebooking(service), counter_offers.left_over(service)],
            effects={
                closures.TOPIC: counter_offers.CloseStep(service),
                "calendar.expire": ExpireHold(service),
                "calendar.unpaid": EndUnpaid(service),
                reminders.TOPIC: reminders.SendReminder(lambda: service.programmes, self._texts),
            },
            datasets=[*datasets(service), *self._lists(service)],
            commands=[
                check_command(service, lambda: self._folder),
                OCCUPANCY_COMMAND,
                *counter_commands(service),
                *upkeep_commands(service),
                *group_commands(service),
                *file_commands(service, lambda: self._folder),
            ],
            ticks=[
                Tick("calendar.lay_out", time(0, 5), partial(self._by_night, service)),
                *counter_offers.no_show_ticks(service),
            ],
            pages=[
                *pages_of(service, self._texts),
                *SheetPages(service, self._texts, self._database, lambda: self._folder).all(),
            ],
            data_map=(*_DATA, *counter_offers.DATA),
            sealed=merging.SEALED,
            retention=counter_offers.RETENTION,
            erase=service.erase,
            prepare=service.prepare,
            checks=[
                Check("calendar.counter", _drift(service)),
                Check("calendar.preflight", lambda tx: warn(tx, service, self._folder)),
                Check("calendar.lists", lambda tx: empty_lists(tx, service, self._folder), taken_in=True),
            ],
            ports={"slots": CalendarSlots(service)},
            expiries=lambda tx: [
                *expiries(service.programmes.values()),
                *list_expiries(service.programmes, tx.all(LAST_DAYS)),
                *self._days.expiries(),
            ],
            view=_view(service),
        )

    def _by_night(self, service: Calendar, tx: Transaction, _due: datetime) -> None:
        """Lay out what the files say now: another process may have published since this one opened."""
        fresh = self._files.fresh()
        if fresh is not None:
            service.adopt(fresh)
        service.prepare(tx)

    def _lists(self, service: Calendar) -> list[Dataset]:
        listed = [item for item in service.programmes.values() if item.policy.eligibility is not None]
        return [eligible_dataset(programme, self._keys, self._today) for programme in listed]


@frozen
class CalendarSlots:
    """`SlotPort`: how forms and payments take places without knowing the calendar."""

    calendar: Calendar

    def hold(
        self, tx: Transaction, slot: Id, citizen: CitizenId | None, *, party: int, key: str
    ) -> Ref | tuple[Reason, ...]:
        """A hold's reference, or every reason against it."""
        answer = self.calendar.hold(tx, slot, citizen, party=party, key=key)
        return tuple(self.calendar.worded(answer).reasons) if isinstance(answer, Refused) else answer.ref

    def release(self, tx: Transaction, booking: Ref, *, key: str) -> None:
        """Free the places; nothing happens when they are free already."""
        self.calendar.cancel(tx, booking.id, key=key)


@frozen
class ExpireHold:
    """Handler of `calendar.expire`: nothing goes outside, the hold ends where the fate is written."""

    calendar: Calendar

    def run(self, payload: Mapping[str, Json], context: EffectContext) -> Fate:  # noqa: ARG002 - the contract's signature
        return Done()

    def record(self, tx: Transaction, payload: Mapping[str, Json], fate: Fate) -> None:
        if isinstance(fate, Done):
            self.calendar.expire_hold(tx, payload["booking"])


@frozen
class EndUnpaid:
    """Handler of `calendar.unpaid`: the booking ends where the fate is written, unless it was paid meanwhile."""

    calendar: Calendar

    def run(self, payload: Mapping[str, Json], context: EffectContext) -> Fate:  # noqa: ARG002 - the contract's signature
        return Done()

    def record(self, tx: Transaction, payload: Mapping[str, Json], fate: Fate) -> None:
        if isinstance(fate, Done):
            self.calendar.end_unpaid(tx, payload["booking"])


_DATA = (
    DataField("gl_calendar_eligible", "citizen", DataClass.PREFERENCE, "who claimed a row", "until erased"),
    DataField("gl_calendar_guess", "subject", DataClass.PREFERENCE, "wrong entries", "31 days"),
    DataField("gl_calendar_group_member", "citizen", DataClass.PREFERENCE, "who acts for it", "until erased"),
    DataField("gl_calendar_booking", "citizen", DataClass.PREFERENCE, "whose booking it is", "until erased"),
    DataField("gl_calendar_person", "citizen", DataClass.PREFERENCE, "limit of bookings", "until erased"),
    DataField("gl_calendar_request", "citizen", DataClass.PREFERENCE, "answers by key", "90 days"),
)


def _drift(calendar: Calendar) -> Callable[[Transaction], Sequence[str]]:
    def check(tx: Transaction) -> Sequence[str]:
        return [
            f"calendar slot {found.slot} on {found.day}: counter {found.counter}, bookings {found.rows}; "
            "the rows are right, correct the counter"
            for found in calendar.reconcile(tx)
        ]

    return check


def _view(calendar: Calendar) -> Callable[[Transaction], Sequence[Mapping[str, Any]]]:
    def view(tx: Transaction) -> Sequence[Mapping[str, Any]]:
        return [
            {
                "booking": booking.id,
                "programme": title.title if (title := calendar.programmes.get(booking.programme)) else "",
                "slot": when(booking.starts),
                "party": booking.party,
                "state": booking.state.value,
            }
            for booking in tx.all(q.RECENT_BOOKINGS, {"limit": _VIEW})
        ]

    return view
