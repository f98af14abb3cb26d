"""Whether a question of the list is about what was asked: every word of substance in the query must occur in it. Pure."""

import re
from typing import Final

from govline.answers.forms import fold
from govline.answers.index import pairs
from govline.core.text import normalize

__all__ = ["covers", "subjects"]

_RUN: Final = re.compile(r"[々一-鿿]{2,}|[ァ-ヺー]{3,}|[A-Za-z]{2,}")
_GENERIC: Final = frozenset(
    map(
        fold,
        [
            "方法",
            "手続",
            "取得",
            "場所",
            "必要",
            "書類",
            "窓口",
            "電話",
            "連絡先",
            "申込",
            "申請",
            "手順",
            "詳細",
            "情報",
            "内容",
            "案内",
            "料金",
            "費用",
            "値段",
            "時間",
            "期間",
            "期限",
            "予定",
            "利用",
            "希望",
            "可能",
            "対象",
            "種類",
            "市役所",
            "役場",
            "質問",
            "確認",
            "自分",
            "今日",
            "明日",
            "来週",
            "場合",
            "用紙",
            "用意",
            "持参",
        ],
    )
)
_SHARE: Final = 0.5


def subjects(query: str) -> list[str]:
    """The words of substance (kanji, katakana, letters) in a query, folded; such as 方法 and 料金 only where there are no others."""
    found = [fold(run) for run in _RUN.findall(normalize(query))]
    return [word for word in found if word not in _GENERIC] or found


def covers(question: str, asked: list[str]) -> bool:
    """Whether each of the subjects occurs in a folded question: whole, or at least half of its pairs of characters."""
    return bool(asked) and all(_occurs(word, question) for word in asked)


def _occurs(word: str, question: str) -> bool:
    inner = {word[at : at + 2] for at in range(len(word) - 1)}
    return word in question or (len(word) > 2 and len(inner & pairs(question)) >= len(inner) * _SHARE)
