"""団体登録 on pages: a citizen asks for it and sees what became of it; staff see what waits, and decide with the rate and the end."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from attrs import frozen

from govline.calendar.group_classes import class_rates, registered_until, registration_purposes
from govline.calendar.groups import GroupRow
from govline.calendar.labels import date_label, when_in
from govline.calendar.model import Refused
from govline.calendar.pages.browsing import Words
from govline.calendar.reasons import because
from govline.calendar.service import Calendar
from govline.core import Reason, Transaction
from govline.core.jst import to_jst
from govline.core.pages import (
    Block,
    Facts,
    Heading,
    Link,
    LinkList,
    Page,
    PageField,
    PageRequest,
    Paragraph,
    Submitted,
    View,
)
from govline.core.texts import Texts

__all__ = ["GroupPages"]

_VERB: Final = "calendar.groups"
_SHOWN: Final = 200
_WHOLE: Final = 100
Answer = Submitted | Sequence[Reason]


@frozen
class GroupPages:
    """`calendar/groups` for citizens; `calendar/registrations` and `calendar/registration` for staff."""

    calendar: Calendar
    texts: Texts

    def all(self) -> list[Page]:
        """The pages, for `Offers.pages`; none where no programme knows a class of groups."""
        if not self._rates():
            return []
        words = Words(self.texts, "ja")
        staff: Any = {"audience": "staff", "verb": _VERB}
        return [
            Page("groups", words("groups"), self.ask, self.asked),
            Page("registrations", words("registrations"), self.waiting, **staff),
            Page("registration", words("registration"), self.look, self.decide, listed=False, **staff),
        ]

    # --- of citizens ---

    def ask(self, tx: Transaction, request: PageRequest) -> View:
        """One's own groups as they stand, and a form for another one."""
        words = Words(self.texts, request.locale)
        mine = self.calendar.groups.of_citizen(tx, request.citizen) if request.citizen is not None else ()
        blocks: list[Block] = [Paragraph(words("groups_why"))]
        if mine:
            blocks.append(Heading(words("groups_mine")))
            blocks += [Facts(_facts(words, group, to_jst(tx.now).date())) for group in mine]
        kinds = {kind: kind for kind in self._rates()}
        fields = [
            PageField("label", words("group"), required=True, most=60, help=words("group_help")),
            PageField("kind", words("group_kind"), "choice", True, choices=kinds),
            *self._purposes(words, ()),
        ]
        return View(words("groups"), blocks, fields, words("do_ask_group"))

    def asked(self, tx: Transaction, request: PageRequest, values: Mapping[str, Any]) -> Answer:
        """It waits for staff."""
        words = Words(self.texts, request.locale)
        if request.citizen is None:
            return [Reason("GL-2112", words("not_yours"))]
        answer = self.calendar.groups.ask(
            tx,
            values["label"],
            values["kind"],
            request.citizen,
            key=f"page:{request.key}",
            purposes=values.get("purposes") or (),
        )
        if isinstance(answer, Refused):
            return words.reasons(answer.reasons)
        back = LinkList([Link(words("groups"), "calendar/groups")])
        return Submitted(
            words("group_taken"), [Paragraph(words("group_taken_text")), back], tell=words("group_line")
        )

    # --- of staff ---

    def waiting(self, tx: Transaction, request: PageRequest) -> View:
        """What waits, oldest first, and what is registered, what runs out first at the head."""
        words = Words(self.texts, request.locale)
        today = to_jst(tx.now).date()
        waiting = self.calendar.groups.waiting(tx, limit=_SHOWN + 1)
        by_end = sorted(self._approved(tx), key=lambda group: group.until or date.max)
        blocks: list[Block] = [
            Heading(words("registrations_waiting")),
            *self._ways(words, waiting, today),
            Heading(words("registrations_all")),
            *self._ways(words, by_end, today),
        ]
        return View(words("registrations"), blocks)

    def look(self, tx: Transaction, request: PageRequest) -> View:
        """A group as it stands, and what staff decide of it."""
        words = Words(self.texts, request.locale)
        group = self.calendar.groups.get(tx, request.query.get("group", ""))
        if group is None:
            return View(words("registration"), [Paragraph(words("registrations_none"))])
        today, stands = to_jst(tx.now).date(), group.state == "approved"
        yes, no = ("renew", "end") if stands else ("approve", "reject")
        decisions = {"approve": words(f"decision_{yes}"), "reject": words(f"decision_{no}")}
        rates = {**self._rates(), **({} if group.kind in self._rates() else {group.kind: group.rate})}
        until = registered_until(today)
        fields = [
            PageField("decision", words("decision"), "choice", True, choices=decisions),
            PageField(
                "kind",
                words("group_kind"),
                "choice",
                True,
                value=group.kind,
                choices={kind: kind for kind in rates},
            ),
            PageField(
                "rate",
                words("group_rate"),
                "integer",
                True,
                value=group.rate if stands else rates[group.kind],
                least=0,
                most=_WHOLE,
            ),
            PageField(
                "until",
                words("group_until"),
                "date",
                value=until.isoformat(),
                help=words("group_unlimited"),
            ),
            *self._purposes(words, group.purposes),
            PageField("reason", words("staff_why"), required=True, most=100, help=words("staff_why_help")),
        ]
        facts = Facts({words("group"): group.label, **_facts(words, group, today, label=False)})
        return View(words("registration"), [facts], fields, words("do_decide"), drafts=False)

    def decide(self, tx: Transaction, request: PageRequest, values: Mapping[str, Any]) -> Answer:
        """Write the decision; where somebody else decided since the page was opened, that one stands."""
        words = Words(self.texts, request.locale)
        groups = self.calendar.groups
        group = groups.get(tx, request.query.get("group", ""))
        if group is None or _version(group) != request.query.get("seen"):
            return words.reasons([because("group_decided")])
        if values["decision"] == "reject":
            answer = groups.reject(tx, group.id, reason=values["reason"], seen=group)
        else:
            answer = groups.approve(
                tx,
                group.id,
                rate=int(values["rate"]),
                until=values["until"],
                reason=values["reason"],
                kind=values["kind"],
                purposes=values.get("purposes") or (),
                seen=group,
            )
        if isinstance(answer, Refused):
            return words.reasons(answer.reasons)
        back = LinkList([Link(words("registrations"), "calendar/registrations")])
        facts = Facts(_facts(words, answer, to_jst(tx.now).date()))
        return Submitted(words("group_decided"), [facts, back])

    # --- small things ---

    def _approved(self, tx: Transaction) -> Iterator[GroupRow]:
        """All that are registered: what runs out first may be the newest."""
        after = ""
        while page := self.calendar.groups.approved(tx, after=after, limit=_SHOWN):
            yield from page
            after = page[-1].id

    def _rates(self) -> dict[str, int]:
        return class_rates(self.calendar.programmes.values())

    def _purposes(self, words: Words, chosen: Sequence[str]) -> list[PageField]:
        known = dict.fromkeys([*registration_purposes(self.calendar.programmes.values()), *chosen])
        if not known:
            return []
        choices = {purpose: purpose for purpose in known}
        return [PageField("purposes", words("group_purposes"), "choices", value=[*chosen], choices=choices)]

    @staticmethod
    def _ways(words: Words, groups: Sequence[GroupRow], today: date) -> list[Block]:
        if not groups:
            return [Paragraph(words("registrations_none"))]
        links = [
            Link(
                f"{group.label} ({group.kind}, {_state(words, group, today)})",
                "calendar/registration",
                {"group": group.id, "seen": _version(group)},
            )
            for group in groups[:_SHOWN]
        ]
        more = [Paragraph(words("registrations_more"))] if len(groups) > _SHOWN else []
        return [LinkList(links), *more]


def _version(group: GroupRow) -> str:
    """Which decision the page was opened on."""
    return group.state if group.decided is None else f"{group.state}.{group.decided:%Y%m%d%H%M%S%f}"


def _state(words: Words, group: GroupRow, today: date) -> str:
    if group.state != "approved" or group.until is None:
        return words(f"group_{group.state}")
    if group.until < today:
        return words("group_over")
    return f"{words('group_approved')}, {words('group_until')} {date_label(group.until, words.locale)}"


def _facts(words: Words, group: GroupRow, today: date, *, label: bool = True) -> dict[str, str]:
    facts = {words("group"): group.label} if label else {}
    facts |= {
        words("group_kind"): group.kind,
        words("group_state"): _state(words, group, today),
        words("group_asked_at"): when_in(group.asked, words.locale),
    }
    if group.purposes:
        facts[words("group_purposes")] = ", ".join(group.purposes)
    if group.state == "approved":
        facts[words("group_rate")] = str(group.rate)
    return facts
