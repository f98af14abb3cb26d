"""Canary personal data goes in by every door and comes out by none: logs, errors, reprs, lists, doctor, checks, views."""

import logging
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from govline.cli.app import run
from govline.cli.local import local_town
from govline.cli.template import copy_demo_town
from govline.core import Effect, Ref
from govline.errors import GovlineError
from govline.store import audit, footprints, identity, inbox, outbox, schedules
from govline.store.pump import Pump
from govline.testing.talks import parse_talk, play

JST = ZoneInfo("Asia/Tokyo")
NAME, PHONE, ADDRESS, POSTCODE = "金成雀子", "090-1234-9876", "ひなた町雀ヶ丘九丁目七番地", "999-7654"
CANARIES = (NAME, PHONE, ADDRESS, POSTCODE)
TALK = f"""
@ 2026-12-01 09:00
> (follow)
< 友だち追加ありがとうございます … の公式アカウントです
> {NAME}です。電話は{PHONE}、住所は{POSTCODE} {ADDRESS}
< 申し訳ありません
> 広場の予約
< わくわく広場の日時をお選びください … 12月2日(水) 10:00 (残10)
> [12月2日(水) 10:00 残10]
< 何名で利用しますか?
> {PHONE}
< もう一度お答えください
< 何名で利用しますか?
> [3]
< わくわく広場 12月2日(水) 10:00 3名で予約しますか?
> [予約する]
< 予約しました。12月2日(水) 10:00 3名です
"""


class Broken:
    """A vendor's handler whose error carries what it was given."""

    def run(self, payload, context):
        raise ValueError(f"cannot send {payload}")

    def record(self, tx, payload, fate):
        pass


@pytest.fixture
def town(tmp_path, monkeypatch):
    for name in ("LINE_CHANNEL_SECRET", "LINE_CHANNEL_ACCESS_TOKEN", "GOVLINE_KEYS"):
        monkeypatch.delenv(name, raising=False)
    folder = copy_demo_town(tmp_path / "hinata")
    settings = folder / "city.yaml"
    settings.write_text(
        settings.read_text("utf-8").replace("features:\n", "features:\n  people: {}\n"), "utf-8"
    )
    morning = datetime(2026, 12, 1, 9, tzinfo=JST)
    with local_town(folder, worker="none", at=morning) as running:
        yield running


def shown(city):
    """Everything that staff, logs and monitoring may show of the store."""

    def look(tx):
        pages = [outbox.list(tx, limit=200), inbox.list(tx, limit=200), audit.list(tx, limit=200)]
        explained = [outbox.explain(tx, row.id) for row in pages[0]]
        return [*pages, explained, schedules.upcoming(tx), outbox.counts(tx), inbox.counts(tx)]

    return repr([city.read(look), city.view(), city.check(), city.database.keys, city])


def test_nothing_shows(town, caplog, capsys, monkeypatch, tmp_path):
    city = town.city
    with caplog.at_level(logging.DEBUG):
        stage = town.stage()
        assert play(parse_talk(TALK, "canary"), stage).failures == []
        town.client.fault("reply", "500", times=3)
        stage.say("住民", f"{NAME} {PHONE}")
        stage.settle()
        (citizen,) = [
            row[0]
            for row in city.read(
                lambda tx: tx.connection.exec_driver_sql("SELECT citizen FROM gl_identity").all()
            )
        ]
        user = city.read(lambda tx: identity.line_user_of(tx, citizen))

        def more(tx):
            city.people.add(tx, PHONE, NAME)
            tx.audit("calendar.note", Ref("citizen", citizen))
            tx.enqueue(
                Effect("vendor.mail", {"citizen": citizen, "to": PHONE, "text": NAME}, "mail", queue="vendor")
            )

        city.run(more)
        Pump(city.database, {"vendor.mail": Broken()}).run_once()
        city.settle()

        def failing(tx, event):
            raise RuntimeError(f"{event.body} {NAME}")

        body = f'{{"message": {{"text": "{NAME}"}}}}'
        incoming = inbox.Incoming("message.text", 1, 1, body, "canary-event", citizen, reply_token=PHONE)
        city.run(lambda tx: inbox.receive(tx, [incoming]))
        inbox.process(city.database, incoming.lane, failing)
        errors = [repr(incoming)]
        wrong = tmp_path / "moves.csv"
        wrong.write_text(f"職員番号,異動先\n{PHONE},kankyo\n", encoding="utf-8")
        moves, problems = city.read(lambda tx: city.people.read_moves(tx, wrong.read_bytes()))
        errors += [repr(moves), repr(problems)]
        monkeypatch.chdir(town.folder)
        for words in (
            ["outbox", "list"],
            ["inbox", "list"],
            ["outbox", "counts"],
            ["schedules", "list"],
            ["doctor"],
            ["data-map"],
            ["key", "count"],
            ["audit", "verify"],
            ["people", "check"],
            ["people", "assign", PHONE, "nothing"],
            ["inbox", "replay", "nothing"],
            ["citizen", "erase", citizen, "--dry-run"],
        ):
            try:
                run(words)
            except (GovlineError, SystemExit) as error:
                errors += [repr(error), str(error)]
        with pytest.raises(GovlineError) as refused:
            city.run(lambda tx: identity.line_user_of(tx, citizen) and outbox.retry(tx, citizen, NAME))
        errors += [str(refused.value)]
    output = capsys.readouterr()
    places = {
        "logs": "\n".join(
            f"{record.getMessage()} {record.args} {record.exc_text}"
            for record in caplog.records
            if record.name.startswith("govline") and not record.name.startswith("govline.simulator")
        ),
        "screens": output.out + output.err,
        "errors": repr(errors),
        "shown": shown(city),
    }
    assert "canary-event" in places["logs"], "the failures were logged"
    for place, text in places.items():
        for canary in (*CANARIES, user):
            assert canary not in text, (place, canary)
    assert city.read(lambda tx: footprints.find(tx, [user])) == {}
