"""`govline menu`: the rich menu below the talk."""

from pathlib import Path
from typing import Annotated

import typer

from govline.cli.development import town_folder
from govline.cli.towns import open_town

__all__ = ["app"]

Town = Annotated[Path | None, typer.Option("--town", help="The town's folder (with a city.yaml).")]
app = typer.Typer(no_args_is_help=True, help="The rich menu: the words of `menu:` in city.yaml as tiles.")


@app.callback()
def group() -> None:
    """The rich menu: the words of `menu:` in city.yaml as tiles."""


@app.command()
def publish(town: Town = None) -> None:
    """Show the menu to everybody, with menu.png (or menu.jpg) of the town's folder as its picture."""
    with open_town(town_folder(town)) as city:
        typer.echo(f"✓ {city.publish_menu()}")
