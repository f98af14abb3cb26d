"""What does not fit together is refused while the town is put together, with the feature or key named."""

from types import SimpleNamespace

import pytest
from attrs import define, field
from pydantic import BaseModel, ConfigDict, Field

from govline.city.assembly import assemble, feature_named
from govline.core import FEATURE_API, Action, Env, Finished, Offers
from govline.errors import ConfigError


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")
    places: int = Field(default=1, ge=0)


@define
class Piece:
    """A feature made of what a test needs."""

    name: str = "piece"
    api: int = FEATURE_API
    config: type[BaseModel] = Settings
    migrations: str = ""
    asks: str = ""
    offer: Offers = field(factory=Offers)

    def build(self, env, config):
        return SimpleNamespace(settings=config, port=env.port(self.asks) if self.asks else None)

    def offers(self, service):
        return self.offer


class NoArguments(BaseModel):
    pass


def action(name):
    return Action(name, NoArguments, frozenset({"ok"}), lambda tx, context, args: Finished())


def environment(port):
    return Env("hinata", None, None, None, None, None, None, port)


def put_together(*choices):
    return assemble(choices, environment)


def refused(*choices):
    with pytest.raises(ConfigError) as caught:
        put_together(*choices)
    return caught.value


def test_services_stand_under_their_names_with_their_settings():
    built = put_together(Piece("a"), (Piece("b"), {"places": 7}), (Piece("c"), Settings(places=3)))
    assert [built.services[name].settings.places for name in "abc"] == [1, 7, 3]


def test_a_port_is_found_in_a_feature_built_before():
    built = put_together(Piece("a", offer=Offers(ports={"slots": 42})), Piece("b", asks="slots"))
    assert built.services["b"].port == 42


def test_a_port_that_nobody_offers_yet_is_refused():
    error = refused(Piece("b", asks="slots"), Piece("a", offer=Offers(ports={"slots": 42})))
    assert error.code == "GL-9010"
    assert "'slots'" in error.message
    assert "before" in error.hint


@pytest.mark.parametrize(
    ("first", "second", "named"),
    [
        (Piece("a"), Piece("a"), "twice"),
        (
            Piece("a", offer=Offers(ports={"slots": 1})),
            Piece("b", offer=Offers(ports={"slots": 1})),
            "'slots'",
        ),
        (
            Piece("a", offer=Offers(actions=[action("pick")])),
            Piece("b", offer=Offers(actions=[action("pick")])),
            "'pick'",
        ),
    ],
    ids=["feature", "port", "action"],
)
def test_what_is_offered_twice_is_refused(first, second, named):
    error = refused(first, second)
    assert error.code == "GL-9012"
    assert named in error.message
    assert error.place == {"feature": second.name}


def test_two_handlers_of_one_topic_are_refused():
    built = put_together(
        Piece("a", offer=Offers(effects={"mail": 1})), Piece("b", offer=Offers(effects={"mail": 2}))
    )
    with pytest.raises(ConfigError) as caught:
        built.merged("effects")
    assert (caught.value.code, caught.value.place) == ("GL-9012", {"feature": "b"})


def test_a_feature_of_another_api_is_refused():
    error = refused(Piece("old", api=FEATURE_API + 1))
    assert error.code == "GL-9013"
    assert error.place == {"feature": "old"}


@pytest.mark.parametrize(
    ("settings", "key"),
    [({"places": -1}, "features.piece.places"), ({"seats": 2}, "features.piece.seats")],
)
def test_wrong_settings_name_their_key(settings, key):
    error = refused((Piece(), settings))
    assert error.code == "GL-9014"
    assert error.place == {"key": key}


def test_actions_are_bound_once_all_are_known():
    bound = []

    class Late(Piece):
        def build(self, env, config):
            return SimpleNamespace(bind_actions=bound.append)

    put_together(Late("a"), Piece("b", offer=Offers(actions=[action("pick")])))
    assert [set(actions) for actions in bound] == [{"pick"}]


def test_migrations_come_in_order_and_once():
    built = put_together(Piece("a", migrations="x"), Piece("b", migrations="y"), Piece("c", migrations="x"))
    assert built.migrations == ("x", "y")


def test_installed_features_are_found_by_name_and_others_named():
    assert feature_named("calendar").name == "calendar"
    with pytest.raises(ConfigError) as caught:
        feature_named("calender")
    assert caught.value.code == "GL-9011"
    assert caught.value.place == {"key": "features.calender"}
    assert "calendar" in caught.value.hint
