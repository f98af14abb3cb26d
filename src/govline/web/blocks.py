"""Blocks of a page to plain JSON and back, so that the page after a submission can be shown again."""

from collections.abc import Sequence
from typing import Final

from govline.core import Json
from govline.core.pages import Block, Cell, DataTable, Facts, Grid, Heading, Link, LinkList, Notice, Paragraph
from govline.errors import InputError

__all__ = ["KINDS", "blocks_from_json", "blocks_to_json"]

KINDS: Final[dict[type, str]] = {
    Paragraph: "paragraph",
    Heading: "heading",
    Notice: "notice",
    Facts: "facts",
    DataTable: "table",
    LinkList: "links",
    Grid: "grid",
}
"""How each kind of block is called, in JSON and in the templates."""


def blocks_to_json(blocks: Sequence[Block]) -> list[Json]:
    """Plain JSON of the blocks.

    Raises:
        InputError: GL-0002, something is no block.
    """
    return [_to_json(block) for block in blocks]


def blocks_from_json(plain: Sequence[Json]) -> tuple[Block, ...]:
    """The blocks that `blocks_to_json` wrote."""
    return tuple(_from_json(dict(row)) for row in plain)


def _to_json(block: Block) -> Json:
    kind = KINDS.get(type(block))
    if kind is None:
        raise InputError(f"{type(block).__name__} is no block of a page", hint="see govline.core.pages")
    match block:
        case Facts():
            rest: dict[str, Json] = {"rows": dict(block.rows)}
        case DataTable():
            rest = {
                "caption": block.caption,
                "columns": list(block.columns),
                "rows": [list(row) for row in block.rows],
            }
        case Grid():
            rest = {
                "caption": block.caption,
                "columns": list(block.columns),
                "rows": [[_cell(cell) for cell in row] for row in block.rows],
                "even": block.even,
            }
        case LinkList():
            rest = {"links": [_link(link) for link in block.links]}
        case Notice():
            rest = {"text": block.text, "tone": block.kind}
        case _:
            rest = {"text": block.text}
    return {"kind": kind, **rest}


def _cell(cell: Cell) -> Json:
    plain = {name: getattr(cell, name) for name in ("text", "lead", "tone", "head")}
    return {**plain, "link": _link(cell.link) if cell.link else None}


def _cell_from(plain: dict[str, Json]) -> Cell:
    link = plain.pop("link")
    return Cell(**plain, link=Link(**link) if link else None)


def _link(link: Link) -> Json:
    return {"label": link.label, "page": link.page, "query": dict(link.query), "url": link.url}


def _from_json(row: dict[str, Json]) -> Block:
    match row.pop("kind"):
        case "facts":
            return Facts(row["rows"])
        case "table":
            return DataTable(row["caption"], row["columns"], [tuple(cells) for cells in row["rows"]])
        case "grid":
            rows = [[_cell_from(dict(cell)) for cell in cells] for cells in row["rows"]]
            return Grid(row["caption"], row["columns"], rows, row["even"])
        case "links":
            return LinkList(Link(**link) for link in row["links"])
        case "notice":
            return Notice(row["text"], row["tone"])
        case "heading":
            return Heading(row["text"])
        case _:
            return Paragraph(row["text"])
