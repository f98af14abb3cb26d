"""The heart of segments: SQLite, PostgreSQL, the Python predicate and the JSON round trip select the same people.

Each example draws a whole town with missing values and several filters, and asks them of a foreign table with other
column names; NOT must be the complement every time.
"""

import sqlite3
from contextlib import closing
from datetime import date, timedelta

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govline.segments import (
    AttributeDef,
    Attributes,
    Children,
    Filter,
    Segments,
    Today,
    attr,
    to_sql,
)
from govline.segments.model import HasChild
from govline.store import identity

AS_OF = date(2028, 2, 29)
COLUMNS = {
    "ward": "住民.ward_cd",
    "size": "住民.select",
    "mail": "住民.Mail",
    "born": "住民.birth",
    "topics": Children("tag", "who", "住民.id", {"value": "word"}),
    "children": Children("child", "parent", "住民.id", {"birth_date": "b", "ward": "select"}),
}
DDL = (
    'CREATE TABLE 住民 (id BIGINT, ward_cd TEXT, "select" BIGINT, "Mail" BOOLEAN, birth {date})',
    "CREATE TABLE tag (who BIGINT, word TEXT)",
    'CREATE TABLE child (parent BIGINT, b {date}, "select" TEXT)',
)
words = st.sampled_from(["", "A", "B", "a", "Z", "é", "あ", "-1", "'; DROP TABLE tag;--", "100%", "\\", '"'])
numbers = st.sampled_from([-(1 << 63), -1, 0, 1, 2, 3, (1 << 63) - 1])
days = st.integers(-3, 3).flatmap(
    lambda off: st.sampled_from([0, 3, 4, 18, 28]).map(
        lambda years: date(2028 - years, 2, 28) + timedelta(days=off)
    )
)


def maybe(values):
    return st.one_of(st.none(), values)


people = st.lists(
    st.fixed_dictionaries(
        {
            "ward": maybe(words),
            "size": maybe(numbers),
            "mail": maybe(st.booleans()),
            "born": maybe(days),
            "topics": st.sets(words, max_size=3).map(sorted),
            "children": st.lists(
                st.fixed_dictionaries({"birth_date": maybe(days), "ward": maybe(words)}), max_size=2
            ),
        }
    ),
    min_size=1,
    max_size=8,
)


def plain_leaves(name, values):
    subject = attr(name)
    ends = st.tuples(maybe(values), maybe(values)).filter(lambda pair: pair != (None, None))
    return st.one_of(
        values.map(lambda value: subject == value),
        values.map(lambda value: subject != value),
        values.map(lambda value: subject < value),
        values.map(lambda value: subject <= value),
        values.map(lambda value: subject > value),
        values.map(lambda value: subject >= value),
        ends.map(lambda pair: subject.between(*pair)),
        st.lists(values, max_size=3).map(lambda some: subject.in_(*some)),
        st.just(subject.answered()),
    )


def dated_leaves(name):
    symbolic = st.one_of(
        days, st.integers(-36_525, 36_525).map(Today), st.sampled_from([Today(), Today(-365)])
    )
    years = st.sampled_from([0, 1, 3, 4, 18, 24, 28, 150])
    ages = st.one_of(
        *(
            years.map(lambda n, op=op: getattr(attr(name).age, op)(n))
            for op in ("__eq__", "__ne__", "__lt__", "__ge__")
        ),
        st.tuples(years, maybe(years)).map(lambda pair: attr(name).age.between(*pair)),
        st.lists(years, max_size=2).map(lambda some: attr(name).age.in_(*some)),
    )
    return st.one_of(plain_leaves(name, symbolic), ages)


def combined(leaves, most):
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.tuples(inner, inner).map(lambda two: two[0] & two[1]),
            st.tuples(inner, inner).map(lambda two: two[0] | two[1]),
            inner.map(lambda one: ~one),
        ),
        max_leaves=most,
    )


child_filters = combined(st.one_of(dated_leaves("birth_date"), plain_leaves("ward", words)), 3)
leaves = st.one_of(
    plain_leaves("ward", words),
    plain_leaves("size", numbers),
    plain_leaves("mail", st.booleans()),
    dated_leaves("born"),
    st.lists(words, max_size=3).map(
        lambda some: attr("topics").any(*some) if some else attr("topics").answered()
    ),
    st.lists(words, min_size=1, max_size=2).map(lambda some: attr("topics").none(*some)),
    st.lists(words, min_size=1, max_size=2).map(lambda some: attr("topics").contains(*some)),
    child_filters.map(lambda where: HasChild("children", where)),
    st.just(attr("children").unanswered()),
)
filters = st.lists(combined(leaves, 6), min_size=1, max_size=4)


def by_python(flt, town):
    selects = flt.predicate(AS_OF)
    return {number for number, person in enumerate(town) if selects(person)}


def fill(execute, town, mark, day):
    for number, person in enumerate(town):
        row = (number, person["ward"], person["size"], person["mail"], day(person["born"]))
        execute(f"INSERT INTO 住民 VALUES ({', '.join([mark] * 5)})", row)
        for word in person["topics"]:
            execute(f"INSERT INTO tag VALUES ({mark}, {mark})", (number, word))
        for child in person["children"]:
            execute(
                f"INSERT INTO child VALUES ({mark}, {mark}, {mark})",
                (number, day(child["birth_date"]), child["ward"]),
            )


def assert_agree(select, town, wanted):
    for flt in wanted:
        expected = by_python(flt, town)
        assert select(flt) == expected
        assert select(~flt) == set(range(len(town))) - expected
        again = Filter.from_json(flt.to_json())
        assert again == flt
        assert flt.to_text()


@settings(max_examples=150, deadline=None)
@given(people, filters)
def test_sqlite_agrees_over_a_foreign_table(town, wanted):
    with closing(sqlite3.connect(":memory:")) as db:
        for ddl in DDL:
            db.execute(ddl.format(date="TEXT"))
        fill(db.execute, town, "?", lambda day: day and day.isoformat())

        def select(flt):
            where, params = to_sql(flt, COLUMNS, "sqlite", as_of=AS_OF)
            return {number for (number,) in db.execute(f"SELECT id FROM 住民 WHERE {where}", params)}

        assert_agree(select, town, wanted)
        assert db.execute("SELECT count(*) FROM tag").fetchone() == (
            sum(len(each["topics"]) for each in town),
        )


@pytest.fixture(scope="module")
def foreign(postgres_18):
    with psycopg.connect(postgres_18.replace("+psycopg", "")) as db:
        db.execute("CREATE SCHEMA vendor; SET search_path TO vendor")
        for ddl in DDL:
            db.execute(ddl.format(date="DATE"))
        yield db
        db.rollback()


@settings(max_examples=60)
@given(people, filters)
def test_postgresql_agrees_over_a_foreign_table(foreign, town, wanted):
    foreign.execute("TRUNCATE 住民, tag, child")
    fill(foreign.execute, town, "%s", lambda day: day)

    def select(flt):
        where, params = to_sql(flt, COLUMNS, "postgresql", as_of=AS_OF)
        return {number for (number,) in foreign.execute(f"SELECT id FROM 住民 WHERE {where}", params)}

    assert_agree(select, town, wanted)


DECLARED = Attributes(
    [
        AttributeDef("ward", "text"),
        AttributeDef("size", "integer"),
        AttributeDef("mail", "boolean"),
        AttributeDef("born", "date"),
        AttributeDef("topics", "tags"),
        AttributeDef(
            "children", "children", fields=(AttributeDef("birth_date", "date"), AttributeDef("ward", "text"))
        ),
    ]
)


def _settle(tx, segments, town, blocked):
    ids = [identity.citizen_of(tx, f"U{number:032x}") for number in range(len(town))]
    for number, (who, person) in enumerate(zip(ids, town, strict=True)):
        identity.set_blocked(tx, who, number in blocked)
        for name, value in person.items():
            segments.set(tx, who, name, value, source="test")
    return ids


def _empty(tx, segments, ids):
    for who in ids:
        segments.erase(tx, who)
        identity.erase(tx, who)


@settings(max_examples=25)
@given(town=people, wanted=filters, blocked=st.sets(st.integers(0, 7)))
def test_our_own_tables_agree(any_db, town, wanted, blocked):
    segments = Segments(DECLARED)
    any_db.run(segments.apply)
    ids = any_db.run(lambda tx: _settle(tx, segments, town, blocked))

    def select(flt):
        found = set(any_db.read(lambda tx: list(segments.ids(tx, flt, AS_OF))))
        assert any_db.read(lambda tx: segments.count(tx, flt, AS_OF)) == len(found)
        for who in ids:
            assert any_db.read(lambda tx, who=who: segments.explain(tx, flt, who, AS_OF)).met == (
                who in found
            )
        return {number for number, who in enumerate(ids) if who in found}

    try:
        told = [{**person, "blocked": number in blocked} for number, person in enumerate(town)]
        assert_agree(select, told, [*wanted, wanted[0] & attr("blocked")])
    finally:
        any_db.run(lambda tx: _empty(tx, segments, ids))
