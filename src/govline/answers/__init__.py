"""回答: what goes where, what the town is asked often, and links, found in Japanese as people type it. Search needs no database."""

from typing import TYPE_CHECKING, Any

from govline.answers.engine import search
from govline.answers.index import Index
from govline.answers.model import ANSWERED, Choice, Found, Item, ItemKind, Narrowing, Result
from govline.answers.readers import ItemTable, Problem, read_items
from govline.answers.readings import NoReader, Reader, SudachiReader, best_reader
from govline.answers.synonyms import GENERAL, Synonyms

if TYPE_CHECKING:
    from govline.answers.feature import AnswersConfig, AnswersFeature
    from govline.answers.service import Answers

__all__ = [
    "ANSWERED",
    "GENERAL",
    "Answers",
    "AnswersConfig",
    "AnswersFeature",
    "Choice",
    "Found",
    "Index",
    "Item",
    "ItemKind",
    "ItemTable",
    "Narrowing",
    "NoReader",
    "Problem",
    "Reader",
    "Result",
    "SudachiReader",
    "Synonyms",
    "best_reader",
    "read_items",
    "search",
]

_LAZY = {
    "Answers": "govline.answers.service",
    "AnswersConfig": "govline.answers.feature",
    "AnswersFeature": "govline.answers.feature",
}


def __getattr__(name: str) -> Any:
    """Loads what needs the store only when it is asked for."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_LAZY[name]), name)
