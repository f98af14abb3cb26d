"""One visit to a page, by whoever may: shows it, checks a form, keeps a draft, lets a submission happen once.

Citizens, staff and holders of a link differ in who they are and in the form's seed; what happens with a page is the same.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from attrs import evolve, field, frozen

from govline.core import DataClass, Effect, Reason, Transaction
from govline.core.individual_number import find
from govline.core.messages import Text
from govline.core.pages import Notice, Page, PageField, PageRequest, Submitted, View
from govline.errors import PageRefused
from govline.web import drafts, links
from govline.web.bodies import read_form
from govline.web.links import OpenedLink
from govline.web.model import Answer, Ask, Kept
from govline.web.reading import Checked, check
from govline.web.rendering import Form, handed_over
from govline.web.tokens import form_token, same
from govline.web.uploads import MOST_BYTES, XLSX

if TYPE_CHECKING:
    from govline.web.desk import Desk

__all__ = ["CONTROL", "Visit", "Visitor", "plain_query"]

CONTROL: Final = frozenset({"lang", "done", "kept"})
"""Names in an address that are ours; a page never sees them."""
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{16,100}")
_SEEN: Final = 422
_KINDS: Final = {XLSX: "Excel (xlsx)"}


@frozen
class Visitor:
    """Who visits: `subject` owns drafts and submissions, `seed` is the secret behind the form's token."""

    request: PageRequest
    subject: str
    seed: str = field(repr=False)
    link: OpenedLink | None = None
    staff: bool = False

    @property
    def token(self) -> str:
        """What a form must bring back."""
        return form_token(self.seed)

    @property
    def seat(self) -> str:
        """Where a member of staff sits: what they left half-filled there waits there, and not where they are moved to."""
        return ",".join(sorted(self.request.actor.departments)) if self.staff else ""


def plain_query(query: Mapping[str, str]) -> dict[str, str]:
    """The query without our own names."""
    return {name: value for name, value in query.items() if name not in CONTROL}


@frozen
class Visit:
    """A page, a visitor, and the desk that draws and stores.

    Args:
        path: Of the page below the root; where its form goes.
    """

    desk: "Desk"
    ask: Ask = field(repr=False)
    name: str
    page: Page = field(repr=False)
    path: str = field(repr=False)

    @property
    def _query(self) -> dict[str, str]:
        return plain_query(self.ask.query)

    @property
    def _here(self) -> str:
        """The page's own address below the root, with its query."""
        query = self._query
        return f"{self.path}?{urlencode(query)}" if query else self.path

    def _thing(self, seat: str) -> str:
        """What a draft or submission is of: the page with its query, and a member of staff's seat."""
        page = f"{self.name}?{urlencode(sorted(self._query.items()))}"
        return f"{page}@{seat}" if seat else page

    # --- GET ----------------------------------------------------------------------------------------------------------

    def show(self, tx: Transaction, visitor: Visitor) -> Answer:
        """The page, the result of a submission, or the form as it was left."""
        if key := self.ask.query.get("done", ""):
            done = drafts.result(tx, visitor.subject, self._thing(visitor.seat), key)
            if done is not None:
                return self._result(visitor, done)
        if visitor.link and visitor.link.once and visitor.link.used:
            raise PageRefused("the link was used", code="GL-8113", status=404)
        view = self.page.show(tx, visitor.request)
        if view.download is not None:
            return handed_over(view.download)
        draft = drafts.load(tx, visitor.subject, self._thing(visitor.seat)) if view.fields else None
        key = str((draft or {}).get("key") or self.desk.random_text(24))
        texts = (draft or {}).get("texts") or _first_texts(view.fields)
        notices = []
        if self.ask.query.get("kept"):
            days = drafts.DRAFT_LIFETIME.days
            notices.append(Notice(self.desk.words(self.ask)("web.kept", days=days), "done"))
        elif draft is not None:
            notices.append(Notice(self.desk.words(self.ask)("web.resumed"), "info"))
        return self._draw(visitor, view, key, texts, notices=notices, resumed=draft is not None)

    # --- POST ---------------------------------------------------------------------------------------------------------

    def form(self) -> Kept:
        """The posted form."""
        return read_form(self.ask)

    def take(self, visitor: Visitor, kept: Kept) -> Answer:
        """Check the form's token, then keep, discard or submit.

        Raises:
            PageRefused: GL-8110, the form was not ours.
        """
        self.desk.refuse_foreign(self.ask)
        if not same(kept.first("_token"), visitor.token):
            raise PageRefused("the form does not carry this session's token", code="GL-8110", status=403)
        if self.page.submit is None:
            raise PageRefused("the page takes no form", code="GL-8126", status=405)
        view = self.desk.read(lambda tx: self.page.show(tx, visitor.request))
        deed, key = kept.first("_do"), _key(kept) or self.desk.random_text(24)
        if deed == "keep":
            self.keep(visitor.subject, view.fields, kept, visitor.seat)
            return self.desk.go(self.ask, self._with("kept", "1"))
        if deed == "discard":
            self.desk.run(
                lambda tx: drafts.drop(tx, visitor.subject, self._thing(visitor.seat)), visitor.request.actor
            )
            return self.desk.go(self.ask, self._here)
        if deed == "edit":
            return self._draw(visitor, view, key, _storable(kept.texts))
        return self._submit(visitor, view, kept, key, sure=deed == "sure")

    def keep(self, subject: str, fields: Sequence[PageField], kept: Kept, seat: str = "") -> bool:
        """Save what was typed as the subject's draft at a seat; False where the form holds nothing that may rest.

        Left out: what the page did not ask for, files, SECRET fields, a 個人番号.
        """
        names = _resting(fields)
        if not names:
            return False
        texts = {name: values for name, values in _storable(kept.texts).items() if name in names}
        plain = {"key": _key(kept), "texts": texts}
        self.desk.run(lambda tx: drafts.save(tx, subject, self._thing(seat), plain), None)
        return True

    def _submit(self, visitor: Visitor, view: View, kept: Kept, key: str, *, sure: bool) -> Answer:
        checked = check(view.fields, kept, self.desk.words(self.ask))
        if checked.reasons:
            return self._refused(visitor, view, kept, key, checked.reasons)
        if view.confirm and not sure:
            return self._review(visitor, view, kept, key, checked)
        values = checked.values
        request = evolve(visitor.request, key=key)
        if self.page.channel in values:
            request = evolve(request, actor=evolve(request.actor, channel=values[self.page.channel]))
        assert self.page.submit is not None
        submit = self.page.submit
        if self.page.work is not None:
            thing = self._thing(visitor.seat)
            if self.desk.read(lambda tx: drafts.result(tx, visitor.subject, thing, key)) is not None:
                return self.desk.go(self.ask, self._with("done", key))  # an old form: its work was done
            values = self.page.work(request, values)

        def act(tx: Transaction) -> Submitted | Sequence[Reason]:
            if visitor.link is not None:
                links.use(tx, visitor.link)
            taken = submit(tx, request, values)
            if isinstance(taken, Submitted) and taken.tell and request.citizen:
                _tell(
                    tx,
                    request.citizen,
                    taken.tell,
                    drafts.reference(visitor.subject, self._thing(visitor.seat), key),
                )
            return taken

        def unit(tx: Transaction) -> None:
            drafts.submit(tx, visitor.subject, self._thing(visitor.seat), key, lambda: act(tx))

        try:
            self.desk.run(unit, request.actor)
        except drafts.Refusal as refused:
            return self._refused(visitor, view, kept, key, refused.reasons)
        return self.desk.go(self.ask, self._with("done", key))

    def _refused(
        self, visitor: Visitor, view: View, kept: Kept, key: str, reasons: Sequence[Reason]
    ) -> Answer:
        self.keep(visitor.subject, view.fields, kept, visitor.seat)
        return self._draw(visitor, view, key, _storable(kept.texts), reasons=reasons)

    def _review(self, visitor: Visitor, view: View, kept: Kept, key: str, checked: Checked) -> Answer:
        """What was entered, once more. The page carries it on; the draft is for a change of language or of mind."""
        self.keep(visitor.subject, view.fields, kept, visitor.seat)
        words = self.desk.words(self.ask)
        shown = [(asked.label, _spoken(asked, checked.values[asked.name], words)) for asked in view.fields]
        action, button = self.ask.root + self._here, view.button or words("web.send")
        form = Form(action, key, view.fields, kept.texts, {}, button, review=shown)
        notices = [Notice(words("web.check"))]
        title = f"{words('web.review_title')} - {view.title}"
        return self.desk.screen(self.ask, title, self._here, visitor=visitor, notices=notices, form=form)

    # --- drawing ------------------------------------------------------------------------------------------------------

    def _with(self, name: str, value: str) -> str:
        return f"{self.path}?{urlencode({**self._query, name: value})}"

    def _draw(
        self,
        visitor: Visitor,
        view: View,
        key: str,
        texts: Mapping[str, Sequence[str]],
        *,
        reasons: Sequence[Reason] = (),
        notices: Sequence[Notice] = (),
        resumed: bool = False,
    ) -> Answer:
        form = None
        if view.fields or view.button:
            wrong = {str(each.help["field"]): each.text for each in reasons if "field" in each.help}
            words = self.desk.words(self.ask)
            form = Form(
                action=self.ask.root + self._here,
                key=key,
                fields=[_helped(asked, words) for asked in view.fields],
                texts=texts,
                wrong=wrong,
                button=words("web.review") if view.confirm else view.button or words("web.send"),
                drafts=view.drafts and bool(_resting(view.fields)),
                resumed=resumed,
            )
        more: dict[str, Any] = {"blocks": view.blocks, "notices": notices, "reasons": reasons, "form": form}
        return self.desk.screen(
            self.ask, view.title, self._here, visitor=visitor, status=_SEEN if reasons else 200, **more
        )

    def _result(self, visitor: Visitor, done: Submitted) -> Answer:
        return self.desk.screen(
            self.ask,
            done.title,
            self._with("done", self.ask.query["done"]),
            visitor=visitor,
            blocks=done.blocks,
        )


def _tell(tx: Transaction, citizen: str, text: str, key: str) -> None:
    payload = {"citizen": citizen, "messages": [Text(text).to_line()]}
    tx.enqueue(
        Effect("line.push", payload, dedupe=f"web:{key}", order_key=f"citizen:{citizen}", strict=False)
    )


def _key(kept: Kept) -> str:
    """The form's own key, as we made it; "" for anything else: features pass it on to audit, outbox and references."""
    given = kept.first("_key")
    return given if _KEY.fullmatch(given) else ""


def _resting(fields: Sequence[PageField]) -> set[str]:
    """The fields that a draft may hold."""
    return {asked.name for asked in fields if asked.kind != "file" and asked.data is not DataClass.SECRET}


def _storable(texts: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """What may rest and be shown again: a field with a 個人番号 comes back empty."""
    return {name: list(values) for name, values in texts.items() if not any(map(find, values))}


def _first_texts(fields: Sequence[PageField]) -> dict[str, list[str]]:
    return {asked.name: _as_texts(asked.value) for asked in fields}


def _spoken(asked: PageField, value: Any, words: Callable[..., str]) -> str:
    """An entry as the page to confirm shows it."""
    if isinstance(value, bool):
        return words("web.yes" if value else "web.no")
    if value is None or value == ():
        return words("web.not_given")
    if asked.data is DataClass.SECRET:
        return "●●●●"
    given = value if isinstance(value, tuple) else (value,)
    return "\n".join(asked.choices.get(each, str(each)) for each in given)


def _as_texts(value: Any) -> list[str]:
    if value is None or value is False:
        return []
    if value is True:
        return ["yes"]
    return [str(each) for each in value] if isinstance(value, list | tuple) else [str(value)]


def _helped(asked: PageField, words: Any) -> PageField:
    """A file's types and size are said beside its label."""
    if asked.kind != "file":
        return asked
    kinds = ", ".join(_KINDS.get(kind) or kind.rpartition("/")[2].upper() for kind in asked.accept)
    most = asked.most or MOST_BYTES
    size = f"{most // 1_000_000}MB" if most >= 1_000_000 else f"{max(1, most // 1000)}KB"
    limits = words("web.file_help", kinds=kinds, size=size)
    return evolve(asked, help=f"{asked.help} {limits}".strip())
