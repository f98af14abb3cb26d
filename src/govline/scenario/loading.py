"""Reading a definition from a file or a text; what cannot run is refused with file, line and key."""

from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from govline.errors import DefinitionError
from govline.scenario._source import Lines, line_of, read_yaml
from govline.scenario.definition import Definition

__all__ = ["load", "load_folder", "loads"]

_SHOWN: Final = 5


def load(source: str | Path) -> Definition:
    """Read a scenario from a YAML file, or from text when `source` is a text of several lines.

    Raises:
        DefinitionError: GL-4001 not YAML, GL-4002 not a scenario, GL-40nn an error of the linter; with file, line, key.
    """
    if isinstance(source, str) and "\n" in source:
        return loads(source)
    try:
        text = Path(source).read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise DefinitionError(
            "the file cannot be read as UTF-8 text", code="GL-4001", place={"file": Path(source).name}
        ) from error
    return loads(text, file=Path(source).name)


def load_folder(folder: Path) -> list[Definition]:
    """Every `*.yaml` of a folder, by name.

    Raises:
        DefinitionError: as `load`; GL-4005 when two files define the same scenario.
    """
    definitions = [load(path) for path in sorted(folder.glob("*.yaml"))]
    names = [definition.scenario for definition in definitions]
    for name in names:
        if names.count(name) > 1:
            raise DefinitionError(f"two files define the scenario {name!r}", code="GL-4005")
    return definitions


def loads(text: str, *, file: str = "(text)") -> Definition:
    """Read a scenario from YAML (or JSON) text; raises as `load`."""
    plain, lines = read_yaml(text, file)
    try:
        definition = Definition.model_validate(plain)
    except ValidationError as error:
        raise _misshapen(error, lines, file) from error
    try:
        _ = definition.compiled
    except DefinitionError as error:
        error.place = {"file": file, "line": _line(error.place, lines), **error.place}
        raise
    return definition


def _misshapen(error: ValidationError, lines: Lines, file: str) -> DefinitionError:
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    told = "; ".join(f"{_key(_path(item['loc']))}: {item['msg']}" for item in problems[:_SHOWN])
    first = _path(problems[0]["loc"])
    return DefinitionError(
        f"not a scenario: {told}",
        code="GL-4002",
        place={"file": file, "line": line_of(lines, first), "key": _key(first)},
    )


def _path(loc: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """The path in the text: pydantic names the kind of a step behind the step."""
    return (*loc[:2], *loc[3:]) if loc[:1] == ("steps",) else loc


def _key(loc: tuple[str | int, ...]) -> str:
    return ".".join(str(part) for part in loc)


def _line(place: dict[str, Any], lines: Lines) -> int:
    if place.get("step"):
        return line_of(lines, ("steps", place["step"], *str(place["key"]).split(".")))
    return line_of(lines, tuple(str(place.get("key", "")).split(".")))
