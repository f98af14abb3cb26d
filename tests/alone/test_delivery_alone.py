"""Delivery's pure tier alone: a vendor's own queue judged by our guard rails and caps, without a database."""

import subprocess
import sys
from datetime import UTC, datetime, time, timedelta


def test_five_lines() -> None:
    from govline.core.messages import Text
    from govline.delivery import Drift, Incoming, IncomingFacts, Quiet, Source
    from govline.delivery.sources import held_back, refused

    now = datetime(2026, 11, 20, 14, tzinfo=UTC)
    source = Source("mail", {"by": "mine"}, senders=["a@city.example"])
    old = Incoming("a@city.example", "1", now - timedelta(days=2), [Text("大雨")])
    assert [reason.code for reason in held_back(source, old, IncomingFacts(now=now))] == ["GL-1078"]
    assert refused(source, old, IncomingFacts(now=now)) == ()
    assert Drift(share=0.1, number=0).exceeded(100, 111)
    assert Quiet(time(21), time(8)).until(now) == datetime(2026, 11, 20, 23, tzinfo=UTC)


def test_it_loads_neither_sqlalchemy_nor_the_store() -> None:
    code = (
        "import sys, govline.delivery as d, govline.delivery.rules; "
        "d.Rules(), d.Source, d.Plan, d.Run; "
        "print([m for m in sys.modules if m.split('.')[0] in ('sqlalchemy', 'linebot') or m == 'govline.store'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
