"""What every Japanese town computes, alone: a 個人番号 found, a school grade, an era, an open day; the standard library is enough."""

import subprocess
import sys

PREPARE = """
import sys
from datetime import date
number = "12345678901" + "8"
"""
FIVE_LINES = """
from govline.core import HolidayCalendar, add_business_days, format_era, individual_number, parse_era, school_grade
assert number not in individual_number.redact(f"マイナンバーは{number}です")
assert school_grade(date(2020, 4, 1), date(2026, 4, 1)) == "小1"
assert format_era(date(2019, 5, 1)) == "令和元年5月1日" and parse_era("令和元年5月1日") == date(2019, 5, 1)
assert add_business_days(date(2026, 11, 20), 1, HolidayCalendar.official()) == date(2026, 11, 24)
"""
APART = """
loaded = {name.partition(".")[0] for name in sys.modules}
assert not loaded & {"sqlalchemy", "linebot", "alembic", "psycopg", "cryptography", "pydantic", "pytest"}, loaded
assert "govline.store" not in sys.modules
"""


def test_dates_and_the_guard_need_nothing_else():
    subprocess.run(
        [sys.executable, "-W", "error", "-c", PREPARE + FIVE_LINES + APART], check=True, timeout=60
    )
    assert len(FIVE_LINES.strip().splitlines()) == 5
