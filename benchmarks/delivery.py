"""A whole town's delivery: freeze, outbox, pump, multicast over HTTP to a receiver in another process that counts.

`requests_per_s` is what arrived there between the first request and the last; LINE takes 200 a second. `doubled` and `lost` are
counted there by user id. `building` is what our process does to make request bodies (load a batch, unseal its user ids,
splice them in), `total` everything from freezing to the last recorded fate, HTTP client included; both CPU seconds a million
people. Baselines in the same run: line-bot-sdk's MulticastRequest for building, and bare urllib3 on as many threads that
posts bodies made beforehand, without limiter and database.
"""

import json
import shutil
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from pathlib import Path

import urllib3
from sqlalchemy import select

from benchmarks._receiver import RATE, receiver, report_of
from govline import City, delivery
from govline.city.channel import LineChannel
from govline.city.sending import QUEUES
from govline.core.messages import Text
from govline.delivery import service
from govline.delivery._tables import batches
from govline.delivery.model import BATCH_SIZE
from govline.line.bulk import multicast_body
from govline.store import Database, Keyring, addresses, friends

LATENCY_MS = 100
PAGE = 20_000
THREADS = QUEUES["delivery"].workers
NOTICE = "【ひなた町】明日の可燃ごみの収集は、大雪のためお休みします。くわしくは町のページをご覧ください。"


def run(quick, full=False):
    """SQLite; `full` also on PostgreSQL, with a million people."""
    people = 400_000 if quick else 1_000_000
    figures = _engine(people, "sqlite")
    if full:
        figures["postgres"] = _engine(people, "postgres")
    return figures


def _engine(people, kind):
    with _database(kind) as database, receiver(LATENCY_MS) as line:
        _fill(database, people)
        city = City(database, line=LineChannel(lambda: ("s",), lambda: "t", api=line)).prepare()
        return _measure(city, line, people)


@contextmanager
def _database(kind):
    options = {"keys": Keyring.generate()}
    if kind == "sqlite":
        folder = Path(tempfile.mkdtemp(prefix="govline-bench-"))
        try:
            with Database.open(f"sqlite:///{folder}/town.db", **options) as database:
                yield database
        finally:
            shutil.rmtree(folder)
        return
    from govline.testing.postgres import postgres_server

    with postgres_server(durable=True) as url, Database.open(url, pool_size=24, **options) as database:
        yield database


def _fill(database, people):
    """Friends as an import makes them, and the address pages that the worker's cleaning writes."""
    database.migrate()
    now = database.clock.now()
    for start in range(0, people, PAGE):
        users = [f"U{number:032x}" for number in range(start, min(start + PAGE, people))]
        database.run(lambda tx, users=users: friends.add(tx, users, as_of=now))
    while database.run(addresses.pack):
        pass


def _measure(city, line, people):
    million = 1_000_000 / people
    wall, cpu = time.perf_counter(), time.process_time()
    made = city.delivery.freeze_pages(
        city.database,
        key="snow",
        source="bench",
        messages=[Text(NOTICE)],
        selection={"by": "everybody"},
    )
    freezing = (time.process_time() - cpu) * million
    froze = time.perf_counter() - wall
    bodies, building = _building(city, people)
    baseline = _baselines(bodies, line)
    cpu = time.process_time()
    _send(city, made.id)
    sending = (time.process_time() - cpu) * million
    seen = report_of(line)
    counts = city.read(lambda tx: delivery.run(tx, made.id)).counts
    rate = (seen["requests"] - 1) / seen["lasted_s"]
    return {
        "requests_per_s": round(rate, 1),
        "share_of_limit": round(rate / RATE, 3),
        "building_cpu_s_per_million": round(building, 3),
        "freezing_cpu_s_per_million": round(freezing, 2),
        "sending_cpu_s_per_million": round(sending, 2),
        "total_cpu_s_per_million": round(freezing + sending, 2),
        "doubled": seen["doubled"],
        "lost": people - seen["people"],
        "ledger_sent": counts.sent,
        "fullest_second": seen["fullest_second"],
        "refused_429": seen["refused_429"],
        "people": people,
        "batches": made.batches,
        "froze_s": round(froze, 2),
        "latency_ms": LATENCY_MS,
        "threads": THREADS,
        "engine": city.database.dialect,
        "baseline": baseline,
    }


def _building(city, people):
    """Every batch's body, made alone on this thread as its handler does; the bodies and the CPU seconds a million, best of three."""
    ids = city.read(
        lambda tx: [*tx.connection.execute(select(batches.c.id).order_by(batches.c.number)).scalars()]
    )
    bodies, rounds = [], []
    for _ in range(3):
        began = time.thread_time()
        bodies = [_body(city, batch_id) for batch_id in ids]
        rounds.append(time.thread_time() - began)
    return bodies, min(rounds) * 1_000_000 / people


def _body(city, batch_id):
    def load(tx):
        batch = service.batch(tx, batch_id)
        return batch, addresses.line_users(tx, batch.citizens)

    batch, users = city.read(load)
    return multicast_body(users, batch.messages, batch.unit)


def _send(city, run_id):
    worker = city.background()
    worker.start()
    try:
        while city.read(lambda tx: delivery.run(tx, run_id)).finished is None:
            time.sleep(0.05)
    finally:
        worker.stop()


def _baselines(bodies, line):
    """The same batches by the SDK's objects, and the same bytes by bare urllib3 as fast as it goes."""
    sample = bodies[:100]
    _sdk_body(["U0"])  # its import is no part of building
    began = time.thread_time()
    for body in sample:
        _sdk_body(json.loads(body)["to"])
    sdk = time.thread_time() - began
    wall, cpu = time.perf_counter(), time.process_time()
    with urllib3.PoolManager(maxsize=THREADS) as pool, ThreadPoolExecutor(THREADS) as threads:
        [*threads.map(lambda body: pool.request("POST", f"{line}/free", body=body), bodies)]
    million = 1_000_000 / (len(bodies) * BATCH_SIZE)
    return {
        "sdk_building_cpu_s_per_million": round(sdk * 1_000_000 / (len(sample) * BATCH_SIZE), 2),
        "line_bot_sdk": version("line-bot-sdk"),
        "urllib3_requests_per_s": round(len(bodies) / (time.perf_counter() - wall)),
        "urllib3_cpu_s_per_million": round((time.process_time() - cpu) * million, 2),
        "urllib3_threads": THREADS,
    }


def _sdk_body(users):
    import linebot.v3.messaging as sdk

    request = sdk.MulticastRequest(to=users, messages=[sdk.TextMessage(text=NOTICE)])
    return json.dumps(_client().sanitize_for_serialization(request))


@cache
def _client():
    import linebot.v3.messaging as sdk

    return sdk.ApiClient(sdk.Configuration(access_token="t"))
