"""city.yaml: what a town is made of. Secrets are never in it, only the names of environment variables."""

from collections.abc import Mapping
from datetime import date
from os.path import normpath
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from govline.core.messages import choices
from govline.errors import ConfigError, MessageError

__all__ = ["CityConfig", "LineConfig", "PartnerConfig", "QuietConfig", "SandboxConfig", "read_config"]


VariableName = Annotated[str, StringConstraints(pattern=r"^[A-Z_][A-Z0-9_]{0,99}$")]
"""The name of an environment variable; a secret pasted in its place is refused, and never shown."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _tappable(words: list[str]) -> list[str]:
    """Words that LINE can show as choices, refused here rather than at a citizen's first greeting."""
    try:
        choices(words)
    except MessageError as refused:
        raise ValueError(f"{refused.message}; {refused.hint}") from None
    return words


def _one_or_many(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


VariableNames = Annotated[list[VariableName], BeforeValidator(_one_or_many), Field(min_length=1)]
"""One variable, or several while a secret rotates."""


class ClaimConfig(_Strict):
    """What belongs to another tool on the channel; see `govline.line.accounts.Claim`."""

    keywords: list[str] = Field(default_factory=list)
    postbacks: list[Annotated[str, StringConstraints(min_length=1)]] = Field(default_factory=list)
    kinds: list[str] = Field(default_factory=list)
    rest: bool = False


class ForwardConfig(_Strict):
    """Where another tool wants events; see `govline.line.accounts.Forward`."""

    url: str = Field(pattern=r"^(https://[^/\s]+|http://(127\.0\.0\.1|localhost)(:\d+)?)(/\S*)?$")
    receives: Literal["own", "all"] = "own"
    order: Literal["citizen", "body"] = "citizen"
    timeout: float = Field(default=10.0, gt=0, le=30)
    keep: float = Field(default=3600.0, ge=60, le=86_400)


class CallsConfig(_Strict):
    """What another tool may ask of the town; see `govline.line.accounts.Calls`."""

    secret_env: VariableNames
    verbs: list[Literal["push", "event"]] = Field(min_length=1)
    per_hour: int = Field(default=600, ge=1)
    max_age: int = Field(default=3600, ge=60, le=86_400)
    drill_words: bool = False


class PartnerConfig(_Strict):
    """Another tool on the channel."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")
    owns: ClaimConfig = ClaimConfig()
    forward: ForwardConfig | None = None
    calls: CallsConfig | None = None


class SandboxConfig(_Strict):
    """A second channel for trying things out: the same town, a database and people of its own."""

    secret_env: VariableNames = Field(default_factory=lambda: ["LINE_SANDBOX_SECRET"])
    token_env: VariableName = "LINE_SANDBOX_ACCESS_TOKEN"  # noqa: S105 - the name of a variable
    login_token_env: VariableName | None = None
    destination: str | None = None
    database: str = "sqlite:///sandbox.db"
    db_schema: str | None = Field(default=None, alias="schema", pattern=r"^[a-z_][a-z0-9_]{0,62}$")
    partners: list[PartnerConfig] = Field(default_factory=list)


class LineConfig(_Strict):
    """The town's LINE channel. `secret_env` and `token_env` name environment variables (several during rotation)."""

    secret_env: VariableNames = Field(default_factory=lambda: ["LINE_CHANNEL_SECRET"])
    token_env: VariableName = "LINE_CHANNEL_ACCESS_TOKEN"  # noqa: S105 - the name of a variable
    login_token_env: VariableName | None = None
    destination: str | None = None
    api: str = "https://api.line.me"
    timeout: float = Field(default=10.0, gt=0, le=60)
    shared_rate: bool | None = None
    partners: list[PartnerConfig] = Field(default_factory=list)
    sandbox: SandboxConfig | None = None

    @field_validator("partners")
    @classmethod
    def _each_once(cls, partners: list[PartnerConfig]) -> list[PartnerConfig]:
        names = [partner.name for partner in partners]
        if len(names) != len(set(names)):
            raise ValueError("a partner is named twice")
        if sum(partner.owns.rest for partner in partners) > 1:
            raise ValueError("the rest belongs to one partner only")
        return partners


def _place(url: str) -> str:
    kind, _, path = url.partition(":///")
    return f"{kind}:{normpath(path)}" if kind == "sqlite" else url


class QuietConfig(_Strict):
    """Hours (JST, `HH:MM`) in which schedules that respect quiet hours wait."""

    start: str = Field(default="21:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    end: str = Field(default="08:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")


class QueueConfig(_Strict):
    """One queue in each process: threads, effects that lie ready for each, and the seconds for which a killed worker keeps
    what it had claimed from the others."""

    workers: int = Field(ge=1, le=256)
    ahead: int = Field(default=2, ge=1, le=64)
    lease: float = Field(default=120.0, ge=5, le=3600)


class RenewalConfig(_Strict):
    """Something that runs out and that the town renews itself; exactly one of `last_day`, `certificate`, `crl`, `jpki`, `holidays`.

    Files stand below the town's folder, or anywhere by an absolute path.
    """

    what: str = Field(default="", max_length=100)
    last_day: date | None = None
    certificate: str | None = None
    crl: str | None = None
    jpki: list[str] | None = Field(default=None, min_length=1)
    holidays: str | None = None
    remedy: str = Field(default="", max_length=200)
    notice: int | None = Field(default=None, ge=0, le=1000)

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        kinds = (self.last_day, self.certificate, self.crl, self.jpki, self.holidays)
        if sum(each is not None for each in kinds) != 1:
            raise ValueError("say one of last_day, certificate, crl, jpki, holidays")
        if self.last_day is not None and not self.what:
            raise ValueError("a last_day needs `what`: what ends then")
        if (self.jpki or self.holidays) and (self.what or self.remedy or self.notice is not None):
            raise ValueError("jpki and holidays stand alone: they know what they are and when to tell")
        return self


class CityConfig(_Strict):
    """One town. `features` maps a feature's name to its settings, in the order in which they are built."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
    database: str = "sqlite:///town.db"
    db_schema: str | None = Field(default=None, alias="schema", pattern=r"^[a-z_][a-z0-9_]{0,62}$")
    pool_size: int = Field(default=10, ge=2, le=500)
    keys_env: VariableName = "GOVLINE_KEYS"
    line: LineConfig = LineConfig()
    quiet_hours: QuietConfig = QuietConfig()
    queues: dict[str, QueueConfig] = Field(default_factory=dict)
    menu: Annotated[list[str], AfterValidator(_tappable)] = Field(default_factory=list, max_length=13)
    texts: dict[str, str] = Field(default_factory=dict)
    retention: dict[str, int] = Field(default_factory=dict)
    expiries: list[RenewalConfig] = Field(default_factory=list)
    features: dict[str, dict[str, Any]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _sandbox_apart(self) -> Self:
        box = self.line.sandbox
        if box is None:
            return self
        if (_place(box.database), box.db_schema) == (_place(self.database), self.db_schema):
            raise ValueError("line.sandbox needs a database, or a schema, of its own")
        if {*box.secret_env, box.token_env} & {*self.line.secret_env, self.line.token_env}:
            raise ValueError("line.sandbox needs a channel of its own: name other variables")
        return self

    def sandboxed(self) -> "CityConfig":
        """The same town on its sandbox channel: its own database, its own people, no partner of the production channel.

        Raises:
            ConfigError: GL-9015, the town has none.
        """
        box = self.line.sandbox
        if box is None:
            raise ConfigError(
                "this town has no sandbox channel", code="GL-9015", hint="add line.sandbox to city.yaml"
            )
        same = {"secret_env", "token_env", "login_token_env", "destination", "partners"}
        line = self.line.model_copy(update={name: getattr(box, name) for name in same})
        return self.model_copy(update={"database": box.database, "db_schema": box.db_schema, "line": line})

    @field_validator("features", mode="before")
    @classmethod
    def _bare_names(cls, value: Any) -> Any:
        return (
            {name: settings or {} for name, settings in value.items()}
            if isinstance(value, Mapping)
            else value
        )


def read_config(path: Path) -> CityConfig:
    """Read and check a `city.yaml` (YAML 1.2).

    Raises:
        ConfigError: GL-9001 not readable, GL-9002 a key is wrong; `place` names file, line or key.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        raw = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as cause:
        raise ConfigError(
            "city.yaml cannot be read",
            code="GL-9001",
            hint="save it as UTF-8 text",
            place={"file": str(path)},
        ) from cause
    except MarkedYAMLError as cause:
        line = cause.problem_mark.line + 1 if cause.problem_mark else 0
        raise ConfigError(
            f"city.yaml is not YAML: {cause.problem}",
            code="GL-9001",
            hint="look at indentation, colons and quotes there",
            place={"file": path.name, "line": line},
        ) from cause
    except (
        YAMLError,
        ValueError,
        RecursionError,
    ) as cause:  # a forbidden character, a date that no month has
        raise ConfigError(
            "city.yaml is not YAML",
            code="GL-9001",
            hint="look for control characters, impossible dates and deep nesting",
            place={"file": path.name},
        ) from cause
    try:
        return CityConfig.model_validate(raw)
    except ValidationError as cause:
        first = cause.errors(include_input=False, include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "(top)"
        raise ConfigError(
            f"city.yaml: {first['msg']}",
            code="GL-9002",
            place={"file": path.name, "key": key},
            hint="see docs/en/town-as-data for every key",
        ) from None
