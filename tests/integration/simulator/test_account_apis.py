"""Statistics, audiences, LIFF apps and tokens of the simulator, called with the official SDK where it has them."""

import base64
import json
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from linebot.v3 import audience as audiences
from linebot.v3 import insight as insights
from linebot.v3.insight.exceptions import ApiException as InsightError

from govline.simulator import ChannelSettings, LineWorld, Simulator

LINK = {
    "type": "template",
    "altText": "町のお知らせ",
    "template": {
        "type": "buttons",
        "text": "くわしくはこちら",
        "actions": [{"type": "uri", "label": "開く", "uri": "https://town.example/a"}],
    },
}
JWT_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@pytest.fixture
def insight(simulator, base_url):
    token = simulator.world.channel().settings.token
    with insights.ApiClient(insights.Configuration(host=base_url, access_token=token)) as client:
        yield insights.Insight(client)
        client.rest_client.pool_manager.clear()
        client.close()


@pytest.fixture
def groups(simulator, base_url):
    token = simulator.world.channel().settings.token
    with audiences.ApiClient(audiences.Configuration(host=base_url, access_token=token)) as client:
        yield audiences.ManageAudience(client)
        client.rest_client.pool_manager.clear()
        client.close()


@pytest.fixture
def crowd(simulator):
    return simulator.world.befriend_many(25)


def next_day(clock):
    clock.advance(timedelta(days=1))


def thumb(simulator, user):
    from govline.simulator.gestures import Thumb

    return Thumb(simulator.world, simulator.world.channel(), simulator.postman, user)


def test_friends_and_blocks_of_a_day(simulator, insight, crowd, clock):
    assert insight.get_number_of_followers(var_date="20261120").status == "unready"
    thumb(simulator, crowd[0]).block()
    next_day(clock)
    thumb(simulator, crowd[1]).block()
    thumb(simulator, crowd[0]).follow()
    told = insight.get_number_of_followers(var_date="20261120")
    assert (told.status, told.followers, told.blocks, told.targeted_reaches) == ("ready", 25, 1, 24)
    next_day(clock)
    told = insight.get_number_of_followers()
    assert (told.followers, told.blocks, told.targeted_reaches) == (25, 1, 24)
    assert insight.get_friends_demographics().available is False


def test_deliveries_of_a_day(line, insight, crowd, clock):
    line.push(crowd[0])
    line.call("POST", "/v2/bot/message/broadcast", {"messages": [LINK]})
    next_day(clock)
    told = insight.get_number_of_message_deliveries(var_date="20261120")
    assert (told.status, told.api_push, told.api_broadcast, told.api_multicast) == ("ready", 1, 25, 0)
    with pytest.raises(InsightError) as refused:
        insight.get_number_of_message_deliveries(var_date="2026-11-")
    assert refused.value.status == 400


@pytest.mark.parametrize("seen", [(19, None), (20, 20)])
def test_what_a_broadcast_brought_is_told_from_twenty_people_on(simulator, line, insight, crowd, seen):
    viewers, impressions = seen
    sent = line.call("POST", "/v2/bot/message/broadcast", {"messages": [LINK, LINK]})
    for user in crowd[:viewers]:
        thumb(simulator, user).open()
        thumb(simulator, user).tap_label("開く")
    told = insight.get_message_event(request_id=sent.headers["x-line-request-id"])
    assert told.overview.delivered == 25
    assert (told.overview.unique_impression, told.overview.unique_click) == (impressions, impressions)
    assert [each.impression for each in told.messages] == [impressions, impressions]
    assert [(each.seq, each.url, each.click) for each in told.clicks] == [
        (1, "https://town.example/a", impressions),
        (2, "https://town.example/a", impressions),
    ]
    with pytest.raises(InsightError):
        insight.get_message_event(request_id="nobody")


def test_statistics_of_an_aggregation_unit(simulator, line, insight, crowd):
    body = {"to": crowd, "messages": [LINK], "customAggregationUnits": ["november"]}
    line.call("POST", "/v2/bot/message/multicast", body)
    line.call("POST", "/v2/bot/message/multicast", {**body, "customAggregationUnits": ["other"]})
    for user in crowd:
        thumb(simulator, user).open()
    ask = {"custom_aggregation_unit": "november", "to": "20261121"}
    told = insight.get_statistics_per_unit(var_from="20261120", **ask)
    assert (told.overview.unique_impression, told.overview.unique_click) == (25, None)
    assert insight.get_statistics_per_unit(var_from="20261121", **ask).messages == []


def test_an_audience_from_ids_grows_and_gets_a_narrowcast(simulator, line, groups, crowd):
    made = groups.create_audience_group(
        audiences.CreateAudienceGroupRequest(
            description="防災", audiences=[audiences.Audience(id=user) for user in crowd[:3]]
        )
    )
    more = audiences.AddAudienceToAudienceGroupRequest(
        audienceGroupId=made.audience_group_id, audiences=[audiences.Audience(id=crowd[3])]
    )
    groups.add_audience_to_audience_group(more)
    told = groups.get_audience_data(made.audience_group_id)
    assert (told.audience_group.audience_count, told.audience_group.status) == (4, "READY")
    assert [job.audience_count for job in told.jobs] == [1]
    wanted = {"type": "audience", "audienceGroupId": made.audience_group_id}
    narrowcast(line, wanted)
    narrowcast(line, {"type": "operator", "not": wanted})
    narrowcast(line, {"type": "operator", "and": [wanted, {"type": "operator", "not": wanted}]})
    got = [len(simulator.world.talk(user)) for user in crowd]
    assert got == [1] * 25
    unknown = {"type": "audience", "audienceGroupId": 1}
    assert narrowcast(line, unknown).status == 400
    assert narrowcast(line, {"type": "operator", "and": [wanted], "or": [wanted]}).status == 400


def narrowcast(line, recipient):
    body = {"messages": [{"type": "text", "text": "訓練です"}], "recipient": recipient}
    return line.call("POST", "/v2/bot/message/narrowcast", body)


def test_audiences_are_listed_renamed_and_deleted(groups):
    made = [
        groups.create_audience_group(audiences.CreateAudienceGroupRequest(description=name)).audience_group_id
        for name in ("一", "二", "三")
    ]
    first = groups.get_audience_groups(page=1, size=2)
    assert [each.audience_group_id for each in first.audience_groups] == [made[2], made[1]]
    assert (first.has_next_page, first.total_count) == (True, 3)
    groups.update_audience_group_description(
        made[0], audiences.UpdateAudienceGroupDescriptionRequest(description="防災")
    )
    groups.delete_audience_group(made[1])
    left = groups.get_audience_groups(page=1)
    assert [each.description for each in left.audience_groups] == ["三", "防災"]


def test_an_audience_by_file_and_by_who_tapped(simulator, line, crowd):
    boundary, lines = "x", "\n".join(crowd[:2])
    parts = {"description": "住民", "file": lines}
    body = "".join(
        f'--{boundary}\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in parts.items()
    )
    form = {"content_type": f"multipart/form-data; boundary={boundary}"}
    made = line.call(
        "POST", "/v2/bot/audienceGroup/upload/byFile", (body + f"--{boundary}--\r\n").encode(), **form
    )
    assert (made.status, made.json()["description"]) == (202, "住民")
    bad = line.call("POST", "/v2/bot/audienceGroup/upload/byFile", b"--x--\r\n", **form)
    assert bad.status == 400
    sent = line.call("POST", "/v2/bot/message/broadcast", {"messages": [LINK]})
    thumb(simulator, crowd[5]).tap_label("開く")
    request = {"description": "見た人", "requestId": sent.headers["x-line-request-id"]}
    counts = {}
    for path in ("click", "imp"):
        group = line.call("POST", f"/v2/bot/audienceGroup/{path}", request).json()["audienceGroupId"]
        told = line.call("GET", f"/v2/bot/audienceGroup/{group}").json()["audienceGroup"]
        counts[path] = (told["type"], told["audienceCount"])
    assert counts == {"click": ("CLICK", 1), "imp": ("IMP", 0)}


def test_liff_apps_open_with_the_login_channel_s_token_only(simulator, line):
    login = type(line)(line.base_url, simulator.world.channel().settings.login_token)
    app = {"view": {"type": "full", "url": "https://town.example/liff"}, "description": "予約"}
    assert line.call("POST", "/liff/v1/apps", app).status == 404
    liff_id = login.call("POST", "/liff/v1/apps", app).json()["liffId"]
    assert login.call("PUT", f"/liff/v1/apps/{liff_id}", {"view": {"type": "tall"}}).status == 200
    listed = login.call("GET", "/liff/v1/apps").json()["apps"]
    assert listed == [
        {
            "liffId": liff_id,
            "description": "予約",
            "view": {"type": "tall", "url": "https://town.example/liff"},
        }
    ]
    assert login.call("POST", "/liff/v1/apps", {"view": {"type": "wide"}}).status == 400
    assert login.call("DELETE", f"/liff/v1/apps/{liff_id}").status == 200
    assert login.call("GET", "/liff/v1/apps").status == 404
    login.http.clear()


@pytest.fixture
def signing_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def signed_line(signing_key, clock, line):
    """A channel that knows a vendor's assertion key."""
    numbers = signing_key.public_key().public_numbers()
    key = {"kty": "RSA", "e": b64(numbers.e.to_bytes(3)), "n": b64(numbers.n.to_bytes(256))}
    settings = ChannelSettings(assertion_keys={"kid-1": key})
    with Simulator(LineWorld(clock=clock, channels=[settings])).serve() as url:
        yield type(line)(url, "")


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def assertion(signing_key, clock, kid="kid-1", **claims):
    now = int(clock.now().timestamp())
    claims = {
        "iss": "1650000000",
        "sub": "1650000000",
        "aud": "https://api.line.me/",
        "exp": now + 1800,
        "token_exp": 3600,
        **claims,
    }
    head = {"alg": "RS256", "typ": "JWT", "kid": kid}
    signed = ".".join(b64(json.dumps(part).encode()) for part in (head, claims))
    return f"{signed}.{b64(signing_key.sign(signed.encode(), PKCS1v15(), SHA256()))}"


def ask(line, path, **fields):
    from urllib.parse import urlencode

    return line.call(
        "POST", path, urlencode(fields).encode(), content_type="application/x-www-form-urlencoded"
    )


def test_a_token_with_a_chosen_life(signed_line, signing_key, clock):
    proof = {"client_assertion_type": JWT_TYPE, "client_assertion": assertion(signing_key, clock)}
    made = ask(signed_line, "/oauth2/v2.1/token", grant_type="client_credentials", **proof).json()
    assert (made["expires_in"], made["token_type"]) == (3600, "Bearer")
    query = f"client_assertion_type={JWT_TYPE}&client_assertion={proof['client_assertion']}"
    assert signed_line.call("GET", f"/oauth2/v2.1/tokens/kid?{query}").json() == {"kids": [made["key_id"]]}
    signed_line.token = made["access_token"]
    assert signed_line.call("GET", "/v2/bot/info").status == 200
    judged = signed_line.call("GET", f"/oauth2/v2.1/verify?access_token={made['access_token']}").json()
    assert (judged["client_id"], judged["expires_in"]) == ("1650000000", 3600)
    clock.advance(timedelta(seconds=3601))
    assert signed_line.call("GET", "/v2/bot/info").status == 401
    stateless = ask(signed_line, "/oauth2/v3/token", grant_type="client_credentials", **proof)
    assert stateless.status == 400
    proof["client_assertion"] = assertion(signing_key, clock)
    stateless = ask(signed_line, "/oauth2/v3/token", grant_type="client_credentials", **proof).json()
    assert stateless["expires_in"] == 900


def test_a_token_taken_back(signed_line, signing_key, clock):
    proof = {"client_assertion_type": JWT_TYPE, "client_assertion": assertion(signing_key, clock)}
    made = ask(signed_line, "/oauth2/v2.1/token", grant_type="client_credentials", **proof).json()
    own = {"client_id": "1650000000", "access_token": made["access_token"]}
    assert ask(signed_line, "/oauth2/v2.1/revoke", client_secret="no", **own).status == 400
    assert (
        ask(signed_line, "/oauth2/v2.1/revoke", client_secret=ChannelSettings().secret, **own).status == 200
    )
    signed_line.token = made["access_token"]
    assert signed_line.call("GET", "/v2/bot/info").status == 401


@pytest.mark.parametrize(
    "wrong",
    [
        {"kid": "kid-2"},
        {"iss": "1"},
        {"sub": "1"},
        {"aud": "https://elsewhere.example/"},
        {"exp": 1},
        {"exp": 2_000_000_000},
        {"token_exp": 2_592_001},
        {"token_exp": "long"},
    ],
)
def test_a_wrong_assertion_buys_nothing(signed_line, signing_key, clock, wrong):
    proof = {"client_assertion_type": JWT_TYPE, "client_assertion": assertion(signing_key, clock, **wrong)}
    refused = ask(signed_line, "/oauth2/v2.1/token", grant_type="client_credentials", **proof)
    assert (refused.status, refused.json()["error"]) == (400, "invalid_client")


def test_another_s_key_buys_nothing(signed_line, clock):
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    proof = {"client_assertion_type": JWT_TYPE, "client_assertion": assertion(stranger, clock)}
    assert ask(signed_line, "/oauth2/v2.1/token", grant_type="client_credentials", **proof).status == 400


def test_what_line_has_and_the_simulator_has_not_is_answered_in_line_s_shape(line):
    for method, path in (
        ("GET", "/v2/bot/coupon"),
        ("POST", "/v2/bot/group/C1/leave"),
        ("PATCH", "/v2/bot/info"),
    ):
        refused = line.call(method, path)
        assert refused.status in (404, 405)
        assert set(refused.json()) == {"message"}
