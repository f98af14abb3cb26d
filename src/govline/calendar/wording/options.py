"""What citizens read about 備品: why they are refused (see `reason_texts`), and what stands on pages and in the talk."""

from collections.abc import Mapping
from typing import Final

__all__ = ["OPTION_REASONS", "OPTION_TEXTS"]

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
        "「{option}」は「{room}」では つかえません({slots}で つかえます)。",
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


def _said(ja: str, en: str, easy: str) -> dict[str, str]:
    return {"ja": ja, "en": en, "ja-easy": easy}


OPTION_TEXTS: Final = {
    "calendar.page.options": _said("備品", "Equipment", "かりる もの"),
    "calendar.page.option_count": _said("{option}の数", "How many of {option}", "{option}は いくつ"),
    "calendar.page.option_fee": _said("料金: {fee}円({per})", "{fee} yen ({per})", "おかね: {fee}円({per})"),
    "calendar.page.option_free": _said("無料", "Free of charge", "おかねは いりません"),
    "calendar.page.option_left": _said(
        "この時間の残り: {left}", "Left at this time: {left}", "この 時間の のこり: {left}"
    ),
    "calendar.page.option_most": _said(
        "一つの予約で{most}まで", "Up to {most} for one booking", "{most}こまで"
    ),
    "calendar.page.option_not_here": _said(
        "この枠では「{option}」は使えません。変更すると、「{option}」の予約はなくなります。",
        "“{option}” cannot be had with this one. If you change to it, you give “{option}” back.",
        "ここでは「{option}」は つかえません。かえると「{option}」は なくなります。",
    ),
    "calendar.page.per_booking": _said("1個につき", "each", "1こ"),
    "calendar.page.per_person": _said("1個、1名につき", "each, per person", "1こ、1人"),
    "calendar.page.per_hour": _said("1個、1時間につき", "each, per hour", "1こ、1時間"),
    "calendar.page.per_piece": _said("1個につき", "each", "1こ"),
    "calendar.page.change_options": _said(
        "{booking}の備品を変更する", "Change the equipment of {booking}", "{booking}の かりる ものを かえる"
    ),
    "calendar.page.price": _said("料金", "Fee", "おかね"),
    "calendar.page.price_for": _said("料金({party}名の場合)", "Fee for {party}", "おかね({party}人の とき)"),
    "calendar.page.see_price": _said("料金を確かめる", "See the fee", "おかねを みる"),
    "calendar.page.not_yet": _said(
        "まだ予約は済んでいません。料金を確かめて、次へお進みください。",
        "Nothing is booked yet. Check the fee and go on.",
        "まだ 予約(よやく)して いません。おかねを みて、つぎに すすんでください。",
    ),
    "calendar.page.go_on": _said("この内容で進む", "Go on with this", "つぎへ"),
    "calendar.page.other_options": _said("備品や人数を直す", "Change equipment or people", "なおす"),
    "calendar.page.already_paid": _said(
        "お支払いが済んでいるときは、料金の差額について窓口からご連絡します。",
        "If you have paid already, the office will contact you about the difference.",
        "もう はらった 人には、おかねの ちがいを しらせます。",
    ),
    "calendar.options_on_page": _said(
        "備品もご入用のときは、この予約に、こちらの画面で追加できます。",
        "If you need equipment too, add it to this booking on the page.",
        "かりる ものが あれば、この がめんで この 予約(よやく)に いれてください。",
    ),
    "calendar.choose_options": _said("備品を選ぶ", "Choose equipment", "かりる ものを えらぶ"),
}
