"""LINE Login of the simulator: agrees as the phone's citizen, gives a code once, and an ID token for whoever can prove the sign-in."""

import base64
import hashlib
import json
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import urllib3

from govline.simulator import ChannelSettings, LineWorld, Simulator

SECRET = "f" * 32
VERIFIER = "v" * 43
CALLBACK = "http://127.0.0.1:9/pages/sign-in/done"
ASKED = {
    "response_type": "code",
    "client_id": "1650000001",
    "redirect_uri": CALLBACK,
    "state": "s",
    "scope": "openid",
    "nonce": "n",
    "code_challenge": base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest())
    .rstrip(b"=")
    .decode(),
    "code_challenge_method": "S256",
}


@pytest.fixture
def login():
    simulator = Simulator(LineWorld(channels=[ChannelSettings(login_secret=SECRET)]))
    hana = simulator.world.add_citizen("佐藤 花子")
    with simulator.serve() as url, urllib3.PoolManager(retries=False) as http:
        yield (
            simulator,
            hana,
            lambda method, path, **rest: http.request(method, f"{url}{path}", redirect=False, **rest),
        )


def code_of(call, hana, **changes):
    asked = urlencode({**ASKED, "as": hana.user_id, **changes})
    answer = call("GET", f"/oauth2/v2.1/authorize?{asked}")
    assert answer.status == 302
    back = urlsplit(answer.headers["location"])
    assert f"{back.scheme}://{back.netloc}{back.path}" == CALLBACK
    return dict(parse_qsl(back.query))["code"]


def token(call, code, /, **changes):
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "client_id": "1650000001",
        "client_secret": SECRET,
        "code_verifier": VERIFIER,
        **changes,
    }
    return call("POST", "/oauth2/v2.1/token", body=urlencode(form))


def test_the_code_becomes_an_id_token_once(login):
    simulator, hana, call = login
    code = code_of(call, hana)
    given = json.loads(token(call, code).data)
    claims = simulator.world.id_tokens.verify(given["id_token"], "1650000001", SECRET, nonce="n")
    assert claims["sub"] == hana.user_id
    assert token(call, code).status == 400


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_secret": "x"},
        {"client_id": "1650000002"},
        {"redirect_uri": "http://127.0.0.1:9/other"},
        {"code_verifier": "x"},
        {"code": "x"},
    ],
)
def test_a_code_in_other_hands_is_worth_nothing(login, wrong):
    _, hana, call = login
    assert token(call, code_of(call, hana), **wrong).status == 400


@pytest.mark.parametrize(
    "wrong",
    [
        {"redirect_uri": "https://evil.example/"},
        {"client_id": "1"},
        {"state": ""},
        {"scope": "profile"},
        {"response_type": "token"},
        {"code_challenge_method": "plain"},
    ],
)
def test_a_broken_request_is_refused(login, wrong):
    _, hana, call = login
    asked = urlencode({**ASKED, "as": hana.user_id, **wrong})
    assert call("GET", f"/oauth2/v2.1/authorize?{asked}").status == 400


def test_a_browser_that_is_nobody_s_phone_chooses(login):
    simulator, _, call = login
    simulator.world.add_citizen("<script>alert(1)</script>")
    page = call("GET", f"/oauth2/v2.1/authorize?{urlencode(ASKED)}").data.decode()
    assert "佐藤 花子" in page
    assert "<script>" not in page


def test_a_tapped_link_opens_on_the_citizen_s_phone(login):
    _, hana, call = login
    opened = call("GET", f"/sim/open?{urlencode({'citizen': hana.user_id, 'url': CALLBACK})}")
    assert (opened.status, opened.headers["location"]) == (302, CALLBACK)
    assert (
        f"simulator-citizen={hana.user_id}; HttpOnly; Path=/oauth2; SameSite=lax"
        in opened.headers["set-cookie"]
    )
    for wrong in (
        {"citizen": "U0", "url": CALLBACK},
        {"citizen": hana.user_id, "url": "https://evil.example/"},
    ):
        assert call("GET", f"/sim/open?{urlencode(wrong)}").status == 404
