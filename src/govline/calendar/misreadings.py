"""What is wrong with a setting, in a clerk's words and with a remedy: pydantic's reports, told again in Japanese. Pure."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any, Final

__all__ = ["told"]

_OWN: Final = "Value error, "
_SAID: Final[Mapping[str, tuple[str, str]]] = {
    "missing": ("必須の設定がありません", "この設定を書いてください"),
    "int_from_float": ("整数ではありません", "小数のない数を書いてください"),
    "greater_than_equal": ("小さすぎます", "{ge}以上にしてください"),
    "greater_than": ("小さすぎます", "{gt}より大きくしてください"),
    "less_than_equal": ("大きすぎます", "{le}以下にしてください"),
    "less_than": ("大きすぎます", "{lt}より小さくしてください"),
    "literal_error": ("書ける値ではありません", "次のどれかにしてください: {expected}"),
    "string_pattern_mismatch": (
        "書ける文字ではありません",
        "英小文字と数字で始め、英小文字、数字、-、_ で書いてください",
    ),
    "string_too_short": ("空です", "文字を書いてください"),
    "too_short": ("一つもありません", "{min_length}つ以上書いてください"),
}
_OF_KIND: Final[Mapping[str, tuple[str, str]]] = {
    "int": ("整数ではありません", "数字だけを書いてください"),
    "float": ("数ではありません", "数字だけを書いてください"),
    "bool": ("はい・いいえではありません", "true か false で書いてください"),
    "date": ("日付として読めません", "2026-11-24 の形で、ある日を書いてください"),
    "string": ("文字ではありません", "値を一つだけ書き、数字だけの名前は '' で囲んでください"),
    "list": ("並びではありません", "一つずつ「- 」で始めて並べてください"),
    "dict": ("設定のまとまりではありません", "「名前: 値」の形で書いてください"),
    "model": ("設定のまとまりではありません", "「名前: 値」の形で書いてください"),
}
_ELSE: Final = "書き方を直してください"


def told(error: Mapping[str, Any], names: Collection[str]) -> tuple[str, str]:
    """Reason and remedy of one of pydantic's errors; the value itself stands in neither.

    Args:
        error: As `ValidationError.errors()` gives it.
        names: Every setting there is, to tell which one was meant.
    """
    kind, words = str(error["type"]), error.get("ctx") or {}
    if kind == "extra_forbidden":
        near = get_close_matches(str(error["loc"][-1]), names, n=1)
        return (
            "この名前の設定はありません",
            f"「{near[0]}」ではありませんか" if near else "名前を確かめるか、消してください",
        )
    found = _SAID.get(kind) or _OF_KIND.get(kind.partition("_")[0])
    if found is None:
        return str(error["msg"]).removeprefix(_OWN), _ELSE
    return found[0], found[1].format(**words)
