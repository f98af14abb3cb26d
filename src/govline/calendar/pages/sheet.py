"""A clerk publishes a programme by its Excel sheet without a shell: sent, examined by row and column, published, taken back, taken out again."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from govline.calendar.commands.files import read_over
from govline.calendar.definition import parse, read_yaml
from govline.calendar.labels import when_in
from govline.calendar.layout import Layout
from govline.calendar.pages.browsing import Words
from govline.calendar.preflight import Finding, preflight
from govline.calendar.publishing import file_of, in_files, publish, take_back, try_out, undoable
from govline.calendar.service import Calendar
from govline.calendar.sheet import Sheet, write_sheet
from govline.core import Reason, Transaction
from govline.core.pages import (
    Attachment,
    Block,
    DataTable,
    Download,
    Facts,
    Link,
    LinkList,
    Page,
    PageField,
    PageRequest,
    Paragraph,
    Submitted,
    View,
)
from govline.core.texts import Texts
from govline.errors import FileError, InputError, MissingExtra

__all__ = ["SheetPages"]

_VERB: Final = "calendar.publish"
_EXCEL: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MOST_BYTES: Final = 2_000_000
_SHOWN: Final = 200
Answer = Submitted | Sequence[Reason]


@frozen
class SheetPages:
    """`calendar/publish`, `calendar/published`, `calendar/as-sheet`.

    Args:
        database: Of the town; files and slots are written outside the unit of the form.
        folder: Where its programmes' files lie.
    """

    calendar: Calendar
    texts: Texts
    database: Callable[[], Any]
    folder: Callable[[], Path]

    def all(self) -> list[Page]:
        """The pages, for `Offers.pages`."""
        words = Words(self.texts, "ja")
        staff: Any = {"audience": "staff", "verb": _VERB}
        return [
            Page("publish", words("publish"), self.ask, self.told, work=self.examine, **staff),
            Page("published", words("published"), self.overview, self.told, work=self.take_back, **staff),
            Page("as-sheet", words("published"), self.hand_over, listed=False, **staff),
        ]

    # --- in ---

    def ask(self, _tx: Transaction, request: PageRequest) -> View:
        """The file, and whether it is to be published."""
        words = Words(self.texts, request.locale)
        deeds = {"check": words("sheet_check"), "publish": words("sheet_publish")}
        fields = [
            PageField("file", words("sheet"), "file", True, accept=[_EXCEL], most=_MOST_BYTES),
            PageField("programme", words("sheet_id"), most=60, help=words("sheet_id_help")),
            PageField("deed", words("sheet_deed"), "choice", True, value="check", choices=deeds),
        ]
        return View(
            words("publish"), [Paragraph(words("publish_why"))], fields, words("do_sheet"), drafts=False
        )

    def examine(self, request: PageRequest, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Read it, say what is wrong, and publish it where nothing is and it was asked for."""
        words = Words(self.texts, request.locale)
        try:
            sheet = self._read(values["file"], values.get("programme") or "")
        except (FileError, MissingExtra) as error:
            text = words("sheet_unreadable", code=error.code)
            return {"answer": Submitted(words("sheet_refused"), [Paragraph(text), self._again(words)])}
        if sheet.issues:
            return {"answer": self._refused(words, sheet, ())}
        programme, database = parse(sheet.data), self.database()
        found: list[Finding] = database.read(
            lambda tx: preflight(programme, tx.now, self.calendar.town_facts(tx, programme))
        )
        if any(each.level == "error" for each in found):
            return {"answer": self._refused(words, sheet, found)}
        if values["deed"] == "publish":
            try:
                _, layout = publish(database, self.calendar, self.folder(), sheet.data, actor=request.actor)
            except FileError as error:
                return {"answer": _unwritable(words, error)}
            title, after = words("sheet_done"), [Link(words("published"), "calendar/published")]
        else:
            layout = try_out(database, self.calendar, programme)
            title, after = words("sheet_examined"), [Link(words("publish"), "calendar/publish")]
        blocks = [*_findings(words, sheet, found), *_layout(words, programme.title, layout)]
        if values["deed"] != "publish":
            blocks.append(Paragraph(words("sheet_next")))
        return {"answer": Submitted(title, [*blocks, LinkList(after)])}

    def told(self, _tx: Transaction, _request: PageRequest, values: Mapping[str, Any]) -> Answer:
        """What came of it."""
        answer: Answer = values["answer"]
        return answer

    # --- out, and back ---

    def overview(self, _tx: Transaction, request: PageRequest) -> View:
        """What was published, each to be taken out as a sheet, and a way to take a publication back."""
        words = Words(self.texts, request.locale)
        folder = self.folder()
        known = {name: each.title for name, each in self.calendar.programmes.items()}
        written = in_files(folder)
        ways = [
            Link(words("published_get", programme=title), "calendar/as-sheet", {"programme": name})
            for name, title in known.items()
            if name in written
        ]
        blocks: list[Block] = [LinkList(ways) if ways else Paragraph(words("published_none"))]
        back = {name: known.get(name, name) for name in undoable(folder)}
        if not back:
            return View(words("published"), blocks)
        fields = [
            PageField("programme", words("take_back_of"), "choice", True, choices=back),
        ]
        blocks.append(Paragraph(words("take_back_why")))
        return View(words("published"), blocks, fields, words("do_take_back"), drafts=False)

    def take_back(self, request: PageRequest, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Put back what stood before the last publication."""
        words = Words(self.texts, request.locale)
        name = values["programme"]
        known = self.calendar.programmes.get(name)
        try:
            _, layout = take_back(
                self.database(),
                self.calendar,
                self.folder(),
                name,
                actor=request.actor,
                key=f"page:{request.key}",
            )
        except InputError as error:
            return {"answer": [Reason(error.code, words("not_taken_back"), {"field": "programme"})]}
        except FileError as error:
            return {"answer": _unwritable(words, error)}
        back = LinkList([Link(words("published"), "calendar/published")])
        blocks = _layout(words, known.title if known else name, layout)
        return {"answer": Submitted(words("taken_back"), [*blocks, back])}

    def hand_over(self, _tx: Transaction, request: PageRequest) -> View:
        """The programme's file as the sheet that says the same."""
        words = Words(self.texts, request.locale)
        name = request.query.get("programme", "")
        path = file_of(self.folder(), name) if name in self.calendar.programmes else None
        if path is None or not path.exists():
            return View(words("published"), [Paragraph(words("published_none"))])
        with tempfile.TemporaryDirectory() as place:
            sheet = Path(place) / f"{name}.xlsx"
            write_sheet(sheet, read_yaml(path))
            return View(words("published"), download=Download(sheet.name, _EXCEL, sheet.read_bytes()))

    # --- small things ---

    def _read(self, file: Attachment, programme: str) -> Sheet:
        with tempfile.TemporaryDirectory() as place:
            path = Path(place) / f"{Path(file.name).stem or 'sheet'}.xlsx"
            path.write_bytes(file.data)
            return read_over(path, programme, self.folder())

    def _refused(self, words: Words, sheet: Sheet, found: Sequence[Finding]) -> Submitted:
        return Submitted(words("sheet_refused"), [*_findings(words, sheet, found), self._again(words)])

    @staticmethod
    def _again(words: Words) -> LinkList:
        return LinkList([Link(words("sheet_again"), "calendar/publish")])


def _unwritable(words: Words, error: FileError) -> Submitted:
    """The folder of the programmes cannot be written: nothing has changed, and a clerk cannot mend it."""
    return Submitted(words("sheet_refused"), [Paragraph(words("sheet_unwritable", code=error.code))])


def _findings(words: Words, sheet: Sheet, found: Sequence[Finding]) -> Iterator[Block]:
    """Everything that was found, by row and column of the sheet."""
    rows = [
        (str(each.row), each.column, words("sheet_error"), each.reason, each.remedy) for each in sheet.issues
    ]
    for each in found:
        row, column = sheet.place_of(each.key) or ("-", "-")
        rows.append(
            (str(row), column, words(f"sheet_{each.level}"), f"{each.text} ({each.code})", each.remedy)
        )
    rows += [("-", "-", words("sheet_note"), note, "") for note in sheet.notes]
    if rows:
        titles = ("row", "column", "level", "finding", "remedy")
        columns = [words(f"sheet_{title}") for title in titles]
        yield DataTable(words("sheet_findings"), columns, rows[:_SHOWN])


def _layout(words: Words, title: str, layout: Layout) -> Iterator[Block]:
    """What becomes of the slots."""
    facts = {
        words("programme"): title,
        words("sheet_added"): str(layout.added),
        words("sheet_removed"): str(layout.removed),
    }
    if layout.conflicts:
        named = [
            f"{when_in(slot.starts, words.locale)} {slot.name}".strip() for slot in layout.conflicts[:_SHOWN]
        ]
        facts[words("sheet_conflicts")] = f"{len(layout.conflicts)}: {', '.join(named)}"
    yield Facts(facts)
