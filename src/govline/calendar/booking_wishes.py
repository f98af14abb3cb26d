"""A row of a list of bookings: which slot it means, for whom, on which terms; and what the calendar would say to a whole list.

The verdicts are the desk's own rules over its own facts, with what the rows before would take counted in: nothing is written.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from json import dumps
from typing import Any, Final

from attrs import Factory, evolve, field, frozen, mutable

from govline.calendar import _queries as q
from govline.calendar import ledger, merging
from govline.calendar._queries import files as qf
from govline.calendar._queries.rush import FIND_SLOTS
from govline.calendar.desk import new_booking
from govline.calendar.knowledge import facts_of, look_up
from govline.calendar.merging import Contact
from govline.calendar.model import Booking, Programme, Slot
from govline.calendar.options import NO_OPTIONS, option_reasons, read_options
from govline.calendar.overriding import Terms, split
from govline.calendar.rules import check
from govline.calendar.service import Calendar
from govline.calendar.slot_dataset import named_slots
from govline.core import Id, Reason, Transaction
from govline.core.jst import JST
from govline.tabular import Change

__all__ = ["HIDDEN", "Judge", "Wish", "slots_of"]

Fault = tuple[int, str, str, str]
SlotKey = tuple[str, datetime, str]
HIDDEN: Final = "●"
"""What an export shows in place of a name or a telephone number."""
_FULL: Final = "GL-2103"
_ROOMS: Final = 10
_ONE_BY_ONE: Final = "予約の変更と取消は、取込ではなく予約ごとに行ってください"


@frozen
class Wish:
    """A booking that a row asks for.

    Args:
        at: Programme, start and name of the slot.
        contact: Whose it is; nobody's name where the row gives none.
        reason: Why it passes the rules and the slot's places; "" where it has to keep them.
        options: How many of which 備品.
    """

    at: SlotKey
    party: int
    contact: Contact
    reason: str = ""
    options: Mapping[str, int] = field(default=NO_OPTIONS, hash=False)

    @classmethod
    def of(cls, programme: str, values: Mapping[str, Any]) -> "Wish":
        """What a row says."""
        hours, minutes = map(int, values["starts"].split(":"))  # 24:00 and later are the next day's
        starts = datetime.combine(values["day"], time(), JST) + timedelta(hours=hours, minutes=minutes)
        known = [values.get(name) or "" for name in ("label", "phone")]
        contact = Contact(*("" if each == HIDDEN else each for each in known))
        at = (programme, starts, values.get("room") or "")
        options = read_options(values.get("options") or "")
        return cls(at, values.get("party") or 1, contact, (values.get("reason") or "").strip(), options)

    @property
    def terms(self) -> Terms:
        """On which it is booked: with a reason, rules are set aside and a full slot is enlarged."""
        beyond = bool(self.reason)
        return Terms(contact=True, reason=self.reason, override=beyond, raise_capacity=beyond)


def slots_of(tx: Transaction, wishes: Iterable[Wish]) -> dict[SlotKey, Slot]:
    """The slots that the rows mean; those that are not there are left out."""
    found: Sequence[qf.SlotRow] = named_slots(tx, sorted({wish.at for wish in wishes}))
    rows: Iterable[Slot] = tx.all(FIND_SLOTS, {"slots": dumps(sorted(row.id for row in found))})
    return {(slot.programme, slot.starts, slot.name): slot for slot in rows}


@mutable
class Judge:
    """Looks at one list, page after page; see `govline.core.Dataset.judge`."""

    calendar: Calendar
    programme: str = ""
    places: Counter[Id] = field(factory=Counter)
    units: Counter[Id] = field(factory=Counter)
    own: dict[str, list[tuple[Booking, Slot]]] = Factory(dict)

    def __call__(self, tx: Transaction, changes: Sequence[Change]) -> list[Fault]:
        """Every row that would be refused, with column, reason and remedy."""
        wishes = {
            place: Wish.of(self.programme or change.key[0], change.after)
            for place, change in enumerate(changes)
            if change.before is None and change.after is not None
        }
        slots = slots_of(tx, wishes.values())
        faults = []
        for place, change in enumerate(changes):
            wish = wishes.get(place)
            fault = _changed(change) if wish is None else self._fault(tx, wish, slots.get(wish.at), change)
            faults += [(place, *fault)] if fault else []
        return faults

    def _fault(
        self, tx: Transaction, wish: Wish, slot: Slot | None, change: Change
    ) -> tuple[str, str, str] | None:
        if change.after is not None and change.after.get("state"):
            return "state", "取り消された予約や済んだ予約は取り込めません", "この行を除いてください"
        if slot is None:
            return self._no_slot(tx, wish)
        refused = self.calendar.counter.contact_refused(tx, slot.id, wish.contact, None)
        reasons = [*refused.reasons] if refused is not None else self._reasons(tx, wish, slot)
        if not reasons:
            return None
        said = Reason.join(reasons).replace("\n", " ")
        return "day", said, "一覧を直すか、この行を除いてください。特例にするなら「特例の理由」を書きます"

    def _no_slot(self, tx: Transaction, wish: Wish) -> tuple[str, str, str]:
        """Where only the room is another, or written in other letters, the rooms of that time are named."""
        programme, starts, _ = wish.at
        until = starts + timedelta(microseconds=1)
        there = programme in self.calendar.programmes
        at_once = self.calendar.slots(tx, programme, since=starts, until=until, limit=_ROOMS) if there else ()
        if not at_once:
            remedy = "日付、開始、部屋を枠に合わせるか、先に枠(slots)を取り込んでください"
            return "day", "この日時(と部屋)の枠がありません", remedy
        rooms = "、".join(f"「{slot.name}」" if slot.name else "空欄" for slot in at_once)
        return (
            "room",
            "この日時に、この部屋の枠がありません",
            f"この日時の部屋は {rooms} です。「部屋」の列に同じ字で書いてください",
        )

    def _reasons(self, tx: Transaction, wish: Wish, slot: Slot) -> Sequence[Reason]:
        """What stands against it after the rows before; a row that nothing stands against is counted in."""
        desk = self.calendar.counter.desk
        programme = desk.programme(slot.programme)
        who = self._person(tx, wish)
        pair = (programme.id, who)
        known = look_up(tx, desk.programme, [pair], desk.profile).get(pair)
        for booking, its in self.own.get(who, ()):
            known = known and known.with_booking(booking, its, desk.programme(its.programme).policy)
        here = any(its.id == slot.id for _, its in self.own.get(who, ()))
        here = here or tx.one(q.LIVE_IN_SLOT, {"slot": slot.id, "citizen": who}) is not None
        facts = facts_of(known, programme, slot, wish.party, tx.now, in_slot=here)
        shared = ledger.shared_rows(tx, slot, wish.options)
        seen = evolve(
            slot,
            booked=slot.booked + self.places[slot.id],
            shared=[
                ledger.shared_of(evolve(row, booked=row.booked + self.units[row.pool]), wish.options)
                for row in shared
            ],
        )
        reasons = check(programme.policy, seen, facts, tx.now, business_day=desk.business_day)
        reasons += option_reasons(programme.offered, slot.name, wish.options)
        firm = split(reasons)[1] if wish.reason else reasons
        if firm and not (wish.reason and {each.code for each in firm} == {_FULL}):
            return firm
        self._take(tx, programme, slot, wish, who)
        for row in shared:
            pool = ledger.shared_of(row, wish.options)
            self.units[row.pool] += pool.needs(programme.places(wish.party))
        return ()

    def _take(self, tx: Transaction, programme: Programme, slot: Slot, wish: Wish, who: str) -> None:
        self.places[slot.id] += programme.places(wish.party)
        booking = new_booking(tx, programme, slot, who, wish.party, hold=False)
        self.own.setdefault(who, []).append((booking, slot))

    def _person(self, tx: Transaction, wish: Wish) -> str:
        """Whose bookings count together: of one name and number; whoever lacks either is one person for each row."""
        contact = wish.contact
        if not (contact.digits and contact.label.strip()):
            return tx.new_id()
        return merging.find_contact(tx, contact) or f"{contact.label}\n{contact.digits}"


def _changed(change: Change) -> tuple[str, str, str] | None:
    before, after = change.before or {}, change.after or {}
    forgotten = {
        name for name in ("label", "phone") if before.get(name) is None
    }  # after 90 days, or they have joined
    name = next((name for name in after if after[name] != before.get(name) and name not in forgotten), "")
    return (name, "取り込んだ予約は、取込では変えられません", _ONE_BY_ONE) if name else None
