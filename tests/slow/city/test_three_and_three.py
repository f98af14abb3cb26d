"""Three web and three worker processes on one PostgreSQL, as in production; one of each is killed in the midst of it all."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from contextlib import ExitStack, contextmanager
from functools import partial

import pytest
import urllib3

from govline import City, delivery
from govline.core.messages import Text
from govline.line import sign
from govline.simulator import ChannelSettings, Fault, LineWorld, Simulator
from govline.store import Keyring, addresses, friends, identity, inbox, outbox

pytestmark = pytest.mark.slow

CHANNEL = ChannelSettings(name="ひなた町")
TOWN = """
id: hinata
name: ひなた町
database: {url}
schema: {schema}
queues:
  reply: {{workers: 8, ahead: 1, lease: 5}}
  delivery: {{workers: 32, ahead: 1, lease: 5}}
features: {{}}
"""
APP = "from govline import City, asgi\napp = asgi(City.load('city.yaml'), work=False)\n"
CITIZENS = 120
TEXTS = 6
PEOPLE = 6_000
BATCH, PAGE = 50, 1_000


@pytest.fixture
def town(tmp_path, postgres_18, monkeypatch):
    """Makes the town's folder for a LINE at an address, and opens the town in this process."""
    with ExitStack() as stack:

        def make(line):
            schema = f"three_{uuid.uuid4().hex}"
            (tmp_path / "city.yaml").write_text(TOWN.format(url=postgres_18, schema=schema), encoding="utf-8")
            (tmp_path / "app.py").write_text(APP, encoding="utf-8")
            for name, value in {
                "LINE_CHANNEL_SECRET": CHANNEL.secret,
                "LINE_CHANNEL_ACCESS_TOKEN": CHANNEL.token,
                "GOVLINE_KEYS": Keyring.generate().to_text(),
                "GOVLINE_LINE_API": line,
            }.items():
                monkeypatch.setenv(name, value)
            return stack.enter_context(City.load(tmp_path / "city.yaml").prepare())

        make.folder = tmp_path
        yield make


@contextmanager
def processes(commands, folder):
    """Real processes, ended by SIGTERM; those that were killed are past that."""
    running = [subprocess.Popen([sys.executable, "-m", *command], cwd=folder) for command in commands]
    try:
        yield running
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(timeout=60)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def web(port):
    return ["uvicorn", "app:app", "--port", str(port), "--log-level", "warning"]


def worker(folder):
    return ["govline.cli", "worker", "--town", str(folder), "--poll", "0.1"]


def until(condition, seconds=180):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "nothing came of it in time"
        time.sleep(0.05)


class Platform:
    """LINE's side: posts each event to one of the web processes, and again to another one when no 200 comes."""

    def __init__(self, world, ports):
        self.world = world
        self.ports = ports
        self.http = urllib3.PoolManager(maxsize=16, retries=False, timeout=10)
        self.users = world.befriend_many(CITIZENS)
        self.numbers = iter(range(10**9))

    def say(self, user, text):
        number = next(self.numbers)
        token = self.world.channel().issue_reply_token(user)
        body = json.dumps(
            {
                "destination": CHANNEL.bot_user_id,
                "events": [
                    {
                        "type": "message",
                        "mode": "active",
                        "timestamp": int(time.time() * 1000),
                        "source": {"type": "user", "userId": user},
                        "webhookEventId": f"01THREE{number:019d}",
                        "deliveryContext": {"isRedelivery": False},
                        "replyToken": token,
                        "message": {"id": str(number), "type": "text", "text": text, "quoteToken": "q"},
                    }
                ],
            }
        ).encode()
        for attempt in range(200):
            port = self.ports[(number + attempt) % len(self.ports)]
            if self.post(port, body):
                return
            time.sleep(0.05)
        raise AssertionError("no web process takes the event")

    def post(self, port, body):
        headers = {"x-line-signature": sign(CHANNEL.secret, body)}
        try:
            return (
                self.http.request(
                    "POST", f"http://127.0.0.1:{port}/line/webhook", body=body, headers=headers
                ).status
                == 200
            )
        except urllib3.exceptions.HTTPError:
            return False

    def chatter(self):
        """Everybody says everything; from eight threads."""

        def some(mine):
            for number in range(TEXTS):
                for user in mine:
                    self.say(user, f"こんにちは{number}")

        threads = [threading.Thread(target=some, args=(self.users[start::8],)) for start in range(8)]
        for thread in threads:
            thread.start()
        return threads


def befriend(tx, users):
    friends.add(tx, users, as_of=tx.now)
    return [identity.citizen_of(tx, user) for user in users]


def freeze(city, users, monkeypatch):
    monkeypatch.setattr("govline.delivery.freezing.BATCH_SIZE", BATCH)
    citizens = []
    for start in range(0, len(users), PAGE):
        citizens += city.run(partial(befriend, users=users[start : start + PAGE]))
    while city.run(addresses.pack):
        pass
    citizens.sort()
    return city.run(
        lambda tx: delivery.freeze(
            tx, key="k", source="test", messages=[Text("避難訓練")], recipients=citizens
        )
    ).id


def test_one_of_each_is_killed_and_nothing_is_lost_or_doubled(town, monkeypatch):
    world = LineWorld(channels=[CHANNEL], seed=3)
    with Simulator(world).serve() as line:
        city = town(line)
        ports = [free_port() for _ in range(3)]
        platform = Platform(world, ports)
        receivers = world.befriend_many(PEOPLE)
        run = freeze(city, receivers, monkeypatch)
        world.faults.add(Fault("multicast", "slow", None, 0.3, 1.0))
        commands = [web(port) for port in ports] + [worker(town.folder)] * 3
        with processes(commands, town.folder) as running:
            until(lambda: any(each["endpoint"] == "multicast" for each in world.log))
            threads = platform.chatter()
            until(lambda: sum(each["endpoint"] == "reply" for each in world.log) > 60)
            os.kill(running[0].pid, signal.SIGKILL)
            os.kill(running[3].pid, signal.SIGKILL)
            for thread in threads:
                thread.join()
            until(lambda: city.read(lambda tx: delivery.run(tx, run)).finished and not city.busy())
            assert [process.poll() for process in running[1:3] + running[4:]] == [None] * 4
        talks = world.channel().talks
        got = Counter(sum(entry.side == "town" for entry in talks[user]) for user in receivers)
        assert got == {1: PEOPLE}
        assert city.read(lambda tx: delivery.run(tx, run)).counts.sent == PEOPLE
        assert city.read(inbox.counts) == {"done": {"message.text": CITIZENS * TEXTS}}
        replies = city.read(outbox.counts)["reply"]
        answered = sum(entry.side == "town" for user in platform.users for entry in talks[user])
        assert replies.get("done", 0) + replies.get("unknown", 0) == CITIZENS * TEXTS
        assert replies.get("done", 0) <= answered <= CITIZENS * TEXTS
        assert replies.get("unknown", 0) <= 8, "no more than one worker had under way"
        assert world.noted() == []
        assert [each for each in world.log if each["status"] == 429] == []
        assert city.check() == []


@pytest.mark.parametrize("guarded", [True, False])
def test_three_workers_together_keep_lines_rate(town, monkeypatch, guarded):
    from benchmarks._receiver import receiver, report_of

    people = 30_000
    with receiver(50) as line:
        city = town(line)
        if not guarded:
            with (town.folder / "city.yaml").open("a", encoding="utf-8") as file:
                file.write("line: {shared_rate: false}\n")
        run = freeze(city, [f"U{number:032x}" for number in range(people)], monkeypatch)
        with processes([worker(town.folder)] * 3, town.folder):
            until(lambda: city.read(lambda tx: delivery.run(tx, run)).finished)
        seen = report_of(line)
        assert (seen["people"], seen["doubled"]) == (people, 0)
        # 200, and a few that the network held back and let go together
        assert (seen["fullest_second"] <= 210) == guarded, seen
        if guarded:
            assert seen["refused_429"] == 0
