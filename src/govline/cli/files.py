"""`govline import` and `govline export`: the datasets that the town's features offer, as CSV or Excel."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from govline.cli.development import town_folder
from govline.cli.towns import ready_town
from govline.core import Actor
from govline.errors import InputError
from govline.tabular import ENCODINGS, Column, Files, Import, Report, Table, Written

__all__ = ["add_commands"]

Town = Annotated[Path | None, typer.Option("--town", help="The town's folder (with a city.yaml).")]
Kind = Annotated[str, typer.Argument(help="Which dataset; --list names them.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object instead of sentences.")]
_CLERK = Actor("staff", "cli", "cli")


def add_commands(app: typer.Typer) -> None:
    """Add `import` and `export` to the program."""
    app.command("import")(take_in)
    app.command("export")(write_out)


def take_in(
    kind: Kind = "",
    file: Annotated[Path | None, typer.Argument(help="CSV (any encoding) or .xlsx.")] = None,
    town: Town = None,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what is wrong and what would change.")
    ] = False,
    good_rows: Annotated[
        bool, typer.Option("--good-rows", help="Take the good rows even where others are wrong.")
    ] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Take the last import of KIND back.")] = False,
    keep_changed: Annotated[
        bool, typer.Option("--keep-changed", help="With --undo: leave rows that were changed since.")
    ] = False,
    listed: Annotated[bool, typer.Option("--list", help="Name the datasets and what was imported.")] = False,
    encoding: Annotated[str, typer.Option(help="Instead of the detected one: cp932, utf-8 …")] = "",
    sheet: Annotated[str, typer.Option(help="Of a workbook; the first one shown where omitted.")] = "",
    as_json: AsJson = False,
) -> int:
    """Import a file of staff: all of it or nothing, and say exactly what is wrong. 1 where a row is."""
    with ready_town(town_folder(town)) as city:
        files: Files = city.tabular
        if listed or not kind:
            return _list(files, as_json=as_json)
        if undo:
            return _undo(files, kind, keep_changed=keep_changed, as_json=as_json)
        if file is None:
            raise InputError("which file?", code="GL-9110", hint=f"govline import {kind} FILE")
        if dry_run:
            report = files.check(kind, file, actor=_CLERK, encoding=encoding, sheet=sheet)
        else:
            report = files.load(kind, file, good_rows=good_rows, actor=_CLERK, encoding=encoding, sheet=sheet)
    return _say(report, as_json=as_json)


def write_out(
    kind: Kind,
    file: Annotated[Path, typer.Argument(help="To write: .xlsx makes a workbook, anything else text.")],
    town: Town = None,
    *,
    encoding: Annotated[str, typer.Option(help=f"Of a text file: {', '.join(ENCODINGS)}.")] = "utf-8-sig",
    delimiter: Annotated[str, typer.Option(help="Between cells; a tab for .tsv, else a comma.")] = "",
    as_json: AsJson = False,
) -> int:
    """Export a dataset; importing the file again would change nothing."""
    with ready_town(town_folder(town)) as city:
        written: Written = city.tabular.export(
            kind, file, encoding=encoding, delimiter=delimiter, actor=_CLERK
        )
    substitutes = [
        {"row": each.row, "column": each.column, "replacement": each.replacement}
        for each in written.substitutes
    ]
    if as_json:
        _json(
            {
                "rows": written.rows,
                "encoding": written.encoding,
                "digest": written.digest,
                "substituted": written.substituted,
                "substitutes": substitutes,
            }
        )
        return 0
    typer.echo(f"✓ {file} に {written.rows:,} 行を書き出しました({written.encoding})")
    for each in written.substitutes:
        shown = each.replacement or "(なし)"
        typer.echo(f"  {each.row} 行目「{each.column}」: {each.char!r} は書けないので {shown} にしました")
    if written.substituted > len(substitutes):
        typer.echo(f"  ほかに {written.substituted - len(substitutes):,} 文字")
    return 0


def _say(report: Report, *, as_json: bool) -> int:
    if as_json:
        _json(report.to_json())
    else:
        typer.echo(report.to_text())
    return 1 if report.refused else 0


def _undo(files: Files, kind: str, *, keep_changed: bool, as_json: bool) -> int:
    undone = files.undo(kind, keep_changed=keep_changed, actor=_CLERK)
    if as_json:
        _json({"import_id": undone.import_id, "rows": undone.rows, "left": undone.left})
    else:
        left = f"(その後に変わった {undone.left:,} 行はそのまま)" if undone.left else ""
        typer.echo(f"✓ {undone.rows:,} 行を取り込む前に戻しました{left}")
    return 0


def _list(files: Files, *, as_json: bool) -> int:
    rows: list[dict[str, Any]] = []
    for dataset in files.datasets:
        last = files.imports(dataset.name, 1)
        table: Table = dataset.table()
        rows.append(
            {
                "name": dataset.name,
                "title": dataset.title,
                "import": dataset.write is not None,
                "whole": dataset.whole,
                "columns": [_column(column, table) for column in table.columns],
                "last": _shown(last[0]) if last else None,
            }
        )
    if as_json:
        _json({"datasets": rows})
    for row in [] if as_json else rows:
        ways = "取り込み・書き出し" if row["import"] else "書き出しのみ"
        last_one = row["last"]
        told = f"  最後の取り込み {last_one['started'][:16]} {last_one['state']}" if last_one else ""
        typer.echo(f"{row['name']:12} {row['title']} ({ways}){told}")
        typer.echo("             " + "、".join(map(_heading, row["columns"])))
    return 0


def _column(column: Column, table: Table) -> dict[str, Any]:
    return {
        "name": column.name,
        "title": column.title,
        "aliases": list(column.aliases),
        "type": column.type,
        "key": column.name in table.key,
        "required": column.required or column.name in table.key,
        "read_only": column.read_only,
        "choices": dict(column.choices),
    }


def _heading(column: dict[str, Any]) -> str:
    """A header with * where a file must have it, in brackets where an import ignores it."""
    return f"({column['title']})" if column["read_only"] else column["title"] + "*" * column["required"]


def _shown(one: Import) -> dict[str, Any]:
    return {
        "id": one.id,
        "state": one.state,
        "started": one.started.isoformat(),
        "added": one.added,
        "changed": one.changed,
    }


def _json(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False))
