"""Programmes that another process has published are read within a second; a file that is only being edited is not."""

import os

from govline.calendar.programme_files import ProgrammeFiles, announce

SLOTS = "capacity: 2\nslots: [{dates: 2026-12-01, times: ['9:00-10:00']}]\n"


class Seconds:
    now = 100.0

    def __call__(self):
        return self.now


def folder_with(tmp_path, text=SLOTS):
    (tmp_path / "before").mkdir(exist_ok=True)
    (tmp_path / "hall.yaml").write_text(f"programme: hall\n{text}", "utf-8")
    return tmp_path


def announced(folder):
    """A publication by somebody else; the file system's clock may be coarser than this test is fast."""
    announce(folder)
    stamp = folder / "before" / ".published"
    later = stamp.stat().st_mtime_ns + 1_000_000_000
    os.utime(stamp, ns=(later, later))


def test_what_was_announced_is_read_and_looked_for_once_a_second(tmp_path):
    seconds, folder = Seconds(), folder_with(tmp_path)
    files = ProgrammeFiles(folder, (), seconds)
    files.read()
    folder_with(tmp_path, SLOTS.replace("2026-12-01", "2026-12-01/2026-12-02"))
    announced(folder)
    seconds.now += 0.9
    assert files.published() is None, "looked at a moment ago"
    seconds.now += 0.2
    (hall,) = files.published()
    assert str(hall.rules[0].dates[0][1]) == "2026-12-02"
    seconds.now += 5
    assert files.published() is None, "read already"


def test_a_file_that_is_being_edited_is_not_taken_over(tmp_path):
    seconds, folder = Seconds(), folder_with(tmp_path)
    files = ProgrammeFiles(folder, (), seconds)
    files.read()
    folder_with(tmp_path, SLOTS.replace("2", "30", 1))
    seconds.now += 5
    assert files.published() is None
    assert files.fresh() is not None, "the night reads it"


def test_what_cannot_be_read_leaves_the_programmes_as_they_are(tmp_path):
    seconds, folder = Seconds(), folder_with(tmp_path)
    files = ProgrammeFiles(folder, (), seconds)
    files.read()
    (folder / "hall.yaml").write_text("programme: [", "utf-8")
    announced(folder)
    seconds.now += 5
    assert files.published() is None
