"""What the pages offer to the City: the service, the port `pages`, words in the chat, housekeeping."""

import os
from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from importlib.util import find_spec
from typing import Annotated, Final, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from govline.core import (
    FEATURE_API,
    Command,
    DataClass,
    DataField,
    Env,
    Offers,
    SealedColumn,
    Tick,
    Transaction,
)
from govline.core.texts import Texts
from govline.errors import ConfigError, MissingExtra
from govline.store import Database, Keyring
from govline.web.commands import COMMANDS
from govline.web.fetching import LineFetch
from govline.web.line_login import LINE_ADDRESSES, LineAddresses, LineLogin
from govline.web.own_pages import outbox_page
from govline.web.rendering import Liff
from govline.web.routes import Limit
from govline.web.service import Settings, Web
from govline.web.staff import LocalStaff, ProxyStaff, StaffDirectory, StaffLogin
from govline.web.texts import WEB_TEXTS

__all__ = ["ADDRESS_VARIABLE", "LiffConfig", "WebConfig", "WebFeature"]

ADDRESS_VARIABLE: Final = "GOVLINE_WEB_URL"
"""Goes before `base_url`: the address that `govline dev` learns when it starts."""
_LINE_VARIABLE: Final = "GOVLINE_LINE_API"
_Address = Annotated[
    str, StringConstraints(pattern=r"^(https://|http://(127\.0\.0\.1|localhost)\b)[^\s?#]*$")
]
_HttpsAddress = Annotated[str, StringConstraints(pattern=r"^https://[^\s?#;,'\"]*$")]
_Variable = Annotated[str, StringConstraints(pattern=r"^[A-Z_][A-Z0-9_]{0,99}$")]


class LiffConfig(BaseModel):
    """LIFF: its id, and where LINE's SDK comes from. Without it everybody signs in by LINE Login."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[0-9]{6,20}-[A-Za-z0-9]{4,20}$")
    sdk: _HttpsAddress = "https://static.line-scdn.net/liff/edge/2/sdk.js"


class WebConfig(BaseModel):
    """Settings under `features: web:`.

    Args:
        base_url: The pages' own https address, up to where they are mounted: `https://town.example/pages`.
        login_channel: Id of the LINE Login channel (the audience of ID tokens).
        login_secret_env: Names the environment variable with its secret.
        words: What citizens type or tap, and the page it leads to: `{登録内容の変更: segments/settings}`.
        staff: `local` for names and passwords of our own, `proxy` for a reverse proxy of yours, `none` for no pages of staff.
        proxies: Addresses or networks of the proxies that `proxy` believes.
        session_hours: Until a citizen signs in again. `staff_hours` likewise.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: _Address | Literal[""] = ""
    login_channel: str = Field(default="", pattern=r"^[0-9]{0,20}$")
    login_secret_env: _Variable = "LINE_LOGIN_CHANNEL_SECRET"  # noqa: S105 - the name of a variable
    liff: LiffConfig | None = None
    words: dict[str, str] = {}
    staff: Literal["none", "local", "proxy"] = "none"
    proxies: list[str] = []
    session_hours: int = Field(default=12, ge=1, le=72)
    staff_hours: int = Field(default=9, ge=1, le=24)
    texts: dict[str, str] = {}


class WebFeature:
    """画面; `city.web` is a `Web`. Name it behind `people`, so that it asks the town's policy.

    Args:
        staff_login: A login of your own, in the place of `staff:`.
        limit: Asked before every request; see `Limit`.
    """

    name = "web"
    api = FEATURE_API
    config: type[BaseModel] = WebConfig
    migrations = "govline.web.migrations"

    def __init__(self, *, staff_login: StaffLogin | None = None, limit: Limit | None = None) -> None:
        for package in ("starlette", "jinja2", "python_multipart"):
            if find_spec(package) is None:
                raise MissingExtra(package, "web")
        self._staff_login = staff_login
        self._limit = limit

    def build(self, env: Env, config: WebConfig) -> Web:
        """The bound service; reads no row."""
        database = cast("Database", env.database)
        settings = Settings(
            name=env.name or env.town,
            base_url=lambda: os.environ.get(ADDRESS_VARIABLE) or config.base_url,
            texts=Texts(config.texts, WEB_TEXTS),
            login=_login(env, database, config) if config.login_channel else None,
            liff=Liff(config.liff.id, config.liff.sdk) if config.liff else None,
            staff_login=self._staff_login or _staff(env, database, config),
            words=config.words,
            citizen=timedelta(hours=config.session_hours),
            staff=timedelta(hours=config.staff_hours),
            limit=self._limit,
        )
        return Web(database, env.port("policy"), settings)

    def offers(self, service: Web) -> Offers:
        """The port `pages`, the page of the outbox, words in the chat, a nightly clean-up."""

        def purge(tx: Transaction, due: datetime) -> None:  # noqa: ARG001 - what has expired depends on now
            service.purge(tx)

        pages = [outbox_page(service.settings.texts)] if service.settings.staff_login else []
        return Offers(
            ports={"pages": service},
            pages=pages,
            responders=[service.responder()],
            ticks=[Tick(f"web.purge.{hour:02d}", time(hour, 40), purge) for hour in range(24)],
            commands=[Command(*command) for command in COMMANDS],
            data_map=_DATA,
            sealed=_SEALED,
            erase=service.erase,
        )


def _login(env: Env, database: Database, config: WebConfig) -> LineLogin:
    def addresses() -> LineAddresses:
        base = os.environ.get(_LINE_VARIABLE)
        return LineAddresses.at(base) if base else LINE_ADDRESSES

    def secret() -> str:
        return env.secret(config.login_secret_env)

    return LineLogin(config.login_channel, secret, _keys(database), env.clock, LineFetch(), addresses)


def _keys(database: Database) -> Callable[[], Keyring]:
    def keys() -> Keyring:
        if database.keys is None:
            raise ConfigError(
                "personal data cannot be stored: the database was opened without keys",
                code="GL-1122",
                hint="set GOVLINE_KEYS",
            )
        return database.keys

    return keys


def _staff(env: Env, database: Database, config: WebConfig) -> StaffLogin | None:
    if config.staff == "none":
        return None
    directory = _directory(env)
    if config.staff == "local":
        return LocalStaff(database, directory=directory)
    return ProxyStaff.behind(*config.proxies, directory=directory)


def _directory(env: Env) -> StaffDirectory | None:
    """Where roles come from, when a feature built before offers it."""
    try:
        found: StaffDirectory = env.port("staff")
    except ConfigError:
        return None
    return found


_FIELDS: Final[Mapping[tuple[str, str], tuple[DataClass, str, str]]] = {
    ("session", "subject"): (DataClass.PUBLIC, "who is signed in", "one day after the session's end"),
    ("draft", "sealed"): (DataClass.SECRET, "a half-filled form, sealed", "7 days after the last entry"),
    ("submission", "sealed"): (DataClass.SECRET, "the page after a form, sealed", "30 days"),
    ("link", "sealed"): (DataClass.SECRET, "what an unguessable link carries, sealed", "until it expires"),
    ("staff", "name"): (DataClass.PERSONAL, "the login name of a member of staff", "until removed"),
    ("staff", "password"): (DataClass.SECRET, "the hash of a password", "until removed"),
}
_DATA: Final = tuple(DataField(f"gl_web_{kind}", column, *rest) for (kind, column), rest in _FIELDS.items())
_SEALED: Final = tuple(
    SealedColumn(f"gl_web_{kind}", "sealed", key="hash", context=f"web.{context}:{{hash}}")
    for kind, context in (("draft", "draft"), ("submission", "result"), ("link", "link"))
)
