"""Reading definitions, what the linter says, and the picture."""

import re
import subprocess
import sys

import pytest
from pydantic import BaseModel

from govline.core import Action, DataClass, Finished
from govline.errors import DefinitionError
from govline.scenario import Definition, diagram, lint, load, loads
from govline.scenario.loading import load_folder

END = "e: {end: ok}"


def talk(steps, head=""):
    return f"scenario: a\nstart: s\n{head}\nsteps:\n  " + "\n  ".join(steps.split("\n"))


def findings(text, actions=None):
    from govline.scenario._source import read_yaml

    return lint(Definition.model_validate(read_yaml(text, "x")[0]), actions)


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("a: [", "GL-4001", 1),
        ("", "GL-4001", 1),
        ("a: 1\nb: 2\na: 3", "GL-4001", 3),
        ("a: &x [*x]", "GL-4001", 1),
        (
            "".join(f"k{n}: &k{n} [{','.join([f'*k{n - 1}' if n else 'x'] * 9)}]\n" for n in range(9)),
            "GL-4001",
            1,
        ),
        ("a: 1\n---\nb: 2", "GL-4001", 2),
        ("? [1, 2]\n: 3", "GL-4001", 1),
        ("[" * 5000, "GL-4001", 1),
        ("a: " + "[" * 60 + "]" * 60, "GL-4001", 1),
        ("a: .inf", "GL-4001", 1),
        ("- 1", "GL-4002", 1),
        ("scenario: a\nstart: s\nsteps:\n  s: {do: x, outcomes: 5, foo: s}", "GL-4002", 4),
        ("scenario: a\nversion: 2147483648\nstart: s\nsteps:\n  s: {end: ok}", "GL-4002", 2),
        ("scenario: a\nstart: s\nsteps:\n  s: {sya: x}", "GL-4002", 4),
        ("scenario: A!\nstart: s\nsteps:\n  s: {end: ok}", "GL-4002", 1),
        ("scenario: a\nstart: s\nsteps:\n  s:\n    ask: x\n    type: intger\n    next: s", "GL-4002", 6),
        (
            "scenario: a\nstart: s\nsteps:\n  s:\n    branch: [{if: {slot: x, eq: 1, ne: 2}, to: s}]",
            "GL-4002",
            5,
        ),
        ("scenario: a\nstart: nowhere\nsteps:\n  s: {end: ok}", "GL-4010", 2),
        ("scenario: a\nstart: s\nsteps:\n  s:\n    say: x\n    next: nowhere", "GL-4010", 6),
        ("scenario: a\nstart: s\ntexts:\n  next_page: ''\nsteps:\n  s: {end: ok}", "GL-4020", 4),
    ],
)
def test_an_error_names_file_line_and_key(text, code, line):
    with pytest.raises(DefinitionError) as caught:
        loads(text, file="talk.yaml")
    assert (caught.value.code, caught.value.place["file"]) == (code, "talk.yaml")
    assert caught.value.place["line"] == line


@pytest.mark.parametrize(
    ("code", "steps"),
    [
        ("GL-4010", f"s: {{ask: x, next: gone}}\n{END}"),
        ("GL-4011", f"s: {{ask: '{{who}}', next: e}}\n{END}"),
        ("GL-4011", f"s: {{do: a.b, with: {{x: ['{{who.id}}']}}, next: e}}\n{END}"),
        ("GL-4011", f"s: {{branch: [{{if: {{slot: who, eq: 1}}, to: e}}], else: e}}\n{END}"),
        ("GL-4003", f"s: {{ask: '{{a b}}', next: e}}\n{END}"),
        ("GL-4004", f"s: {{ask: x, match: '[', next: e}}\n{END}"),
        ("GL-4004", f"s: {{ask: x, type: integer, between: [5, 1], next: e}}\n{END}"),
        ("GL-4004", f"s: {{ask: x, type: date, between: [1, 2], next: e}}\n{END}"),
        ("GL-4004", f"s: {{ask: x, type: time, between: ['9', '10'], next: e}}\n{END}"),
        ("GL-4004", f"s: {{ask: x, type: choice, choices: {{a: e}}, between: [1, 2], next: e}}\n{END}"),
        ("GL-4013", "s: {do: a.b}"),
        ("GL-4014", "s: {say: x}"),
        ("GL-4014", f"s: {{say: x, choices: [a, b]}}\n{END}"),
        ("GL-4014", f"s: {{ask: x, choices: {{a: e}}}}\n{END}"),
        ("GL-4014", f"s: {{ask: x, type: choice, next: e}}\n{END}"),
        (
            "GL-4015",
            f"s: {{ask: x, save: v, next: b}}\nb: {{branch: [{{if: {{slot: v, eq: 1}}, to: e}}]}}\n{END}",
        ),
        ("GL-4017", f"s: {{say: x, choices: {{はい: e, ﾊｲ: e}}}}\n{END}"),
        ("GL-4017", f's: {{say: x, choices: {{"\u200b": e}}}}\n{END}'),
        ("GL-4018", f"s: {{say: x, choices: {{{', '.join(f'c{n}: e' for n in range(14))}}}}}\n{END}"),
        ("GL-4019", "s: {goto: t}\nt: {say: x, next: s}"),
        ("GL-4020", f"s: {{say: x, choices: {{{'長' * 21}: e}}}}\n{END}"),
        ("GL-4020", f"s: {{ask: {'長' * 5001}, next: e}}\n{END}"),
        ("GL-4021", f"s: {{ask: x, type: image, save: i, next: e}}\n{END}"),
    ],
)
def test_errors_of_the_linter(code, steps):
    text = talk(steps)
    assert code in [finding.code for finding in findings(text) if finding.severity == "error"]
    with pytest.raises(DefinitionError):
        loads(text)


@pytest.mark.parametrize(
    ("code", "steps"),
    [
        ("GL-4016", "s: {end: ok}\nlost: {end: ok}"),
        ("GL-4017", f"s: {{say: x, choices: {{やめる: e}}}}\n{END}"),
        ("GL-4019", "s: {do: a.b, next: s}"),
        ("GL-4020", f"s: {{ask: x, save: v, next: t}}\nt: {{ask: '{{v}}{'長' * 4500}', next: e}}\n{END}"),
        ("GL-4022", f"s: {{say: [a, b, c], next: t}}\nt: {{say: [a, b, c], next: e}}\n{END}"),
    ],
)
def test_warnings_do_not_keep_a_definition_from_loading(code, steps):
    assert [(finding.code, finding.severity) for finding in lint(loads(talk(steps)))] == [(code, "warning")]
    assert code in str(lint(loads(talk(steps)))[0])


class Args(BaseModel):
    slot: str
    party: int = 1


def action(outcomes=("ok", "refused"), data=DataClass.PREFERENCE):
    return {"c.book": Action("c.book", Args, frozenset(outcomes), lambda *_: Finished(), data)}


@pytest.mark.parametrize(
    ("code", "steps", "actions"),
    [
        ("GL-4012", f"s: {{do: c.bok, next: e}}\n{END}", action()),
        ("GL-4013", f"s: {{do: c.book, with: {{slot: x}}, next: e}}\n{END}", action()),
        ("GL-4013", f"s: {{do: c.book, with: {{slot: x}}, next: e, refused: e, refsed: e}}\n{END}", action()),
        (
            "GL-4013",
            f"s: {{do: c.book, with: {{slot: x}}, next: e, refused: e}}\n{END}",
            action(["booked", "refused"]),
        ),
        (
            "GL-4021",
            f"s: {{do: c.book, with: {{slot: x}}, save: v, next: e}}\n{END}",
            action(["ok"], DataClass.PERSONAL),
        ),
        (
            "GL-4023",
            f"s: {{do: c.book, with: {{slot: x, party: many}}, next: e, refused: e}}\n{END}",
            action(),
        ),
        ("GL-4023", f"s: {{do: c.book, next: e, refused: e}}\n{END}", action()),
        ("GL-4023", f"s: {{do: c.book, with: {{slot: x, prty: 1}}, next: e, refused: e}}\n{END}", action()),
    ],
)
def test_steps_are_checked_against_the_actions(code, steps, actions):
    definition = loads(talk(steps))
    assert code in [finding.code for finding in lint(definition, actions)]
    fitting = loads(talk(f"s: {{do: c.book, with: {{slot: x}}, next: e, refused: e, timeout: e}}\n{END}"))
    assert lint(fitting, action()) == []


def test_yaml_1_2_keeps_times_and_yes_as_text():
    definition = loads(talk(f"s: {{say: 12:30, choices: {{yes: e, はい: e}}}}\n{END}"))
    assert definition.steps["s"].say == ("12:30",)
    assert [choice.label for choice in definition.steps["s"].choices] == ["yes", "はい"]
    assert loads(talk(f"s: {{ask: 2026-12-01, next: e}}\n{END}")).steps["s"].ask == "2026-12-01"


def test_numbers_stand_for_themselves():
    definition = loads(talk("s: {say: 100, choices: {1: 2}}\n2: {end: 3}"))
    assert (definition.steps["s"].say, definition.steps["2"].end) == (("100",), "3")


def test_choices_may_carry_values():
    definition = loads(
        talk(f"s: {{say: x, choices: {{A地区: {{to: e, value: a}}, B地区: e}}, save: v}}\n{END}")
    )
    assert definition.compiled.nodes["s"].choices == (("e", "a"), ("e", "B地区"))


def test_an_outcome_cannot_be_named_like_another_kind_of_step():
    with pytest.raises(DefinitionError, match="GL-4002"):
        loads(talk(f"s: {{do: a.b, say: e, next: e}}\n{END}"))


def test_a_folder_of_scenarios(tmp_path):
    (tmp_path / "a.yaml").write_text("\ufeff" + talk("s: {end: ok}"), encoding="utf-8")
    assert [definition.scenario for definition in load_folder(tmp_path)] == ["a"]
    (tmp_path / "b.yaml").write_text(talk("s: {end: ok}"), encoding="utf-8")
    with pytest.raises(DefinitionError, match="GL-4005"):
        load_folder(tmp_path)
    with pytest.raises(DefinitionError, match="GL-4001"):
        load(tmp_path / "none.yaml")


def test_the_diagram_names_every_step_and_way():
    definition = loads(
        talk(
            's: {ask: "何名 \\"<b>\\" ですか", save: v, next: b}\n'
            "b: {branch: [{if: {slot: v, eq: '1'}, to: d}], else: g}\n"
            "d: {do: a.b, next: e, refused: s}\ng: {goto: m}\nm: {say: x, choices: {はい: e}}\n" + END
        )
    )
    picture = diagram(definition)
    assert picture.startswith("flowchart TD\n")
    assert len(re.findall(r"-->", picture)) == 1 + sum(
        len(list(definition.targets(name))) for name in definition.steps
    )
    assert "<b>" not in picture
    assert '-->|"refused"|' in picture


def test_importing_the_room_loads_neither_sqlalchemy_nor_yaml():
    code = "import sys, govline.scenario; print(sorted(set(sys.modules) & {'sqlalchemy', 'ruamel.yaml', 'pydantic', 'linebot'}))"
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


def test_every_public_name_is_there():
    import govline.scenario as room

    assert dir(room) == sorted(room.__all__)
    for name in room.__all__:
        assert getattr(room, name).__module__.startswith("govline.scenario.")
    assert callable(room.lint)
    assert callable(room.diagram)
    with pytest.raises(AttributeError):
        _ = room.nothing
