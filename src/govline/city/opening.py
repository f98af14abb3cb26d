"""From a `city.yaml` to a City."""

from datetime import time
from pathlib import Path
from typing import TYPE_CHECKING

from govline.city.assembly import feature_named
from govline.city.channel import LineChannel
from govline.city.config import CityConfig, LineConfig, QuietConfig, read_config
from govline.city.environment import environment_secret
from govline.city.words import CITY_TEXTS
from govline.core import Clock, IdSource
from govline.core.texts import DEFAULT_TEXTS, Texts
from govline.store import Database, Keyring
from govline.store.policies import QuietHours

if TYPE_CHECKING:
    from govline.city.city import City

__all__ = ["open_city"]


def open_city(kind: "type[City]", path: Path, *, clock: Clock | None, ids: IdSource | None) -> "City":
    """Read the file, open the database, assemble the features; see `City.load`."""
    config = read_config(path)
    features = [(feature_named(name), settings) for name, settings in config.features.items()]
    database = Database.open(
        _database_url(config, path.parent),
        town=config.id,
        schema=config.db_schema,
        clock=clock,
        ids=ids,
        keys=Keyring.from_text(environment_secret(config.keys_env, hint="`govline key` makes one")),
    )
    try:
        return kind(
            database,
            features,
            name=config.name,
            line=_channel(config.line),
            folder=path.parent,
            texts=Texts(defaults={**DEFAULT_TEXTS, **CITY_TEXTS}).with_overrides(config.texts),
            menu=config.menu,
            quiet_hours=_quiet(config.quiet_hours),
        )
    except BaseException:
        database.close()  # nobody else knows it
        raise


def _channel(config: LineConfig) -> LineChannel:
    return LineChannel.from_environment(
        config.secret_env,
        config.token_env,
        api=config.api,
        destination=config.destination,
        timeout=config.timeout,
    )


def _quiet(config: QuietConfig) -> QuietHours:
    return QuietHours(time.fromisoformat(config.start), time.fromisoformat(config.end))


def _database_url(config: CityConfig, folder: Path) -> str:
    kind, _, rest = config.database.partition(":///")
    if kind != "sqlite" or Path(rest).is_absolute():
        return config.database
    return f"sqlite:///{(folder / rest).resolve()}"
