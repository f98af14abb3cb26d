"""A town in ten lines of Python: no YAML, no LINE channel, the integrator's own tables in the same transaction."""

import sqlite3
from collections import Counter
from datetime import time, timedelta
from types import SimpleNamespace

import pytest
from attrs import define, field
from pydantic import BaseModel
from sqlalchemy import MetaData, create_engine, select, text

from govline import City, Database
from govline.calendar import CalendarFeature
from govline.calendar.garbage import GarbageFeature
from govline.core import FEATURE_API, Actor, Offers, Tick
from govline.errors import ConfigError
from govline.scenario import ScenarioFeature
from govline.segments import SegmentsFeature
from govline.store import identity

HALL = {"programme": "hall", "capacity": 10, "slots": [{"rolling": 14, "times": ["18:00-20:00"]}]}


@pytest.fixture
def city(tmp_path, clock):
    database = Database.open(f"sqlite:///{tmp_path / 'town.db'}", clock=clock)
    with City(database, [(CalendarFeature(), {"programmes": [HALL]})], folder=tmp_path).prepare() as town:
        yield town


def booked(city):
    (slot,) = city.read(lambda tx: [slot for slot in city.calendar.slots(tx, "hall") if slot.booked])
    return slot.booked


def test_a_booking_without_yaml_and_without_line(city):
    with city.begin() as tx:
        slot = city.calendar.available(tx, "hall")[-1]
        booking = city.calendar.book(tx, slot.id, "a-citizen", party=3, key="request-1")
    assert booking.state.value == "confirmed"
    assert city.read(lambda tx: city.calendar.slot(tx, slot.id)).booked == 3
    assert city.check() == []
    city.settle()
    assert not city.busy()


def test_preparing_twice_changes_nothing(city):
    before = city.read(lambda tx: [slot.id for slot in city.calendar.available(tx, "hall")])
    assert city.prepare().read(lambda tx: [slot.id for slot in city.calendar.available(tx, "hall")]) == before


@pytest.mark.parametrize("keep", [True, False])
def test_own_tables_and_a_booking_stand_or_fall_together(city, tmp_path, keep):
    engine = create_engine(f"sqlite:///{tmp_path / 'town.db'}")
    with engine.connect() as own:
        own.execute(text("CREATE TABLE visits (who TEXT)"))
        own.commit()
        with own.begin() as transaction, city.join(own, actor=Actor("staff", "7", "counter")) as tx:
            own.execute(text("INSERT INTO visits VALUES ('x')"))
            slot = city.calendar.available(tx, "hall")[0]
            city.calendar.book(tx, slot.id, "a-citizen", key="1")
            if not keep:
                transaction.rollback()
        visits = own.execute(text("SELECT count(*) FROM visits")).scalar_one()
    engine.dispose()
    total = city.read(lambda tx: sum(slot.booked for slot in city.calendar.slots(tx, "hall")))
    assert (visits, total) == ((1, 1) if keep else (0, 0))


def test_a_raw_sqlite_connection_joins_too(city, tmp_path):
    own = sqlite3.connect(tmp_path / "town.db", isolation_level=None)
    own.execute("BEGIN IMMEDIATE")
    with city.join(own) as tx:
        city.calendar.book(tx, city.calendar.available(tx, "hall")[0].id, "a-citizen", key="1")
    own.execute("COMMIT")
    own.close()
    assert booked(city) == 1


def test_without_a_channel_line_is_refused_by_name(city):
    for use in (lambda: city.receive(b"{}", "x"), lambda: city.messenger, city.publish_menu):
        with pytest.raises(ConfigError) as caught:
            use()
        assert caught.value.code in ("GL-9004", "GL-9006")


def test_a_feature_that_is_not_there_is_named_with_those_that_are(city):
    with pytest.raises(AttributeError, match=r"no feature 'segments'.*calendar"):
        _ = city.segments


class NoSettings(BaseModel):
    pass


@define
class Notes:
    """A vendor's feature: a daily tick, and a note for each citizen."""

    name = "notes"
    api = FEATURE_API
    config = NoSettings
    migrations = ""
    kept: dict = field(factory=dict)
    ticked: Counter = field(factory=Counter)

    def build(self, env, config):
        return SimpleNamespace(keep=self.kept.__setitem__)

    def offers(self, service):
        return Offers(
            ticks=[Tick("notes.daily", time(9), lambda tx, due: self.ticked.update([due]))],
            erase=lambda tx, citizen: self.kept.pop(citizen, None),
        )


def test_erase_reaches_every_feature_and_the_identity(any_db):
    notes = Notes()
    features = [SegmentsFeature(), CalendarFeature(), GarbageFeature(), ScenarioFeature(), notes]
    city = City(any_db, features, folder="/nonexistent").prepare()
    with city.begin() as tx:
        gone, stays = identity.citizen_of(tx, "U" + "1" * 32), identity.citizen_of(tx, "U" + "2" * 32)
        city.notes.keep(gone, "a")
        city.notes.keep(stays, "b")
    city.run(lambda tx: city.erase(tx, gone))
    assert list(notes.kept) == [stays]
    assert city.read(lambda tx: identity.line_user_of(tx, gone)) is None
    assert city.read(lambda tx: identity.line_user_of(tx, stays)) == "U" + "2" * 32
    assert gone not in city.read(everything_stored)


def everything_stored(tx):
    tables = MetaData()
    tables.reflect(tx.connection)
    return "\n".join(
        str(row) for table in tables.sorted_tables for row in tx.connection.execute(select(table))
    )


def test_settle_runs_a_daily_tick_once_a_day(sqlite_db, clock):
    notes = Notes()
    city = City(sqlite_db, [notes])
    city.settle()
    clock.advance(timedelta(days=1))
    assert city.busy()
    city.settle()
    city.settle()
    assert set(notes.ticked.values()) == {1}
    assert max(notes.ticked) == clock.now()  # 9:00 in Japan
    assert not city.busy()
