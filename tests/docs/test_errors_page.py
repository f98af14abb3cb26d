"""Every code that the source names has a heading in both languages, and no heading speaks of a code that is gone."""

import re

import pytest

CODE = re.compile(r"GL-\d{4}")


@pytest.fixture(scope="module")
def codes():
    from pathlib import Path

    import govline

    texts = (path.read_text(encoding="utf-8") for path in Path(govline.__path__[0]).rglob("*.py"))
    return {code for text in texts for code in CODE.findall(text)}


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_code_has_a_heading(page_of, codes, language):
    text = page_of(language)["errors.md"].read_text(encoding="utf-8")
    headings = re.findall(r"^### (GL-\d{4})$", text, re.MULTILINE)
    assert len(headings) == len(set(headings))
    assert set(headings) == codes


@pytest.mark.parametrize(("language", "word"), [("en", "Retry:"), ("ja", "再試行:")])
def test_every_entry_says_whether_to_retry(page_of, language, word):
    text = page_of(language)["errors.md"].read_text(encoding="utf-8")
    for entry in re.split(r"^### ", text, flags=re.MULTILINE)[1:]:
        code, _, rest = entry.partition("\n")
        assert word in rest, code


def test_codes_that_other_pages_name_exist(page_of, codes):
    for language in ("en", "ja"):
        for name, path in page_of(language).items():
            assert set(CODE.findall(path.read_text(encoding="utf-8"))) <= codes, (language, name)
