"""Turns of a five-state talk: in memory against `transitions`, kept in SQLite against a dict with an event row and a session row.

`ratio_to_ceiling` sets the best of 1 and 32 submitters of the scenario service against the best of 1 and 32 threads that do the
least that a kept talk needs: read the session row, look the next state up in a dict, insert an event row with a unique id, write the
session row, commit with `synchronous=FULL`. Both hold the same number of talks in files on the same disk.
"""

import itertools
import json
import shutil
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from transitions import Machine

from benchmarks._measure import ROUNDS, Load, interleave, load, median
from govline.core import Input, TalkContext
from govline.scenario import Session, loads, step
from govline.scenario.service import ScenarioService
from govline.store import Database

THREADS = 32
TALK = """
scenario: bench
start: menu
triggers: [予約]
steps:
  menu: {say: "ご用件をお選びください", choices: {予約する: name, 確認する: name}}
  name: {ask: "団体名を入力してください", save: group, next: people}
  people: {ask: "何名ですか?", type: integer, between: [1, 10], save: party, next: confirm}
  confirm: {say: "{group} {party}名でよろしいですか?", choices: {はい: done, いいえ: menu}}
  done: {end: booked, say: "承りました"}
"""
SAID = ("予約", "予約する", "ひなたの会", "３名", "はい")
STATES = ("idle", "menu", "name", "people", "confirm")
_NOW = datetime(2026, 11, 20, tzinfo=UTC)
_numbers = itertools.count()


def run(quick: bool) -> dict[str, Any]:
    """All variants, interleaved; `quick` makes rounds of half a second."""
    seconds = 0.5 if quick else 2.0
    memory = interleave(
        {
            "engine": lambda: _rate(_memory_turns(), seconds),
            "json": lambda: _rate(_memory_turns(through_json=True), seconds),
            "transitions": lambda: _rate(_transitions_turns(), seconds),
        }
    )
    rates = {name: median(values) for name, values in memory.items()}
    return {
        "memory_per_s": round(rates["engine"]),
        "memory_through_json_per_s": round(rates["json"]),
        "transitions_per_s": round(rates["transitions"]),
        "ratio_to_transitions": round(rates["engine"] / rates["transitions"], 2),
        **_durable(seconds),
        "states": len(STATES),
        "submitters": THREADS,
        "rounds": ROUNDS,
        "round_s": seconds,
    }


def _rate(turn: Callable[[], object], seconds: float) -> float:
    count, began = 0, time.perf_counter()
    while (took := time.perf_counter() - began) < seconds:
        for _ in range(100):
            turn()
        count += 100
    return count / took


def _memory_turns(*, through_json: bool = False) -> Callable[[], object]:
    definition = loads(TALK)
    context = TalkContext(citizen="c", now=_NOW, key="k")
    said = itertools.cycle([Input("text", text, key="k") for text in SAID])
    session: Session | None = None
    definition.compiled  # noqa: B018 - built once, as a service does

    def turn() -> object:
        nonlocal session
        result = step(definition, session, next(said), context)
        session = result.session
        if through_json and session is not None:
            session = Session.from_json(json.dumps(session.to_json(), ensure_ascii=False))
        return result.messages

    return turn


def _transitions_turns() -> Callable[[], object]:
    class Talk:
        state: str

    talk = Talk()
    Machine(
        talk,
        states=list(STATES),
        initial="idle",
        auto_transitions=False,
        transitions=[
            {"trigger": f"t{number}", "source": state, "dest": STATES[(number + 1) % len(STATES)]}
            for number, state in enumerate(STATES)
        ],
    )
    triggers = itertools.cycle([getattr(talk, f"t{number}") for number in range(len(STATES))])

    def turn() -> object:
        return next(triggers)()

    return turn


def _durable(seconds: float) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp(prefix="govline-bench-"))
    database = Database.open(f"sqlite:///{folder}/town.db")
    database.migrate(["govline.scenario.migrations"])
    service = ScenarioService([loads(TALK)])
    service.bind_actions({})
    connections = [_bare(folder / "bare.db") for _ in range(THREADS)]
    lock = threading.Lock()
    ours = [itertools.count() for _ in range(THREADS)]

    def locked(number: int) -> None:
        with lock:
            _bare_turn(connections[0], f"c{number}")

    def one(number: int) -> None:
        _kept_turn(database, service, number, next(ours[number]))

    def own(number: int) -> None:
        _bare_turn(connections[number], f"c{number}")

    try:
        results = interleave(
            {
                "service_1": lambda: load(one, threads=1, seconds=seconds),
                "service_32": lambda: load(one, threads=THREADS, seconds=seconds),
                "bare_1": lambda: load(own, threads=1, seconds=seconds),
                "bare_32_connections": lambda: load(own, threads=THREADS, seconds=seconds),
                "bare_32_threads_1_connection": lambda: load(locked, threads=THREADS, seconds=seconds),
            }
        )
        sizes = _sizes(database)
    finally:
        for connection in connections:
            connection.close()
        database.close()
        shutil.rmtree(folder)
    return {**_report(results), "sizes": sizes}


def _report(results: dict[str, list[Load]]) -> dict[str, Any]:
    rates = {name: round(median([each.per_s for each in rounds])) for name, rounds in results.items()}
    ceiling = max(rate for name, rate in rates.items() if name.startswith("bare"))
    best = max(rates["service_1"], rates["service_32"])
    return {
        "durable_per_s": best,
        "ceiling_per_s": ceiling,
        "ratio_to_ceiling": round(best / ceiling, 2),
        "durable_by_submitters": rates,
        "durable_max_wait_ms": round(max(each.max_wait_ms for each in results["service_32"]), 1),
    }


def _kept_turn(database: Database, service: ScenarioService, citizen: int, number: int) -> None:
    text = SAID[number % len(SAID)]
    given = Input("text", text, key=f"e{next(_numbers)}")

    def work(tx: Any) -> Any:
        context = TalkContext(citizen=f"c{citizen}", now=tx.now, key=given.key)
        said = service.handle(tx, context, given)
        return said if said is not None else service.begin_by_word(tx, context, given)

    assert database.run(work)


def _sizes(database: Database) -> dict[str, int]:
    from sqlalchemy import func, select

    from govline.scenario._tables import sessions, turns

    def count(tx: Any) -> dict[str, int]:
        tables = {"talks": sessions, "turns": turns}
        return {
            name: tx.connection.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in tables.items()
        }

    return database.read(count)


def _bare(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=60)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE IF NOT EXISTS talk (citizen TEXT PRIMARY KEY, state TEXT NOT NULL)")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS event (id TEXT PRIMARY KEY, citizen TEXT NOT NULL, body TEXT NOT NULL)"
    )
    return connection


_NEXT = {state: STATES[(number + 1) % len(STATES)] for number, state in enumerate(STATES)}


def _bare_turn(connection: sqlite3.Connection, citizen: str) -> None:
    cursor = connection.cursor()
    cursor.execute("BEGIN IMMEDIATE")
    row = cursor.execute("SELECT state FROM talk WHERE citizen = ?", (citizen,)).fetchone()
    state = _NEXT[json.loads(row[0])["step"] if row else "idle"]
    body = json.dumps({"text": state})
    cursor.execute(
        "INSERT INTO event (id, citizen, body) VALUES (?, ?, ?)", (f"e{next(_numbers)}", citizen, body)
    )
    cursor.execute(
        "INSERT INTO talk (citizen, state) VALUES (?, ?) ON CONFLICT (citizen) DO UPDATE SET state = excluded.state",
        (citizen, json.dumps({"step": state})),
    )
    cursor.execute("COMMIT")
