"""Marks of drills and tests: what never reaches a citizen, what two people look at, and what is neither."""

from datetime import UTC, datetime

import pytest

from govline.core.messages import Text
from govline.delivery.sources import Incoming, is_drill, mentions_drill

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def incoming(text="大雨警報が出ました", **more):
    return Incoming("a", "k", NOW, [Text(text)], **more)


@pytest.mark.parametrize(
    "terms",
    [
        *({"status": word} for word in ("訓練", "試験", "Test", "EXERCISE", "ＴＥＳＴ", "drill")),
        *(
            {"subject": word}
            for word in ("訓練 避難指示", "【訓練】避難指示", "テスト配信です", "[TEST] flood", "■試験■")
        ),
        *(
            {"text": word}
            for word in (
                "これは訓練です。",
                "これは 訓練 です。",
                "コレハ。これはテストです",
                "（訓練）避難指示",
            )
        ),
        *(
            {"text": word}
            for word in ("＜試験＞ 土砂災害", "This is a TEST.", "〔抜打ち〕(避難訓練)避難してください")
        ),
        *(
            {"body": word}
            for word in ("【配信テスト】", "訓練放送です", "これは訓\u200b練です", "テストメールです")
        ),
    ],
    ids=str,
)
def test_a_drill_is_a_drill_however_it_is_spelled(terms):
    assert is_drill(incoming(**terms))
    assert mentions_drill(incoming(**terms)) or "動作確認" in str(terms) or "放送" in str(terms)


@pytest.mark.parametrize(
    "text", ["職業訓練のご案内", "採用試験を行います", "A test site opens", "消防訓練を行います"]
)
def test_a_mention_is_for_people_to_judge(text):
    assert mentions_drill(incoming(text))
    assert not is_drill(incoming(text))


@pytest.mark.parametrize(
    "text", ["写真コンテストを開きます", "the latest news", "抗議(protest)", "断水のお知らせ", "プロテスト"]
)
def test_words_that_only_look_alike_are_neither(text):
    assert not is_drill(incoming(text, subject=text))
    assert not mentions_drill(incoming(text, subject=text))


def test_words_inside_any_message_are_seen():
    from govline.core.messages import Flex

    bubble = {
        "type": "bubble",
        "body": {"type": "box", "layout": "vertical", "contents": [{"type": "text", "text": "【訓練】"}]},
    }
    assert is_drill(Incoming("a", "k", NOW, [Flex("避難", bubble)]))
