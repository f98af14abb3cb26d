"""A real worker process for the kill test: carries effects out by telling the receiver their ids."""

import sys
from datetime import timedelta

import urllib3

from govline.core import Done, Retry
from govline.store import Database
from govline.store.policies import Backoff, QueueLimit
from govline.store.pump import Pump
from govline.store.worker import Pace, Worker


class Telling:
    def __init__(self, receiver):
        self.receiver = receiver
        self.http = urllib3.PoolManager(maxsize=8, retries=False, timeout=5)

    def run(self, payload, context):
        try:
            answer = self.http.request(
                "POST", f"{self.receiver}/{context.id}/{payload['citizen']}/{payload['n']}"
            )
        except urllib3.exceptions.HTTPError:
            return Retry("no answer")
        return Done() if answer.status in (200, 409) else Retry(f"status {answer.status}")

    def record(self, tx, payload, fate):
        pass


def main(url, schema, receiver):
    db = Database.open(url, schema=schema or None)
    pump = Pump(
        db,
        {"line.push": Telling(receiver)},
        queues={"line": QueueLimit(workers=4, lease=timedelta(seconds=2))},
        backoff=Backoff(base=timedelta(milliseconds=100)),
    )
    Worker(db, pump, pace=Pace(idle=0.05, cap=0.2)).run()
    db.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
