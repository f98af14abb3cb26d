"""`govline audit`: whether the audit's chain holds."""

import json
from pathlib import Path
from typing import Annotated

import typer

from govline.cli.development import town_folder
from govline.cli.towns import ask_policy, ready_town
from govline.core import Actor
from govline.store import chain

__all__ = ["app"]

Town = Annotated[Path | None, typer.Option("--town", help="The town's folder (with a city.yaml).")]
_CLERK = Actor("staff", "cli", "cli")
app = typer.Typer(no_args_is_help=True, help="The audit: who did what.")
_WHAT = {
    "changed": "書き換えられたか、並べ替えられています",
    "removed": "抜き取られています",
    "inserted": "後から差し込まれています(または時計が戻されました)",
    "truncated": "ここから先が切り取られています",
    "anchor": "控えの値と異なります",
}


@app.callback()
def front() -> None:
    """The audit: who did what."""


@app.command()
def verify(
    town: Town = None,
    anchor: Annotated[str, typer.Option(help="number:hash of an earlier run, kept elsewhere.")] = "",
    *,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> int:
    """Compute the chain again; ends with 1 and names the first entry that does not fit."""
    with ready_town(town_folder(town)) as city:
        ask_policy(city, _CLERK, "audit.read")
        verdict = chain.verify(city.database, anchor=anchor)
    broken = verdict.broken
    if as_json:
        found = (
            None if broken is None else {"number": broken.number, "entry": broken.entry, "what": broken.what}
        )
        typer.echo(
            json.dumps(
                {
                    "entries": verdict.entries,
                    "open": verdict.open,
                    "anchor": verdict.anchor,
                    "broken": found,
                }
            )
        )
    elif broken is not None:
        typer.echo(f"✗ {broken.number}件目 {broken.entry}: {_WHAT[broken.what]}")
    else:
        typer.echo(f"✓ {verdict.entries}件が連なっています(連結待ち {verdict.open}件)")
        typer.echo(f"控え: {verdict.anchor}")
    return 1 if broken is not None else 0
