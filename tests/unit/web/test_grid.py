"""A grid of cells that lead on is kept with a submission and comes back as it was."""

from govline.core.pages import Cell, Grid, Link
from govline.web.blocks import blocks_from_json, blocks_to_json


def test_a_grid_survives_being_kept():
    cell = Cell("○空き", "24", Link("24 ○空き", "calendar/day", {"day": "2026-11-24"}), "good")
    grid = Grid("11月", ["日", "月"], [[Cell("9:00", head=True), cell]], even=True)
    assert blocks_from_json(blocks_to_json([grid])) == (grid,)
