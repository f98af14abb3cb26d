"""The statements of answers, built once."""

from typing import Any, Final

from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from govline.answers._tables import feeds, items, lists, unmatched
from govline.answers.model import Item
from govline.store import Statement

__all__ = [
    "ADD_ITEM",
    "CLEAR_ITEMS",
    "CLEAR_LIST",
    "FEED",
    "FORGET_UNMATCHED",
    "ITEMS",
    "ITEMS_OF",
    "LISTS",
    "LOG_UNMATCHED",
    "SAVE_FEED",
    "SAVE_LIST",
    "UNMATCHED",
    "VERSION",
]


def _save_list(build: Any) -> Any:
    made = build(lists)
    change = {name: made.excluded[name] for name in ("digest", "count", "imported_at")}
    return made.on_conflict_do_update(index_elements=["source"], set_=change)


def _save_feed(build: Any) -> Any:
    made = build(feeds)
    change = {name: made.excluded[name] for name in ("lines", "as_of", "problem")}
    return made.on_conflict_do_update(index_elements=["name"], set_=change)


def _log(build: Any) -> Any:
    made = build(unmatched)
    change = {"asked": unmatched.c.asked + 1, "last_day": made.excluded.last_day}
    return made.on_conflict_do_update(index_elements=["word"], set_=change)


CLEAR_ITEMS: Final = Statement(
    "answers.clear_items", delete(items).where(items.c.source == bindparam("which"))
)
CLEAR_LIST: Final = Statement("answers.clear_list", delete(lists).where(lists.c.source == bindparam("which")))
ADD_ITEM: Final = Statement("answers.add_item", insert(items))
SAVE_LIST: Final = Statement(
    "answers.save_list", _save_list(postgresql_insert), sqlite=_save_list(sqlite_insert)
)
VERSION: Final = Statement("answers.version", select(lists.c.source, lists.c.digest).order_by(lists.c.source))
LISTS: Final = Statement(
    "answers.lists",
    select(lists.c.source, lists.c.count, lists.c.imported_at)
    .where(lists.c.source.not_like("(file) %"))
    .order_by(lists.c.source),
)
_ITEM: Final = (
    items.c.name,
    items.c.label,
    items.c.reading,
    items.c.aliases,
    items.c.note,
    items.c.kind,
    items.c.link,
    items.c.fee,
)
ITEMS: Final = Statement("answers.items", select(*_ITEM).order_by(items.c.source, items.c.position), row=Item)
ITEMS_OF: Final = Statement(
    "answers.items_of",
    select(*_ITEM).where(items.c.source == bindparam("which")).order_by(items.c.position),
    row=Item,
)
FEED: Final = Statement(
    "answers.feed",
    select(feeds.c.lines, feeds.c.as_of, feeds.c.problem).where(feeds.c.name == bindparam("name")),
)
SAVE_FEED: Final = Statement(
    "answers.save_feed", _save_feed(postgresql_insert), sqlite=_save_feed(sqlite_insert)
)
LOG_UNMATCHED: Final = Statement("answers.log_unmatched", _log(postgresql_insert), sqlite=_log(sqlite_insert))
UNMATCHED: Final = Statement(
    "answers.unmatched",
    select(unmatched.c.word, unmatched.c.asked, unmatched.c.first_day, unmatched.c.last_day)
    .where(unmatched.c.asked >= bindparam("least", type_=unmatched.c.asked.type))
    .order_by(unmatched.c.asked.desc(), unmatched.c.word)
    .limit(bindparam("most")),
)
FORGET_UNMATCHED: Final = Statement(
    "answers.forget_unmatched",
    delete(unmatched).where(unmatched.c.last_day < bindparam("before", type_=unmatched.c.last_day.type)),
)
