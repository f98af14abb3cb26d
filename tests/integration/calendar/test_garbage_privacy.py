"""A citizen types their postcode or whole address: the area is found, and nothing of what they typed is kept."""

import pytest
from sqlalchemy import MetaData, select

from govline.calendar.garbage import GarbageFeature
from govline.city.assembly import assemble
from govline.city.router import Router
from govline.core import Env, Input, TalkContext
from govline.scenario import ScenarioFeature, loads, replay

TALK = """
scenario: area
version: 1
start: area
triggers: [地区]
steps:
  area: {do: garbage.choose_area, save: area, next: done, none: done}
  done: {end: ok}
"""
AREAS = "地区,センター,燃やすごみ\nみどり,,月 木\nかわべ,,火 金\n"
TOWNS = "町名,よみ,郵便番号,地区\n緑町,みどりまち,319-0001,みどり\n川辺,かわべ,319-0002,かわべ\n"


@pytest.fixture
def town(any_db, tmp_path):
    packages = ["delivery", "calendar.garbage", "scenario"]
    any_db.migrate([f"govline.{name}.migrations" for name in packages])
    (tmp_path / "area_days.csv").write_text(AREAS, "utf-8")
    (tmp_path / "towns.csv").write_text(TOWNS, "utf-8")
    features = [GarbageFeature(), ScenarioFeature([loads(TALK)])]
    made = assemble(
        features, lambda port: Env("hinata", any_db, any_db.clock, any_db.ids, tmp_path, str, str, port)
    )
    any_db.run(lambda tx: made.services["garbage"].import_file(tx, tmp_path / "area_days.csv"))
    return made


@pytest.fixture
def say(any_db, town):
    router = Router(town.each("responders"))
    keys = iter(range(100))

    def said(text):
        key = f"k{next(keys)}"
        given = Input("text", text=text, key=key)
        messages = any_db.run(lambda tx: router.answer(tx, TalkContext("c1", tx.now, key), given))
        return [message.to_line()["text"] for message in messages or ()]

    return said


def everything(database):
    """Every row of every table, the list of towns apart."""

    def read(tx):
        known = MetaData()
        known.reflect(tx.connection)
        tables = [table for name, table in known.tables.items() if name != "gl_garbage_town"]
        return [str(tuple(row)) for table in tables for row in tx.connection.execute(select(table))]

    return "\n".join(database.read(read))


@pytest.mark.parametrize(
    ("typed", "secret"),
    [
        ("319-0002", ["319-0002", "3190002"]),
        ("〒３１９０００２", ["３１９", "3190002"]),
        ("ひなた町川辺12-34 メゾンひなた567号室", ["12-34", "メゾン", "567"]),
    ],
)
def test_only_the_area_is_kept(any_db, say, caplog, typed, secret):
    say("地区")
    answer = say(typed)
    assert answer[-1] == "地区を「かわべ」に設定しました。"
    kept = everything(any_db) + "".join(answer) + caplog.text
    assert [word for word in secret if word in kept] == []
    assert "かわべ" in kept


def test_what_was_not_found_is_not_kept_either_and_the_talk_can_be_replayed(any_db, town, say):
    say("地区")
    assert say("319-9999 となり町9-8-7") == [
        "番地や建物名は要りません。町名だけで探し、ほかは残しません。",
        "合う地区が見つかりません。別の書き方でお試しください(町名の一部や、ひらがなでも探せます)。",
    ]
    session = any_db.read(lambda tx: town.services["scenario"].session_of(tx, "c1"))
    turns = any_db.read(lambda tx: town.services["scenario"].turns_of(tx, session.id))
    assert [turn.input.text for turn in turns] == ["地区", ""]
    again = replay(loads(TALK), turns, new_id=session.id)
    assert again == session
    kept = everything(any_db)
    assert [word for word in ("319", "9-8-7", "となり") if word in kept] == []
