"""`govline schedules`: what is planned, and when."""

import json
from pathlib import Path
from typing import Annotated

import typer

from govline.cli.development import town_folder
from govline.cli.towns import ready_town
from govline.core.jst import to_jst
from govline.store import schedules

__all__ = ["app"]

Town = Annotated[Path | None, typer.Option("--town", help="The town's folder (with a city.yaml).")]
app = typer.Typer(no_args_is_help=True, help="Schedules: reminders, time limits, expiries.")


@app.callback()
def front() -> None:
    """Schedules: reminders, time limits, expiries."""


@app.command("list")
def show(
    town: Town = None,
    limit: int = 50,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """What is planned, soonest first, without what it carries."""
    with ready_town(town_folder(town)) as city:
        planned = city.read(lambda tx: schedules.upcoming(tx, limit=limit))
    rows = [
        {
            "due": to_jst(each.due).isoformat(timespec="minutes"),
            "topic": each.effect.topic,
            "subject": f"{each.subject.kind} {each.subject.id}",
            "quiet_hours": each.quiet_hours,
        }
        for each in planned
    ]
    if as_json:
        typer.echo(json.dumps(rows))
        return
    if not rows:
        typer.echo("(ありません)")
    for row in rows:
        typer.echo(f"{row['due']}  {row['topic']:20} {row['subject']}")
