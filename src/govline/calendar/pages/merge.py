"""電話や窓口での予約を自分のものにする: the code of the receipt is entered on a page, never in the chat.

The code is as good as the bookings themselves for whoever has it, and what is typed into a chat stays there for good, on the
telephone and on LINE's servers. So the chat hands out an unguessable link to this page, and hears only that it worked.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from govline.calendar.labels import when_in
from govline.calendar.merging import Merged
from govline.calendar.model import Booking, Refused
from govline.calendar.pages.browsing import Words, way_again
from govline.calendar.service import Calendar
from govline.core import DataClass, Reason, Transaction
from govline.core.pages import (
    Block,
    Facts,
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

__all__ = ["MergePages"]


@frozen
class MergePages:
    """`calendar/merge`."""

    calendar: Calendar
    texts: Texts

    def all(self) -> list[Page]:
        """The page, for `Offers.pages`."""
        return [Page("merge", self.texts.get("calendar.page.merge"), self.show, self.take)]

    def show(self, tx: Transaction, request: PageRequest) -> View:  # noqa: ARG002 - the contract's signature
        """Where the code stands, and a field for it."""
        words = Words(self.texts, request.locale)
        code = PageField(
            "code",
            words("merge_code"),
            required=True,
            help=words("merge_help"),
            most=40,
            data=DataClass.SECRET,
        )
        return View(words("merge"), [Paragraph(words("merge_why"))], [code], words("do_merge"), drafts=False)

    def take(
        self, tx: Transaction, request: PageRequest, values: Mapping[str, Any]
    ) -> Submitted | Sequence[Reason]:
        """Join them; a wrong code is an answer and not a refusal of the form, which would be rolled back uncounted."""
        words = Words(self.texts, request.locale)
        if request.citizen is None:
            return [Reason("GL-2112", words("not_yours"))]
        answer = self.calendar.merge(tx, values["code"], request.citizen, key=f"page:{request.key}")
        if isinstance(answer, Refused):
            told = [Notice(reason.text, "warning") for reason in words.reasons(answer.reasons)]
            return Submitted(words("not_merged"), [*told, *way_again(words, answer, "calendar/merge", {})])
        return self._merged(words, answer)

    def _merged(self, words: Words, answer: Merged) -> Submitted:
        blocks: list[Block] = [
            *(Facts(self._rows(words, booking)) for booking in answer.moved),
            *(Notice(reason.text) for reason in words.reasons(answer.told)),
            LinkList([Link(words("mine"), "calendar/mine")]),
        ]
        if not answer.moved and not answer.kept:
            blocks.insert(0, Paragraph(words("merge_nothing")))
        tell = words("tell_merged", count=len(answer.moved)) if answer.moved else ""
        return Submitted(words("merged"), blocks, tell=tell)

    def _rows(self, words: Words, booking: Booking) -> dict[str, str]:
        programme = self.calendar.programmes.get(booking.programme)
        return {
            words("what"): programme.title if programme else booking.programme,
            words("when"): when_in(booking.starts, words.locale),
            words("party"): str(booking.party),
        }
