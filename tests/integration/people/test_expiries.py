"""Doctor and the Monday tick tell what runs out, weeks before."""

import logging
from datetime import UTC, date, datetime

import pytest
from pydantic import BaseModel

from govline import City
from govline.city.expiries import expiring, sentence
from govline.core import FEATURE_API, Expiry, Handler, Offers
from govline.people import PeopleFeature


class NoSettings(BaseModel):
    pass


class Tables:
    name = "tables"
    api = FEATURE_API
    config = NoSettings
    migrations = ""

    def __init__(self):
        self.heard = []

    def build(self, env, config):
        return self

    def offers(self, service):
        return Offers(
            expiries=lambda tx: [
                Expiry("祝日の表", date(2026, 12, 31), "内閣府の CSV を置く"),
                Expiry("遠い表", date(2028, 12, 31), "-"),
            ],
            handlers=[Handler("city.runs_out", lambda tx, event: self.heard.append(event.data["what"]))],
        )


@pytest.fixture
def tables():
    return Tables()


@pytest.fixture
def city(sqlite_db, tables):
    definition = {"roles": {"editor": {"label": "作成者", "verbs": ["delivery.plan"]}}}
    return City(sqlite_db, [tables, (PeopleFeature(), {"definition": definition})])


def test_what_ends_is_told_each_monday_and_no_other_day(city, clock, tables, caplog):
    def contractor(tx):
        who = city.people.add(tx, "v1", "受託者", kind="operator")
        city.people.assign(tx, who, "editor", starts=date(2026, 11, 20), ends=date(2026, 12, 5))

    city.run(contractor)
    found = city.read(lambda tx: expiring(city, tx))
    assert [(each.what, each.last_day) for each in found] == [
        ("委託先とゲストの役割 1件", date(2026, 12, 4)),
        ("祝日の表", date(2026, 12, 31)),
    ]
    assert sentence(found[1], date(2026, 12, 31)) == "祝日の表: 2026-12-31 で終わります。内閣府の CSV を置く"
    clock.set(datetime(2026, 11, 21, 23, 40, tzinfo=UTC))  # Sunday morning in Japan
    city.settle()
    assert tables.heard == []
    clock.set(datetime(2026, 11, 22, 23, 40, tzinfo=UTC))  # Monday
    with caplog.at_level(logging.WARNING, "govline.city"):
        city.settle()
        city.settle()
    assert tables.heard == ["委託先とゲストの役割 1件", "祝日の表"]
    assert "祝日の表: 2026-12-31" in caplog.text


def test_people_are_built_first_whatever_the_order(city):
    from govline.people import RolePolicy

    assert isinstance(city.policy, RolePolicy)
    assert next(iter(city._assembly.services)) == "people"
