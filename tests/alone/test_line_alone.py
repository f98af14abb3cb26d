"""LINE's edge alone: signatures and messages as values; no database, no City, no SDK."""

import subprocess
import sys

PREPARE = """
import sys
raw = '{"destination":"U0","events":[{"type":"message","webhookEventId":"e1","timestamp":1,"mode":"active",\
"message":{"type":"text","id":"m1","text":"予約"}}]}'.encode()
"""
FIVE_LINES = """
from govline.core import Text
from govline.line import parse, sign, signature_fits
assert signature_fits(["the old secret", "the new one"], raw, sign("the new one", raw))
(event,) = parse(raw).events
assert Text(f"「{event.message.text}」ですね").to_line() == {"type": "text", "text": "「予約」ですね"}
"""
APART = """
loaded = {name.partition(".")[0] for name in sys.modules}
assert not loaded & {"sqlalchemy", "linebot", "alembic", "psycopg", "cryptography", "pytest"}, loaded
assert "govline.store" not in sys.modules
"""


def test_a_webhook_is_verified_and_read_without_database_or_sdk():
    subprocess.run(
        [sys.executable, "-W", "error", "-c", PREPARE + FIVE_LINES + APART], check=True, timeout=60
    )
    assert len(FIVE_LINES.strip().splitlines()) == 5
