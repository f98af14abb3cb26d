"""The demo town, a town in development, and talks played against either."""

import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

from rich.console import Console

from govline.cli.local import LocalTown, local_town
from govline.cli.template import copy_demo_town
from govline.errors import DefinitionError
from govline.testing.talks import Result, play, read_talks

__all__ = ["headless", "interactive", "play_talks", "serve_town"]

_HINTS = (
    "左の電話で友だち追加し、メニューをタップしてください。右上の「次の18時」で翌日のお知らせが届きます。",
    '一斉配信(別の端末で): govline segments send first ward=minato "お知らせです"',
)
_DEMO = Path(".govline") / "demo"
_console = Console(highlight=False, soft_wrap=True)


def interactive(port: int, *, fresh: bool = False) -> int:
    """The demo town in the browser; its data stays in `.govline/demo` until `fresh`."""
    if fresh:
        shutil.rmtree(_DEMO, ignore_errors=True)
    return serve_town(copy_demo_town(_DEMO).resolve(), port)


def serve_town(folder: Path, port: int) -> int:
    """Run a town with the simulator's chat page until Ctrl-C."""
    with local_town(folder, port=port) as town, suppress(KeyboardInterrupt):
        _console.print(f"[green]●[/] {town.city.name}  {town.url}/   (Ctrl-C で終了)")
        for line in _HINTS:
            _console.print(f"  {line}", markup=False)
        if hasattr(town.city, "web"):
            _console.print(f"  職員の画面: {town.pages}/staff (govline web staff-add NAME で登録)")
        _console.print(f"  町のデータ: {folder}  (直したら Ctrl-C で止めて起動し直す)")
        threading.Event().wait()
    return 0


def headless() -> int:
    """Play the demo town's talks over HTTP with a real worker process; 0 when every line fits."""
    with _empty_folder() as folder:
        return play_talks(copy_demo_town(folder / "hinata"), worker="process")


def play_talks(folder: Path, *, worker: Literal["process", "none"]) -> int:
    """Play every talk of a town, each on a database of its own, and run the features' checks.

    Args:
        folder: The town's; it is copied, so that no talk touches its data.
        worker: `process` for `govline worker` as in production, `none` for one process.

    Raises:
        DefinitionError: GL-9106, the town has no talks.
    """
    talks = read_talks(folder / "talks")
    if not talks:
        raise DefinitionError(
            "the town has no talks",
            code="GL-9106",
            hint="write talks/first.txt",
            place={"folder": str(folder)},
        )
    results: list[Result] = []
    for talk in talks:
        with _copied(folder) as copy, local_town(copy, worker=worker, at=talk.begins) as town:
            result = play(talk, town.stage())
            _checked(town, result)
        _show(result)
        results.append(result)
    failed = sum(not result.ok for result in results)
    _console.print(f"\n{len(results) - failed} passed, {failed} failed")
    return 1 if failed else 0


def _checked(town: LocalTown, result: Result) -> None:
    result.failures += [f"check {finding}" for finding in town.city.check(taken_in=False)]
    result.failures += [f"LINE would refuse: {violation}" for violation in town.client.violations()]


def _show(result: Result) -> None:
    _console.print(f"\n[bold]{'✓' if result.ok else '✗'} {result.talk}[/]")
    for line in result.transcript:
        style = "red" if line.startswith("✗") else "green" if line.startswith("✓") else "default"
        _console.print(f"  {line}", style=style, markup=False)
    for failure in result.failures:
        _console.print(f"  ✗ {failure}", style="red", markup=False)


@contextmanager
def _empty_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="govline-") as name:
        yield Path(name)


@contextmanager
def _copied(folder: Path) -> Iterator[Path]:
    """The town's files without its data."""
    with _empty_folder() as temporary:
        data = shutil.ignore_patterns(".govline", "*.db", "*.db-wal", "*.db-shm", "__pycache__")
        yield Path(shutil.copytree(folder, temporary / folder.name, ignore=data))
