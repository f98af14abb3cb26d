"""What every route of the pages needs: words in the visitor's language, screens, redirects, cookies, and the check of origins."""

import secrets
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlencode, urlsplit

from attrs import field, frozen

from govline.core import Actor, Transaction
from govline.core.pages import Facts, Link, Page, Paragraph
from govline.core.texts import Texts
from govline.errors import ConfigError, PageRefused
from govline.web.model import Answer, Ask, is_loopback
from govline.web.rendering import LANGUAGES, Again, Liff, Screen, render, safe
from govline.web.tokens import RandomText

if TYPE_CHECKING:
    from govline.store import Database
    from govline.web.visits import Visitor

__all__ = ["Desk"]

T = TypeVar("T")
_LANGUAGE: Final = "gl-lang"
_YEAR: Final = 31_536_000
_CODES: Final = frozenset(code for code, _, _ in LANGUAGES)


@frozen
class Desk:
    """One town's desk.

    Args:
        name: Of the town, as citizens read it.
        base_url: The pages' own address; empty where nobody has said it yet.
        pages: By `feature/path`.
    """

    database: "Database" = field(repr=False)
    name: str
    texts: Texts = field(repr=False)
    pages: Mapping[str, Page] = field(repr=False)
    base_url: Callable[[], str] = field(repr=False)
    random_text: RandomText = field(default=secrets.token_urlsafe, repr=False)

    # --- store --------------------------------------------------------------------------------------------------------

    def read(self, work: Callable[[Transaction], T]) -> T:
        """A reading unit."""
        return self.database.read(work)

    def run(self, work: Callable[[Transaction], T], actor: Actor | None) -> T:
        """A unit of work."""
        return self.database.run(work, actor=actor)

    # --- language -----------------------------------------------------------------------------------------------------

    def locale(self, ask: Ask) -> str:
        """The address says it, else the cookie, else the browser; Japanese where none of them is one of ours."""
        wished = ask.headers.get("accept-language", "")[:2].lower()
        for given in (ask.query.get("lang"), ask.cookies.get(_LANGUAGE), wished):
            if given in _CODES:
                return str(given)
        return "ja"

    def words(self, ask: Ask) -> Callable[..., str]:
        """Texts of the catalogue in the visitor's language."""
        locale = self.locale(ask)
        return lambda key, **values: self.texts.get(key, locale, **values)

    # --- addresses ----------------------------------------------------------------------------------------------------

    def own_origin(self, ask: Ask) -> str:
        """Scheme and host of these pages: as configured, or as the browser called them."""
        known = urlsplit(self.base_url())
        return f"{known.scheme}://{known.netloc}" if known.netloc else ask.origin

    def own_address(self, ask: Ask) -> str:
        """The pages' address without a slash at its end."""
        return self.base_url().rstrip("/") or ask.origin + ask.root

    def page_url(self, ask: Ask, link: Link) -> str:
        """Where a link of a page leads.

        Raises:
            ConfigError: GL-8141, a page names one that nobody offers.
        """
        page = self.pages.get(link.page)
        if page is None:
            raise ConfigError(
                "a page links to one that nobody offers", code="GL-8141", place={"page": link.page}
            )
        return f"{ask.root}/{'staff' if page.audience == 'staff' else 'c'}/{link.page}"

    def refuse_foreign(self, ask: Ask) -> None:
        """Refuse what another site made the browser send.

        Raises:
            PageRefused: GL-8110.
        """
        origin = ask.headers.get("origin")
        site = ask.headers.get("sec-fetch-site", "same-origin")
        if (origin is not None and origin != self.own_origin(ask)) or site not in ("same-origin", "none"):
            raise PageRefused("a form came from another site", code="GL-8110", status=403)

    # --- answers ------------------------------------------------------------------------------------------------------

    def go(self, ask: Ask, path: str) -> Answer:
        """On to another page of ours; after a form, so that reloading repeats nothing."""
        return self.go_to(ask.root + path)

    @staticmethod
    def go_to(url: str) -> Answer:
        """On to any address that we have made."""
        return safe(Answer(303, headers=(("location", url),)))

    def screen(
        self,
        ask: Ask,
        title: str,
        here: str,
        *,
        visitor: "Visitor | None" = None,
        status: int = 200,
        token: str = "",
        **more: Any,
    ) -> Answer:
        """Draw a screen for whoever visits."""
        staff = bool(visitor.staff) if visitor else bool(more.pop("staff", False))
        home = "" if visitor is None or visitor.link else ask.root + ("/staff" if staff else "/")
        screen = Screen(
            title=title,
            words=self.words(ask),
            locale=self.locale(ask),
            town=self.name,
            root=ask.root,
            here=ask.root + here,
            token=visitor.token if visitor else token,
            staff=staff,
            signed_in=visitor is not None and visitor.link is None,
            home=more.pop("home", home),
            page_url=lambda link: self.page_url(ask, link),
            **more,
        )
        return render(screen, status)

    def refusal(
        self,
        ask: Ask,
        error: PageRefused,
        *,
        go_on: str = "",
        kept: bool = False,
        staff: bool = False,
        again: Again | None = None,
    ) -> Answer:
        """The page that says no: plain words and a code, nothing of what went on inside; `again` repeats the request."""
        words = self.words(ask)
        key = f"web.refused.{error.code}"
        text = words(key if key in self.texts.defaults else "web.refused.default")
        blocks = [Paragraph(text), *([Paragraph(words("web.draft_saved"))] if kept else [])]
        return self.screen(
            ask,
            words("web.refused"),
            "/",
            status=error.status,
            blocks=[*blocks, Facts({words("web.code"): error.code})],
            go_on=go_on,
            again=again,
            staff=staff,
            home=ask.root + ("/staff" if staff else "/"),
        )

    def sign_in_page(self, ask: Ask, back: str, liff: Liff, token: str) -> Answer:
        """The sign-in page of a town with LIFF: a script inside LINE, a link everywhere else."""
        words = self.words(ask)
        on = f"{ask.root}/sign-in?{urlencode({'back': back, 'go': '1'})}"
        here = f"/sign-in?{urlencode({'back': back})}"
        return self.screen(
            ask,
            words("web.sign_in"),
            here,
            blocks=[Paragraph(words("web.sign_in_why"))],
            go_on=on,
            liff=liff,
            token=token,
        )

    def cookie(
        self, ask: Ask, name: str, value: str, *, path: str = "", seconds: int | None = None
    ) -> tuple[str, str]:
        """A cookie that no script reads and no other site sends along with a form; Secure except on this machine."""
        age = "" if seconds is None else f"; Max-Age={seconds}"
        where = (path or ask.root) or "/"
        secure = "" if is_loopback(self.own_origin(ask)) else "; Secure"
        return ("set-cookie", f"{name}={value}; Path={where}{age}; HttpOnly; SameSite=Lax{secure}")

    def remember_language(self, ask: Ask, answer: Answer) -> Answer:
        """The same answer, after which this browser is answered in the language that its address asks for.

        Every answer, a redirect to LINE's sign-in among them: what comes back from there does not say it again.
        """
        given = ask.query.get("lang", "")
        if given not in _CODES:
            return answer
        return answer.with_header(*self.cookie(ask, _LANGUAGE, given, seconds=_YEAR))
