"""Payments in a vendor's own backend: facts fold into a state, PayPay's header is checked; no database and no City."""

import subprocess
import sys

PREPARE = """
import sys
from datetime import datetime, UTC
at = datetime(2026, 11, 20, tzinfo=UTC)
raw = b'{"sampleRequestBodyKey1":"sampleRequestBodyValue1","sampleRequestBodyKey2":"sampleRequestBodyValue2"}'
headers = {
    "Content-Type": "application/json;charset=UTF-8;",
    "Authorization": "hmac OPA-Auth:APIKeyGenerated:NW1jKIMnzR7tEhMWtcJcaef+nFVBt7jjAGcVuxHhchc=:acd028:1579843452:1j0FnY4flNp5CtIKa7x9MQ==",
}
"""
FIVE_LINES = """
from govline.payments import Fact, PayPay, fold
facts = [Fact("captured", "a1", at, 500, reference="p1"), Fact("created", "a1", at, 500), Fact("expired", "a1", at)]
assert fold(facts) == fold(facts[::-1] * 2) and fold(facts).status == "captured" and fold(facts).kept == 500
paypay = PayPay(key="APIKeyGenerated", secret="APIKeySecretGenerated")
assert paypay.verify(headers, raw, method="POST", path="/v2/codes") and not paypay.verify(headers, raw + b" ", method="POST", path="/v2/codes")
"""
APART = """
loaded = {name.partition(".")[0] for name in sys.modules}
assert not loaded & {"sqlalchemy", "linebot", "alembic", "psycopg", "cryptography", "pytest"}, loaded
assert "govline.store" not in sys.modules
"""


def test_facts_fold_and_a_header_is_checked_without_database_or_city():
    subprocess.run(
        [sys.executable, "-W", "error", "-c", PREPARE + FIVE_LINES + APART], check=True, timeout=60
    )
    assert len(FIVE_LINES.strip().splitlines()) == 5
