"""A heat map as SVG of our own: numbers and patterns beside the shades, title and description for who cannot see it. Pure."""

from collections.abc import Iterator
from datetime import date
from html import escape
from typing import Final

from govline.calendar.labels import WEEK, day_label
from govline.calendar.occupancy import Heat, Use

__all__ = ["heat_html", "heat_svg"]

_SIDE: Final = 23
_LEFT, _TOP, _BOTTOM = 96, 74, 44
_LEVELS: Final = (
    # from how many percent, fill, ink on it, pattern drawn over it, how it is called
    (100, "#123c69", "#ffffff", "full", "満員"),
    (80, "#3d6fa5", "#ffffff", "much", "80%以上"),
    (50, "#a9c8e6", "#111111", "half", "50%以上"),
    (1, "#e3eef8", "#111111", "", "50%未満"),
    (0, "#ffffff", "#111111", "", "予約なし"),
)
_PATTERNS: Final = """<defs>
<pattern id="half" width="6" height="6" patternUnits="userSpaceOnUse"><circle cx="1" cy="1" r=".8" fill="#123c69"/></pattern>
<pattern id="much" width="6" height="6" patternUnits="userSpaceOnUse"><path d="M0 6L6 0" stroke="#ffffff" stroke-width=".7" opacity=".55"/></pattern>
<pattern id="full" width="6" height="6" patternUnits="userSpaceOnUse"><path d="M0 6L6 0M0 0L6 6" stroke="#ffffff" stroke-width=".7" opacity=".45"/></pattern>
</defs>"""
_FONT: Final = "Noto Sans CJK JP,Hiragino Sans,Yu Gothic,sans-serif"


def heat_svg(heat: Heat) -> str:
    """The map as an SVG document; every cell says its figures when it is pointed at or read."""
    width = _LEFT + _SIDE * max(len(heat.days), 14) + 8
    height = _TOP + _SIDE * len(heat.rows) + _BOTTOM
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    told = 'role="img" aria-labelledby="heat-title heat-desc"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {told} font-family="{_FONT}" fill="#111111">',
        f'<title id="heat-title">{escape(heat.title)}</title>',
        f'<desc id="heat-desc">{escape(_said(heat))}</desc>',
        _PATTERNS,
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="8" y="22" font-size="15" font-weight="bold">{escape(heat.title)}</text>',
        f'<text x="8" y="40" font-size="11">{escape(_sum(heat))}</text>',
        *_heads(heat),
        *_cells(heat),
        *_legend(height),
        "</svg>\n",
    ]
    return "\n".join(parts)


def heat_html(heat: Heat) -> str:
    """The picture as a page, to print or to photograph."""
    return (
        f'<!doctype html><html lang="ja"><head><meta charset="utf-8"><title>{escape(heat.title)}</title>'
        "<style>body{margin:4mm}svg{max-width:100%;height:auto}</style></head><body>"
        f"{heat_svg(heat)}</body></html>\n"
    )


def _sum(heat: Heat) -> str:
    use = heat.total
    return f"予約 {use.booked} / 定員 {use.capacity} ({use.percent}%)"


def _said(heat: Heat) -> str:
    full = [day_label(day) for day in heat.days if heat.of_day(day).percent == _LEVELS[0][0]]
    return f"{_sum(heat)}。満員の日: {'、'.join(full) if full else 'なし'}。"


def _heads(heat: Heat) -> Iterator[str]:
    for at, day in enumerate(heat.days):
        x = _LEFT + at * _SIDE + _SIDE / 2
        week = WEEK["ja"][(day.weekday() + 1) % 7]
        yield f'<text x="{x}" y="58" font-size="10" text-anchor="middle">{day.day}</text>'
        yield f'<text x="{x}" y="70" font-size="9" text-anchor="middle">{week}</text>'
    for at, row in enumerate(heat.rows):
        y = _TOP + at * _SIDE + _SIDE / 2 + 4
        yield f'<text x="{_LEFT - 6}" y="{y}" font-size="11" text-anchor="end">{escape(row[:12])}</text>'


def _cells(heat: Heat) -> Iterator[str]:
    for down, row in enumerate(heat.rows):
        for across, day in enumerate(heat.days):
            use = heat.cells.get((row, day))
            if use is not None:
                yield _cell(_LEFT + across * _SIDE, _TOP + down * _SIDE, row, day, use)


def _cell(x: float, y: float, row: str, day: date, use: Use) -> str:
    _, fill, ink, pattern, _ = next(level for level in _LEVELS if use.percent >= level[0])
    told = escape(f"{day_label(day)} {row} 予約{use.booked}/定員{use.capacity}")
    box = f'x="{x}" y="{y}" width="{_SIDE}" height="{_SIDE}"'
    over = f'<rect {box} fill="url(#{pattern})"/>' if pattern else ""
    return (
        f'<g><title>{told}</title><rect {box} fill="{fill}" stroke="#5b6770"/>{over}'
        f'<text x="{x + _SIDE / 2}" y="{y + 15}" font-size="9" text-anchor="middle" fill="{ink}" paint-order="stroke" '
        f'stroke="{fill}" stroke-width="2">{use.percent}</text></g>'
    )


def _legend(height: int) -> Iterator[str]:
    y = height - 28
    for at, (_, fill, _, pattern, name) in enumerate(reversed(_LEVELS)):
        x = 8 + at * 82
        over = f'<rect x="{x}" y="{y}" width="16" height="16" fill="url(#{pattern})"/>' if pattern else ""
        yield f'<rect x="{x}" y="{y}" width="16" height="16" fill="{fill}" stroke="#5b6770"/>{over}'
        yield f'<text x="{x + 21}" y="{y + 12}" font-size="10">{name}</text>'
