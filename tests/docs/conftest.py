"""What the document tests share: where the documents are, and how their code blocks run."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def pages(language):
    """Every page of a language by its path below the language's folder."""
    folder = DOCS / language
    return {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*.md"))}


@pytest.fixture
def root():
    return ROOT


@pytest.fixture
def page_of():
    return pages
