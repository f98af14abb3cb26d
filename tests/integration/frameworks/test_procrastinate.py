"""A town's work as a Procrastinate job on real PostgreSQL: announced by commits, one waiting job, done by a worker."""

import asyncio
import contextlib
from datetime import UTC, datetime, time, timedelta

import psycopg
import pytest
from procrastinate import App, PsycopgConnector, SyncPsycopgConnector

from govline import City
from govline.city import LineChannel
from govline.city.procrastinate import attach
from govline.core import Effect, Offers, Ref, Schedule, Tick
from govline.core.messages import Text
from govline.simulator import ChannelSettings, LineWorld, Simulator
from govline.store import chain, friends, identity, outbox, schedules


@pytest.fixture
def conninfo(postgres_18):
    """A database of its own for Procrastinate's tables."""
    server = postgres_18.replace("+psycopg", "")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS jobs CASCADE; CREATE SCHEMA jobs")
    options = f"{server}{'&' if '?' in server else '?'}options=-csearch_path%3Djobs"
    with App(connector=SyncPsycopgConnector(conninfo=options)).open() as app:
        app.schema_manager.apply_schema()
    yield options
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("DROP SCHEMA jobs CASCADE")


@pytest.fixture
def town(postgres_db, clock):
    settings = ChannelSettings()
    world = LineWorld(clock=clock, channels=[settings])
    with Simulator(world).serve() as url:
        channel = LineChannel(lambda: [settings.secret], lambda: settings.token, api=url)
        city = City(postgres_db, line=channel)
        yield city, world
        city.messenger.close()


def waiting(conninfo):
    with psycopg.connect(conninfo) as connection:
        return connection.execute("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'").fetchone()[
            0
        ]


def push_to(city, users):
    def enqueue(tx):
        friends.add(tx, users, as_of=tx.now)
        for user in users:
            citizen = identity.find_citizen(tx, user)
            payload = {"citizen": citizen, "messages": [Text("お知らせ").to_line()]}
            tx.enqueue(Effect("line.push", payload, dedupe=citizen))

    city.run(enqueue)


def work(conninfo, city, **settings):
    """What a worker process does until there is nothing more to do."""

    async def run():
        app = App(connector=PsycopgConnector(conninfo=conninfo))
        attach(app, city, **settings)
        async with app.open_async():
            await app.run_worker_async(
                queues=["govline"],
                wait=False,
                listen_notify=False,
                install_signal_handlers=False,
                delete_jobs="successful",
            )

    asyncio.run(run())


def test_a_commit_announces_one_job_and_a_worker_does_it(conninfo, town):
    city, world = town
    with App(connector=SyncPsycopgConnector(conninfo=conninfo)).open() as app:
        attach(app, city).announce()
        push_to(city, world.befriend_many(30))
        push_to(city, world.befriend_many(30))
        city.read(outbox.counts)
        assert waiting(conninfo) == 1
    work(conninfo, city)
    assert world.report()["per_citizen_counts"] == {"1": 60}
    assert waiting(conninfo) == 0


def test_a_nudge_in_a_transaction_of_yours_appears_with_it(conninfo, town):
    city, _world = town
    with (
        App(connector=SyncPsycopgConnector(conninfo=conninfo)).open() as app,
        psycopg.connect(conninfo) as mine,
    ):
        jobs = attach(app, city)
        with contextlib.suppress(ZeroDivisionError), mine.transaction():
            assert jobs.nudge(mine)
            raise ZeroDivisionError
        assert waiting(conninfo) == 0
        with mine.transaction():
            assert jobs.nudge(mine)
            assert not jobs.nudge(mine)  # one waits already, and your transaction goes on
            mine.execute("CREATE TABLE yours (id TEXT)")
        assert waiting(conninfo) == 1
        assert not jobs.nudge()
        assert mine.execute("SELECT count(*) FROM yours").fetchone() == (0,)


def test_a_job_that_has_no_time_left_defers_the_next(conninfo, town):
    city, world = town
    with App(connector=SyncPsycopgConnector(conninfo=conninfo)).open() as app:
        jobs = attach(app, city, budget=timedelta(0))
        push_to(city, world.befriend_many(3))
        jobs.nudge()
    done = work_once(conninfo, city)
    assert done == 1
    assert waiting(conninfo) == 1
    work(conninfo, city)
    assert world.report()["per_citizen_counts"] == {"1": 3}


def test_a_job_does_what_a_worker_of_ours_does(conninfo, town, monkeypatch):
    """Ticks run, the audit is chained, and what minds the quiet hours waits for their end."""
    city, world = town
    ticked = []
    tick = Tick("test.tick", time(20, 0), lambda _tx, due: ticked.append(due))
    monkeypatch.setitem(city._assembly.offers, "test", Offers(ticks=[tick]))
    nudged(conninfo, city)
    city.database.clock.set(datetime(2026, 11, 20, 13, tzinfo=UTC))  # 22:00 in Japan
    (user,) = world.befriend_many(1)

    def plan(tx):
        citizen = identity.citizen_of(tx, user)
        payload = {"citizen": citizen, "messages": [Text("明日です").to_line()]}
        for name, quiet in (("reminder", True), ("alarm", False)):
            effect = Effect("line.push", payload, dedupe=name)
            schedules.put(tx, Schedule(name, tx.now, Ref("test", name), effect, quiet_hours=quiet))
        tx.audit("test.planned", Ref("test", "reminder"))

    city.run(plan)
    nudged(conninfo, city)
    assert world.report()["per_citizen_counts"] == {"1": 1}
    assert len(ticked) == 1
    verdict = chain.verify(city.database)
    assert (verdict.broken, verdict.open) == (None, 0)
    assert verdict.entries >= 1
    city.database.clock.advance(timedelta(hours=10))  # eight in the morning
    nudged(conninfo, city)
    assert world.report()["per_citizen_counts"] == {"2": 1}


def test_a_job_without_time_left_while_another_waits_ends_well(conninfo, town):
    city, world = town
    with App(connector=SyncPsycopgConnector(conninfo=conninfo)).open() as app:
        jobs = attach(app, city)
        push_to(city, world.befriend_many(3))
        jobs.nudge()
    assert work_once(conninfo, city, before_it_ends=lambda: announce_again(conninfo, city)) == 1
    assert waiting(conninfo) == 1


def announce_again(conninfo, city):
    with App(connector=SyncPsycopgConnector(conninfo=conninfo)).open() as app:
        assert attach(app, city).nudge()


def nudged(conninfo, city):
    """A job, and a worker that does it."""
    announce_again(conninfo, city)
    work(conninfo, city)


def doing(conninfo):
    with psycopg.connect(conninfo) as connection:
        rows = connection.execute(
            "SELECT task_name FROM procrastinate_jobs WHERE status = 'doing'"
        ).fetchall()
        return sorted(name for (name,) in rows)


def test_a_job_of_a_dead_worker_is_taken_away_and_nobody_else_s(conninfo, town):
    """A worker that died holds its job for ever; the next job of the town takes it away, not those of the living."""
    city, world = town

    async def take(*tasks):
        app = App(connector=PsycopgConnector(conninfo=conninfo))
        attach(app, city)
        app.task(name="vendor.own", queue="govline")(lambda: None)
        async with app.open_async():
            worker = await app.job_manager.register_worker()
            for task in tasks:
                await app.configure_task(task).defer_async()
                assert await app.job_manager.fetch_job(queues=["govline"], worker_id=worker)

    town_s = f"govline.{city.id}.work"
    asyncio.run(take(town_s, "vendor.own"))
    with psycopg.connect(conninfo) as connection:
        connection.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '3 minutes'")
    asyncio.run(take(town_s))
    assert doing(conninfo) == [town_s, town_s, "vendor.own"]
    with App(connector=SyncPsycopgConnector(conninfo=conninfo)).open() as app:
        attach(app, city).nudge()
    push_to(city, world.befriend_many(2))
    work(conninfo, city)
    assert doing(conninfo) == [town_s, "vendor.own"]
    assert world.report()["per_citizen_counts"] == {"1": 2}


def work_once(conninfo, city, before_it_ends=lambda: None):
    """One job with no budget, taken and finished by hand: a worker would take its successor too, for ever."""

    async def run():
        app = App(connector=PsycopgConnector(conninfo=conninfo))
        attach(app, city, budget=timedelta(0))
        async with app.open_async():
            worker = await app.job_manager.register_worker()
            job = await app.job_manager.fetch_job(queues=["govline"], worker_id=worker)
            await asyncio.to_thread(before_it_ends)
            await app.tasks[job.task_name](**job.task_kwargs)
            await app.job_manager.unregister_worker(worker)
        return 1

    return asyncio.run(run())
