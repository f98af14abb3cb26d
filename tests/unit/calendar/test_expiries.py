"""When slots run out: the last edition's last day, and never where one rolls on."""

from datetime import date

import pytest

from govline.calendar import parse
from govline.calendar.expiries import expiries
from govline.errors import DefinitionError

DATED = {"dates": "2026-04-01/2027-03-31", "times": ["9:00"]}
NEXT = {"dates": "2027-04-01/2028-03-31", "times": ["9:00"]}
ROLLING = {"rolling": 60, "times": ["9:00"]}


def made(*slots, editions=()):
    return parse({"programme": "p", "capacity": 1, "slots": [*slots], "editions": [*editions]})


@pytest.mark.parametrize(
    ("programme", "last"),
    [
        (made(DATED), date(2027, 3, 31)),
        (made(DATED, ROLLING), None),
        (made(DATED, editions=[{"from": "2027-04-01", "slots": [NEXT]}]), date(2028, 3, 31)),
        (made(ROLLING, editions=[{"from": "2027-04-01", "slots": [NEXT]}]), date(2028, 3, 31)),
        (made(DATED, editions=[{"from": "2027-04-01", "slots": [ROLLING]}]), None),
        (made(DATED, editions=[{"from": "2026-10-01", "slots": []}]), date(2026, 9, 30)),
        (made(), None),
    ],
)
def test_the_last_day(programme, last):
    assert [each.last_day for each in expiries([programme])] == ([last] if last else [])


@pytest.mark.parametrize("days", [["2027-04-01", "2026-10-01"], ["2027-04-01", "2027-04-01"]])
def test_editions_stand_in_order(days):
    with pytest.raises(DefinitionError, match="早い順"):
        made(DATED, editions=[{"from": day, "slots": []} for day in days])
