"""`govline key`: keys of the town, and sealing everything again under a new one."""

import json
from pathlib import Path
from typing import Annotated

import typer

from govline.cli.development import town_folder
from govline.cli.towns import ready_town
from govline.store import Keyring, sealed

__all__ = ["app"]

Town = Annotated[Path | None, typer.Option("--town", help="The town's folder (with a city.yaml).")]
Json = Annotated[bool, typer.Option("--json", help="For machines.")]
app = typer.Typer(invoke_without_command=True, help="Keys for GOVLINE_KEYS.")


@app.callback()
def front(context: typer.Context) -> None:
    """Keys for GOVLINE_KEYS; alone it makes one called k1."""
    if context.invoked_subcommand is None:
        new("k1")


@app.command()
def new(name: Annotated[str, typer.Argument(help="The key's own name, such as the month.")] = "k1") -> None:
    """Make a key for GOVLINE_KEYS; keep it apart from the database and its backups."""
    typer.echo(Keyring.generate(name).to_text())


@app.command()
def rotate(town: Town = None, *, as_json: Json = False) -> int:
    """Seal everything again under the newest key; ends with 1 while an older key is still needed."""
    with ready_town(town_folder(town)) as city:
        done = sealed.rotate(city.database, city.sealed_columns)
        standing = sealed.count(city.database, city.sealed_columns)
        newest = city.database.keys.newest if city.database.keys else ""
    needed = sorted({key for each in standing for key in each.by_key} - {newest})
    if as_json:
        typer.echo(json.dumps({"resealed": done, "newest": newest, "still_needed": needed}))
    else:
        typer.echo(f"✓ {sum(done.values())}件を鍵 {newest} で封をし直しました")
        typer.echo(f"まだ要る古い鍵: {', '.join(needed)}" if needed else "古い鍵は GOVLINE_KEYS から外せます")
    return 1 if needed else 0


@app.command()
def count(town: Town = None, *, as_json: Json = False) -> None:
    """How many values stand under which key, column by column."""
    with ready_town(town_folder(town)) as city:
        standing = sealed.count(city.database, city.sealed_columns)
    if as_json:
        facts = {
            f"{each.table}.{each.column}": {"plain": each.plain, **dict(each.by_key)} for each in standing
        }
        typer.echo(json.dumps(facts))
        return
    for each in standing:
        keys = "  ".join(f"{key} {number}" for key, number in sorted(each.by_key.items())) or "-"
        typer.echo(
            f"{each.table + '.' + each.column:32} {keys}" + (f"  封なし {each.plain}" if each.plain else "")
        )
