"""The pure tier: what SQL is written, what is refused, how a filter reads in Japanese."""

import sqlite3
from contextlib import closing
from datetime import date, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govline.core.jst import age_at
from govline.errors import DefinitionError, GovlineError
from govline.segments import (
    AttributeDef,
    Attributes,
    Children,
    Filter,
    Today,
    attr,
    explain,
    resolve,
    to_sql,
)
from govline.segments.model import And, Or

COLUMNS = {
    "ward": "resident.ward_cd",
    "born": "birth",
    "kids": Children("kid", "p", "resident.id", {"birth_date": "b"}),
}


def test_the_readme_sketch_over_a_vendors_table():
    young = attr("ward").in_("A", "B") & attr("kids").any(age=(0, 3)) & ~attr("blocked")
    sql, params = young.to_sql(
        columns=COLUMNS | {"blocked": "blocked"}, dialect="postgresql", as_of=date(2026, 11, 20)
    )
    assert sql == (
        '("resident"."ward_cd" = ANY(%s)) AND '
        '(EXISTS (SELECT 1 FROM "kid" AS gl_row WHERE "gl_row"."p" = "resident"."id" AND '
        '(("gl_row"."b" <= %s) AND ("gl_row"."b" > %s)))) AND '
        '(("blocked" = %s) IS NOT TRUE)'
    )
    assert params == [["A", "B"], date(2026, 11, 20), date(2022, 11, 20), True]


@pytest.mark.parametrize(
    ("style", "sql", "params"),
    [
        ("qmark", "([resident].[ward_cd] = ?) OR ([resident].[ward_cd] > ?)", ["A", "B"]),
        ("format", "([resident].[ward_cd] = %s) OR ([resident].[ward_cd] > %s)", ["A", "B"]),
        ("numeric_dollar", "([resident].[ward_cd] = $1) OR ([resident].[ward_cd] > $2)", ["A", "B"]),
        ("named", "([resident].[ward_cd] = :p1) OR ([resident].[ward_cd] > :p2)", {"p1": "A", "p2": "B"}),
        (
            "pyformat",
            "([resident].[ward_cd] = %(p1)s) OR ([resident].[ward_cd] > %(p2)s)",
            {"p1": "A", "p2": "B"},
        ),
    ],
)
def test_parameter_styles(style, sql, params):
    flt = (attr("ward") == "A") | (attr("ward") > "B")
    assert flt.to_sql(COLUMNS, "sqlite", paramstyle=style) == (sql, params)


def test_postgresql_orders_text_by_code_point_whatever_the_towns_locale():
    for flt in (attr("ward") < "B", attr("ward").between("A", None)):
        assert '"ward_cd" COLLATE "C"' in to_sql(flt, COLUMNS, "postgresql")[0]
    assert "COLLATE" not in to_sql(attr("ward") == "B", COLUMNS, "postgresql")[0]
    assert "COLLATE" not in to_sql(attr("born") < date(2020, 1, 1), COLUMNS, "postgresql")[0]


def test_what_is_never_null_is_negated_plainly():
    none = to_sql(attr("kids").none(birth_date=date(2020, 1, 1)), COLUMNS, "sqlite")[0]
    assert none.startswith("NOT (EXISTS")
    assert to_sql(~(attr("ward") == "A"), COLUMNS, "sqlite")[0].endswith("IS NOT TRUE")


def test_a_long_list_is_one_parameter():
    wards = [f"w{number}" for number in range(40_000)]
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(
            "CREATE TABLE resident (ward_cd TEXT); INSERT INTO resident VALUES ('w39999'), ('x'), (NULL)"
        )
        where, params = to_sql(attr("ward").in_(*wards), COLUMNS, "sqlite")
        assert len(params) == 1
        assert db.execute(f"SELECT * FROM resident WHERE {where}", params).fetchall() == [("w39999",)]


@pytest.mark.parametrize(
    "name",
    [
        "a b",
        'a"b',
        "a]b",
        "a;b",
        "a--",
        "1a",
        "",
        "a.b.",
        ".a",
        "a'",
        "a\n",
        "a%s",
        "a" * 64,
        "a)",
        "a/*",
        "[a",
        "a\0",
    ],
)
@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_a_name_that_is_no_identifier_is_refused(name, dialect):
    with pytest.raises(DefinitionError, match="GL-3005"):
        to_sql(attr("x") == 1, {"x": name}, dialect)
    for table, key, column in ((name, "k", "c"), ("t", name, "c"), ("t", "k", name)):
        with pytest.raises(DefinitionError, match="GL-3005"):
            to_sql(attr("x").any(c=1), {"x": Children(table, key, "o.id", {"c": column})}, dialect)


def test_an_unknown_column_is_an_error_and_never_a_string_in_sqlite():
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE TABLE resident (ward_cd)")
        where, params = to_sql(attr("x") == "no_such", {"x": "no_such"}, "sqlite")
        with pytest.raises(sqlite3.OperationalError, match="no such column"):
            db.execute(f"SELECT * FROM resident WHERE {where}", params)


@pytest.mark.parametrize(
    "value",
    [1.5, None, b"x", datetime(2026, 1, 1), "a\0", "\ud800", 1 << 63, -(1 << 63) - 1, ("a",), Filter],
)
def test_values_that_some_engine_cannot_hold_are_refused(value):
    for build in (
        attr("x").__eq__,
        attr("x").in_,
        attr("x").any,
        lambda end: attr("x").between(0, end or []),
    ):
        with pytest.raises(DefinitionError, match="GL-3003"):
            build(value)


def test_misuse_is_told():
    x = attr("x")
    wrong = (
        (lambda: bool(x == 1), "GL-3003"),
        (lambda: x.between(None, None), "GL-3003"),
        (lambda: x.any(), "GL-3003"),
        (lambda: x.any("a", b=1), "GL-3003"),
        (lambda: x.in_(1, "a"), "GL-3003"),
        (lambda: resolve(x.age >= "3", date(2026, 1, 1)), "GL-3003"),
        (lambda: resolve(x.age >= -1, date(2026, 1, 1)), "GL-3003"),
        (lambda: resolve(x.age >= 3, None), "GL-3004"),
        (lambda: (x >= Today(-90)).predicate(), "GL-3004"),
        (lambda: Today(1 << 40), "GL-3003"),
        (lambda: attr(""), "GL-3002"),
        (lambda: to_sql(x == 1, {}, "sqlite"), "GL-3002"),
        (lambda: to_sql(x == 1, {"x": "x"}, "mysql"), "GL-3006"),
        (lambda: to_sql(x == 1, {"x": "x"}, "sqlite", paramstyle="%s"), "GL-3006"),
        (lambda: to_sql(attr("kids") == 1, COLUMNS, "sqlite"), "GL-3006"),
        (lambda: to_sql(attr("ward").any("a"), COLUMNS, "sqlite"), "GL-3006"),
        (lambda: Children("t", "k", "id", {}), "GL-3005"),
    )
    for call, code in wrong:
        with pytest.raises(DefinitionError, match=code):
            call()


def test_nobody_and_everybody():
    assert to_sql(And(()), {}, "sqlite") == ("TRUE", [])
    assert to_sql(Or(()), {}, "sqlite") == ("FALSE", [])
    assert to_sql(attr("x").in_(), {"x": "x"}, "postgresql") == ("FALSE", [])
    assert And(()).predicate()({})
    assert not Or(()).predicate()({})


@settings(max_examples=300, deadline=None)
@given(
    st.dates(date(1900, 1, 1), date(2060, 12, 31)),
    st.dates(date(2000, 1, 1), date(2060, 12, 31)),
    st.integers(0, 150),
)
def test_ages_are_those_of_the_core(born, as_of, years):
    age = age_at(born, as_of) if born <= as_of else -1
    record = {"born": born}
    for op in ("lt", "le", "gt", "ge", "eq", "ne"):
        flt = getattr(attr("born").age, f"__{op}__")(years)
        assert flt.predicate(as_of)(record) == getattr(age, f"__{op}__")(years)


def test_ages_agree_around_the_29th_of_february():
    days = [date(year, 2, 27) + timedelta(days=n) for year in range(2023, 2029) for n in range(4)]
    for born, as_of in product(days, days):
        if born <= as_of:
            for years in range(6):
                older = (attr("born").age >= years).predicate(as_of)({"born": born})
                assert older == (age_at(born, as_of) >= years), (born, as_of, years)


def test_a_child_turns_three_without_any_write():
    flt = attr("kids").any(age=(0, 2))
    record = {"kids": [{"birth_date": date(2024, 4, 1)}]}
    assert flt.predicate(date(2027, 3, 31))(record)
    assert not flt.predicate(date(2027, 4, 1))(record)


def test_bounds_apply_to_the_same_child():
    flt = attr("kids").any(age=(0, 3), ward="A")
    apart = {
        "kids": [{"birth_date": date(2026, 1, 1), "ward": "B"}, {"birth_date": date(2000, 1, 1), "ward": "A"}]
    }
    together = {"kids": [{"birth_date": date(2026, 1, 1), "ward": "A"}]}
    selects = flt.predicate(date(2026, 11, 20))
    assert not selects(apart)
    assert selects(together)


def test_the_predicate_takes_iso_text_too():
    flt = attr("born").between(date(2020, 1, 1), Today())
    assert flt.predicate(date(2026, 1, 1), dates="text")({"born": "2025-05-05"})
    assert not flt.predicate(date(2025, 1, 1), dates="text")({"born": "2025-05-05"})


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (None, ""),
        ({"version": 2, "filter": {"type": "and", "parts": []}}, "version"),
        ({"version": 1, "filter": {"type": "sql", "sql": "1=1"}}, "filter"),
        ({"version": 1, "filter": {"type": "and", "parts": [{"type": "answered"}]}}, "filter.and.parts.0"),
        ({"version": 1, "filter": {"type": "compare", "attribute": "a", "op": "like", "value": "x"}}, "op"),
        ({"version": 1, "filter": {"type": "compare", "attribute": "a", "op": "eq", "value": 1.5}}, "value"),
        (
            {"version": 1, "filter": {"type": "compare", "attribute": "a", "op": "eq", "value": {"date": 5}}},
            "value",
        ),
        ({"version": 1, "filter": {"type": "answered", "attribute": "a", "or": 1}}, "filter"),
    ],
)
def test_json_that_cannot_be_read_is_refused_with_its_place(data, place):
    with pytest.raises(DefinitionError, match="GL-3001") as caught:
        Filter.from_json(data)
    assert place in caught.value.place.get("at", "")


def test_json_that_is_nested_without_end_is_refused():
    node = {"type": "answered", "attribute": "a"}
    for _ in range(5_000):
        node = {"type": "not", "part": node}
    with pytest.raises(DefinitionError, match="GL-3001"):
        Filter.from_json({"version": 1, "filter": node})


def test_errors_carry_no_value():
    secret = "090-1234-5678"
    for call in (
        lambda: Filter.from_json({"version": 1, "filter": {"type": "answered", "attribute": 1, "x": secret}}),
        lambda: attr("x") == (secret,),
        lambda: Attributes([AttributeDef("x", "integer")]).check(attr("x") == secret),
        lambda: AttributeDef("x", "integer").parse(secret),
    ):
        with pytest.raises(GovlineError) as caught:
            call()
        assert secret not in f"{caught.value} {caught.value!r} {caught.value.place}"


def test_a_filter_in_japanese():
    attributes = Attributes(
        [
            AttributeDef("ward", "choice", "地区", {"A": "東", "B": "西"}),
            AttributeDef(
                "kids", "children", "お子さま", fields=(AttributeDef("birth_date", "date", "生年月日"),)
            ),
        ]
    )
    flt = attr("ward").in_("A", "B") & attr("kids").any(age=(0, 3)) & ~attr("blocked")
    assert attributes.to_text(flt) == (
        "地区が「東」・「西」のいずれか かつ お子さまに(生年月日の年齢が0歳以上3歳以下)の人がいる かつ "
        "「ブロック中がはい」に当てはまらない"
    )
    assert (attr("born") >= Today(-90)).to_text({"born": "登録日"}) == "登録日が当日の90日前以上"
    assert ((attr("a") == 1) | attr("b").unanswered()).to_text() == "aが1 または bが未回答"
    assert attr("born").between(date(2026, 4, 1), None).to_text() == "bornが2026年4月1日以上"


def test_the_trace_keeps_the_words_of_staff():
    flt = (attr("born") >= Today(-30)) & ~attr("blocked")
    trace = explain(flt, {"born": date(2026, 11, 1), "blocked": True}, date(2026, 11, 20))
    assert [(part.met, part.clause.to_text()) for part in trace.parts] == [
        (True, "bornが当日の30日前以上"),
        (False, "「blockedがはい」に当てはまらない"),
    ]


def test_attributes_that_cannot_be():
    wrong = (
        lambda: AttributeDef("Ward", "text"),
        lambda: AttributeDef("ward; DROP", "text"),
        lambda: AttributeDef("ward", "choice"),
        lambda: AttributeDef("ward", "text", choices={"a": "a"}),
        lambda: AttributeDef("kids", "children"),
        lambda: AttributeDef("kids", "children", fields=(AttributeDef("t", "tags"),)),
        lambda: Attributes([AttributeDef("blocked", "boolean")]),
        lambda: Attributes([AttributeDef("a", "text"), AttributeDef("a", "text")]),
    )
    for call in wrong:
        with pytest.raises(DefinitionError, match="GL-3010"):
            call()


def test_relative_days_move_with_as_of():
    flt = attr("born") >= Today(-90)
    for moved in (0, 200):
        as_of = date(2026, 1, 1) + timedelta(days=moved)
        assert to_sql(flt, COLUMNS, "sqlite", as_of=as_of)[1] == [(as_of - timedelta(days=90)).isoformat()]
