"""City: a town is one database, its features and its edges; nothing else knows them all."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, time
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Literal, Self, TypeVar

from govline.city.assembly import Assembly, FeatureChoice, assemble
from govline.city.channel import LINE_API, LineChannel
from govline.city.environment import environment_secret
from govline.city.expiries import expiry_page, expiry_tick
from govline.city.languages import language_choice
from govline.city.partners import (
    partner_effects,
    partner_forwarder,
    partner_queues,
    partner_rest,
    partner_silence,
)
from govline.city.router import Router
from govline.city.sending import QUEUES, town_gate
from govline.city.words import CITY_TEXTS
from govline.core import (
    ALLOW_ALL,
    Actor,
    Clock,
    Command,
    DataField,
    EffectHandler,
    Env,
    Expiry,
    IdSource,
    PolicyPort,
    Retention,
    SealedColumn,
    Tick,
    Transaction,
)
from govline.core.texts import Texts
from govline.errors import ConfigError
from govline.store.policies import QueueLimit, QuietHours

if TYPE_CHECKING:
    # loaded when they are first needed: importing the City costs neither SQLAlchemy nor pydantic's models
    from govline.city.conversation import Conversation
    from govline.city.renewals import Expiring
    from govline.city.running import Background
    from govline.line import SdkMessenger, Webhook
    from govline.line.accounts import PartnerDoor
    from govline.line.limiter import Gate
    from govline.store import Database
    from govline.store.pump import Pump
    from govline.store.worker import Pace, Worker

__all__ = ["City"]

T = TypeVar("T")
Rows = Sequence[Mapping[str, Any]]
NIGHT: Final = QuietHours(time(21), time(8))
"""The quiet hours of a town that names none."""


class City:
    """A town's backend, assembled from a database and features.

    Bound services stand under the features' names: `city.calendar.book(tx, …)`.

    Args:
        database: The town's database; the City closes it.
        features: Built in order, each alone or with its settings; `delivery` is always there.
        name: As citizens read it.
        line: The LINE channel; without one the City neither takes webhooks nor sends.
        folder: Where features look for their definition files.
        texts: The town's own wording of citizen-facing texts.
        menu: Words offered as quick replies when a citizen is welcomed or not understood, the first six also as rich menu.
        quiet_hours: When schedules that respect them wait.
        retention: Days to keep something, by the name of its rule; `govline data-map` shows them.
        queues: Threads and leases by queue (`delivery`, `reply`, a feature's name), over those that stand in `QUEUES`.
        expiries: What else runs out: `TrustAnchors`, `HolidayCalendar`, values of `govline.city.renewals`.

    Raises:
        ConfigError: A feature does not fit; nothing was opened on its behalf.
    """

    def __init__(
        self,
        database: "Database",
        features: Iterable[FeatureChoice] = (),
        *,
        name: str = "",
        line: LineChannel | None = None,
        folder: Path | str = ".",
        texts: Texts | None = None,
        menu: Sequence[str] = (),
        quiet_hours: QuietHours | None = None,
        queues: Mapping[str, QueueLimit] | None = None,
        retention: Mapping[str, int] | None = None,
        expiries: Iterable["Expiring"] = (),
    ) -> None:
        self.database = database
        self.id = database.town
        self.name = name or database.town
        self.folder = Path(folder)
        self.texts = (texts or Texts()).with_defaults(CITY_TEXTS)
        self.channel = line
        self.menu = tuple(menu)
        self.quiet_hours = quiet_hours or NIGHT
        self.queues = {**QUEUES, **partner_queues(line), **(queues or {})}
        self.renewals = tuple(expiries)
        self._assembly: Assembly = assemble(
            _with_floors(features), self._environment, self._own_ports(), {"town/expiries": expiry_page(self)}
        )
        if "people" in self._assembly.services:
            from govline.city.staff_sheet import staff_sheet

            self.tabular.bind_datasets([staff_sheet(self.people)])
        self._days = dict(retention or {})
        self.delivery.respect(self.quiet_hours.start, self.quiet_hours.end)
        self.router = Router(
            [
                *partner_silence(line),
                language_choice(self.texts),
                *self._assembly.each("responders"),
                *partner_rest(line),
            ],
            patience=database.budget,
        )
        database.listen(self._assembly.each("handlers"))
        _ = self.retention  # a period that nobody keeps is told now, not by the worker at night

    @cached_property
    def conversation(self) -> "Conversation":
        """What turns an event of the inbox into an answer."""
        from govline.city.conversation import Conversation

        return Conversation(self.router, self.texts, self.name, self.menu)

    @classmethod
    def load(
        cls, path: Path | str = "city.yaml", *, clock: Clock | None = None, ids: IdSource | None = None
    ) -> "City":
        """Assemble the town that a `city.yaml` describes; relative paths start at the file's folder.

        Raises:
            ConfigError: The file, a feature's settings, or the environment.
        """
        from govline.city.opening import open_city

        return open_city(cls, Path(path), clock=clock, ids=ids)

    def __getattr__(self, name: str) -> Any:
        services = self.__dict__["_assembly"].services if "_assembly" in self.__dict__ else {}
        if name in services:
            return services[name]
        raise AttributeError(f"this town has no feature {name!r}; it has: {', '.join(services)}")

    # --- units of work ------------------------------------------------------------------------------------------------

    def begin(self, *, actor: Actor | None = None) -> AbstractContextManager[Transaction]:
        """A transaction that the caller holds; see `Database.begin`."""
        return self.database.begin(actor=actor)

    def run(
        self, work: Callable[[Transaction], T], *, group: str | None = None, actor: Actor | None = None
    ) -> T:
        """Run a unit of work and commit it; see `Database.run`."""
        return self.database.run(work, group=group, actor=actor)

    def read(self, work: Callable[[Transaction], T]) -> T:
        """Run a reading unit; see `Database.read`."""
        return self.database.read(work)

    def join(self, connection: Any, *, actor: Actor | None = None) -> AbstractContextManager[Transaction]:
        """Take part in a transaction of yours; see `Database.join`."""
        return self.database.join(connection, actor=actor)

    # --- life ---------------------------------------------------------------------------------------------------------

    @property
    def migrations(self) -> tuple[str, ...]:
        """The packages of every migration branch that this town needs besides the store's own."""
        return tuple(
            dict.fromkeys(
                (*self._assembly.migrations, "govline.line.migrations", "govline.line.accounts.migrations")
            )
        )

    def prepare(self, *, phase: Literal["pre", "all"] = "all") -> Self:
        """Migrate, then let every feature write what its definition files say; safe to repeat.

        Args:
            phase: Of the migrations; `pre` while the release before this one is still running, see `Database.migrate`.

        Raises:
            StoreError: GL-1121, the sealing keys are not those of this town.
        """
        self.database.migrate(self.migrations, phase=phase)
        if self.database.keys is not None:
            from govline.store.identity import check_keys

            self.database.read(check_keys)
        for offer in self._assembly.offers.values():
            if offer.prepare:
                self.database.run(offer.prepare)
        return self

    def receive(self, body: bytes, signature: str | None) -> int:
        """Take a webhook body into the inbox; the HTTP status to answer with, at once.

        Args:
            body: The raw bytes.
            signature: The header `X-Line-Signature`.
        """
        return self.webhook.receive(body, signature).status

    @cached_property
    def webhook(self) -> "Webhook":
        """The channel's door; see `govline.line.Webhook`."""
        from govline.line import Webhook

        channel = self._channel()
        return Webhook(
            self.database,
            channel.secrets,
            destination=channel.destination,
            forwarder=partner_forwarder(channel),
        )

    @cached_property
    def partners(self) -> "PartnerDoor":
        """The door for other tools on the channel: signed calls of those whom the channel names; see `PartnerDoor`."""
        from govline.line.accounts import PartnerDoor

        return PartnerDoor(self.database, self._channel().partners)

    @cached_property
    def messenger(self) -> "SdkMessenger":
        """Calls to LINE, through the official SDK; loaded with the first call."""
        from govline.line import SdkMessenger

        channel = self._channel()
        local = None if channel.api == LINE_API else channel.api
        return SdkMessenger(channel.token, host=channel.api, data_host=local, timeout=(3.0, channel.timeout))

    @cached_property
    def gate(self) -> "Gate":
        """LINE's rate limits, kept from this side by all processes of the town together; see `town_gate`."""
        return town_gate(self.database, self._channel())

    @cached_property
    def pump(self) -> "Pump":
        """Carries the outbox out: `city.pump.run_once(deadline=…)` on AWS Lambda, or inside a worker."""
        from govline.line import line_effects
        from govline.store.pump import Pump

        line = line_effects(self.database, self.messenger, gate=self.gate) if self.channel else {}
        line = {**line, **partner_effects(self.database, self.channel)}
        return Pump(
            self.database,
            {**self._assembly.merged("effects"), **line},
            queues=self.queues,
            upcasters=self._assembly.merged("upcasters"),
        )

    @property
    def effects(self) -> Mapping[str, EffectHandler]:
        """The features' own outbox handlers by topic; LINE's are not among them."""
        return self._assembly.merged("effects")

    @property
    def ticks(self) -> Sequence[Tick]:
        """The daily work of all features, and the weekly look at what runs out."""
        return [*self._assembly.each("ticks"), expiry_tick(self)]

    def worker(self, pace: "Pace | None" = None) -> "Worker":
        """A worker for this process: inbox, outbox, schedules and daily ticks; `run()` ends cleanly on SIGTERM."""
        from govline.city.running import make_worker

        return make_worker(self, pace)

    def background(self) -> "Background":
        """A worker in a thread of its own, for a web process that also answers."""
        from govline.city.running import Background

        return Background(self)

    def busy(self) -> bool:
        """Whether a worker has anything left to do at this instant of the clock."""
        from govline.city.running import busy

        return busy(self)

    def settle(self, *, deadline: datetime | None = None) -> bool:
        """Do everything that is due at this instant of the clock, in this thread: for AWS Lambda, tests and drills.

        Args:
            deadline: Begin nothing new after this instant of the town's clock.

        Returns:
            Whether nothing is left; False when the deadline came first.
        """
        from govline.city.running import settle

        return settle(self, deadline)

    def publish_menu(self) -> str:
        """Show the words of `menu` as a rich menu to everybody who has none of their own; LINE's id of it.

        The picture is `menu.png` or `menu.jpg` of the town's folder (2500 × 1686 pixels for four to six words, 2500 × 843 for
        fewer). Doing it again with the same words and picture finds the menu that is there.

        Raises:
            ConfigError: GL-9004 no LINE channel, GL-9006 no words, GL-9007 no picture: citizens would see blank tiles.
            LineError: LINE refused or could not be reached.
        """
        from govline.city.menu import menu_picture, plain_picture, town_menu
        from govline.line import publish_menu

        menu = town_menu(self.id, self.menu)
        picture = menu_picture(self.folder)
        if picture is None and self._channel().api == LINE_API:
            raise ConfigError(
                "the menu has no picture",
                code="GL-9007",
                hint=f"put menu.png ({menu.width}x{menu.height} pixels, at most 1 MB) there",
                place={"folder": str(self.folder)},
            )
        image, media_type = picture or (plain_picture(menu), "image/png")
        menu_id = publish_menu(self.messenger, menu, image, media_type)
        self.messenger.set_default_menu(menu_id)
        return menu_id

    def close(self) -> None:
        """Close the town's connections."""
        if "messenger" in self.__dict__:
            self.messenger.close()
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- what the features offer ----------------------------------------------------------------------------------------

    @property
    def commands(self) -> Mapping[str, Mapping[str, Command]]:
        """Commands by feature and name."""
        offers = self._assembly.offers.items()
        return {
            name: {command.name: command for command in offer.commands}
            for name, offer in offers
            if offer.commands
        }

    def check(self, *, taken_in: bool = True) -> list[str]:
        """Run every feature's checks; sentences that name place and remedy, none when all is well.

        Args:
            taken_in: Also what judges lists that were taken in; False for a database that was made for a trial.
        """
        checks = [each for each in self._assembly.each("checks") if taken_in or not each.taken_in]
        return self.database.read(
            lambda tx: [f"{check.name}: {text}" for check in checks for text in check.run(tx)]
        )

    @cached_property
    def retention(self) -> Sequence[Retention]:
        """How long things are kept in this town: the store's rules and the features', with the town's own periods.

        Raises:
            ConfigError: GL-1124 a period for something that nobody keeps.
        """
        from govline.store.retention import RULES, with_periods

        return with_periods([*RULES, *self._assembly.each("retention")], self._days)

    @property
    def policy(self) -> PolicyPort:
        """Who may do what: the port `policy`, which allows everything in a town without roles."""
        found: PolicyPort = self._assembly.ports.get("policy", ALLOW_ALL)
        return found

    @property
    def expiry_sources(self) -> Sequence[Callable[[Transaction], Sequence[Expiry]]]:
        """The features' tellings of what runs out; see `govline.city.expiries`."""
        return [offer.expiries for offer in self._assembly.offers.values() if offer.expiries]

    @property
    def data_fields(self) -> Sequence[DataField]:
        """What features themselves say about their columns."""
        return self._assembly.each("data_map")

    @property
    def sealed_columns(self) -> Sequence[SealedColumn]:
        """Every column that features seal, for `govline.store.sealed`."""
        return self._assembly.each("sealed")

    def view(self) -> dict[str, Rows]:
        """What staff would see, by section, without personal data; the simulator's right-hand side."""
        offers = self._assembly.offers.items()
        return self.database.read(lambda tx: {name: offer.view(tx) for name, offer in offers if offer.view})

    def erase(self, tx: Transaction, citizen: str) -> str:
        """Every feature forgets the citizen, then the store: who they are, what they sent, what waits for them.

        `govline.city.erasure.erase_citizen` does this and proves that nothing is left. Returns the audit's pseudonym.
        """
        from govline.store import erasure

        for offer in self._assembly.offers.values():
            if offer.erase:
                offer.erase(tx, citizen)
        return erasure.erase(tx, citizen)

    def _channel(self) -> LineChannel:
        if self.channel is None:
            raise ConfigError(
                "this town has no LINE channel",
                code="GL-9004",
                hint="City(…, line=LineChannel(…)) or the section line: of city.yaml",
            )
        return self.channel

    def _own_ports(self) -> Mapping[str, Any]:
        own: dict[str, Any] = {"quiet_hours": self.quiet_hours}
        if self.channel is not None:
            from govline.line import LineValidator

            own["validator"] = LineValidator(lambda: self.messenger)
        return own

    def _environment(self, port: Callable[[str], Any]) -> Env:
        return Env(
            town=self.id,
            database=self.database,
            clock=self.database.clock,
            ids=self.database.ids,
            folder=self.folder,
            secret=environment_secret,
            text=self.texts.get,
            port=port,
            name=self.name,
        )


def _with_floors(features: Iterable[FeatureChoice]) -> list[FeatureChoice]:
    """The features with what every town has: delivery before them, tabular behind them."""
    from govline.delivery import DeliveryFeature
    from govline.tabular import TabularFeature

    order = {"people": 0, "delivery": 1}  # whose policy every other one asks; what others send through
    listed = sorted(features, key=lambda choice: order.get(_name(choice), 2))
    names = set(map(_name, listed))
    at = sum(_name(choice) == "people" for choice in listed)
    first = [] if "delivery" in names else [DeliveryFeature()]
    last = [] if "tabular" in names else [TabularFeature()]
    return [*listed[:at], *first, *listed[at:], *last]


def _name(choice: FeatureChoice) -> str:
    return (choice[0] if isinstance(choice, tuple) else choice).name
