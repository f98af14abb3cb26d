"""`govline inbox`: what came in, what failed, and how it is handled once more."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from govline.cli.development import town_folder
from govline.cli.towns import ask_policy, ready_town
from govline.core import Actor
from govline.store import inbox

__all__ = ["app"]

Town = Annotated[Path | None, typer.Option("--town", help="The town's folder (with a city.yaml).")]
_CLERK = Actor("staff", "cli", "cli")
app = typer.Typer(no_args_is_help=True, help="The inbox: webhook events.")


@app.command("list")
def show(
    town: Town = None,
    state: Annotated[str | None, typer.Option(help="received, done, failed")] = None,
    limit: int = 50,
) -> None:
    """The newest events, without what was said."""
    with ready_town(town_folder(town)) as city:
        rows = city.read(lambda tx: inbox.list(tx, state=state, newest=True, limit=limit))
    if not rows:
        typer.echo("(ありません)")
    for row in rows:
        typer.echo(f"{row.id}  {row.kind:16} {row.state:8} {row.received:%Y-%m-%d %H:%M:%S}  {row.code}")


@app.command()
def replay(
    event: Annotated[str, typer.Argument(help="The event's id.")] = "",
    town: Town = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Every failed event.")] = False,
) -> None:
    """Let a failed event be handled once more, by the worker, after its cause was mended."""
    if bool(event) == every:
        raise typer.BadParameter("name an event, or --all")
    with ready_town(town_folder(town)) as city:
        ask_policy(city, _CLERK, "inbox.replay")
        failed = [row.id for row in city.read(lambda tx: inbox.list(tx, state="failed", limit=1000))]
        for row in failed if every else [event]:
            city.run(partial(inbox.replay, event=row), actor=_CLERK)
    typer.echo(f"✓ {len(failed) if every else 1}件をもう一度処理します")
