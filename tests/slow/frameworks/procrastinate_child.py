"""A Procrastinate worker of one town; argv: database url, schema, clock file, LINE's address."""

import os
import sys
from pathlib import Path

from procrastinate import App, PsycopgConnector

from govline import City
from govline.city import LineChannel
from govline.city.procrastinate import attach
from govline.simulator import ChannelSettings
from govline.store import Database, Keyring
from govline.testing.clock import FileClock

url, schema, clock, line = sys.argv[1:]
settings = ChannelSettings()
database = Database.open(
    url,
    town="hinata",
    schema=schema,
    clock=FileClock(Path(clock)),
    keys=Keyring.from_text(os.environ["GOVLINE_KEYS"]),
)
channel = LineChannel(lambda: [settings.secret], lambda: settings.token, api=line)
app = App(connector=PsycopgConnector(conninfo=url.replace("+psycopg", "")))
with City(database, line=channel) as city:
    attach(app, city, every="* * * * * */1")
    app.run_worker(queues=["govline"], concurrency=2, delete_jobs="successful", listen_notify=False)
