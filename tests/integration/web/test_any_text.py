"""Any text, in any place of any page, for citizens and staff, is text: hypothesis looks for one that is not."""

from html import escape
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govline.core import Reason
from govline.core.pages import (
    DataTable,
    Facts,
    Heading,
    Link,
    LinkList,
    Notice,
    Page,
    PageField,
    Paragraph,
    Submitted,
    View,
)

TOLD = "テスト"


@pytest.fixture
def any_db(sqlite_db):
    """One engine is enough here: what a visitor sees does not depend on it (forms, links and staff run on both)."""
    return sqlite_db


PIECES = [
    "<script>",
    "\"'>",
    "<svg/onload=x>",
    "&lt;",
    "&",
    "javascript:",
    "{{7*7}}",
    "{%x%}",
    "</textarea>",
    "</title>",
    "<!--",
]
HOSTILE = (
    st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5)), min_size=1, max_size=6)
    .map("".join)
    .filter(bool)
)


@pytest.fixture
def mirror(city, signed_in, clerk, any_db):
    """Pages for citizens and staff that show one text in every place there is."""
    held = {"text": ""}

    def view(_tx, _request):
        said = held["text"]
        kinds = ("text", "lines", "integer", "date", "choice", "choices", "flag")
        fields = [
            PageField(f"a{at}", said, kind, help=said, value=said, choices={said: said})
            for at, kind in enumerate(kinds)
        ]
        links = [
            Link(said, "demo/quiet", {"q": said}),
            Link(said, url=said),
            Link(said, url=f"https://town.example/{said}"),
        ]
        table = DataTable(said, [said], [[said, said]])
        blocks = [
            Heading(said),
            Paragraph(said),
            Notice(said, "warning"),
            Facts({said: said}),
            table,
            LinkList(links),
        ]
        return View(said, blocks, fields, said, confirm=True)

    def submit(_tx, _request, _values):
        said = held["text"]
        return [Reason("GL-2103", said, {"field": "a0"}), Reason("GL-2103", said)]

    for audience, name in (("citizen", "mirror"), ("staff", "office")):
        city.web._pages[f"demo/{name}"] = Page(name, TOLD, view, submit, audience=audience, listed=False)
    return held


@settings(max_examples=25)
@given(said=HOSTILE)
def test_any_text_in_any_place_is_text(mirror, signed_in, clerk, said):
    """Outside of tags there is nothing but ours: every `<` of the page begins an element of the templates."""
    own = mirror.get("own") or mirror.setdefault("own", _frame(signed_in, clerk, mirror))
    mirror["text"] = said
    for browser, path in ((signed_in, "/c/demo/mirror"), (clerk, "/staff/demo/office")):
        entries = {"a0": said, "a1": said, "a4": said, "a5": said, "a6": "yes"}
        shown = [browser.get(path), browser.fill(path, **entries), browser.fill(path, do="sure", **entries)]
        for answer in shown:
            html = answer.body.decode()
            assert answer.status in (200, 422), answer.status
            seen = _elements(html)
            assert seen <= own
            assert {urlsplit(url).scheme for url in _addresses(html)} <= {"", "https"}
        harmless = said.encode("utf-8", "replace").decode()
        if "\r" not in said and "\0" not in said:
            assert (
                escape(harmless).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")
                in shown[0].body.decode()
            )
        browser.fill(path, do="discard")


def _frame(signed_in, clerk, mirror):
    mirror["text"] = "x"
    pages = []
    for browser, path in ((signed_in, "/c/demo/mirror"), (clerk, "/staff/demo/office")):
        entries = {"a0": "x", "a1": "x", "a4": "x", "a5": "x", "a6": "yes"}
        pages += [
            browser.get(path),
            browser.fill(path, **entries),
            browser.fill(path, do="sure", **entries),
            browser.fill(path, do="keep"),
        ]
        browser.fill(path, do="discard")
        pages.append(browser.fill(path, **dict.fromkeys(("a0", "a1", "a2", "a3", "a4", "a5"), "\x1b")))
        browser.fill(path, do="discard")
    return frozenset().union(*(_elements(page.body.decode()) for page in pages))


def _parsed(html):
    found = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attrs):
            found.append((tag, tuple(attrs)))

        def handle_comment(self, data):
            found.append(("!comment", ()))

        def handle_pi(self, data):
            found.append(("!instruction", ()))

    Reader().feed(html)
    return found


def _elements(html):
    return {(tag, name) for tag, attrs in _parsed(html) for name in ("", *(name for name, _ in attrs))}


def _addresses(html):
    return [
        value or ""
        for _, attrs in _parsed(html)
        for name, value in attrs
        if name in ("href", "src", "action")
    ]


def test_submitted_pages_are_text_too(city, signed_in):
    evil = "\"'><script>alert(1)</script>"

    def done(_tx, _request, _values):
        return Submitted(evil, [Facts({evil: evil}), Paragraph(evil)])

    city.web._pages["demo/done"] = Page("done", TOLD, lambda _tx, _request: View(TOLD, button=TOLD), done)
    html = signed_in.fill("/c/demo/done").body.decode()
    assert "<script" not in html
    assert html.count("alert(1)") >= 4


def test_a_reason_that_belongs_to_no_field_is_said(signed_in, city):
    view = View(TOLD, fields=[PageField("who", "お名前")])

    def submit(_tx, _request, _values):
        return [Reason("GL-2103", "満席です。"), Reason("GL-2104", "ほかの欄", {"field": "elsewhere"})]

    city.web._pages["demo/full"] = Page("full", TOLD, lambda _tx, _request: view, submit)
    answer = signed_in.fill("/c/demo/full", who="花子")
    assert answer.status == 422
    assert "満席です。" in answer.body.decode()


@pytest.mark.parametrize(
    "url",
    ["https://[evil", "https://a]b", "http://[::1", "java\nscript:x", " javascript:x", "https:\\\\evil"],
)
def test_an_address_that_is_none_breaks_no_page(signed_in, city, url):
    city.web._pages["demo/odd"] = Page(
        "odd", TOLD, lambda _tx, _request: View(TOLD, [LinkList([Link("x", url=url)])])
    )
    answer = signed_in.get("/c/demo/odd")
    assert answer.status == 200
    assert "script:" not in answer.body.decode()
