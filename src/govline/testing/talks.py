"""Talks: text files that are played as a citizen would, and checked line by line.

    # a comment
    == 予約する                      a scene's title
    @ 2026-11-24 19:00              move the town's clock (JST) and let due work run
    > 予約する                       the citizen says this
    > [はい]                         … taps the choice with this label
    > (follow) (block) (location 35.01 135.76) (image)
    花子> こんにちは                   another citizen, by name
    < ご予約を承りました … 10:00        the next message holds this; … stands for anything
    <? はい / いいえ                   the newest message offers these choices
    <!                              nothing more has come
    $ segments send --where ward=minato "断水のお知らせ"    a staff act: `govline <feature> <command> …`

Every message must be expected: one that no `<` line takes is a failure, so that a talk proves "exactly one".
"""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal, Protocol

from attrs import field, frozen, mutable

from govline.core.jst import JST
from govline.errors import DefinitionError, GovlineError

__all__ = ["Line", "Result", "Stage", "Talk", "choices_of", "parse_talk", "play", "read_talks", "text_of"]

Kind = Literal["scene", "clock", "say", "tap", "do", "expect", "offers", "silence", "staff"]
DEFAULT_CITIZEN: Final = "住民"
_SPEAKER: Final = re.compile(r"^(?P<who>[^\s<>@$#=(\[]*)(?P<mark><\?|<!|<|>)\s?(?P<rest>.*)$")


@frozen
class Line:
    """One line of a talk."""

    number: int
    kind: Kind
    text: str
    citizen: str = DEFAULT_CITIZEN


@frozen
class Talk:
    """A parsed talk file."""

    name: str
    lines: tuple[Line, ...]

    @property
    def begins(self) -> datetime | None:
        """A minute before the clock line that the talk begins with; None where it begins otherwise."""
        first = next((line for line in self.lines if line.kind != "scene"), None)
        if first is not None and first.kind == "clock":
            with suppress(DefinitionError):  # told when it is played
                return _instant(first) - timedelta(minutes=1)
        return None


class Stage(Protocol):
    """Where a talk is played: the simulator with an in-process pump, or with a real worker process."""

    def say(self, citizen: str, text: str) -> None:
        """The citizen sends this text."""
        ...

    def tap(self, citizen: str, label: str) -> None:
        """The citizen taps what carries this label."""
        ...

    def do(self, citizen: str, act: str, arguments: Sequence[str]) -> None:
        """The citizen does something else: follow, block, location, image."""
        ...

    def messages(self, citizen: str) -> Sequence[Mapping[str, Any]]:
        """Every message that the citizen has got so far, as LINE JSON."""
        ...

    def move_clock(self, to: datetime) -> None:
        """Put the town's clock forward."""
        ...

    def staff(self, act: str, arguments: Sequence[str]) -> None:
        """Run a staff act: a feature's command."""
        ...

    def settle(self) -> None:
        """Return when the town has nothing left to do at the present instant."""
        ...


@mutable
class Result:
    """What came of a talk: each line with what was said, and the failures."""

    talk: str
    transcript: list[str] = field(factory=list)
    failures: list[str] = field(factory=list)

    @property
    def ok(self) -> bool:
        """Whether every line fitted."""
        return not self.failures


def read_talks(folder: Path) -> list[Talk]:
    """All `*.txt` of a folder, by name; UTF-8, with or without the mark that Windows puts before it.

    Raises:
        DefinitionError: GL-4901 a line of no known form, GL-4907 a file of another encoding.
    """
    return [parse_talk(_read(path), path.stem) for path in sorted(folder.glob("*.txt"))]


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise DefinitionError(
            "the talk is not UTF-8", code="GL-4907", hint="save it as UTF-8", place={"file": path.name}
        ) from None


def parse_talk(text: str, name: str = "talk") -> Talk:
    """Read a talk.

    Raises:
        DefinitionError: GL-4901 with file and line, for a line that is none of the forms above.
    """
    return Talk(name, tuple(_parse_lines(text, name)))


def _parse_lines(text: str, name: str) -> Iterator[Line]:
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if line and not line.startswith("#"):
            yield _parse_line(line, number, name)


def _parse_line(line: str, number: int, name: str) -> Line:
    if line.startswith("=="):
        return Line(number, "scene", line.lstrip("= "))
    if line.startswith("@"):
        return Line(number, "clock", line[1:].strip())
    if line.startswith("$"):
        return Line(number, "staff", line[1:].strip())
    match = _SPEAKER.match(line)
    if match is None:
        raise DefinitionError(
            "this line is no part of a talk",
            code="GL-4901",
            hint="a line begins with > < <? <! @ $ == or #",
            place={"file": f"{name}.txt", "line": number},
        )
    who, mark, rest = match["who"] or DEFAULT_CITIZEN, match["mark"], match["rest"].strip()
    if mark == ">":
        return _spoken(number, rest, who)
    kinds: dict[str, Kind] = {"<": "expect", "<?": "offers", "<!": "silence"}
    return Line(number, kinds[mark], rest, who)


def _spoken(number: int, rest: str, who: str) -> Line:
    if rest.startswith("[") and rest.endswith("]"):
        return Line(number, "tap", rest[1:-1], who)
    if rest.startswith("(") and rest.endswith(")"):
        return Line(number, "do", rest[1:-1], who)
    return Line(number, "say", rest, who)


def play(talk: Talk, stage: Stage) -> Result:
    """Play a talk; goes on after a failure, so that one run shows them all."""
    return _Player(stage, Result(talk.name)).play(talk)


class _Player:
    def __init__(self, stage: Stage, result: Result) -> None:
        self.stage = stage
        self.result = result
        self.taken: dict[str, int] = {}

    def play(self, talk: Talk) -> Result:
        for line in talk.lines:
            try:
                self._one(line)
            except GovlineError as error:
                self._fail(line, str(error))
        for citizen in sorted({line.citizen for line in talk.lines if line.kind != "scene"}):
            self._nothing_left(Line(talk.lines[-1].number, "silence", "", citizen))
        return self.result

    def _one(self, line: Line) -> None:
        if line.kind in ("say", "tap", "do"):
            self._nothing_left(line)
        getattr(self, f"_{line.kind}")(line)

    def _scene(self, line: Line) -> None:
        self._show(f"\n  == {line.text}")

    def _clock(self, line: Line) -> None:
        self._show(f"  @ {line.text}")
        self.stage.move_clock(_instant(line))
        self.stage.settle()

    def _staff(self, line: Line) -> None:
        self._show(f"  $ {line.text}")
        act, *arguments = _words(line)
        self.stage.staff(act, arguments)
        self.stage.settle()

    def _say(self, line: Line) -> None:
        self._show(f"  {_who(line)}> {line.text}")
        self.stage.say(line.citizen, line.text)
        self.stage.settle()

    def _tap(self, line: Line) -> None:
        self._show(f"  {_who(line)}> [{line.text}]")
        self.stage.tap(line.citizen, line.text)
        self.stage.settle()

    def _do(self, line: Line) -> None:
        self._show(f"  {_who(line)}> ({line.text})")
        act, *arguments = line.text.split() or [""]
        self.stage.do(line.citizen, act, arguments)
        self.stage.settle()

    def _expect(self, line: Line) -> None:
        messages, taken = self.stage.messages(line.citizen), self.taken.get(line.citizen, 0)
        if taken >= len(messages):
            self._fail(line, f"nothing came, expected: {line.text}")
            return
        self.taken[line.citizen] = taken + 1
        said = text_of(messages[taken])
        if _matches(line.text, said):
            self._show(f"✓ {_who(line)}< {_squeeze(said)}")
        else:
            self._fail(line, f"expected: {line.text} · got: {_squeeze(said)}")

    def _offers(self, line: Line) -> None:
        messages, taken = self.stage.messages(line.citizen), self.taken.get(line.citizen, 0)
        offered = choices_of(messages[taken - 1]) if taken else []
        missing = [
            label
            for label in (part.strip() for part in line.text.split("/"))
            if label and label not in offered
        ]
        if missing:
            self._fail(line, f"not offered: {' / '.join(missing)} · offered: {' / '.join(offered)}")
        else:
            self._show(f"✓ {_who(line)}<? {line.text}")

    def _silence(self, line: Line) -> None:
        if self._nothing_left(line):
            self._show(f"✓ {_who(line)}<!")

    def _nothing_left(self, line: Line) -> bool:
        messages, taken = self.stage.messages(line.citizen), self.taken.get(line.citizen, 0)
        self.taken[line.citizen] = len(messages)
        for message in messages[taken:]:
            self._fail(line, f"a message nobody expected: {_squeeze(text_of(message))}")
        return taken == len(messages)

    def _show(self, text: str) -> None:
        self.result.transcript.append(text)

    def _fail(self, line: Line, text: str) -> None:
        self.result.failures.append(f"{self.result.talk}.txt:{line.number} {text}")
        self._show(f"✗ line {line.number}: {text}")


def _who(line: Line) -> str:
    return "" if line.citizen == DEFAULT_CITIZEN else line.citizen


def _words(line: Line) -> list[str]:
    """A staff act's words as a shell would part them."""
    try:
        return shlex.split(line.text) or [""]
    except ValueError:
        raise DefinitionError(
            "a quotation mark is never closed",
            code="GL-4904",
            place={"line": line.number},
            hint='$ segments send KEY ward=minato "the text"',
        ) from None


def _instant(line: Line) -> datetime:
    try:
        return datetime.strptime(line.text, "%Y-%m-%d %H:%M").replace(tzinfo=JST)
    except ValueError:
        raise DefinitionError(
            "not an instant", code="GL-4902", place={"line": line.number}, hint="write @ 2026-11-24 19:00"
        ) from None


def _squeeze(text: str) -> str:
    return " ".join(text.split())


def _matches(expected: str, said: str) -> bool:
    pattern = ".*".join(re.escape(_squeeze(part)) for part in expected.split("…"))
    return re.search(pattern, _squeeze(said)) is not None


def text_of(message: Mapping[str, Any]) -> str:
    """What a citizen reads in a message object (plain LINE JSON)."""
    match message.get("type"):
        case "text":
            return str(message["text"])
        case "template":
            template = message["template"]
            heads = [template, *template.get("columns", [])]
            return "\n".join(str(head[key]) for head in heads for key in ("title", "text") if head.get(key))
        case "location":
            return f"{message['title']}\n{message['address']}"
        case "flex":
            return "\n".join(_flex_texts(message["contents"])) or str(message.get("altText", ""))
        case other:
            return str(message.get("altText", f"({other})"))


def _flex_texts(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        if node.get("type") in ("text", "span") and node.get("text"):
            yield str(node["text"])
        for value in node.values():
            yield from _flex_texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _flex_texts(value)


def choices_of(message: Mapping[str, Any]) -> list[str]:
    """The labels of everything that can be tapped in a message."""
    return [str(action["label"]) for action in _actions(message) if action.get("label")]


def _actions(node: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            if key in ("action", "defaultAction") and isinstance(value, Mapping):
                yield value
            elif key == "actions" and isinstance(value, list):
                yield from value
            else:
                yield from _actions(value)
    elif isinstance(node, list):
        for value in node:
            yield from _actions(value)
