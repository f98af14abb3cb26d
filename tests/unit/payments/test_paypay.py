"""PayPay's official worked example, and what must not pass."""

from datetime import UTC, datetime, timedelta

import pytest

from govline.errors import InputError
from govline.payments import PayPay

MERCHANT = PayPay("APIKeyGenerated", "APIKeySecretGenerated")
BODY = (
    b'{"sampleRequestBodyKey1":"sampleRequestBodyValue1","sampleRequestBodyKey2":"sampleRequestBodyValue2"}'
)
TYPE = "application/json;charset=UTF-8;"
HEADER = "hmac OPA-Auth:APIKeyGenerated:NW1jKIMnzR7tEhMWtcJcaef+nFVBt7jjAGcVuxHhchc=:acd028:1579843452:1j0FnY4flNp5CtIKa7x9MQ=="
THEN = datetime.fromtimestamp(1579843452, UTC)


def verified(header=HEADER, body=BODY, **changed):
    call = {"method": "POST", "path": "/v2/codes"} | changed
    return MERCHANT.verify({"Authorization": header, "content-type": TYPE}, body, **call)


def test_the_official_vector():
    made = MERCHANT.authorization(
        "POST", "/v2/codes", nonce="acd028", epoch=1579843452, body=BODY, content_type=TYPE
    )
    assert made == HEADER
    assert verified()
    assert verified(now=THEN + timedelta(seconds=119))


@pytest.mark.parametrize(
    "changed",
    [
        {"body": BODY + b" "},
        {"body": b""},
        {"method": "GET"},
        {"path": "/v2/codes?x=1"},
        {"header": HEADER.replace("acd028", "acd029")},
        {"header": HEADER.replace("1579843452", "1579843453")},
        {"header": HEADER.replace("APIKeyGenerated", "Another")},
        {"header": HEADER.replace("1j0F", "2j0F")},
        {"header": "hmac OPA-Auth:APIKeyGenerated"},
        {"header": ""},
        {"now": THEN + timedelta(minutes=2)},
        {"now": THEN - timedelta(minutes=3)},
    ],
)
def test_nothing_else_passes(changed):
    assert not verified(**changed)


def test_a_call_without_a_body_signs_the_word_empty():
    header = MERCHANT.authorization("GET", "/v2/codes/payments/abc", nonce="n", epoch=1)
    assert header.endswith(":n:1:empty")
    assert verified(header, b"", method="GET", path="/v2/codes/payments/abc")


def test_a_body_needs_its_content_type_and_the_secret_stays_out_of_reprs():
    with pytest.raises(InputError, match="content type"):
        MERCHANT.authorization("POST", "/", nonce="n", epoch=1, body=b"{}")
    assert "Secret" not in repr(MERCHANT)


@pytest.mark.parametrize("epoch", [99_999_999_999, 999_999_999_999, 10**15])
def test_a_time_beyond_every_calendar_is_not_fresh(epoch):
    header = MERCHANT.authorization("GET", "/v2/codes", nonce="n", epoch=epoch)
    assert not MERCHANT.verify({"Authorization": header}, b"", method="GET", path="/v2/codes", now=THEN)
