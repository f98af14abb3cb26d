"""City: a town is one database, its features and its edges; nothing else knows them all."""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from govline.city.assembly import Assembly, FeatureChoice, assemble, feature_named
from govline.city.channel import LineChannel
from govline.city.config import CityConfig, QuietConfig, environment_secret, read_config
from govline.city.conversation import CITY_TEXTS, Conversation
from govline.city.router import Router
from govline.core import Actor, Check, Clock, Command, Env, IdSource, Transaction
from govline.core.texts import Texts
from govline.delivery import DeliveryFeature
from govline.errors import ConfigError
from govline.store import Database, Keyring

__all__ = ["City"]

T = TypeVar("T")
Rows = Sequence[Mapping[str, Any]]


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

    Raises:
        ConfigError: A feature does not fit; nothing was opened on its behalf.
    """

    def __init__(
        self,
        database: Database,
        features: Iterable[FeatureChoice] = (),
        *,
        name: str = "",
        line: LineChannel | None = None,
        folder: Path | str = ".",
        texts: Texts | None = None,
        quiet_hours: QuietConfig | None = None,
    ) -> None:
        self.database = database
        self.id = database.town
        self.name = name or database.town
        self.folder = Path(folder)
        self.texts = (texts or Texts()).with_defaults(CITY_TEXTS)
        self.channel = line
        self.quiet_hours = quiet_hours or QuietConfig()
        self._assembly: Assembly = assemble(_with_delivery(features), self._environment)
        self.router = Router(self._assembly.each("responders"))
        self.conversation = Conversation(self.router, self.texts, self.name)
        database.listen(self._assembly.each("handlers"))

    @classmethod
    def load(
        cls, path: Path | str = "city.yaml", *, clock: Clock | None = None, ids: IdSource | None = None
    ) -> "City":
        """Assemble the town that a `city.yaml` describes; relative paths start at the file's folder.

        Raises:
            ConfigError: The file, a feature's settings, or the environment.
        """
        path = Path(path)
        config = read_config(path)
        features = [(feature_named(name), settings) for name, settings in config.features.items()]
        database = Database.open(
            _database_url(config, path.parent),
            town=config.id,
            schema=config.db_schema,
            clock=clock,
            ids=ids,
            keys=Keyring.parse(environment_secret(config.keys_env)),
        )
        return cls(
            database,
            features,
            name=config.name,
            line=LineChannel.from_environment(config.line),
            folder=path.parent,
            texts=Texts(config.texts),
            quiet_hours=config.quiet_hours,
        )

    def __getattr__(self, name: str) -> Any:
        services = self.__dict__["_assembly"].services if "_assembly" in self.__dict__ else {}
        if name in services:
            return services[name]
        raise AttributeError(f"this town has no feature {name!r}; it has: {', '.join(services)}")

    # --- units of work ------------------------------------------------------------------------------------------------

    def begin(self, *, actor: Actor | None = None) -> AbstractContextManager[Transaction]:
        """A transaction that the caller holds; see `Database.begin`."""
        return self.database.begin(actor=actor)

    def run(self, work: Callable[[Transaction], T], *, group: str | None = None, actor: Actor | None = None) -> T:
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
        return tuple(dict.fromkeys((*self._assembly.migrations, "govline.line.migrations")))

    def prepare(self) -> Self:
        """Migrate, then let every feature write what its definition files say (`service.prepare(tx)`); safe to repeat."""
        self.database.migrate(self.migrations)
        for service in self._assembly.services.values():
            if prepare := getattr(service, "prepare", None):
                self.database.run(prepare)
        return self

    def close(self) -> None:
        """Close the town's connections."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    # --- what the features offer ----------------------------------------------------------------------------------------

    @property
    def commands(self) -> Mapping[str, Mapping[str, Command]]:
        """Commands by feature and name."""
        offers = self._assembly.offers.items()
        return {name: {command.name: command for command in offer.commands} for name, offer in offers if offer.commands}

    def check(self) -> list[str]:
        """Run every feature's checks; sentences that name place and remedy, none when all is well."""
        checks: list[Check] = self._assembly.each("checks")
        return self.database.read(lambda tx: [f"{check.name}: {text}" for check in checks for text in check.run(tx)])

    def view(self) -> dict[str, Rows]:
        """What staff would see, by section, without personal data; the simulator's right-hand side."""
        offers = self._assembly.offers.items()
        return self.database.read(lambda tx: {name: offer.view(tx) for name, offer in offers if offer.view})

    def erase(self, tx: Transaction, citizen: str) -> None:
        """Erase a citizen from every feature that knows them."""
        for offer in self._assembly.offers.values():
            if offer.erase:
                offer.erase(tx, citizen)

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
        )


def _with_delivery(features: Iterable[FeatureChoice]) -> list[FeatureChoice]:
    listed = list(features)
    names = [(choice[0] if isinstance(choice, tuple) else choice).name for choice in listed]
    return listed if "delivery" in names else [DeliveryFeature(), *listed]


def _database_url(config: CityConfig, folder: Path) -> str:
    kind, _, rest = config.database.partition(":///")
    if kind != "sqlite" or Path(rest).is_absolute():
        return config.database
    return f"sqlite:///{(folder / rest).resolve()}"
