"""Every sentence with which the calendar refuses 備品: its code, and what citizens read; see `reason_texts`."""

from collections.abc import Mapping
from typing import Final

__all__ = ["OPTION_REASONS"]

OPTION_REASONS: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "no_option": (
        "GL-2140",
        "「{option}」という備品はありません。",
        "There is no “{option}” to be had.",
        "「{option}」は ありません。",
    ),
    "option_room": (
        "GL-2140",
        "「{option}」は「{room}」では使えません({slots}で使えます)。",
        "“{option}” cannot be had with “{room}” (only with {slots}).",
        "「{option}」は「{room}」では つかえません。",
    ),
    "option_most": (
        "GL-2141",
        "「{option}」は一つの予約で{limit}個までです。",
        "“{option}”: up to {limit} for one booking.",
        "「{option}」は {limit}こまでです。",
    ),
    "option_empty": (
        "GL-2142",
        "この時間の「{option}」は、すべて予約されています。",
        "No “{option}” is left at this time.",
        "この 時間の「{option}」は もう ありません。",
    ),
    "option_left": (
        "GL-2142",
        "この時間の「{option}」は残り{remaining}個です。",
        "Only {remaining} of “{option}” are left at this time.",
        "この 時間の「{option}」は あと {remaining}こです。",
    ),
}
