"""A path that is no file of collection days is named, whatever it is."""

import pytest

from govline.calendar.garbage.imports import read_files
from govline.errors import FileError


@pytest.mark.parametrize("path", [".", "..", "/", "absent.csv"])
def test_a_path_that_is_no_file_is_named(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileError, match="GL-2021"):
        read_files(path)
