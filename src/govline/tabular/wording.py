"""What is wrong with a cell, a row or a header: each reason once, with what the clerk can do about it."""

from collections.abc import Mapping
from typing import Final

from attrs import frozen

__all__ = ["REASONS", "Misfit", "Wording"]


@frozen
class Wording:
    """A reason and its remedy as staff read them; `{…}` is filled from the column and the misfit."""

    reason: str
    remedy: str


class Misfit(Exception):
    """A value that does not fit its column: the reason's code and the words of its sentences, never the value."""

    def __init__(self, code: str, **words: object) -> None:
        super().__init__(code)
        self.code = code
        self.words = words


REASONS: Final[Mapping[str, Wording]] = {
    "required": Wording("必須の項目が空です", "値を入れてください"),
    "not_integer": Wording("整数ではありません", "数字だけを入れてください(桁区切りのカンマは使えます)"),
    "not_decimal": Wording("数ではありません", "数字と小数点だけを入れてください"),
    "too_small": Wording("小さすぎます({least} 以上)", "{least} 以上の値にしてください"),
    "too_large": Wording("大きすぎます({most} 以下)", "{most} 以下の値にしてください"),
    "not_date": Wording("日付として読めません", "2026-04-01、2026/4/1、令和8年4月1日 のように入れてください"),
    "other_weekday": Wording("日付と曜日が合いません", "どちらが正しいか確かめ、日付か曜日を直してください"),
    "has_time": Wording("日付の欄に時刻まで入っています", "日付だけにしてください"),
    "short_year": Wording("西暦が2桁です", "西暦は4桁で入れてください"),
    "not_time": Wording("時刻として読めません", "9:30、24:00、午後1時30分 のように入れてください"),
    "not_datetime": Wording("日時として読めません", "2026-04-01 9:30 のように入れてください"),
    "not_boolean": Wording("○か×かが読めません", "○ か × を入れてください"),
    "unknown_choice": Wording("選択肢にない値です", "次のどれかにしてください: {choices}"),
    "unknown_item": Wording(
        "選択肢にない値が混じっています", "次のものだけを「、」で区切ってください: {choices}"
    ),
    "too_long": Wording("長すぎます({max_length} 文字まで)", "{max_length} 文字以内にしてください"),
    "pattern": Wording("形が違います", "{hint}"),
    "unfit": Wording("この欄の値として受け取れません", "{hint}"),
    "exponent": Wording(
        "番号が指数(1.2E+11)になっています", "セルの書式を「文字列」にして入れ直してください"
    ),
    "individual_number": Wording(
        "個人番号(マイナンバー)と思われる番号があります", "個人番号は取り込めません。消してください"
    ),
    "undecodable": Wording(
        "文字コードとして読めないバイトがあります",
        "元のデータを UTF-8(CSV UTF-8)か Excel 形式で保存し直してください",
    ),
    "nul": Wording("NUL 文字が入っています", "壊れた文字です。入れ直してください"),
    "error_cell": Wording("Excel のエラー値が入っています", "式を直すか、値を入れてください"),
    "no_cached_value": Wording(
        "式の計算結果が保存されていません", "Excel で開いて保存し直すか、値として貼り付けてください"
    ),
    "too_few_cells": Wording(
        "列の数が足りません({cells} 列。見出しは {expected} 列)",
        "区切りの抜けを直すか、Excel 形式で保存してください",
    ),
    "too_many_cells": Wording(
        "列の数が多すぎます({cells} 列。見出しは {expected} 列)", '値の中のカンマは「"」で囲んでください'
    ),
    "duplicate": Wording("{first} 行目と同じ値です", "どちらかの行を消すか、値を直してください"),
    "unknown_key": Wording(
        "この番号の相手がいません", "番号を確かめてください。新しい行はこのファイルでは作れません"
    ),
    "rule": Wording("{reason}", "{remedy}"),
}
"""Reason code -> words. The codes are stable: programs tell reasons apart by them."""
