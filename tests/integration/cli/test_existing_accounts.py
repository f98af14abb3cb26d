"""`govline followers import` and `govline doctor --line` on a town folder, against a simulated LINE."""

import pytest

from govline.cli import main
from govline.simulator import ChannelSettings, LineWorld, Simulator
from govline.store import Keyring

TOWN = "id: hinata\nname: ひなた町\nline: {destination: U00000000000000000000000000000001, sandbox: {}}\n"


@pytest.fixture
def world():
    return LineWorld(channels=[ChannelSettings()])


@pytest.fixture
def town(tmp_path, monkeypatch, world):
    (tmp_path / "city.yaml").write_text(TOWN, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GOVLINE_CHANNEL", raising=False)
    for kind, settings in (("CHANNEL", ChannelSettings()), ("SANDBOX", ChannelSettings())):
        monkeypatch.setenv(f"LINE_{kind}_SECRET", settings.secret)
        monkeypatch.setenv(f"LINE_{kind}_ACCESS_TOKEN", settings.token)
    monkeypatch.setenv("GOVLINE_KEYS", Keyring.generate().to_text())
    with Simulator(world).serve() as url:
        monkeypatch.setenv("GOVLINE_LINE_API", url)
        assert main(["db", "upgrade"]) == 0
        yield tmp_path


def test_friends_are_imported_and_which_channel_is_said(town, world, capsys, monkeypatch):
    users = world.befriend_many(1200)
    capsys.readouterr()
    assert main(["followers", "import", "--pages", "1"]) == 1
    assert "新規 1000 人" in capsys.readouterr().out
    assert main(["followers", "import"]) == 0
    said = capsys.readouterr()
    assert "新規 1200 人" in said.out
    assert "[production] ひなた町" in said.err
    (town / "friends.txt").write_text("\n".join(users[:5]), encoding="utf-8")
    assert main(["followers", "import", "friends.txt", "--dry-run"]) == 0
    assert "登録済み 5 人" in capsys.readouterr().out
    monkeypatch.setenv("GOVLINE_CHANNEL", "sandbox")
    assert main(["db", "upgrade"]) == 0
    assert main(["followers", "import", "friends.txt", "--dry-run"]) == 0
    said = capsys.readouterr()
    assert "新規 5 人" in said.out  # nobody of production is known in the sandbox
    assert "[sandbox] ひなた町" in said.err


def test_the_doctor_asks_line(town, capsys, monkeypatch):
    capsys.readouterr()
    assert main(["doctor", "--line"]) == 1
    said = capsys.readouterr().out
    assert "GL-8045 no webhook URL is set" in said
    monkeypatch.setenv("GOVLINE_LINE_API", "http://127.0.0.1:9")
    assert main(["doctor", "--line"]) == 1
    said = capsys.readouterr().out
    assert "GL-8040 LINE cannot be reached" in said
    assert "GL-8045" not in said


def test_a_file_with_a_bad_line_is_refused_without_its_value(town, capsys):
    (town / "friends.csv").write_text("userId\n山田太郎\n", encoding="utf-8")
    assert main(["followers", "import", "friends.csv"]) == 2
    said = capsys.readouterr()
    assert "GL-8053" in said.err
    assert "山田" not in said.err + said.out


def test_the_doctor_asks_whether_the_pages_know_their_address(town, capsys, monkeypatch):
    """Behind a proxy that ends TLS they would take themselves for http and refuse every form."""
    with (town / "city.yaml").open("a", encoding="utf-8") as definition:
        definition.write("features: {web: {}}\n")
    monkeypatch.delenv("GOVLINE_WEB_URL", raising=False)
    assert main(["db", "upgrade"]) == 0
    capsys.readouterr()
    main(["doctor", "--line"])
    said = capsys.readouterr().out
    assert "GL-8140" in said
    assert "base_url" in said
    monkeypatch.setenv("GOVLINE_WEB_URL", "https://town.example/pages")
    main(["doctor", "--line"])
    assert "GL-8140" not in capsys.readouterr().out
