"""`city.web`: the bound pages of one town, and the port `pages` by which features make addresses of them."""

import logging
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from attrs import field, frozen

from govline.core import (
    CitizenId,
    Input,
    Json,
    Message,
    PolicyPort,
    Responder,
    TalkContext,
    Transaction,
)
from govline.core.messages import Buttons, Open, Text
from govline.core.pages import Page
from govline.core.text import clip, normalize
from govline.core.texts import Texts
from govline.errors import ConfigError
from govline.web import _queries as q
from govline.web import links
from govline.web.desk import Desk
from govline.web.line_login import LineLogin
from govline.web.model import Answer, Ask
from govline.web.rendering import Liff
from govline.web.routes import Limit, Routes
from govline.web.sessions import DRAFT_GRACE
from govline.web.staff import StaffLogin
from govline.web.staff_routes import StaffRoutes
from govline.web.tokens import RandomText, new_token

if TYPE_CHECKING:
    from govline.store import Database

__all__ = ["Settings", "Web"]

_log = logging.getLogger("govline.web")
_PAGE_ROWS: Final = 500
_ROUNDS: Final = 4
_PAGE: Final = re.compile(r"[a-z][a-z0-9_]{0,30}/[A-Za-z0-9_-]{1,60}")
_LABEL: Final = 20


@frozen
class Settings:
    """What a town's pages are made of.

    Args:
        name: Of the town.
        base_url: Gives the pages' own address; "" where nobody has said it yet.
        words: What a citizen types or taps in the chat, and the page that it leads to.
        staff: How long a session of staff lives; `citizen` likewise.
    """

    name: str
    base_url: Callable[[], str] = field(repr=False)
    texts: Texts = field(repr=False)
    login: LineLogin | None = None
    liff: Liff | None = None
    staff_login: StaffLogin | None = field(default=None, repr=False)
    words: Mapping[str, str] = field(factory=dict, hash=False)
    citizen: timedelta = timedelta(hours=12)
    staff: timedelta = timedelta(hours=9)
    limit: Limit | None = field(default=None, repr=False)
    random_text: RandomText = field(default=secrets.token_urlsafe, repr=False)


class Web:
    """The pages of one town; made by `WebFeature`. It is the port `pages` (`govline.core.pages.PagesPort`)."""

    def __init__(self, database: "Database", policy: PolicyPort, settings: Settings) -> None:
        self.settings = settings
        self._database = database
        self._policy = policy
        self._pages: dict[str, Page] = {}

    def bind_pages(self, pages: Mapping[str, Page]) -> None:
        """Take the pages of all features, by `feature/path`; the City calls it once everything is built.

        Raises:
            ConfigError: GL-8141, a word leads to no page of citizens, or a path cannot stand in an address.
        """
        for name in pages:
            if not _PAGE.fullmatch(name):
                raise ConfigError(
                    f"the path of the page {name!r} cannot stand in an address",
                    code="GL-8141",
                    hint="ASCII letters, digits, - and _, up to 60",
                )
        self._pages.update(pages)
        for word, name in self.settings.words.items():
            page = self._pages.get(name)
            if page is None or page.audience != "citizen":
                raise ConfigError(
                    f"the word {word!r} leads to no page of citizens",
                    code="GL-8141",
                    hint=f"pages: {', '.join(sorted(self._pages))}",
                    place={"key": "features.web.words"},
                )

    @property
    def pages(self) -> Mapping[str, Page]:
        """All pages by `feature/path`."""
        return self._pages

    @property
    def staff(self) -> StaffLogin:
        """How staff sign in.

        Raises:
            ConfigError: GL-8140, the town has no pages for staff.
        """
        if self.settings.staff_login is None:
            raise ConfigError(
                "the town has no login for staff", code="GL-8140", hint="staff: local under features: web:"
            )
        return self.settings.staff_login

    # --- requests -----------------------------------------------------------------------------------------------------

    def handle(self, ask: Ask) -> Answer:
        """Answer one request; never raises. What `app` and `wsgi` call."""
        return self._routes.handle(ask)

    @cached_property
    def _routes(self) -> Routes:
        given = self.settings
        desk = Desk(self._database, given.name, given.texts, self._pages, given.base_url, given.random_text)
        staff = StaffRoutes(desk, given.staff_login, self._policy, given.staff)
        return Routes(desk, given.login, staff, given.citizen, given.liff, given.limit)

    # --- the port `pages` ---------------------------------------------------------------------------------------------

    def url(self, page: str, query: Mapping[str, str] | None = None) -> str:
        """The address of a page, for a message; whoever opens it signs in first.

        Raises:
            ConfigError: GL-8140 the pages do not know their address, GL-8141 there is no such page.
        """
        found = self._known(page)
        address = f"{self._address()}/{'staff' if found.audience == 'staff' else 'c'}/{page}"
        return f"{address}?{urlencode(dict(query))}" if query else address

    def link(
        self,
        tx: Transaction,
        page: str,
        *,
        expires: datetime,
        citizen: CitizenId | None = None,
        facts: Mapping[str, Json] | None = None,
        once: bool = False,
    ) -> str:
        """An unguessable address that opens a citizens' page without signing in: 256 bits, hashed where they rest.

        Raises:
            ConfigError: GL-8140 the pages do not know their address, GL-8141 there is no such page of citizens.
        """
        if self._known(page).audience != "citizen":
            raise _no_page(page)
        token = new_token(tx.town, self.settings.random_text)
        links.create(tx, token, page, expires=expires, citizen=citizen, facts=facts, once=once)
        return f"{self._address()}/l/{token}"

    def _known(self, page: str) -> Page:
        found = self._pages.get(page)
        if found is None:
            raise _no_page(page)
        return found

    def _address(self) -> str:
        address = self.settings.base_url().rstrip("/")
        if not address:
            raise ConfigError(
                "the pages do not know their own address",
                code="GL-8140",
                hint="base_url under features: web:, or GOVLINE_WEB_URL",
            )
        return address

    # --- the chat -----------------------------------------------------------------------------------------------------

    def responder(self) -> Responder:
        """A word of `words:` gets a button that opens its page."""
        return Responder("web", "keyword", self._respond)

    def _respond(self, _tx: Transaction, context: TalkContext, said: Input) -> Sequence[Message] | None:
        if said.kind != "text":
            return None
        wanted = normalize(said.text)
        for word, name in self.settings.words.items():
            if normalize(word) == wanted:
                return [self._way_to(name, context.locale)]
        return None

    def _way_to(self, name: str, locale: str) -> Message:
        texts = self.settings.texts
        try:
            address = self.url(name)
        except ConfigError as error:  # a citizen who taps hears something, and staff find the reason
            _log.error("a page was asked for in the chat: %s", error)
            return Text(texts.get("web.closed", locale))
        text = f"{self._pages[name].title}\n{texts.get('web.here', locale)}"
        return Buttons(clip(text, 160), [Open(clip(texts.get("web.open", locale), _LABEL), address)])

    # --- housekeeping -------------------------------------------------------------------------------------------------

    def purge(self, tx: Transaction) -> int:
        """Delete some pages of what has expired: sessions, spent sign-ins, drafts, results, links; how many."""
        asked = {"before": tx.now - DRAFT_GRACE, "most": _PAGE_ROWS}
        removed = 0
        for statement in q.PURGE:
            for _ in range(_ROUNDS):
                count = tx.write(statement, asked)
                removed += count
                if count < _PAGE_ROWS:
                    break
        return removed

    def erase(self, tx: Transaction, citizen: CitizenId) -> None:
        """Forget a citizen's sessions, drafts, submissions and links."""
        for statement in q.FORGET:
            tx.write(statement, {"who": citizen})


def _no_page(page: str) -> ConfigError:
    return ConfigError("there is no such page for citizens", code="GL-8141", place={"page": page})
