"""Puts features together: builds them in order, binds ports, collects offers, and refuses what does not fit."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, Union

from attrs import field, frozen

from govline.core import ALLOW_ALL, FEATURE_API, Action, Env, Feature, Offers, Page
from govline.errors import ConfigError

if TYPE_CHECKING:
    from pydantic import BaseModel

__all__ = ["Assembly", "FeatureChoice", "assemble", "feature_named"]

FeatureChoice = Union[Feature, tuple[Feature, Union[Mapping[str, Any], "BaseModel"]]]  # noqa: UP007 - a name in quotes knows no |
"""A feature, alone or with its settings (a mapping, or its own config model)."""
_GROUP: Final = "govline.features"


@frozen
class Assembly:
    """Built features: their services by name, and everything that they offer."""

    services: Mapping[str, Any]
    offers: Mapping[str, Offers]
    migrations: tuple[str, ...]
    actions: Mapping[str, Action] = field(factory=dict)
    ports: Mapping[str, Any] = field(factory=dict)

    def each(self, part: str) -> list[Any]:
        """One part of all offers, in the order of the features."""
        return [item for offers in self.offers.values() for item in getattr(offers, part)]

    def merged(self, part: str) -> dict[Any, Any]:
        """One mapping part of all offers; two features offering the same key is an error."""
        merged: dict[Any, Any] = {}
        for name, offers in self.offers.items():
            for key, value in getattr(offers, part).items():
                if key in merged:
                    raise ConfigError(
                        f"{part} {key!r} is offered twice", code="GL-9012", place={"feature": name}
                    )
                merged[key] = value
        return merged


def feature_named(name: str) -> Feature:
    """The feature that an installed package offers under this name (entry-point group `govline.features`).

    Raises:
        ConfigError: GL-9011 when no installed package offers it.
    """
    from importlib.metadata import entry_points

    for door in entry_points(group=_GROUP, name=name):
        built: Feature = door.load()()
        return built
    known = ", ".join(sorted({door.name for door in entry_points(group=_GROUP)}))
    raise ConfigError(
        f"no feature is called {name!r}",
        code="GL-9011",
        hint=f"installed: {known}",
        place={"key": f"features.{name}"},
    )


def assemble(
    choices: Iterable[FeatureChoice],
    env: Callable[[Callable[[str], Any]], Env],
    given: Mapping[str, Any] | None = None,
    own_pages: Mapping[str, Page] | None = None,
) -> Assembly:
    """Build every feature in order. A feature may ask only for ports of features built before it.

    Args:
        choices: Features, alone or with their settings.
        env: Makes the environment, given the look-up of ports.
        given: Ports of the City's own, where no feature offers them.
        own_pages: Pages of the City's own, by `feature/path`.

    Raises:
        ConfigError: GL-9010 a port nobody offers, GL-9012 two offers of one name, GL-9013 wrong api number, GL-9014 wrong settings.
    """
    ports: dict[str, Any] = {}
    defaults = {"policy": ALLOW_ALL, "quiet_hours": None, **(given or {})}
    services: dict[str, Any] = {}
    offers: dict[str, Offers] = {}
    migrations: list[str] = []
    surroundings = env(_lookup(ports, defaults))
    for choice in choices:
        feature, settings = choice if isinstance(choice, tuple) else (choice, {})
        _check(feature, services)
        service = feature.build(surroundings, _settings(feature, settings))
        services[feature.name], offers[feature.name] = service, feature.offers(service)
        migrations += [feature.migrations] if feature.migrations else []
        for port, value in offers[feature.name].ports.items():
            if port in ports:
                raise ConfigError(
                    f"the port {port!r} is offered twice", code="GL-9012", place={"feature": feature.name}
                )
            ports[port] = value
    actions = _actions(offers)
    for service in services.values():
        if bind := getattr(service, "bind_actions", None):
            bind(actions)
        if bind := getattr(service, "bind_pages", None):
            bind({**_pages(offers), **(own_pages or {})})
        if bind := getattr(service, "bind_open_work", None):
            bind([offer.open_work for offer in offers.values() if offer.open_work])
        if bind := getattr(service, "bind_datasets", None):
            bind([dataset for offer in offers.values() for dataset in offer.datasets])
    return Assembly(services, offers, tuple(dict.fromkeys(migrations)), actions, ports)


def _lookup(ports: dict[str, Any], defaults: Mapping[str, Any]) -> Callable[[str], Any]:
    def port(name: str) -> Any:
        if name not in ports and name in defaults:
            ports[name] = defaults[
                name
            ]  # whoever asked has it now: a feature that offers it later is refused, not ignored
        if name not in ports:
            raise ConfigError(
                f"nobody offers the port {name!r}",
                code="GL-9010",
                hint="add the feature that offers it, before the one that asks",
            )
        return ports[name]

    return port


def _check(feature: Feature, services: Mapping[str, Any]) -> None:
    if feature.api != FEATURE_API:
        raise ConfigError(
            f"the feature is built for api {feature.api}, this govline speaks {FEATURE_API}",
            code="GL-9013",
            place={"feature": feature.name},
            hint="install a matching version of the feature",
        )
    if feature.name in services:
        raise ConfigError("the feature is named twice", code="GL-9012", place={"feature": feature.name})


def _settings(feature: Feature, settings: "Mapping[str, Any] | BaseModel") -> "BaseModel":
    from pydantic import BaseModel, ValidationError

    if isinstance(settings, BaseModel):
        return settings
    try:
        return feature.config.model_validate(dict(settings))
    except ValidationError as cause:
        first = cause.errors(include_input=False, include_url=False)[0]
        key = ".".join(str(part) for part in ("features", feature.name, *first["loc"]))
        raise ConfigError(first["msg"], code="GL-9014", place={"key": key}) from None


def _pages(offers: Mapping[str, Offers]) -> dict[str, Page]:
    """Every page by `feature/path`, as addresses name it."""
    pages: dict[str, Page] = {}
    for name, offer in offers.items():
        for page in offer.pages:
            if f"{name}/{page.path}" in pages:
                raise ConfigError(
                    f"the page {page.path!r} is offered twice", code="GL-9012", place={"feature": name}
                )
            pages[f"{name}/{page.path}"] = page
    return pages


def _actions(offers: Mapping[str, Offers]) -> dict[str, Action]:
    actions: dict[str, Action] = {}
    for name, offer in offers.items():
        for action in offer.actions:
            if action.name in actions:
                raise ConfigError(
                    f"the action {action.name!r} is offered twice", code="GL-9012", place={"feature": name}
                )
            actions[action.name] = action
    return actions
