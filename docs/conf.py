"""Sphinx settings: two plain trees, ja and en, at equal paths."""

project = "govline"
author = "the govline authors"
extensions = ["myst_parser"]
html_theme = "furo"
html_title = "govline"
exclude_patterns = ["_build"]
myst_heading_anchors = 3
root_doc = "index"
language = "ja"
