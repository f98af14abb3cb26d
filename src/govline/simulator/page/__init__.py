"""The chat page: one template, own CSS and JavaScript, nothing from outside."""

import html
import zlib
from functools import cache
from importlib.resources import files
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, select_autoescape
from starlette.staticfiles import StaticFiles

__all__ = ["page_html", "placeholder", "static_files"]

_HUES = ((152, 176), (196, 220), (28, 44), (262, 284), (336, 356), (84, 110))


@cache
def _environment() -> Environment:
    loader = PackageLoader("govline.simulator.page", "templates")
    return Environment(loader=loader, autoescape=select_autoescape(), auto_reload=False)


def page_html(town: str) -> str:
    """The page; everything that changes comes by polling."""
    return _environment().get_template("chat.html").render(town=town)


def static_files() -> StaticFiles:
    """The page's CSS and JavaScript, from the package."""
    return StaticFiles(directory=str(files(__name__) / "static"))


def placeholder(url: str) -> bytes:
    """A drawn picture that stands for an image on an outside address: the same address, the same colours."""
    try:
        parts = urlsplit(url)
        name = parts.path.rsplit("/", 1)[-1] or parts.hostname or "image"
    except ValueError:
        name = "image"
    first, second = _HUES[(zlib.crc32(url.encode()) >> 9) % len(_HUES)]
    label = html.escape(name[:28])
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 400" preserveAspectRatio="xMidYMid slice">
<defs><linearGradient id="g" x1="0" y1="0" x2="1" y2="1">
<stop offset="0" stop-color="hsl({first},52%,72%)"/><stop offset="1" stop-color="hsl({second},48%,52%)"/>
</linearGradient></defs><rect width="600" height="400" fill="url(#g)"/>
<circle cx="452" cy="112" r="46" fill="#fff" opacity=".55"/>
<path d="M0 400 170 190 290 320 380 230 600 400Z" fill="#fff" opacity=".32"/>
<path d="M0 400 250 270 420 350 600 290V400Z" fill="#fff" opacity=".28"/>
<text x="300" y="372" text-anchor="middle" font-family="sans-serif" font-size="22" fill="#fff" opacity=".9">{label}</text>
</svg>""".encode()
