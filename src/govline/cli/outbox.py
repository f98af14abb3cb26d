"""`govline outbox`: what waits, what failed and why, and the staff's two levers."""

from pathlib import Path
from typing import Annotated

import typer

from govline.cli.development import town_folder
from govline.cli.towns import ready_town
from govline.core import Actor
from govline.store import outbox

__all__ = ["app"]

Town = Annotated[Path | None, typer.Option("--town", help="The town's folder (with a city.yaml).")]
Row = Annotated[str, typer.Argument(help="The effect's id.")]
Why = Annotated[str, typer.Option("--reason", help="Why; it stands in the audit.")]
_CLERK = Actor("staff", "cli", "cli")
app = typer.Typer(no_args_is_help=True, help="The outbox: effects on the outside world.")


@app.command("list")
def show(
    town: Town = None,
    state: Annotated[
        str | None, typer.Option(help="ready, waiting, asleep, leased, done, dead, unknown, skipped")
    ] = None,
    topic: str | None = None,
    limit: int = 50,
) -> None:
    """The newest effects, without what they carry."""
    with ready_town(town_folder(town)) as city:
        rows = city.read(lambda tx: outbox.list(tx, state=state, topic=topic, newest=True, limit=limit))
    if not rows:
        typer.echo("(ありません)")
    for row in rows:
        typer.echo(
            f"{row.id}  {row.topic:16} {row.state:8} {row.attempts:3}  {row.due:%Y-%m-%d %H:%M:%S}  {row.reason}"
        )


@app.command()
def counts(town: Town = None) -> None:
    """How many effects stand in each queue and state."""
    with ready_town(town_folder(town)) as city:
        found = city.read(outbox.counts)
    if not found:
        typer.echo("(ありません)")
    for queue, states in sorted(found.items()):
        typer.echo(
            f"{queue:16} " + "  ".join(f"{state} {number}" for state, number in sorted(states.items()))
        )


@app.command()
def explain(row: Row, town: Town = None) -> None:
    """Why an effect has not happened (yet)."""
    with ready_town(town_folder(town)) as city:
        found = city.read(lambda tx: outbox.explain(tx, row))
    typer.echo(f"{found.state}: {found.text}")


@app.command()
def retry(row: Row, reason: Why, town: Town = None) -> None:
    """Let a dead or unknown effect be tried again, under the same id."""
    with ready_town(town_folder(town)) as city:
        city.run(lambda tx: outbox.retry(tx, row, reason), actor=_CLERK)
    typer.echo("✓ もう一度試します")


@app.command()
def skip(row: Row, reason: Why, town: Town = None) -> None:
    """Give an effect up, so that what waits behind it goes on."""
    with ready_town(town_folder(town)) as city:
        city.run(lambda tx: city.pump.skip(tx, row, reason), actor=_CLERK)
    typer.echo("✓ 飛ばしました")
