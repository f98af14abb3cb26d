"""A town's database with the branches of the rooms that these tests use."""

import re
from html import unescape
from urllib.parse import urlencode, urljoin
from urllib.request import HTTPCookieProcessor, Request, build_opener

import pytest


@pytest.fixture
def town_db(sqlite_db):
    sqlite_db.migrate(
        [
            "govline.delivery.migrations",
            "govline.calendar.migrations",
            "govline.calendar.garbage.migrations",
        ]
    )
    return sqlite_db


class Visitor:
    """A citizen's browser over real HTTP: follows redirects, keeps cookies, fills in forms; signs in at the simulator's LINE Login."""

    def __init__(self, town, user_id):
        self.town, self.user_id = town, user_id
        self._opener = build_opener(HTTPCookieProcessor())
        self.url, self.headers, self.body = "", {}, b""

    @property
    def text(self):
        return unescape(re.sub(r"<[^>]+>", " ", self.body.decode()))

    def open(self, url, form=None):
        data = urlencode(form).encode() if form is not None else None
        with self._opener.open(Request(url, data)) as answer:
            self.url, self.headers, self.body = answer.url, answer.headers, answer.read()
        return self

    def page(self, path):
        """A page of the town, signed in with LINE on the way."""
        query = urlencode({"citizen": self.user_id, "url": f"{self.town.pages}/c/{path}"})
        return self.open(f"{self.town.url}/sim/open?{query}")

    def follow(self, label):
        """The link that carries these words."""
        links = re.findall(r'<a\b[^>]*href="([^"]+)"[^>]*>(.*?)</a>', self.body.decode(), re.DOTALL)
        named = re.findall(r'<a\b[^>]*href="([^"]+)"[^>]*aria-label="([^"]*)"', self.body.decode())
        found = [unescape(href) for href, words in [*named, *links] if label in unescape(words)]
        assert found, (label, self.text)
        return self.open(urljoin(self.url, found[0]))

    def send(self, **values):
        """Fill in the form and send it."""
        html = self.body.decode()
        hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', html)
        action = re.search(r'<form[^>]*method="post"[^>]*action="([^"]+)"', html)
        form = {name: unescape(value) for name, value in hidden}
        target = urljoin(self.url, unescape(action[1])) if action else self.url
        return self.open(target, {**form, "_do": "send", **values})


@pytest.fixture
def visitor():
    return Visitor
