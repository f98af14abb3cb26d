"""Declared columns, and the values that reading, writing and importing speak of."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Literal

from attrs import field, frozen

from govline.core.values import DataClass, frozen_map, frozen_tuple
from govline.errors import DefinitionError

__all__ = ["Change", "Column", "ColumnType", "Issue", "Key", "Row", "Rule", "Source", "Table", "Values"]

ColumnType = Literal[
    "text", "code", "integer", "decimal", "date", "time", "datetime", "boolean", "choice", "list"
]
"""`code`: digits that are no number (leading zeros stay) · `time`: text `HH:MM` from 00:00 to 47:59, because 24:00 and 25:30 are
closing times · `datetime`: an aware instant, written in Japan time · `list`: a sorted tuple of words without doubles."""
Values = Mapping[str, Any]
Key = tuple[Any, ...]
Rule = Callable[[Values], Iterable[tuple[str, str, str]]]
"""Looks at a whole row: (column name, reason, remedy) for each fault."""

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")


@frozen
class Column:
    """One declared column.

    Args:
        name: What programs call it: `[a-z][a-z0-9_]*`, up to 40 characters.
        title: The header as staff read and write it.
        aliases: Other headers that mean the same. Width, blanks, line breaks, ※ and （必須） never matter.
        required: An empty cell is an error, and so is a file without the column.
        unique: No two rows of a file may hold the same value; the table's key is unique as a whole anyway.
        least: Smallest value allowed; `most`: the largest. Of the column's Python type.
        max_length: In characters, of text, codes and list items.
        pattern: A regular expression that the whole text must match; `pattern_hint` tells staff what is wanted.
        width: Of a code: its number of digits; zeros that Excel dropped from the front are put back (and counted).
        choices: Stored value -> label, of a choice or a list; files may hold either, exports hold labels.
        data: How delicate. Values of PERSONAL and SECRET columns are left out of issues, and sealed where imports keep them.
        read_only: Exported for the reader; in an import it is ignored.
        parse: From the trimmed text to the value, in place of the type's own reading; ValueError refuses.
        format: From the value to text; must be the way back of `parse`.

    Raises:
        DefinitionError: GL-0060, a column that cannot be right.
    """

    name: str
    title: str
    type: ColumnType = "text"
    aliases: tuple[str, ...] = field(default=(), converter=frozen_tuple)
    required: bool = False
    unique: bool = False
    least: Any = None
    most: Any = None
    max_length: int | None = None
    pattern: str = ""
    pattern_hint: str = ""
    width: int = 0
    choices: Mapping[str, str] = field(factory=dict, converter=frozen_map, hash=False)
    data: DataClass = DataClass.PUBLIC
    read_only: bool = False
    parse: Callable[[str], Any] | None = None
    format: Callable[[Any], str] | None = None

    def __attrs_post_init__(self) -> None:
        if not _NAME.match(self.name) or not self.title.strip():
            raise _wrong(self.name, "its name is [a-z][a-z0-9_]* of up to 40 characters and it has a title")
        if (self.type == "choice") > bool(self.choices) or (
            self.choices and self.type not in ("choice", "list")
        ):
            raise _wrong(self.name, "a choice has choices, a list may have them, no other type does")
        if len(set(self.choices.values())) != len(self.choices) or not all(self.choices.values()):
            raise _wrong(self.name, "each choice has a label of its own, or files could not be read back")
        if (self.parse is None) != (self.format is None):
            raise _wrong(self.name, "parse and format come together, or files could not be read back")

    @property
    def delicate(self) -> bool:
        """Whether its values stay out of reports and logs."""
        return not self.data.chat


def _names(given: str | Iterable[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


@frozen
class Table:
    """The columns of a file and which of them name a row.

    Args:
        name: What the file holds, for errors; usually the dataset's KIND.
        key: Names of the columns that tell rows apart; they are required. One name may stand as plain text.
        rules: Looks at whole rows, after every cell was read; see `Rule`.
        citizen: The column that holds a CitizenId, so that kept copies can be erased with the person.
    """

    name: str
    columns: tuple[Column, ...] = field(converter=frozen_tuple)
    key: tuple[str, ...] = field(default=(), converter=_names)
    rules: tuple[Rule, ...] = field(default=(), converter=frozen_tuple)
    citizen: str = ""

    def __attrs_post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if len(set(names)) != len(names) or not names:
            raise _wrong(self.name, "a table has columns, each name once")
        if unknown := {*self.key, *filter(None, [self.citizen])} - set(names):
            raise _wrong(self.name, f"the key names no column: {', '.join(sorted(unknown))}")

    def __getitem__(self, name: str) -> Column:
        """The column of this name."""
        return next(column for column in self.columns if column.name == name)

    @property
    def delicate(self) -> bool:
        """Whether any column holds personal data."""
        return any(column.delicate for column in self.columns)

    def key_of(self, values: Values) -> Key:
        """The values that name this row."""
        return tuple(values[name] for name in self.key)


@frozen
class Source:
    """What was found out about a file: said to staff before anything is believed.

    Args:
        encoding: `utf-8`, `utf-8-sig` (with BOM), `cp932`, `utf-16-le`, `utf-16-be`, or `xlsx`.
        delimiter: Of text files: `,`, tab or `;`.
        digest: SHA-256 of its bytes, in hex.
        header_row: Row of the header, as Excel numbers rows.
        sheet: Of Excel files.
        hidden_rows: Rows that Excel does not show; they are read all the same.
        hidden_columns: Headers of columns that Excel does not show and that are read all the same.
    """

    format: Literal["csv", "xlsx"]
    encoding: str
    digest: str
    size: int
    delimiter: str = ""
    header_row: int = 0
    sheet: str = ""
    hidden_rows: int = 0
    hidden_columns: tuple[str, ...] = ()


@frozen
class Issue:
    """One fault: where, why, and what to do. Its repr never shows the value; of delicate columns it holds none.

    Args:
        row: As Excel numbers rows, the header and titles counted.
        column: The header as the file has it, "" where the whole row is meant.
        code: Of the reason; see `govline.tabular.REASONS`.
    """

    row: int
    column: str
    code: str
    reason: str
    remedy: str
    value: str = field(default="", repr=False)


@frozen
class Row:
    """A row of a file: values by column name, columns that the file lacks left out; faulty cells are left out too."""

    number: int
    values: Values = field(repr=False)
    issues: tuple[Issue, ...] = ()


@frozen
class Change:
    """What an import asks a dataset to write: `before` None is a new row, `after` None takes the row away."""

    key: Key = field(repr=False)
    before: Values | None = field(repr=False)
    after: Values | None = field(repr=False)


def _wrong(name: str, why: str) -> DefinitionError:
    return DefinitionError(f"cannot be declared so: {why}", code="GL-0060", place={"column": name})
