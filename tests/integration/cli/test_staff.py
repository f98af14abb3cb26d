"""Commands of the people who run a town: outbox, features' own commands, the menu, the DDL."""

import pytest

from govline.cli.local import local_town
from govline.cli.towns import open_town
from govline.core import Effect

SECRET = {"type": "text", "text": "only the citizen reads this"}


@pytest.fixture
def dead(ready):
    """The id of a message to somebody who is not there."""
    with open_town(ready) as city:
        with city.begin() as tx:
            row = tx.enqueue(Effect("line.push", {"citizen": "nobody", "messages": [SECRET]}, dedupe="1"))
        city.pump.run_once()
    return row


def test_an_empty_outbox_says_so(ready, govline):
    assert govline("outbox", "list").out.strip() == "(ありません)"
    assert govline("outbox", "counts").out.strip() == "(ありません)"


def test_a_dead_effect_is_listed_explained_retried_and_skipped(ready, dead, govline):
    listed = govline("outbox", "list", "--state", "dead")
    assert dead in listed.out
    assert "line.push" in listed.out
    assert SECRET["text"] not in listed.out
    assert "dead 1" in govline("outbox", "counts").out
    assert govline("outbox", "explain", dead).out.startswith("dead:")
    ran = govline("doctor")
    assert ran.code == 1
    assert "govline outbox list --state dead" in ran.out
    assert govline("outbox", "retry", dead, "--reason", "they are back").code == 0
    assert dead not in govline("outbox", "list", "--state", "dead").out
    assert govline("outbox", "skip", dead, "--reason", "they are gone").code == 0
    assert dead in govline("outbox", "list", "--state", "skipped").out


def test_an_unknown_row_or_state_is_an_error(ready, govline):
    assert "GL-1101" in govline("outbox", "explain", "nothing").err
    assert "GL-1103" in govline("outbox", "list", "--state", "frobbed").err
    assert govline("outbox", "retry", "nothing", "--reason", "x").code == 2
    assert govline("outbox", "retry", "nothing").code == 2


def test_the_ddl_is_printed_for_both_engines(ready, govline):
    postgres, sqlite = govline("db", "sql"), govline("db", "sql", "--dialect", "sqlite")
    for ran in (postgres, sqlite):
        assert ran.code == 0
        assert "CREATE TABLE gl_outbox" in ran.out


def test_a_features_commands_are_shown_and_run(ready, govline):
    shown = govline("segments")
    assert shown.code == 0
    assert "govline segments count" in shown.out
    assert govline("segments", "--help").out == shown.out
    ran = govline("segments", "count", "ward=minato")
    assert (ran.code, ran.out) == (0, "0 人: お住まいの地区が「みなと」\n")
    ran = govline("segments", "send", "first", "ward=minato", "断水です", "--town", str(ready))
    assert ran.code == 0
    assert "0 人" in ran.out


def test_a_features_wrong_words_are_told(ready, govline):
    assert govline("segments", "send").code == 2
    assert govline("segments", "count", "--help").code == 0
    ran = govline("segments", "count", "ward=nowhere")
    assert ran.code == 1
    assert "ward" in ran.err
    ran = govline("garbage", "import", "no-such.csv")
    assert ran.code == 2
    assert "Traceback" not in ran.err


def test_an_unknown_command_lists_what_there_is(ready, govline, monkeypatch, tmp_path):
    ran = govline("frobnicate")
    assert ran.code == 2
    assert "segments count" in ran.err
    assert "doctor" in ran.err
    monkeypatch.chdir(tmp_path)
    ran = govline("frobnicate")
    assert ran.code == 2
    assert "no such command: frobnicate" in ran.err
    assert "need a town" in ran.err


@pytest.mark.data
def test_a_real_towns_garbage_days_are_imported(ready, govline, data_folder):
    table = data_folder / "garbage5374" / "joyo" / "area_days.csv"
    ran = govline("garbage", "import", str(table))
    assert ran.code == 0
    assert "登録しました" in ran.out


def test_doctor_and_menu_find_the_simulator_of_a_running_dev(ready, govline, monkeypatch):
    with local_town(ready, worker="none") as town:
        monkeypatch.delenv("GOVLINE_LINE_API")  # as in another terminal
        monkeypatch.delenv("GOVLINE_CLOCK_FILE")
        ran = govline("doctor", "--line")
        assert (ran.code, ran.out.strip()) == (0, "✓ 問題は見つかりませんでした")
        first, again = govline("menu", "publish"), govline("menu", "publish")
        assert first.code == 0
        assert first.out == again.out
        assert list(town.city.messenger.menus()) == [first.out.split()[1]]
    assert not (ready / ".govline" / "running.json").exists()


def test_a_killed_dev_misleads_nobody(ready, govline):
    running = ready / ".govline" / "running.json"
    running.write_text('{"GOVLINE_LINE_API": "http://127.0.0.1:9"}', encoding="utf-8")
    ran = govline("menu", "publish")
    assert ran.code == 2
    assert "GL-9007" in ran.err
    assert "2500x1686" in ran.err
