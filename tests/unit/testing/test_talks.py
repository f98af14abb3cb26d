"""The talk player, on a stage of plain lists."""

from datetime import datetime

import pytest

from govline.core.jst import JST
from govline.errors import DefinitionError
from govline.testing.talks import choices_of, parse_talk, play, read_talks, text_of


class ListStage:
    """Answers each saying with an echo that offers two choices."""

    def __init__(self):
        self.said = {}
        self.moved = []
        self.acts = []

    def _hear(self, citizen, text):
        items = [
            {"type": "action", "action": {"type": "message", "label": label, "text": label}}
            for label in ("はい", "いいえ")
        ]
        self.said.setdefault(citizen, []).append(
            {"type": "text", "text": f"{text}\nですね", "quickReply": {"items": items}}
        )

    def say(self, citizen, text):
        self._hear(citizen, text)

    def tap(self, citizen, label):
        self._hear(citizen, f"tap {label}")

    def do(self, citizen, act, arguments):
        self._hear(citizen, f"{act} {arguments}")

    def messages(self, citizen):
        return self.said.get(citizen, [])

    def move_clock(self, to):
        self.moved.append(to.isoformat())

    def staff(self, act, arguments):
        self.acts.append((act, arguments))

    def settle(self):
        pass


def played(text):
    return play(parse_talk(text), ListStage())


def test_a_talk_that_fits_is_ok():
    result = played(
        "== s\n> 予約\n< 予約 ですね\n<? はい / いいえ\n> [はい]\n< tap はい\n<!\n花子> やあ\n花子< や…ね\n"
    )
    assert result.failures == []
    assert sum(line.startswith("✓") for line in result.transcript) == 5


@pytest.mark.parametrize(
    ("text", "failure"),
    [
        ("> a\n< b\n", "expected: b"),
        ("> a\n", "nobody expected"),
        ("< a\n", "nothing came"),
        ("> a\n< a\n<? たぶん\n", "not offered: たぶん"),
        ("> a\n> b\n< b\n", "nobody expected: a"),
    ],
)
def test_what_does_not_fit_is_named(text, failure):
    result = played(text)
    assert len(result.failures) == 1
    assert failure in result.failures[0]


def test_clock_and_staff_acts_reach_the_stage():
    stage = ListStage()
    play(parse_talk("@ 2026-11-24 19:00\n$ deliver 中央 火事\n"), stage)
    assert stage.moved == ["2026-11-24T19:00:00+09:00"]
    assert stage.acts == [("deliver", ["中央", "火事"])]


def test_a_line_of_no_form_names_file_and_line():
    with pytest.raises(DefinitionError) as caught:
        parse_talk("> a\nwhat is this\n", "booking")
    assert caught.value.place == {"file": "booking.txt", "line": 2}


def test_texts_and_choices_of_templates_and_flex():
    buttons = {
        "type": "template",
        "template": {
            "type": "buttons",
            "title": "t",
            "text": "x",
            "actions": [{"type": "uri", "label": "開く"}],
        },
    }
    flex = {
        "type": "flex",
        "contents": {"type": "bubble", "body": {"contents": [{"type": "text", "text": "本文"}]}},
    }
    assert text_of(buttons) == "t\nx"
    assert choices_of(buttons) == ["開く"]
    assert text_of(flex) == "本文"


def test_files_from_windows_are_read_and_other_encodings_named(tmp_path):
    (tmp_path / "a.txt").write_bytes("\ufeff== 予約\r\n> 予約\r\n".encode())
    (talk,) = read_talks(tmp_path)
    assert [line.kind for line in talk.lines] == ["scene", "say"]
    (tmp_path / "b.txt").write_bytes("> 予約\n".encode("cp932"))
    with pytest.raises(DefinitionError) as caught:
        read_talks(tmp_path)
    assert (caught.value.code, caught.value.place) == ("GL-4907", {"file": "b.txt"})


@pytest.mark.parametrize("line", ['$ segments send "open', "$", "@", "@ 2026-13-45 25:00"])
def test_a_slip_in_one_line_is_a_failure_of_that_line(line):
    result = played(f"{line}\n> 予約\n< 予約")
    assert all(failure.startswith("talk.txt:1 ") for failure in result.failures)
    assert result.transcript[-1].startswith("✓")


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("== はじめ\n@ 2026-12-01 09:00\n> やあ", datetime(2026, 12, 1, 8, 59, tzinfo=JST)),
        ("> やあ\n@ 2026-12-01 09:00", None),
        ("@ あした\n> やあ", None),
    ],
)
def test_a_talk_begins_at_its_own_time_whatever_the_machine_says(text, begins):
    assert parse_talk(text, "x").begins == begins
