"""The grid of the ended programme: what is in it becomes slots, what is wrong in it is named by row and column."""

from datetime import date

import pytest

from govline.calendar import parse, plan
from govline.calendar.govtech import read_grid
from govline.errors import FileError

HEAD = "ID,開始,終了,2026/12/1,2026-12-2"


@pytest.fixture
def grid(tmp_path):
    def work(*rows, head=HEAD, encoding="utf-8"):
        path = tmp_path / "grid.csv"
        path.write_text("\n".join([head, *rows]), encoding)
        return read_grid(path, "p")

    return work


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_a_row_a_time_and_a_column_a_date(grid, encoding):
    data = grid("1,9:00,10:00,5,", "", "2,23:00,24:00,3,0", encoding=encoding)
    slots = plan(parse(data), date(2026, 11, 1))
    assert [(slot.starts.day, slot.starts.hour, slot.ends.hour, slot.capacity) for slot in slots] == [
        (1, 9, 10, 5),
        (1, 23, 0, 3),
    ]
    assert data["capacity"] == 5


@pytest.mark.parametrize(
    ("rows", "row", "column"),
    [
        (["1,25:00,26:00,5,5"], 2, 2),
        (["1,24:00,24:30,5,5"], 2, 2),
        (["1,9:00,10:60,5,5"], 2, 3),
        (["1,9:00,9:00,5,5"], 2, 3),
        (["1,9:00,10:00,5,5", "2,,,1,1"], 3, 2),
        (["1,9:00,10:00,-1,5"], 2, 4),
        (["1,9:00,10:00,5,５"], 2, 5),
        (["1,9:00,10:00,5,1000000"], 2, 5),
    ],
)
def test_what_is_wrong_is_named(grid, rows, row, column):
    with pytest.raises(FileError) as error:
        grid(*rows)
    assert error.value.code == "GL-8063"
    assert error.value.place == {"file": "grid.csv", "row": row, "column": column}


@pytest.mark.parametrize("head", ["ID,開始,終了,12月1日", "ID,開始,終了,2027-02-29"])
def test_a_header_that_is_no_date(grid, head):
    with pytest.raises(FileError) as error:
        grid("1,9:00,10:00,5", head=head)
    assert error.value.place["column"] == 4


def test_no_grid_at_all(grid, tmp_path):
    for text in ("", "a,b\n1,2\n", HEAD):
        (tmp_path / "x.csv").write_text(text, "utf-8")
        with pytest.raises(FileError):
            read_grid(tmp_path / "x.csv", "p")
    (tmp_path / "x.csv").write_bytes(b"\x81\xff,\xfe")
    with pytest.raises(FileError):
        read_grid(tmp_path / "x.csv", "p")
