"""The command as processes: the demo without a browser, a worker that is told to end, a missing extra."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
import urllib3

from govline.cli.local import local_town
from govline.store import inbox, outbox

GOVLINE = [sys.executable, "-m", "govline.cli"]
WITHOUT = """
import sys
class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == {hidden!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Hidden())
from govline.cli import main
sys.exit(main({words!r}))
"""


def run(*words, **options):
    return subprocess.run(words, capture_output=True, text=True, timeout=400, check=False, **options)


@pytest.mark.long
def test_the_demo_without_a_browser_passes_with_real_workers(clean):
    ran = run(*GOVLINE, "demo", "--headless")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "8 passed, 0 failed" in ran.stdout
    assert list(Path(clean).iterdir()) == []


def test_a_worker_ends_on_sigterm_with_0_and_holds_nothing(town):
    with local_town(town, worker="process") as running:
        someone = running.client.citizen("花子")
        running.client.settle()
        running.wait_until_idle()
        someone.say("広場の予約")  # it may just be at work when it is told
        running.worker.send_signal(signal.SIGTERM)
        assert running.worker.wait(timeout=60) == 0
        states = running.city.read(outbox.counts)
        assert all("leased" not in counts for counts in states.values())
        running.client.settle()
        running.city.settle()
        assert set(running.city.read(inbox.counts)) == {"done"}
        said = [line["message"].get("text", "") for line in someone.messages()]
        assert sum("日時をお選びください" in text for text in said) == 1


@pytest.mark.parametrize(("words", "name"), [(["dev"], "長洲町"), (["demo", "--fresh"], "ひなた町")])
def test_dev_and_demo_show_their_address_and_end_on_ctrl_c(town, words, name):
    with subprocess.Popen([*GOVLINE, *words, "--port", "0"], stdout=subprocess.PIPE, text=True) as running:
        try:
            address = next(word for word in running.stdout.readline().split() if word.startswith("http:"))
            answer = urllib3.request("GET", address)
            running.send_signal(signal.SIGINT)
            assert running.wait(timeout=60) == 0
        finally:
            running.kill()
    assert answer.status == 200
    assert name in answer.data.decode()
    assert not list(town.rglob("running.json"))


@pytest.mark.parametrize(
    ("hidden", "words", "extra"),
    [
        ("typer", ["doctor"], "cli"),
        ("rich", ["demo", "--headless"], "cli"),
        ("starlette", ["demo", "--headless"], "simulator"),
        ("uvicorn", ["demo", "--headless"], "simulator"),
    ],
)
def test_a_missing_extra_is_named_with_the_command_that_brings_it(clean, hidden, words, extra):
    ran = run(sys.executable, "-c", WITHOUT.format(hidden=hidden, words=words))
    assert ran.returncode == 2, ran.stderr
    assert f"pip install 'govline[{extra}]'" in ran.stderr
    assert "Traceback" not in ran.stderr
