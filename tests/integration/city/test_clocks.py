"""A town whose clock is set back, or jumps ahead: what was due happens once, late rather than never, and never twice."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from pydantic import BaseModel

from govline import City
from govline.city.expiries import expiring
from govline.city.renewals import Renewal
from govline.core import FEATURE_API, Done, Effect, Handler, Offers, Ref, Schedule, Tick
from govline.core.jst import to_jst

MORNING = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)  # Monday 09:00 in Japan


class Nothing(BaseModel):
    """Nothing to set."""


class Bells:
    """A daily tick at 08:30, and reminders that ring once."""

    name, api, config, migrations = "bells", FEATURE_API, Nothing, ""

    def __init__(self):
        self.ticked, self.rung, self.warned = [], [], []

    def build(self, env, config):
        return self

    def offers(self, service):
        return Offers(
            ticks=[Tick("bells.daily", time(8, 30), lambda _tx, due: self.ticked.append(to_jst(due).date()))],
            effects={"bells.ring": self},
            handlers=[Handler("city.runs_out", lambda _tx, event: self.warned.append(event.data["what"]))],
        )

    def run(self, payload, context):
        self.rung.append(payload["what"])
        return Done()

    def record(self, tx, payload, fate):
        """Nothing to write."""


@pytest.fixture
def bells():
    return Bells()


@pytest.fixture
def city(any_db, bells, clock):
    clock.set(MORNING - timedelta(days=1))
    return City(any_db, [bells], expiries=[Renewal("トークン", date(2026, 12, 1))])


def remind(city, what, due):
    effect = Effect("bells.ring", {"what": what}, dedupe=what, due=due)
    city.run(lambda tx: tx.schedule(Schedule(what, due, Ref("demo", what), effect)))


def at(city, clock, now):
    clock.set(now)
    assert city.settle()


def test_set_back_and_on_again_nothing_happens_twice(city, bells, clock):
    remind(city, "お知らせ", MORNING)
    at(city, clock, MORNING)
    assert bells.rung == ["お知らせ"]
    today = bells.ticked.count(date(2026, 11, 23))
    assert today == 1
    for hours in (-1, -8, -5, 0, 1):
        at(city, clock, MORNING + timedelta(hours=hours))
    assert bells.rung == ["お知らせ"]
    assert bells.ticked.count(date(2026, 11, 23)) == 1
    assert bells.warned == ["トークン"]


def test_a_jump_ahead_leaves_nothing_out_and_doubles_nothing(city, bells, clock):
    for day in range(1, 6):
        remind(city, f"{day}日後", MORNING + timedelta(days=day))
    at(city, clock, MORNING)
    assert bells.rung == []
    at(city, clock, MORNING + timedelta(days=40))
    assert sorted(bells.rung) == [f"{day}日後" for day in range(1, 6)]
    at(city, clock, MORNING + timedelta(days=40, hours=1))
    assert len(bells.rung) == 5
    assert len(bells.ticked) == len(set(bells.ticked))
    assert bells.ticked == sorted(bells.ticked)


def test_what_is_planned_while_the_clock_is_wrong_happens_when_it_is_right(city, bells, clock):
    at(city, clock, MORNING + timedelta(days=365))  # a wrong clock, a year ahead
    remind(city, "正しい日", MORNING + timedelta(days=2))
    assert city.settle()
    assert bells.rung == ["正しい日"]  # due by that clock
    at(city, clock, MORNING)
    remind(city, "次の日", MORNING + timedelta(days=1))
    assert city.settle()
    assert bells.rung == ["正しい日"]
    at(city, clock, MORNING + timedelta(days=1, minutes=1))
    assert bells.rung == ["正しい日", "次の日"]
    assert bells.ticked[-1] == date(2026, 11, 24), (
        "a tick does not sleep until the wrong clock's year has come"
    )


def test_warnings_follow_the_clock_there_and_back(city, clock):
    for now, told in ((date(2026, 9, 1), 0), (date(2026, 11, 30), 1), (date(2026, 9, 1), 0)):
        clock.set(datetime(now.year, now.month, now.day, tzinfo=UTC))
        assert len(city.read(lambda tx: expiring(city, tx))) == told
