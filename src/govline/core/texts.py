"""The catalogue of what citizens read: ja, en and やさしい日本語, every text replaceable by the town.

A room adds its texts with `Texts.with_defaults({key: {locale: text}})`, a town replaces any of them with `with_overrides`.
Placeholders are `{name}` only: no format specifications, no attribute access, so a text from YAML cannot reach into values.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, Self

from attrs import field, frozen

from govline.errors import ConfigError, InputError

__all__ = ["DEFAULT_TEXTS", "LOCALES", "Texts", "speaking", "spoken"]

LOCALES: Final = ("ja", "en", "ja-easy")
"""Locales of the built-in texts. A town may add others (`zh-TW`); they fall back: zh-TW, zh, ja."""

DEFAULT_TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "talk.unknown": {
        "ja": "申し訳ありません。内容を確認できませんでした。メニューからお選びください。",
        "en": "Sorry, I did not understand. Please choose from the menu.",
        "ja-easy": "ごめんなさい。わかりませんでした。メニューから えらんでください。",
    },
    "talk.error": {
        "ja": "申し訳ありません。処理中に問題が起きました。しばらくしてから、もう一度お試しください。",
        "en": "Sorry, something went wrong. Please try again in a little while.",
        "ja-easy": "ごめんなさい。うまく できませんでした。すこし まってから、もういちど してください。",
    },
    "talk.cancelled": {
        "ja": "中止しました。",
        "en": "Cancelled.",
        "ja-easy": "やめました。",
    },
    "talk.restarted": {
        "ja": "最初からやり直します。",
        "en": "Starting again from the beginning.",
        "ja-easy": "はじめから もういちど します。",
    },
    "talk.expired": {
        "ja": "時間が経過したため、手続きを終了しました。お手数ですが、最初からお願いします。",
        "en": "This has timed out. Please start again.",
        "ja-easy": "じかんが すぎました。はじめから もういちど してください。",
    },
    "talk.outdated": {
        "ja": "このボタンは現在ご利用になれません。メニューからお選びください。",
        "en": "This button can no longer be used. Please choose from the menu.",
        "ja-easy": "この ボタンは いま つかえません。メニューから えらんでください。",
    },
    "talk.no_files": {
        "ja": "写真やファイルは、ここでは受け取れません。",
        "en": "Photos and files cannot be received here.",
        "ja-easy": "しゃしんや ファイルは ここでは うけとれません。",
    },
    "guard.individual_number": {
        "ja": (
            "個人番号(マイナンバー)と思われる数字がありましたので、受け付けず、保存もしていません。"
            "LINEでは個人番号を送らないでください。送信したメッセージは、送信取消をお願いします。"
        ),
        "en": (
            "Your message seems to contain an Individual Number (My Number). It was not accepted and not stored. "
            "Please never send your number by LINE, and unsend that message."
        ),
        "ja-easy": (
            "マイナンバー(12この すうじ)を おくらないでください。"
            "この メッセージは うけとっていません。のこしていません。おくった メッセージを けしてください。"
        ),
    },
}

_FALLBACK: Final = "ja"
_PLACEHOLDER: Final = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_LOCALE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", re.ASCII)

_spoken: Final[ContextVar[str]] = ContextVar("govline_locale", default=_FALLBACK)


@contextmanager
def speaking(locale: str) -> Iterator[None]:
    """Let every text of the block, in whatever room it is made, be in this language where none is named."""
    before = _spoken.set(locale or _FALLBACK)
    try:
        yield
    finally:
        _spoken.reset(before)


def spoken() -> str:
    """The language of whoever is being answered; ja outside `speaking`."""
    return _spoken.get()


Catalogue = Mapping[str, Mapping[str, str]]
Overrides = Mapping[str, str | Mapping[str, str]]


def _by_locale(texts: Overrides | None) -> Catalogue:
    return {
        key: {_FALLBACK: value} if isinstance(value, str) else dict(value)
        for key, value in (texts or {}).items()
    }


@frozen
class Texts:
    """Texts by key and locale; a value, safe to share.

    Args:
        overrides: The town's own: key to text (ja), or key to locale to text. Keys must be known.
        defaults: What the rooms say; the texts of the router where omitted.

    Raises:
        ConfigError: GL-0004; an unknown key, a wrong locale, an empty text, or a placeholder that the default lacks.
    """

    overrides: Catalogue = field(default=None, converter=_by_locale, hash=False)
    defaults: Catalogue = field(default=DEFAULT_TEXTS, converter=_by_locale, hash=False)

    def __attrs_post_init__(self) -> None:
        for key, texts in self.defaults.items():
            if _FALLBACK not in texts:
                _refuse(key, "a default text needs ja", "add the Japanese text")
            _check(key, texts, None)
        for key, texts in self.overrides.items():
            if key not in self.defaults:
                _refuse(key, "no such text", "see `keys()`; is the feature in use?")
            _check(key, texts, _placeholders(self.defaults[key].values()))

    def with_defaults(self, defaults: Catalogue) -> Self:
        """The same with a room's texts beside the known ones; one key cannot say two things."""
        for key in defaults.keys() & self.defaults.keys():
            if dict(defaults[key]) != self.defaults[key]:
                _refuse(key, "two rooms use this key", "begin a key with the room's name")
        return type(self)(self.overrides, {**self.defaults, **defaults})

    def with_overrides(self, overrides: Overrides) -> Self:
        """The same with more texts of the town; a locale that is not named keeps its text."""
        merged = {
            key: {**self.overrides.get(key, {}), **texts} for key, texts in _by_locale(overrides).items()
        }
        return type(self)({**self.overrides, **merged}, self.defaults)

    def keys(self) -> tuple[str, ...]:
        """Every known key, sorted."""
        return tuple(sorted(self.defaults))

    def get(self, key: str, locale: str = "", **values: Any) -> str:
        """The text with its placeholders filled.

        Args:
            key: `talk.unknown` …
            locale: `ja`, `en`, `ja-easy` or another; falls back part by part (`en-US`, `en`), then to ja. Where omitted, the
                language of the citizen who is being answered (`speaking`), else ja.
            **values: For the placeholders; written with `str()`.

        Raises:
            InputError: GL-0004; an unknown key or a placeholder without a value.
        """
        if key not in self.defaults:
            raise InputError(
                "no such text", code="GL-0004", hint="add it by with_defaults", place={"key": key}
            )

        def filled(match: re.Match[str]) -> str:
            if match[1] not in values:
                raise InputError(
                    "a placeholder has no value", code="GL-0004", hint=f"pass {match[1]}=", place={"key": key}
                )
            return str(values[match[1]])

        return _PLACEHOLDER.sub(filled, self._text(key, locale or spoken()))

    def _text(self, key: str, locale: str) -> str:
        own, built_in = self.overrides.get(key, {}), self.defaults[key]
        while locale:
            if locale in own or locale in built_in:
                return own.get(locale) or built_in[locale]
            locale = locale.rpartition("-")[0]
        return own.get(_FALLBACK) or built_in[_FALLBACK]


def _placeholders(texts: Any) -> frozenset[str]:
    return frozenset(name for text in texts for name in _PLACEHOLDER.findall(text))


def _check(key: str, texts: Mapping[str, str], allowed: frozenset[str] | None) -> None:
    for locale, text in texts.items():
        if not _LOCALE.fullmatch(locale):
            _refuse(key, "not a locale", "ja, en, ja-easy, zh-TW …")
        if not isinstance(text, str) or not text.strip():
            _refuse(key, f"the text for {locale} is empty", "write a text, or leave the locale out")
        unknown = set() if allowed is None else _placeholders([text]) - allowed
        if unknown:
            _refuse(
                key,
                f"unknown placeholder: {', '.join(sorted(unknown))}",
                f"known: {', '.join(sorted(allowed or ()))}",
            )


def _refuse(key: str, message: str, hint: str) -> None:
    raise ConfigError(message, code="GL-0004", hint=hint, place={"text": key})
