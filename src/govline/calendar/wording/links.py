"""Every sentence with which the calendar refuses 第1回・第2回: its code, and what citizens read; see `reason_texts`."""

from collections.abc import Mapping
from typing import Final

__all__ = ["LINK_REASONS"]

LINK_REASONS: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "not_together": (
        "GL-2150",
        "これらの枠は組み合わせて予約できません。",
        "These times cannot be booked together.",
        "この 時間は いっしょに 予約(よやく)できません。",
    ),
    "not_moved_together": (
        "GL-2150",
        "これらの予約は組み合わせて変更できません。",
        "These bookings cannot be changed together.",
        "この 予約(よやく)は いっしょに かえられません。",
    ),
    "no_second": (
        "GL-2150",
        "この枠に続けて予約できる、続きの回の空きがありません。",
        "Nothing is free for the booking that follows this one.",
        "この つづきの 日が あいていません。",
    ),
    "second_needed": (
        "GL-2150",
        "この予約は、続きの回と一緒に予約します。続きの回の日時もお選びください。",
        "This is booked together with a second one. Please choose the time of that one too.",
        "つづきの 日も いっしょに えらんでください。",
    ),
    "link_too_near": (
        "GL-2151",
        "前の回から{limit}日以上あける必要があります。{from}以降をお選びください。",
        "Days needed after the earlier one: {limit}. Please choose {from} or later.",
        "まえの 日から {limit}日より あとです。{from}から あとを えらんでください。",
    ),
    "link_too_far": (
        "GL-2152",
        "前の回から{limit}日以内の日({until}まで)をお選びください。",
        "Please choose a day within {limit} days of the earlier one (until {until}).",
        "まえの 日から {limit}日までです。{until}までを えらんでください。",
    ),
    "link_product": (
        "GL-2153",
        "前の回と同じ「{product}」の枠をお選びください。",
        "Please choose a time for “{product}”, the same as before.",
        "まえと おなじ「{product}」を えらんでください。",
    ),
}
