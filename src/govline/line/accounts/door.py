"""The door for partners: signed calls that ask the town to push a message or to hear an event, within a budget.

A call is checked, remembered and written as outbox rows in one transaction; the pump sends it like everything else.
"""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from attrs import field, frozen
from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from govline.core import Effect, Event, Json, Ref, Transaction, frozen_map, individual_number
from govline.core.messages import check_messages
from govline.delivery.drills import mentions, says_so, strings
from govline.errors import GovlineError, MessageError
from govline.line.accounts import _queries as q
from govline.line.accounts.model import Calls, Partner
from govline.line.accounts.signing import CallSignature, check_call
from govline.store import identity

if TYPE_CHECKING:
    from govline.store import Database

__all__ = ["MAX_CALL", "DoorAnswer", "PartnerDoor"]

MAX_CALL: Final = 100_000
_HOUR: Final = timedelta(hours=1)
_MEMORY: Final = timedelta(days=1)
_AHEAD: Final = timedelta(minutes=5)
_log = logging.getLogger("govline.line")
_Key = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,100}$")]
_Name = Annotated[str, StringConstraints(max_length=60)]
_Word = Annotated[str, StringConstraints(max_length=500)]
_User = Annotated[str, StringConstraints(pattern=r"^U[0-9a-f]{32}$")]


class _Push(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    verb: Literal["push"]
    id: _Key
    to: _User
    messages: list[dict[str, Any]] = Field(min_length=1, max_length=5)
    expires_in: int = Field(default=3600, ge=1, le=86_400)
    dated: AwareDatetime | None = None


class _Event(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    verb: Literal["event"]
    id: _Key
    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.]{0,60}$")]
    to: _User | None = None
    data: dict[_Name, _Word | int | float | bool | None] = Field(default_factory=dict, max_length=20)


_CALL: Final = TypeAdapter[_Push | _Event](Annotated[_Push | _Event, Field(discriminator="verb")])


@frozen
class DoorAnswer:
    """What the partner is told: an HTTP status and a JSON body, `code` in it where the call was refused."""

    status: int
    body: Mapping[str, Json] = field(factory=dict, converter=frozen_map, hash=False)


class _RefusedCall(GovlineError):
    """Rolls the call's transaction back; becomes a `DoorAnswer`."""

    def __init__(self, status: int, code: str, said: str) -> None:
        super().__init__(said, code=code)
        self.status = status


class PartnerDoor:
    """Takes partners' calls for one town; safe to share between threads.

    Args:
        partners: Those of them with `calls` may call.
    """

    def __init__(self, db: "Database", partners: Sequence[Partner]) -> None:
        self._db = db
        self._calls = {each.name: each.calls for each in partners if each.calls is not None}

    def receive(self, partner: str, raw: bytes, headers: Mapping[str, str]) -> DoorAnswer:
        """Take a call: 202 accepted, 200 known already, else refused and nothing of it stays.

        Args:
            partner: From the path. `headers`: names in any case.
        """
        plain = {name.lower(): value for name, value in headers.items()}
        try:
            calls = self._calls.get(partner)
            signed = self._signed(partner, calls, raw, plain)
            assert calls is not None
            call = _read(raw, calls)
            return self._db.run(lambda tx: _take(tx, partner, calls, signed, call))
        except _RefusedCall as refused:
            _log.warning(
                "a call of partner %s was refused: %s",
                partner if partner in self._calls else "?",
                refused.code,
            )
            return DoorAnswer(refused.status, {"code": refused.code, "message": refused.message})

    def _signed(
        self, partner: str, calls: Calls | None, raw: bytes, headers: Mapping[str, str]
    ) -> CallSignature:
        if len(raw) > MAX_CALL:
            raise _RefusedCall(413, "GL-8016", f"the body has more than {MAX_CALL} bytes")
        secrets = calls.secrets() if calls else ()
        signed = check_call(secrets, partner, raw, headers, self._db.clock.now())
        if isinstance(signed, str):
            said = "the time is too far from ours" if signed == "GL-8052" else "the signature does not fit"
            raise _RefusedCall(401, signed, said)
        return signed


def _read(raw: bytes, calls: Calls) -> _Push | _Event:
    try:
        read = json.loads(raw)
        json.dumps(
            read, ensure_ascii=False, allow_nan=False
        ).encode()  # no infinity and no half emoji: neither can be stored
        call = _CALL.validate_python(read)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise _RefusedCall(400, "GL-8058", f"{where}: {first['type']}") from None
    except (ValueError, RecursionError):
        raise _RefusedCall(400, "GL-8058", "the body is no JSON") from None
    if call.verb not in calls.verbs:
        raise _RefusedCall(403, "GL-8059", f"this partner may not {call.verb}")
    if individual_number.find(json.dumps(_content(call), ensure_ascii=False)):
        raise _RefusedCall(422, "GL-0020", "a 個人番号 seems to be in it")
    return call


def _content(call: _Push | _Event) -> Json:
    return call.messages if isinstance(call, _Push) else call.data


def _take(
    tx: Transaction, partner: str, calls: Calls, signed: CallSignature, call: _Push | _Event
) -> DoorAnswer:
    if not _first(tx, partner, f"nonce {signed.nonce}"):
        raise _RefusedCall(409, "GL-8060", "the nonce was used before")
    if not _first(tx, partner, f"id {call.id}"):
        return DoorAnswer(200, {"id": call.id})
    _spend(tx, partner, calls.per_hour)
    if isinstance(call, _Push):
        _judge(tx, calls, call)
        _push(tx, partner, call)
    else:
        _tell(tx, partner, call)
    return DoorAnswer(202, {"id": call.id})


def _first(tx: Transaction, partner: str, value: str) -> bool:
    """Whether the partner has not used this nonce, or this id of a call, within a day."""
    return bool(tx.write(q.USE_NONCE, {"partner": partner, "nonce": value, "at": tx.now}))


def _spend(tx: Transaction, partner: str, limit: int) -> None:
    hour = tx.now.replace(minute=0, second=0, microsecond=0)
    if tx.write(q.OPEN_BUDGET, {"partner": partner, "hour": hour, "used": 0}):
        tx.write(q.PURGE_BUDGETS, {"before": hour - _HOUR})
        tx.write(q.PURGE_NONCES, {"before": tx.now - _MEMORY})
    if not tx.write(q.SPEND, {"by": partner, "in_hour": hour, "limit": limit}):
        raise _RefusedCall(429, "GL-8061", f"more than {limit} calls in this hour")


def _judge(tx: Transaction, calls: Calls, call: _Push) -> None:
    """The guard rails of every machine: neither drills nor old news. Nobody releases one person's message, so all is refused."""
    words = "\n".join(strings(call.messages))
    if says_so("", words, words):
        raise _RefusedCall(422, "GL-1077", "it is marked as a drill or test")
    if mentions(words) and not calls.drill_words:
        raise _RefusedCall(
            422, "GL-1084", "it has a word of drills and tests, which this partner may not use"
        )
    age = timedelta() if call.dated is None else tx.now - call.dated
    if age > calls.max_age:
        raise _RefusedCall(422, "GL-1078", "it is dated too long ago")
    if -age > _AHEAD:
        raise _RefusedCall(422, "GL-1079", "it is dated in the future")


def _push(tx: Transaction, partner: str, call: _Push) -> None:
    citizen = _citizen(tx, call.to)
    with _as_refusal():
        check_messages(call.messages)
    tx.enqueue(
        Effect(
            topic="line.push",
            payload={"citizen": citizen, "messages": call.messages},
            dedupe=f"partner:{partner}:{call.id}",
            order_key=f"partner:{partner}:{citizen}",
            expires=tx.now + timedelta(seconds=call.expires_in),
            queue=f"partner.{partner}",
            strict=False,
        )
    )


def _tell(tx: Transaction, partner: str, call: _Event) -> None:
    citizen = _citizen(tx, call.to) if call.to else None
    name = f"partner.{partner}.{call.name}"
    tx.emit(Event(name, Ref(f"partner.{partner}", call.id), citizen=citizen, data=call.data))


def _citizen(tx: Transaction, user: str) -> str:
    """Whom the partner means; it makes nobody known, and reaches nobody who has blocked the account."""
    citizen = identity.find_citizen(tx, user)
    if citizen is None or identity.blocked(tx, citizen):
        raise _RefusedCall(404, "GL-8062", "nobody of this id can be reached")
    return citizen


@contextmanager
def _as_refusal() -> Iterator[None]:
    try:
        yield
    except MessageError as refused:
        raise _RefusedCall(400, refused.code, refused.message) from None
