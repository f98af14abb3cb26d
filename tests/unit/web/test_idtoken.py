"""ID tokens: genuine ones pass, and every other kind is refused with a code of its own."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from govline.core import FixedClock
from govline.errors import PageRefused
from govline.simulator.identity import IdTokens
from govline.simulator.model import Citizen
from govline.web import KeySet, SigningKeys, UnknownKey, verify_id_token

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
CHANNEL, SECRET = "1650000001", "0123456789abcdef0123456789abcdef"
USER = "U" + "ab" * 16
HANA = Citizen(USER, "佐藤 花子")


@pytest.fixture
def line():
    return IdTokens(FixedClock(NOW))


@pytest.fixture
def keys(line):
    return KeySet.parse(json.dumps(line.jwks()))


def verify(token, keys, *, now=NOW, channel=CHANNEL, **rest):
    return verify_id_token(token, channel=channel, now=now, keys=keys, **rest)


def refused(code, token, keys, **rest):
    with pytest.raises(PageRefused) as caught:
        verify(token, keys, **rest)
    assert caught.value.code == code
    assert USER not in f"{caught.value!r}{caught.value}"
    assert token == "" or token not in f"{caught.value!r}{caught.value}"


def b64(data):
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def hs256(claims, secret, header=None):
    signed = f"{b64(header or {'alg': 'HS256', 'typ': 'JWT'})}.{b64(claims)}"
    return f"{signed}.{b64(hmac.digest(secret if isinstance(secret, bytes) else secret.encode(), signed.encode(), hashlib.sha256))}"


def claims_of(**changes):
    now = int(NOW.timestamp())
    return {
        "iss": "https://access.line.me",
        "sub": USER,
        "aud": CHANNEL,
        "exp": now + 3600,
        "iat": now,
        **changes,
    }


def test_both_algorithms_of_line_pass(line, keys):
    by_liff = verify(line.issue(HANA, CHANNEL, nonce="n"), keys, nonce="n")
    by_web = verify(line.issue(HANA, CHANNEL, secret=SECRET), keys, secret=SECRET)
    assert by_liff.user == by_web.user == USER
    assert by_liff.expires == NOW + timedelta(hours=1)
    assert USER not in repr(by_liff)
    assert by_liff.fingerprint != by_web.fingerprint


def test_a_token_signed_by_another_key_of_the_same_name_is_forged(keys):
    refused("GL-8102", IdTokens(FixedClock(NOW)).issue(HANA, CHANNEL), keys)


def test_a_token_signed_with_another_secret_is_forged(line, keys):
    refused("GL-8102", line.issue(HANA, CHANNEL, secret="f" * 32), keys, secret=SECRET)


@pytest.mark.parametrize("alg", ["none", "None", "nOnE", "RS256", "ES384", "HS512", "", None, 7, ["ES256"]])
def test_other_algorithms_are_never_tried(keys, alg):
    for tail in ("", b64(b"x" * 64)):
        refused(
            "GL-8102",
            f"{b64({'alg': alg, 'kid': 'simulator-1'})}.{b64(claims_of())}.{tail}",
            keys,
            secret=SECRET,
        )


def test_the_public_key_is_no_secret(line, keys):
    """Algorithm confusion: HS256 over what everybody can read."""
    public = line._key.public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    point = public.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    for secret in (pem, der, point, json.dumps(line.jwks()["keys"][0]).encode(), b""):
        for given in ("", SECRET):
            header = {"alg": "HS256", "kid": "simulator-1"}
            refused("GL-8102", hs256(claims_of(), secret, header), keys, secret=given)


def test_the_secret_is_no_es256_key(keys):
    signed = f"{b64({'alg': 'ES256', 'kid': 'simulator-1'})}.{b64(claims_of())}"
    tail = hmac.digest(SECRET.encode(), signed.encode(), hashlib.sha256) * 2
    refused("GL-8102", f"{signed}.{b64(tail)}", keys, secret=SECRET)


def test_signatures_of_zeros_and_of_the_order_are_forged(keys):
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    for half in (0, 1, order, 2**256 - 1):
        signed = f"{b64({'alg': 'ES256', 'kid': 'simulator-1'})}.{b64(claims_of())}"
        refused("GL-8102", f"{signed}.{b64(half.to_bytes(32) * 2)}", keys)


def test_time(line, keys):
    refused("GL-8103", line.issue(HANA, CHANNEL), keys, now=NOW + timedelta(hours=2))
    refused("GL-8103", line.issue(HANA, CHANNEL), keys, now=NOW - timedelta(minutes=5))
    refused("GL-8103", line.issue(HANA, CHANNEL, lifetime=10**7), keys)
    edge = line.issue(HANA, CHANNEL, lifetime=60)
    assert verify(edge, keys, now=NOW + timedelta(seconds=119)).user == USER
    refused("GL-8103", edge, keys, now=NOW + timedelta(seconds=120))
    assert verify(edge, keys, now=NOW - timedelta(seconds=60)).user == USER


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://access.line.me.evil.example"},
        {"iss": None},
        {"aud": "1650000002"},
        {"aud": [CHANNEL, "1650000002"]},
        {"aud": None},
    ],
)
def test_a_token_for_somebody_else_is_foreign(line, keys, claims):
    refused("GL-8104", line.issue(HANA, CHANNEL, **claims), keys)


@pytest.mark.parametrize("nonce", [None, "", "other", 5, ["n"]])
def test_a_token_of_another_sign_in_is_refused(line, keys, nonce):
    refused(
        "GL-8105", line.issue(HANA, CHANNEL, **({} if nonce is None else {"nonce": nonce})), keys, nonce="n"
    )


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": None},
        {"exp": "9999999999"},
        {"exp": True},
        {"iat": -1},
        {"exp": 10**30},
        {"sub": ""},
        {"sub": 5},
        {"sub": "U" * 300},
    ],
)
def test_claims_of_other_kinds_are_no_id_token(line, keys, claims):
    refused("GL-8101", line.issue(HANA, CHANNEL, **claims), keys)


def test_what_is_no_token_at_all(line, keys):
    good = line.issue(HANA, CHANNEL)
    deep = b64(("[" * 2000 + "]" * 2000).encode())
    head, body, tail = good.split(".")
    for token in (
        "", ".", "..", "a.b.c", good + ".x", good[:-1] + "=", good + "あ", "x" * 20_000,
        f"{deep}.{body}.{tail}", f"{b64([])}.{body}.{tail}", f"{head}.{b64('text')}.{tail}",
        f"{b64({'alg': 'ES256', 'kid': 'simulator-1', 'crit': ['exp']})}.{body}.{tail}",
        f"{head}=.{body}.{tail}",
    ):  # fmt: skip
        refused("GL-8101", token, keys)


def test_another_spelling_of_the_same_signature_is_refused(line, keys):
    """Base64url leaves bits open in its last character: only one spelling counts, so a replay cannot look new."""
    good = line.issue(HANA, CHANNEL)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    twin = next(
        good[:-1] + c
        for c in alphabet
        if c != good[-1] and unb64((good[:-1] + c).split(".")[2]) == unb64(good.split(".")[2])
    )
    refused("GL-8101", twin, keys)


def test_keys_that_are_none():
    for text in (
        b"",
        b"[]",
        b"{}",
        b'{"keys": 5}',
        b'{"keys": [{"kty": "EC", "crv": "P-256", "kid": "a", "x": "AA", "y": "AA"}]}',
        b"[" * 100_000,
    ):
        with pytest.raises(PageRefused) as caught:
            KeySet.parse(text)
        assert caught.value.code == "GL-8106"
    assert KeySet.parse(b'{"keys": [{"kty": "RSA", "kid": "a", "n": "AA", "e": "AQAB"}]}').keys == {}


def test_a_key_of_another_curve_is_left_out():
    numbers = ec.generate_private_key(ec.SECP384R1()).public_key().public_numbers()
    x, y = (b64(value.to_bytes(48)) for value in (numbers.x, numbers.y))
    text = json.dumps({"keys": [{"kty": "EC", "alg": "ES384", "kid": "a", "crv": "P-384", "x": x, "y": y}]})
    assert KeySet.parse(text).keys == {}


class Certs:
    """LINE's keys behind a counter; answers nothing while `down`."""

    def __init__(self, line):
        self.line, self.calls, self.down = line, 0, False

    def __call__(self):
        self.calls += 1
        if self.down:
            raise PageRefused("LINE does not answer", code="GL-8107")
        return json.dumps(self.line.jwks()).encode()


def test_keys_are_fetched_once_and_for_new_ones_at_most_once_a_minute(line):
    clock = FixedClock(NOW)
    certs = Certs(line)
    signing = SigningKeys(certs, clock)
    for _ in range(3):
        assert signing.verify(line.issue(HANA, CHANNEL), channel=CHANNEL).user == USER
    assert certs.calls == 1
    made_up = f"{b64({'alg': 'ES256', 'kid': 'made-up'})}.{b64(claims_of())}.{b64(b'x' * 64)}"
    for _ in range(50):
        with pytest.raises(UnknownKey):
            signing.verify(made_up, channel=CHANNEL)
    assert certs.calls == 1
    clock.advance(timedelta(seconds=61))
    certs.line = IdTokens(FixedClock(NOW))
    certs.line._key = line._key
    with pytest.raises(UnknownKey):
        signing.verify(made_up, channel=CHANNEL)
    assert certs.calls == 2


def test_old_keys_stay_in_use_while_line_is_away(line):
    clock = FixedClock(NOW)
    certs = Certs(line)
    signing = SigningKeys(certs, clock)
    certs.down = True
    with pytest.raises(PageRefused) as caught:
        signing.verify(line.issue(HANA, CHANNEL), channel=CHANNEL)
    assert caught.value.code == "GL-8107"
    clock.advance(timedelta(minutes=2))
    certs.down = False
    assert signing.verify(line.issue(HANA, CHANNEL), channel=CHANNEL).user == USER
    clock.advance(timedelta(hours=13))
    line.clock.advance(timedelta(hours=13))
    certs.down = True
    assert signing.verify(line.issue(HANA, CHANNEL), channel=CHANNEL).user == USER


def es256(line, claims, header):
    signed = f"{b64(header)}.{b64(claims)}".encode()
    r, s = decode_dss_signature(line._key.sign(signed, ec.ECDSA(SHA256())))
    return signed.decode(), r, s


@pytest.mark.parametrize("alg", ["none", "ES384", "es256", "RS256", "", None])
def test_a_true_signature_under_another_name_is_refused(line, keys, alg):
    signed, r, s = es256(line, claims_of(), {"alg": alg, "kid": "simulator-1"})
    refused("GL-8102", f"{signed}.{b64(r.to_bytes(32) + s.to_bytes(32))}", keys)


@pytest.mark.parametrize(
    "kid", [None, 5, "", "../../etc/passwd", ["simulator-1"], "Simulator-1", "simulator-1\0"]
)
def test_a_key_of_another_name_is_not_known(line, keys, kid):
    """`kid` is looked up and nothing else: no path, no address, no query; `jku`, `jwk` and `x5c` are not read."""
    own = line.jwks()["keys"][0]
    header = {"alg": "ES256", "kid": kid, "jwk": own, "jku": "https://evil.example/keys", "x5c": ["MIIB"]}
    signed, r, s = es256(line, claims_of(), header)
    refused("GL-8106", f"{signed}.{b64(r.to_bytes(32) + s.to_bytes(32))}", keys)


def test_the_mirrored_signature_of_a_token_is_the_same_token(line, keys):
    """ECDSA takes (r, n-s) as well: the fingerprint is of what was signed, so that it is spent with the first one."""
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    signed, r, s = es256(line, claims_of(), {"alg": "ES256", "kid": "simulator-1"})
    twins = [verify(f"{signed}.{b64(r.to_bytes(32) + each.to_bytes(32))}", keys) for each in (s, order - s)]
    assert twins[0].fingerprint == twins[1].fingerprint


def test_signatures_of_another_length_or_in_der_are_forged(line, keys):
    signed, r, s = es256(line, claims_of(), {"alg": "ES256", "kid": "simulator-1"})
    plain = r.to_bytes(32) + s.to_bytes(32)
    for tail in (plain[:-1], plain + b"\0", b"\0" + plain, encode_dss_signature(r, s), plain * 2):
        refused("GL-8102", f"{signed}.{b64(tail)}", keys)


def test_of_a_claim_said_twice_the_signed_last_one_counts_everywhere(keys):
    body = json.dumps(claims_of())[:-1] + ', "aud": "1650000002"}'
    refused("GL-8104", hs256(body.encode(), SECRET), keys, secret=SECRET)


def test_half_characters_are_refused_with_a_code(keys):
    refused("GL-8105", hs256(claims_of(nonce="\ud800"), SECRET), keys, secret=SECRET, nonce="n")
    refused("GL-8101", hs256(claims_of(sub="U\ud800"), SECRET), keys, secret=SECRET)
