"""From a request to an answer: routes, who may pass, and what is said when something is refused or breaks.

Framework-free: `Routes.handle` takes an `Ask` and gives an `Answer`; `serving` puts it behind ASGI and WSGI.
"""

import logging
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from attrs import frozen

from govline.core import Transaction, citizen_actor
from govline.core.pages import Link, LinkList, PageRequest, Paragraph, View
from govline.errors import GovlineError, PageRefused
from govline.web import links, sessions
from govline.web.bodies import read_form
from govline.web.line_login import LineLogin
from govline.web.model import Answer, Ask, Session
from govline.web.rendering import Liff, static_file
from govline.web.repeating import busy_code, repeated
from govline.web.staff_routes import StaffRoutes
from govline.web.tokens import form_token, new_token, same
from govline.web.visits import Visit, Visitor, plain_query

if TYPE_CHECKING:
    from govline.web.desk import Desk

__all__ = ["Limit", "Routes"]

Limit = Callable[[str, str], float]
"""Asked with `get`, `post` or `sign-in` and the peer's address: seconds to wait, or 0 to pass."""
_PAGE: Final = re.compile(r"/c/([a-z][a-z0-9_]{0,30}/[A-Za-z0-9_-]{1,60})")
_LINK: Final = re.compile(r"/l/([a-z][a-z0-9_]{0,30}\.[A-Za-z0-9_-]{20,120})")
_BACK: Final = re.compile(r"/c/[a-z][a-z0-9_]{0,30}/[A-Za-z0-9_-]{1,60}(\?[A-Za-z0-9_.~%&=+-]{0,500})?")
_METHODS: Final = frozenset({"GET", "HEAD", "POST"})
_SOON: Final = ("retry-after", "5")
_log = logging.getLogger("govline.web")


@frozen
class Routes:
    """All pages of one town.

    Args:
        login: LINE Login; None where the town has none yet.
        liff: Where LINE's own SDK may help signing in.
        lifetime: Of a citizen's session.
    """

    desk: "Desk"
    login: LineLogin | None
    staff: StaffRoutes
    lifetime: timedelta
    liff: Liff | None = None
    limit: Limit | None = None

    # --- the door -----------------------------------------------------------------------------------------------------

    def handle(self, ask: Ask) -> Answer:
        """Answer a request; whatever goes wrong becomes a page with a code and no internals."""
        return self.desk.remember_language(ask, self._answer(ask))

    def _answer(self, ask: Ask) -> Answer:
        staff = ask.path == "/staff" or ask.path.startswith("/staff/")
        try:
            return self._handle(ask)
        except PageRefused as refused:
            _log.info("a request was refused: %s", refused.code)
            return self.desk.refusal(ask, refused, staff=staff)
        except Exception as error:  # noqa: BLE001 - a visitor sees a code; the kind of error goes to the log, its words may be personal
            if passing := busy_code(error):
                _log.warning("a page could not be answered now: GL-8128 %s", passing)
                told = PageRefused("", code="GL-8128", status=503)
                return self.desk.refusal(ask, told, staff=staff, again=repeated(ask)).with_header(*_SOON)
            code = error.code if isinstance(error, GovlineError) else type(error).__name__
            _log.error("a page failed: GL-8127 %s", code)
            return self.desk.refusal(ask, PageRefused("", code="GL-8127", status=500), staff=staff)

    def _handle(self, ask: Ask) -> Answer:
        if ask.method not in _METHODS:
            raise PageRefused("not this method", code="GL-8126", status=405)
        if ask.path.startswith("/static/") and ask.method != "POST":
            return static_file(ask.path.removeprefix("/static/")) or _missing()
        self._slow_down(ask)
        fixed = self._fixed.get(("POST" if ask.method == "POST" else "GET", ask.path))
        if fixed is not None:
            return fixed(ask)
        if found := _PAGE.fullmatch(ask.path):
            return self._citizen(ask, found[1])
        if found := _LINK.fullmatch(ask.path):
            return self._by_link(ask, found[1])
        if ask.path == "/staff" or ask.path.startswith("/staff/"):
            return self.staff.handle(ask)
        return _missing()

    @property
    def _fixed(self) -> Mapping[tuple[str, str], Callable[[Ask], Answer]]:
        return {
            ("GET", ""): self._menu,
            ("GET", "/"): self._menu,
            ("GET", "/sign-in"): self._sign_in,
            ("GET", "/sign-in/done"): self._signed_in,
            ("POST", "/sign-in/liff"): self._by_liff,
            ("POST", "/sign-out"): self._sign_out,
        }

    def _slow_down(self, ask: Ask) -> None:
        if self.limit is None:
            return
        entering = ask.path in ("/sign-in/done", "/sign-in/liff", "/staff/sign-in")
        wait = self.limit("sign-in" if entering else ask.method.lower(), ask.client)
        if wait > 0:
            raise PageRefused("too many requests", code="GL-8124", status=429)

    # --- citizens -----------------------------------------------------------------------------------------------------

    def _menu(self, ask: Ask) -> Answer:
        ways = [
            Link(page.title, name)
            for name, page in self.desk.pages.items()
            if page.audience == "citizen" and page.listed
        ]
        words = self.desk.words(ask)
        session = self.desk.read(lambda tx: self._session(tx, ask))
        block = LinkList(ways) if ways else Paragraph(words("web.menu_empty"))
        visitor = self._visitor(ask, session) if session and session.alive(self._now()) else None
        return self.desk.screen(ask, words("web.menu"), "/", visitor=visitor, blocks=[block], home="")

    def _citizen(self, ask: Ask, name: str) -> Answer:
        page = self.desk.pages.get(name)
        if page is None or page.audience != "citizen":
            return _missing()
        visit = Visit(self.desk, ask, name, page, f"/c/{name}")
        if ask.method == "POST":
            return self._post(ask, visit)

        def shown(tx: Transaction) -> Answer | None:
            session = self._session(tx, ask)
            if session is None or not session.alive(tx.now):
                return None
            return visit.show(tx, self._visitor(ask, session))

        return self.desk.read(shown) or self._begin(ask, self._back_here(ask))

    def _post(self, ask: Ask, visit: Visit) -> Answer:
        kept = visit.form()
        session = self.desk.read(lambda tx: self._session(tx, ask))
        if session is not None and session.alive(self._now()):
            return visit.take(self._visitor(ask, session), kept)
        self.desk.refuse_foreign(ask)
        saved = session is not None and same(kept.first("_token"), form_token(session.token))
        if session is not None and saved:
            request = self._visitor(ask, session).request
            view: View = self.desk.read(lambda tx: visit.page.show(tx, request))
            saved = visit.keep(session.subject, view.fields, kept)
        on = f"{ask.root}{self._enter(self._back_here(ask))}"
        error = PageRefused("nobody is signed in", code="GL-8111", status=401)
        return self.desk.refusal(ask, error, go_on=on, kept=saved)

    def _by_link(self, ask: Ask, token: str) -> Answer:
        kept = read_form(ask) if ask.method == "POST" else None
        link = self.desk.read(lambda tx: links.open_link(tx, token))
        page = self.desk.pages.get(link.page)
        if page is None:
            return _missing()
        actor = citizen_actor(link.citizen or link.subject, "web")
        request = PageRequest(actor, link.citizen, plain_query(ask.query), link.facts, self.desk.locale(ask))
        visitor = Visitor(request, link.subject, token, link=link)
        visit = Visit(self.desk, ask, link.page, page, f"/l/{token}")
        if kept is not None:
            return visit.take(visitor, kept)
        return self.desk.read(lambda tx: visit.show(tx, visitor))

    # --- signing in and out -------------------------------------------------------------------------------------------

    def _sign_in(self, ask: Ask) -> Answer:
        return self._begin(ask, _safe_back(ask.query.get("back", "/")), at_once=bool(ask.query.get("go")))

    def _begin(self, ask: Ask, back: str, *, at_once: bool = False) -> Answer:
        """Off to LINE; with LIFF first a page whose script may spare the way."""
        started = self._line().start(back, self._callback(ask), self.desk.locale(ask))
        cookie = self.desk.cookie(ask, self._pending, started.cookie, seconds=600)
        if self.liff is not None and not at_once:
            return self.desk.sign_in_page(ask, back, self.liff, form_token(started.cookie)).with_header(
                *cookie
            )
        return self.desk.go_to(started.url).with_header(*cookie)

    def _signed_in(self, ask: Ask) -> Answer:
        cookie = ask.cookies.get(self._pending, "")
        login = self._line()
        try:
            person, back, nonce = login.finish(cookie, ask.query, self._callback(ask))
            token = new_token(self.desk.database.town, self.desk.random_text)

            def admit(tx: Transaction) -> None:
                sessions.start(tx, token, "citizen", login.admit(tx, person, nonce), self.lifetime)

            self.desk.run(admit, None)
        except PageRefused as refused:
            on = f"{ask.root}{self._enter(_safe_back(login.back_of(cookie)))}"
            return self.desk.refusal(ask, refused, go_on=on)
        return self._entered(ask, token, back)

    def _by_liff(self, ask: Ask) -> Answer:
        kept, cookie = read_form(ask), ask.cookies.get(self._pending, "")
        self.desk.refuse_foreign(ask)
        if not cookie or not same(kept.first("_token"), form_token(cookie)):
            raise PageRefused("the form does not carry this browser's token", code="GL-8110", status=403)
        login = self._line()
        person = login.judge(kept.first("id_token"))
        token = new_token(self.desk.database.town, self.desk.random_text)

        def admit(tx: Transaction) -> None:
            sessions.start(tx, token, "citizen", login.admit(tx, person), self.lifetime)

        self.desk.run(admit, None)
        return self._entered(ask, token, login.back_of(cookie))

    def _entered(self, ask: Ask, token: str, back: str) -> Answer:
        """The old session, if there is one, ends; the new one is under a fresh token."""
        old = ask.cookies.get(self._cookie, "")
        if old:
            self._forget(old)
        life = int(self.lifetime.total_seconds())
        answer = self.desk.go(ask, _safe_back(back))
        answer = answer.with_header(*self.desk.cookie(ask, self._pending, "", seconds=0))
        return answer.with_header(*self.desk.cookie(ask, self._cookie, token, seconds=life))

    def _sign_out(self, ask: Ask) -> Answer:
        token = ask.cookies.get(self._cookie, "")
        self.desk.refuse_foreign(ask)
        if not same(read_form(ask).first("_token"), form_token(token)):
            raise PageRefused("the form does not carry this session's token", code="GL-8110", status=403)
        self._forget(token)
        words = self.desk.words(ask)
        answer = self.desk.screen(
            ask, words("web.sign_out"), "/", blocks=[Paragraph(words("web.signed_out"))], home=f"{ask.root}/"
        )
        return answer.with_header(*self.desk.cookie(ask, self._cookie, "", seconds=0))

    def _forget(self, token: str) -> None:
        try:
            self.desk.run(lambda tx: sessions.end(tx, token), None)
        except PageRefused as refused:
            _log.info("a session of elsewhere was left alone: %s", refused.code)

    # --- small things -------------------------------------------------------------------------------------------------

    @property
    def _cookie(self) -> str:
        return f"gl-{self.desk.database.town}"

    @property
    def _pending(self) -> str:
        return f"{self._cookie}-in"

    def _now(self) -> datetime:
        return self.desk.database.clock.now()

    def _session(self, tx: Transaction, ask: Ask) -> Session | None:
        token = ask.cookies.get(self._cookie, "")
        found = sessions.find(tx, token) if token else None
        return found if found is not None and found.kind == "citizen" else None

    def _visitor(self, ask: Ask, session: Session) -> Visitor:
        actor = citizen_actor(session.subject, "web")
        request = PageRequest(actor, session.citizen, plain_query(ask.query), locale=self.desk.locale(ask))
        return Visitor(request, session.subject, session.token)

    def _line(self) -> LineLogin:
        if self.login is None:
            raise PageRefused(
                "this town has no LINE Login channel",
                code="GL-8107",
                status=503,
                hint="login_channel under features: web:",
            )
        return self.login

    def _callback(self, ask: Ask) -> str:
        return f"{self.desk.own_address(ask)}/sign-in/done"

    def _back_here(self, ask: Ask) -> str:
        query = plain_query(ask.query)
        return _safe_back(f"{ask.path}?{urlencode(query)}" if query else ask.path)

    @staticmethod
    def _enter(back: str) -> str:
        return f"/sign-in?{urlencode({'back': back, 'go': '1'})}"


def _safe_back(path: str) -> str:
    """A page of ours, or the start: no sign-in ever leads out of the town."""
    return path if _BACK.fullmatch(path) else "/"


def _missing() -> Answer:
    raise PageRefused("there is no such page", code="GL-8125", status=404)
