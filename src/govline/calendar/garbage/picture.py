"""The printed year as a picture (PNG, A4 upright): drawn by the Chromium of this machine from the page that is printed."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from govline.errors import FileError

__all__ = ["picture"]

_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_A4: Final = (794, 1123)
"""Width and height of A4 at 96 pixels an inch."""
_SCALE: Final = 2
_SECONDS: Final = 60
_REMEDY: Final = "Debian, Ubuntu: apt install chromium fonts-noto-cjk; or write --format html and print it"


def picture(page: str) -> bytes:
    """Draw a page of HTML as a PNG of 1588 by 2246 pixels.

    Raises:
        FileError: GL-2030, no Chromium, no Japanese font, or the browser did not draw.
    """
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if browser is None:
        raise FileError("no Chromium to draw the picture", code="GL-2030", hint=_REMEDY)
    if not _has_japanese():
        raise FileError("no Japanese font to draw the picture with", code="GL-2030", hint=_REMEDY)
    with tempfile.TemporaryDirectory(prefix="govline-") as folder:
        source, target = Path(folder) / "year.html", Path(folder) / "year.png"
        source.write_text(page.replace("<body>", '<body style="padding-top:7mm">', 1), "utf-8")
        words = [
            *("--headless", "--disable-gpu", "--hide-scrollbars", f"--force-device-scale-factor={_SCALE}"),
            *(
                f"--window-size={_A4[0]},{_A4[1]}",
                f"--user-data-dir={folder}/browser",
                f"--screenshot={target}",
            ),
            *(["--no-sandbox"] if os.geteuid() == 0 else []),  # Chromium refuses to run as root otherwise
        ]
        try:
            command = [browser, *words, source.as_uri()]
            subprocess.run(command, check=True, capture_output=True, timeout=_SECONDS)  # noqa: S603 - our own words and file
            return target.read_bytes()
        except (OSError, subprocess.SubprocessError) as error:
            raise FileError("the browser did not draw the picture", code="GL-2030", hint=_REMEDY) from error


def _has_japanese() -> bool:
    """As fontconfig knows; True where nobody can tell (no fontconfig: other systems bring fonts of their own)."""
    lister = shutil.which("fc-list")
    if lister is None:
        return True
    found = subprocess.run([lister, ":lang=ja"], check=False, capture_output=True, timeout=_SECONDS)  # noqa: S603 - fixed words
    return bool(found.stdout.strip())
