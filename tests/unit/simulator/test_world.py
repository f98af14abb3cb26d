"""The state without HTTP: retry keys, reply tokens, quota, units, menus, rates, faults."""

import asyncio
import contextlib
import random
import threading
import uuid
from datetime import timedelta

import pytest
from attrs import evolve

from govline.errors import InputError
from govline.simulator import ChannelSettings, Fault, Limits, LineWorld, ShiftableClock
from govline.simulator.clock import shift
from govline.simulator.faults import FaultDesk
from govline.simulator.mint import Mint
from govline.simulator.rates import RateDesk
from govline.simulator.server import _OneWrite

HELLO = {"type": "text", "text": "こんにちは"}


@pytest.fixture
def world(clock):
    return LineWorld(clock=clock, mint=Mint(random.Random(1).getrandbits))


def friends(world, count):
    return world.befriend_many(count)


def push(world, user, *, key=None, text="こんにちは", **extra):
    body = {"to": user, "messages": [{"type": "text", "text": text}], **extra}
    return world.send(world.channel(), "push", body, retry_key=key, request_id=world.mint.hex(8))


def multicast(world, users, *, key=None):
    body = {"to": users, "messages": [HELLO]}
    return world.send(world.channel(), "multicast", body, retry_key=key, request_id=world.mint.hex(8))


def reply(world, token):
    body = {"replyToken": token, "messages": [HELLO]}
    return world.send(world.channel(), "reply", body, retry_key=None, request_id="r")


def test_a_retry_key_is_accepted_once(world):
    [user] = friends(world, 1)
    key = str(uuid.UUID(int=5))
    assert push(world, user, key=key).status == 200
    again = push(world, user, key=key.upper())
    assert again.status == 409
    assert again.headers["x-line-accepted-request-id"]
    assert again.body["sentMessages"]
    assert len(world.talk(user)) == 1
    assert world.violations == []


def test_a_changed_body_under_one_key_is_a_violation(world):
    one, two = friends(world, 2)
    key = str(uuid.UUID(int=5))
    multicast(world, [one], key=key)
    assert multicast(world, [one, two], key=key).status == 400
    assert [each["kind"] for each in world.violations] == ["changed_retry"]
    assert len(world.talk(two)) == 0


def test_a_retry_key_is_forgotten_after_a_day(world, clock):
    [user] = friends(world, 1)
    key = str(uuid.UUID(int=5))
    push(world, user, key=key)
    clock.advance(timedelta(hours=24, seconds=1))
    assert push(world, user, key=key).status == 200
    assert world.report()["doubled"] == [user]


def test_a_refused_request_does_not_spend_its_key(clock):
    world = LineWorld(clock=clock, channels=[ChannelSettings(quota=0)])
    [user] = friends(world, 1)
    key = str(uuid.UUID(int=5))
    assert push(world, user, key=key).status == 429
    world.channel().settings = evolve(world.channel().settings, quota=None)
    assert push(world, user, key=key).status == 200


@pytest.mark.parametrize("key", ["", "123", "zzzzzzzz-0000-0000-0000-000000000000", "0" * 32])
def test_a_retry_key_must_be_a_hex_uuid(world, key):
    [user] = friends(world, 1)
    assert push(world, user, key=key).status == 400
    assert world.talk(user) == []


def test_a_reply_token_is_used_once_and_dies(world, clock):
    [user] = friends(world, 1)
    channel = world.channel()
    token = channel.issue_reply_token(user)
    assert reply(world, token).status == 200
    assert reply(world, token).body == {"message": "Invalid reply token"}
    late = channel.issue_reply_token(user)
    clock.advance(timedelta(seconds=61))
    assert reply(world, late).status == 400
    assert channel.used() == 0


def test_the_quota_counts_recipients_not_messages(clock):
    world = LineWorld(clock=clock, channels=[ChannelSettings(quota=3)])
    one, two, three = friends(world, 3)
    channel = world.channel()
    channel.friendship(three).friend = False
    nobody = "U" + "f" * 32
    body = {"to": [one, two, three, nobody, one], "messages": [HELLO] * 5}
    assert world.send(channel, "multicast", body, retry_key=None, request_id="r").status == 200
    assert channel.used() == 2
    assert multicast(world, [one, two]).body == {"message": "You have reached your monthly limit."}
    assert push(world, one).status == 200
    assert world.talk(three) == []
    assert len(world.talk(one)) == 6
    clock.advance(timedelta(days=31))
    assert channel.used() == 0


def test_a_push_to_nobody_is_refused_and_to_a_blocker_is_swallowed(world):
    [user] = friends(world, 1)
    world.channel().friendship(user).friend = False
    assert push(world, user).status == 200
    assert world.talk(user) == []
    assert push(world, "U" + "f" * 32).status == 400
    assert push(world, "someone").status == 400


def test_the_1001st_unit_is_lost_in_silence(clock):
    world = LineWorld(clock=clock, limits=Limits(units_a_month=2))
    [user] = friends(world, 1)
    for name in ("a", "b", "c", "a"):
        assert push(world, user, customAggregationUnits=[name]).status == 200
    assert world.channel().units[world.channel().month()] == {"a", "b"}
    assert len(world.talk(user)) == 4


def test_narrowcast_too_few_and_up_to_the_quota(clock):
    world = LineWorld(clock=clock, limits=Limits(narrowcast_minimum=2), channels=[ChannelSettings(quota=3)])
    friends(world, 5)
    channel = world.channel()

    def narrowcast(request, **limit):
        body = {"messages": [HELLO], "limit": limit}
        return world.send(channel, "narrowcast", body, retry_key=None, request_id=request).status

    assert narrowcast("few", max=1) == 202
    assert channel.narrowcasts["few"]["errorCode"] == 2
    assert narrowcast("much") == 429
    assert narrowcast("some", upToRemainingQuota=True) == 202
    assert channel.narrowcasts["some"]["successCount"] == 3


def test_menu_priority_and_the_lag_of_the_default(world, clock):
    [user] = friends(world, 1)
    menus = world.channel().menus
    old, new, own = (menus.create({"name": name}) for name in ("old", "new", "own"))
    menus.set_default(old, clock.now())
    opened = clock.now()

    def shown():
        found = menus.shown(user, clock.now(), opened)
        return found and found["richMenuId"]

    assert shown() == old
    clock.advance(timedelta(seconds=5))
    menus.set_default(new, clock.now())
    assert shown() == old
    clock.advance(timedelta(seconds=60))
    assert shown() == new
    menus.link([user], own)
    assert shown() == own
    menus.delete(own)
    assert shown() == new
    clock.advance(timedelta(seconds=1))
    menus.set_default(None, clock.now())
    opened = clock.now()
    assert shown() is None


def test_rates_refill_on_the_injected_clock(clock):
    desk = RateDesk(clock, Limits().rates)
    assert all(desk.take("a", "multicast") for _ in range(200))
    assert not desk.take("a", "multicast")
    assert desk.take("b", "multicast")
    assert desk.take("a", "push")
    clock.advance(timedelta(milliseconds=10))
    assert [desk.take("a", "multicast") for _ in range(3)] == [True, True, False]
    assert [desk.take("a", "richmenu.batch") for _ in range(4)] == [True, True, True, False]
    clock.advance(timedelta(minutes=20))
    assert desk.take("a", "richmenu.batch")


def test_faults_count_down_and_follow_their_seed():
    desk = FaultDesk()
    desk.add(Fault("push", "500", 2))
    assert desk.take("multicast") is None
    assert [desk.take("push") is not None for _ in range(3)] == [True, True, False]
    luck = [FaultDesk(seed=3) for _ in range(2)]
    for each in luck:
        each.add(Fault("*", "cut", None, probability=0.5))
    first, second = ([each.take("push") is None for _ in range(30)] for each in luck)
    assert first == second
    assert {True, False} == set(first)
    with pytest.raises(InputError, match="GL-8402"):
        Fault.from_json({"kind": "earthquake"})


def test_ids_look_like_lines_and_repeat_with_the_seed(clock):
    one, two = (Mint(random.Random(4).getrandbits) for _ in range(2))
    assert one.user_id() == two.user_id()
    ulids = [one.ulid(clock.advance(timedelta(milliseconds=1))) for _ in range(3)]
    assert ulids == sorted(ulids)
    assert all(len(each) == 26 for each in ulids)


def test_a_shiftable_clock_never_goes_back(clock):
    shiftable = ShiftableClock(clock)
    before = shiftable.now()
    assert shiftable.advance(timedelta(hours=2)) == before + timedelta(hours=2)
    with pytest.raises(InputError):
        shiftable.advance(timedelta(seconds=-1))


def test_secrets_and_names_stay_out_of_errors_and_reprs(world):
    settings = ChannelSettings()
    assert settings.secret not in repr(settings)
    assert settings.token not in repr(settings)
    with pytest.raises(InputError) as caught:
        world.citizen("U123")
    assert "U123" not in str(caught.value)


class MeetingMint(Mint):
    """Lets two threads meet inside an acceptance, if nothing keeps them apart."""

    def __init__(self, patience):
        super().__init__()
        self.barrier = threading.Barrier(2, timeout=patience)

    def message_id(self):
        with contextlib.suppress(threading.BrokenBarrierError):
            self.barrier.wait()
        return super().message_id()


def accepted_by_two_threads(world):
    [user] = friends(world, 1)
    key = str(uuid.UUID(int=5))
    statuses = []
    threads = [
        threading.Thread(target=lambda: statuses.append(push(world, user, key=key).status)) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(statuses)


def test_two_requests_at_once_under_one_key_are_one(clock):
    assert accepted_by_two_threads(LineWorld(clock=clock, mint=MeetingMint(patience=0.3))) == [200, 409]


def test_without_the_lock_two_requests_at_once_are_two(clock):
    world = LineWorld(clock=clock, mint=MeetingMint(patience=30))
    world.lock = contextlib.nullcontext()
    assert accepted_by_two_threads(world) == [200, 200]


def test_a_head_and_its_body_leave_in_one_write():
    class Transport:
        def __init__(self):
            self.writes = []

        def write(self, data):
            self.writes.append(data)

        def is_closing(self):
            return False

        def close(self):
            self.writes.append("closed")

    async def answer():
        transport = Transport()
        once = _OneWrite(transport)
        once.write(b"head ")
        once.write(b"body")
        await asyncio.sleep(0)
        once.write(b"last")
        once.close()
        await asyncio.sleep(0)
        return transport.writes

    assert asyncio.run(answer()) == [b"head body", b"last", "closed"]


def test_naming_people_who_do_not_exist_is_a_violation(world):
    [user] = friends(world, 1)
    multicast(world, [user, "U" + "f" * 32])
    push(world, "U" + "e" * 32)
    assert [(each["kind"], each["count"]) for each in world.violations] == [("unknown_recipient", 1)] * 2


def test_a_clock_set_back_starves_nothing(world, clock):
    [user] = friends(world, 1)
    menu = world.channel().menus.create({"name": "main"})
    world.channel().menus.set_default(menu, clock.now())
    assert world.rates.take("a", "push")
    clock.set(clock.now() - timedelta(days=200))
    assert world.rates.take("a", "push")
    assert world.channel().menus.shown(user, clock.now(), clock.now())["richMenuId"] == menu


def test_any_clock_that_advances_can_be_put_forward(clock):
    class Neither:
        def now(self):
            return clock.now()

    before = clock.now()
    assert shift(clock, timedelta(hours=1))
    assert shift(ShiftableClock(clock), timedelta(hours=1))
    assert not shift(Neither(), timedelta(hours=1))
    assert clock.now() == before + timedelta(hours=1)
