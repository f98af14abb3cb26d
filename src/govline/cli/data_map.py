"""`govline data-map`: what is stored where, how delicate it is, for how long."""

import csv
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from govline.cli.development import town_folder
from govline.cli.towns import ready_town

__all__ = ["show"]

Town = Annotated[Path | None, typer.Option("--town", help="The town's folder (with a city.yaml).")]
_HEADERS = ("table", "column", "class", "purpose", "retention", "sealed")


def show(
    town: Town = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="For a spreadsheet.")] = False,
) -> int:
    """Every column of every table; ends with 1 when a column is of no known class."""
    from govline.city.data_map import data_map, unclassified

    with ready_town(town_folder(town)) as city:
        lines = data_map(city)
    rows = [
        (
            line.table,
            line.column,
            line.data.value if line.data else "",
            line.purpose,
            line.retention,
            line.sealed,
        )
        for line in lines
    ]
    if as_json:
        typer.echo(json.dumps([dict(zip(_HEADERS, row, strict=True)) for row in rows], ensure_ascii=False))
    elif as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(_HEADERS)
        writer.writerows(rows)
    else:
        for table, column, data, purpose, retention, sealed in rows:
            seal = "封" if sealed else "  "
            typer.echo(f"{table + '.' + column:40} {data or '✗':10} {seal} {retention}  {purpose}")
    lacking = unclassified(lines)
    for name in lacking:
        typer.echo(f"✗ {name}: 区分がありません", err=True)
    return 1 if lacking else 0
