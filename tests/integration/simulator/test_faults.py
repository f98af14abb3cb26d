"""What goes wrong on demand, and what stays true meanwhile."""

import uuid

import pytest
import urllib3

KEY = str(uuid.UUID(int=77))


@pytest.mark.parametrize(
    ("kind", "status", "message"),
    [
        ("500", 500, "Internal server error"),
        ("500_after", 500, "Internal server error"),
        ("409", 409, "The retry key is already accepted"),
        ("429_rate", 429, "The API rate limit has been exceeded. Try again later."),
        ("429_audience", 429, "Too many concurrent requests to the same audience. Try again later."),
        ("429_quota", 429, "You have reached your monthly limit."),
    ],
)
def test_an_answer_that_refuses(client, line, kind, status, message):
    arrived = int(kind.endswith("_after"))
    ann = client.citizen("安")
    client.fault("push", kind)
    answer = line.push(ann.user_id, x_line_retry_key=KEY)
    assert (answer.status, answer.json()["message"]) == (status, message)
    assert "retry-after" not in answer.headers
    assert ("x-line-accepted-request-id" in answer.headers) == (status == 409)
    assert len(ann.messages()) == arrived
    again = line.push(ann.user_id, x_line_retry_key=KEY)
    assert again.status == (409 if arrived else 200)
    assert len(ann.messages()) == 1


@pytest.mark.parametrize(("kind", "arrived"), [("cut", 0), ("cut_after", 1)])
def test_a_connection_that_breaks(client, line, kind, arrived):
    ann = client.citizen("安")
    client.fault("push", kind)
    with pytest.raises(urllib3.exceptions.ProtocolError):
        line.push(ann.user_id, x_line_retry_key=KEY)
    assert len(ann.messages()) == arrived
    assert line.push(ann.user_id, x_line_retry_key=KEY).status == (409 if arrived else 200)
    assert client.report()["doubled"] == []


def test_accepted_and_then_no_answer(client, line):
    ann = client.citizen("安")
    client.fault("push", "timeout_after", seconds=20)
    with pytest.raises(urllib3.exceptions.ReadTimeoutError):
        line.http.request(
            "POST",
            line.base_url + "/v2/bot/message/push",
            json={"to": ann.user_id, "messages": [{"type": "text", "text": "こんにちは"}]},
            headers={"authorization": f"Bearer {line.token}", "x-line-retry-key": KEY},
            timeout=urllib3.Timeout(read=0.2),
        )
    assert ann.wait_for_message()["via"] == "push"
    assert line.push(ann.user_id, x_line_retry_key=KEY).status == 409


def test_a_slow_answer_is_a_right_one(client, line):
    ann = client.citizen("安")
    client.fault("push", "slow", seconds=0.05)
    assert line.push(ann.user_id).status == 200
    assert [each["fault"] for each in client.log() if each["endpoint"] == "push"] == ["slow"]


def test_faults_can_be_taken_back(client, line):
    ann = client.citizen("安")
    client.fault("*", "500", times=None)
    assert [line.push(ann.user_id).status for _ in range(3)] == [500] * 3
    client.clear_faults()
    assert line.push(ann.user_id).status == 200


def test_the_rate_limit_stands_on_the_shared_clock(client, line):
    users = client.citizens_in_bulk(1)
    body = {"to": users, "messages": [{"type": "text", "text": "x"}]}
    statuses = [line.call("POST", "/v2/bot/message/multicast", body).status for _ in range(201)]
    assert (statuses.count(200), statuses[-1]) == (200, 429)
    client.advance(1)
    assert line.call("POST", "/v2/bot/message/multicast", body).status == 200


def test_authentication_size_and_misplaced_retry_keys(client, line):
    ann = client.citizen("安")
    assert line.push(ann.user_id, authorization="Bearer wrong").status == 401
    assert line.push(ann.user_id, "x" * (2 * 1024 * 1024)).status == 413
    assert line.call("GET", "/v2/bot/info", x_line_retry_key=KEY).status == 400
    body = {"replyToken": "x", "messages": [{"type": "text", "text": "x"}]}
    assert line.call("POST", "/v2/bot/message/reply", body, x_line_retry_key=KEY).status == 400
    broken = line.call("POST", "/v2/bot/message/push", b"{", content_type="application/json")
    assert broken.status == 400


def test_tokens_are_issued_verified_and_revoked(simulator, line):
    settings = simulator.world.channel().settings
    form = {
        "grant_type": "client_credentials",
        "client_id": settings.channel_id,
        "client_secret": settings.secret,
    }

    def post(path, fields):
        return line.http.request("POST", line.base_url + path, fields=fields, encode_multipart=False)

    for path in ("/v2/oauth/accessToken", "/oauth2/v3/token"):
        issued = post(path, form).json()
        line.token = issued["access_token"]
        assert line.call("GET", "/v2/bot/info").status == 200
    assert post("/v2/oauth/verify", {"access_token": line.token}).json()["expires_in"] == 900
    post("/v2/oauth/revoke", {"access_token": line.token})
    assert line.call("GET", "/v2/bot/info").status == 401
    assert post("/oauth2/v3/token", {**form, "client_secret": "wrong"}).status == 400
