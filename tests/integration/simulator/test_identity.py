"""ID tokens: a verifier of its own (JWKS) and LINE's verify endpoint agree; wrong ones are refused."""

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@pytest.fixture
def verify(line, simulator):
    def call(token, **fields):
        fields = {"id_token": token, "client_id": simulator.world.channel().settings.login_id, **fields}
        url = line.base_url + "/oauth2/v2.1/verify"
        answer = line.http.request("POST", url, fields=fields, encode_multipart=False)
        return answer.status, answer.json()

    return call


def test_the_published_key_fits_the_signature(client, line):
    token = client.citizen("安").id_token(nonce="n1")
    [key] = line.call("GET", "/oauth2/v2.1/certs").json()["keys"]
    signed, _, tail = token.rpartition(".")
    assert json.loads(unb64(signed.split(".")[0])) == {"typ": "JWT", "alg": "ES256", "kid": key["kid"]}
    x, y = (int.from_bytes(unb64(key[name])) for name in "xy")
    public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    raw = unb64(tail)
    signature = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    public.verify(signature, signed.encode(), ec.ECDSA(SHA256()))


@pytest.mark.parametrize("algorithm", ["ES256", "HS256"])
def test_a_good_token_gives_its_claims(client, verify, algorithm):
    ann = client.citizen("安")
    status, claims = verify(ann.id_token(alg=algorithm, nonce="n1"), nonce="n1", user_id=ann.user_id)
    assert status == 200
    assert (claims["sub"], claims["name"], claims["iss"]) == (ann.user_id, "安", "https://access.line.me")


@pytest.mark.parametrize(
    ("claims", "fields", "words"),
    [
        ({"iss": "https://evil.example"}, {}, "Invalid IdToken Issuer."),
        ({"aud": "another"}, {}, "Invalid IdToken Audience."),
        ({"lifetime": -1}, {}, "IdToken expired."),
        ({"nonce": "a"}, {"nonce": "b"}, "Invalid IdToken Nonce."),
        ({}, {"user_id": "U" + "0" * 32}, "Invalid IdToken Subject Identifier."),
        ({}, {"client_id": "nobody"}, "Invalid IdToken Audience."),
    ],
)
def test_a_wrong_claim_is_refused(client, verify, claims, fields, words):
    status, answer = verify(client.citizen("安").id_token(**claims), **fields)
    assert (status, answer["error_description"]) == (400, words)


def test_a_forged_token_is_refused(client, verify):
    head, payload, tail = client.citizen("安").id_token().split(".")
    claims = {**json.loads(unb64(payload)), "sub": "U" + "0" * 32}
    forged = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    for token in (
        f"{head}.{forged}.{tail}",
        f"{head}.{payload}.",
        "x",
        "",
        "a.b.c",
        f"{head}.{payload}.AAAA",
    ):
        assert verify(token)[1]["error_description"] == "Invalid IdToken."
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    assert verify(f"{unsigned}.{payload}.")[0] == 400
