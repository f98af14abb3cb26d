"""A programme from a sheet to the town: its YAML file and its slots, both or neither; what would come of it can be seen before.

The file in `calendars/` is where a programme lives: the town's data, readable, comparable, and read again whenever the town opens,
and each night. What it said before stands in `calendars/before/`, so that a publication can be taken back.
"""

import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve, frozen

from govline.calendar import _queries as q
from govline.calendar.definition import parse, read_yaml
from govline.calendar.layout import Layout
from govline.calendar.model import Programme
from govline.calendar.programme_files import announce
from govline.calendar.requests import check_key, digest_of, row_of, stored_answer
from govline.calendar.service import Calendar
from govline.calendar.turns import turn
from govline.core import Actor, Ref, Transaction
from govline.errors import FileError, InputError

if TYPE_CHECKING:
    from govline.store import Database

__all__ = ["file_of", "in_files", "publish", "take_back", "try_out", "undoable"]

_EVER: Final = (date(2000, 1, 1), date(2099, 12, 31))


class _Again(Exception):
    """The same request was answered before."""


@frozen
class _Undo(Exception):
    """Takes a trial back; carries what it found."""

    layout: Layout


def file_of(folder: Path, programme: str) -> Path:
    """The file in which the programme stands, or would stand."""
    return next((path for name, path in _files(folder) if name == programme), folder / f"{programme}.yaml")


def in_files(folder: Path) -> frozenset[str]:
    """Ids of the programmes that stand in files, each of which is read once."""
    return frozenset(name for name, _ in _files(folder))


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Whose file it is, and the file; read one after the other as they are asked for."""
    for path in sorted(folder.glob("*.y*ml")):
        yield str(read_yaml(path).get("programme")), path


def try_out(db: "Database", calendar: Calendar, programme: Programme) -> Layout:
    """What laying the programme out would do; nothing is kept, and nobody books by it meanwhile.

    Raises:
        DefinitionError: The programme cannot be.
    """

    def work(tx: Transaction) -> None:
        raise _Undo(calendar.lay_out(tx, programme))

    try:
        db.run(work)
    except _Undo as undone:
        return undone.layout
    raise AssertionError("a trial always ends in its undoing")


def publish(
    db: "Database", calendar: Calendar, folder: Path, data: Mapping[str, Any], *, actor: Actor
) -> tuple[Path, Layout]:
    """Write the programme's file and lay its slots out; where either fails, both are as before.

    Args:
        folder: Where programmes' files lie.
        data: The programme as its file says it.
        actor: Who publishes; stands in the audit.

    Raises:
        DefinitionError: The programme cannot be.
        FileError: GL-0036, the file cannot be written.
    """
    programme = parse(data)
    with turn(
        folder / "before" / ".turn"
    ):  # of two who publish at once one waits: file and slots are of one sheet
        path = file_of(folder, programme.id)
        before = path.read_bytes() if path.exists() else b""
        now = _text(path, data).encode()
        with _kept(path), _kept(_before(folder, programme.id)):
            if now != before:  # the same again, by a reload or a second click, is no publication to take back
                _write(_before(folder, programme.id), before)
                _write(path, now)
            layout = db.run(lambda tx: _laid(tx, calendar, programme, "calendar.publish"), actor=actor)
        calendar.adopt([*({**calendar.programmes} | {programme.id: programme}).values()])
        announce(folder)
    return path, layout


def undoable(folder: Path) -> tuple[str, ...]:
    """Ids of the programmes whose last publication can be taken back."""
    return tuple(sorted(path.stem for path in (folder / "before").glob("*.yaml")))


def take_back(
    db: "Database", calendar: Calendar, folder: Path, programme: str, *, actor: Actor, key: str
) -> tuple[Path, Layout]:
    """Take the last publication back, file and slots, both or neither; what was taken back can be had again the same way.

    No booking is lost: slots that are booked stand as conflicts. A programme that was published for the first time is gone
    afterwards, and is not taken back while anything is booked in it.

    Args:
        programme: Its id. `actor`: who takes it back; stands in the audit.
        key: Idempotency key; the same request again does nothing more.

    Raises:
        InputError: GL-2001, the key was used for something else; GL-2058, there is nothing to take back, or somebody has booked what was published for the first time.
        FileError: GL-0036, a file cannot be written.
    """
    with turn(folder / "before" / ".turn"):
        kept = _before(folder, programme)
        if not kept.exists():
            raise _nothing_to_take_back(programme)
        path, was = file_of(folder, programme), kept.read_bytes()
        now = path.read_bytes() if path.exists() else b""
        if was:
            old = parse(read_yaml(kept), file=path.name)
        else:
            old = evolve(parse(read_yaml(path), file=path.name), closed=[_EVER])

        def work(tx: Transaction) -> Layout:
            _once(tx, key, programme)
            return _laid(tx, calendar, old, "calendar.take_back", empty=not was)

        try:
            with _kept(path), _kept(kept):
                _write(kept, now)
                if was:
                    _write(path, was)
                else:
                    path.unlink(missing_ok=True)
                layout = db.run(work, actor=actor)
        except _Again:
            return path, Layout()
        left = {name: each for name, each in calendar.programmes.items() if name != programme}
        calendar.adopt([*left.values(), *([old] if was else [])])
        announce(folder)
    return path, layout


def _laid(
    tx: Transaction, calendar: Calendar, programme: Programme, action: str, *, empty: bool = False
) -> Layout:
    layout = calendar.lay_out(tx, programme)
    if empty and layout.conflicts:
        raise _nothing_to_take_back(programme.id)
    counts = {"added": layout.added, "removed": layout.removed, "conflicts": len(layout.conflicts)}
    tx.audit(action, Ref("calendar.programme", programme.id), counts)
    return layout


def _once(tx: Transaction, key: str, programme: str) -> None:
    """Go on, or raise `_Again` where this key was here before."""
    check_key(key)
    digest = digest_of("take_back", {"programme": programme})
    if tx.write(q.CLAIM_REQUEST, row_of(tx, key, "take_back", digest, citizen=None, answer=None)):
        return
    row = tx.one(q.REQUEST, {"request": key})
    assert row is not None  # it was in the way just now
    stored_answer(row, "take_back", digest)
    raise _Again


def _before(folder: Path, programme: str) -> Path:
    return folder / "before" / f"{programme}.yaml"


@contextmanager
def _kept(path: Path) -> Iterator[None]:
    """The file as it was, should anything go wrong."""
    before = path.read_bytes() if path.exists() else None
    try:
        yield
    except BaseException:
        if before is None:
            with suppress(OSError):  # where nothing can be made, nothing is there to take away
                path.unlink(missing_ok=True)
        else:
            _write(path, before)
        raise


def _nothing_to_take_back(programme: str) -> InputError:
    return InputError(
        "there is no publication to take back, or what it published is booked",
        code="GL-2058",
        hint="close the slots with notice, or publish a corrected sheet",
        place={"programme": programme},
    )


def _text(path: Path, data: Mapping[str, Any]) -> str:
    """The file as it will read; comments of one that stands already stay where their settings stay."""
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.default_flow_style = False
    document = read_yaml(path) if path.exists() else {}
    for name in [name for name in document if name not in data]:
        del document[name]  # type: ignore[attr-defined]  # ruamel's mapping of a file is mutable
    for name, value in data.items():
        if document.get(name) != value:
            document[name] = value  # type: ignore[index]  # as above
    text = StringIO()
    yaml.dump(document, text)
    return text.getvalue()


def _write(path: Path, data: bytes) -> None:
    """The file as a whole or as it was, on the disk before its slots are; whoever could read it still can."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with draft.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if path.exists():
                shutil.copymode(path, draft)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError:
        raise FileError(
            "the file cannot be written",
            code="GL-0036",
            hint="check its folder and rights",
            place={"file": path.name},
        ) from None
