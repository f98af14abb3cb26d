"""`govline followers`: the friends of an existing account become citizens."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from govline.city import City
from govline.cli.development import town_folder
from govline.cli.towns import ready_town
from govline.core import Actor
from govline.errors import ConfigError

if TYPE_CHECKING:
    from govline.line import AccountClient

__all__ = ["app"]

Town = Annotated[Path | None, typer.Option("--town", help="The town's folder (with a city.yaml).")]
_CLERK = Actor("staff", "cli", "cli")
app = typer.Typer(no_args_is_help=True, help="The friends of an account that exists already.")


@app.callback()
def group() -> None:
    """The friends of an account that exists already."""


@app.command("import")
def import_(
    file: Annotated[
        Path | None, typer.Argument(help="LINE userIds, one a line or as CSV; LINE is asked where omitted.")
    ] = None,
    town: Town = None,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Of a file: say what would happen, write nothing.")
    ] = False,
    pages: Annotated[int, typer.Option(help="Ask LINE for so many pages of 1,000 at most.", min=1)] = 10_000,
) -> int:
    """Make the account's friends known, from LINE or from a file; an interrupted import goes on where it stopped."""
    from govline.line.accounts import import_followers, import_ids

    with ready_town(town_folder(town)) as city:
        if file is not None:
            done = import_ids(city.database, file, dry_run=dry_run, actor=_CLERK)
        else:
            account = _account(city)
            try:
                done = import_followers(city.database, account, max_pages=pages, actor=_CLERK)
            finally:
                account.close()
    mark = "…" if dry_run or not done.finished else "✓"
    rest = "" if done.finished else "(続きがあります。もう一度実行してください)"
    typer.echo(f"{mark} 新規 {done.new} 人、登録済み {done.known} 人、ブロック解除 {done.unblocked} 人{rest}")
    return 0 if done.finished else 1


def _account(city: City) -> "AccountClient":
    from govline.line import AccountClient

    if city.channel is None:
        raise ConfigError(
            "this town has no LINE channel", code="GL-9004", hint="add the section line: to city.yaml"
        )
    return AccountClient(city.channel.token, host=city.channel.api, timeout=(3.0, city.channel.timeout))
