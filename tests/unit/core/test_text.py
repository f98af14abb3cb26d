"""Text: one form for comparison, kana folding, LINE's length and cuts that split no character."""

import pytest

from govline.core.text import clip, fold_kana, normalize, utf16_len


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("　ﾍﾟｯﾄﾎﾞﾄﾙ　", "ペットボトル"),
        ("Ａ１　 Ｂ２", "A1 B2"),
        ("か゛き゜", "がき\u309a"),
        ("a\u200bb\ufeff", "ab"),
        ("㋿ ㍻", "令和 平成"),
        ("①丁目", "1丁目"),
        ("a\r\n b", "a b"),
        ("", ""),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
    ],
)
def test_normalize(text, expected):
    assert normalize(text) == expected


def test_normalize_may_keep_lines():
    assert normalize(" a　 b \r\n\u2028 c ", keep_lines=True) == "a b\n\nc"


@pytest.mark.parametrize("text", ["ペットボトル", "ﾍﾟｯﾄﾎﾞﾄﾙ", "ぺっとぼとる", "ぺっトボとル"])
def test_fold_kana_makes_every_writing_equal(text):
    assert fold_kana(text) == "ぺっとぼとる"


def test_fold_kana_keeps_small_kana_and_long_marks_unless_asked():
    assert fold_kana("ヴァイオリン・シャツー") == "ゔぁいおりん・しゃつー"
    assert fold_kana("びょういん") != fold_kana("びよういん")
    assert fold_kana("シャッター", large=True, drop_long=True) == "しやつた"


@pytest.mark.parametrize(
    ("text", "length"), [("", 0), ("abc", 3), ("あい", 2), ("🍎", 2), ("𠮟る", 3), ("\ud83c", 1)]
)
def test_utf16_len(text, length):
    assert utf16_len(text) == length


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("あいう", 3, "あいう"),
        ("あいう", 2, "あい"),
        ("🍎🍎", 3, "🍎"),
        ("か\u3099き", 1, ""),
        ("きか\u3099", 2, "き"),
        ("x👨\u200d👩\u200d👧", 7, "x"),
        ("🇯🇵🇯🇵", 6, "🇯🇵"),
        ("🇯🇵🇯🇵", 4, "🇯🇵"),
        ("👍🏽!", 3, ""),
        ("葛\U000e0100城", 2, ""),
        ("ｶﾞx", 1, ""),
        ("a\r\nb", 2, "a"),
        ("abc", 0, ""),
    ],
)
def test_clip_splits_nothing(text, limit, expected):
    assert clip(text, limit) == expected


def test_clip_marks_the_cut_within_the_limit():
    assert clip("あいうえお", 3, "…") == "あい…"
    assert clip("あいう", 3, "…") == "あいう"
    assert clip("あい", 1, "……") == ""
