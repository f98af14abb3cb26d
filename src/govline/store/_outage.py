"""Tells a database that is down or full from a handler that is wrong: the first is nobody's fault and passes."""

from typing import Final

from govline.errors import RetryNeeded

__all__ = ["is_outage"]

# SQLSTATE classes: connection exception, insufficient resources, operator intervention. 57014 is a cancelled statement.
_POSTGRESQL: Final = ("08", "53", "57")
_CANCELLED: Final = "57014"
_AWAY: Final = ("GL-1005", "GL-1016", "GL-1017")
_SQLITE: Final = (
    "SQLITE_BUSY",
    "SQLITE_CANTOPEN",
    "SQLITE_FULL",
    "SQLITE_IOERR",
    "SQLITE_NOMEM",
    "SQLITE_READONLY",
)


def is_outage(error: BaseException) -> bool:
    """Whether the database itself failed, so that the same work may succeed later unchanged."""
    if isinstance(error, RetryNeeded) or getattr(error, "code", "") in _AWAY:
        return True
    inner = getattr(error, "orig", None) or error  # SQLAlchemy wraps what the driver raised
    names = {f"{kind.__module__.partition('.')[0]}.{kind.__name__}" for kind in type(inner).__mro__}
    if names & {"psycopg.OperationalError", "psycopg.InterfaceError"}:
        state = getattr(inner, "sqlstate", None)
        return state is None or (state[:2] in _POSTGRESQL and state != _CANCELLED)
    return str(getattr(inner, "sqlite_errorname", "")).startswith(_SQLITE)
