"""Every reason says itself in the citizen's language: no sentence of a refusal stands anywhere but in the catalogue."""

import ast
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from govline.calendar import reasons
from govline.calendar.model import CitizenFacts, Policy, SlotFacts
from govline.calendar.reasons import because, worded
from govline.calendar.rules import check
from govline.calendar.terms import Ages, Condition, Limit, Standing, Who
from govline.calendar.wording.reasons import CODES, PREFIX, REASON_TEXTS
from govline.calendar.wording.talk import CALENDAR_TEXTS
from govline.core.texts import LOCALES, Texts, speaking

TEXTS = Texts(defaults=CALENDAR_TEXTS)
NOON = datetime(2026, 11, 24, 3, tzinfo=UTC)
KNOWN = {
    "from": date(2026, 12, 1),
    "until": NOON,
    "since": NOON,
    "starts": NOON,
    "on": date(2026, 11, 24),
    "windows": ["65"],
    "purposes": ["x"],
    "least": 65,
}
SOURCES = sorted(Path(reasons.__file__).parent.rglob("*.py"))


def calls(name):
    """Every call of this name in the room, with the file it stands in."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
                yield path.name, node


def text_of(name, locale):
    placeholders = {
        part.split("}")[0] for said in REASON_TEXTS[PREFIX + name].values() for part in said.split("{")[1:]
    }
    reason = because(name, **{key: KNOWN.get(key, 7) for key in placeholders - {"ages", "who"}}, least=65)
    return worded([reason], TEXTS, locale)[0].text


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", CODES)
def test_every_reason_says_itself(name, locale):
    said = text_of(name, locale)
    assert "{" not in said
    assert said != text_of(name, "ja") or locale == "ja"
    assert "T0" not in said, "no instant as ISO text"


def test_no_sentence_stands_outside_the_catalogue():
    written = [(path, ast.unparse(node)) for path, node in calls("Reason") if node.args]
    from_catalogue = [each for each in written if "words(" in each[1]]  # what a page says of its own form
    assert {path for path, _ in set(written) - set(from_catalogue)} == {"reasons.py"}


def test_every_reason_of_the_code_is_in_the_catalogue_and_the_reverse():
    named = {
        constant.value
        for _, node in calls("because")
        for constant in ast.walk(node.args[0])
        if isinstance(constant, ast.Constant)
    }
    built = {name for name in CODES if name.startswith("limit_") or name.endswith("_cut_off")}
    indirect = {"expired", "attended", "missed"}  # by the booking's state
    assert set(CODES) - built - indirect <= named
    assert named - {"limit_", "_", "_cut_off"} <= set(CODES)


def test_a_town_replaces_a_sentence_in_every_language():
    own = Texts({"calendar.reason.full": {"ja": "枠が埋まりました。", "en": "Sorry, full."}}, CALENDAR_TEXTS)
    full = because("full", remaining=0)
    assert [worded([full], own, locale)[0].text for locale in LOCALES] == [
        "枠が埋まりました。",
        "Sorry, full.",
        "いっぱいです。",
    ]
    assert full.text == "満員です。"


def test_the_language_is_that_of_whoever_is_answered():
    late = because("book_cut_off", since=NOON)
    with speaking("en"):
        assert worded([late], TEXTS)[0].text == "It is too late to book this time (until Tue 24 Nov 12:00)."
    assert worded([late], TEXTS)[0].text == "予約の締切(11月24日(火) 12:00)を過ぎています。"


def test_a_stored_reason_still_speaks_every_language():
    near = because("too_near", **{"from": date(2026, 12, 1)}, limit=21)
    back = reasons.from_json(reasons.to_json(near))
    assert back == near
    assert "Tue 1 Dec" in worded([back], TEXTS, "en")[0].text
    old = reasons.from_json({"code": "GL-2103", "text": "満員です。", "help": {"remaining": 0}})
    assert worded([old], TEXTS, "en") == [old], "an answer kept from an earlier version says what it said"


@pytest.mark.parametrize(
    ("who", "said"),
    [
        (Who(ages=Ages(65), conditions=[Condition("ward", ["minato"])]), "This is for: 65 or older."),
        (Who(conditions=[Condition("ward", ["minato"])]), "This is for: people who meet its conditions."),
        (Who("Port district", conditions=[Condition("ward", ["minato"])]), "This is for: Port district."),
    ],
)
def test_for_whom_it_is(who, said):
    slot = SlotFacts(starts=NOON, capacity=1)
    facts = CitizenFacts(attributes={"birth_date": "1940-01-01", "ward": "other"})
    (reason,) = check(Policy(who=who), slot, facts, datetime(2026, 11, 1, tzinfo=UTC))
    assert worded([reason], TEXTS, "en")[0].text == said


def test_a_limit_in_a_span():
    limit = Limit(1, "rolling", days=30)
    slot = SlotFacts(starts=NOON, capacity=1, id="s")
    facts = CitizenFacts(history=[Standing("p", "s2", NOON, NOON)])
    (reason,) = check(Policy(limits=[limit]), slot, facts, datetime(2026, 11, 1, tzinfo=UTC))
    assert reason.text == "予約はお一人30日間に1件までです。"
    assert worded([reason], TEXTS, "en")[0].text == "Bookings per person in 30 days: up to 1."
