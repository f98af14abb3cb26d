"""Both languages hold the same pages, headings and code blocks; every link leads somewhere."""

import re

import pytest

FENCE = re.compile(r"^```(?P<kind>\S*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?P<to>[^)\s]+)\)")
HEADING = re.compile(r"^(?P<level>#{1,6}) (?P<title>.+)$", re.MULTILINE)


def _blocks(text):
    return [found.group(0) for found in FENCE.finditer(text)]


def _headings(text):
    return HEADING.findall(FENCE.sub("", text))


def _anchors(text):
    """As GitHub and MyST make them."""
    plain = (re.sub(r"[^\w\- ]", "", title.strip().lower()) for _, title in _headings(text))
    return {title.replace(" ", "-") for title in plain}


def test_both_languages_have_the_same_pages(page_of):
    assert set(page_of("en")) == set(page_of("ja"))


def test_headings_and_code_blocks_are_equal(page_of):
    japanese = page_of("ja")
    for name, path in page_of("en").items():
        en, ja = path.read_text(encoding="utf-8"), japanese[name].read_text(encoding="utf-8")
        assert [level for level, _ in _headings(en)] == [level for level, _ in _headings(ja)], name
        assert _blocks(en) == _blocks(ja), name


def test_pages_are_written_in_their_language(page_of):
    kana = re.compile("[ぁ-ん]")
    for name, path in page_of("ja").items():
        assert len(kana.findall(FENCE.sub("", path.read_text(encoding="utf-8")))) > 20, name
    for name, path in page_of("en").items():
        words = re.sub(r"`[^`]*`", "", FENCE.sub("", path.read_text(encoding="utf-8")))
        assert len(kana.findall(words)) < len(words) / 20, name


@pytest.mark.parametrize("place", ["docs/en", "docs/ja", "."])
def test_links_lead_somewhere(root, place):
    folder = root / place
    paths = sorted(folder.glob("*.md") if place == "." else folder.rglob("*.md"))
    broken = []
    for path in paths:
        for found in LINK.finditer(FENCE.sub("", path.read_text(encoding="utf-8"))):
            target, _, anchor = found["to"].partition("#")
            if re.match(r"[a-z]+:", target):
                continue
            there = (path.parent / target).resolve() if target else path
            if not there.exists() or (anchor and anchor not in _anchors(there.read_text(encoding="utf-8"))):
                broken.append(f"{path.relative_to(root)}: {found['to']}")
    assert not broken


def test_every_page_stands_in_the_index(page_of):
    for language in ("en", "ja"):
        pages = page_of(language)
        index = pages["index.md"].read_text(encoding="utf-8")
        toctree = next(block for block in _blocks(index) if block.startswith("```{toctree}"))
        listed = set(toctree.splitlines()[1:-1])
        assert {name.removesuffix(".md") for name in pages} - {"index"} <= listed
        linked = {found["to"].partition("#")[0] for found in LINK.finditer(index)}
        assert set(pages) - {"index.md"} <= linked


def test_every_benchmark_is_explained(root, page_of):
    names = {path.stem for path in (root / "benchmarks").glob("*.py") if not path.stem.startswith("_")}
    for language in ("en", "ja"):
        titles = {
            title for _, title in _headings(page_of(language)["performance.md"].read_text(encoding="utf-8"))
        }
        assert names <= titles
