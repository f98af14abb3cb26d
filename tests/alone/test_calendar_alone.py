"""The calendar's rules alone: facts from anywhere, every reason at once; no database, no City."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

from govline.calendar import (
    Ages,
    CitizenFacts,
    Fee,
    Limit,
    Policy,
    SlotFacts,
    Tariff,
    Who,
    Window,
    check,
    price,
)


def test_five_lines():
    slot = SlotFacts(starts=datetime(2026, 11, 24, 1, tzinfo=UTC), capacity=1, booked=1)
    reasons = check(Policy(limit=1), slot, CitizenFacts(live=1), datetime(2026, 11, 20, tzinfo=UTC))
    assert [reason.code for reason in reasons] == ["GL-2103", "GL-2108"]


def test_who_may_book_and_what_it_costs_alone():
    policy = Policy(windows=[Window("75歳以上", Who(ages=Ages(75)))], limits=[Limit(1, "month")])
    slot = SlotFacts(starts=datetime(2026, 11, 24, 1, tzinfo=UTC), capacity=1)
    who = CitizenFacts(attributes={"birth_date": "1951-11-25"})
    assert check(policy, slot, who, datetime(2026, 11, 20, tzinfo=UTC)) == []
    bill = price(Tariff([Fee(500)]), slot.starts, slot.starts + timedelta(hours=1), rate=50)
    assert bill.total == 250


def test_it_loads_neither_sqlalchemy_nor_the_store():
    code = (
        "import sys, datetime as d, govline.calendar as c; "
        "p = c.parse({'programme': 'x', 'capacity': 1, 'slots': [{'rolling': 3, 'times': '9:00'}]}); "
        "c.plan(p, d.date(2026, 11, 20)); c.preflight(p, d.datetime.now(d.UTC)); "
        "print([m for m in sys.modules if m.split('.')[0] in ('sqlalchemy', 'linebot') or m == 'govline.store'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
