"""A citizen chooses the language of the town's answers: 「言葉」, "language", or the language's own name."""

from collections.abc import Mapping, Sequence
from typing import Final

from govline.core import Input, Message, Responder, TalkContext, Transaction
from govline.core.messages import Text, choices
from govline.core.text import normalize
from govline.core.texts import Texts

__all__ = ["LANGUAGES", "language_choice"]

LANGUAGES: Final[Mapping[str, str]] = {"日本語": "ja", "English": "en", "やさしい日本語": "ja-easy"}
"""What a citizen taps, and the locale that it means."""
_ASKING: Final = frozenset(
    {"言語", "言葉", "ことば", "language", "languages", "言語設定", "やさしいにほんご"}
)
_NAMES: Final = {normalize(name).lower(): locale for name, locale in LANGUAGES.items()}


def language_choice(texts: Texts) -> Responder:
    """Answers whoever asks for another language, before a talk hears the word."""

    def respond(tx: Transaction, context: TalkContext, said: Input) -> Sequence[Message] | None:
        from govline.store import languages  # loaded with the first word, not with the City

        word = normalize(said.text).lower() if said.kind == "text" else ""
        if word in _ASKING:
            return [Text(texts.get("talk.language_ask"), quick=choices([*LANGUAGES]))]
        locale = _NAMES.get(word)
        if locale is None:
            return None
        languages.choose(tx, context.citizen, locale)
        return [Text(texts.get("talk.language_set", locale))]

    return Responder("city.language", "keyword", respond)
