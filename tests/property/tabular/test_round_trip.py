"""Whatever a table holds, an export read back says nothing new, in every encoding and in Excel; no bytes make the reader fail otherwise than by a code."""

import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govline.errors import GovlineError
from govline.tabular import Column, Row, Table, read, write
from govline.tabular.comparing import Lens, compare
from govline.tabular.journal import Codec
from govline.tabular.values import formatter, parser
from govline.tabular.wording import Misfit

CHOICES = {"m": "港", "k": "川辺,山", "=": "'=選択"}
TABLE = Table(
    "t",
    [
        Column("no", "番号", type="code", required=True),
        Column("words", "言葉"),
        Column("amount", "金額", type="integer"),
        Column("rate", "率", type="decimal"),
        Column("day", "日", type="date"),
        Column("at", "時", type="datetime"),
        Column("clock", "時刻", type="time"),
        Column("yes", "可否", type="boolean"),
        Column("one", "選択", type="choice", choices=CHOICES),
        Column("some", "複数", type="list", choices=CHOICES),
        Column("free", "自由", type="list"),
    ],
    key="no",
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    [
        "=1",
        "'=1",
        "〜−",
        "𠮷",
        "a\r\nb",
        "\t",
        " x ",
        "\u3099",
        "か\u3099",
        "#N/A",
        "NUL\0",
        "é",
        '"',
        "\\",
        "、",
    ]
)


def readable(text):
    """Without what import refuses on purpose (個人番号)."""
    try:
        parser(TABLE["words"])(text)
    except Misfit:
        return False
    return True


WORDS = TEXTS.filter(readable)
INSTANTS = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))
VALUES = st.fixed_dictionaries(
    {
        "words": st.none() | WORDS,
        "amount": st.none() | st.integers(-(2**63), 2**63 - 1),
        "rate": st.none() | st.decimals(-1_000_000, 1_000_000, places=4),
        "day": st.none() | st.dates(date(1000, 1, 1)),
        "at": st.none() | INSTANTS,
        "clock": st.none() | st.integers(0, 48 * 60 - 1).map(lambda at: f"{at // 60:02}:{at % 60:02}"),
        "yes": st.none() | st.booleans(),
        "one": st.none() | st.sampled_from(sorted(CHOICES)),
        "some": st.none()
        | st.sets(st.sampled_from(sorted(CHOICES)), min_size=1).map(lambda s: tuple(sorted(s))),
        "free": st.none()
        | st.sets(WORDS.filter(bool), min_size=1, max_size=3)
        .map(lambda s: tuple(sorted(s)))
        .filter(lambda words: readable("、".join(words))),
    }
)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "cp932", "utf-16-le", "utf-16-be", "xlsx"])
@settings(max_examples=40)
@given(rows=st.lists(VALUES, min_size=1, max_size=6))
def test_an_export_read_back_changes_nothing(encoding, rows):
    rows = [{"no": f"{number:03}", **row} for number, row in enumerate(rows)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("t.xlsx" if encoding == "xlsx" else "t.csv")
        written = write(TABLE, path, rows, encoding="" if encoding == "xlsx" else encoding)
        reading = read(TABLE, path)
        found = list(reading)
    assert reading.source.encoding == encoding
    assert reading.source.digest == written.digest
    assert [row.issues for row in found] == [()] * len(rows)
    standing = {(row["no"],): row for row in rows}
    judged = compare(TABLE, Lens(TABLE, reading.source), found, standing, adds=True)
    assert (judged.unchanged, judged.changes) == (len(rows), ())


@settings(max_examples=60)
@given(row=VALUES)
def test_canonical_text_reads_as_the_value(row):
    for column in TABLE.columns[2:10]:
        value = row.get(column.name)
        if value is not None:
            assert parser(column)(formatter(column)(value)) == value


@settings(max_examples=60)
@given(row=VALUES)
def test_what_is_kept_for_undo_is_exact(row):
    codec = Codec(TABLE)
    values = {"no": "1", **row}
    assert codec._unpack(codec._pack(values)) == values


@settings(max_examples=150)
@given(content=st.binary(max_size=200) | st.text(max_size=80).map(lambda text: f"番号,言葉\n{text}".encode()))
def test_any_bytes_are_read_or_refused_with_a_code(content):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        path.write_bytes(content)
        refused, reading, rows = None, None, []
        try:
            reading = read(TABLE, path)
            rows = list(reading)
        except GovlineError as error:
            refused = error
    if refused is None:
        assert reading.report.rows == len(rows)
        assert all(isinstance(row, Row) for row in rows)
    else:
        assert refused.code.startswith("GL-00")
        assert refused.hint


@pytest.mark.parametrize(
    "kind", ["integer", "decimal", "date", "time", "datetime", "boolean", "choice", "list", "code", "text"]
)
@settings(max_examples=40)
@given(
    cell=st.text(max_size=20)
    | st.integers()
    | st.floats()
    | st.booleans()
    | st.datetimes()
    | st.dates()
    | st.times()
    | st.timedeltas()
)
def test_any_cell_is_a_value_or_a_misfit(kind, cell):
    column = Column("x", "項目", type=kind, choices=CHOICES if kind == "choice" else {})
    try:
        value = parser(column)(cell)
    except Misfit:
        return
    if value is not None and kind not in ("datetime", "text", "code", "list"):
        assert parser(column)(formatter(column)(value)) == value
