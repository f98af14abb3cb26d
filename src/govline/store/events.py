"""Events between features: vetoes are heard at once, everything else after the commit, each handler in a unit of its own."""

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from govline.core import Done, Effect, EffectContext, Event, Fate, Handler, Json, Ref, Transaction
from govline.errors import StoreError
from govline.store._reach import database

if TYPE_CHECKING:
    from govline.store.database import Database

__all__ = ["TOPIC", "EventEffects", "effects_of", "handler_names", "publish"]

TOPIC: Final = "event"


def publish(tx: Transaction, event: Event) -> None:
    """Tell an event to the database's handlers; called through `tx.emit`.

    `same_tx` handlers run now, and what they raise undoes the unit. Each other handler gets an outbox row in the queue
    of its feature, so that one handler's failure is retried alone.
    """
    for effect in effects_of(tx, event):
        tx.enqueue(effect)


def effects_of(tx: Transaction, event: Event) -> list[Effect]:
    """Run the `same_tx` handlers now; the effects that stand for the others."""
    handlers = database(tx).handlers
    heard = [(name, handler) for name, handler in handler_names(handlers) if handler.event == event.name]
    for _, handler in heard:
        if handler.mode == "same_tx":
            handler.run(tx, event)
    after = [(name, handler) for name, handler in heard if handler.mode == "outbox"]
    if not after:
        return []
    key, told = tx.new_id(), _to_json(event)
    return [
        Effect(TOPIC, {"handler": name, **told}, f"{key}:{name}", queue=_feature(handler))
        for name, handler in after
    ]


class EventEffects:
    """Carries outbox rows of topic `event` out: the handler's writes and the row's end commit together.

    Args:
        db: Its handlers (`db.listen`) are the ones that are run.
    """

    own_unit = True
    """The pump runs `record` in the queue's own thread and unit, so that a slow handler holds up its feature only."""

    def __init__(self, db: "Database") -> None:
        self._db = db

    def run(self, payload: Mapping[str, Json], context: EffectContext) -> Fate:  # noqa: ARG002 - the handler's shape
        """Nothing happens outside; the handler runs in `record`."""
        return Done()

    def record(self, tx: Transaction, payload: Mapping[str, Json], fate: Fate) -> None:
        """Run the handler in the unit that marks the row done.

        Raises:
            StoreError: GL-1130 no handler of this name is registered (any more); the row is retried.
        """
        if not isinstance(fate, Done):
            return
        handler = dict(handler_names(self._db.handlers)).get(payload["handler"])
        if handler is None:
            raise StoreError(
                "no handler of this name is registered",
                code="GL-1130",
                hint="a handler that was renamed or moved leaves its old rows behind: skip them",
                place={"handler": payload["handler"]},
            )
        handler.run(tx, _from_json(payload))


@lru_cache(maxsize=64)
def handler_names(handlers: tuple[Handler, ...]) -> tuple[tuple[str, Handler], ...]:
    """A stable name for each handler: event and function; a number tells namesakes apart."""
    seen: dict[str, int] = {}
    named = []
    for handler in handlers:
        module, function = _home(handler.run)
        name = f"{handler.event}>{module}.{function}"
        seen[name] = number = seen.get(name, 0) + 1
        named.append((name if number == 1 else f"{name}#{number}", handler))
    return tuple(named)


def _home(run: Any) -> tuple[str, str]:
    inner = getattr(run, "func", run)
    kind = type(inner)
    return (
        str(getattr(inner, "__module__", None) or kind.__module__),
        str(getattr(inner, "__qualname__", kind.__qualname__)),
    )


def _feature(handler: Handler) -> str:
    """The feature that the handler belongs to: its room in govline, or the vendor's top package."""
    module, _ = _home(handler.run)
    parts = module.removeprefix("govline.").split(".")
    return parts[0]


def _to_json(event: Event) -> dict[str, Json]:
    return {
        "name": event.name,
        "version": event.version,
        "kind": event.subject.kind,
        "id": event.subject.id,
        "citizen": event.citizen,
        "data": dict(event.data),
    }


def _from_json(payload: Mapping[str, Json]) -> Event:
    return Event(
        payload["name"],
        Ref(payload["kind"], payload["id"]),
        version=payload["version"],
        citizen=payload["citizen"],
        data=payload["data"],
    )
