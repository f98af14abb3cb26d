"""A real worker process for the crash test: one event kills it with SIGKILL, the others are written down."""

import os
import signal
import sys
from datetime import timedelta

from govline.core import Ref
from govline.store import Database, inbox
from govline.store.worker import Pace, Worker


def main(url, schema, poison):
    inbox._HOLD = timedelta(0)
    db = Database.open(url, schema=schema or None, budget=0.5)

    def handle(tx, event):
        tx.audit("handled", Ref("event", event.id))
        if event.id == poison:
            os.kill(os.getpid(), signal.SIGKILL)

    Worker(db, None, handle, pace=Pace(idle=0.05, cap=0.1)).run()
    db.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
