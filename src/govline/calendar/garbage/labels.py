"""Kinds that open data names in English, as citizens read them. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from attrs import evolve

from govline.calendar.garbage.area_table import AreaTable, Problem

__all__ = ["japanese"]

_LABELS: Final[Mapping[str, str]] = {
    "burnablegarbage": "燃やすごみ",
    "burnable": "燃やすごみ",
    "combustible": "燃やすごみ",
    "nonburnablegarbage": "燃やさないごみ",
    "nonburnable": "燃やさないごみ",
    "incombustible": "燃やさないごみ",
    "crushablegarbage": "破砕ごみ",
    "landfill": "埋立ごみ",
    "recyclable": "資源ごみ",
    "recyclables": "資源ごみ",
    "recyclablegarbage": "資源ごみ",
    "canglassplastic": "缶・びん・ペットボトル",
    "cansglassplastic": "缶・びん・ペットボトル",
    "cans": "缶",
    "glassbottles": "びん",
    "petbottles": "ペットボトル",
    "plasticcontainers": "プラスチック容器包装",
    "plastic": "プラスチック",
    "paperandcloth": "紙・布",
    "paper": "古紙",
    "cloth": "布類",
    "hazardousgarbage": "有害ごみ",
    "hazardous": "有害ごみ",
    "bulkygarbage": "粗大ごみ",
    "oversizedgarbage": "粗大ごみ",
}


def japanese(table: AreaTable) -> AreaTable:
    """A table whose kinds bear Japanese labels where the file's English ones are known; others stay; a warning says so of each.

    Problems and warnings keep the file's own headers, by which the clerk finds the cell.
    """
    known = {kind: _label(kind) for kind in table.kinds}
    if len(set(known.values())) < len(known):  # two headers for one label: both stay as they are
        known = {kind: kind for kind in table.kinds}
    areas = [
        evolve(
            area,
            rules={known[kind]: rule for kind, rule in area.rules.items()},
            cells={known[kind]: cell for kind, cell in area.cells.items()},
        )
        for area in table.areas
    ]
    warned = [*table.warnings, *_called(known), *_foreign(known.values())]
    return evolve(table, kinds=known.values(), areas=areas, warnings=warned)


def _label(kind: str) -> str:
    return _LABELS.get(re.sub(r"[^a-z]", "", kind.casefold()), kind) if kind.isascii() else kind


def _called(known: Mapping[str, str]) -> Iterator[Problem]:
    return (
        Problem(1, kind, kind, f"英語の見出しのため「{label}」としました", "GL-2022")
        for kind, label in known.items()
        if kind != label
    )


def _foreign(kinds: Iterable[str]) -> Iterator[Problem]:
    reason = "種類の名前が英語のままです(住民にはこのまま表示されます)"
    return (Problem(1, kind, kind, reason, "GL-2022") for kind in kinds if kind.isascii())
