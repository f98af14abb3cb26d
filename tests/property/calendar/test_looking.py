"""What every view says is free is what may be booked in that moment, and nothing else: against a model that counts bookings only.

A town is written at random (rules that change on a day, holidays, closures, rooms with parts and time between, supplies and caps,
windows), and things happen in it at random. Then days, times, the list, the chat's offer and the pages are compared with a count of the
bookings by hand, and every slot is tried with `book`, in a unit that is rolled back.
"""

from datetime import UTC, date, datetime, time, timedelta
from itertools import count

import hypothesis.strategies as st
import pytest
from attrs import define, evolve, frozen
from hypothesis import HealthCheck, Phase, given, settings

from govline.calendar import Booking, Calendar, Refused, parse
from govline.calendar.availability import SlotState
from govline.calendar.availability import SlotState as S
from govline.calendar.closures import go_on
from govline.calendar.pages.browsing import Browsing
from govline.calendar.talk.picker import Page, ask
from govline.calendar.wording.pages import PAGE_TEXTS
from govline.calendar.wording.talk import CALENDAR_TEXTS
from govline.core import Actor, FixedClock
from govline.core.jst import JST, to_jst
from govline.core.pages import Grid, PageRequest
from govline.core.texts import Texts

CLERK = Actor("staff", "s-1", "counter")
TODAY = date(2026, 12, 28)
NOW = datetime.combine(TODAY, time(7), JST).astimezone(UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LAST = TODAY + 16 * DAY
HOLIDAYS = {date(2027, 1, 1), date(2027, 1, 11)}
NEW_RULES = date(2027, 1, 6)
HOLD = timedelta(minutes=10)
FIRST_RIGHT = timedelta(hours=30)
PARTS = {"全面": ["A面", "B面"]}
PEOPLE = ("a", "b")
TEXTS = Texts(defaults={**CALENDAR_TEXTS, **PAGE_TEXTS})
REQUEST = Actor("citizen", "a", "line")

# --- towns ---

HOURS = st.lists(
    st.sampled_from(["9:00-12:00", "11:00-12:00", "12:20-13:30", "13:00-15:00", "22:00-25:00", "0:30-2:00"]),
    min_size=1,
    max_size=3,
    unique=True,
)
WINDOWS = [
    {"name": "先行", "opens_days_before": 7, "closes": "2027-01-02 12:00"},
    {"name": "一般", "opens": "2026-12-28 15:00", "opens_days_before": 4},
]
WEEKDAYS = st.sampled_from(["平日", "月〜日", "火土", "月金日"])


@st.composite
def _slots(draw, names, *, rolling):
    when = {"rolling": draw(st.integers(2, 12))} if rolling else {"dates": f"{TODAY}/{LAST}"}
    times, weekdays = draw(HOURS), draw(WEEKDAYS)
    return [{**when, "times": times, "weekdays": weekdays, "name": name} for name in names]


@st.composite
def towns(draw):
    """A programme as a clerk writes it."""
    rooms = draw(st.booleans())
    names = draw(st.sampled_from([["全面", "A面", "B面"], ["A面"]] if rooms else [[""], ["窓口1", "窓口2"]]))
    rolling = draw(st.booleans())
    written = {
        "programme": "p",
        "capacity": 1 if rooms else draw(st.integers(1, 6)),
        "slots": draw(_slots(names, rolling=rolling)),
        "closed": draw(st.sampled_from([[], ["2026-12-30/2027-01-02"], ["2027-01-06"]])),
        "closed_on_holidays": draw(st.booleans()),
        "per_group": rooms,
    }
    if rooms:
        written["parts"] = PARTS if len(names) > 1 else {}
        written["between_minutes"] = draw(st.sampled_from([0, 30, 90]))
    if draw(st.booleans()):
        edition = {"from": str(NEW_RULES), "slots": draw(_slots(names, rolling=rolling))}
        written["editions"] = [edition | ({} if rooms else {"capacity": draw(st.integers(1, 4))})]
    written["pools"] = [
        {
            "name": f"資源{number}",
            "capacity": draw(st.integers(1, 8)),
            "per": draw(st.sampled_from(["programme", "month", "day", "time"])),
            "counts": draw(st.sampled_from(["places", "bookings"])),
            "slots": draw(st.sampled_from([[], names[:1]])),
        }
        for number in range(draw(st.integers(0, 2)))
    ]
    written["policy"] = {
        "hold_minutes": 10,
        **draw(
            st.sampled_from([{}, {"opens_days_before": 5}, {"opens_days_before": 3, "opens_at": "12:00"}])
        ),
        **draw(
            st.sampled_from(
                [{}, {"book_until": "2時間前"}, {"book_until": "前日 17:00"}, {"book_until": "1日前"}]
            )
        ),
        **draw(st.sampled_from([{}, {}, {"closes": "2027-01-05 12:00"}, {"opens": "2026-12-29 09:00"}])),
        **draw(st.sampled_from([{}, {}, {"windows": WINDOWS[:1]}, {"windows": WINDOWS}])),
        **draw(st.sampled_from([{}, {"max_party": 3}])),
        **draw(st.sampled_from([{}, {"limit": 1}, {"limit": 2}])),
    }
    return written


N = st.integers(0, 200)
PARTY = st.integers(1, 4)
HAPPENINGS = st.lists(
    st.one_of(
        st.tuples(
            st.just("take"), N, st.sampled_from(["book", "hold"]), st.sampled_from([None, *PEOPLE]), PARTY
        ),
        st.tuples(
            st.just("take"), N, st.sampled_from(["book", "hold"]), st.sampled_from([None, *PEOPLE]), PARTY
        ),
        st.tuples(st.just("take"), st.integers(0, 4), st.sampled_from(["book", "hold"]), st.none(), PARTY),
        st.tuples(st.just("cancel"), N),
        st.tuples(st.just("confirm"), N),
        st.tuples(st.just("change"), N, N),
        st.tuples(st.just("close"), N, st.integers(0, 3)),
        st.tuples(st.just("reopen"), N),
        st.tuples(st.just("end_closure"), N),
        st.tuples(st.just("shut"), N, st.booleans()),
        st.tuples(st.just("set_places"), N, st.integers(0, 5)),
        st.tuples(st.just("wait"), st.sampled_from([HOLD, HOLD, HOUR, 3 * HOUR, 17 * HOUR, 2 * DAY])),
        st.tuples(st.just("wait"), st.sampled_from([HOLD, HOUR])),
        st.tuples(st.just("expire")),
        st.tuples(st.just("prepare")),
    ),
    min_size=1,
    max_size=14,
)

# --- the model: slots from the rules day by day, everything else counted from bookings ---


@define
class Place:
    """A slot as the rules ask for it, and what staff did to it."""

    id: str
    starts: datetime
    ends: datetime
    name: str
    capacity: int
    shut: bool = False
    closure: str = ""
    kept_until: datetime | None = None

    @property
    def day(self):
        return to_jst(self.starts).date()


@frozen
class Taken:
    """A live booking."""

    slot: str
    places: int
    person: str | None
    held_until: datetime | None = None
    displaced_by: str = ""


def minutes_of(text):
    hour, minute = map(int, text.split(":"))
    return timedelta(hours=hour, minutes=minute)


def instant(text):
    return datetime.fromisoformat(text).replace(tzinfo=JST)


def asked_for(written, today):
    """(start, end, name) to capacity, for every slot that the rules ask for on this day."""
    found = {}
    days = {"平日": {0, 1, 2, 3, 4}, "月〜日": set(range(7)), "火土": {1, 5}, "月金日": {0, 4, 6}}
    editions = [(date.min, written), *((NEW_RULES, each) for each in written.get("editions", ()))]
    for number in range(40):
        day = TODAY + number * DAY
        _, edition = [each for each in editions if each[0] <= day][-1]
        closed = any(
            date.fromisoformat(s[:10]) <= day <= date.fromisoformat(s[-10:]) for s in written["closed"]
        )
        if closed or (written["closed_on_holidays"] and day in HOLIDAYS):
            continue
        for rule in edition["slots"]:
            if day.weekday() not in days[rule["weekdays"]]:
                continue
            if not (today <= day < today + rule["rolling"] * DAY if "rolling" in rule else day <= LAST):
                continue
            for span in rule["times"]:
                start, end = (
                    datetime.combine(day, time(), JST) + minutes_of(each) for each in span.split("-")
                )
                capacity = edition.get("capacity", written["capacity"])
                found[start, end, rule["name"]] = capacity
    return found


class Model:
    """What should be true, counted from bookings only."""

    def __init__(self, written):
        self.written, self.policy = written, written["policy"]
        self.slots: dict[str, Place] = {}
        self.taken: dict[str, Taken] = {}
        self.pools = {pool["name"]: pool["capacity"] for pool in written["pools"]}
        self.between = timedelta(minutes=written.get("between_minutes", 0))

    def ordered(self):
        return sorted(self.slots.values(), key=lambda slot: (slot.starts, slot.name))

    def live(self, now):
        return [each for each in self.taken.values() if each.held_until is None or each.held_until > now]

    def needs(self, party):
        return 1 if self.written["per_group"] else party

    def used(self, slot, now):
        return sum(each.places for each in self.live(now) if each.slot == slot.id)

    def left_in_pools(self, slot, now):
        """Name, what is left, and whether each place takes one, of every supply and cap that the slot draws on."""
        spans = {"programme": "", "month": "%Y-%m", "day": "%Y-%m-%d", "time": "%Y-%m-%d %H:%M"}
        for pool in self.written["pools"]:
            if pool["slots"] and slot.name not in pool["slots"]:
                continue
            key = to_jst(slot.starts).strftime(spans[pool["per"]])
            each_place = pool["counts"] == "places"
            drawn = 0
            for each in self.live(now):
                other = self.slots[each.slot]
                counts = not pool["slots"] or other.name in pool["slots"]
                if counts and to_jst(other.starts).strftime(spans[pool["per"]]) == key:
                    drawn += each.places if each_place else 1
            yield pool["name"], self.pools[pool["name"]] - drawn, each_place

    def overlaps(self, slot, now):
        parts = self.written.get("parts", {})

        def rooms(name):
            return set(parts.get(name, [name]))

        if not (parts or self.between):
            return False
        for each in self.live(now):
            other = self.slots[each.slot]
            apart = other.starts >= slot.ends + self.between or slot.starts >= other.ends + self.between
            if other.id != slot.id and not apart and rooms(other.name) & rooms(slot.name):
                return True
        return False

    def ways(self, person, now):
        """The receptions that are not over: the programme's own, where it sets one or there are no others, and its windows.

        Nobody in particular comes in by the programme's own; by the windows where it has none.
        """
        windows = self.policy.get("windows", [])
        own = [self.policy] if not windows or {"opens", "opens_days_before"} & self.policy.keys() else []
        ends = [self.policy.get("closes", "2099-01-01 00:00")]
        return [
            way
            for way in (own or windows if person is None else (*own, *windows))
            if all(now < instant(end) for end in (*ends, way.get("closes", ends[0])))
        ]

    @staticmethod
    def opening(way, day):
        """When slots of this day open by one reception; None where it sets nothing."""
        found = [instant(way["opens"])] if "opens" in way else []
        if "opens_days_before" in way:
            at = minutes_of(way.get("opens_at", "0:00"))
            found.append(datetime.combine(day - way["opens_days_before"] * DAY, time(), JST) + at)
        return max(found, default=None)

    def opens(self, slot, person, now):
        """From when the slot can be booked; None where it can."""
        openings = [self.opening(way, slot.day) for way in self.ways(person, now)]
        first = [] if None in openings or not openings else [min(openings)]
        kept = [slot.kept_until] if slot.kept_until is not None else []
        return max((each for each in first + kept if now < each), default=None)

    def too_late(self, slot, person, now):
        until = self.policy.get("book_until")
        midnight = datetime.combine(slot.day, time(), JST)
        last = {
            None: slot.starts,
            "2時間前": slot.starts - 2 * HOUR,
            "前日 17:00": midnight - 7 * HOUR,
            "1日前": midnight,
        }[until]
        over = not self.ways(person, now)
        return over or now >= last

    def limited(self, person, now):
        if person is None or "limit" not in self.policy:
            return False
        mine = [each for each in self.live(now) if each.person == person and self.slots[each.slot].ends > now]
        return len(mine) >= self.policy["limit"]

    def look(self, slot, person, party, now):
        """The state and the free places."""
        needs = self.needs(party)
        pools = [*self.left_in_pools(slot, now)]
        free = max(slot.capacity - self.used(slot, now), 0)
        shown = min([free, *(max(left, 0) for _, left, each_place in pools if each_place)])
        mine = person is not None and any(
            each.person == person and each.slot == slot.id for each in self.live(now)
        )
        against = {
            S.CLOSED: slot.shut or bool(slot.closure),
            S.OVER: now >= slot.starts,
            S.MINE: mine,
            S.CUT_OFF: self.too_late(slot, person, now),
            S.NOT_YET: self.opens(slot, person, now) is not None,
            S.FULL: needs > free,
            S.BLOCKED: self.overlaps(slot, now),
            S.SHORT: any(left < (needs if each_place else 1) for _, left, each_place in pools),
            S.REFUSED: party > self.policy.get("max_party", 99) or self.limited(person, now),
        }
        stands = [state for state, found in against.items() if found]
        few = S.FEW if shown * 5 <= slot.capacity else S.OPEN
        return (stands[0] if stands else few), shown

    def days(self, person, party, now, first, last):
        """Day to (state, slots, bookable, free, opens)."""
        rows = {first + n * DAY: (None, 0, 0, 0, None) for n in range((last - first).days + 1)}
        for day in rows:
            seen = [
                (slot, *self.look(slot, person, party, now))
                for slot in self.ordered()
                if slot.day == day and (slot.capacity or self.used(slot, now))
            ]
            if not seen:
                continue
            best = min((state for _, state, _ in seen), key=[*SlotState].index)
            can = [free for _, state, free in seen if state in (S.OPEN, S.FEW)]
            openings = [self.opens(slot, person, now) for slot, state, _ in seen if state is S.NOT_YET]
            opens = min(openings) if best is S.NOT_YET else None
            rows[day] = (best, len(seen), len(can), sum(can), opens)
        return rows


# --- the town ---


class Undone(Exception):
    """Takes a unit back."""


class Town:
    """The calendar and its model, side by side."""

    def __init__(self, written, opened):
        self.clock = FixedClock(NOW)
        self.db, self.leave = opened(self.clock)
        self.calendar = Calendar([parse(written)], holiday=HOLIDAYS.__contains__)
        self.written, self.model = written, Model(written)
        self.keys = map("key-{}".format, count())
        self.closures: dict[str, tuple[datetime, list[str]]] = {}
        self.asked: dict = {}

    def close(self):
        self.db.close()
        self.leave()

    @property
    def now(self):
        return self.clock.now()

    def run(self, work, actor=CLERK):
        return self.db.run(lambda tx: work(tx, next(self.keys)), actor=actor)

    def prepare(self):
        self.db.run(self.calendar.prepare)
        rows = self.db.read(
            lambda tx: self.calendar.slots(tx, "p", since=NOW - 9 * DAY, until=NOW + 60 * DAY, limit=9_999)
        )
        for row in rows:
            if row.id not in self.model.slots:
                key = (row.starts.astimezone(JST), row.ends.astimezone(JST), row.name)
                self.asked[key] = row.id
                self.model.slots[row.id] = Place(row.id, row.starts, row.ends, row.name, row.capacity)
        wanted = asked_for(self.written, to_jst(self.now).date())
        ahead = {key: places for key, places in wanted.items() if key[0] > self.now}
        assert ahead.keys() <= self.asked.keys(), "a slot that the rules ask for has no row"
        fresh = [slot for slot in self.model.slots.values() if slot.starts > self.now]
        keys = {slot: key for key, slot in self.asked.items()}
        assert {keys[slot.id] for slot in fresh} <= ahead.keys(), "a row that no rule asks for"

    def nth(self, number):
        slots = self.model.ordered()
        return slots[number % len(slots)]

    # --- what happens ---

    def happen(self, what, *more):
        getattr(self, f"do_{what}")(*more)

    def do_take(self, number, verb, person, party):
        slot = self.nth(number)
        state, _ = self.model.look(slot, person, party, self.now)
        work = getattr(self.calendar, verb)
        answer = self.run(lambda tx, key: work(tx, slot.id, person, party=party, key=key))
        assert isinstance(answer, Booking) == state.bookable, (verb, slot, state, answer)
        self.drop_lapsed(answer)
        if isinstance(answer, Booking):
            self.model.taken[answer.id] = Taken(slot.id, answer.places, person, answer.held_until)

    def drop_lapsed(self, _):
        """A hold that ran out is nothing to the model any more."""
        for key, each in list(self.model.taken.items()):
            if each.held_until is not None and each.held_until <= self.now:
                del self.model.taken[key]

    def some(self, number):
        self.drop_lapsed(None)
        keys = sorted(self.model.taken)
        return keys[number % len(keys)] if keys else None

    def do_cancel(self, number):
        if (key := self.some(number)) is None:
            return
        answer = self.run(lambda tx, idem: self.calendar.cancel(tx, key, key=idem))
        assert isinstance(answer, Booking), answer
        del self.model.taken[key]

    def do_confirm(self, number):
        if (key := self.some(number)) is None:
            return
        row = self.model.taken[key]
        answer = self.run(lambda tx, idem: self.calendar.confirm(tx, key, key=idem))
        if isinstance(answer, Booking):
            self.model.taken[key] = evolve(row, held_until=None)
        else:
            assert row.displaced_by, answer

    def do_change(self, number, to):
        """Whether a move is allowed has a test of its own; here it only has to be counted."""
        if (key := self.some(number)) is None:
            return
        slot = self.nth(to)
        answer = self.run(lambda tx, idem: self.calendar.change(tx, key, to=slot.id, key=idem))
        if isinstance(answer, Booking):
            self.model.taken[key] = evolve(self.model.taken[key], slot=slot.id, displaced_by="")

    def do_close(self, number, instead):
        first = self.nth(number)
        day = [slot for slot in self.model.ordered() if slot.day == first.day]
        span = (day[0].starts, day[-1].starts + timedelta(minutes=1))
        others = [slot for slot in self.model.ordered() if slot.starts > span[1]][:instead]
        until = self.now + FIRST_RIGHT
        free = [
            slot.id
            for slot in others
            if not (slot.shut or slot.closure)
            and slot.starts > self.now
            and (slot.kept_until is None or slot.kept_until <= self.now)
        ]
        answer = self.run(
            lambda tx, key: self.calendar.counter.close(
                tx, "p", *span, "雪", key=key, priority_until=until, instead=[slot.id for slot in others]
            )
        )
        self.drop_lapsed(None)
        closed = [slot for slot in day if not (slot.shut or slot.closure) and slot.ends > self.now]
        assert answer.slots == len(closed)
        for slot in closed:
            slot.closure = answer.id
            for key, row in list(self.model.taken.items()):
                if row.slot == slot.id and row.held_until is not None:
                    del self.model.taken[key]
                elif row.slot == slot.id:
                    self.model.taken[key] = evolve(row, displaced_by=answer.id)
        for slot in free:
            self.model.slots[slot].kept_until = until
        self.closures[answer.id] = (until, free)

    def do_reopen(self, number):
        if not self.closures:
            return
        closure = sorted(self.closures)[number % len(self.closures)]
        _, kept = self.closures.pop(closure)
        answer = self.run(lambda tx, key: self.calendar.counter.reopen(tx, closure, "晴", key=key))
        assert not isinstance(answer, Refused), answer
        for slot in self.model.slots.values():
            if slot.closure == closure:
                slot.closure = ""
            if slot.id in kept:
                slot.kept_until = None
        for key, row in self.model.taken.items():
            if row.displaced_by == closure:
                self.model.taken[key] = evolve(row, displaced_by="")

    def do_end_closure(self, number):
        if not self.closures:
            return
        closure = sorted(self.closures)[number % len(self.closures)]
        until, _ = self.closures.pop(closure)
        self.clock.set(max(until, self.now))
        self.db.run(lambda tx: go_on(tx, self.calendar.counter.desk, {"closure": closure}))
        for key, row in list(self.model.taken.items()):
            if row.displaced_by == closure:
                del self.model.taken[key]
        for slot in self.model.slots.values():
            if slot.closure == closure:
                slot.closure, slot.shut = "", True  # for good

    def do_shut(self, number, cancelled):
        slot = self.nth(number)
        if slot.closure:
            return
        slot.shut = cancelled
        self.db.run(lambda tx: self.calendar.cancel_slot(tx, slot.id, cancelled=cancelled), actor=CLERK)

    def do_set_places(self, number, places):
        supplies = self.db.read(lambda tx: self.calendar.upkeep.supplies(tx, "p"))
        alone = [each for each in self.written["pools"] if each["per"] == "programme"]
        if number % 2 and alone:
            name = alone[0]["name"]
            (subject,) = [each.id for each in supplies if each.label == name]
            self.model.pools[name] = places
        else:
            slot = self.nth(number // 2)
            if self.written["per_group"] and places > 1:
                return
            subject = slot.id
            slot.capacity = places
        self.run(lambda tx, key: self.calendar.upkeep.set_places(tx, subject, places, reason="椅子", key=key))

    def do_wait(self, span):
        self.clock.advance(span)

    def do_expire(self):
        self.db.run(self.calendar.expire_holds)

    def do_prepare(self):
        self.prepare()

    # --- what is compared ---

    def compare(self, person, party):
        now, model = self.now, self.model
        first, last = TODAY - DAY, TODAY + 30 * DAY
        shown = [slot for slot in model.ordered() if slot.capacity or model.used(slot, now)]
        expected = {slot.id: model.look(slot, person, party, now) for slot in shown}
        with self.db.begin() as tx:
            views = self.calendar.times(tx, "p", first, last, party=party, citizen=person)
            days = self.calendar.days(tx, "p", first, last, party=party, citizen=person)
            free = self.calendar.available(tx, "p", party=party, citizen=person)
            three = self.calendar.available(tx, "p", party=party, citizen=person, limit=3)
            offer = ask(tx, self.calendar, TEXTS, Page("p", party), "?", citizen=person)
            request = PageRequest(REQUEST, person, {"party": str(party)})
            month = {**self.page_days(tx, request, "2026-12"), **self.page_days(tx, request, "2027-01")}
            on_page = {
                slot for day in sorted({s.day for s in shown}) for slot in self.page_slots(tx, request, day)
            }
        assert [view.slot.id for view in views] == [slot.id for slot in shown]
        for view, slot in zip(views, shown, strict=True):
            assert (view.state, view.free) == expected[slot.id], (slot, view)
            assert view.opens == (
                model.opens(slot, person, now) if view.state is S.NOT_YET else view.opens
            ), view
        rows = model.days(person, party, now, first, last)
        assert {d.day: (d.state, d.slots, d.bookable, d.free, d.opens) for d in days} == rows
        can = [slot.id for slot in shown if expected[slot.id][0].bookable]
        assert [slot.id for slot in free] == can
        assert [slot.id for slot in three] == can[:3]
        assert self.offered(offer) == can[:10]
        if party <= model.policy.get("max_party", 99):
            assert on_page == set(can)
            assert {day for day, state in month.items() if state in ("open", "few")} == {
                day for day, row in rows.items() if row[2] and day in month
            }
        self.try_all(shown, views, person, party)

    @staticmethod
    def offered(question):
        if question is None:
            return []
        quick = question.messages[-1].quick
        actions = [getattr(each, "action", each) for each in quick]
        return [each.data for each in actions if not each.data.startswith("calendar:")]

    def page_days(self, tx, request, month):
        pages = Browsing(self.calendar, TEXTS)
        view = pages.month(tx, evolve(request, query={**request.query, "month": month}))
        (grid,) = [block for block in view.blocks if isinstance(block, Grid)]
        words = {TEXTS.get(f"calendar.state.{state}", "ja"): state.value for state in SlotState}
        return {
            date.fromisoformat(f"{month}-{int(cell.lead):02d}"): words.get(cell.text)
            for row in grid.rows
            for cell in row
            if cell.lead
        }

    def page_slots(self, tx, request, day):
        pages = Browsing(self.calendar, TEXTS)
        view = pages.day(tx, evolve(request, query={**request.query, "day": str(day)}))
        grids = [block for block in view.blocks if isinstance(block, Grid)]
        return [cell.link.query["slot"] for grid in grids for row in grid.rows for cell in row if cell.link]

    def try_all(self, shown, views, person, party):
        """Book every slot in a unit that is taken back: the same answer as the views gave."""
        for slot, view in zip(shown, views, strict=True):
            said = {}

            def trial(tx, slot=slot, said=said):
                said["may"] = self.calendar.can_book(tx, slot.id, person, party=party)
                said["did"] = self.calendar.book(tx, slot.id, person, party=party, key="trial")
                raise Undone

            with pytest.raises(Undone):
                self.db.run(trial)
            may, did = said["may"], said["did"]
            assert bool(may) == isinstance(did, Booking) == view.state.bookable, (slot, view, did)
            if not view.state.bookable:
                assert did.reasons == view.reasons, (slot, view, did)
                assert may.reasons == did.reasons


def play(opened, written, happenings, looks):
    town = Town(written, opened)
    try:
        town.prepare()
        if not town.model.slots:
            return
        for number, happening in enumerate(happenings):
            town.happen(*happening)
            if number % 5 == 4:
                town.compare(*looks[0])
        for person, party in looks:
            town.compare(person, party)
        with town.db.begin() as tx:
            assert town.calendar.reconcile(tx) == []
    finally:
        town.close()


@pytest.mark.parametrize(("engine", "examples"), [("sqlite", 60), ("postgres", 6)])
def test_what_is_shown_as_free_is_what_can_be_booked(request, engine, examples):
    opened = request.getfixturevalue(f"{engine}_town")

    @settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
        report_multiple_bugs=False,
    )
    @given(
        written=towns(),
        happenings=HAPPENINGS,
        looks=st.tuples(st.tuples(st.none(), PARTY), st.tuples(st.sampled_from(PEOPLE), PARTY)),
    )
    def check(written, happenings, looks):
        play(opened, written, happenings, looks)

    check()
