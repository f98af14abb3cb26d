"""Pages as HTML: Jinja2 with every value escaped, files of our own only, and the headers that keep a browser safe."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from attrs import field, frozen
from jinja2 import Environment, PackageLoader, StrictUndefined

from govline.core import Reason
from govline.core.pages import Block, Download, Link, Notice, PageField
from govline.web.blocks import KINDS
from govline.web.model import Answer

__all__ = ["LANGUAGES", "Again", "Form", "Liff", "Screen", "handed_over", "render", "safe", "static_file"]

LANGUAGES: Final = (("ja", "ja", "日本語"), ("en", "en", "English"), ("ja-easy", "ja", "やさしい日本語"))
"""Locale, the language tag of HTML, and its own name."""
_STATIC: Final = {"web.css": "text/css; charset=utf-8", "liff.js": "text/javascript; charset=utf-8"}
_HEADERS: Final = (
    ("x-content-type-options", "nosniff"),
    (
        "referrer-policy",
        "same-origin",
    ),  # nothing leaves the town; no-referrer would make a browser send Origin: null
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
)
_POLICY: Final = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
_OUTSIDE: Final = frozenset({"https", "tel", "mailto"})


@frozen
class Form:
    """A form as it is drawn: texts by field, and what is wrong with them.

    Args:
        review: Labels and entries to look at once more; with them nothing is asked, only sent or corrected.
    """

    action: str
    key: str
    fields: Sequence[PageField]
    texts: Mapping[str, Sequence[str]] = field(repr=False)
    wrong: Mapping[str, str]
    button: str
    drafts: bool = False
    resumed: bool = False
    review: Sequence[tuple[str, str]] = field(default=(), repr=False)

    @property
    def held(self) -> list[tuple[str, str]]:
        """Names and texts that a page to confirm carries on, hidden."""
        return [(asked.name, text) for asked in self.fields for text in self.texts.get(asked.name, ())]

    @property
    def files(self) -> bool:
        """Whether it uploads anything."""
        return any(asked.kind == "file" for asked in self.fields)


@frozen
class Again:
    """The same request once more, by a button: what it carried goes along, hidden."""

    method: str
    action: str
    held: Sequence[tuple[str, str]] = field(repr=False)


@frozen
class Liff:
    """LIFF on the sign-in page: its id, and the address of LINE's SDK, which this page alone may load."""

    id: str
    sdk: str
    api: Sequence[str] = ("https://api.line.me", "https://liffsdk.line-scdn.net")


@frozen
class Screen:
    """Everything that one page shows."""

    title: str
    words: Callable[..., str] = field(repr=False)
    locale: str
    town: str
    root: str
    here: str = field(repr=False)
    blocks: Sequence[Block] = field(default=(), repr=False)
    notices: Sequence[Notice] = field(default=(), repr=False)
    reasons: Sequence[Reason] = field(default=(), repr=False)
    form: Form | None = None
    again: Again | None = None
    token: str = field(default="", repr=False)
    staff: bool = False
    signed_in: bool = False
    home: str = ""
    go_on: str = field(default="", repr=False)
    liff: Liff | None = None
    page_url: Callable[[Link], str] = field(default=str, repr=False)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("govline.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["kind"] = lambda block: KINDS[type(block)]
    return made


def render(screen: Screen, status: int = 200) -> Answer:
    """The HTML of a screen, with every header."""
    names = {asked.name for asked in screen.form.fields} if screen.form else set()
    values: dict[str, Any] = {
        name: getattr(screen, name)
        for name in (
            "title",
            "words",
            "locale",
            "town",
            "root",
            "blocks",
            "notices",
            "reasons",
            "form",
            "again",
            "token",
        )
    }
    values |= {name: getattr(screen, name) for name in ("staff", "signed_in", "home", "go_on")}
    values |= {
        "lang": next((tag for code, tag, _ in LANGUAGES if code == screen.locale), "ja"),
        "languages": LANGUAGES,
        "names": names,
        "css": _stamped("web.css"),
        "here_in": lambda code: f"{screen.here}{'&' if '?' in screen.here else '?'}lang={code}",
        "href": lambda link: _href(link, screen.page_url),
        "liff": screen.liff and {"id": screen.liff.id, "sdk": screen.liff.sdk, "script": _stamped("liff.js")},
    }
    name = "sign_in.html" if screen.liff else "page.html"
    html = _environment().get_template(name).render(values)
    return safe(Answer(status, html.encode("utf-8", "replace")), liff=screen.liff)


def safe(answer: Answer, *, liff: Liff | None = None, keep: bool = False) -> Answer:
    """The answer with the security headers; `keep` for files that never change, everything else is stored nowhere."""
    policy = _POLICY
    if liff is not None:
        at = urlsplit(liff.sdk)
        policy += f"; script-src 'self' {at.scheme}://{at.netloc}; connect-src {' '.join(liff.api)}"
    stored = "public, max-age=31536000, immutable" if keep else "no-store"
    extra = (*_HEADERS, ("content-security-policy", policy), ("cache-control", stored))
    return Answer(answer.status, answer.body, answer.media_type, (*answer.headers, *extra))


def handed_over(file: Download) -> Answer:
    """A file to save, under its own name in any script (RFC 6266), kept by nobody on the way."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", file.name).strip("_") or "file"
    named = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file.name, safe='')}"
    return safe(Answer(200, file.data, file.media_type, (("content-disposition", named),)))


def static_file(name: str) -> Answer | None:
    """One of our few files, by its stamped name; None for everything else: no path of a visitor ever reaches a disk."""
    for known, media_type in _STATIC.items():
        if name == _stamped(known):
            return safe(Answer(200, _bytes(known), media_type), keep=True)
    return None


@cache
def _bytes(name: str) -> bytes:
    return (files("govline.web") / "static" / name).read_bytes()


@cache
def _stamped(name: str) -> str:
    stem, _, kind = name.partition(".")
    return f"{stem}-{hashlib.sha256(_bytes(name)).hexdigest()[:12]}.{kind}"


def _href(link: Link, page_url: Callable[[Link], str]) -> str:
    if link.page:
        url = page_url(link)
        return f"{url}?{urlencode(dict(link.query))}" if link.query else url
    try:
        return link.url if urlsplit(link.url).scheme in _OUTSIDE else "#"
    except ValueError:
        return "#"
