"""The catalogue: three languages, replaceable, strict about keys and placeholders."""

import pytest

from govline.core.texts import DEFAULT_TEXTS, LOCALES, Texts
from govline.errors import ConfigError, InputError

FULL = {"calendar.full": {"ja": "{day}は満員です", "en": "{day} is full"}}


@pytest.mark.parametrize("key", DEFAULT_TEXTS)
def test_every_text_of_the_router_has_every_language(key):
    assert set(DEFAULT_TEXTS[key]) == set(LOCALES)
    assert len({Texts().get(key, locale) for locale in LOCALES}) == len(LOCALES)


def test_a_room_adds_and_a_town_replaces():
    texts = (
        Texts()
        .with_defaults(FULL)
        .with_overrides({"calendar.full": "{day}はいっぱいです", "talk.error": {"en": "Oops"}})
    )
    assert texts.get("calendar.full", day="22日") == "22日はいっぱいです"
    assert texts.get("calendar.full", "en", day="22") == "22 is full"
    assert texts.get("talk.error", "en") == "Oops"
    assert texts.get("talk.error") == DEFAULT_TEXTS["talk.error"]["ja"]
    again = texts.with_overrides({"talk.error": "こまりました"})
    assert (again.get("talk.error"), again.get("talk.error", "en")) == ("こまりました", "Oops")
    assert "calendar.full" in again.keys()  # noqa: SIM118 - keys() is the public list


def test_constructor_takes_overrides():
    assert Texts({"talk.cancelled": "とりやめました"}).get("talk.cancelled") == "とりやめました"


def test_locales_fall_back_part_by_part():
    texts = Texts({"talk.cancelled": {"zh": "已取消", "zh-TW": "已取消(TW)"}})
    assert texts.get("talk.cancelled", "zh-TW") == "已取消(TW)"
    assert texts.get("talk.cancelled", "zh-CN") == "已取消"
    assert texts.get("talk.cancelled", "en-US") == "Cancelled."
    assert texts.get("talk.cancelled", "ko") == "中止しました。"
    assert Texts({"talk.cancelled": "x"}).get("talk.cancelled", "ja-easy") == "やめました。"


@pytest.mark.parametrize(
    "overrides",
    [
        {"talk.unknwon": "x"},
        {"talk.error": ""},
        {"talk.error": {"日本語": "x"}},
        {"talk.error": {"ja": 3}},
        {"talk.error": "{who}さん"},
        {"calendar.full": "{date}"},
    ],
)
def test_a_wrong_override_is_refused_when_it_is_loaded(overrides):
    with pytest.raises(ConfigError) as caught:
        Texts(overrides, {**DEFAULT_TEXTS, **FULL})
    assert caught.value.code == "GL-0004"
    assert caught.value.place["text"] in overrides


def test_a_default_needs_japanese():
    with pytest.raises(ConfigError):
        Texts().with_defaults({"x": {"en": "x"}})


def test_two_rooms_cannot_share_a_key():
    texts = Texts().with_defaults(FULL).with_defaults(FULL)
    with pytest.raises(ConfigError):
        texts.with_defaults({"calendar.full": {"ja": "満員"}})


def test_a_missing_key_or_value_is_an_error():
    texts = Texts().with_defaults(FULL)
    with pytest.raises(InputError) as caught:
        texts.get("calendar.gone")
    assert caught.value.place == {"key": "calendar.gone"}
    with pytest.raises(InputError):
        texts.get("calendar.full")


def test_placeholders_reach_no_attribute_and_are_filled_once():
    texts = Texts().with_defaults({"x": {"ja": "{a} {a.__class__} {0} {{b}} {a!r}"}})
    assert texts.get("x", a="{b}", b="!") == "{b} {a.__class__} {0} {!} {a!r}"
