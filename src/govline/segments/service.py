"""Attributes of citizens and deliveries to those whom a filter selects; everything in the caller's transaction."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, Literal

from attrs import frozen

from govline import delivery
from govline.core import CitizenId, Event, Json, Message, Ref, Transaction
from govline.core.jst import to_jst
from govline.errors import DefinitionError, StoreError
from govline.segments import _queries as q
from govline.segments._sql import to_sql
from govline.segments._tables import Step, steps
from govline.segments.attributes import AttributeDef, Attributes
from govline.segments.definition import from_json, to_json
from govline.segments.model import Filter
from govline.segments.predicate import Explanation, explain
from govline.segments.short import read_filter

__all__ = ["Change", "Segments"]

_PAGE: Final = 10_000
_LOOKED_UP: Final = 1_000


@frozen
class Change:
    """One entry of an attribute's history: when, the new value (None: withdrawn), from where, by what kind of actor."""

    at: datetime
    value: Json
    source: str
    actor_kind: str


class Segments:
    """The segments of one town: its declared attributes, and what can be done with them.

    `plan` and `apply` make the attribute tables; until they are applied every other verb raises StoreError GL-3013.
    Ages and `Today` are decided at `as_of`, today in Japan where omitted.
    """

    def __init__(self, attributes: Attributes) -> None:
        self.attributes = attributes
        self._statements = q.AttributeStatements(attributes)
        self._columns = q.filter_columns(attributes)
        self._ready = False

    def plan(self, tx: Transaction) -> tuple[Step, ...]:
        """The additive changes that bring the attribute tables to the declaration; empty when they stand.

        Raises:
            DefinitionError: GL-3011, a column stands with another type: declare a new attribute instead.
        """
        standing = {(table, column): kind for table, column, kind in tx.all(q.COLUMNS)}
        missing = []
        for step in steps(self.attributes):
            kind = standing.get((step.table, step.column))
            if kind is None:
                missing.append(step)
            elif kind != step.type:
                raise DefinitionError(
                    f"an attribute stands as {kind} and is declared as {step.type}",
                    code="GL-3011",
                    hint="declare a new attribute; columns only grow",
                    place={"table": step.table, "column": step.column},
                )
        return tuple(missing)

    def apply(self, tx: Transaction) -> tuple[Step, ...]:
        """Carry the plan out; the steps that were made. Two processes may do it at once: the plan's key lets one through."""
        done = []
        for step in self.plan(tx):
            row = {
                "table_name": step.table,
                "column_name": step.column,
                "type": step.type,
                "added_at": tx.now,
            }
            if tx.write(q.ADD_COLUMN, row):
                for ddl in step.ddl:
                    tx.connection.exec_driver_sql(ddl)
                done.append(step)
        return tuple(done)

    def set(self, tx: Transaction, citizen: CitizenId, attribute: str, value: Json, *, source: str) -> None:
        """Write a citizen's value and its history; None withdraws it, the same value again changes nothing.

        Raises:
            DefinitionError: GL-3002, no such attribute.
            InputError: GL-3020, the value does not fit it.
            IndividualNumberRefused: A text carries a 個人番号.
        """
        definition = self.attributes.settable(attribute)
        parsed = definition.parse(value)
        if self._stored(tx, citizen, definition) == parsed:
            return
        if definition.name in self._statements.put:
            tx.write(self._statements.put[attribute], {"who": citizen, "given": parsed})
        else:
            self._replace_rows(tx, citizen, definition, parsed or ())
        self._remember(tx, citizen, attribute, _plain(parsed), source)

    def set_many(
        self, tx: Transaction, attribute: str, values: Mapping[CitizenId, Json], *, source: str
    ) -> None:
        """Write one attribute of many citizens, each with its history: for imports, which know that all of them differ.

        Raises:
            DefinitionError, InputError, IndividualNumberRefused: As `set`; then nothing of it may stay.
        """
        self._needs_columns(tx)
        definition = self.attributes.settable(attribute)
        parsed = {citizen: definition.parse(value) for citizen, value in values.items()}
        if definition.name in self._statements.put:
            rows = [{"who": citizen, "given": value} for citizen, value in parsed.items()]
            tx.write_many(self._statements.put[attribute], rows)
        else:
            for citizen, value in parsed.items():
                self._replace_rows(tx, citizen, definition, value or ())
        for citizen, value in parsed.items():
            self._remember(tx, citizen, attribute, _plain(value), source)

    def get(self, tx: Transaction, citizen: CitizenId, attribute: str) -> Json:
        """A citizen's value as plain JSON (dates as ISO text), None where there is none."""
        return _plain(self._stored(tx, citizen, self.attributes.settable(attribute)))

    def get_many(
        self, tx: Transaction, citizens: Sequence[CitizenId], attributes: Sequence[str]
    ) -> dict[CitizenId, dict[str, Json]]:
        """Values of many citizens as plain JSON: a statement for all attributes of one value, one for each of several.

        Citizens and attributes without a value are left out.
        """
        self._needs_columns(tx)
        found: dict[CitizenId, dict[str, Json]] = {}
        wanted = [self.attributes.settable(name) for name in attributes]
        plain = [each.name for each in wanted if each.name not in self._statements.rows]
        for start in range(0, len(citizens), _LOOKED_UP):
            page = citizens[start : start + _LOOKED_UP]
            for row in tx.connection.execute(self._statements.plain_of(plain, page)) if plain else ():
                values = zip(plain, row[1:], strict=True)
                found[row[0]] = {name: _plain(value) for name, value in values if value is not None}
            for each in wanted:
                if each.name in self._statements.rows:
                    for row in tx.connection.execute(self._statements.rows_of(each.name, page)):
                        mine = found.setdefault(row[0], {}).setdefault(each.name, [])
                        mine.append(_plain(_one_of(each, row[1:])))
        return found

    def history(self, tx: Transaction, citizen: CitizenId, attribute: str) -> tuple[Change, ...]:
        """Every change of the value, oldest first."""
        return tuple(Change(*row) for row in tx.all(q.HISTORY, {"who": citizen, "name": attribute}))

    def count(self, tx: Transaction, filter: Filter, as_of: date | None = None) -> int:  # noqa: A002 - `filter` is the field's word
        """How many of all citizens the town knows fulfil the filter, those who blocked the account among them."""
        where, params = self._where(tx, filter, as_of)
        return int(tx.connection.exec_driver_sql(q.count_sql(where), tuple(params)).scalar_one())

    def ids(self, tx: Transaction, filter: Filter, as_of: date | None = None) -> Iterator[CitizenId]:  # noqa: A002 - `filter` is the field's word
        """The citizens who fulfil the filter, in order of id, streamed from the database's own cursor."""
        where, params = self._where(tx, filter, as_of)
        found = tx.connection.exec_driver_sql(
            q.ids_sql(where), tuple(params), execution_options={"yield_per": _PAGE}
        )
        with found:
            yield from found.scalars()

    def select(
        self, tx: Transaction, selection: Mapping[str, Json], after: CitizenId, limit: int
    ) -> Sequence[CitizenId]:
        """A page of a delivery's selection `{"by": "segments", "filter": JSON, "as_of": "2026-11-22"}`, in order of id.

        Without `as_of` the day of the evaluation decides ages, so that a plan approved in March and sent in April is of April.
        """
        as_of = selection.get("as_of")
        day = date.fromisoformat(as_of) if as_of else None
        where, params = self._where(tx, from_json(selection["filter"]), day)
        found = tx.connection.exec_driver_sql(q.page_sql(where, tx.dialect), (*params, after, limit))
        return list(found.scalars())

    def selection(self, source: str) -> Mapping[str, Json]:
        """What a plan of `delivery` takes, of a filter as people type it; see `short.read_filter`.

        Raises:
            DefinitionError: It is no filter, or names what is not declared.
        """
        chosen = read_filter(source, self.attributes)
        self.attributes.check(chosen)
        return {"by": "segments", "filter": to_json(chosen)}

    def explain(
        self,
        tx: Transaction,
        filter: Filter,  # noqa: A002 - `filter` is the field's word
        citizen: CitizenId,
        as_of: date | None = None,
    ) -> Explanation:
        """Clause by clause, whether this person fulfils it: why they are in or out."""
        self._check(tx, filter)
        return explain(filter, self.record(tx, citizen), as_of or _today(tx))

    def record(self, tx: Transaction, citizen: CitizenId) -> Mapping[str, Any]:
        """Everything declared about one person, as `predicate` takes it."""
        found = self._plain_values(tx, citizen)
        for name in self._statements.rows:
            found[name] = self._stored(tx, citizen, self.attributes[name])
        return found

    def send(
        self,
        tx: Transaction,
        filter: Filter,  # noqa: A002 - `filter` is the field's word
        messages: Sequence[Message],
        key: str,
        *,
        as_of: date | None = None,
        source: str = "segments",
        unit: str | None = None,
        due: datetime | None = None,
        expires: datetime | None = None,
    ) -> delivery.Run:
        """Freeze a delivery to everyone who fulfils the filter now; the same key again gives the run that stands.

        The filter as staff wrote it and the day it was decided at go into the audit with the run's id.
        """
        day = as_of or _today(tx)
        run = delivery.freeze(
            tx,
            key=key,
            source=source,
            messages=messages,
            recipients=self.ids(tx, filter, day),
            unit=unit,
            due=due,
            expires=expires,
        )
        tx.audit(
            "segments.send",
            Ref("delivery.run", run.id),
            {"filter": to_json(filter), "as_of": day.isoformat()},
        )
        return run

    def erase(self, tx: Transaction, citizen: CitizenId) -> None:
        """Forget a citizen's attributes and their history."""
        self._needs_columns(tx)
        for statement in (
            *self._statements.clear_rows.values(),
            self._statements.erase_profile,
            q.ERASE_HISTORY,
        ):
            tx.write(statement, {"who": citizen})

    def _where(self, tx: Transaction, filter: Filter, as_of: date | None) -> tuple[str, Sequence[Any]]:  # noqa: A002 - `filter` is the field's word
        self._check(tx, filter)
        dialect: Literal["sqlite", "postgresql"] = "sqlite" if tx.dialect == "sqlite" else "postgresql"
        where, params = to_sql(filter, self._columns, dialect, as_of=as_of or _today(tx), dates="text")
        return where, list(params)

    def _check(self, tx: Transaction, filter: Filter) -> None:  # noqa: A002 - `filter` is the field's word
        self._needs_columns(tx)
        self.attributes.check(filter)

    def _needs_columns(self, tx: Transaction) -> None:
        if not self._ready and self.plan(tx):
            raise StoreError(
                "the attribute tables do not stand as declared",
                code="GL-3013",
                hint="run segments.apply(tx) once",
            )
        self._ready = True

    def _stored(self, tx: Transaction, citizen: CitizenId, definition: AttributeDef) -> Any:
        if definition.name not in self._statements.rows:
            return self._plain_values(tx, citizen)[definition.name]
        self._needs_columns(tx)
        rows = tx.all(self._statements.rows[definition.name], {"who": citizen})
        return tuple(_one_of(definition, row) for row in rows) or None

    def _plain_values(self, tx: Transaction, citizen: CitizenId) -> dict[str, Any]:
        self._needs_columns(tx)
        names = ("blocked", *self._statements.plain)
        return dict(zip(names, tx.one(self._statements.person, {"who": citizen}) or (), strict=True))

    def _replace_rows(
        self, tx: Transaction, citizen: CitizenId, definition: AttributeDef, values: Sequence[Any]
    ) -> None:
        tx.write(self._statements.lock, {"who": citizen})
        tx.write(self._statements.clear_rows[definition.name], {"who": citizen})
        if definition.type == "tags":
            rows = [{"citizen": citizen, "value": value} for value in values]
        else:
            rows = [{"citizen": citizen, "position": place, **row} for place, row in enumerate(values)]
        tx.write_many(self._statements.add_row[definition.name], rows)

    def _remember(
        self, tx: Transaction, citizen: CitizenId, attribute: str, value: Json, source: str
    ) -> None:
        tx.write(
            q.ADD_HISTORY,
            {
                "id": tx.new_id(),
                "citizen": citizen,
                "attribute": attribute,
                "value": value,
                "source": source,
                "actor_kind": tx.actor.kind,
                "actor_id": tx.actor.id,
                "at": tx.now,
            },
        )
        tx.emit(
            Event(
                "segments.changed",
                Ref("segments.profile", citizen),
                citizen=citizen,
                data={"attribute": attribute, "source": source},
            )
        )


def _today(tx: Transaction) -> date:
    return to_jst(tx.now).date()


def _one_of(definition: AttributeDef, row: Sequence[Any]) -> Any:
    """One of an attribute's several values: a tag, or a child's fields by name."""
    if definition.type == "tags":
        return row[0]
    return dict(zip((inner.name for inner in definition.fields), row, strict=True))


def _plain(value: Any) -> Json:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(inner) for inner in value]
    return {name: _plain(inner) for name, inner in value.items()} if isinstance(value, dict) else value
