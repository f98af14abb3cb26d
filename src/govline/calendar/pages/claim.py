"""接種券などの確認: number and birth date on a page, never in the chat; wrong entries lock, whoever is on the list may book."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from attrs import evolve, frozen

from govline.calendar.model import Programme, Refused
from govline.calendar.pages.browsing import Asked, Words, way_again
from govline.calendar.service import Calendar
from govline.core import DataClass, Reason, Transaction
from govline.core.pages import (
    Link,
    LinkList,
    Notice,
    Page,
    PageField,
    PageRequest,
    Paragraph,
    Submitted,
    View,
)
from govline.core.texts import Texts

__all__ = ["ClaimPages"]

_MISTYPED: Final = "GL-2132"
"""No number of this shape exists, so it is no guess: nothing was written, and it is said at its field."""


@frozen
class ClaimPages:
    """`calendar/claim`, for programmes with a list."""

    calendar: Calendar
    texts: Texts

    def all(self) -> list[Page]:
        """The page, for `Offers.pages`; always there, because a running calendar can adopt a programme with a list."""
        title = self.texts.get("calendar.page.claim")
        return [Page("claim", title, self.show, self.take, listed=False)]

    def show(self, tx: Transaction, request: PageRequest) -> View:
        """What stands on the paper, and the birth date."""
        words = Words(self.texts, request.locale)
        programme = Asked.of(tx, self.calendar, request).programme
        if programme is None or programme.policy.eligibility is None:
            return View(words("claim"), [LinkList([Link(words("book"), "calendar/book")])])
        name = programme.policy.eligibility.name
        fields = [  # SECRET: a mistyped entry rests in no draft
            PageField("number", name, required=True, most=40, data=DataClass.SECRET),
            PageField("born", words("born"), "date", True, autocomplete="bday", data=DataClass.SECRET),
        ]
        why = Paragraph(words("claim_why", programme=programme.title, name=name))
        return View(words("claim"), [why], fields, words("do_claim"), drafts=False)

    def take(
        self, tx: Transaction, request: PageRequest, values: Mapping[str, Any]
    ) -> Submitted | Sequence[Reason]:
        """Prove it; the chat hears nothing of what was entered."""
        words = Words(self.texts, request.locale)
        programme = Asked.of(tx, self.calendar, request).programme
        if programme is None or request.citizen is None:
            return [Reason("GL-2123", words("nothing"))]
        return self._claimed(tx, request, words, programme, values)

    def _claimed(
        self,
        tx: Transaction,
        request: PageRequest,
        words: Words,
        programme: Programme,
        values: Mapping[str, Any],
    ) -> Submitted | Sequence[Reason]:
        answer = self.calendar.eligibility.claim(
            tx,
            programme.id,
            request.citizen,
            values["number"],
            values["born"],
            key=f"page:{request.key}",
            source="web",
        )
        if isinstance(answer, Refused):
            if [reason.code for reason in answer.reasons] == [_MISTYPED]:
                return [
                    evolve(each, help={**each.help, "field": "number"})
                    for each in words.reasons(answer.reasons)
                ]
            # an answer, not a refusal of the form: a refused form is rolled back, and the wrong entry would not count
            told = [Notice(reason.text, "warning") for reason in words.reasons(answer.reasons)]
            again = way_again(words, answer, "calendar/claim", Asked.of(tx, self.calendar, request).query())
            return Submitted(words("not_claimed"), [*told, *again])
        on = Link(words("book"), "calendar/month", Asked.of(tx, self.calendar, request).query())
        return Submitted(words("claimed"), [Paragraph(words("claimed_text")), LinkList([on])])
