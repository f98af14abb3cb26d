"""A citizen of the whole demo town is erased: the proof finds nothing, in no column of no table, and the others keep what is theirs."""

import json
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from govline.city.erasure import erase_citizen
from govline.cli.app import run
from govline.cli.local import local_town
from govline.cli.template import copy_demo_town
from govline.core import Actor, Effect, Event, Ref, Schedule, citizen_actor
from govline.errors import InputError
from govline.store import chain, footprints, identity, outbox
from govline.testing.talks import parse_talk, play

JST = ZoneInfo("Asia/Tokyo")
TALK = """
@ 2026-12-01 09:00
> (follow)
< 友だち追加ありがとうございます … の公式アカウントです
> 広場の予約
< わくわく広場の日時をお選びください … 12月2日(水) 10:00 (残10)
> [12月2日(水) 10:00 残10]
< 何名で利用しますか?
> [3]
< わくわく広場 12月2日(水) 10:00 3名で予約しますか?
> [予約する]
< 予約しました。12月2日(水) 10:00 3名です
> 広場の予約
< わくわく広場の日時をお選びください
花子> (follow)
花子< 友だち追加ありがとうございます … の公式アカウントです
"""


@pytest.fixture
def town(tmp_path, monkeypatch):
    for name in ("LINE_CHANNEL_SECRET", "LINE_CHANNEL_ACCESS_TOKEN", "GOVLINE_KEYS"):
        monkeypatch.delenv(name, raising=False)
    morning = datetime(2026, 12, 1, 9, tzinfo=JST)
    with local_town(copy_demo_town(tmp_path / "hinata"), worker="none", at=morning) as running:
        result = play(parse_talk(TALK, "erase"), running.stage())
        assert result.failures == []
        yield running


def citizens(city):
    from sqlalchemy import text

    return [
        row[0]
        for row in city.read(
            lambda tx: tx.connection.execute(
                text("SELECT citizen FROM gl_identity ORDER BY created, citizen")
            ).all()
        )
    ]


def test_nothing_is_left_and_the_chain_holds(town):
    city = town.city
    gone, stays = citizens(city)
    user = city.read(lambda tx: identity.line_user_of(tx, gone))

    def more(tx):
        tx.audit("calendar.note", Ref("citizen", gone), {"citizen": gone})
        tx.schedule(
            Schedule(
                "x",
                tx.now.replace(year=2030),
                Ref("citizen", gone),
                Effect("line.push", {"citizen": gone}, f"d:{gone}"),
            )
        )
        later = tx.now.replace(year=2030)
        tx.enqueue(
            Effect(
                "line.push",
                {"citizen": gone, "messages": []},
                f"push:{gone}",
                due=later,
                order_key=f"citizen:{gone}",
            )
        )
        tx.enqueue(Effect("bulk.send", {"citizens": [gone, stays], "text": "x"}, "bulk", due=later))
        tx.emit(Event("line.followed", Ref("citizen", gone), citizen=gone))

    city.run(more, actor=citizen_actor(gone))
    assert any(city.read(lambda tx: footprints.row_counts(tx, [stays])).values())
    dry = erase_citizen(city, gone, dry_run=True)
    assert dry.before["gl_calendar_booking"] == 1
    assert dry.before == dry.after
    assert not dry.proven
    report = erase_citizen(city, gone, also=["花子の秘密"])
    assert report.leftovers == {}
    assert report.proven
    assert report.after == {}
    assert report.before["gl_outbox"] >= 3
    assert city.read(lambda tx: footprints.find(tx, [gone, user])) == {}
    chain.chain_all(city.database)
    assert chain.verify(city.database).broken is None
    assert "gl_identity" in city.read(lambda tx: footprints.row_counts(tx, [stays]))
    rest = city.read(lambda tx: outbox.list(tx, topic="bulk.send"))
    assert [row.state for row in rest] == ["asleep"]
    assert city.check() == []


def test_the_command_reports_and_ends_with_what_it_proved(town, capsys, monkeypatch):
    monkeypatch.chdir(town.folder)
    gone, _ = citizens(town.city)
    assert run(["citizen", "erase", gone, "--dry-run"]) == 0
    assert "gl_calendar_booking" in capsys.readouterr().out
    assert run(["citizen", "erase", gone, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["proven"] is True
    assert facts["leftovers"] == {}
    assert gone not in json.dumps(facts)


def test_who_may_not_erase_is_refused(town):
    from govline.people import RolePolicy

    town.city._assembly.ports["policy"] = RolePolicy({})
    with pytest.raises(InputError, match="GL-1500"):
        erase_citizen(town.city, "c", actor=Actor("staff", "s1", "web"))
