"""Sphinx settings: two plain trees, ja and en, at equal paths."""  # noqa: INP001

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

project = "govline"
author = "the govline authors"
extensions = ["myst_parser"]
html_theme = "furo"
html_title = "govline"
exclude_patterns = ["_build"]
myst_heading_anchors = 3
root_doc = "index"
language = "ja"


def setup(app: Sphinx) -> None:
    """Collection tables are CSV, for which Pygments has no lexer."""
    app.add_lexer("csv", TextLexer)
