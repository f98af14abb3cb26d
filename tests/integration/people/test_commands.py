"""The clerk's commands for staff, keys, audit and schedules, on a town of one feature."""

import json

import pytest

from govline.cli.app import run
from govline.errors import GovlineError

PEOPLE = """
departments:
  kosodate: {label: 子育て課}
  kankyo: {label: 環境課}
roles:
  editor: {label: 作成者, verbs: [delivery.plan]}
  approver: {label: 承認者, verbs: [delivery.approve]}
  admin: {label: 管理者, verbs: [people.manage]}
"""


@pytest.fixture
def town(tmp_path, monkeypatch, keys):
    for name in ("LINE_CHANNEL_SECRET", "LINE_CHANNEL_ACCESS_TOKEN"):
        monkeypatch.setenv(name, "x" * 32)
    monkeypatch.setenv("GOVLINE_KEYS", keys.to_text())
    monkeypatch.chdir(tmp_path)
    (tmp_path / "city.yaml").write_text("id: hinata\nname: ひなた町\nfeatures: {people: {}}\n", "utf-8")
    (tmp_path / "people.yaml").write_text(PEOPLE, "utf-8")
    assert run(["db", "upgrade"]) == 0
    return tmp_path


@pytest.fixture
def govline(town, capsys):
    def command(*words):
        capsys.readouterr()
        code = run(words)
        return code, capsys.readouterr().out

    return command


def test_a_reshuffle_from_a_list_and_back(govline, town):
    for login, name in (("001", "一郎"), ("002", "次郎"), ("003", "三郎")):
        assert govline("people", "add", login, name)[0] == 0
    days = ("--from", "2025-04-01")
    assert govline("people", "assign", "001", "editor", "--department", "kosodate", *days)[0] == 0
    assert govline("people", "assign", "002", "approver", "--department", "kosodate", *days)[0] == 0
    assert govline("people", "assign", "003", "admin", *days)[0] == 0
    assert govline("people", "check") == (0, "✓ 問題は見つかりませんでした\n")
    moves = town / "moves.csv"
    moves.write_bytes("職員番号,異動先,役割,退職\n001,環境課,,\n002,,,○\n".encode("cp932"))
    code, out = govline("people", "hand-over", str(moves), "--on", "2030-04-01", "--dry-run")
    assert code == 0
    assert "! 子育て課: 「配信を承認する」ことのできる職員がいなくなります" in out
    assert "(何も書いていません)" in out
    code, out = govline("people", "hand-over", str(moves), "--on", "2030-04-01", "--json")
    facts = json.loads(out)
    assert (code, facts["ends"], facts["starts"], facts["leavers"]) == (0, 2, 1, 1)
    assert "kankyo:editor" in govline("people", "list", "--on", "2030-04-01")[1]
    assert "一郎" in govline("people", "list")[1]
    assert govline("people", "undo", facts["id"]) == (0, "✓ 3件の役割を元に戻しました\n")
    moves.write_text("職員番号,異動先\n009,環境課\n001,nowhere\n", "utf-8")
    code, out = govline("people", "hand-over", str(moves), "--on", "2030-04-01")
    assert code == 1
    assert "✗ 2行目 職員番号: この職員番号の職員は登録されていません" in out
    assert "kankyo" not in govline("people", "list", "--on", "2030-04-01")[1]


def test_a_list_that_is_not_there(govline):
    with pytest.raises(GovlineError, match=r"GL-1511.*file=absent\.csv"):
        govline("people", "hand-over", "absent.csv", "--on", "2030-04-01")


@pytest.mark.parametrize(
    ("words", "verb"),
    [
        (("audit", "verify"), "audit.read"),
        (("inbox", "replay", "--all"), "inbox.replay"),
        (("citizen", "erase", "c1"), "erasure.run"),
    ],
)
def test_commands_ask_where_the_machine_gives_no_rights(govline, town, words, verb):
    assert govline(*words)[0] == 0
    (town / "people.yaml").write_text(PEOPLE + "shell: false\n", "utf-8")
    with pytest.raises(GovlineError, match="GL-1500") as refused:
        govline(*words)
    assert refused.value.place["verb"] == verb


def test_erasing_whom_nobody_knows_says_so(govline):
    code, out = govline("citizen", "erase", "no-such-citizen")
    assert (code, "この住民IDの行は初めからありませんでした" in out) == (0, True)


def test_keys_rotate_until_the_old_one_may_go(govline, monkeypatch, keys):
    from govline.store import Keyring

    govline("people", "add", "001", "一郎")
    assert "gl_people_member.label           k1 1" in govline("key", "count")[1]
    monkeypatch.setenv("GOVLINE_KEYS", f"{Keyring.generate('k2').to_text()},{keys.to_text()}")
    code, out = govline("key", "rotate", "--json")
    facts = json.loads(out)
    assert (code, facts["newest"], facts["still_needed"]) == (0, "k2", [])
    assert facts["resealed"]["gl_people_member.label"] == 1
    assert json.loads(govline("key", "count", "--json")[1])["gl_people_member.login"] == {"plain": 0, "k2": 1}
    assert govline("key")[1].startswith("k1:")


def test_the_audit_is_verified_and_a_change_is_named(govline, town):
    import sqlite3
    from contextlib import closing

    from govline import City
    from govline.store import chain

    govline("people", "add", "001", "一郎")
    with City.load(town / "city.yaml") as city:
        chain.chain_all(city.database)
    code, out = govline("audit", "verify", "--json")
    assert (code, json.loads(out)["entries"]) == (0, 1)
    anchor = json.loads(out)["anchor"]
    assert govline("audit", "verify", "--anchor", anchor)[0] == 0
    with closing(sqlite3.connect(town / "town.db")) as database, database:
        database.execute("UPDATE gl_audit SET action = 'nothing.happened'")
    code, out = govline("audit", "verify")
    assert code == 1
    assert "1件目" in out
    with pytest.raises(GovlineError, match="GL-1140"):
        govline("audit", "verify", "--anchor", "x")


def test_what_is_planned_is_listed_without_what_it_carries(govline, town):
    from datetime import timedelta

    from govline import City
    from govline.core import Effect, Ref, Schedule

    assert govline("schedules", "list") == (0, "(ありません)\n")
    with City.load(town / "city.yaml") as city:
        city.run(
            lambda tx: tx.schedule(
                Schedule("k", tx.now + timedelta(days=1), Ref("b", "1"), Effect("t.x", {"text": "雀"}, "d"))
            )
        )
    code, out = govline("schedules", "list")
    assert code == 0
    assert "t.x" in out
    assert "雀" not in out
    assert json.loads(govline("schedules", "list", "--json")[1])[0]["subject"] == "b 1"


def test_a_town_sets_its_periods_and_a_wrong_one_is_refused(govline, town):
    settings = town / "city.yaml"
    text = settings.read_text("utf-8")
    settings.write_text(text + "retention: {outbox.content: 2}\n", "utf-8")
    lines = json.loads(govline("data-map", "--json")[1])
    assert {line["class"] for line in lines} <= {"public", "preference", "personal", "secret"}
    settings.write_text(text + "retention: {everything: 2}\n", "utf-8")
    with pytest.raises(GovlineError, match="GL-1124"):
        govline("data-map")
