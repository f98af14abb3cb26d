"""`govline test`: a fresh town passes; a wrong line is named and fails the command."""

import pytest


@pytest.fixture
def only(town):
    """Leaves one talk of the given text."""

    def write(text, name="first"):
        for path in (town / "talks").glob("*.txt"):
            path.unlink()
        (town / "talks" / f"{name}.txt").write_text(text, encoding="utf-8")

    return write


@pytest.mark.long
def test_a_fresh_town_passes_and_its_own_data_is_untouched(town, govline):
    ran = govline("test")
    assert ran.code == 0
    assert "8 passed, 0 failed" in ran.out
    assert "✗" not in ran.out
    assert not (town / "town.db").exists()


def test_a_line_that_does_not_fit_is_named_by_file_and_line(only, govline):
    only("@ 2026-12-01 09:00\n> (follow)\n< ひなた町ではない町\n")
    ran = govline("test")
    assert ran.code == 1
    assert "first.txt:3" in ran.out
    assert "ひなた町ではない町" in ran.out
    assert "0 passed, 1 failed" in ran.out


def test_a_message_that_nobody_expects_fails(only, govline):
    only("> (follow)\n")
    ran = govline("test")
    assert ran.code == 1
    assert "nobody expected" in ran.out


def test_a_line_of_no_form_is_an_error_with_its_place(only, govline):
    only("> (follow)\nこれは行ではない\n", "odd")
    ran = govline("test")
    assert ran.code == 2
    assert "GL-4901" in ran.err
    assert "odd.txt" in ran.err
    assert "line=2" in ran.err


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("$ segments frob", "GL-4904"),
        ("$ segments count ward=nowhere", "GL-4905"),
        ("> (dance)", "GL-4903"),
        ("@ tomorrow", "GL-4902"),
        ("@ 2026-11-01 09:00", "GL-4906"),
    ],
)
def test_an_act_that_cannot_be_done_names_its_line(only, govline, line, code):
    only(f"@ 2026-12-01 09:00\n{line}\n")
    ran = govline("test")
    assert ran.code == 1
    assert "first.txt:2" in ran.out
    assert code in ran.out


def test_no_talks_is_an_error(only, town, govline):
    only("")
    (town / "talks" / "first.txt").unlink()
    ran = govline("test")
    assert ran.code == 2
    assert "GL-9106" in ran.err


def test_a_town_with_a_list_passes_though_a_talk_has_no_list(town, only, govline):
    """What is to be taken in is told by `doctor` and `calendar check`; a talk's own database never has it."""
    (town / "calendars" / "shots.yaml").write_text(
        "programme: shots\ncapacity: 1\nslots: [{rolling: 14, times: [9:00-9:30]}]\npolicy: {eligibility: true}\n",
        encoding="utf-8",
    )
    only("@ 2026-12-01 09:00\n> (follow)\n< 公式アカウント\n")
    ran = govline("test")
    assert (ran.code, "GL-2209" in ran.out) == (0, False)
    govline("db", "upgrade")
    assert "GL-2209 shots.yaml:4 policy.eligibility" in govline("doctor").out
