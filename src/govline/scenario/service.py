"""Talks kept in the town's database: one session a citizen, every turn an event, all inside the caller's transaction."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from attrs import evolve, frozen

from govline.core import (
    Action,
    CitizenId,
    Effect,
    Event,
    Id,
    Input,
    Ref,
    Schedule,
    TalkContext,
    Transaction,
)
from govline.errors import ConfigError, InputError
from govline.scenario import _queries as q
from govline.scenario._actions import bound
from govline.scenario._compile import Compiled
from govline.scenario._render import PREFIX, tap_of, text_message
from govline.scenario.definition import Definition, Texts
from govline.scenario.engine import run_turn
from govline.scenario.library import Library
from govline.scenario.model import Said, Session, Turn
from govline.scenario.spoken import storable

__all__ = ["TIMEOUT", "ScenarioService"]

TIMEOUT: Final = "scenario.timeout"
Answer = Sequence[Said]
_log = logging.getLogger("govline.scenario")


@frozen
class _Talk:
    """The citizen's row, held for this unit, with the session that it carries (None between talks)."""

    citizen: CitizenId
    row: q.Row
    session: Session | None


class ScenarioService:
    """Runs talks. `bind_actions` hands over what the steps `do:` may call, once all features are built.

    A talk stays on the definition it began with: its content is stored when the talk starts, and found again by its hash.

    Args:
        definitions: The newest version of each scenario.
    """

    def __init__(self, definitions: Iterable[Definition] = ()) -> None:
        self._library = Library(definitions)
        self._texts = Texts()

    @property
    def definitions(self) -> Mapping[str, Definition]:
        """The newest definitions, by scenario id."""
        return self._library.newest

    def bind_actions(self, actions: Mapping[str, Action]) -> None:
        """Take the actions of all features.

        Raises:
            DefinitionError: GL-4012, GL-4013, GL-4021, GL-4023 a definition does not fit them.
        """
        self._library.bind(actions)

    def handle(self, tx: Transaction, context: TalkContext, given: Input) -> Answer | None:
        """Answer an input by the citizen's running talk; None when there is none, or the input is not meant for it.

        The same `key` again gets the recorded answer and calls nothing.
        """
        if given.kind == "follow":
            return None
        given = storable(given, context.key or tx.new_id())
        talk = self._hold(tx, context.citizen)
        if talk is not None and (said := _recorded(tx, context.citizen, given.key)) is not None:
            return said
        tap = tap_of(given.data) if given.kind == "postback" else None
        if tap is not None and tap.starts:
            return (
                self._begin(tx, talk, tap.scenario, context, given)
                if tap.scenario in self.definitions
                else None
            )
        if talk is None or talk.session is None:
            return [Said(text_message(self._texts.gone))] if tap is not None else None
        if _for_others(talk.session, given, context.now):
            return None
        return self._go_on(tx, talk, talk.session, context, given)

    def handle_late(self, tx: Transaction, context: TalkContext, given: Input) -> Answer | None:
        """Say that the talk's time is over to a tap that nobody else has answered; None where no such talk stands.

        A message of another feature may have come since (a closure with slots to choose from): its buttons are not this talk's.
        """
        talk = self._hold(tx, context.citizen) if given.kind == "postback" else None
        if talk is None or talk.session is None or not _over(talk.session, context.now):
            return None
        return self._go_on(tx, talk, talk.session, context, storable(given, context.key or tx.new_id()))

    def begin_by_word(self, tx: Transaction, context: TalkContext, given: Input) -> Answer | None:
        """Start the scenario whose trigger the citizen typed; None when it is nobody's."""
        scenario = self._library.triggered(given)
        if scenario is None:
            return None
        given = storable(given, context.key or tx.new_id())
        talk = self._hold(tx, context.citizen)
        if talk is not None and (said := _recorded(tx, context.citizen, given.key)) is not None:
            return said
        return self._begin(tx, talk, scenario, context, given)

    def start(
        self, tx: Transaction, citizen: CitizenId, scenario: str, *, key: str = "", locale: str = "ja"
    ) -> Answer:
        """Start a scenario for a citizen, ending the talk that runs; returns what to say.

        Args:
            key: Idempotency key of this start; a fresh id where omitted.

        Raises:
            ConfigError: GL-4109 there is no such scenario.
        """
        if scenario not in self.definitions:
            raise ConfigError("there is no such scenario", code="GL-4109", place={"scenario": scenario})
        given = Input("event", data="scenario.start", key=key or tx.new_id())
        context = TalkContext(citizen=citizen, now=tx.now, key=given.key, locale=locale)
        talk = self._hold(tx, citizen)
        if talk is not None and (said := _recorded(tx, citizen, given.key)) is not None:
            return said
        return self._begin(tx, talk, scenario, context, given)

    def deliver(self, tx: Transaction, event: Event) -> None:
        """Give an event to the talk that waits for it (by name, or by `name:subject id`); its answer leaves as a push."""
        if event.citizen is None or (talk := self._hold(tx, event.citizen)) is None or talk.session is None:
            return
        awaited = talk.session.pending.event if talk.session.pending else ""
        if awaited not in {event.name, f"{event.name}:{event.subject.id}"}:
            return
        params = {**event.data, "subject": {"kind": event.subject.kind, "id": event.subject.id}}
        key = f"{awaited}:{talk.row.id}:{talk.row.turns}"
        self._wake(tx, talk, talk.session, Input("event", data=awaited, params=params, key=key))

    def timed_out(self, tx: Transaction, citizen: CitizenId, session: Id) -> None:
        """End the wait of this talk if it is over; its answer leaves as a push."""
        talk = self._hold(tx, citizen)
        if talk is None or talk.session is None or talk.row.id != session:
            return
        pending = talk.session.pending
        if pending is None or pending.until is None or pending.until > tx.now:
            return
        self._wake(tx, talk, talk.session, Input("timeout", key=f"timeout:{session}:{talk.row.turns}"))

    def session_of(self, tx: Transaction, citizen: CitizenId) -> Session | None:
        """Where the citizen's talk stands; None between talks. Only reads."""
        row = tx.one(q.STAND, {"citizen": citizen})
        return None if row is None or row.state is None else Session.from_json(row.state)

    def turns_of(self, tx: Transaction, session: Id) -> list[Turn]:
        """The recorded turns of one talk, in order: the input of `replay`."""
        return [Turn.from_json(body) for (body,) in tx.all(q.TURNS_OF, {"session": session})]

    def erase(self, tx: Transaction, citizen: CitizenId) -> None:
        """Forget everything a citizen said."""
        tx.write(q.FORGET_TURNS, {"citizen": citizen})
        tx.write(q.FORGET_SESSION, {"citizen": citizen})
        tx.unschedule(_wait_key(citizen))

    def _go_on(
        self, tx: Transaction, talk: _Talk, session: Session, context: TalkContext, given: Input
    ) -> Answer | None:
        compiled = self._library.pinned(tx, session)
        if compiled is None:
            return self._renew(tx, talk, session, context, given)
        other = self._library.triggered(given)
        if session.pending is not None and other is not None:
            return self._begin(tx, talk, other, context, given)
        if self._is_old(compiled) and given.kind == "text" and compiled.command(given.text) == "restart":
            return self._begin(tx, talk, session.scenario, context, given)
        turn = run_turn(compiled, session, given, context, bound(self._library.actions, tx))
        if other is not None and (not turn.understood or turn.outcome == "expired"):
            return self._begin(tx, talk, other, context, given)
        return self._keep(tx, talk, compiled, turn)

    def _is_old(self, compiled: Compiled) -> bool:
        newest = self.definitions.get(compiled.scenario)
        return newest is not None and newest.hash != compiled.hash

    def _renew(
        self, tx: Transaction, talk: _Talk, session: Session, context: TalkContext, given: Input
    ) -> Answer:
        """The talk's version cannot be run any more: start over on the newest, or say that it is gone."""
        if (other := self._library.triggered(given)) is not None:
            return self._begin(tx, talk, other, context, given)
        if session.due is not None and context.now >= session.due:
            self._end(tx, talk, "expired", context)
            return [Said(text_message(self._texts.expired))]
        newest = self.definitions.get(session.scenario)
        if newest is None:
            self._end(tx, talk, "gone", context)
            return [Said(text_message(self._texts.gone))]
        if given.kind == "text" and newest.compiled.command(given.text) == "cancel":
            self._end(tx, talk, "cancelled", context)
            return [Said(text_message(newest.texts.cancelled))]
        return self._begin(tx, talk, session.scenario, context, given, changed=True)

    def _begin(
        self,
        tx: Transaction,
        talk: _Talk | None,
        scenario: str,
        context: TalkContext,
        given: Input,
        *,
        changed: bool = False,
    ) -> Answer:
        if talk is None:
            talk = self._first(tx, context.citizen)
            if (said := _recorded(tx, context.citizen, given.key)) is not None:
                return said
        if talk.session is not None:
            self._end(tx, talk, "changed" if changed else "replaced", context)
        definition = self.definitions[scenario]
        compiled = definition.compiled
        self._library.publish(tx, definition)
        fresh = _Talk(context.citizen, q.Row(tx.new_id(), None, 0), None)
        tx.emit(
            Event(
                "scenario.started",
                Ref("scenario.session", fresh.row.id),
                citizen=context.citizen,
                data={"scenario": scenario, "version": compiled.version},
            )
        )
        turn = run_turn(compiled, None, given, context, bound(self._library.actions, tx), new_id=fresh.row.id)
        if changed:
            messages = (text_message(compiled.texts.changed), *turn.messages)[:5]
            turn = evolve(turn, messages=messages)
        return self._keep(tx, fresh, compiled, turn)

    def _first(self, tx: Transaction, citizen: CitizenId) -> _Talk:
        """Make the citizen's row; when another unit made it at the same time, wait for that one's end."""
        idle = {"scenario": "", "version": 0, "step": "", "state": None, "outcome": "", "turns": 0}
        tx.write(q.ADD_SESSION, {"citizen": citizen, "id": tx.new_id(), "updated": tx.now, **idle})
        talk = self._hold(tx, citizen)
        assert talk is not None
        return talk

    def _keep(self, tx: Transaction, talk: _Talk, compiled: Compiled, turn: Turn) -> Answer:
        session, number = turn.session, talk.row.turns
        tx.write(
            q.ADD_TURN,
            {
                "citizen": talk.citizen,
                "key": turn.input.key,
                "session": talk.row.id,
                "number": number,
                "at": turn.at,
                "body": turn.to_json(),
            },
        )
        tx.write(
            q.SAVE,
            {
                "citizen": talk.citizen,
                "session": talk.row.id,
                "name": compiled.scenario,
                "edition": compiled.version,
                "at_step": session.step if session else "",
                "stand": session.to_json() if session else None,
                "ended": turn.outcome,
                "count": number + 1,
                "now": turn.at,
            },
        )
        self._mind_the_wait(tx, talk, session, number)
        if session is None:
            self._tell_end(tx, talk, compiled.scenario, compiled.version, turn.outcome)
        return [Said(message) for message in turn.messages]

    def _end(self, tx: Transaction, talk: _Talk, outcome: str, context: TalkContext) -> None:
        session = talk.session
        assert session is not None
        tx.write(
            q.SAVE,
            {
                "citizen": talk.citizen,
                "session": talk.row.id,
                "name": session.scenario,
                "edition": session.version,
                "at_step": "",
                "stand": None,
                "ended": outcome,
                "count": talk.row.turns,
                "now": context.now,
            },
        )
        self._mind_the_wait(tx, talk, None, talk.row.turns)
        self._tell_end(tx, talk, session.scenario, session.version, outcome)

    def _tell_end(self, tx: Transaction, talk: _Talk, scenario: str, version: int, outcome: str) -> None:
        tx.emit(
            Event(
                "scenario.finished",
                Ref("scenario.session", talk.row.id),
                citizen=talk.citizen,
                data={"scenario": scenario, "version": version, "outcome": outcome},
            )
        )

    def _mind_the_wait(self, tx: Transaction, talk: _Talk, session: Session | None, number: int) -> None:
        before = talk.session.pending if talk.session else None
        after = session.pending if session else None
        if after is not None and after.until is not None:
            payload = {"citizen": talk.citizen, "session": talk.row.id}
            effect = Effect(TIMEOUT, payload, dedupe=f"{talk.row.id}:{number}")
            subject = Ref("scenario.session", talk.row.id)
            tx.schedule(Schedule(_wait_key(talk.citizen), after.until, subject, effect))
        elif before is not None and before.until is not None:
            tx.unschedule(_wait_key(talk.citizen))

    def _wake(self, tx: Transaction, talk: _Talk, session: Session, given: Input) -> None:
        context = TalkContext(citizen=talk.citizen, now=tx.now, key=given.key)
        said = self._go_on(tx, talk, session, context, given)
        if said:
            payload = {"citizen": talk.citizen, "messages": [message.to_line() for message in said]}
            order = f"citizen:{talk.citizen}"
            tx.enqueue(Effect("line.push", payload, dedupe=f"scenario:{given.key}", order_key=order))

    def _hold(self, tx: Transaction, citizen: CitizenId) -> _Talk | None:
        row = tx.one(q.LOCK, {"citizen": citizen})
        if row is None:
            return None
        try:
            session = Session.from_json(row.state) if row.state is not None else None
        except InputError:
            # a state that nobody can read must not leave the citizen without answers for ever
            # without the error itself: it quotes what the citizen answered
            _log.error("the state of talk %s cannot be read: the talk is taken as over", row.id)
            session = None
        return _Talk(citizen, row, session)


def _recorded(tx: Transaction, citizen: CitizenId, key: str) -> Answer | None:
    found = tx.one(q.TURN, {"citizen": citizen, "key": key})
    return [Said(message) for message in found[0]["messages"]] if found else None


def _over(session: Session, now: datetime) -> bool:
    """Whether the talk's time is over."""
    return session.due is not None and now >= session.due


def _for_others(session: Session, given: Input, now: datetime) -> bool:
    """Postbacks of other features and events that nobody waits for are left to the next responder."""
    pending = session.pending
    if given.kind == "event":
        return pending is None or pending.event != given.data
    asks = pending is not None and not pending.event and not _over(session, now)
    return given.kind == "postback" and not asks and not given.data.startswith(PREFIX)


def _wait_key(citizen: CitizenId) -> str:
    return f"scenario.wait:{citizen}"
