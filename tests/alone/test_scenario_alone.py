"""A talk step in a vendor's own backend: values in, values out, with no database, no City and no SDK."""

import subprocess
import sys

USE = """
from datetime import datetime, UTC
from govline.core import Finished, Input, TalkContext
stored = None
TALK = '''
scenario: facility
start: people
steps:
  people: {ask: "何名ですか?", type: integer, between: [1, 10], save: party, next: book}
  book: {do: my.book, with: {party: "{party}"}, next: done}
  done: {end: booked, say: "{party}名で予約しました"}
'''
actions = {"my.book": lambda call: Finished("ok", {"number": call.args["party"]})}
event, context = Input("text", "予約"), TalkContext(citizen="c1", now=datetime(2026, 11, 20, tzinfo=UTC))

from govline.scenario import Session, load, step
definition = load(TALK)
turn = step(definition, stored and Session.from_json(stored), event, context, actions)
stored = turn.session.to_json()
turn2 = step(definition, Session.from_json(stored), Input("text", "３名"), context, actions)

assert turn.messages == ({"type": "text", "text": "何名ですか?"},), turn.messages
assert turn2.messages == ({"type": "text", "text": "3名で予約しました"},)
assert turn2.finished and turn2.outcome == "booked"
import sys
loaded = {name.partition(".")[0] for name in sys.modules}
assert not loaded & {"sqlalchemy", "linebot", "alembic", "psycopg"}, loaded
assert "govline.store" not in sys.modules
"""


def test_a_talk_runs_without_database_or_city():
    subprocess.run([sys.executable, "-W", "error", "-c", USE], check=True, timeout=60)
