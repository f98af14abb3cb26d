"""A town's work as a Procrastinate job on real PostgreSQL: announced by commits, one waiting job, done by a worker."""

import asyncio
import contextlib
from datetime import timedelta

import psycopg
import pytest
from procrastinate import App, PsycopgConnector, SyncPsycopgConnector

from govline import City
from govline.city import LineChannel
from govline.city.procrastinate import attach
from govline.core import Effect
from govline.core.messages import Text
from govline.simulator import ChannelSettings, LineWorld, Simulator
from govline.store import friends, identity, outbox


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


def work_once(conninfo, city):
    """One job with no budget, taken and finished by hand: a worker would take its successor too, for ever."""

    async def run():
        app = App(connector=PsycopgConnector(conninfo=conninfo))
        attach(app, city, budget=timedelta(0))
        async with app.open_async():
            worker = await app.job_manager.register_worker()
            job = await app.job_manager.fetch_job(queues=["govline"], worker_id=worker)
            await app.tasks[job.task_name](**job.task_kwargs)
            await app.job_manager.unregister_worker(worker)
        return 1

    return asyncio.run(run())
