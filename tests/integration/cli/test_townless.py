"""Commands on files alone run anywhere, and say so where there is no town."""

import json
import subprocess
import sys

import pytest

from govline.cli import main

TABLE = "地名,センター,燃やすごみ\n東町,,月 木\n"


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    monkeypatch.delenv("GOVLINE_TOWN", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "days.csv").write_text(TABLE, "utf-8")
    return tmp_path


def test_a_file_is_checked_without_a_town(nowhere, capsys):
    assert main(["garbage", "check", "days.csv", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["parsed"] == 1
    (nowhere / "bad.csv").write_text(TABLE.replace("木", "お盆"), "utf-8")
    assert main(["garbage", "check", "bad.csv"]) == 1
    assert main(["garbage", "check", "none.csv"]) == 2
    assert sorted(path.name for path in nowhere.iterdir()) == ["bad.csv", "days.csv"]


def test_dates_without_a_town(nowhere, capsys):
    words = ["garbage", "dates", "days.csv", "--from", "2026-01-01", "--to", "2026-01-07", "--json"]
    assert main(words) == 0
    assert json.loads(capsys.readouterr().out) == {
        "areas": {"東町": {"燃やすごみ": ["2026-01-01", "2026-01-05"]}}
    }
    assert main(words[:2]) == 2


@pytest.mark.usefixtures("nowhere")
def test_what_needs_a_town_says_so(capsys):
    assert main(["garbage"]) == 0
    assert "govline garbage check" in capsys.readouterr().out
    assert main(["garbage", "import", "days.csv"]) == 2
    assert "need a town" in capsys.readouterr().err
    assert main(["nothing", "check", "days.csv"]) == 2
    assert main(["segments", "count", "ward=minato"]) == 2


def test_a_reader_who_has_enough_ends_it_without_a_traceback(nowhere):
    (nowhere / "items.csv").write_text("name,label\n自転車,粗大ごみ\n", "utf-8")
    words = [sys.executable, "-m", "govline.cli", "answers", "search", "--items", "items.csv", "--json"]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write("自転車\n".encode())
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["answered"]
        process.stdout.close()
        process.stdin.write("自転車\n".encode() * 3)
        process.stdin.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1
