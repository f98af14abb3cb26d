"""Feeds over real HTTP on loopback, and a citizen who asks for one."""

import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

import pytest

from govline import City, Database, FixedClock
from govline.answers import AnswersFeature
from govline.answers.feed_shapes import LARGEST
from govline.answers.fetching import fetch
from govline.core import Input, TalkContext
from govline.core.messages import render
from govline.core.text import utf16_len
from govline.errors import ConfigError, FileError

NOW = datetime(2026, 11, 22, 6, 5, tzinfo=UTC)
_KEYS = count()


class _Source(BaseHTTPRequestHandler):
    """What `server.says[path]` holds: status, headers, body."""

    def do_GET(self):
        status, headers, body = self.server.says[self.path]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Nothing on standard error."""


@pytest.fixture
def source():
    with ThreadingHTTPServer(("127.0.0.1", 0), _Source) as server:
        server.says = {}
        server.at = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_an_answer_and_a_redirect_on_the_same_host(source):
    source.says = {"/a": (301, {"Location": "/b"}, b""), "/b": (200, {}, b"ok")}
    assert fetch(source.at + "/a") == b"ok"


@pytest.mark.parametrize(
    ("status", "headers", "body", "why"),
    [
        (500, {}, b"", "status 500"),
        (302, {"Location": "http://localhost:1/"}, b"", "another host"),
        (302, {"Location": "file:///etc/passwd"}, b"", "another host or scheme"),
        (302, {"Location": "//example.com/"}, b"", "another host"),
        (302, {"Location": "/x"}, b"", "too many redirects"),
        (302, {}, b"", "another host"),
        (200, {}, b"x" * (LARGEST + 1), "larger than"),
        (200, {"Content-Encoding": "gzip"}, b"x", "compressed"),
        (200, {"Content-Length": "10"}, b"x", "no answer"),
    ],
)
def test_what_is_not_taken(source, status, headers, body, why):
    source.says = {"/x": (status, headers, body)}
    with pytest.raises(FileError, match=f"GL-4204.*{why}"):
        fetch(source.at + "/x")


def test_a_slow_or_silent_source_ends_in_time(source):
    source.says = {"/x": (200, {}, b"x" * 100_000)}
    ticking = count(step=10)
    with pytest.raises(FileError, match="not complete in time"):
        fetch(source.at + "/x", clock=lambda: next(ticking), seconds=15)
    source.shutdown()
    with pytest.raises(FileError, match="no answer"):
        fetch("http://127.0.0.1:9/", seconds=1)


@pytest.fixture
def town(source, tmp_path):
    clock = FixedClock(NOW)
    feeds = [
        {
            "name": "コミュニティバスの運行",
            "source": source.at + "/bus",
            "aliases": ["バス"],
            "link": "https://hinata.example/bus",
        },
        {"name": "除雪の状況", "source": "plough.txt", "shape": "text", "stale": 1440},
    ]
    database = Database.open(f"sqlite:///{tmp_path}/town.db", town="hinata", clock=clock)
    with City(database, [(AnswersFeature(), {"feeds": feeds, "readings": "none"})], folder=tmp_path) as city:
        yield city.prepare(), clock


def _say(city, words):
    answer = city.router
    keys = str(next(_KEYS))

    def work(tx):
        given = Input("text", text=words, key=keys)
        return answer.answer(tx, TalkContext("c1", tx.now, keys), given)

    messages = city.run(work)
    render(messages)
    return messages[0].text


def test_a_citizen_asks_for_the_bus(town, source):
    city, clock = town
    assert (
        _say(city, "バス")
        == "コミュニティバスの運行: まだ情報を取得できていません。\n詳しくはこちら: https://hinata.example/bus"
    )
    items = "".join(f"<item><title>{n}号線は{'遅れ' * 300}</title></item>" for n in range(1, 40))
    source.says = {"/bus": (200, {}, f"<rss><channel>{items}</channel></rss>".encode())}
    city.settle()
    said = _say(city, "バスは動いてますか")
    lines = said.splitlines()
    assert lines[0] == "コミュニティバスの運行(15時05分現在)"
    assert [line[:5] for line in lines[1:6]] == [f"・{n}号線は" for n in range(1, 6)]
    assert lines[6:] == ["詳しくはこちら: https://hinata.example/bus"]
    assert utf16_len(said) < 5000
    source.says = {"/bus": (200, {}, b"<rss><channel/></rss>")}
    clock.set(NOW + timedelta(minutes=10))
    city.settle()
    assert _say(city, "バス").splitlines()[:2] == [
        "コミュニティバスの運行(15時15分現在)",
        "お知らせはありません。",
    ]
    source.says = {"/bus": (503, {}, b"")}
    clock.set(NOW + timedelta(hours=12))
    city.settle()
    assert _say(city, "バス").splitlines()[:3] == [
        "コミュニティバスの運行(11月22日15時15分現在)",
        "お知らせはありません。",
        "※新しい情報を取得できていません。今の状況と違うことがあります。",
    ]
    assert any("GL-4204" in sentence and "status 503" in sentence for sentence in city.check())


def test_staff_replace_a_file(town, tmp_path):
    city, clock = town
    (tmp_path / "plough.txt").write_bytes("山手地区は作業中です\r\n".encode("cp932"))
    clock.set(datetime.now(UTC))
    city.settle()
    assert _say(city, "除雪の状況").splitlines()[1] == "・山手地区は作業中です"


@pytest.mark.parametrize(
    "source", ["http://hinata.example/x", "file:///etc/passwd", "../secret.txt", "/etc/passwd", "ftp://x/y"]
)
def test_other_sources_are_refused(tmp_path, source):
    with (
        Database.open(f"sqlite:///{tmp_path}/town.db", town="hinata") as database,
        pytest.raises(ConfigError, match="GL-4206"),
    ):
        City(database, [(AnswersFeature(), {"feeds": [{"name": "x", "source": source}]})], folder=tmp_path)
