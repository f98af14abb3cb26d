"""The door for partners: what they may ask of the town, how often, and what leaves nothing behind."""

import json
import threading
from datetime import timedelta

import pytest
import urllib3

from govline import City
from govline.city import LineChannel, asgi
from govline.core import Done
from govline.line.accounts import Calls, Partner, door, sign_call
from govline.simulator import ChannelSettings
from govline.simulator.server import serve
from govline.store import identity, outbox

CHANNEL = ChannelSettings()
ANN = "U" + "a" * 32
SECRET = "shared-with-the-tool"
NUMBER = "マイナンバーは1234 5678 9018です"


class Quick:
    """Carries anything out at once."""

    def run(self, _payload, _context):
        return Done()

    def record(self, tx, payload, fate):
        pass


@pytest.fixture
def city(town_with):
    return town_with(calls=Calls(lambda: [SECRET], ["push", "event"], per_hour=5))


@pytest.fixture
def ann(city):
    return city.run(lambda tx: identity.citizen_of(tx, ANN))


@pytest.fixture
def call(city, clock):
    count = iter(range(1000))

    def make(secret=SECRET, partner="tool", at=0, nonce=None, changed=b"", **body):
        raw = json.dumps(body).encode()
        nonce = nonce or f"nonce-{next(count):012d}"
        stamp = int(clock.now().timestamp()) + at
        headers = sign_call(secret, partner, raw, timestamp=stamp, nonce=nonce)
        answer = city.partners.receive(partner, raw + changed, headers)
        return answer.status, answer.body.get("code", "")

    return make


PUSH = {
    "verb": "push",
    "id": "p-1",
    "to": ANN,
    "messages": [{"type": "text", "text": "席が空きました"}],
}


def test_a_push_is_an_outbox_row_once(city, ann, call):
    assert call(**PUSH) == (202, "")
    assert call(**PUSH) == (200, "")
    (row,) = city.read(lambda tx: outbox.list(tx))
    assert (row.topic, row.payload.keys()) == ("line.push", {"citizen", "messages"})


def test_an_event_is_heard_by_features_once(city, ann, call):
    told = {"verb": "event", "id": "e-1", "name": "seat_free", "to": ANN, "data": {"seat": 3}}
    assert call(**told) == (202, "")
    assert call(**told) == (200, "")
    city.pump.run_once()
    (event,) = city.feature.heard
    assert (event.citizen, event.data) == (ann, {"seat": 3})


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"secret": "wrong"}, (401, "GL-8051")),
        ({"partner": "stranger"}, (401, "GL-8051")),
        ({"changed": b" "}, (401, "GL-8051")),
        ({"nonce": "short"}, (401, "GL-8051")),
        ({"at": -301}, (401, "GL-8052")),
        ({"at": 301}, (401, "GL-8052")),
        ({"verb": "erase"}, (400, "GL-8058")),
        ({"to": "U" + "c" * 32}, (404, "GL-8062")),
        ({"messages": [{"type": "text", "text": "あ" * 5001}]}, (400, "GL-0010")),
        ({"messages": [{"type": "text", "text": NUMBER}]}, (422, "GL-0020")),
        ({"more": 1}, (400, "GL-8058")),
        ({"messages": [{"type": "text", "text": "a", "x": float("inf")}]}, (400, "GL-8058")),
        ({"messages": [{"type": "text", "text": "\ud83d"}]}, (400, "GL-8058")),
        ({"messages": [{"type": "unheard-of"}]}, (400, "GL-0010")),
        ({"messages": []}, (400, "GL-8058")),
    ],
)
def test_what_is_refused_leaves_nothing(city, ann, call, how, said):
    assert call(**{**PUSH, **how}) == said
    assert city.read(lambda tx: outbox.list(tx)) == []
    assert call(**PUSH) == (202, "")


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"messages": [{"type": "text", "text": "【訓練】避難してください"}]}, "GL-1077"),
        ({"messages": [{"type": "text", "text": "これは テスト です"}]}, "GL-1077"),
        ({"messages": [{"type": "text", "text": "職業訓練のご案内"}]}, "GL-1084"),
        ({"dated": "2024-05-01T00:00:00+09:00"}, "GL-1078"),
        ({"dated": "2099-05-01T00:00:00+09:00"}, "GL-1079"),
    ],
)
def test_a_push_meets_the_guard_rails_of_every_machine(city, ann, call, how, code):
    assert call(**{**PUSH, **how}) == (422, code)
    assert city.read(lambda tx: outbox.list(tx)) == []
    assert call(**{**PUSH, "dated": city.database.clock.now().isoformat()}) == (202, "")


@pytest.mark.parametrize("dated", ["2026-11-22T10:00:00", "yesterday", []])
def test_a_date_without_a_zone_is_none(call, ann, dated):
    assert call(**PUSH, dated=dated)[0] == 400


def test_a_partner_that_may_speak_of_drills_still_sends_none(town_with, clock):
    city = town_with(calls=Calls(lambda: [SECRET], ["push"], drill_words=True))
    city.run(lambda tx: identity.citizen_of(tx, ANN))

    def say(text, nonce):
        call = signed(clock, nonce, id=nonce, messages=[{"type": "text", "text": text}])
        return city.partners.receive("tool", *call).status

    assert say("職業訓練のご案内", "a" * 16) == 202
    assert say("【訓練】避難してください", "b" * 16) == 422


def test_a_replayed_call_is_refused(call, ann):
    assert call(**PUSH, nonce="n" * 16) == (202, "")
    assert call(**PUSH, nonce="n" * 16) == (409, "GL-8060")


def test_a_verb_that_was_not_granted(town_with, clock, any_db):
    city = town_with(calls=Calls(lambda: [SECRET], ["event"]))
    raw = json.dumps(PUSH).encode()
    headers = sign_call(SECRET, "tool", raw, timestamp=int(clock.now().timestamp()), nonce="n" * 16)
    assert city.partners.receive("tool", raw, headers).body["code"] == "GL-8059"


def test_a_budget_by_the_hour(call, ann, clock):
    said = [call(**{**PUSH, "id": str(number)})[1] for number in range(6)]
    assert said == [""] * 5 + ["GL-8061"]
    clock.advance(timedelta(hours=1))
    assert call(**{**PUSH, "id": "later"}) == (202, "")


def test_who_has_blocked_is_not_reached(city, call, ann):
    city.run(lambda tx: identity.set_blocked(tx, ann, True))
    assert call(**PUSH) == (404, "GL-8062")


def signed(clock, nonce, **body):
    raw = json.dumps({**PUSH, **body}).encode()
    return raw, sign_call(SECRET, "tool", raw, timestamp=int(clock.now().timestamp()), nonce=nonce)


def race(city, calls):
    """The calls at the same time, each in a thread of its own; their statuses in order of size."""
    gate, heard = threading.Barrier(len(calls)), []

    def send(raw, headers):
        gate.wait(20)
        heard.append(city.partners.receive("tool", raw, headers).status)

    threads = [threading.Thread(target=send, args=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return sorted(heard)


def test_the_same_call_many_times_at_once_is_one(city, ann, clock):
    call = signed(clock, "n" * 16)
    assert race(city, [call] * 8) == [202] + [409] * 7
    assert len(city.read(lambda tx: outbox.list(tx))) == 1


def test_the_same_id_many_times_at_once_is_one_push(city, ann, clock):
    calls = [signed(clock, f"nonce-{at:016d}") for at in range(8)]
    assert race(city, calls) == [200] * 7 + [202]
    assert len(city.read(lambda tx: outbox.list(tx))) == 1


def test_a_budget_is_kept_by_calls_that_come_at_once(city, ann, clock):
    calls = [signed(clock, f"nonce-{at:016d}", id=f"t-{at}") for at in range(12)]
    assert race(city, calls) == [202] * 5 + [429] * 7
    assert len(city.read(lambda tx: outbox.list(tx))) == 5


def test_a_budget_that_is_read_first_would_be_overrun(city, ann, clock, monkeypatch):
    """The proof that the race above is one: with a look and then a write, all see room on PostgreSQL."""
    looked = threading.Barrier(8)

    def look_then_write(tx, _partner, limit):
        if tx.connection.exec_driver_sql("SELECT count(*) FROM gl_outbox").scalar() >= limit:
            raise door._RefusedCall(429, "GL-8061", "full")
        if tx.dialect == "postgresql":  # SQLite lets one writer in: there is no race to lose
            looked.wait(20)

    monkeypatch.setattr(door, "_spend", look_then_write)
    calls = [signed(clock, f"nonce-{at:016d}", id=f"t-{at}") for at in range(8)]
    overrun = city.read(lambda tx: tx.dialect) == "postgresql"
    assert race(city, calls) == ([202] * 8 if overrun else [202] * 5 + [429] * 3)


def test_a_push_that_waited_too_long_is_not_sent(city, call, ann, clock):
    assert call(**PUSH, expires_in=60) == (202, "")
    (row,) = city.read(lambda tx: outbox.list(tx))
    assert row.queue == "partner.tool"  # a partner's flood waits in a queue of its own
    clock.advance(timedelta(seconds=61))
    city.pump._effects["line.push"] = Quick()
    city.pump.run_once()
    assert [row.state for row in city.read(lambda tx: outbox.list(tx))] == ["dead"]


def test_a_nonce_is_remembered_across_the_hour(call, ann, clock):
    clock.advance(timedelta(minutes=59 - clock.now().minute))
    assert call(**PUSH, nonce="n" * 16) == (202, "")
    clock.advance(timedelta(minutes=2))  # a new hour of the budget, inside the window of five minutes
    assert call(**{**PUSH, "id": "p-2"}) == (202, "")
    assert call(**PUSH, nonce="n" * 16) == (409, "GL-8060")


@pytest.mark.parametrize("nonce", ["n" * 65, "n" * 15, "あ" * 16, "n" * 15 + "\n"])
def test_a_nonce_has_a_form(call, ann, nonce):
    assert call(**PUSH, nonce=nonce) == (401, "GL-8051")


def test_one_partners_signature_is_not_anothers(any_db, clock, plain):
    """Two tools that were given the same secret by mistake: the name is part of what is signed."""
    channel = LineChannel(
        lambda: [CHANNEL.secret],
        lambda: "t",
        partners=[Partner(name, calls=Calls(lambda: [SECRET], ["push"])) for name in ("tool", "other")],
    )
    city = City(any_db, [plain()], line=channel)
    city.run(lambda tx: identity.citizen_of(tx, ANN))
    raw, headers = signed(clock, "n" * 16)
    assert city.partners.receive("other", raw, headers).body["code"] == "GL-8051"
    assert city.partners.receive("tool", raw, headers).status == 202


@pytest.mark.parametrize("secrets", [[], [""], ["", "x"]])
def test_a_secret_that_is_empty_opens_nothing(town_with, clock, secrets):
    city = town_with(calls=Calls(lambda: secrets, ["push"]))
    raw = json.dumps(PUSH).encode()
    headers = sign_call("", "tool", raw, timestamp=int(clock.now().timestamp()), nonce="n" * 16)
    assert city.partners.receive("tool", raw, headers).body["code"] == "GL-8051"


def test_over_http(city, ann, clock):
    raw = json.dumps(PUSH).encode()
    headers = sign_call(SECRET, "tool", raw, timestamp=int(clock.now().timestamp()), nonce="n" * 16)
    with serve(asgi(city, work=False)) as url, urllib3.PoolManager(retries=False) as http:
        for path, status in (
            ("/line/partners/tool", 202),
            ("/hinata/line/partners/tool", 409),
            ("/line/partners/x", 401),
        ):
            assert http.request("POST", url + path, body=raw, headers=headers).status == status
        assert http.request("GET", url + "/line/partners/tool").status == 405
        assert http.request("POST", url + "/line/else/tool").status == 404
