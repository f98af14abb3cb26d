"""The commands; a first word that is none of them is a feature's name."""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

import govline
from govline.cli import (
    audit,
    citizen,
    data_map,
    database,
    files,
    followers,
    inbox,
    keys,
    menu,
    outbox,
    schedules,
)
from govline.cli.development import town_folder
from govline.cli.features import run_feature
from govline.cli.towns import ready_town
from govline.store.worker import Pace

__all__ = ["app", "run"]

Town = Annotated[Path | None, typer.Option("--town", help="The town's folder (with a city.yaml).")]
Port = Annotated[int, typer.Option(help="Port of the chat page on 127.0.0.1.")]

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="govline: a town's LINE backend.",
)
app.add_typer(audit.app, name="audit")
app.add_typer(citizen.app, name="citizen")
app.command("data-map")(data_map.show)
app.add_typer(database.app, name="db")
app.add_typer(followers.app, name="followers")
app.add_typer(inbox.app, name="inbox")
app.add_typer(keys.app, name="key")
app.add_typer(outbox.app, name="outbox")
app.add_typer(schedules.app, name="schedules")
app.add_typer(menu.app, name="menu")
files.add_commands(app)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"govline {govline.__version__}")
        raise typer.Exit


@app.callback()
def front(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """govline: a town's LINE backend."""


def run(words: Sequence[str]) -> int:
    """Run a command; a feature's commands (`govline garbage import FILE`) come from the town's own features."""
    names = {str(command.name) for command in app.registered_commands}
    names |= {str(group.name) for group in app.registered_groups}
    if words and not words[0].startswith("-") and words[0] not in names:
        return run_feature(words, sorted(names))
    try:
        answer: object = app(list(words) or ["--help"], standalone_mode=False)
    except typer.Exit as end:
        return int(end.exit_code)
    except Exception as error:
        if not hasattr(error, "show"):
            raise
        error.show()  # wrong words: typer's errors explain themselves
        return 2
    return answer if isinstance(answer, int) else 0


@app.command("new")
def new(
    name: Annotated[str, typer.Argument(help="Folder to make; also the town's id.")],
    title: Annotated[str, typer.Option(help="The town's name as citizens read it.")] = "",
) -> None:
    """Make a new town: data to edit, talks to test it, and a ten-line app.py."""
    from govline.cli.template import new_town

    folder = new_town(Path(name), title)
    typer.echo(
        f"{folder} を作りました。\n  cd {folder}\n  govline dev     # ブラウザーで試す\n  govline test    # 会話を検査する"
    )


@app.command("demo")
def demo(
    *,
    headless: Annotated[bool, typer.Option("--headless", help="Play the talks and exit 0 or 1.")] = False,
    port: Port = 8000,
    fresh: Annotated[bool, typer.Option("--fresh", help="Begin with an empty database.")] = False,
) -> int:
    """The demo town on SQLite in the browser simulator."""
    from govline.cli import demonstration

    return demonstration.headless() if headless else demonstration.interactive(port, fresh=fresh)


@app.command("dev")
def dev(town: Town = None, port: Port = 8000) -> int:
    """Run the town of this folder with a LINE that runs on this machine."""
    from govline.cli import demonstration

    return demonstration.serve_town(town_folder(town), port)


@app.command("test")
def play(town: Town = None) -> int:
    """Play talks/*.txt and run every feature's checks, on a database of their own."""
    from govline.cli import demonstration

    return demonstration.play_talks(town_folder(town), worker="none")


@app.command("simulate")
def simulate(
    town: Town = None,
    days: Annotated[int, typer.Option(help="How many days.", min=1, max=3660)] = 365,
    start: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day; today where omitted.")
    ] = None,
    citizens: Annotated[int, typer.Option(help="Invent so many citizens beside the town's own.", min=0)] = 0,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Every delivery and finding as JSON.")] = False,
) -> int:
    """Live through a year on a copy of the town, send nothing, and judge every delivery."""
    from govline.cli import simulate as rehearsal

    first = start.date() if start else None
    return rehearsal.simulate(town_folder(town), days=days, start=first, citizens=citizens, as_json=as_json)


@app.command("worker")
def worker(
    town: Town = None,
    poll: Annotated[
        float, typer.Option(help="Look for new work at least so often, in seconds.", min=0.01)
    ] = 1.0,
) -> int:
    """Answer citizens and carry the outbox out, until SIGTERM."""
    with ready_town(town_folder(town)) as city:
        city.worker(Pace(idle=min(poll, 0.2), cap=poll)).run()
    return 0


@app.command("doctor")
def doctor(
    town: Town = None,
    *,
    line: Annotated[
        bool, typer.Option("--line", help="Ask LINE as well: token, webhook, plan, LIFF.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Findings and everything that runs out, as one JSON object.")
    ] = False,
) -> int:
    """Check the town: settings, migrations, every feature's own checks, what runs out."""
    from govline.cli.doctor import examine, last_days

    folder = town_folder(town)
    findings = examine(folder, ask_line=line)
    if as_json:
        typer.echo(json.dumps({"findings": findings, "expiries": last_days(folder)}, ensure_ascii=False))
        return 1 if findings else 0
    for finding in findings:
        typer.echo(f"✗ {finding}")
    if not findings:
        typer.echo("✓ 問題は見つかりませんでした")
    return 1 if findings else 0
