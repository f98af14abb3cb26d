"""YAML 1.2 into plain values with the line of every key, so that an error can name its place."""

from io import StringIO
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

from govline.errors import DefinitionError

__all__ = ["Lines", "line_of", "read_yaml"]

Path = tuple[str | int, ...]
Lines = dict[Path, int]
_TAG: Final = "tag:yaml.org,2002:"
_MAX_TEXT: Final = 1_000_000
_MOST_VALUES: Final = 100_000
_SHOWN: Final = 40
_HINT: Final = "indent by spaces; quote texts that hold a colon, { or #"


def read_yaml(text: str, file: str) -> tuple[Any, Lines]:
    """Plain values of one YAML document, and the line (from 1) of every key and item.

    Keys and everything that is not a plain null, bool, int or float stay text: `12:30`, `yes` and dates are strings.

    Raises:
        DefinitionError: GL-4001, with file and line.
    """
    if len(text) > _MAX_TEXT:
        raise _error("the file is larger than 1,000,000 characters", file, 1)
    try:
        node = YAML(typ="rt", pure=True).compose(StringIO(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _error(error.problem or "not YAML", file, mark.line + 1 if mark else 1) from error
    except (YAMLError, ValueError, RecursionError) as error:
        raise _error("not YAML", file, 1) from error
    if node is None:
        raise _error("the file is empty", file, 1)
    lines: Lines = {}
    return _plain(node, (), lines, file, ()), lines


def line_of(lines: Lines, path: Path) -> int:
    """The line of the deepest known part of a path; parts that the text does not have (union tags) are stepped over."""
    known: Path = ()
    for part in path:
        if (*known, part) in lines:
            known = (*known, part)
    return lines.get(known, 1)


def _plain(node: Node, path: Path, lines: Lines, file: str, above: tuple[int, ...]) -> Any:
    lines.setdefault(path, node.start_mark.line + 1)
    if len(lines) > _MOST_VALUES:  # a few aliases of aliases make millions
        raise _error(f"more than {_MOST_VALUES:,} values", file, node.start_mark.line + 1)
    if isinstance(node, ScalarNode):
        return _scalar(node, file)
    if id(node) in above or len(above) > 50:
        raise _error("the document contains itself or is nested too deeply", file, node.start_mark.line + 1)
    inside = (*above, id(node))
    if not isinstance(node, MappingNode):
        return [_plain(item, (*path, index), lines, file, inside) for index, item in enumerate(node.value)]
    found: dict[str, Any] = {}
    for key_node, value in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, ScalarNode):
            raise _error("a key must be a plain word", file, line)
        if key_node.value in found:
            raise _error(f"the key {key_node.value!r} stands twice", file, line)
        lines[*path, key_node.value] = line
        found[key_node.value] = _plain(value, (*path, key_node.value), lines, file, inside)
    return found


def _scalar(node: ScalarNode, file: str) -> Any:
    text: str = node.value
    kind = str(node.tag).removeprefix(_TAG)
    try:
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() == "true"
        if kind == "int":
            digits = text.replace("_", "")
            return int(digits, 0) if digits.lower().lstrip("+-").startswith(("0x", "0o")) else int(digits)
        if kind == "float":
            return float(text.replace("_", ""))
    except ValueError as error:
        raise _error(f"{text[:_SHOWN]!r} is no number", file, node.start_mark.line + 1) from error
    return text


def _error(message: str, file: str, line: int) -> DefinitionError:
    return DefinitionError(message, code="GL-4001", hint=_HINT, place={"file": file, "line": line})
