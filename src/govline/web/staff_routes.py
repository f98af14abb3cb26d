"""Staff's side: a plain login form or a trusted proxy, the policy asked for every page, nothing that LGWAN could not show."""

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from attrs import evolve, frozen

from govline.core import PolicyPort, Reason, Transaction
from govline.core.pages import Link, LinkList, Page, PageField, PageRequest, Paragraph
from govline.errors import PageRefused
from govline.web import sessions
from govline.web.bodies import read_form
from govline.web.model import Answer, Ask
from govline.web.rendering import Form
from govline.web.staff import StaffLogin
from govline.web.tokens import form_token, new_token, same
from govline.web.visits import Visit, Visitor, plain_query

if TYPE_CHECKING:
    from govline.web.desk import Desk

__all__ = ["VERB", "StaffRoutes"]

VERB: Final = "web.staff"
"""What the policy is asked for every page of staff."""
_PAGE: Final = re.compile(r"/staff/([a-z][a-z0-9_]{0,30}/[A-Za-z0-9_-]{1,60})")


@frozen
class StaffRoutes:
    """The routes below `/staff`.

    Args:
        login: None where staff have no pages.
        policy: Asked for `web.staff`, then for the page's own verb.
        lifetime: Of a session, a working day at most.
    """

    desk: "Desk"
    login: StaffLogin | None
    policy: PolicyPort
    lifetime: timedelta

    def handle(self, ask: Ask) -> Answer:
        """Answer a request below `/staff`.

        Raises:
            PageRefused: GL-8111, GL-8114, GL-8115, GL-8125 or what the page itself refuses.
        """
        if self.login is None:
            raise _missing()
        if self._seed_cookie in ask.cookies:
            return self._handle(ask)
        seed = self.desk.random_text(32)
        both = "; ".join(filter(None, (ask.headers.get("cookie"), f"{self._seed_cookie}={seed}")))
        answer = self._handle(evolve(ask, headers={**ask.headers, "cookie": both}))
        return answer.with_header(*self.desk.cookie(ask, self._seed_cookie, seed, path=f"{ask.root}/staff"))

    def _handle(self, ask: Ask) -> Answer:
        post = ask.method == "POST"
        if ask.path == "/staff/sign-in":
            return self._enter(ask) if post else self._door(ask)
        if ask.path == "/staff/sign-out" and post:
            return self._leave(ask)
        if ask.path in ("/staff", "/staff/") and not post:
            return self._with_member(ask, lambda _tx, who: self._menu(ask, who))
        found = _PAGE.fullmatch(ask.path)
        page = self.desk.pages.get(found[1]) if found else None
        if found is None or page is None or page.audience != "staff":
            raise _missing()
        visit = Visit(self.desk, ask, found[1], page, f"/staff/{found[1]}")
        return self._post(ask, visit) if post else self._with_member(ask, visit.show, page)

    # --- pages --------------------------------------------------------------------------------------------------------

    def _post(self, ask: Ask, visit: Visit) -> Answer:
        kept = visit.form()
        who = self.desk.read(lambda tx: self._visitor(tx, ask))
        if who is None:
            raise PageRefused("no member of staff is signed in", code="GL-8111", status=401)
        self._may(who, visit.page)
        return visit.take(who, kept)

    def _with_member(
        self, ask: Ask, show: Callable[[Transaction, Visitor], Answer], page: Page | None = None
    ) -> Answer:
        def shown(tx: Transaction) -> Answer | None:
            who = self._visitor(tx, ask)
            if who is None:
                return None
            self._may(who, page)
            return show(tx, who)

        return self.desk.read(shown) or self.desk.go(ask, "/staff/sign-in")

    def _menu(self, ask: Ask, who: Visitor) -> Answer:
        words = self.desk.words(ask)
        ways = [
            Link(page.title, name)
            for name, page in self.desk.pages.items()
            if page.audience == "staff" and page.listed and not self._refused(who, page)
        ]
        block = LinkList(ways) if ways else Paragraph(words("web.menu_empty"))
        return self.desk.screen(ask, words("web.menu"), "/staff", visitor=who, blocks=[block], home="")

    def _may(self, who: Visitor, page: Page | None) -> None:
        if self._refused(who, page):
            raise PageRefused("the member of staff may not do this", code="GL-8114", status=403)

    def _refused(self, who: Visitor, page: Page | None) -> bool:
        verbs = [VERB, *([page.verb] if page is not None and page.verb else [])]
        return any(self.policy.refuses(who.request.actor, verb) is not None for verb in verbs)

    # --- signing in ---------------------------------------------------------------------------------------------------

    def _visitor(self, tx: Transaction, ask: Ask) -> Visitor | None:
        """Who is signed in: by the proxy's header, else by the session's cookie."""
        assert self.login is not None
        member = self.login.header(tx, ask.headers, ask.client)
        seed = ask.cookies[self._seed_cookie]
        token = ask.cookies.get(self._cookie, "")
        if member is None and token:
            session = sessions.find(tx, token)
            if session is not None and session.kind == "staff" and session.alive(tx.now):
                member, seed = self.login.current(tx, session.subject), token
        if member is None:
            return None
        request = PageRequest(member.actor, None, plain_query(ask.query), locale=self.desk.locale(ask))
        return Visitor(request, member.id, seed, staff=True)

    def _door(self, ask: Ask, reasons: Sequence[Reason] = (), name: str = "") -> Answer:
        assert self.login is not None
        words = self.desk.words(ask)
        if not self.login.form:
            raise PageRefused("no member of staff is signed in", code="GL-8111", status=401)
        fields = (
            PageField("name", words("web.staff_name"), required=True, autocomplete="username"),
            PageField(
                "password", words("web.staff_password"), required=True, autocomplete="current-password"
            ),
        )
        form = Form(
            action=f"{ask.root}/staff/sign-in",
            key="",
            fields=fields,
            texts={"name": [name]},
            wrong={},
            button=words("web.enter"),
        )
        return self.desk.screen(
            ask,
            words("web.staff_sign_in"),
            "/staff/sign-in",
            status=422 if reasons else 200,
            staff=True,
            form=form,
            reasons=reasons,
            token=form_token(ask.cookies[self._seed_cookie]),
        )

    def _enter(self, ask: Ask) -> Answer:
        assert self.login is not None
        kept = read_form(ask)
        self._own(ask, kept.first("_token"), ask.cookies[self._seed_cookie])
        name = kept.first("name").strip()[:100]
        member = self.login.password(name, kept.first("password")[:1000])
        if member is None:
            text = self.desk.words(ask)("web.refused.GL-8115")
            return self._door(ask, [Reason("GL-8115", text, {"field": "name"})], name)
        token, old = (
            new_token(self.desk.database.town, self.desk.random_text),
            ask.cookies.get(self._cookie, ""),
        )
        subject = member.id

        def start(tx: Transaction) -> None:
            if old.startswith(f"{tx.town}."):
                sessions.end(tx, old)
            sessions.start(tx, token, "staff", subject, self.lifetime)

        self.desk.run(start, member.actor)
        life = int(self.lifetime.total_seconds())
        return self.desk.go(ask, "/staff").with_header(*self._cookie_for(ask, token, life))

    def _leave(self, ask: Ask) -> Answer:
        token = ask.cookies.get(self._cookie, "") or ask.cookies[self._seed_cookie]
        self._own(ask, read_form(ask).first("_token"), token)
        self.desk.run(lambda tx: sessions.end(tx, token), None)
        return self.desk.go(ask, "/staff/sign-in").with_header(*self._cookie_for(ask, "", 0))

    def _own(self, ask: Ask, given: str, seed: str) -> None:
        self.desk.refuse_foreign(ask)
        if not same(given, form_token(seed)):
            raise PageRefused("the form does not carry this session's token", code="GL-8110", status=403)

    def _cookie_for(self, ask: Ask, token: str, seconds: int) -> tuple[str, str]:
        return self.desk.cookie(ask, self._cookie, token, path=f"{ask.root}/staff", seconds=seconds)

    @property
    def _cookie(self) -> str:
        return f"gl-{self.desk.database.town}-staff"

    @property
    def _seed_cookie(self) -> str:
        return f"{self._cookie}-form"


def _missing() -> PageRefused:
    return PageRefused("there is no such page", code="GL-8125", status=404)
