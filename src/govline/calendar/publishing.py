"""A programme from a sheet to the town: its YAML file and its slots, both or neither; what would come of it can be seen before.

The file in `calendars/` is where a programme lives: the town's data, readable, comparable, and read again whenever the town opens.
"""

import os
import secrets
import shutil
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from govline.calendar.definition import parse, read_yaml
from govline.calendar.layout import Layout
from govline.calendar.model import Programme
from govline.calendar.service import Calendar
from govline.core import Actor, Ref, Transaction
from govline.errors import FileError

if TYPE_CHECKING:
    from govline.store import Database

__all__ = ["file_of", "publish", "try_out"]


@frozen
class _Undo(Exception):
    """Takes a trial back; carries what it found."""

    layout: Layout


def file_of(folder: Path, programme: str) -> Path:
    """The file in which the programme stands, or would stand."""
    for path in sorted(folder.glob("*.y*ml")):
        if str(read_yaml(path).get("programme")) == programme:
            return path
    return folder / f"{programme}.yaml"


def try_out(db: "Database", calendar: Calendar, programme: Programme) -> Layout:
    """What laying the programme out would do; nothing is kept.

    Raises:
        DefinitionError: The programme cannot be.
    """

    def work(tx: Transaction) -> None:
        raise _Undo(calendar.lay_out(tx, programme.id))

    before = tuple(calendar.programmes.values())
    _adopt(calendar, programme)
    try:
        db.run(work)
    except _Undo as undone:
        return undone.layout
    finally:
        calendar.adopt(before)
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
    path = file_of(folder, programme.id)
    before, standing = path.read_bytes() if path.exists() else None, tuple(calendar.programmes.values())

    def work(tx: Transaction) -> Layout:
        layout = calendar.lay_out(tx, programme.id)
        counts = {"added": layout.added, "removed": layout.removed, "conflicts": len(layout.conflicts)}
        tx.audit("calendar.publish", Ref("calendar.programme", programme.id), counts)
        return layout

    _adopt(calendar, programme)
    try:
        _write(path, _text(path, data).encode())
        return path, db.run(work, actor=actor)
    except BaseException:
        calendar.adopt(standing)
        if before is None:
            path.unlink(missing_ok=True)
        else:
            _write(path, before)
        raise


def _adopt(calendar: Calendar, programme: Programme) -> None:
    calendar.adopt([*({**calendar.programmes} | {programme.id: programme}).values()])


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
