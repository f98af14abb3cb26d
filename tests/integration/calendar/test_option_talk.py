"""備品 in the talk: named by the scenario, said in the list, chosen on the page for what was booked just now."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from govline.calendar import Calendar, parse
from govline.calendar.pages.links import NO_PAGES, PageLinks
from govline.calendar.talk.actions import BookArgs, CalendarActions, OwnArgs
from govline.calendar.wording.options import OPTION_TEXTS
from govline.calendar.wording.pages import PAGE_TEXTS
from govline.calendar.wording.talk import CALENDAR_TEXTS
from govline.core import TalkContext
from govline.core.messages import Buttons, render
from govline.core.texts import Texts

NOW = datetime(2026, 11, 20, tzinfo=UTC)
WRITTEN = {
    "programme": "rooms",
    "label": "公民館",
    "capacity": 1,
    "slots": [{"dates": "2026-11-24/2026-11-25", "times": "10:00-11:30"}],
    "options": "マイク 2個 500円",
}


class Pages:
    def link(self, _tx, page, **_more):
        return f"https://town.example/{page}"


@pytest.fixture
def calendar(town_db):
    made = Calendar([parse(WRITTEN)])
    town_db.run(made.prepare)
    return made


@pytest.fixture
def ask(town_db, calendar):
    def work(name, args, *, pages=True, key="k"):
        texts = Texts(defaults=CALENDAR_TEXTS | PAGE_TEXTS | OPTION_TEXTS)
        links = PageLinks(Pages) if pages else NO_PAGES
        actions = {each.name: each for each in CalendarActions(calendar, texts, links=links).all()}
        context = TalkContext(citizen="a", now=NOW, key=key, step="step")
        result = town_db.run(lambda tx: actions[name].run(tx, context, args))
        if result.messages:
            render(result.messages)
        return result

    return work


def test_a_scenario_names_the_options_and_the_list_says_them(ask, town_db, calendar):
    slot, other = town_db.read(lambda tx: calendar.slots(tx, "rooms"))
    done = ask("calendar.book", BookArgs(slot=slot.id, options={"マイク": 2}))
    assert (done.outcome, done.value["options"], done.messages) == ("ok", "マイク×2", ())
    listed = ask("calendar.list", OwnArgs())
    assert "11月24日(火) 10:00 1名 マイク×2" in listed.messages[0].text
    refused = ask("calendar.book", BookArgs(slot=other.id, options={"マイク": 3}), key="l")
    assert (refused.outcome, refused.value) == ("refused", {"reasons": ["GL-2142"]})
    assert refused.messages[0].text == "この時間の「マイク」は残り2個です。"


def test_who_booked_without_any_is_led_to_the_page_of_this_booking(ask, town_db, calendar):
    slot = town_db.read(lambda tx: calendar.slots(tx, "rooms"))[0]
    done = ask("calendar.book", BookArgs(slot=slot.id))
    (message,) = done.messages
    assert isinstance(message, Buttons)
    url = urlsplit(message.actions[0].uri)
    assert (url.path, parse_qs(url.query)["booking"]) == ("/calendar/confirm", [done.value["id"]])


def test_a_town_without_pages_says_nothing_of_them(ask, town_db, calendar):
    slot = town_db.read(lambda tx: calendar.slots(tx, "rooms"))[0]
    assert ask("calendar.book", BookArgs(slot=slot.id), pages=False).messages == ()
