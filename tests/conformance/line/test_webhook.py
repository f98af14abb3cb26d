"""The webhook's door on both engines: one commit a body, nothing lost, nothing personal stored."""

import json
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from govline.core import FixedClock
from govline.line.parsing import MAX_EVENTS, load_event, parse
from govline.line.signature import sign
from govline.line.webhook import REFUSED, Webhook
from govline.store import identity, inbox

SECRET = "channel-secret"
BOT = "U" + "b" * 32
TARO = "U" + "1" * 32
HANAKO = "U" + "2" * 32
# 11 digits with the right check digit of 平成26年総務省令第85号; invented
NUMBER = "123456789018"


def event(number=1, user=TARO, **changes):
    base = {
        "type": "message",
        "timestamp": 1_790_000_000_000 + number,
        "mode": "active",
        "webhookEventId": f"01J{number:023d}",
        "deliveryContext": {"isRedelivery": False},
        "source": {"type": "user", "userId": user},
        "replyToken": f"token-{number}",
        "message": {"type": "text", "id": str(number), "quoteToken": "q", "text": f"こんにちは{number}"},
    }
    return {**base, **changes}


def body(*events, destination=BOT):
    return json.dumps({"destination": destination, "events": list(events)}, ensure_ascii=False).encode()


def plain(number, kind, user=TARO, **rest):
    made = event(number, user, type=kind, **rest)
    made.pop("message")
    return made


@pytest.fixture
def webhook(any_db):
    return Webhook(any_db, [SECRET], destination=BOT)


def post(webhook, raw):
    return webhook.receive(raw, sign(SECRET, raw))


def handled(db):
    """Everything in the inbox, handled: (Incoming, Event) pairs in the order of handling."""
    seen = []
    for lane in db.read(inbox.next_citizens):
        inbox.process(
            db, lane, lambda _tx, incoming: seen.append((incoming, load_event(json.loads(incoming.body))))
        )
    return seen


def test_one_body_five_times_is_one_effect_each(any_db, webhook):
    raw = body(*(event(n) for n in range(3)))
    receipts = [post(webhook, raw) for _ in range(5)]
    assert [r.status for r in receipts] == [200] * 5
    assert [(r.received, r.known) for r in receipts] == [(3, 0), *[(0, 3)] * 4]
    assert [e.id for e, _ in handled(any_db)] == [f"01J{n:023d}" for n in range(3)]


def test_one_commit_for_the_body(any_db, webhook):
    commits = []
    any_db.on_commit.append(lambda: commits.append(1))
    assert post(webhook, body(*(event(n, user=f"U{n:032x}") for n in range(10)))).received == 10
    assert len(commits) == 1


def test_a_broken_event_among_ten_is_kept_and_its_neighbours_too(any_db, webhook):
    events = [event(n) for n in range(10)]
    events[4] = {
        "type": "message",
        "webhookEventId": "broken-one",
        "source": {"userId": TARO},
        "message": "not an object",
    }
    receipt = post(webhook, body(*events))
    assert (receipt.received, receipt.broken) == (10, 1)
    assert any_db.read(inbox.counts) == {"received": {"message.text": 9, "broken": 1}}


def test_a_broken_event_keeps_no_individual_number_either(any_db, webhook):
    receipt = post(
        webhook, body({"type": "message", "source": {"userId": TARO}, "message": [NUMBER]}, [NUMBER], NUMBER)
    )
    assert (receipt.received, receipt.broken) == (3, 3)
    assert any_db.read(inbox.counts) == {"received": {REFUSED: 3}}
    assert NUMBER not in "".join(incoming.body for incoming, _ in handled(any_db))


def test_events_without_an_id_or_of_unknown_type_are_stored_once(any_db, webhook):
    nameless = event(1)
    del nameless["webhookEventId"]
    strange = plain(2, "somethingNew", extra={"deep": [1]})
    raw = body(nameless, strange)
    again = body({**nameless, "deliveryContext": {"isRedelivery": True}}, strange)
    assert post(webhook, raw).received == 2
    assert post(webhook, again).known == 2
    assert any_db.read(inbox.counts) == {"received": {"message.text": 1, "somethingNew": 1}}


@pytest.mark.parametrize(
    ("raw", "signature", "status"),
    [
        (body(event()), "bad", 401),
        (body(event()), None, 401),
        (body(event()), "", 401),
        (body(event()), "署名", 401),
        (b"{broken", sign(SECRET, b"{broken"), 400),
        (b"[]", sign(SECRET, b"[]"), 400),
        (b'{"events":{}}', sign(SECRET, b'{"events":{}}'), 400),
        (b"[" * 5000, sign(SECRET, b"[" * 5000), 400),
        (b"\xff\xfe", sign(SECRET, b"\xff\xfe"), 400),
        (body(event(), destination=TARO), sign(SECRET, body(event(), destination=TARO)), 403),
        (b" " * 1_000_001, "", 413),
    ],
)
def test_refused_bodies_store_nothing(any_db, webhook, raw, signature, status):
    receipt = webhook.receive(raw, signature)
    assert receipt.status == status
    assert receipt.reason.startswith("GL-80")
    assert any_db.read(inbox.counts) == {}


def test_the_verify_button_is_answered_and_leaves_no_trace(any_db, webhook):
    assert post(webhook, body()).status == 200
    dummy = [
        event(1, user="U" + "deadbeef" * 4, replyToken="0" * 32),
        plain(2, "follow", user="U" + "deadbeef" * 4, replyToken="f" * 32, follow={"isUnblocked": False}),
    ]
    receipt = post(webhook, body(*dummy))
    assert (receipt.status, receipt.received, receipt.dummies) == (200, 0, 2)
    assert any_db.read(inbox.counts) == {}
    assert any_db.read(lambda tx: identity.find_citizen(tx, "U" + "deadbeef" * 4)) is None


def test_two_secrets_are_taken_while_they_rotate(any_db):
    webhook = Webhook(any_db, lambda: ["new", "old"])
    for number, secret in enumerate(["new", "old", "older"]):
        raw = body(event(number))
        assert webhook.receive(raw, sign(secret, raw)).status == (401 if secret == "older" else 200)


def test_no_user_id_reaches_the_inbox(any_db, webhook):
    mention = {"mentionees": [{"type": "user", "index": 0, "length": 3, "userId": HANAKO}]}
    message = {"type": "text", "id": "1", "quoteToken": "q", "text": f"私は{HANAKO}です", "mention": mention}
    joined = plain(
        2,
        "memberJoined",
        source={"type": "group", "groupId": "C1"},
        joined={"members": [{"type": "user", "userId": HANAKO}]},
    )
    strange = plain(3, "somethingNew", people=[{"userId": HANAKO}], raw=TARO)
    post(
        webhook,
        body(event(1, message=message), joined, strange, {"type": "message", "source": {"userId": TARO}}),
    )
    stored = handled(any_db)
    text = "".join(incoming.body + repr(incoming) for incoming, _ in stored)
    assert TARO not in text
    assert HANAKO not in text
    taro, hanako = (any_db.read(lambda tx, u=u: identity.find_citizen(tx, u)) for u in (TARO, HANAKO))
    first, second, *_ = sorted(stored, key=lambda pair: pair[0].timestamp)[1:]
    assert first[1].citizen == first[0].citizen == taro
    assert first[1].message.mention["mentionees"][0]["citizenId"] == hanako
    assert second[1].joined["members"][0]["citizenId"] == hanako


@pytest.mark.parametrize("text", [f"番号は{NUMBER}です", "1234 5678 9018", "1234-5678-9018"])
def test_an_individual_number_is_taken_out_before_it_is_stored(any_db, webhook, text):
    message = {"type": "text", "id": "1", "quoteToken": "q", "text": text}
    assert post(webhook, body(event(1, message=message), event(2))).received == 2
    (marked, read), (other, unmarked) = handled(any_db)
    assert marked.kind == REFUSED
    assert read.govline_refused == "individual_number"
    assert not any(part in marked.body for part in (NUMBER, "9018"))
    assert (other.kind, unmarked.govline_refused) == ("message.text", None)
    assert read.citizen == unmarked.citizen


def test_the_date_picker_is_no_individual_number(any_db, webhook):
    picked = plain(1, "postback", postback={"data": "a=1", "params": {"datetime": NUMBER, "other": NUMBER}})
    post(webhook, body(picked))
    ((incoming, read),) = handled(any_db)
    assert read.postback["params"]["datetime"] == NUMBER
    assert NUMBER not in read.postback["params"]["other"]
    assert incoming.kind == REFUSED


def test_columns_in_clear_hold_no_user_id_whatever_an_event_calls_itself(any_db, webhook):
    odd = [event(1, webhookEventId=TARO), plain(2, f"new.{TARO}"), event(3, replyToken=TARO)]
    assert post(webhook, body(*odd)).received == 3
    assert not any(TARO in f"{row.id} {row.kind} {row.reply_token}" for row, _event in handled(any_db))


def test_follow_and_unfollow_keep_the_blocked_state(any_db, webhook, clock: FixedClock):
    def blocked():
        return any_db.read(lambda tx: identity.blocked(tx, identity.find_citizen(tx, TARO)))

    at = int(clock.now().timestamp() * 1000)
    follow = plain(1, "follow", timestamp=at, follow={"isUnblocked": False})
    unfollow = plain(2, "unfollow", timestamp=at + 1)
    post(webhook, body(unfollow, follow))
    assert blocked()
    back = plain(3, "follow", timestamp=at + 2, follow={"isUnblocked": True})
    post(webhook, body(back))
    assert not blocked()
    late = plain(4, "unfollow", timestamp=at - 60_000, deliveryContext={"isRedelivery": True})
    post(webhook, body(late))
    post(webhook, body(unfollow))
    assert not blocked()


def test_checked_bodies_come_in_by_another_door(any_db, webhook):
    assert webhook.accept(parse({"events": [event(1)]})).received == 1
    with any_db.begin() as tx:
        assert webhook.store(tx, parse({"events": [event(2)]})).received == 1
    assert len(handled(any_db)) == 2


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.anyio
async def test_asynchronous_servers_get_the_same_receipts(any_db, webhook, anyio_backend):
    raw = body(event(1))
    assert (await webhook.areceive(raw, sign(SECRET, raw))).received == 1
    assert (await webhook.areceive(raw, "bad")).status == 401
    empty = body()
    assert (await webhook.areceive(empty, sign(SECRET, empty))).status == 200


NASTY = st.sampled_from(
    [
        "\0",
        "a\0b",
        "\ud83d",
        "x" * 5000,
        "🍎",
        TARO,
        NUMBER,
        "message",
        "follow",
        "text",
        -1,
        10**30,
        None,
        {},
    ]
)
FIELDS = ("type", "webhookEventId", "timestamp", "replyToken", "message", "source", "mode", "deliveryContext")


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.dictionaries(st.sampled_from(FIELDS), NASTY, max_size=4), max_size=3))
def test_whatever_one_event_holds_its_neighbours_are_stored(webhook, changes):
    strange = [{**event(number), **change} for number, change in enumerate(changes)]
    receipt = webhook.accept(parse({"events": [*strange, event(99)]}))
    assert receipt.status == 200
    assert receipt.received + receipt.known == len(changes) + 1


def test_half_an_emoji_from_a_callers_dict_is_stored(any_db, webhook):
    half = event(1, message={"type": "text", "id": "1", "text": "a\ud83d"}, replyToken="\ud83d")
    assert webhook.accept(parse({"events": [half]})).received == 1
    assert len(handled(any_db)) == 1


def test_bodies_that_arrive_at_once_share_people_and_lose_nothing(any_db, webhook):
    people = [f"U{number:032x}" for number in range(6)]
    receipts = []

    def deliver(turn):
        order = people[turn % 6 :] + people[: turn % 6]
        fresh = [event(100 * turn + at, user=user) for at, user in enumerate(order)]
        again = [event(7000 + at, user=user) for at, user in enumerate(order[:2])]
        receipts.append(post(webhook, body(*fresh, *again)))

    threads = [threading.Thread(target=deliver, args=(turn,)) for turn in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [receipt.status for receipt in receipts] == [200] * 8
    assert sum(receipt.received for receipt in receipts) == 8 * 6 + 2
    assert len(any_db.read(inbox.next_citizens)) == 6


def test_a_body_of_a_flood_of_events_is_refused_before_they_are_read(any_db, webhook):
    answer = post(webhook, b'{"destination":"' + BOT.encode() + b'","events":[' + b"{}," * 300_000 + b"{}]}")
    assert (answer.status, answer.reason[:7]) == (413, "GL-8018")
    assert any_db.read(inbox.counts) == {}


def test_as_many_events_as_a_body_may_have_are_stored_in_one_unit(any_db, webhook):
    events = [event(number, user=TARO) for number in range(MAX_EVENTS)]
    assert post(webhook, body(*events)).received == MAX_EVENTS
