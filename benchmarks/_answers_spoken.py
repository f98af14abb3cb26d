"""What people type, and questions as they are asked: the hand-made sets of the tests, read from `tests/unit/answers/words`."""

from pathlib import Path

from govline.answers import Item

__all__ = ["faq", "outside", "questions", "spoken", "things"]

_FOLDER = Path(__file__).resolve().parents[1] / "tests" / "unit" / "answers" / "words"


def things() -> list[Item]:
    """The sorting list of a small town."""
    classes = (line.partition(":") for line in _lines("items"))
    return [Item(name, label.strip()) for label, _, names in classes for name in names.split()]


def spoken() -> dict[str, str]:
    """What is typed, and the name of the thing that is meant."""
    pairs = (line.split(" = ") for line in _lines("spoken"))
    return {way: name for name, ways in pairs for way in ways.split("; ")}


def outside() -> list[str]:
    """Words that no sorting list holds."""
    return [word for line in _lines("outside") for word in line.split()]


def faq() -> list[Item]:
    """A town's questions with their answers."""
    return [Item(question, "市役所", note=answer, kind="faq") for question, answer, _ in _questions()]


def questions() -> dict[str, str]:
    """What is asked, and the question of the list that is meant."""
    return {way.strip(): question for question, _, ways in _questions() for way in ways.split(";")}


def _questions() -> list[list[str]]:
    return [[part.strip() for part in line.split("|")] for line in _lines("questions")]


def _lines(name: str) -> list[str]:
    text = (_FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]
