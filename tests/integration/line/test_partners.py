"""Another tool on the channel: what it is sent, what it may ask, and that nobody waits for it or is answered twice."""

import json
import threading
from datetime import timedelta

import pytest

from govline import City
from govline.city import LineChannel, asgi
from govline.core import Done
from govline.core.messages import Text
from govline.line import sign
from govline.line.accounts import Breaker, Claim, Forward, ForwardHandler, Partner
from govline.simulator import ChannelSettings, LineWorld, Simulator, SimulatorClient
from govline.simulator.server import serve
from govline.store import inbox, outbox

CHANNEL = ChannelSettings()
ANN, BOB = "U" + "a" * 32, "U" + "b" * 32
NUMBER = "マイナンバーは1234 5678 9018です"


class Quick:
    """Carries anything out at once."""

    def run(self, _payload, _context):
        return Done()

    def record(self, tx, payload, fate):
        pass


def event(text=None, user=ANN, *, data=None, number=1):
    told = {
        "type": "message",
        "message": {"type": "text", "id": str(number), "text": text, "quoteToken": "q"},
    }
    if data is not None:
        told = {"type": "postback", "postback": {"data": data}}
    return {
        **told,
        "mode": "active",
        "timestamp": 1_795_000_000_000 + number,
        "source": {"type": "user", "userId": user},
        "webhookEventId": f"01{user[1]}{number:022d}",
        "deliveryContext": {"isRedelivery": False},
        "replyToken": f"{number:032d}",
    }


def body_of(*events):
    return json.dumps({"destination": CHANNEL.bot_user_id, "events": events}, ensure_ascii=False).encode()


def receive(city, *events):
    raw = body_of(*events)
    signature = sign("older", raw)
    assert city.receive(raw, signature) == 200
    return raw, signature


def forwards(city):
    rows = city.read(lambda tx: outbox.list(tx))
    return [row for row in rows if row.topic == "line.forward"]


def answer_all(city):
    for lane in city.read(inbox.next_citizens):
        inbox.process(city.database, lane, city.conversation.handle)
    return [row for row in city.read(lambda tx: outbox.list(tx)) if row.topic == "line.reply"]


def pump(city):
    handler = ForwardHandler(city.database, city.channel.partners)
    city.pump._effects.update({"line.forward": handler, "line.reply": Quick()})
    city.pump.run_once()
    handler.close()


OWNS = Claim(keywords=["相談"], postbacks=["tool:"], kinds=["message.image"])


def test_a_copy_is_lines_own_bytes_and_signature(town_with, line):
    city = town_with({"receives": "all"})
    raw, signature = receive(city, event("こんにちは"), event("予約", number=2))
    pump(city)
    (method, path, headers, got) = line.requests[0]
    assert (method, path, got) == ("POST", "/hook", raw)
    assert {k.lower(): v for k, v in headers.items()}["x-line-signature"] == signature
    assert forwards(city)[0].state == "done"
    assert len(answer_all(city)) == 2


def test_an_owner_gets_its_events_and_the_town_is_silent(town_with, line):
    city = town_with({}, OWNS)
    receive(
        city,
        event("ごみ"),
        event("相談", number=2),
        event(data="tool:1", number=3),
        event(data="x", number=4),
    )
    pump(city)
    got = line.requests[0][3]
    assert [each["webhookEventId"][-1] for each in json.loads(got)["events"]] == ["2", "3"]
    headers = {k.lower(): v for k, v in line.requests[0][2].items()}
    assert headers["x-line-signature"] == sign(CHANNEL.secret, got)
    assert len(answer_all(city)) == 1  # ごみ; the postback x has no text


@pytest.mark.parametrize("typed", ["相談", " 相談 ", "ｿｳﾀﾞﾝ", "SOUDAN", "相談したい"])
def test_both_sides_agree_on_who_answers(town_with, line, typed):
    city = town_with({}, Claim(keywords=["相談", "ソウダン", "soudan"]))
    receive(city, event(typed))
    assert len(forwards(city)) + len(answer_all(city)) == 1


def test_an_individual_number_goes_to_nobody(town_with, line):
    city = town_with({"receives": "all"})
    receive(city, event("こんにちは"), event(NUMBER, number=2))
    receive(city, event(NUMBER, number=3))
    pump(city)
    assert len(line.requests) == 1
    assert "9018" not in line.requests[0][3].decode()
    assert [each["webhookEventId"][-1] for each in json.loads(line.requests[0][3])["events"]] == ["1"]


def test_what_waits_is_sealed_and_what_was_taken_is_gone(town_with, line, any_db):
    city = town_with({"receives": "all"})
    receive(city, event("こんにちは"))
    rows = any_db.read(lambda tx: tx.connection.exec_driver_sql("SELECT payload FROM gl_outbox").all())
    blobs = any_db.read(lambda tx: tx.connection.exec_driver_sql("SELECT sealed FROM gl_blob").all())
    assert ANN not in str(rows) + str(blobs)
    assert "こんにちは" not in str(rows) + str(blobs)
    assert len(blobs) == 1
    pump(city)
    assert any_db.read(lambda tx: tx.connection.exec_driver_sql("SELECT 1 FROM gl_blob").all()) == []


class TestTheRest:
    """What nobody of the town answers goes to the partner who takes the rest, as LINE sent it."""

    @pytest.fixture
    def city(self, town_with):
        city = town_with({}, Claim(keywords=["相談"], rest=True))
        city.feature.knows = {"ごみ"}
        return city

    def test_an_unanswered_event_is_handed_over_once_and_the_town_is_silent(self, city, line):
        sent = event("なにか", number=1)
        sent["message"]["mention"] = {
            "mentionees": [{"index": 0, "length": 1, "type": "user", "userId": BOB}]
        }
        receive(city, event("ごみ"), event("相談", number=2), sent | {"webhookEventId": "01REST"})
        assert len(forwards(city)) == 1  # 相談, at once
        assert len(answer_all(city)) == 1  # ごみ
        pump(city)
        bodies = {each[3]: {k.lower(): v for k, v in each[2].items()} for each in line.requests}
        told = [given for body in bodies for given in json.loads(body)["events"]]
        assert sorted(given["webhookEventId"] for given in told) == ["01REST", "01a" + "2".zfill(22)]
        assert next(given for given in told if given["webhookEventId"] == "01REST") == sent | {
            "webhookEventId": "01REST"
        }
        assert all(
            headers["x-line-signature"] == sign(CHANNEL.secret, body) for body, headers in bodies.items()
        )

    def test_the_welcome_stays_the_towns(self, city):
        follow = event("x") | {"type": "follow", "follow": {"isUnblocked": False}}
        del follow["message"]
        receive(city, follow)
        assert len(answer_all(city)) == 1
        assert forwards(city) == []

    def test_a_handler_that_fails_hands_nothing_over(self, city):
        city.feature.breaks = True
        receive(city, event("なにか"))
        assert answer_all(city) == []
        assert forwards(city) == []
        assert city.read(inbox.counts)["failed"] == {"message.text": 1}


def test_a_redelivered_body_is_forwarded_once(town_with, line):
    city = town_with({"receives": "all"})
    receive(city, event("こんにちは"))
    again = event("こんにちは")
    again["deliveryContext"]["isRedelivery"] = True
    receive(city, again)
    assert len(forwards(city)) == 1


def test_one_citizens_bodies_arrive_in_order_and_others_overtake(town_with, line, clock):
    city = town_with({"receives": "all"})
    line.say(500)
    receive(city, event("1", number=1))
    pump(city)
    receive(city, event("2", number=2))
    receive(city, event("3", BOB, number=3))
    pump(city)
    clock.advance(timedelta(minutes=1))
    pump(city)
    said = [json.loads(each[3])["events"][0]["message"]["text"] for each in line.requests]
    assert said == ["1", "3", "1", "2"]


def test_all_bodies_in_order_where_asked(town_with, line, clock):
    city = town_with({"receives": "all", "order": "body"})
    line.say(500)
    receive(city, event("1", number=1))
    receive(city, event("3", BOB, number=3))
    pump(city)
    assert len(line.requests) == 1


@pytest.mark.parametrize(
    ("status", "state", "code"),
    [(200, "done", ""), (302, "dead", "8057"), (400, "dead", "8057"), (503, "asleep", "8056")],
)
def test_what_an_answer_means(town_with, line, status, state, code):
    city = town_with({"receives": "all"})
    line.say(status, "", {"location": "https://elsewhere.example"})
    receive(city, event("a"))
    pump(city)
    (row,) = forwards(city)
    assert row.state == state
    assert code in row.reason
    assert len(line.requests) == 1


def test_what_was_not_taken_in_time_is_given_up(town_with, line, clock):
    city = town_with({"receives": "all", "keep": 60})
    receive(city, event("a"))
    clock.advance(timedelta(seconds=61))
    pump(city)
    assert forwards(city)[0].state == "dead"
    assert line.requests == []


def test_a_dead_partner_is_left_alone_and_tried_again(clock):
    breaker = Breaker(failures=2, pause=timedelta(seconds=30))
    now = clock.now()
    for _ in range(2):
        assert breaker.admits(now)
        breaker.note(now, ok=False)
    assert not breaker.admits(now)
    later = now + timedelta(seconds=31)
    assert breaker.admits(later)
    assert not breaker.admits(later)  # one trial at a time
    breaker.note(later, ok=False)
    assert not breaker.admits(later + timedelta(seconds=29))
    assert breaker.admits(later + timedelta(seconds=31))
    breaker.note(later, ok=True)
    assert breaker.admits(later)


def test_a_partner_that_keeps_failing_is_not_called_until_the_pause_is_over(town_with, line, clock):
    city = town_with({"receives": "all", "order": "citizen"})
    handler = ForwardHandler(city.database, city.channel.partners)
    city.pump._effects.update({"line.forward": handler, "line.reply": Quick()})
    line.say(500, times=40)
    for number in range(8):
        receive(city, event("a", f"U{number:032x}", number=number))
    for _ in range(8):
        city.pump.run_once()
    called = len(line.requests)
    assert 5 <= called <= 6  # two threads: one call may be on its way when the fifth fails
    clock.advance(timedelta(seconds=31))
    for _ in range(8):
        city.pump.run_once()
    assert called < len(line.requests) <= called + 2  # a trial, and nobody else while it fails
    handler.close()


def test_a_hanging_partner_delays_no_reply(town_with):
    """The partner's two threads hang; a reply enqueued after goes out at once, on a pump that never waits for them."""
    city = town_with({"receives": "all"})
    begun, release = [], threading.Event()

    class Hanging(Quick):
        def run(self, _payload, _context):
            begun.append(1)
            release.wait(20)
            return Done()

    city.pump._effects.update({"line.forward": Hanging(), "line.reply": Quick()})
    for number in range(10):
        receive(city, event("a", f"U{number:032x}", number=number))
    city.pump.step()
    answer_all(city)
    for _ in range(200):
        city.pump.step()
        if all(row.state == "done" for row in answer_all(city)):
            break
        city.pump.wait(0.2)
    assert all(row.state == "done" for row in answer_all(city))
    assert len(begun) <= 2
    release.set()
    city.pump.close()


def test_what_a_tool_sends_back_goes_no_second_round(town_with, line):
    """Two tools that forward to each other: what comes back is the event that we have, and ends here."""
    city = town_with({"receives": "all"})
    receive(city, event("こんにちは"))
    for _ in range(3):
        pump(city)
        raw = line.requests[-1][3]
        assert city.receive(raw, sign("older", raw)) == 200
        plain = json.loads(raw)
        plain["events"][0]["deliveryContext"]["isRedelivery"] = True
        again = json.dumps(plain).encode()
        assert city.receive(again, sign("older", again)) == 200
    pump(city)
    assert len(line.requests) == len(forwards(city)) == 1
    assert len(answer_all(city)) == 1


@pytest.mark.parametrize(
    "hostile",
    [
        (200, "x" * 2_000_000, {}),
        (200, "", {"content-length": "-5"}),
        (302, "", {"location": "http://169.254.169.254/latest"}),
        (307, "", {"location": "http://127.0.0.1:9/elsewhere"}),
        (101, "", {"upgrade": "websocket"}),
        (999, "", {}),
        (200, "", {"x" * 200: "y" * 60_000}),
    ],
)
def test_a_hostile_answer_ends_one_row_and_nothing_else(town_with, line, hostile):
    status, body, headers = hostile
    city = town_with({"receives": "all", "timeout": 2})
    line.say(status, body, headers)
    receive(city, event("a"))
    pump(city)
    (row,) = forwards(city)
    assert row.state in ("done", "dead", "asleep")
    assert len(line.requests) == 1  # followed nowhere
    assert len(answer_all(city)) == 1


def test_two_tools_on_one_simulated_channel(sqlite_db, clock, line, plain):
    """The tool answers with the reply token that it was sent; the town answers the rest; each message once."""
    world = LineWorld(clock=clock, channels=[CHANNEL])
    with Simulator(world).serve() as url, SimulatorClient(url) as client:
        partner = Partner("tool", Claim(keywords=["相談"]), Forward(line.host + "/hook"))
        channel = LineChannel(lambda: [CHANNEL.secret], lambda: CHANNEL.token, api=url, partners=[partner])
        with City(sqlite_db, [plain()], line=channel) as city, serve(asgi(city, work=False)) as town:
            world.set_webhook(town + "/line/webhook")
            ann = client.citizen("安")
            ann.say("相談")
            ann.say("こんにちは")
            client.settle()
            city.settle()
            token = json.loads(line.requests[0][3])["events"][0]["replyToken"]
            assert city.messenger.reply(token, [Text("係がお答えします").to_line()]).ok
            said = [entry.message.get("text") for entry in world.talk(ann.user_id) if entry.side == "town"]
    assert (said.count("はい"), said.count("係がお答えします"), len(said)) == (1, 1, 3)  # and the welcome
