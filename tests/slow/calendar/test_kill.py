"""kill -9 between the commit of a batch and its replies: whoever asks again with the same key gets the booking that stands."""

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from govline.calendar import Booking, Calendar, Programme, SlotPlan
from govline.core import FixedClock
from govline.store import Database

pytestmark = pytest.mark.slow
NOW = datetime(2026, 11, 20, tzinfo=UTC)
CLIENTS, PLACES = 16, 10


def ask(db, calendar, slot, number):
    return calendar.book_on(db, slot, f"c-{number}", key=f"k-{number}")


def in_a_process():
    """Sixteen clients on one slot; after the second unit the process dies, before anybody of it is answered."""
    orders = json.load(sys.stdin)
    db = Database.open(
        orders["url"], town="hinata", clock=FixedClock(NOW), schema=orders["schema"], pool_size=8
    )
    calendar, run, units = Calendar([Programme("p")]), db.run, []

    def die_after_the_commit(work, **more):
        answer = run(work, **more)
        units.append(work)
        if len(units) == orders["units"]:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    db.run = die_after_the_commit
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(lambda number: ask(db, calendar, orders["slot"], number), range(CLIENTS)))


@pytest.fixture
def address(request, any_db, tmp_path):
    """How another process opens the same database."""
    if any_db.dialect == "sqlite":
        return f"sqlite:///{tmp_path / 'town.db'}", None
    schema = any_db.read(lambda tx: tx.connection.exec_driver_sql("SELECT current_schema()").scalar())
    return request.getfixturevalue("postgres_18"), schema


@pytest.mark.parametrize("units", [1, 2])
def test_a_retry_by_key_gets_the_booking(any_db, address, units):
    calendar = Calendar([Programme("p")])
    starts = NOW + timedelta(days=4)
    plan = SlotPlan(starts, starts + timedelta(hours=1), PLACES)
    any_db.run(lambda tx: calendar.add_slots(tx, "p", [plan]))
    (slot,) = [slot.id for slot in any_db.read(lambda tx: calendar.slots(tx, "p"))]
    url, schema = address
    orders = json.dumps({"url": url, "schema": schema, "slot": slot, "units": units})
    dead = subprocess.run(
        [sys.executable, __file__], input=orders, capture_output=True, text=True, check=False, timeout=120
    )
    assert dead.returncode == -signal.SIGKILL, dead.stderr
    stood = set(
        any_db.read(
            lambda tx: tx.connection.exec_driver_sql("SELECT id FROM gl_calendar_booking").scalars().all()
        )
    )
    assert stood, "something was committed"
    assert any_db.read(calendar.reconcile) == []
    answers = [ask(any_db, calendar, slot, number) for number in range(CLIENTS)]
    won = {answer.id for answer in answers if isinstance(answer, Booking)}
    assert stood <= won, "what was committed before the death is what is answered now"
    assert len(won) == PLACES
    assert any_db.read(calendar.reconcile) == []


if __name__ == "__main__":
    in_a_process()
