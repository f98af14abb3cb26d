"""The outbox handlers of the LINE edge over the real SDK and wire: what each answer does to an effect."""

import json
from datetime import timedelta

import pytest

from govline.core import Amend, Dead, Done, EffectContext, Retry, Unknown
from govline.core.messages import Text
from govline.delivery import service
from govline.line.effects import line_effects
from govline.line.limiter import Limit, Limiter
from govline.store import identity, outbox

TARO = "U" + "1" * 32
HELLO = [Text("こんにちは").to_line()]
ID = "0199a0c0-0000-7000-8000-000000000001"
RATE = "The API rate limit has been exceeded. Try again later."
QUOTA = "You have reached your monthly limit."
AUDIENCE = "The maximum number of concurrent operations on the audience was exceeded."


@pytest.fixture
def citizen(sqlite_db):
    return sqlite_db.run(lambda tx: identity.citizen_of(tx, TARO))


@pytest.fixture
def handlers(sqlite_db, messenger):
    return line_effects(sqlite_db, messenger)


@pytest.fixture
def context(clock):
    def make(attempt=1, age=timedelta(0), waited=timedelta(0)):
        first = clock.now()
        return EffectContext(
            id=ID,
            topic="t",
            attempt=attempt,
            enqueued=first - waited,
            now=first + age,
            first_attempt=first,
            town="hinata",
        )

    return make


def keys_of(line):
    return [request[2].get("X-Line-Retry-Key") for request in line.requests]


def paths(line):
    return [request[1].rpartition("/")[2] for request in line.requests]


@pytest.mark.parametrize(
    ("status", "message", "fate", "reason"),
    [
        (200, "", Done, ""),
        (409, "already", Done, ""),
        (400, "bad", Dead, "GL-8022"),
        (401, "", Dead, "GL-8022"),
        (403, "", Dead, "GL-8022"),
        (404, "", Dead, "GL-8022"),
        (413, "", Dead, "GL-8022"),
        (429, RATE, Retry, "rate"),
        (429, AUDIENCE, Retry, "audience"),
        (429, QUOTA, Dead, "GL-8021"),
        (500, "", Retry, "GL-8020"),
        (502, "", Retry, "GL-8020"),
        (503, "", Retry, "GL-8020"),
        (504, "", Retry, "GL-8020"),
    ],
)
def test_a_push_by_answer(*, line, handlers, citizen, context, status, message, fate, reason):
    line.say(status, message, {"x-line-accepted-request-id": "r-0"})
    found = handlers["line.push"].run({"citizen": citizen, "messages": HELLO}, context())
    assert isinstance(found, fate)
    assert reason in getattr(found, "reason", "")
    assert keys_of(line) == [ID]
    if status == 409:
        assert found.note["accepted_request_id"] == "r-0"


def test_a_push_without_an_answer_goes_out_again_with_the_same_key(line, handlers, citizen, context):
    line.cut = 1
    payload = {"citizen": citizen, "messages": HELLO, "unit": "bins"}
    assert isinstance(handlers["line.push"].run(payload, context()), Retry)
    line.say(409)
    assert isinstance(handlers["line.push"].run(payload, context(attempt=2)), Done)
    assert keys_of(line) == [ID, ID]
    assert line.requests[0][3] == line.requests[1][3]


@pytest.mark.parametrize("topic", ["line.push", "line.multicast"])
def test_after_24_hours_the_outcome_is_unknown_and_nothing_is_sent(line, handlers, citizen, context, topic):
    payload = {"citizen": citizen, "messages": HELLO, "batch": "x"}
    assert isinstance(handlers[topic].run(payload, context(attempt=5, age=timedelta(hours=24))), Unknown)
    assert line.requests == []


def test_whoever_blocked_us_is_not_called(line, sqlite_db, handlers, citizen, context):
    sqlite_db.run(lambda tx: identity.set_blocked(tx, citizen, True))
    payload = {"citizen": citizen, "messages": HELLO, "menu": "m"}
    assert handlers["line.push"].run(payload, context()) == Dead("blocked")
    assert handlers["line.menu"].run(payload, context()) == Dead("blocked")
    assert handlers["line.push"].run({**payload, "citizen": "nobody"}, context()) == Dead("blocked")
    assert line.requests == []
    # after an attempt that may have arrived, the same key asks LINE what became of it
    line.say(409)
    assert isinstance(handlers["line.push"].run(payload, context(attempt=2)), Done)


def test_our_own_limit_sends_the_effect_back_without_a_call(line, sqlite_db, messenger, citizen, context):
    gate = Limiter({"push": Limit(1, 3600)}, clock=lambda: 0.0)
    push = line_effects(sqlite_db, messenger, gate=gate)["line.push"]
    payload = {"citizen": citizen, "messages": HELLO}
    assert isinstance(push.run(payload, context()), Done)
    again = push.run(payload, context())
    assert isinstance(again, Retry)
    assert again.after == 3600
    assert len(line.requests) == 1


def test_a_menu_is_linked_and_unlinked(line, sqlite_db, messenger, citizen, context):
    menu = line_effects(sqlite_db, messenger, menu_id={"main": "richmenu-1"}.__getitem__)["line.menu"]
    assert isinstance(menu.run({"citizen": citizen, "menu": "main"}, context()), Done)
    assert isinstance(menu.run({"citizen": citizen, "menu": ""}, context()), Done)
    assert [request[:2] for request in line.requests] == [
        ("POST", f"/v2/bot/user/{TARO}/richmenu/richmenu-1"),
        ("DELETE", f"/v2/bot/user/{TARO}/richmenu"),
    ]


class TestReply:
    @pytest.fixture
    def payload(self, citizen):
        return {"citizen": citizen, "reply_token": "token", "messages": HELLO}

    @pytest.fixture
    def reply(self, handlers):
        return handlers["line.reply"]

    @staticmethod
    def pushed(line, reply, fate, context):
        """Whether the fate asks for a push, and the next attempt is one, with the effect's own key."""
        if not isinstance(fate, Amend):
            return False
        done = reply.run(fate.payload, context())
        return isinstance(done, Done) and paths(line)[-1] == "push" and keys_of(line)[-1] == context().id

    def test_it_is_sent_once_without_a_retry_key(self, line, reply, payload, context, sqlite_db):
        fate = reply.run(payload, context())
        assert isinstance(fate, Done)
        assert keys_of(line) == [None]
        assert not isinstance(fate, Amend)

    @pytest.mark.parametrize(("status", "message"), [(400, "Invalid reply token"), (429, RATE)])
    def test_a_token_that_surely_was_not_taken_becomes_a_push(
        self, *, line, reply, payload, context, sqlite_db, status, message
    ):
        line.say(status, message)
        fate = reply.run(payload, context())
        assert self.pushed(line, reply, fate, context)

    def test_an_old_token_is_not_tried(self, line, reply, payload, context, sqlite_db):
        fate = reply.run(payload, context(waited=timedelta(seconds=50)))
        assert line.requests == []
        assert self.pushed(line, reply, fate, context)

    def test_a_host_that_cannot_be_reached_was_not_reached(self, nobody, sqlite_db, payload, context):
        reply = line_effects(sqlite_db, nobody)["line.reply"]
        assert isinstance(reply.run(payload, context()), Amend)

    @pytest.mark.parametrize("how", ["cut", 500, 503])
    def test_an_ambiguous_reply_is_tried_with_the_same_token_then_unknown_and_never_pushed(
        self, *, line, reply, payload, context, sqlite_db, how
    ):
        if how == "cut":
            line.cut = 1
        else:
            line.say(how)
        first = reply.run(payload, context())
        assert isinstance(first, Retry)
        line.say(400, "Invalid reply token")
        second = reply.run(payload, context(attempt=2))
        assert isinstance(second, Unknown)
        assert {json.loads(request[3])["replyToken"] for request in line.requests} == {"token"}
        late = reply.run(payload, context(attempt=3, age=timedelta(seconds=50)))
        assert isinstance(late, Unknown)
        assert paths(line) == ["reply", "reply"]

    def test_an_ambiguous_reply_that_arrives_at_the_second_try_is_done(self, line, reply, payload, context):
        line.say(500)
        reply.run(payload, context())
        assert isinstance(reply.run(payload, context(attempt=2)), Done)

    def test_a_bad_message_is_dead_and_no_push_would_help(self, line, reply, payload, context):
        line.say(400, "The request body has 1 error(s)")
        assert isinstance(reply.run(payload, context()), Dead)

    def test_the_push_can_be_forbidden(self, line, sqlite_db, messenger, payload, context):
        reply = line_effects(sqlite_db, messenger, push_instead=False)["line.reply"]
        line.say(400, "Invalid reply token")
        assert isinstance(reply.run(payload, context()), Dead)


class TestMulticast:
    @pytest.fixture
    def batch(self, sqlite_db):
        def plan(tx):
            people = [identity.citizen_of(tx, f"U{number:032x}") for number in range(3)]
            run = service.freeze(
                tx, key="k", source="test", messages=[Text("明日は燃えるごみです")], recipients=people
            )
            return people, next(entry for entry in outbox.list(tx) if entry.topic == "line.multicast"), run

        return sqlite_db.run(plan)

    def test_a_retry_is_equal_in_key_content_and_recipients(self, line, sqlite_db, handlers, batch, context):
        people, entry, _run = batch
        line.say(500)
        multicast = handlers["line.multicast"]
        assert isinstance(multicast.run(entry.payload, context()), Retry)
        sqlite_db.run(lambda tx: identity.set_blocked(tx, people[1], True))
        line.say(409)
        fate = multicast.run(entry.payload, context(attempt=2))
        assert isinstance(fate, Done)
        first, second = line.requests
        assert first[3] == second[3]
        assert len(json.loads(first[3])["to"]) == 3
        assert keys_of(line)[0] == keys_of(line)[1] != ID
        sqlite_db.run(lambda tx: multicast.record(tx, entry.payload, fate))
        assert sqlite_db.read(lambda tx: service.batch(tx, entry.payload["batch"])).state == "sent"

    def test_the_erased_drop_out_and_once_it_has_left_a_batch_of_nobody_is_unknown(
        self, line, sqlite_db, handlers, batch, context
    ):
        people, entry, _run = batch
        sqlite_db.run(lambda tx: identity.erase(tx, people[0]))
        assert isinstance(handlers["line.multicast"].run(entry.payload, context()), Done)
        assert len(json.loads(line.requests[0][3])["to"]) == 2
        for person in people[1:]:
            sqlite_db.run(lambda tx, person=person: identity.erase(tx, person))
        assert isinstance(handlers["line.multicast"].run(entry.payload, context()), Unknown)
        assert len(line.requests) == 1

    def test_a_batch_of_nobody_that_never_left_is_dead(self, line, sqlite_db, handlers, batch, context):
        people, entry, _run = batch
        for person in people:
            sqlite_db.run(lambda tx, person=person: identity.erase(tx, person))
        assert isinstance(handlers["line.multicast"].run(entry.payload, context()), Dead)
        assert line.requests == []
