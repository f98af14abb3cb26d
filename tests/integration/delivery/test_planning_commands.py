"""A segmented delivery from a terminal: planned, looked at, tried, approved by a second person, sent, reported."""

import io
import json
import sys

import pytest

from govline.cli.local import local_town
from govline.store import identity

YAML = """
id: hinata
name: ひなた町
quiet_hours: {start: "00:00", end: "00:00"}
features:
  segments:
    attributes:
      - {name: ward, type: choice, label: 地区, choices: {minato: みなと, kawabe: かわべ}}
  delivery:
    topics: {kosodate: 子育て}
    validate_first: true
"""


@pytest.fixture
def town(tmp_path):
    (tmp_path / "city.yaml").write_text(YAML, encoding="utf-8")
    with local_town(tmp_path, worker="none") as running:
        yield running


@pytest.fixture
def people(town):
    """Three in みなと, two in かわべ."""
    users = town.client.citizens_in_bulk(5)
    found = town.city.run(lambda tx: [identity.citizen_of(tx, user) for user in users])
    for place, citizen in enumerate(found):
        ward = "minato" if place < 3 else "kawabe"
        town.city.run(
            lambda tx, who=citizen, ward=ward: town.city.segments.set(tx, who, "ward", ward, source="form")
        )
    return found


@pytest.fixture
def call(town, capsys):
    def command(*words):
        done = town.city.commands["delivery"][words[0]].run(town.city, list(words[1:]))
        said = capsys.readouterr()
        return done, said.out, said.err

    return command


@pytest.fixture
def ask(call):
    def asked(*words):
        done, out, err = call(*words, "--json")
        assert done == 0, err
        return json.loads(out)

    return asked


def test_from_the_first_words_to_the_figures(town, people, call, ask):
    plan = ask("plan", "flu", "--filter", "ward=minato", "--text", "予防接種のお知らせ", "--as", "tanaka")[
        "id"
    ]
    assert (
        ask("plan", "flu", "--filter", "ward=minato", "--text", "予防接種のお知らせ", "--as", "tanaka")["id"]
        == plan
    )
    seen = ask("preview", plan)
    assert (seen["count"], seen["samples"][0][0]["text"]) == (3, "予防接種のお知らせ")
    assert call("request", plan, "--as", "tanaka")[2].startswith("LINEによる検証")  # LINE has not seen it yet
    assert ask("validate", plan)["state"] == "draft"
    assert ask("testers", "office", people[4], "--as", "tanaka") == {"name": "office", "new": 1}
    ask("test", plan, "office", "--as", "tanaka")
    assert ask("request", plan, "--as", "tanaka")["state"] == "requested"
    assert call("approve", plan, seen["digest"][:8], "--as", "Tanaka ")[2].startswith(
        "作成・編集した人とは別の職員"
    )
    assert ask("approve", plan, seen["digest"][:8], "--as", "sato")["state"] == "approved"
    ask("send", plan, "--as", "tanaka")
    town.city.settle()
    town.city.run(lambda tx: identity.set_blocked(tx, people[0], True))
    (report,) = ask("report", plan)
    assert (report["people"], report["counted"], report["batches"]) == (3, True, {"sent": 1})
    assert call("report", "flu", "--campaign", "--days", "5")[1].count("3人") == 1


def test_messages_selections_and_lists_come_from_files_and_standard_input(
    people, ask, call, tmp_path, monkeypatch
):
    messages = tmp_path / "messages.json"
    messages.write_text('[{"type": "text", "text": "一"}, {"type": "text", "text": "二"}]', encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(people[:2]) + "\n"))
    plan = ask("plan", "a", "--messages", str(messages), "--citizens", "-", "--due", "2030-01-01T09:00")["id"]
    assert ask("preview", plan)["count"] == 2
    shown = ask("show", plan)["plan"]
    assert (shown["due"], len(shown["messages"])) == ("2030-01-01T00:00:00+00:00", 2)
    everybody = ask("plan", "b", "--text", "x", "--selection", '{"by": "everybody"}', "--topic", "kosodate")[
        "id"
    ]
    assert ask("preview", everybody)["count"] == 5
    assert ask("show", ask("plan", "c", "--text", "x", "--broadcast")["id"])["plan"]["kind"] == "broadcast"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--text", "x", "--filter", "ward=nowhere"], "GL-30"),
        (["--text", "x", "--filter", "planet=mars"], "GL-30"),
        (["--text", "x", "--selection", "{"], "GL-1091"),
        (["--text", "x", "--selection", '{"by": "nobody"}'], "GL-1058"),
        (["--text", "x", "--citizens", "no-such-file"], "GL-1091"),
        (["--messages", "no-such-file", "--broadcast"], "GL-1091"),
        (["--text", "x", "--broadcast", "--due", "tomorrow"], "GL-1091"),
        (["--text", "x", "--broadcast", "--topic", "nothing"], "友だち全員"),
        (["--text", "あ" * 5001, "--broadcast"], "GL-0010"),
    ],
)
def test_what_is_wrong_is_told_with_a_code(call, words, code):
    done, out, err = call("plan", "k", *words)
    assert (done, out) == (1, "")
    assert err.startswith(code)


def test_reports_of_what_is_not_there(call):
    assert call("report", "no-such-run")[2].startswith("GL-1057")
    assert call("preview", "no-such-plan")[2].startswith("GL-1054")
    assert call("report", "x", "--days", "0")[2].startswith("GL-1090")
