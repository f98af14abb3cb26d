"""From a `city.yaml` to a City."""

import os
from collections.abc import Callable, Sequence
from datetime import time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from govline.city.assembly import feature_named
from govline.city.channel import LineChannel
from govline.city.config import (
    CallsConfig,
    CityConfig,
    LineConfig,
    PartnerConfig,
    QueueConfig,
    QuietConfig,
    RenewalConfig,
    read_config,
)
from govline.city.environment import environment_secret
from govline.city.words import CITY_TEXTS
from govline.core import Clock, IdSource
from govline.core.texts import DEFAULT_TEXTS, Texts
from govline.errors import ConfigError
from govline.store import Database, Keyring
from govline.store.policies import QueueLimit, QuietHours

if TYPE_CHECKING:
    from govline.city.city import City
    from govline.city.renewals import Expiring
    from govline.line.accounts import Calls, Partner

__all__ = ["CHANNEL_VARIABLE", "open_city"]

CHANNEL_VARIABLE: Final = "GOVLINE_CHANNEL"
"""`production` (also where it is not set) or `sandbox`."""


def open_city(kind: "type[City]", path: Path, *, clock: Clock | None, ids: IdSource | None) -> "City":
    """Read the file, open the database, assemble the features; see `City.load`."""
    config, label = _chosen(read_config(path))
    features = [(feature_named(name), settings) for name, settings in config.features.items()]
    database = Database.open(
        _database_url(config, path.parent),
        town=config.id,
        schema=config.db_schema,
        pool_size=config.pool_size,
        clock=clock,
        ids=ids,
        keys=Keyring.from_text(environment_secret(config.keys_env, hint="`govline key` makes one")),
    )
    try:
        return kind(
            database,
            features,
            name=config.name,
            line=_channel(config.line, label),
            folder=path.parent,
            texts=Texts(defaults={**DEFAULT_TEXTS, **CITY_TEXTS}).with_overrides(config.texts),
            menu=config.menu,
            quiet_hours=_quiet(config.quiet_hours),
            retention=config.retention,
            expiries=[_renewal(each, path.parent) for each in config.expiries],
            queues={name: _limit(each) for name, each in config.queues.items()},
        )
    except BaseException:
        database.close()  # nobody else knows it
        raise


def _chosen(config: CityConfig) -> tuple[CityConfig, str]:
    """The town on the channel that `GOVLINE_CHANNEL` names, and that channel's label."""
    wanted = os.environ.get(CHANNEL_VARIABLE, "production")
    if wanted == "sandbox":
        return config.sandboxed(), wanted
    if wanted != "production":
        raise ConfigError(
            f"{CHANNEL_VARIABLE} names no channel",
            code="GL-9016",
            hint="production or sandbox",
        )
    return config, wanted if config.line.sandbox else ""


def _channel(config: LineConfig, label: str) -> LineChannel:
    return LineChannel.from_environment(
        config.secret_env,
        config.token_env,
        api=config.api,
        destination=config.destination,
        timeout=config.timeout,
        shared_rate=config.shared_rate,
        login_token=config.login_token_env,
        partners=[_partner(each) for each in config.partners],
        label=label,
    )


def _partner(config: PartnerConfig) -> "Partner":
    from govline.line.accounts import Claim, Forward, Partner

    calls, hook = config.calls, config.forward
    return Partner(
        config.name,
        owns=Claim(**config.owns.model_dump()),
        forward=Forward(**hook.model_dump()) if hook else None,
        calls=None if calls is None else _calls(calls),
    )


def _calls(config: CallsConfig) -> "Calls":
    from govline.line.accounts import Calls

    age = timedelta(seconds=config.max_age)
    return Calls(
        _secrets(config.secret_env),
        config.verbs,
        config.per_hour,
        max_age=age,
        drill_words=config.drill_words,
    )


def _secrets(names: Sequence[str]) -> Callable[[], Sequence[str]]:
    return lambda: tuple(environment_secret(name) for name in names)


def _limit(config: QueueConfig) -> QueueLimit:
    return QueueLimit(config.workers, lease=timedelta(seconds=config.lease), ahead=config.ahead)


def _renewal(config: RenewalConfig, folder: Path) -> "Expiring":
    from govline.city import renewals

    given: dict[str, Any] = {
        name: getattr(config, name) for name in ("what", "remedy") if getattr(config, name)
    }
    if config.notice is not None:
        given["notice"] = timedelta(days=config.notice)
    if config.last_day:
        return renewals.Renewal(last_day=config.last_day, **given)
    if config.certificate:
        return renewals.CertificateFile(folder / config.certificate, **given)
    if config.crl:
        return renewals.CrlFile(folder / config.crl, **given)
    if config.holidays:
        return renewals.HolidayFile(folder / config.holidays)
    return renewals.JpkiFiles([folder / each for each in config.jpki or ()])


def _quiet(config: QuietConfig) -> QuietHours:
    return QuietHours(time.fromisoformat(config.start), time.fromisoformat(config.end))


def _database_url(config: CityConfig, folder: Path) -> str:
    kind, _, rest = config.database.partition(":///")
    if kind != "sqlite" or Path(rest).is_absolute():
        return config.database
    return f"sqlite:///{(folder / rest).resolve()}"
