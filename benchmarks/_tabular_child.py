"""One measurement of tabular in a process of its own, so that its peak memory is its own: `python -m benchmarks._tabular_child WHAT FOLDER ROWS`."""

import csv
import json
import resource
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

COLUMNS = ("番号", "氏名", "地区", "生年月日", "人数", "同意", "備考")
WARDS = {"m": "港", "k": "川辺", "s": "山手"}


def people(rows: int) -> Iterator[dict[str, Any]]:
    """Made-up people, the same at each call."""
    wards = list(WARDS)
    for number in range(rows):
        yield {
            "no": f"{number:08}",
            "name": f"髙﨑 花子{number % 977}",
            "ward": wards[number % 3],
            "born": date(1940 + number % 80, 1 + number % 12, 1 + number % 28),
            "size": number % 7,
            "wants": number % 2 == 0,
            "note": "申込済み、要確認",
        }


def table() -> Any:
    """The columns as declared."""
    from govline.tabular import Column, Table

    return Table(
        "people",
        [
            Column("no", "番号", type="code", required=True, width=8),
            Column("name", "氏名", max_length=40),
            Column("ward", "地区", type="choice", choices=WARDS),
            Column("born", "生年月日", type="date"),
            Column("size", "人数", type="integer", least=0),
            Column("wants", "同意", type="boolean"),
            Column("note", "備考"),
        ],
        key="no",
    )


def dataset() -> Any:
    """Rows of a table of SQLite or PostgreSQL, read and written as a feature would."""
    from sqlalchemy import BigInteger, Boolean, MetaData, Text, func, select
    from sqlalchemy import Column as SqlColumn
    from sqlalchemy import Table as SqlTable

    from govline.core import Dataset
    from govline.store.columns import DateColumn

    kinds = {"born": DateColumn, "size": BigInteger, "wants": Boolean}
    names = [column.name for column in table().columns]
    rows = SqlTable(
        "people",
        MetaData(),
        *[SqlColumn(name, kinds.get(name, Text), primary_key=name == "no") for name in names],
    )

    def page(tx: Any, after: Any, limit: int) -> list[Any]:
        query = select(rows).order_by(rows.c.no).limit(limit)
        query = query if after is None else query.where(rows.c.no > after[0])
        return [dict(row) for row in tx.connection.execute(query).mappings()]

    def find(tx: Any, keys: Any) -> dict[Any, Any]:
        query = select(rows).where(rows.c.no.in_([key[0] for key in keys]))
        return {(row["no"],): dict(row) for row in tx.connection.execute(query).mappings()}

    def write(tx: Any, changes: Any) -> None:
        if old := [change.key[0] for change in changes if change.before is not None]:
            tx.connection.execute(rows.delete().where(rows.c.no.in_(old)))
        if new := [change.after for change in changes if change.after is not None]:
            tx.connection.execute(rows.insert(), new)

    def count(tx: Any) -> int:
        return int(tx.connection.execute(select(func.count()).select_from(rows)).scalar_one())

    return rows, Dataset("people", "住民", table, page, find=find, write=write, count=count)


def export_rows(folder: Path, rows: int) -> dict[str, Any]:
    """Stream rows into CP932."""
    from govline.tabular import write

    written = write(table(), folder / "export.csv", people(rows), encoding="cp932")
    return {"rows": written.rows}


def import_rows(folder: Path, rows: int) -> dict[str, Any]:
    """Dry run and import into an empty town, and the same file again."""
    from govline.store import Database
    from govline.tabular import Files

    with Database.open(f"sqlite:///{folder}/town.db") as database:
        database.migrate(["govline.tabular.migrations"])
        standing, offered = dataset()
        database.run(lambda tx: standing.create(tx.connection))
        files = Files(database, [offered])
        began = time.perf_counter()
        report = files.load("people", folder / "import.csv")
        middle = time.perf_counter()
        again = files.load("people", folder / "import.csv")
        ended = time.perf_counter()
    assert (report.added, again.unchanged) == (rows, rows), report.to_text()
    return {"rows": rows, "import_s": middle - began, "unchanged_s": ended - middle}


def naive(folder: Path, rows: int) -> dict[str, Any]:
    """What a script does: DictReader, strptime, look-ups, one executemany; no report, no comparison, no undo."""
    labels = {label: value for value, label in WARDS.items()}
    connection = sqlite3.connect(folder / "naive.db")
    connection.execute("CREATE TABLE people (no TEXT PRIMARY KEY, name, ward, born, size, wants, note)")
    with (folder / "import.csv").open(encoding="cp932", newline="") as file:
        records = [
            (
                row["番号"],
                row["氏名"],
                labels[row["地区"]],
                datetime.strptime(row["生年月日"], "%Y-%m-%d").date().isoformat(),
                int(row["人数"]),
                row["同意"] == "○",
                row["備考"],
            )
            for row in csv.DictReader(file)
        ]
    with connection:
        connection.executemany("INSERT INTO people VALUES (?,?,?,?,?,?,?)", records)
    assert connection.execute("SELECT count(*) FROM people").fetchone() == (rows,)
    connection.close()
    return {"rows": rows}


WORK: dict[str, Callable[[Path, int], dict[str, Any]]] = {
    "export": export_rows,
    "import": import_rows,
    "naive": naive,
}

if __name__ == "__main__":
    what, folder_name, count_text = sys.argv[1:]
    start = time.perf_counter()
    found = WORK[what](Path(folder_name), int(count_text))
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peak_mb": peak, **found}))
