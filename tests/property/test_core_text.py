"""Properties of text: normal forms are stable, cuts are beginnings that fit, lengths are UTF-16's."""

import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from govline.core.text import clip, fold_kana, normalize, utf16_len

TEXTS = st.text(max_size=60) | st.text(
    "かガﾊﾟー゛゜\u3099\u200d\u200b🍎🇯🇵👍\U0001f3fd \u3000\r\n\u0301´½", max_size=40
)


@given(TEXTS)
def test_normalize_is_stable(text):
    once = normalize(text)
    assert normalize(once) == once
    lines = normalize(text, keep_lines=True)
    assert normalize(lines, keep_lines=True) == lines


@given(TEXTS, st.booleans(), st.booleans())
def test_fold_kana_is_stable(text, large, drop):
    once = fold_kana(text, large=large, drop_long=drop)
    again = fold_kana(once, large=large, drop_long=drop)
    assert again == fold_kana(again, large=large, drop_long=drop)


@given(TEXTS)
def test_length_is_the_number_of_utf16_units(text):
    assert utf16_len(text) == len(text.encode("utf-16-be", "surrogatepass")) // 2


@given(TEXTS, st.integers(0, 80))
@settings(max_examples=200)
def test_clip_is_a_fitting_beginning_before_no_mark(text, limit):
    cut = clip(text, limit)
    assert utf16_len(cut) <= limit
    assert text.startswith(cut)
    rest = text[len(cut) :]
    if cut and rest:
        assert not unicodedata.category(rest[0]).startswith("M")
        assert not cut.endswith("\u200d")
