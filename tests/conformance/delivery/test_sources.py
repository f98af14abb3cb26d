"""Machines on both engines: what goes, what waits, what never reaches a citizen (AC-3)."""

from datetime import timedelta

import pytest

from govline.core import Actor
from govline.core.messages import Text
from govline.delivery import Accepted, Held, Incoming, Refused, Source
from govline.errors import InputError, StoreError

SATO, SUZUKI = Actor("staff", "sato", "web"), Actor("staff", "suzuki", "web")
MAIL = Source("mail", {"by": "everybody"}, senders=["bosai@city.example"], marks=["[防災]"], per_hour=40)


@pytest.fixture
def machine(town_with, clock):
    town = town_with(sources={"mail": MAIL})
    town.people = town.citizens(3)

    def incoming(key="m1", text="大雨警報が出ました", age=timedelta(minutes=1), **more):
        terms = {"sender": "Bosai@city.example", "subject": "[防災] 大雨", "body": text, **more}
        return Incoming(key=key, dated=clock.now() - age, messages=[Text(text)], **terms)

    town.incoming = incoming
    town.offer = lambda **terms: town("offer", "mail", incoming(**terms), by=Actor("machine", "mail", "mail"))
    return town


def codes(outcome):
    return {reason.code for reason in outcome.reasons}


def finish(town, run_id):
    town.work(run_id)
    town.pump()
    return town.reached()


def test_what_fits_goes_out_once(machine):
    taken = machine.offer()
    assert isinstance(taken, Accepted)
    assert sorted(finish(machine, taken.run)) == sorted(machine.people)
    assert machine("run", taken.run).source == "mail"
    assert machine("plan_of", taken.run).approver == "source:mail"


def test_an_alert_of_eighteen_months_ago_is_held(machine):
    held = machine.offer(age=timedelta(days=548))
    assert isinstance(held, Held)
    assert codes(held) == {"GL-1078"}
    assert machine.outbox() == []
    assert machine("runs") == ()


def test_the_same_alert_twice_is_one_send(machine, clock):
    assert isinstance(machine.offer(), Accepted)
    assert codes(machine.offer()) == {"GL-1080"}
    assert codes(machine.offer(key="another id, the same words")) == {"GL-1080"}
    assert len(machine("runs")) == 1
    clock.advance(timedelta(days=1, seconds=1))
    assert isinstance(machine.offer(), Accepted)


def test_the_forty_first_in_an_hour_is_stopped(machine, clock):
    taken = [machine.offer(key=f"m{number}", text=f"第{number}報") for number in range(40)]
    assert all(isinstance(each, Accepted) for each in taken)
    held = machine.offer(key="m40", text="第40報")
    assert isinstance(held, Held)
    assert codes(held) == {"GL-1081"}
    clock.advance(timedelta(hours=1, seconds=1))
    assert isinstance(machine.offer(key="m41", text="第41報"), Accepted)


@pytest.mark.parametrize(
    ("terms", "outcome", "code"),
    [
        ({"sender": "someone@else.example"}, Refused, "GL-1076"),
        ({"subject": "大雨"}, Held, "GL-1083"),
        ({"age": timedelta(minutes=-10)}, Held, "GL-1079"),
        ({"status": "訓練"}, Refused, "GL-1077"),
        ({"status": "試験"}, Refused, "GL-1077"),
        ({"status": "Exercise"}, Refused, "GL-1077"),
        ({"text": "これは訓練です。避難してください"}, Refused, "GL-1077"),
        ({"text": "【訓 練】避難指示"}, Refused, "GL-1077"),
        ({"subject": "[防災] TEST", "text": "x"}, Held, "GL-1084"),
        ({"text": "職業訓練のご案内"}, Held, "GL-1084"),
    ],
)
def test_what_does_not_fit_is_held_or_refused(machine, terms, outcome, code):
    found = machine.offer(**terms)
    assert isinstance(found, outcome)
    assert code in codes(found)
    assert machine("runs") == ()


def test_two_members_of_staff_release_what_is_held(machine):
    held = machine.offer(age=timedelta(hours=3))
    assert codes(machine("release", held.id, by=Actor("machine", "mail", "mail"))) == {"GL-1060"}
    first = machine("release", held.id, by=SATO)
    assert isinstance(first, Held)
    assert codes(first) == {"GL-1087"}
    assert codes(machine("release", held.id, by=SATO)) == {"GL-1060"}
    assert machine("runs") == ()
    gone = machine("release", held.id, by=SUZUKI)
    assert isinstance(gone, Accepted)
    assert sorted(finish(machine, gone.run)) == sorted(machine.people)
    assert machine("plan_of", gone.run).approver == "staff:sato\nstaff:suzuki"
    assert codes(machine("release", held.id, by=SUZUKI)) == {"GL-1071"}
    assert machine("holds") == []


def test_staff_let_it_go_unsent(machine):
    held = machine.offer(age=timedelta(hours=3))
    (row,) = machine("holds")
    assert (row.id, row.reasons, row.state) == (held.id, ["GL-1078"], "held")
    assert machine("refuse", held.id, by=SATO) is None
    assert codes(machine("refuse", held.id, by=SATO)) == {"GL-1071"}
    assert codes(machine("release", held.id, by=SUZUKI)) == {"GL-1071"}
    assert [each.state for each in machine("holds", state="")] == ["refused"]


def test_a_drill_cannot_be_released(machine):
    machine.offer(status="訓練")
    (row,) = machine("holds", state="")
    assert codes(machine("release", row.id, by=SATO)) == {"GL-1071"}


def test_a_source_that_needs_people_never_sends_alone(town_with, clock):
    town = town_with(sources={"l": Source("l", {"by": "everybody"}, senders=["l-alert"], needs_release=True)})
    message = Incoming("l-alert", "1", clock.now(), [Text("避難指示")])
    held = town("offer", "l", message)
    assert codes(held) == {"GL-1082"}


def test_an_undeclared_source_is_an_error(machine):
    with pytest.raises(InputError, match="GL-1058"):
        machine("offer", "fax", machine.incoming())
    with pytest.raises(StoreError, match="GL-1086"):
        machine("release", "none", by=SATO)
    assert "bosai" not in repr(machine.incoming()).lower()
