"""govline's own form of a calendar: YAML that a clerk can read and a program can write.

areas:
  みどり:
    よみ: みどり
    センター: 北工場
    収集日: {燃やすごみ: 月 木, 資源: 第2・4水曜}
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from govline.calendar.garbage.area_table import AreaTable
from govline.calendar.garbage.editions import PlainArea
from govline.calendar.garbage.long_table import LongCell, LongReader
from govline.errors import FileError

__all__ = ["read_yaml", "write_yaml"]

_READING, _CENTER, _DAYS = "よみ", "センター", "収集日"
_KEYS: Final = frozenset((_READING, _CENTER, _DAYS))
_LARGEST: Final = 4_000_000


def read_yaml(path: Path) -> AreaTable:
    """Read `areas:` of a YAML file; rows are its lines.

    Raises:
        FileError: GL-2021, no YAML, too large, or not of this form.
    """
    from ruamel.yaml.comments import CommentedMap

    data = _loaded(path)
    areas = data.get("areas") if isinstance(data, CommentedMap) else None
    if not isinstance(areas, CommentedMap) or set(data) != {"areas"}:
        raise _wrong(path, "areas", 1)
    reader = LongReader()
    for name, own in areas.items():
        line = areas.lc.value(name)[0] + 1
        if (
            not isinstance(own, CommentedMap)
            or not set(own) <= _KEYS
            or not isinstance(own.get(_DAYS), CommentedMap)
        ):
            raise _wrong(path, f"areas.{name}", line)
        days = own[_DAYS]
        center, reading = (str(own.get(key) or "") for key in (_CENTER, _READING))
        reader.area(str(name), center, reading)
        for kind, cell in days.items():
            number = days.lc.value(kind)[0] + 1
            if isinstance(cell, dict | list):
                raise _wrong(path, f"areas.{name}.{kind}", number)
            text = "" if cell is None else str(cell)
            reader.read(LongCell(str(name), str(kind), text, center, reading), row=number, column=_DAYS)
    return reader.table()


def write_yaml(areas: Iterable[PlainArea], path: Path) -> None:
    """Write areas so that `read_yaml` reads the same names, kinds and cells."""
    from ruamel.yaml import YAML

    document = {area.name: _area(area) for area in areas}
    writer = YAML()
    writer.allow_unicode = True
    with path.open("w", encoding="utf-8") as file:
        writer.dump({"areas": document}, file)


def _area(area: PlainArea) -> dict[str, Any]:
    own = {_READING: area.reading, _CENTER: area.center}
    return {**{key: text for key, text in own.items() if text}, _DAYS: dict(area.cells)}


def _loaded(path: Path) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    data = path.read_bytes()
    if len(data) > _LARGEST:
        raise FileError("the file is too large", code="GL-2021", place={"file": path.name})
    reader = YAML(typ="rt", pure=True)
    try:
        return reader.load(data.decode("utf-8-sig"))
    except (YAMLError, ValueError, RecursionError) as error:
        raise FileError("this is no YAML", code="GL-2021", place={"file": path.name}) from error


def _wrong(path: Path, key: str, line: int) -> FileError:
    return FileError(
        "not of the form areas: {NAME: {収集日: {KIND: CELL}}}",
        code="GL-2021",
        hint="keys of an area: よみ, センター, 収集日",
        place={"file": path.name, "row": line, "key": key},
    )
