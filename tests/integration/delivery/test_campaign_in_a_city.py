"""A campaign from plan to tap in a whole town of YAML: worker, simulator, ASGI, the clerk's commands."""

import asyncio
import csv
import io
import json
import uuid
from datetime import timedelta
from functools import partial

import pytest

from govline import delivery
from govline.city.asgi import asgi
from govline.cli.local import local_town
from govline.core import Actor
from govline.core.messages import Text
from govline.delivery import Incoming, Refused
from govline.errors import StoreError
from govline.segments.definition import to_json
from govline.segments.model import attr
from govline.store import identity

TANAKA, SATO = Actor("staff", "tanaka", "web"), Actor("staff", "sato", "web")
YAML = """
id: hinata
name: ひなた町
quiet_hours: {start: "00:00", end: "00:00"}
features:
  segments:
    attributes: [{name: child, type: boolean, label: お子さま}]
  delivery:
    topics: {kosodate: 子育て}
    sources:
      mail: {senders: [bosai@city.example], selection: {by: everybody}, emergency: true}
"""


@pytest.fixture(params=["sqlite", "postgres"])
def town(request, tmp_path):
    lines = YAML
    if request.param == "postgres":
        lines += f"database: {request.getfixturevalue('postgres_18')}\nschema: camp_{uuid.uuid4().hex}\n"
    (tmp_path / "city.yaml").write_text(lines, encoding="utf-8")
    with local_town(tmp_path, worker="none") as running:
        yield running


def people(town, number):
    users = town.client.citizens_in_bulk(number)
    return town.city.run(lambda tx: [identity.citizen_of(tx, user) for user in users])


def act(city, verb, *words, by=TANAKA, **named):
    return city.run(lambda tx: getattr(city.delivery, verb)(tx, *words, **named), actor=by)


def command(city, capsys, *words):
    done = city.commands["delivery"][words[0]].run(city, list(words[1:]))
    said = capsys.readouterr()
    return done, said.out, said.err


def get(app, path, method="GET"):
    heard = []

    async def send(message):
        heard.append(message)

    async def receive():
        return {"type": "http.request", "body": b""}

    scope = {"type": "http", "path": path, "method": method, "headers": []}
    asyncio.run(app(scope, receive, send))
    headers = {name.decode(): value.decode() for name, value in heard[0]["headers"]}
    return heard[0]["status"], headers


def test_a_segment_is_planned_approved_at_a_terminal_sent_and_tapped(town, capsys, monkeypatch):
    city = town.city
    who = people(town, 700)
    city.run(lambda tx: [city.segments.set(tx, each, "child", True, source="t") for each in who[:600]])
    selection = {"by": "segments", "filter": to_json(attr("child").in_(True))}
    plan = act(
        city,
        "plan",
        key="k",
        campaign="kosodate",
        messages=[Text("x")],
        selection=selection,
        topic="kosodate",
    )
    link = act(city, "shorten", plan.id, "https://www.city.example/kosodate", label="講座")
    plan = act(city, "edit", plan.id, messages=[Text(f"講座のお知らせ https://t.example{link.path}")])
    act(city, "opt_out", who[0], "kosodate")
    seen = city.read(partial(city.delivery.preview, plan=plan.id))
    assert (seen.count, dict(seen.left_out)) == (599, {"opted_out": 1})
    assert city.delivery.validate(city, plan.id).validated == plan.digest
    act(city, "request", plan.id, seen)
    run = command(city, capsys, "show", plan.id, "--json")
    digest = json.loads(run[1])["plan"]["digest"]
    assert command(city, capsys, "approve", plan.id, digest[:12], "--as", "tanaka")[0] == 1
    assert command(city, capsys, "approve", plan.id, "00000000", "--as", "sato")[0] == 1
    assert command(city, capsys, "approve", plan.id, digest[:12], "--as", "sato") == (
        0,
        f"{plan.id} approved\n",
        "",
    )
    assert command(city, capsys, "send", plan.id)[0] == 0
    assert city.settle()
    assert town.client.report()["per_citizen_counts"] == {"0": 101, "1": 599}
    done = city.read(lambda tx: city.delivery.run(tx, plan.id))
    assert (done.state, done.counts.sent, done.counts.not_reached) == ("finished", 599, 1)
    rows = list(csv.reader(io.StringIO(command(city, capsys, "ledger", plan.id)[1])))
    assert rows[0] == ["citizen", "state", "reason"]
    assert len(rows) == 601
    assert "送信599" in command(city, capsys, "list")[1]
    assert city.check() == []
    app = asgi(city, work=False)
    assert get(app, link.path) == (302, get(app, f"/hinata{link.path}")[1])
    status, headers = get(app, link.path, "HEAD")
    assert (status, headers["location"]) == (302, "https://www.city.example/kosodate")
    assert get(app, "/r/unknown")[0] == 404
    assert get(app, link.path, "POST")[0] in (404, 405)
    assert [tap.taps for tap in act(city, "taps", plan.id)] == [2]
    monkeypatch.setattr(city.database, "run", away)
    assert get(app, link.path)[0] == 503


def away(_work):
    raise StoreError("the database gave no connection in time", code="GL-1016")


def test_pause_and_cancel_at_a_terminal_stop_what_has_not_left(town, capsys):
    city = town.city
    people(town, 3)
    run = city.run(
        lambda tx: delivery.freeze(tx, key="k", source="t", messages=[Text("x")], recipients=_known(tx))
    )
    assert command(city, capsys, "pause", run.id, "--json") == (
        0,
        f'{{"id": "{run.id}", "state": "paused"}}\n',
        "",
    )
    assert city.settle()
    assert town.client.report()["per_citizen_counts"] == {"0": 3}
    assert command(city, capsys, "resume", run.id)[0] == 0
    assert command(city, capsys, "cancel", run.id)[0] == 0
    assert command(city, capsys, "cancel", run.id)[0] == 1
    assert city.settle()
    assert town.client.report()["per_citizen_counts"] == {"0": 3}
    assert command(city, capsys, "pause", "none")[0] == 1
    assert command(city, capsys, "show", "none")[0] == 1


def test_a_machine_s_stale_message_waits_for_two_people(town, capsys):
    city = town.city
    people(town, 2)
    stale = Incoming("bosai@city.example", "m1", town.clock.now() - timedelta(days=548), [Text("大雨警報")])
    held = act(city, "offer", "mail", stale, by=Actor("machine", "mail", "mail"))
    assert "GL-1078" in command(city, capsys, "hold")[1]
    assert len(city.check()) == 1
    for name, done in (("sato", 0), ("sato", 1), ("suzuki", 0)):
        assert command(city, capsys, "release", held.id, "--as", name)[0] == done
    assert city.settle()
    assert town.client.report()["per_citizen_counts"] == {"1": 2}
    again = act(city, "offer", "mail", stale, by=Actor("machine", "mail", "mail"))
    assert isinstance(again, Refused)
    assert json.loads(command(city, capsys, "hold", "--json")[1]) == []


def test_citizens_choose_their_topics_in_a_talk(town):
    from govline.core import Finished, TalkContext

    (who,) = people(town, 1)
    opt_out, opt_in = (town.city._assembly.actions[f"delivery.{name}"] for name in ("opt_out", "opt_in"))
    context = TalkContext(who, town.clock.now())
    for action, outcome in ((opt_out, "changed"), (opt_out, "unchanged"), (opt_in, "changed")):
        given = action.args(topic="kosodate")
        assert town.city.run(lambda tx, a=action, g=given: a.run(tx, context, g)) == Finished(outcome)
    with pytest.raises(ValueError, match="topic"):
        opt_out.args(topic="moon")


def _known(tx):
    from sqlalchemy import text

    return tx.connection.execute(text("SELECT citizen FROM gl_identity ORDER BY citizen")).scalars().all()


def test_at_a_terminal_the_member_s_roles_decide(tmp_path, capsys):
    roles = """
shell: false
departments: {koho: {label: 広報課}}
roles:
  writer: {label: 作成者, verbs: [delivery.plan]}
  chief: {label: 承認者, verbs: [delivery.*]}
  admin: {label: 管理者, verbs: [people.manage]}
"""
    (tmp_path / "people.yaml").write_text(roles, encoding="utf-8")
    (tmp_path / "city.yaml").write_text(f"{YAML}  people: {{}}\n", encoding="utf-8")
    with local_town(tmp_path, worker="none") as town:
        city = town.city
        people(town, 2)
        with city.begin() as tx:
            for login, role in (("tanaka", "writer"), ("sato", "chief"), ("ito", "writer")):
                member = city.people.add(tx, login, login)
                city.people.assign(tx, member, role)
            makers = {login: city.people.actor(tx, login) for login in ("tanaka", "sato", "ito")}
        terms = {"key": "k", "campaign": "c", "messages": [Text("x")], "selection": {"by": "everybody"}}
        plan = act(city, "plan", by=makers["tanaka"], **terms)
        seen = city.read(partial(city.delivery.preview, plan=plan.id))
        act(city, "request", plan.id, seen, by=makers["tanaka"])
        for name, done in (("ito", 1), ("stranger", 1), ("tanaka", 1), ("sato", 0)):
            assert command(city, capsys, "approve", plan.id, plan.digest, "--as", name)[0] == done
        assert command(city, capsys, "send", plan.id, "--as", "ito")[0] == 1
        assert command(city, capsys, "send", plan.id, "--as", "sato")[0] == 0
        assert city.settle()
        assert town.client.report()["per_citizen_counts"] == {"1": 2}
