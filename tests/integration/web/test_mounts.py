"""The same pages inside somebody else's application: Starlette, FastAPI, Flask, Django, and the City's own; addresses follow."""

import asyncio
import io
import re
from wsgiref.util import setup_testing_defaults

import httpx
import pytest

from govline.city import City, LineChannel, asgi
from govline.store import Database
from govline.web import WebFeature, app, wsgi
from govline.web.bodies import MOST_BODY

from .conftest import authorize

ANOTHER = "http://vendor.example:8000"


class Visitor:
    """A browser over httpx for an ASGI or WSGI application."""

    def __init__(self, application, base, *, asgi):
        self.asgi = asgi
        if asgi:
            self.client = httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url=base)
        else:
            self.client = httpx.Client(transport=httpx.WSGITransport(application), base_url=base)

    def request(self, *words, **rest):
        if not self.asgi:
            return self.client.request(*words, **rest)
        return self.loop.run_until_complete(self.client.request(*words, **rest))

    @property
    def loop(self):
        if not hasattr(self, "_loop"):
            self._loop = asyncio.new_event_loop()
        return self._loop

    def close(self):
        if self.asgi:
            self.loop.run_until_complete(self.client.aclose())
            self.loop.close()
        else:
            self.client.close()


def starlette_mount(city):
    from starlette.applications import Starlette
    from starlette.routing import Mount

    return Starlette(routes=[Mount("/machi/pages", app(city))])


def fastapi_mount(city):
    from fastapi import FastAPI

    outer = FastAPI(docs_url=None, redoc_url=None)
    outer.mount("/machi/pages", app(city))

    @outer.get("/own")
    def own():
        return {"own": True}

    return outer


def flask_mount(city):
    from flask import Flask
    from werkzeug.middleware.dispatcher import DispatcherMiddleware

    outer = Flask("vendor")
    outer.wsgi_app = DispatcherMiddleware(outer.wsgi_app, {"/machi/pages": wsgi(city)})
    return outer


def django_mount(city):
    from django.core.wsgi import get_wsgi_application
    from werkzeug.middleware.dispatcher import DispatcherMiddleware

    return DispatcherMiddleware(get_wsgi_application(), {"/machi/pages": wsgi(city)})


MOUNTS = {
    "starlette": starlette_mount,
    "fastapi": fastapi_mount,
    "flask": flask_mount,
    "django": django_mount,
}


@pytest.fixture
def plain_city(sqlite_db, make_city, demo, monkeypatch):
    """Pages that nobody told their address."""
    city = make_city(sqlite_db, demo, staff="local")
    monkeypatch.delenv("GOVLINE_WEB_URL")
    return city


@pytest.mark.usefixtures("django_settings")
@pytest.mark.parametrize("name", MOUNTS)
def test_a_form_inside_a_vendor_s_application(name, plain_city, simulator, hana, demo):
    mount, asynchronous = MOUNTS[name](plain_city), name in ("starlette", "fastapi")
    far = Visitor(mount, ANOTHER, asgi=asynchronous)
    first = far.request("GET", "/machi/pages/c/demo/form")
    far.close()
    assert first.status_code == 303
    callback = "http%3A%2F%2Fvendor.example%3A8000%2Fmachi%2Fpages%2Fsign-in%2Fdone"
    assert f"redirect_uri={callback}" in first.headers["location"]
    assert "Path=/machi/pages;" in first.headers["set-cookie"]
    assert "; Secure" in first.headers["set-cookie"]
    local = "http://127.0.0.1:8999"
    visitor = Visitor(mount, local, asgi=asynchronous)
    try:
        walk(visitor, simulator, hana, demo, local)
    finally:
        visitor.close()


def walk(visitor, simulator, hana, demo, local):
    first = visitor.request("GET", "/machi/pages/c/demo/form")
    back = authorize(simulator, first.headers["location"], hana)
    landed = visitor.request("GET", back, follow_redirects=True)
    assert landed.status_code == 200, landed.text
    links = re.findall(r'(?:href|action)="([^"#]*)"', landed.text)
    assert links
    assert all(link.startswith("/machi/pages/") for link in links)
    hidden = dict(re.findall(r'name="(_\w+)" value="([^"]*)"', landed.text))
    form = {**hidden, "_do": "send", "who": "花子"}
    files = {"photo": ("", b"", "application/octet-stream")}
    done = visitor.request(
        "POST",
        "/machi/pages/c/demo/form",
        data=form,
        files=files,
        headers={"origin": local},
        follow_redirects=True,
    )
    assert "受付番号" in done.text
    assert done.url.path == "/machi/pages/c/demo/form"
    assert demo.taken[0][2]["who"] == "花子"
    head = visitor.request("HEAD", "/machi/pages/")
    assert (head.status_code, head.content) == (200, b"")
    css = visitor.request("GET", next(link for link in links if "/static/" in link))
    assert css.headers["content-type"] == "text/css; charset=utf-8"
    assert visitor.request("GET", "/machi/pages/c/demo/%E5%B1%B1").status_code == 404
    assert visitor.request("GET", "/elsewhere").status_code == 404


def test_the_city_mounts_its_pages(plain_city):
    visitor = Visitor(asgi(plain_city, work=False), "http://127.0.0.1:8999", asgi=True)
    try:
        for prefix in ("/pages", "/hinata/pages"):
            found = visitor.request("GET", f"{prefix}/")
            assert found.status_code == 200
            assert f'href="{prefix}/c/demo/form"' in found.text
        assert visitor.request("GET", "/pagesx").status_code == 404
        assert visitor.request("GET", "/healthz").json() == {"ok": True}
    finally:
        visitor.close()


def test_the_whole_town_inside_a_vendor_s_application(plain_city):
    """Webhook, health and pages below the vendor's own path; ASGI's `path` holds the path of the mount."""
    from fastapi import FastAPI

    outer = FastAPI(docs_url=None, redoc_url=None)
    outer.mount("/bot", asgi(plain_city, work=False))
    visitor = Visitor(outer, "http://127.0.0.1:8999", asgi=True)
    try:
        assert visitor.request("GET", "/bot/healthz").json() == {"ok": True}
        assert visitor.request("POST", "/bot/hinata/line/webhook").json() != {"error": "no such page"}
        for prefix in ("/bot/pages", "/bot/hinata/pages"):
            found = visitor.request("GET", f"{prefix}/")
            assert found.status_code == 200
            assert f'href="{prefix}/c/demo/form"' in found.text
        for path in ("/healthz", "/pages/", "/bot/bot/healthz", "/botx/healthz"):
            assert visitor.request("GET", path).status_code == 404
    finally:
        visitor.close()


def test_a_town_called_pages_still_has_its_webhook(tmp_path, keys, clock, login_environment):
    database = Database.open(f"sqlite:///{tmp_path}/t.db", town="pages", keys=keys, clock=clock)
    line = LineChannel(lambda: ["secret"], lambda: "token")
    with City(database, [(WebFeature(), {"login_channel": "1"})], line=line).prepare() as city:
        visitor = Visitor(asgi(city, work=False), "http://127.0.0.1:8999", asgi=True)
        try:
            assert visitor.request("POST", "/pages/line/webhook").json() == {"error": "refused"}
            assert visitor.request("GET", "/pages/pages/").status_code == 200
        finally:
            visitor.close()


def test_a_slow_body_is_given_up(plain_city):
    """Slowloris: the clock of the body runs, however little trickles in."""
    sent = []
    pages = app(plain_city, seconds=0.0)

    async def receive():
        await asyncio.Event().wait()

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": "/c/demo/form", "raw_path": b"", "query_string": b"", "root_path": "",
        "headers": [(b"host", b"127.0.0.1"), (b"content-type", b"application/x-www-form-urlencoded")],
        "scheme": "http", "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1), "http_version": "1.1",
    }  # fmt: skip
    asyncio.run(pages(scope, receive, send))
    assert sent[0]["status"] == 413
    assert b"GL-8120" in sent[1]["body"]


def test_wsgi_reads_no_more_than_it_takes(plain_city):
    class Endless(io.RawIOBase):
        def read(self, size=-1):
            assert 0 <= size <= MOST_BODY + 1
            return b"a" * size

    seen = []
    for length in (str(10**12), "", "-5", "x"):
        environ = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": "/c/demo/form",
            "CONTENT_LENGTH": length,
            "wsgi.input": Endless(),
        }
        environ["CONTENT_TYPE"] = "application/x-www-form-urlencoded"
        setup_testing_defaults(environ)
        list(wsgi(plain_city)(environ, lambda status, _headers: seen.append(status)))
    assert seen[0].startswith("413")
    assert all(status.startswith("401") for status in seen[1:])
