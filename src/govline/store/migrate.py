"""Migrations: one Alembic branch a package, each with its own version table, forward only."""

import io
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from itertools import dropwhile
from typing import TYPE_CHECKING, Any, Final, Literal

from attrs import frozen

from govline.errors import ConfigError

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory
    from sqlalchemy.engine import Connection

    from govline.store.database import Database

__all__ = ["STORE", "Phase", "ddl", "folder", "pending", "upgrade", "version_table"]

Phase = Literal["pre", "all"]
STORE: Final = "govline.store.migrations"


@frozen
class _Branch:
    label: str
    script: "ScriptDirectory"

    @property
    def version_table(self) -> str:
        return f"gl_version_{self.label}"


def upgrade(database: "Database", packages: Sequence[str], phase: Phase = "all") -> list[str]:
    """Bring every branch to its head, in one transaction that other processes wait for; the revisions applied.

    Args:
        phase: `pre` leaves out the revisions with `phase = "post"` at each branch's end: what the running release can live
            with, applied before the deploy. `all` goes to the head, after it and before the next release: a `post`
            revision with others behind it is of a release that was deployed before.
    """
    from govline.store._lent import plain_connection

    applied: list[str] = []
    branches = _branches(packages)
    with database.engine.exclusive() as driver:
        connection = plain_connection("sqlite" if database.dialect == "sqlite" else "postgresql", driver)
        try:
            for branch in branches:
                applied += _upgrade(branch, connection, phase)
        finally:
            connection.close()
    return applied


def ddl(packages: Sequence[str], dialect: Literal["sqlite", "postgresql"]) -> str:
    """The SQL that builds the tables from nothing: for Django's RunSQL, Flyway or a DBA.

    Args:
        packages: Import paths of migration packages; the store's own comes first by itself.
    """
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    out = io.StringIO()
    for branch in _branches(packages):
        context = MigrationContext.configure(
            dialect_name=dialect,
            opts={
                "as_sql": True,
                "output_buffer": out,
                "fn": _steps(branch),
                "version_table": branch.version_table,
            },
        )
        with Operations.context(context):
            context.run_migrations()
    return out.getvalue()


def pending(database: "Database", packages: Sequence[str], phase: Phase = "all") -> list[str]:
    """The revisions that `upgrade` would apply; reads only."""
    branches = _branches(packages)
    return database.read(
        lambda tx: [step for branch in branches for step in _missing(branch, tx.connection, phase)]
    )


def _missing(branch: _Branch, connection: "Connection", phase: Phase) -> list[str]:
    from alembic.migration import MigrationContext

    missing: list[str] = []
    context = MigrationContext.configure(connection, opts={"version_table": branch.version_table})
    _steps(branch, missing.append, phase)(context.get_current_revision() or (), context)
    return missing


def _upgrade(branch: _Branch, connection: "Connection", phase: Phase) -> list[str]:
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    applied: list[str] = []
    context = MigrationContext.configure(
        connection,
        opts={
            "fn": _steps(branch, applied.append, phase),
            "version_table": branch.version_table,
            "transactional_ddl": False,
        },
    )
    with Operations.context(context):
        context.run_migrations()
    return applied


def _steps(
    branch: _Branch, note: Callable[[str], None] = lambda _: None, phase: Phase = "all"
) -> Callable[[Any, Any], Iterator[Any]]:
    def steps(revision: Any, _context: Any) -> Any:
        found = branch.script._upgrade_revs("heads", revision)  # noqa: SLF001 - what alembic's own env uses
        if phase == "pre":
            found = list(dropwhile(_is_post, reversed(found)))[::-1]
        for step in found:
            note(str(step.revision.revision))
        return found

    return steps


def _is_post(step: Any) -> bool:
    return getattr(step.revision.module, "phase", "pre") == "post"


def _branches(packages: Sequence[str]) -> list[_Branch]:
    return [_branch(package) for package in dict.fromkeys((STORE, *packages))]


def folder(package: str) -> str:
    """Where the revisions of a migration package lie.

    Raises:
        ConfigError: GL-1013, there is no such package.
    """
    try:
        spec = find_spec(package)
    except ModuleNotFoundError:
        spec = None
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError(
            f"{package} is no package of migrations",
            code="GL-1013",
            hint="name the package that holds the 0001_….py files",
        )
    return next(iter(spec.submodule_search_locations))


def version_table(package: str) -> str:
    """The table that remembers how far a package's branch has come."""
    return _branch(package).version_table


def _branch(package: str) -> _Branch:
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    path = folder(package)
    script = ScriptDirectory(path, version_locations=[path])
    try:
        bases = [script.get_revision(base) for base in script.get_bases()]
    except CommandError as error:
        raise ConfigError(
            f"{package} holds modules that are no revisions", code="GL-1013", hint=str(error)
        ) from error
    if len(bases) != 1 or not bases[0] or len(bases[0].branch_labels) != 1:
        raise ConfigError(
            f"{package} needs exactly one first revision with one branch label",
            code="GL-1013",
            hint='branch_labels = ("<room>",) in the revision whose down_revision is None',
        )
    return _Branch(next(iter(bases[0].branch_labels)), script)
