"""Two channels in one city.yaml: chosen by the environment, apart in database, secrets and partners."""

import pytest

from govline import City
from govline.city import read_config
from govline.errors import ConfigError
from govline.store import Keyring, identity

TOWN = """
id: hinata
name: ひなた町
line:
  partners: [{name: tool, forward: {url: "https://tool.example/hook"}}]
  sandbox: {destination: U1}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("GOVLINE_KEYS", Keyring.generate().to_text())
    monkeypatch.delenv("GOVLINE_CHANNEL", raising=False)
    (tmp_path / "city.yaml").write_text(TOWN, encoding="utf-8")
    return tmp_path


def test_each_channel_has_its_own_people(folder, monkeypatch):
    with City.load(folder / "city.yaml").prepare() as city:
        assert city.channel.label == "production"
        assert [each.name for each in city.channel.partners] == ["tool"]
        city.run(lambda tx: identity.citizen_of(tx, "U" + "1" * 32))
    monkeypatch.setenv("GOVLINE_CHANNEL", "sandbox")
    with City.load(folder / "city.yaml").prepare() as city:
        assert (city.channel.label, city.channel.destination) == ("sandbox", "U1")
        assert city.channel.partners == ()
        assert city.read(lambda tx: identity.find_citizen(tx, "U" + "1" * 32)) is None
    assert (folder / "sandbox.db").exists()


def test_a_town_without_one_says_nothing_and_refuses_it(folder, monkeypatch):
    (folder / "city.yaml").write_text("id: hinata\nname: ひなた町\n", encoding="utf-8")
    with City.load(folder / "city.yaml") as city:
        assert city.channel.label == ""
    for word, code in (("sandbox", "GL-9015"), ("staging", "GL-9016")):
        monkeypatch.setenv("GOVLINE_CHANNEL", word)
        with pytest.raises(ConfigError) as caught:
            City.load(folder / "city.yaml")
        assert caught.value.code == code


@pytest.mark.parametrize(
    "box",
    [
        "{database: sqlite:///town.db}",
        "{database: sqlite:///./town.db}",
        "{secret_env: LINE_CHANNEL_SECRET}",
        "{token_env: LINE_CHANNEL_ACCESS_TOKEN}",
        "{secret_env: [A, LINE_CHANNEL_ACCESS_TOKEN]}",
    ],
)
def test_a_sandbox_shares_nothing_with_production(folder, box):
    path = folder / "city.yaml"
    path.write_text(f"id: hinata\nname: ひなた町\nline: {{sandbox: {box}}}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_config(path)
    assert caught.value.code == "GL-9002"


@pytest.mark.parametrize(
    "partner",
    [
        "{name: Tool}",
        "{name: tool, forward: {url: 'http://tool.example/'}}",
        "{name: tool, forward: {url: 'ftp://tool.example/'}}",
        "{name: tool, forward: {url: 'http://127.0.0.1.evil.example/'}}",
        "{name: tool, calls: {secret_env: shared-secret-itself, verbs: [push]}}",
        "{name: tool, calls: {secret_env: A, verbs: [erase]}}",
        "{name: tool, owns: {postbacks: ['']}}",
    ],
)
def test_a_partner_that_cannot_be(folder, partner):
    path = folder / "city.yaml"
    path.write_text(f"id: hinata\nname: ひなた町\nline: {{partners: [{partner}]}}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_config(path)
    assert caught.value.code == "GL-9002"
    assert "shared-secret" not in str(caught.value)
