"""One walk through the small bot, and what each framework's example must offer to be walked."""

import importlib.util
import sys
import uuid
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, make_url, text
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

from govline.simulator import ChannelSettings, LineWorld, Simulator, SimulatorClient
from govline.simulator.server import serve
from govline.store import Database

EXAMPLES = Path(__file__).parents[3] / "examples" / "frameworks"
CHANNEL = ChannelSettings()


@pytest.fixture
def examples():
    return EXAMPLES


@pytest.fixture
def load_example():
    """The example's module, fresh, with its neighbours importable as they are for the vendor."""

    def load(folder):
        spec = importlib.util.spec_from_file_location(f"example_{folder}", EXAMPLES / folder / "app.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture
def environment(monkeypatch, keys, line):
    """The environment of an example's process; `DATABASE_URL` is set by the test."""
    values = {
        "GOVLINE_KEYS": keys.to_text(),
        "LINE_CHANNEL_SECRET": CHANNEL.secret,
        "LINE_CHANNEL_ACCESS_TOKEN": CHANNEL.token,
        "GOVLINE_LINE_API": line[1],
        "FLASK_SECRET": "only for this test",
        "DJANGO_SECRET": "only for this test",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    monkeypatch.syspath_prepend(str(EXAMPLES))
    yield monkeypatch.setenv
    sys.modules.pop("vendor", None)


@pytest.fixture
def line():
    """A simulated LINE: (world, url)."""
    world = LineWorld(channels=[CHANNEL])
    with Simulator(world).serve() as url:
        yield world, url


@pytest.fixture
def sqlite_url(tmp_path):
    return f"sqlite:///{tmp_path / 'vendor.db'}"


@pytest.fixture
def postgres_url(postgres_18):
    """A PostgreSQL database of the vendor's own."""
    server, name = postgres_18.replace("+psycopg", ""), f"vendor_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield make_url(postgres_18).set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


class Walk:
    """What every example does, whatever its framework.

    `deliver(body, signature)` hands a webhook over and returns the status; `post(path, body, clerk)` calls the vendor's own
    pages and returns (status, JSON); `work()` lets the vendor's scheduler run once.
    """

    def __init__(self, world, url, database_url, keys):
        self.world, self.url = world, url
        self.engine = create_engine(database_url)
        self.database = Database.open(database_url, town="hinata", keys=keys)

    def close(self):
        self.engine.dispose()
        self.database.close()

    def rows(self, query):
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]

    def run(self, deliver, post, work):
        def hook(body, signature):
            return deliver(body, signature)

        async def receive(request):
            body = await request.body()
            status = await run_in_threadpool(hook, body, request.headers["x-line-signature"])
            return Response(status_code=status)

        app = Starlette(routes=[Route("/line/webhook", receive, methods=["POST"])])
        with serve(app) as town, SimulatorClient(self.url) as client:
            self.world.set_webhook(town + "/line/webhook")
            self._citizen(client, work)
            self._counter(post)
            self._notice(client, post, work)
            assert deliver(b'{"events": []}', "forged") == 401

    def _citizen(self, client, work):
        """Welcome, the ward into the vendor's table, a booking."""
        self.ann = client.citizen("安")

        def said(deed):
            before = self.ann.last_seq()
            deed()
            client.settle()
            work()
            self.ann.wait_for_message(after=before)
            return str(self.ann.lines(before))

        client.settle()
        work()
        self.ann.wait_for_message()
        assert "地区をお選び" in said(lambda: self.ann.say("地区の登録"))
        assert "登録しました" in said(lambda: self.ann.tap("みどり"))
        assert self.rows("SELECT ward_cd FROM resident") == [("みどり",)]
        said(lambda: self.ann.say("予約"))
        for _ in range(3):
            first = self.ann.messages()[-1]["message"]["quickReply"]["items"][0]["action"]["label"]
            told = said(lambda label=first: self.ann.tap(label))
            if "予約しました" in told:
                break
        else:
            assert "予約しました" in said(lambda: self.ann.tap("2"))

    def _counter(self, post):
        """The vendor's row and ours, together or not at all, in both directions."""
        (slot,) = self.rows("SELECT id FROM gl_calendar_slot ORDER BY starts_at DESC LIMIT 1")[0]
        count = "SELECT count(*) FROM gl_calendar_booking"
        (before,) = self.rows(count)
        order = {"number": "R-1", "slot": slot, "party": 2}
        assert post("/counter/bookings", order, None)[0] == 401
        assert self.rows(count) == [before]
        status, answer = post("/counter/bookings", order, "clerk7")
        assert status == 200
        ((number, booking, clerk),) = self.rows("SELECT number, booking_id, clerk FROM reception")
        assert (number, booking) == ("R-1", answer["booking"])
        assert clerk
        assert self.rows(count) == [(before[0] + 1,)]
        assert post("/counter/bookings", {**order, "number": "R-2", "party": 99}, "clerk7")[0] == 409
        assert self.rows("SELECT number FROM reception") == [("R-1",)]  # ours refused: theirs is gone
        with self.engine.begin() as connection:
            connection.execute(text("INSERT INTO reception VALUES ('R-3', 'x', 'x')"))
        assert post("/counter/bookings", {**order, "number": "R-3"}, "clerk7")[0] == 409
        assert self.rows(count) == [(before[0] + 1,)]  # theirs refused: ours is gone
        assert self.rows("SELECT count(*) FROM gl_audit WHERE actor_kind = 'staff'") != [(0,)]

    def _notice(self, client, post, work):
        """A filter over the vendor's columns; asked twice, sent once."""
        told = {"key": "n1", "wards": ["みどり"], "words": "みどり地区のお知らせ"}
        for _ in range(2):
            assert post("/notices", told, "clerk7") == (200, {"people": 1})
        assert post("/notices", {**told, "key": "n2", "wards": ["かわべ"]}, "clerk7") == (200, {"people": 0})
        client.settle()
        work()
        self.ann.wait_for_message(lambda message: message.get("text") == "みどり地区のお知らせ")
        assert str(self.ann.lines()).count("みどり地区のお知らせ") == 1


@pytest.fixture
def walk(line, keys):
    made = []

    def make(database_url):
        made.append(Walk(*line, database_url, keys))
        return made[-1]

    yield make
    for each in made:
        each.close()
