"""What came of a file: counts, faults by reason, and what was found out about it; as text for staff and as JSON."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time, timedelta
from typing import Any, Final

from attrs import evolve, field, frozen

from govline.core.values import frozen_map, frozen_tuple
from govline.tabular.model import Column, Issue, Source
from govline.tabular.wording import REASONS, Misfit

__all__ = ["Report", "Tally"]

SHOWN: Final = 100
"""Faults of one reason that a report names; the others are counted."""
_VALUE_SHOWN: Final = 60
_SHOWABLE: Final = (str, int, float, date, time, timedelta)


@frozen
class Report:
    """What a file holds and what an import of it does, or did.

    Args:
        rows: Data rows; blank rows and repeated headers are not counted.
        refused: Rows with a fault.
        added, changed, unchanged: Of the good rows, against what stands in the town (all None where none was asked).
        removed: Rows that are not in the file and go, where a file is the whole list (`Dataset.whole`).
        absent: Rows that stand in the town and are not in the file; they stay as they are.
        issues: Faults in order of rows, at most 100 of one reason; `counts` tells how many there are of each.
        more: Reason -> how many faults are not named.
        titles: Column name -> the header as the file has it.
        unknown: Headers that name no column; ignored.
        lacking: Titles of optional columns that the file lacks; their values stay as they are.
        repeated_headers, blank_rows, padded: Header rows in the middle; blank rows; codes whose zeros were put back.
        written: Whether the town was changed.
        import_id: Of the import, where one was made; `undo` takes it back.
    """

    name: str
    file: str
    source: Source
    rows: int = 0
    refused: int = 0
    added: int | None = None
    changed: int | None = None
    unchanged: int | None = None
    removed: int = 0
    absent: int | None = None
    issues: tuple[Issue, ...] = field(default=(), converter=frozen_tuple)
    counts: Mapping[str, int] = field(factory=dict, converter=frozen_map)
    titles: Mapping[str, str] = field(factory=dict, converter=frozen_map)
    unknown: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    repeated_headers: int = 0
    blank_rows: int = 0
    padded: int = 0
    written: bool = False
    import_id: str = ""

    @property
    def ok(self) -> bool:
        """Whether every row is good."""
        return not self.refused

    @property
    def more(self) -> dict[str, int]:
        """Reason -> how many faults the report does not name."""
        named = Counter(issue.code for issue in self.issues)
        return {code: count - named[code] for code, count in self.counts.items() if count > named[code]}

    def to_json(self) -> dict[str, Any]:
        """Plain JSON; values of delicate columns are not in it."""
        source = self.source
        return {
            "name": self.name,
            "file": self.file,
            "format": source.format,
            "encoding": source.encoding,
            "delimiter": source.delimiter,
            "sheet": source.sheet,
            "header_row": source.header_row,
            "digest": source.digest,
            "rows": self.rows,
            "refused": self.refused,
            "added": self.added,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "removed": self.removed,
            "absent": self.absent,
            "written": self.written,
            "import_id": self.import_id,
            "unknown_headers": list(self.unknown),
            "missing_headers": list(self.lacking),
            "hidden_rows": source.hidden_rows,
            "hidden_columns": list(source.hidden_columns),
            "repeated_headers": self.repeated_headers,
            "blank_rows": self.blank_rows,
            "zeros_put_back": self.padded,
            "counts": dict(self.counts),
            "more": self.more,
            "issues": [
                {
                    "row": issue.row,
                    "column": issue.column,
                    "code": issue.code,
                    "reason": issue.reason,
                    "remedy": issue.remedy,
                    "value": issue.value,
                }
                for issue in self.issues
            ],
        }

    def to_text(self) -> str:
        """In Japanese, for a terminal or a page: what was found, what is wrong, what would change."""
        return "\n".join([*self._found(), *self._faults(), *self._counts()])

    def _found(self) -> Iterable[str]:
        source = self.source
        how = _ENCODINGS.get(source.encoding, source.encoding)
        separated = _DELIMITERS.get(source.delimiter, "")
        place = f"シート「{source.sheet}」、" if source.sheet else ""
        yield f"{self.file}: {how}{separated}として読みました。{place}見出しは {source.header_row} 行目、データは {self.rows:,} 行です。"
        notes = (
            (self.unknown, f"知らない見出し(無視しました): {'、'.join(self.unknown)}"),
            (self.lacking, f"ない見出し(今の値のままにします): {'、'.join(self.lacking)}"),
            (source.hidden_rows, f"非表示の行が {source.hidden_rows} 行あります(それも読みました)"),
            (source.hidden_columns, f"非表示の列も読みました: {'、'.join(source.hidden_columns)}"),
            (self.repeated_headers, f"途中の見出し行 {self.repeated_headers} 行を飛ばしました"),
            (self.padded, f"先頭の 0 が消えていた番号 {self.padded:,} 件を元に戻しました"),
        )
        yield from (f"  {text}" for wanted, text in notes if wanted)

    def _faults(self) -> Iterable[str]:
        for issue in self.issues:
            place = f"{issue.row} 行目" + (f"「{issue.column}」" if issue.column else "")
            value = f"(値: {issue.value})" if issue.value else ""
            yield f"✗ {place}: {issue.reason}{value}。{issue.remedy}"
        for code, count in self.more.items():
            yield f"✗ ほかに {count:,} 件: {_general(code)}"

    def _counts(self) -> Iterable[str]:
        if self.added is None:
            yield f"正しい行 {self.rows - self.refused:,}、誤りのある行 {self.refused:,}"
            return
        absent = f"、なくなる行 {self.removed:,}" if self.removed else ""
        absent += f"、ファイルにない行 {self.absent:,}" if self.absent is not None else ""
        yield (
            f"新しい行 {self.added:,}、変わる行 {self.changed:,}、同じ行 {self.unchanged:,}、"
            f"誤りのある行 {self.refused:,}{absent}"
        )
        if self.written:
            yield f"取り込みました({self.import_id})。--undo で元に戻せます。"
        else:
            yield "何も書き込んでいません。"


_ENCODINGS: Final = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8(BOM 付き)",
    "cp932": "Shift_JIS(CP932)",
    "utf-16-le": "UTF-16 LE",
    "utf-16-be": "UTF-16 BE",
    "xlsx": "Excel",
}
_DELIMITERS: Final = {",": "・カンマ区切り", "\t": "・タブ区切り", ";": "・セミコロン区切り"}


def _general(code: str) -> str:
    reason = REASONS[code].reason
    return reason if "{" not in reason else f"同じ理由({code})"


class Tally:
    """Counts while a file is read; `report` says how it stands. The only thing here that changes."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._issues: list[Issue] = []
        self._counts: Counter[str] = Counter()
        self._shown: Counter[str] = Counter()
        self.rows = self.refused = self.repeated_headers = self.blank_rows = self.padded = 0

    def issue(self, number: int, title: str, column: Column | None, misfit: Misfit, cell: object) -> Issue:
        """Make an issue of a misfit. The value is shown of plain columns only, and never a 個人番号."""
        wording = REASONS[misfit.code]
        hidden = (
            column is None or column.delicate or misfit.code in ("individual_number", "undecodable", "nul")
        )
        return Issue(
            row=number,
            column=title,
            code=misfit.code,
            reason=wording.reason.format(**misfit.words),
            remedy=wording.remedy.format(**misfit.words),
            value="" if hidden or not isinstance(cell, _SHOWABLE) else str(cell)[:_VALUE_SHOWN],
        )

    def refuse(self, issues: Sequence[Issue]) -> None:
        """Count a row that is not taken, with all of its faults."""
        self.refused += 1
        for issue in issues:
            self._counts[issue.code] += 1
            if self._shown[issue.code] < SHOWN:
                self._shown[issue.code] += 1
                self._issues.append(issue)

    def report(self, **more: Any) -> Report:
        """The report as it stands now."""
        return evolve(
            self._report,
            rows=self.rows,
            refused=self.refused,
            issues=sorted(self._issues, key=lambda issue: issue.row),
            counts=dict(self._counts),
            repeated_headers=self.repeated_headers,
            blank_rows=self.blank_rows,
            padded=self.padded,
            **more,
        )
