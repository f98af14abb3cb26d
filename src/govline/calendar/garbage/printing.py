"""A year of collection days on one A4 page, holidays marked: plain HTML, for printing and for the town's site. Pure."""

import calendar
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from html import escape
from typing import Final

from govline.core.holidays import HolidayCalendar

__all__ = ["calendar_html", "marks"]

_WEEK: Final = "日月火水木金土"
_COLORS: Final = (
    *("#c2410c", "#1d4ed8", "#15803d", "#7e22ce", "#a16207", "#be185d", "#0e7490", "#475569"),
    *("#7f1d1d", "#1e3a8a", "#3f6212", "#111827"),
)
_MONTHS: Final = 12
_ROOM: Final = 2  # marks of full size that stand side by side in a day
_STYLE: Final = """@page{size:A4;margin:7mm}*{box-sizing:border-box}
body{font-family:"Noto Sans CJK JP","Hiragino Sans","Yu Gothic",sans-serif;color:#111;margin:0 auto;max-width:192mm}
h1{font-size:14pt;margin:0 0 1mm}ul{display:flex;flex-wrap:wrap;gap:1mm 5mm;list-style:none;margin:0 0 2mm;padding:0;font-size:9pt}
main{display:grid;grid-template-columns:repeat(3,1fr);gap:2mm 4mm}h2{font-size:9.5pt;margin:0}
table{border-collapse:collapse;width:100%;table-layout:fixed;font-size:7.5pt}
th{font-weight:normal;border-bottom:.3mm solid #666}td{height:8.6mm;line-height:1.1;vertical-align:top;border-bottom:.1mm solid #ccc;padding:.2mm;text-align:center}
.sun,.off{color:#b91c1c}.sat{color:#1d4ed8}.off b{text-decoration:underline}td b{font-weight:normal;display:block}
i{display:inline-block;font-style:normal;font-weight:bold;font-size:6.5pt;line-height:1.3;min-width:2.7mm;text-align:center;padding:0 .1mm;margin:0 .05mm;
color:#fff;border-radius:.6mm;print-color-adjust:exact;-webkit-print-color-adjust:exact}.many i{font-size:4.8pt;min-width:1.7mm;line-height:1.2;vertical-align:top;margin:0 .05mm .15mm}small{font-size:7pt;color:#444}"""


def calendar_html(
    area: str,
    kinds: Mapping[str, Sequence[date]],
    *,
    first: date,
    holidays: HolidayCalendar | None = None,
) -> str:
    """A page with twelve months.

    Args:
        area: Whose calendar it is.
        kinds: Collection days by label, in the order of the legend.
        first: First day of its first month (1 January, or 1 April for a fiscal year).
        holidays: The official ones where omitted.
    """
    known = holidays or HolidayCalendar.official()
    chips = {
        kind: f'<i style="background:{_COLORS[at % len(_COLORS)]}">{escape(mark)}</i>'
        for at, (kind, mark) in enumerate(marks(kinds).items())
    }
    on_day: dict[date, list[str]] = {}
    for kind, days in kinds.items():
        for day in days:
            on_day.setdefault(day, []).append(kind)
    months = "".join(_month(year, month, on_day, chips, known) for year, month in _months(first))
    legend = "".join(f"<li>{chips[kind]} {escape(kind)}</li>" for kind in kinds)
    title = f"{escape(area)} ごみ収集カレンダー {first.year}年{'' if first.month == 1 else '度'}"
    return (
        f'<!doctype html><html lang="ja"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{title}</h1><ul>{legend}</ul><main>{months}</main>"
        "<small>下線付きの赤い日は祝日です。</small></body></html>\n"
    )


def marks(kinds: Mapping[str, object]) -> dict[str, str]:
    """A short mark for each kind: its first character where that tells all kinds apart, else numbers."""
    initials = [kind[:1] for kind in kinds]
    if len(set(initials)) == len(initials):
        return dict(zip(kinds, initials, strict=True))
    return {kind: str(at) for at, kind in enumerate(kinds, 1)}


def _months(first: date) -> Iterator[tuple[int, int]]:
    for step in range(_MONTHS):
        months = first.year * _MONTHS + first.month - 1 + step
        yield months // _MONTHS, months % _MONTHS + 1


def _month(
    year: int,
    month: int,
    on_day: Mapping[date, Sequence[str]],
    chips: Mapping[str, str],
    holidays: HolidayCalendar,
) -> str:
    head = "".join(f"<th>{name}</th>" for name in _WEEK)
    weeks = calendar.Calendar(calendar.SUNDAY).monthdatescalendar(year, month)
    rows = "".join(
        f"<tr>{''.join(_day(day, month, on_day.get(day, ()), chips, holidays) for day in week)}</tr>"
        for week in weeks
    )
    return f"<section><h2>{year}年{month}月</h2><table><tr>{head}</tr>{rows}</table></section>"


def _day(
    day: date, month: int, kinds: Sequence[str], chips: Mapping[str, str], holidays: HolidayCalendar
) -> str:
    if day.month != month:
        return "<td></td>"
    name = holidays.name(day)
    shade = "off" if name else {6: "sun", 5: "sat"}.get(day.weekday(), "")
    style = " ".join(filter(None, (shade, "many" if len(kinds) > _ROOM else "")))
    labels = "、".join(kinds)
    hint = escape(" ".join(filter(None, (name, labels))), quote=True)
    return f'<td class="{style}" title="{hint}"><b>{day.day}</b>{"".join(chips[kind] for kind in kinds)}</td>'
