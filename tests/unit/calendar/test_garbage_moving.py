"""Who says that they moved, and where to; whoever asks, plans or speaks of anything else does not."""

import pytest

from govline.calendar.garbage.moving import new_home


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("港が丘に引っ越しました", "港が丘"),
        ("みなとがおかへ引っ越した", "みなとがおか"),
        ("引越して港が丘になりました", "港が丘"),
        ("引っ越しました。港が丘です", "港が丘"),
        ("引っ越し先は港が丘です", "港が丘"),
        ("ひっこして みなとがおかに なりました", "みなとがおか"),
        ("港が丘に引っ越してきました！", "港が丘"),
        ("港が丘に引っ越しをしました", "港が丘"),
        ("先月、本町から港が丘に引っ越しました。", "港が丘"),
        ("転居しました 港が丘", "港が丘"),
        ("港が丘へ転居しました", "港が丘"),
        ("住所が港が丘に変わりました", "港が丘"),
        ("引っ越したので、港が丘に変えてください", "港が丘"),
        ("港が丘に住むことになりました", "港が丘"),
        ("港が丘引っ越しました", "港が丘"),
        ("ﾐﾅﾄｶﾞｵｶに引っ越しました", "ミナトガオカ"),
        ("家族で港が丘に移りました", "家族で港が丘"),
    ],
)
def test_who_moved_says_where_to(said, place):
    assert new_home(said) == place


@pytest.mark.parametrize(
    "said",
    [
        *("引っ越しました", "引っ越しの手続きは?", "港が丘に引っ越す予定です", "港が丘に引っ越したいです", "港が丘に引っ越しましたがごみの日はいつですか"),
        *("引っ越しごみの出し方", "冷蔵庫を移した", "本棚", "港が丘", "", "転居届", "引っ越し" * 40),
    ],
)  # fmt: skip
def test_others_have_not_moved(said):
    assert new_home(said) == ""
