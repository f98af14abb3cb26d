"""`govline citizen`: erase a person, with proof."""

import json
from pathlib import Path
from typing import Annotated

import typer

from govline.cli.development import town_folder
from govline.cli.towns import ready_town
from govline.core import Actor

__all__ = ["app"]

Town = Annotated[Path | None, typer.Option("--town", help="The town's folder (with a city.yaml).")]
_CLERK = Actor("staff", "cli", "cli")
app = typer.Typer(no_args_is_help=True, help="Citizens.")


@app.callback()
def front() -> None:
    """Citizens."""


@app.command()
def erase(
    citizen: Annotated[str, typer.Argument(help="The citizen's id.")],
    town: Town = None,
    find: Annotated[
        list[str] | None, typer.Option(help="A value to search for as well; may be given again.")
    ] = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> int:
    """Erase a citizen everywhere, then search every column for what is left; ends with 1 when something is."""
    from govline.city.erasure import erase_citizen

    with ready_town(town_folder(town)) as city:
        report = erase_citizen(city, citizen, also=find or (), actor=_CLERK, dry_run=dry_run)
    if as_json:
        facts = {
            "tombstone": report.tombstone,
            "before": dict(report.before),
            "after": dict(report.after),
            "leftovers": dict(report.leftovers),
            "proven": report.proven,
        }
        typer.echo(json.dumps(facts))
        return 0 if dry_run or report.proven else 1
    for table in sorted({*report.before, *report.after}):
        typer.echo(f"{table:32} {report.before.get(table, 0):6} → {report.after.get(table, 0):6}")
    if dry_run:
        typer.echo("(数えただけです。何も消していません)")
        return 0
    for place, number in report.leftovers.items():
        typer.echo(f"✗ {place}: {number}行に残っています")
    if not report.before:
        typer.echo("! この住民IDの行は初めからありませんでした。IDを確かめてください")
    if report.proven:
        typer.echo(f"✓ 全表の全列を探し、残りはありません。監査上の仮名: {report.tombstone}")
    return 0 if report.proven else 1
