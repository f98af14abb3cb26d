"""LINE's ID token checked alone: in somebody else's backend, without a City, a database or a web framework."""

from datetime import UTC, datetime

from govline.web import KeySet, verify_id_token

CERTS = (
    '{"keys": [{"kty": "EC", "alg": "ES256", "use": "sig", "kid": "k", "crv": "P-256",'
    ' "x": "V9dmZaZLgL147LoEYP8vLmp2zfUmYZO9_gvd69cNmJ4", "y": "9cxdPdHuO12OIFdhHlrkT8M75poofJRA8TwO5NDPmXk"}]}'
)
TOKEN = (
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiIsImtpZCI6ImsifQ.eyJpc3MiOiJodHRwczovL2FjY2Vzcy5saW5lLm1"
    "lIiwic3ViIjoiVTAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwYWJjIiwiYXVkIjoiMTY1MDAwMDAwMSIsImV4c"
    "CI6MTc5NTMyMDAwMCwiaWF0IjoxNzk1MzE2NDAwLCJhbXIiOlsibGluZXNzbyJdLCJuYW1lIjoiXHU4MmIxXHU1YjU"
    "wIiwibm9uY2UiOiJuLTAxMjM0NTY3ODlhYmNkZWYifQ.eJpijkaJQXRqN2qEogznV10HiLnTQHXDESPYnTO0u-jsgX"
    "mfZ_VB1czQ-kbAkAGTZqJTV9yDySx3OznUu2CEnQ"
)


def test_who_opened_the_page():
    keys = KeySet.parse(CERTS)
    now = datetime(2026, 11, 22, 3, tzinfo=UTC)
    person = verify_id_token(TOKEN, channel="1650000001", keys=keys, now=now, nonce="n-0123456789abcdef")
    assert person.user == "U00000000000000000000000000000abc"
    assert person.user not in repr(person)
