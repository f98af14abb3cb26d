"""Generated readings (よみ) of words in kanji: a port, and Sudachi behind it (extra `readings`)."""

import threading
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final, Protocol

from govline.answers.forms import has_kanji, is_kana
from govline.core.text import normalize
from govline.errors import MissingExtra

__all__ = ["NoReader", "Reader", "SudachiReader", "best_reader"]

_MODES: Final = ("C", "A")


class Reader(Protocol):
    """Reads words aloud: every reading that it knows, the likeliest first; nothing where it knows none."""

    def read(self, text: str) -> list[str]: ...

    def knows(self, text: str) -> bool | None:
        """Whether the text is made of words of the dictionary: then it is what was meant, and no slip. None where nobody can tell."""
        ...


class NoReader:
    """Knows no reading: search leans on the town's よみ column and on kana names."""

    def read(self, text: str) -> list[str]:  # noqa: ARG002 - the port's shape
        return []

    def knows(self, text: str) -> bool | None:  # noqa: ARG002 - the port's shape
        return None


class SudachiReader:
    """Readings by SudachiPy and its core dictionary, about 200 MB, loaded at the first word in about 0.2 s.

    Raises:
        MissingExtra: SudachiPy or its dictionary is not installed.
    """

    def __init__(self) -> None:
        if find_spec("sudachipy") is None or find_spec("sudachidict_core") is None:
            raise MissingExtra("sudachipy with sudachidict-core", "readings")
        self._lock = threading.Lock()
        self._tokenizer: Any = None
        self._modes: tuple[Any, ...] = ()

    def read(self, text: str) -> list[str]:
        """Readings as a whole word and by short units, in katakana; a text in kana alone is its own reading."""
        plain = normalize(text).encode("utf-8", "ignore").decode()  # half an emoji is no text to Sudachi
        if not plain or is_kana(plain):
            return []
        with self._lock:  # one tokenizer works for one caller at a time
            self._load()
            spoken = [self._spoken(plain, mode) for mode in self._modes]
        return list(dict.fromkeys(word for word in spoken if word))

    def knows(self, text: str) -> bool:
        """Whether it is one word of the dictionary, or several of at least two characters each; kana alone fall to pieces too easily."""
        plain = normalize(text).encode("utf-8", "ignore").decode()
        if not plain:
            return True
        with self._lock:
            self._load()
            found = list(self._tokenizer.tokenize(plain, self._modes[0]))
        if any(each.is_oov() for each in found):
            return False
        return len(found) == 1 or (not is_kana(plain) and all(len(each.surface()) > 1 for each in found))

    def _load(self) -> None:
        if self._tokenizer is None:
            sudachi: Any = import_module("sudachipy")
            self._tokenizer = sudachi.Dictionary().tokenizer()
            self._modes = tuple(getattr(sudachi.SplitMode, mode) for mode in _MODES)

    def _spoken(self, text: str, mode: Any) -> str:
        pieces = []
        for morpheme in self._tokenizer.tokenize(text, mode):
            surface, reading = morpheme.surface(), morpheme.reading_form()
            if not surface[0].isalnum():
                continue  # signs are read キゴウ
            if has_kanji(reading) or (has_kanji(surface) and not reading):
                return ""  # an unknown word: no reading is better than half of one
            pieces.append(reading or surface)
        return "".join(pieces)


def best_reader() -> Reader:
    """Sudachi where it is installed, else none."""
    try:
        return SudachiReader()
    except MissingExtra:
        return NoReader()
