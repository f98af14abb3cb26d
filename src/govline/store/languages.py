"""In which language a citizen reads: a preference, asked for by every answer."""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import bindparam, delete, select

from govline.core import CitizenId, Transaction
from govline.errors import InputError
from govline.store._tables import language
from govline.store._upsert import insert_unless_known
from govline.store.statement import Statement

__all__ = ["DEFAULT", "choose", "locale_of", "locales_of"]

DEFAULT: Final = "ja"
_PAGE: Final = 500
_MANY: Final = 20_000
_LONGEST: Final = 20
_c = language.c
_ALL = select(_c.citizen, _c.locale)
_READ = Statement("languages.read", select(_c.locale).where(_c.citizen == bindparam("who")))
_PUT = insert_unless_known(
    "languages.put",
    language,
    "citizen",
    change={"locale": bindparam("locale"), "at": bindparam("at", type_=_c.at.type)},
)
_DROP = Statement("languages.drop", delete(language).where(_c.citizen == bindparam("who")))


def locale_of(tx: Transaction, citizen: CitizenId) -> str:
    """The locale that the citizen chose, `ja` where they chose none."""
    row = tx.one(_READ, {"who": citizen})
    return DEFAULT if row is None else str(row[0])


def locales_of(tx: Transaction, citizens: Iterable[CitizenId]) -> dict[CitizenId, str]:
    """The locales of many citizens; those who chose none are left out.

    Few ever choose: of very many citizens, all choices are read at once instead of page by page.
    """
    wanted, found = [*citizens], dict[CitizenId, str]()
    if len(wanted) > _MANY:
        known = frozenset(wanted)
        return {row[0]: row[1] for row in tx.connection.execute(_ALL) if row[0] in known}
    for start in range(0, len(wanted), _PAGE):
        page = select(_c.citizen, _c.locale).where(_c.citizen.in_(wanted[start : start + _PAGE]))
        found.update({row[0]: row[1] for row in tx.connection.execute(page)})
    return found


def choose(tx: Transaction, citizen: CitizenId, locale: str) -> None:
    """Note the citizen's choice; Japanese needs no row.

    Raises:
        InputError: GL-0004 no locale.
    """
    if not locale or len(locale) > _LONGEST:
        raise InputError("not a locale", code="GL-0004", hint="ja, en, ja-easy, zh-TW …")
    if locale == DEFAULT:
        tx.write(_DROP, {"who": citizen})
        return
    tx.write(_PUT, {"citizen": citizen, "locale": locale, "at": tx.now})
