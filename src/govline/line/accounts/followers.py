"""The people whom an existing account has as friends become citizens: asked of LINE page by page, or from a list of ids.

Resumable and idempotent: each page and the place behind it commit together, and who is known already stays who they are.
"""

import csv
import io
import re
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final, Protocol

from attrs import frozen

from govline.core import ALLOW_ALL, SYSTEM, Actor, PolicyPort, Ref, Transaction
from govline.errors import FileError, InputError, LineError, StoreError
from govline.line.account import FollowerPage
from govline.line.accounts import _queries as q
from govline.line.accounts._queries import Progress
from govline.line.limiter import Gate, Limiter
from govline.store import Database, friends
from govline.store._reach import keyring

__all__ = ["FollowerSource", "Imported", "import_followers", "import_ids", "may_import", "read_ids"]

_NAME: Final = "followers"
_CONTEXT: Final = f"account.import:{_NAME}"
_STALE: Final = timedelta(
    hours=24
)  # how long LINE's continuation token lives is unconfirmed: begin again, nothing is doubled
_UNIT: Final = 500
_USER: Final = re.compile(r"U[0-9a-f]{32}")
_HEADERS: Final = frozenset(
    {"userid", "user_id", "line_user_id", "lineuserid", "uid", "id", "ユーザーid", "lineid", "line id"}
)


class FollowerSource(Protocol):
    """What gives follower ids a page at a time: `AccountClient`."""

    def followers(self, start: str = "", limit: int = 1000) -> FollowerPage:
        """A page, from the continuation token of the page before."""
        ...


@frozen
class Imported:
    """What an import did, resumed parts included.

    Args:
        new: Citizens made. `known`: those there before. `unblocked`: of these, friends again after a block.
        pages: Asked of LINE. `finished`: False where `max_pages` came first; the next call goes on from there.
    """

    new: int = 0
    known: int = 0
    unblocked: int = 0
    pages: int = 0
    finished: bool = True


def import_followers(
    db: Database,
    source: FollowerSource,
    *,
    max_pages: int = 10_000,
    gate: Gate | None = None,
    wait: Callable[[float], None] = time.sleep,
    actor: Actor = SYSTEM,
    policy: PolicyPort = ALLOW_ALL,
) -> Imported:
    """Ask LINE for all friends of the account and make them citizens; goes on where an interrupted import stopped.

    Args:
        source: Asks LINE; outside any transaction.
        max_pages: Of 1,000 people each, in this call.
        gate: The channel's limiter; one of its own where omitted.
        wait: Sleeps, when the limiter says so.
        actor: Who imports; stands in the audit. `policy`: is asked for `data.import`.

    Raises:
        InputError: The policy's code, the actor may not import.
        LineError: GL-8048 the account may not ask (403); GL-8000 LINE refused or was not reached: call again later.
        ConfigError: GL-1122 the database was opened without keys.
    """
    may_import(policy, actor)
    gate = gate or Limiter()
    progress = db.run(_begin, actor=actor)
    for _ in range(max_pages):
        while (turn := gate.reserve("followers")).refused:
            wait(turn.refused)
        asked, start = db.clock.now(), _open(db, progress.next_page)
        page = turn.call(partial(_ask, source, start))
        store = _storing(progress, page, asked)
        progress = db.run(store, actor=actor)
        if progress.state == "done":
            break
    done = progress.state == "done"
    return Imported(progress.new, progress.known, progress.unblocked, progress.page, done)


def import_ids(
    db: Database,
    path: Path,
    *,
    dry_run: bool = False,
    actor: Actor = SYSTEM,
    policy: PolicyPort = ALLOW_ALL,
) -> Imported:
    """Make everybody of a file of LINE userIds a citizen; see `read_ids`.

    Args:
        dry_run: Say what would happen and write nothing.
        actor: Who imports; stands in the audit. `policy`: is asked for `data.import`.

    Raises:
        InputError: The policy's code, the actor may not import.
        FileError: GL-8053, a line holds no userId; nothing was written.
    """
    may_import(policy, actor)
    users = read_ids(path)
    asked = db.clock.now()
    total = friends.Added()
    for start in range(0, len(users), _UNIT):
        part = users[start : start + _UNIT]
        if dry_run:
            known = db.read(lambda tx, some=part: friends.known(tx, some))  # type: ignore[misc]  # bound at once
            total += friends.Added(len(part) - known, known)
        else:
            total += db.run(lambda tx, some=part: friends.add(tx, some, as_of=asked))  # type: ignore[misc]  # bound at once
    if not dry_run:
        told = {"new": total.new, "known": total.known}
        db.run(lambda tx: tx.audit("account.import", Ref("account.import", "file"), told), actor=actor)
    return Imported(total.new, total.known, total.unblocked)


def may_import(policy: PolicyPort, actor: Actor) -> None:
    """Raise `InputError` with the policy's code where the actor may not `data.import`."""
    reason = policy.refuses(actor, "data.import")
    if reason is not None:
        raise InputError(reason.text, code=reason.code, place={"verb": "data.import"})


def read_ids(path: Path) -> list[str]:
    """The LINE userIds of a text or CSV file, each once: one a line, or the column that is headed userId.

    Raises:
        FileError: GL-8053, it cannot be read or a line holds no userId; the line's number is named, never the value.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as cause:
        raise _bad(path, "the file cannot be read", "save it as UTF-8 text") from cause
    rows = [(number, row) for number, row in _rows(path, text) if any(cell.strip() for cell in row)]
    if not rows:
        raise _bad(path, "the file is empty", "one LINE userId a line")
    headers = [cell.strip().casefold() for cell in rows[0][1]]
    column = next((at for at, name in enumerate(headers) if name in _HEADERS), None)
    body = rows if column is None else rows[1:]
    return list(dict.fromkeys(_user(path, number, row, column or 0) for number, row in body))


def _rows(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as cause:
        raise _bad(path, "the file is no CSV", "one LINE userId a line", reader.line_num) from cause


def _user(path: Path, number: int, row: list[str], column: int) -> str:
    value = row[column].strip() if column < len(row) else ""
    if not _USER.fullmatch(value):
        raise _bad(
            path, "no LINE userId stands there", "U and 32 digits 0-9 a-f, in a column headed userId", number
        )
    return value


def _bad(path: Path, said: str, hint: str, line: int | None = None) -> FileError:
    place = {"file": path.name, **({"line": line} if line is not None else {})}
    return FileError(said, code="GL-8053", hint=hint, place=place)


def _begin(tx: Transaction) -> Progress:
    """The import that is under way, or a fresh one where the last has ended or LINE may have forgotten its place."""
    fresh = {"next_page": "", "page": 0, "new": 0, "known": 0, "unblocked": 0, "state": "open"}
    tx.write(q.BEGIN_IMPORT, {"name": _NAME, **fresh, "began": tx.now, "touched": tx.now})
    there = _read(tx)
    if there.state == "done" or tx.now - there.touched >= _STALE:
        tx.write(q.BEGIN_AGAIN, {"of": _NAME, "seen": there.touched, "now": tx.now})
        there = _read(tx)
    return there


def _storing(at: Progress, page: FollowerPage, asked: datetime) -> Callable[[Transaction], Progress]:
    return lambda tx: _store(tx, at, page, asked)


def _store(tx: Transaction, at: Progress, page: FollowerPage, asked: datetime) -> Progress:
    """A page and the place behind it; nothing where another importer has stored it first."""
    added = friends.add(tx, page.users, as_of=asked)
    behind = keyring(tx).seal(page.next.encode(), _CONTEXT) if page.next else ""
    step = {
        "of": _NAME,
        "seen_page": at.page,
        "behind": behind,
        "more_new": added.new,
        "more_known": added.known,
        "more_unblocked": added.unblocked,
        "to": "open" if page.next else "done",
        "now": tx.now,
    }
    if tx.write(q.PASS_PAGE, step) and not page.next:
        there = _read(tx)
        tx.audit("account.import", Ref("account.import", _NAME), {"new": there.new, "known": there.known})
    return _read(tx)


def _read(tx: Transaction) -> Progress:
    found: Progress | None = tx.one(q.READ_IMPORT, {"of": _NAME})
    assert found is not None
    return found


def _open(db: Database, sealed: str) -> str:
    """The place to go on from; the beginning where it was sealed under a key that is gone, which doubles nobody."""
    try:
        return db.read(lambda tx: keyring(tx).open(sealed, _CONTEXT).decode()) if sealed else ""
    except StoreError:
        return ""


def _ask(source: FollowerSource, start: str) -> FollowerPage:
    try:
        return source.followers(start, 1000)
    except LineError as error:
        if error.place.get("status") != 403:
            raise
        raise LineError(
            "LINE does not give this account its follower ids",
            code="GL-8048",
            hint="only verified and premium accounts may ask; a list of ids can be imported, and whoever writes becomes known",
            place=error.place,
        ) from None
