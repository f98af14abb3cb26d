"""Events on their way to the town: order, number, redelivery, and what LINE sends by surprise."""

import json

import pytest

from govline.errors import InputError
from govline.simulator import ChannelSettings, LineWorld, Simulator, SimulatorClient, SimulatorRefused


def texts(town):
    return [event["message"]["text"] for event in town.events if event["type"] == "message"]


def test_events_of_one_citizen_arrive_in_order(client, town):
    ann = client.citizen("安")
    for number in range(20):
        ann.say(str(number))
    assert client.settle()
    assert texts(town) == [str(number) for number in range(20)]


def test_a_slow_town_does_not_hold_up_the_simulator(client, town, line):
    town.gate.clear()
    ann = client.citizen("安")
    ann.say("まだ?")
    assert line.push(ann.user_id).status == 200
    assert not client.settle(0.05)
    town.gate.set()
    assert client.settle()


def test_duplicates_and_reordering(client, town):
    ann = client.citizen("安")
    client.settle()
    client.request("POST", "/webhooks", {"duplicate": 1})
    ann.say("二度")
    client.settle()
    first, second = [event for event in town.events if event["type"] == "message"]
    assert first["webhookEventId"] == second["webhookEventId"]
    client.webhooks("hold")
    for word in ("い", "ろ", "は"):
        ann.say(word)
    assert client.webhooks("release", reverse=True) == 3
    client.settle()
    assert texts(town)[2:] == ["は", "ろ", "い"]
    client.webhooks("hold")
    for word in ("に", "ほ"):
        ann.say(word)
    client.webhooks("release", together=True)
    client.settle()
    assert [event["message"]["text"] for event in json.loads(town.bodies[-1])["events"]] == ["に", "ほ"]


def test_a_lost_event_is_redelivered_with_the_same_id(client, town):
    town.answers = [500]
    client.citizen("安")
    client.settle()
    assert client.webhooks("redeliver") == 1
    client.settle()
    first, second = town.events
    assert (first["deliveryContext"], second["deliveryContext"]) == (
        {"isRedelivery": False},
        {"isRedelivery": True},
    )
    assert {**first, "deliveryContext": 0} == {**second, "deliveryContext": 0}
    assert client.webhooks("redeliver") == 0


def test_redelivery_goes_on_by_itself_until_the_town_answers(town):
    town.answers = [500, 503]
    simulator = Simulator(LineWorld(), town_url=town.url, redelivery=(0.01, 0.01, 0.01))
    with simulator.serve() as url, SimulatorClient(url) as client:
        client.citizen("安")
        town.wait_for(3)
        client.settle()
        [delivery] = client.request("GET", "/webhooks")["deliveries"]
    assert delivery["attempts"] == ["500", "503", "200"]
    assert [event["deliveryContext"]["isRedelivery"] for event in town.events] == [False, True, True]


def test_dummies_unknown_types_missing_ids_and_broken_bodies(client, town):
    ann = client.citizen("安")
    client.settle()
    town.bodies.clear()
    for deed, body in (
        ("verify", {}),
        ("verify", {"dummy": True}),
        ("unknown", {"user": ann.user_id}),
        ("broken", {"user": ann.user_id}),
        ("raw", {"body": "{not json", "sign": False}),
    ):
        client.webhooks(deed, **body)
        client.settle()
    events = [json.loads(body)["events"] for body in town.bodies[:4]]
    assert events[0] == []
    assert len(events[1]) == 2
    assert events[2][0]["type"] == "somethingNew"
    assert "webhookEventId" not in events[3][0]
    assert town.bodies[4] == b"{not json"


def test_the_blocked_and_the_strangers_cannot_talk(client, town):
    ann = client.citizen("安", follow=False)
    with pytest.raises(SimulatorRefused, match="GL-8406"):
        ann.say("もしもし")
    ann.follow()
    ann.block()
    with pytest.raises(SimulatorRefused):
        ann.say("もしもし")
    client.settle()
    assert [event["type"] for event in town.events] == ["follow", "unfollow"]
    assert "replyToken" not in town.events[1]


def test_webhooks_never_leave_this_machine():
    with pytest.raises(InputError, match="GL-8405"):
        Simulator(LineWorld(), town_url="https://town.example/hook")


def test_a_tap_finds_what_the_screen_shows(client, line, town):
    ann = client.citizen("安")
    quick = {
        "items": [{"type": "action", "action": {"type": "message", "label": "はい", "text": "はい、どうぞ"}}]
    }
    body = {"to": ann.user_id, "messages": [{"type": "text", "text": "よいですか", "quickReply": quick}]}
    line.call("POST", "/v2/bot/message/push", body)
    ann.tap("はい")
    client.settle()
    assert texts(town) == ["はい、どうぞ"]
    with pytest.raises(SimulatorRefused, match="GL-8408"):
        ann.tap("はい")


def test_the_control_api_refuses_foreign_pages(client, base_url, line):
    for headers in ({"host": "evil.example"}, {"origin": "https://evil.example"}):
        answer = line.http.request("POST", base_url + "/sim/reset", headers=headers)
        assert answer.status == 403
    assert line.http.request("POST", base_url + "/sim/citizens", body=b"{").status == 400
    assert line.http.request("POST", base_url + "/sim/citizens", body=b"[]").status == 400
    with pytest.raises(SimulatorRefused):
        client.request("POST", "/citizens/Unobody/say", {"text": "x"})


def test_five_thousand_citizens_have_one_message_each(client, line):
    users = client.citizens_in_bulk(5000)
    for start in range(0, 5000, 500):
        body = {"to": users[start : start + 500], "messages": [{"type": "text", "text": "お知らせ"}]}
        assert line.call("POST", "/v2/bot/message/multicast", body).status == 200
    assert client.report() == {"per_citizen_counts": {"1": 5000}, "doubled": [], "citizens": 5000}


def test_serving_twice_and_a_taken_port(town):
    with Simulator(LineWorld()).serve() as url, SimulatorClient(url) as client:
        port = int(url.rsplit(":", 1)[1])
        assert client.report()["citizens"] == 0
        from govline.errors import ConfigError
        from govline.simulator import serve

        with pytest.raises(ConfigError), serve(town.app(), port=port):
            pass
        with pytest.raises(ConfigError), serve(town.app(), host="0.0.0.0"):
            pass


def test_a_simulator_may_be_served_again(town):
    simulator = Simulator(LineWorld(), town_url=town.url)
    for name in ("安", "勉"):
        with simulator.serve() as url, SimulatorClient(url) as client:
            client.citizen(name)
            assert client.settle()
    assert len(town.events) == 2


def test_odd_letters_do_not_stop_the_post(client, town, base_url):
    ann = client.citizen("安")
    ann.say("\ud800 壊れた字")
    ann.say("次")
    assert client.settle()
    assert texts(town)[1] == "次"
    assert client.request("GET", f"/poll?citizen={ann.user_id}")["messages"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/faults", {"kind": {}}),
        ("/clock", {"seconds": 10**30}),
        ("/clock", {"seconds": -1}),
        ("/webhooks", {"url": "https://["}),
        ("/webhooks/events", {"events": True}),
        ("/webhooks/dance", {}),
        ("/citizens/bulk", {"count": 10**9}),
        ("/citizens", {"name": ""}),
    ],
)
def test_nonsense_is_answered_with_a_reason(client, path, body):
    with pytest.raises(SimulatorRefused, match="GL-84"):
        client.request("POST", path, body)


def test_link_tokens_are_used_once(client, line, town):
    ann = client.citizen("安")
    token = line.call("POST", f"/v2/bot/user/{ann.user_id}/linkToken").json()["linkToken"]
    path = f"/citizens/{ann.user_id}/link"
    body = {"linkToken": token, "nonce": "n" * 16}
    assert [client.request("POST", path, body)["result"] for _ in range(2)] == ["ok", "failed"]
    client.advance(601)
    client.settle()
    links = [event["link"]["result"] for event in town.events if event["type"] == "accountLink"]
    assert links == ["ok", "failed"]


def test_channels_are_apart():
    first, second = ChannelSettings(), ChannelSettings(name="となり町", channel_id="2", token="other")
    world = LineWorld(channels=[first, second])
    with (
        Simulator(world).serve() as url,
        SimulatorClient(url) as one,
        SimulatorClient(url, channel="2") as two,
    ):
        ann = one.citizen("安")
        assert two.citizen("安").user_id == ann.user_id
        assert [row["friend"] for row in one.request("GET", "/citizens")["citizens"]] == [True]
        assert [row["friend"] for row in two.request("GET", "/citizens")["citizens"]] == [False]
        assert two.request("GET", "/poll")["town"] == "となり町"
        with SimulatorClient(url, channel="3") as three, pytest.raises(SimulatorRefused, match="GL-8403"):
            three.request("GET", "/citizens")
