"""Every text that a citizen reads stands in Japanese, English and やさしい日本語, with the same placeholders, easily read."""

import re

import pytest

from govline.answers.texts import ANSWERS_TEXTS
from govline.calendar.garbage.texts import GARBAGE_TEXTS
from govline.calendar.wording.pages import PAGE_TEXTS as CALENDAR_PAGES
from govline.calendar.wording.talk import CALENDAR_TEXTS
from govline.city.words import CITY_TEXTS
from govline.core.texts import DEFAULT_TEXTS, LOCALES, Texts, speaking
from govline.segments.pages import PAGE_TEXTS
from govline.web.texts import WEB_TEXTS

CATALOGUES = {
    "core": DEFAULT_TEXTS,
    "city": CITY_TEXTS,
    "calendar": CALENDAR_TEXTS,
    "calendar pages": CALENDAR_PAGES,
    "garbage": GARBAGE_TEXTS,
    "answers": ANSWERS_TEXTS,
    "segments": PAGE_TEXTS,
    "web": WEB_TEXTS,
}
PLACEHOLDER = re.compile(r"\{(\w+)\}")
READ = re.compile(r"[一-龠々]+\([ぁ-ん]+\)")
LONGEST = 50
"""Characters of a sentence in やさしい日本語."""
EASY = set("日時分年月人名下上大小中新今町市一二三四五六七八九十火水木金土本休前後間数円")
"""Kanji of the first school years, which need no reading beside them."""
ALL = [(name, key) for name, texts in CATALOGUES.items() for key in texts]


@pytest.mark.parametrize(("name", "key"), ALL)
def test_a_text_stands_in_every_language_with_the_same_placeholders(name, key):
    texts = CATALOGUES[name][key]
    assert set(LOCALES) <= set(texts)
    assert len({frozenset(PLACEHOLDER.findall(text)) for text in texts.values()}) == 1
    assert not re.search(r"[ぁ-んァ-ヶ一-龠]", PLACEHOLDER.sub("", texts["en"])), "English holds no Japanese"


@pytest.mark.parametrize(("name", "key"), [pair for pair in ALL if pair[0] != "web"])
def test_easy_japanese_is_short_and_its_kanji_are_read(name, key):
    easy = PLACEHOLDER.sub("", CATALOGUES[name][key]["ja-easy"])
    assert max(len(part) for part in re.split(r"[。?!\n]", easy)) <= LONGEST
    assert set(re.findall(r"[一-龠々]", READ.sub("", easy))) <= EASY


def test_texts_follow_the_language_of_whoever_is_answered():
    texts = Texts(defaults=CALENDAR_TEXTS)
    with speaking("en"):
        assert texts.get("calendar.yes_cancel") == "Cancel it"
        assert texts.get("calendar.yes_cancel", "ja") == "取り消す"
        with speaking("ja-easy"):
            assert texts.get("calendar.yes_cancel") == "やめる"
        assert texts.get("calendar.no_keep") == "Keep it"
    assert texts.get("calendar.yes_cancel") == "取り消す"


def test_a_town_replaces_every_text_of_every_room():
    for catalogue in CATALOGUES.values():
        own = Texts(dict.fromkeys(catalogue, "町の言葉"), catalogue)
        assert {own.get(key) for key in catalogue} == {"町の言葉"}
