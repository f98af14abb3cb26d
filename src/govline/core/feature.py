"""The shape of a feature, and of everything it offers to the City."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from attrs import field, frozen

from govline.core.clock import Clock
from govline.core.custody import Expiry, Retention, SealedColumn
from govline.core.effects import EffectHandler, Handler, Upcaster
from govline.core.ids import CitizenId, Id, IdSource
from govline.core.pages import Page
from govline.core.ports import DatabasePort
from govline.core.talk import Action, Responder
from govline.core.values import DataClass, frozen_tuple

if TYPE_CHECKING:
    from pydantic import BaseModel

    from govline.core.transaction import Transaction

__all__ = [
    "FEATURE_API",
    "Check",
    "Command",
    "DataField",
    "Dataset",
    "Env",
    "Feature",
    "FormField",
    "Offers",
    "Page",
    "ReportSection",
    "Tick",
]

FEATURE_API: Final = 1
"""The number of this contract; City refuses a feature built for another."""


@frozen
class Env:
    """What a feature may lean on when it is built. Ports of other features come by name through `port`."""

    town: str
    database: DatabasePort
    clock: Clock
    ids: IdSource
    folder: Path
    secret: Callable[[str], str]
    text: Callable[..., str]
    port: Callable[[str], Any]
    name: str = ""
    """The town's name as citizens read it."""


@frozen
class Tick:
    """A daily piece of work at a wall-clock time in Asia/Tokyo; `run` gets the instant it was due and writes outbox rows."""

    name: str
    at: time
    run: "Callable[[Transaction, datetime], None]"


@frozen
class Command:
    """A subcommand of `govline`: `govline <feature> <name> …`; `run` gets the City and the words, returns an exit code.

    Args:
        town: Whether it needs a town. One that does not works on files alone and gets None where it is run outside any town.
    """

    name: str
    help: str
    run: Callable[[Any, Sequence[str]], int]
    town: bool = True


@frozen
class FormField:
    """A kind of question for forms: name, what it validates to, how delicate the answer is."""

    name: str
    parse: Callable[[str], Any]
    data: DataClass


@frozen
class Dataset:
    """Something staff export and import as a file: `govline export KIND FILE`, `govline import KIND FILE`.

    The feature says which columns there are and how a page of rows is read and written; encodings, Excel, Japanese headers,
    values, the dry run, its report, undo and audit are `govline.tabular`'s. Rows are mappings from column name to value; a key
    is the tuple of a row's values in the table's key columns.

    Args:
        name: KIND, one word in the plural, the same in no two features: `citizens`, `items`.
        title: What staff call it, in Japanese.
        table: Makes the `govline.tabular.Table`; called only when a file is at hand.
        page: `page(tx, after, limit)`: at most `limit` rows in the order of their keys, behind the key `after` (None: from the
            beginning). Enough for a dataset that is only exported.
        find: `find(tx, keys)`: the rows that stand now under these keys (at most 1,000), by key.
        write: `write(tx, changes)`: carries `govline.tabular.Change(key, before, after)` values (at most 1,000) out in this
            transaction; `before` None is a new row, `after` None takes the row away (an undo); both carry every column. Where
            it raises GovlineError, nothing of the whole import stays.
        judge: Makes, for one look at a file, a function of (tx, changes) that says what the feature would refuse: place in
            `changes`, column name, reason, remedy. It is called page by page in the file's order, so it may remember what the
            rows before would take; `write` decides all the same.
        count: How many rows stand, so that the report can tell how many are not in the file.
        adds: Whether a file may bring new rows; False where rows belong to something that exists already (a citizen).
        department: Whose data it is, for the policy; "" where it belongs to no single department.
        whole: Whether a file is the whole list: rows that it does not hold are taken away, unless some of its rows are wrong.
        settle: What follows once, in the unit that closes an import or an undo: `settle(tx)`.
    """

    name: str
    title: str
    table: Callable[[], Any]
    page: "Callable[[Transaction, tuple[Any, ...] | None, int], Sequence[Mapping[str, Any]]]"
    find: "Callable[[Transaction, Sequence[tuple[Any, ...]]], Mapping[tuple[Any, ...], Mapping[str, Any]]] | None" = None
    write: "Callable[[Transaction, Sequence[Any]], object] | None" = None
    judge: "Callable[[], Callable[[Transaction, Sequence[Any]], Iterable[tuple[int, str, str, str]]]] | None" = None
    count: "Callable[[Transaction], int] | None" = None
    adds: bool = True
    department: str = ""
    whole: bool = False
    settle: "Callable[[Transaction], object] | None" = None


@frozen
class ReportSection:
    """A part of the monthly report: a title and a function from a period to rows."""

    title: str
    rows: "Callable[[Transaction, datetime, datetime], Sequence[Mapping[str, Any]]]"


@frozen
class DataField:
    """One line of the personal-data map: which column holds what, for how long."""

    table: str
    column: str
    data: DataClass
    purpose: str
    retention: str


@frozen
class Check:
    """A check for `govline doctor`: returns nothing when well, else sentences that name place and remedy.

    Args:
        taken_in: Whether it judges what the town has taken in, such as a list; a database made for a talk has none of it.
    """

    name: str
    run: "Callable[[Transaction], Sequence[str]]"
    taken_in: bool = False


@frozen
class Offers:
    """Everything a feature gives to the City; all parts are optional."""

    actions: Sequence[Action] = field(default=(), converter=frozen_tuple)
    responders: Sequence[Responder] = field(default=(), converter=frozen_tuple)
    handlers: Sequence[Handler] = field(default=(), converter=frozen_tuple)
    effects: Mapping[str, EffectHandler] = field(factory=dict)
    upcasters: Mapping[tuple[str, int], Upcaster] = field(factory=dict)
    ticks: Sequence[Tick] = field(default=(), converter=frozen_tuple)
    commands: Sequence[Command] = field(default=(), converter=frozen_tuple)
    form_fields: Sequence[FormField] = field(default=(), converter=frozen_tuple)
    datasets: Sequence[Dataset] = field(default=(), converter=frozen_tuple)
    pages: Sequence[Page] = field(default=(), converter=frozen_tuple)
    report_sections: Sequence[ReportSection] = field(default=(), converter=frozen_tuple)
    data_map: Sequence[DataField] = field(default=(), converter=frozen_tuple)
    erase: "Callable[[Transaction, CitizenId], None] | None" = None
    checks: Sequence[Check] = field(default=(), converter=frozen_tuple)
    ports: Mapping[str, Any] = field(factory=dict)
    sealed: Sequence[SealedColumn] = field(default=(), converter=frozen_tuple)
    retention: Sequence[Retention] = field(default=(), converter=frozen_tuple)
    expiries: "Callable[[Transaction], Sequence[Expiry]] | None" = None
    """What runs out, near or far; the City tells staff in time."""
    open_work: "Callable[[Transaction, Id], Mapping[str, int]] | None" = None
    """How much of each kind waits for a member of staff: shown when they move on."""
    view: "Callable[[Transaction], Sequence[Mapping[str, Any]]] | None" = None
    """Rows for the simulator's town side: what staff would see of this feature, without personal data."""
    prepare: "Callable[[Transaction], object] | None" = None
    """Writes what the definition files say (slots, columns, published scenarios); run after each migration, safe to repeat."""


class Feature(Protocol):
    """A room of the house as the City sees it.

    `migrations` is the import path of the package that holds its Alembic branch (`govline.calendar.migrations`), or "".
    """

    name: str
    api: int
    config: "type[BaseModel]"
    migrations: str

    def build(self, env: Env, config: Any) -> Any:
        """The bound service: `city.<name>`. Reads its definitions, touches no row."""
        ...

    def offers(self, service: Any) -> Offers:
        """What the bound service brings to the town: actions, handlers, commands, checks."""
        ...
