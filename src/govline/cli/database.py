"""`govline db`: migrations of the town's database."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from govline.cli.development import town_folder
from govline.cli.towns import open_town

__all__ = ["app"]

Town = Annotated[Path | None, typer.Option("--town", help="The town's folder (with a city.yaml).")]
app = typer.Typer(no_args_is_help=True, help="The town's database.")


@app.command()
def upgrade(
    town: Town = None,
    phase: Annotated[
        Literal["pre", "all"], typer.Option(help="pre: only what the release before this one can live with.")
    ] = "all",
) -> None:
    """Bring every table to its newest form, and write what the definition files say."""
    with open_town(town_folder(town)) as city:
        for revision in city.database.migrate(city.migrations, phase=phase):
            typer.echo(revision)
        city.prepare(phase=phase)
    typer.echo("✓ 最新です")


@app.command()
def sql(town: Town = None, dialect: Literal["sqlite", "postgresql"] = "postgresql") -> None:
    """Print the DDL, for Django's RunSQL or Flyway."""
    with open_town(town_folder(town)) as city:
        typer.echo(city.database.ddl(city.migrations, dialect))
