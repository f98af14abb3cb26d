"""The eligibility list as a file of staff: `govline import eligible-PROGRAMME FILE`. Numbers and birth dates are hashed as they are read.

What a file says of them is never stored, kept for an undo, reported or logged: a hash stands in its place before anything else
sees the row. An export gives the hashes back, so that reading it again changes nothing.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any, Final

from govline.calendar._queries import eligible as q
from govline.calendar._tables import eligible
from govline.calendar.eligibility import born_purpose, number_purpose, plain_number
from govline.calendar.model import Programme
from govline.core import DataClass, Dataset, Transaction
from govline.errors import ConfigError, InputError
from govline.store.rows import rows_text
from govline.store.sealing import Keyring
from govline.tabular import Change, Column, Table

__all__ = ["eligible_dataset"]

Key = tuple[Any, ...]
Values = Mapping[str, Any]
_HASHES: Final = re.compile(r"[A-Za-z0-9_-]{1,32}\.[0-9a-f]{64}( [A-Za-z0-9_-]{1,32}\.[0-9a-f]{64})*")
_OLDEST: Final = 130
_COLUMNS: Final = {each.name: each.type for each in eligible.columns}


def eligible_dataset(
    programme: Programme, keys: Callable[[], Keyring | None], today: Callable[[], date]
) -> Dataset:
    """The dataset `eligible-<programme>`.

    Args:
        programme: One with an eligibility list.
        keys: The town's keys; without them nothing can be read (GL-1122).
        today: In Japan, to find birth dates that lie ahead.
    """
    rows = _Rows(programme.id)
    return Dataset(
        f"eligible-{programme.id}",
        f"{programme.title}の対象者一覧",
        partial(_table, programme, keys, today),
        rows.page,
        find=rows.find,
        write=rows.write,
        count=rows.count,
    )


def _table(programme: Programme, keys: Callable[[], Keyring | None], today: Callable[[], date]) -> Table:
    rule = programme.policy.eligibility
    assert rule is not None  # only such programmes have the dataset
    ring = keys()
    if ring is None:
        raise ConfigError(
            "an eligibility list needs the town's keys", code="GL-1122", hint="set GOVLINE_KEYS"
        )
    hashed = partial(Column, required=True, data=DataClass.PERSONAL, format=str)
    number = partial(_number, ring, programme.id, rule.shape, rule.name)
    born = partial(_born, ring, programme.id, today)
    return Table(
        f"eligible-{programme.id}",
        [
            hashed("number", rule.name, aliases=("番号", "接種券番号", "券番号"), parse=number),
            hashed("born", "生年月日", aliases=("誕生日",), parse=born),
            Column("cohort", "区分", aliases=("対象区分", "発送回", "コホート"), max_length=40),
            Column("earlier", "前回の日", type="date", aliases=("前回接種日",)),
            Column("product", "前回の種類", aliases=("前回のワクチン", "ワクチン"), max_length=40),
            Column("until", "有効期限", type="date", aliases=("期限",)),
        ],
        key="number",
    )


def _number(keys: Keyring, programme: str, shape: str, name: str, text: str) -> str:
    if _HASHES.fullmatch(text):
        return text
    plain = plain_number(text)
    if not re.fullmatch(shape, plain):
        raise InputError(
            "no number of this list",
            code="GL-2132",
            hint=f"{name}の桁数を確かめてください。先頭の 0 が消えていれば、列を文字列にして保存し直してください",
        )
    return " ".join(keys.lookups(plain, number_purpose(programme)))


def _born(keys: Keyring, programme: str, today: Callable[[], date], text: str) -> str:
    from govline.tabular.values import parser

    if _HASHES.fullmatch(text):
        return text
    day: date = parser(Column("born", "生年月日", type="date"))(text)
    now = today()
    if not now.year - _OLDEST <= day.year or day > now:
        raise InputError(
            "no birth date", code="GL-2132", hint="生年月日が先の日か、古すぎます。年号を確かめてください"
        )
    return " ".join(keys.lookups(day.isoformat(), born_purpose(programme)))


class _Rows:
    """Reads and writes pages of one programme's list."""

    def __init__(self, programme: str) -> None:
        self._programme = programme

    def page(self, tx: Transaction, after: Key | None, limit: int) -> Sequence[Values]:
        """Rows in order of their hashes."""
        terms = {"programme": self._programme, "after": after[0] if after else "", "limit": limit}
        return [_values(entry) for entry in tx.all(q.ENTRIES_AFTER, terms)]

    def find(self, tx: Transaction, keys: Sequence[Key]) -> Mapping[Key, Values]:
        """The rows of these numbers, under whichever of the town's keys they were hashed."""
        standing = self._entries(tx, keys)
        return {
            key: {**_values(entry), "number": key[0]}
            for key in keys
            if (entry := _of(standing, key)) is not None and not entry.withdrawn
        }

    def count(self, tx: Transaction) -> int:
        """Rows that stand."""
        return sum(rows for _, rows, _, _ in tx.all(q.COHORTS, {"programme": self._programme}))

    def write(self, tx: Transaction, changes: Sequence[Change]) -> None:
        """Add and change rows; one that is taken away can be claimed no more, bookings on it stay."""
        standing = self._entries(tx, [change.key for change in changes])
        new = []
        for change in changes:
            entry = _of(standing, change.key)
            values = change.after or change.before
            assert values is not None  # a change has one of them
            if entry is None:
                new.append(self._row(tx, change.key, values))
            else:
                tx.write(q.CHANGE_ENTRY, _changed(entry, change.key, values, gone=change.after is None))
        if new:
            tx.write(q.ADD_ENTRIES, {"rows": rows_text(_COLUMNS, new)})

    def _entries(self, tx: Transaction, keys: Sequence[Key]) -> dict[str, q.Entry]:
        numbers = sorted({number for key in keys for number in key[0].split()})
        terms = {"programme": self._programme, "numbers": json.dumps(numbers)}
        return {entry.number: entry for entry in tx.all(q.FIND_ENTRY, terms)} if numbers else {}

    def _row(self, tx: Transaction, key: Key, values: Values) -> dict[str, Any]:
        return {
            "id": tx.new_id(),
            "programme": self._programme,
            "number": _first(key[0]),
            "born": _first(values["born"]),
            "cohort": values.get("cohort") or "",
            "earlier_on": values.get("earlier"),
            "product": values.get("product") or "",
            "good_until": values.get("until"),
            "withdrawn": False,
            "citizen": None,
            "claimed_at": None,
        }


def _of(standing: Mapping[str, q.Entry], key: Key) -> q.Entry | None:
    return next((standing[number] for number in key[0].split() if number in standing), None)


def _first(hashes: str) -> str:
    """The hash under the newest key: a list that is read again moves to it."""
    return hashes.split(maxsplit=1)[0]


def _values(entry: q.Entry) -> dict[str, Any]:
    return {
        "number": entry.number,
        "born": entry.born,
        "cohort": entry.cohort or None,
        "earlier": entry.earlier,
        "product": entry.product or None,
        "until": entry.until,
    }


def _changed(entry: q.Entry, key: Key, values: Values, *, gone: bool) -> dict[str, Any]:
    return {
        "entry": entry.id,
        "number_": _first(key[0]),
        "birth": _first(values["born"]),
        "class_": values.get("cohort") or "",
        "earlier": values.get("earlier"),
        "of_product": values.get("product") or "",
        "until": values.get("until"),
        "gone": gone,
    }
