"""Every sentence with which the calendar refuses: its code, and what citizens read in Japanese, English and やさしい日本語.

One code may have several sentences (`満員です。`, `残りは2名分です。`): each has a name, and the town replaces it under
`calendar.reason.<name>`. Placeholders are filled from the reason's `help`; see `govline.calendar.reasons`.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from govline.calendar.wording.links import LINK_REASONS
from govline.calendar.wording.options import OPTION_REASONS

__all__ = ["CODES", "PREFIX", "REASON_TEXTS"]

PREFIX: Final = "calendar.reason."
_Said = tuple[str, str, str, str]

_SLOT: Final[Mapping[str, _Said]] = {
    "no_slot": (
        "GL-2101",
        "この枠は見つかりません。もう一度お選びください。",
        "This time does not exist any more. Please choose again.",
        "この 時間は ありません。もういちど えらんでください。",
    ),
    "closed": (
        "GL-2102",
        "この枠は中止になりました。別の日時をお選びください。",
        "This time has been cancelled. Please choose another one.",
        "この 時間は やすみに なりました。ほかの 日を えらんでください。",
    ),
    "full": ("GL-2103", "満員です。", "This time is full.", "いっぱいです。"),
    "all_full": (
        "GL-2103",
        "どの日も満員です。取消があると、また予約できるようになります。時間をおいてご確認いただくか、窓口にお問い合わせください。",
        "Every day is full. Places become free when somebody cancels: please look again later, or ask at the counter.",
        "ぜんぶ いっぱいです。だれかが やめると 予約(よやく)できます。あとで もういちど みてください。",
    ),
    "no_slots_ahead": (
        "GL-2101",
        "これからの枠がまだありません。窓口にお問い合わせください。",
        "There are no times to come yet. Please ask at the counter.",
        "これからの 時間が まだ ありません。市役所(しやくしょ)に きいてください。",
    ),
    "few_left": (
        "GL-2103",
        "残りは{remaining}名分です。",
        "Places left for {remaining}.",
        "あと {remaining}人です。",
    ),
    "not_yet": (
        "GL-2104",
        "受付開始前です。受付は{until}からです。",
        "Booking is not open yet. It opens on {until}.",
        "まだ 予約(よやく)できません。{until}から できます。",
    ),
    "kept_for_others": (
        "GL-2104",
        "中止になった枠の方を先にご案内しています。受付は{until}からです。",
        "This time is kept for people whose booking was cancelled. It opens to others on {until}.",
        "やすみに なった 人が さきです。{until}から 予約(よやく)できます。",
    ),
    "ended": (
        "GL-2105",
        "受付は{since}で終了しました。",
        "Booking ended on {since}.",
        "うけつけは {since}に おわりました。",
    ),
    "book_cut_off": (
        "GL-2106",
        "予約の締切({since})を過ぎています。",
        "It is too late to book this time (until {since}).",
        "予約(よやく)は {since}までです。もう できません。",
    ),
    "change_cut_off": (
        "GL-2106",
        "変更の締切({since})を過ぎています。",
        "It is too late to change this booking (until {since}). Please call the office.",
        "かえられるのは {since}までです。もう できません。市役所(しやくしょ)に 電話(でんわ)してください。",
    ),
    "cancel_cut_off": (
        "GL-2106",
        "取消の締切({since})を過ぎています。",
        "It is too late to cancel this booking (until {since}). Please call the office.",
        "やめられるのは {since}までです。もう できません。市役所(しやくしょ)に 電話(でんわ)してください。",
    ),
    "begun": (
        "GL-2110",
        "この枠の開始時刻を過ぎています。",
        "This time has begun already.",
        "この 時間は もう はじまりました。",
    ),
    "overlaps": (
        "GL-2115",
        "同じ時間に、重なる場所の予約が入っています。",
        "Another booking takes this place at that time.",
        "ほかの 人が つかいます。",
    ),
    "pool_empty": (
        "GL-2115",
        "「{pool}」に空きがありません。",
        "Nothing is left of “{pool}”.",
        "「{pool}」は もう ありません。",
    ),
    "pool_left": (
        "GL-2115",
        "「{pool}」の残りは{remaining}です。",
        "Only {remaining} left of “{pool}”.",
        "「{pool}」は あと {remaining}です。",
    ),
}

_BOOKING: Final[Mapping[str, _Said]] = {
    "already_booked": (
        "GL-2107",
        "この枠には、すでにご本人の予約があります。",
        "You have booked this time already.",
        "もう 予約(よやく)しています。",
    ),
    "booked_twice": (
        "GL-2107",
        "{starts}の枠はLINEでも予約されています。電話の予約はそのまま残っています。",
        "You have booked {starts} on LINE as well. The booking by telephone stands beside it.",
        "{starts}は LINEでも 予約(よやく)しています。電話(でんわ)の 予約(よやく)も のこっています。",
    ),
    "limit": (
        "GL-2108",
        "予約はお一人{limit}件までです。",
        "Bookings per person: up to {limit}.",
        "予約(よやく)は 1人 {limit}つまでです。",
    ),
    "party": (
        "GL-2109",
        "1回の予約は{limit}名までです。",
        "People in one booking: up to {limit}.",
        "1つの 予約(よやく)は {limit}人までです。",
    ),
    "other_programme": (
        "GL-2111",
        "別の種類の予約へは変更できません。取り消して予約し直してください。",
        "A booking cannot become one of another kind. Please cancel it and book anew.",
        "ほかの 予約(よやく)には かえられません。やめてから もういちど 予約(よやく)してください。",
    ),
    "no_booking": (
        "GL-2112",
        "この予約は見つかりません。",
        "There is no such booking.",
        "この 予約(よやく)は ありません。",
    ),
    "cancelled": (
        "GL-2112",
        "この予約はすでに取り消されています。",
        "This booking has been cancelled already.",
        "この 予約(よやく)は もう やめています。",
    ),
    "expired": (
        "GL-2112",
        "この仮予約は時間切れです。",
        "The time to confirm this booking is over.",
        "時間が すぎました。この 予約(よやく)は ありません。",
    ),
    "attended": (
        "GL-2112",
        "この予約は受付が済んでいます。",
        "This booking has been checked in already.",
        "この 予約(よやく)は もう うけつけました。",
    ),
    "missed": (
        "GL-2112",
        "この予約の日時は過ぎています。",
        "The time of this booking is over.",
        "この 予約(よやく)の 日は すぎました。",
    ),
    "hold_over": (
        "GL-2113",
        "仮予約の時間が切れました。もう一度お選びください。",
        "The time to confirm has run out. Please choose again.",
        "時間が すぎました。もういちど えらんでください。",
    ),
    "collision": (
        "GL-2114",
        "ほかの手続きと重なりました。もう一度お試しください。",
        "Something else happened at the same moment. Please try again.",
        "うまく できませんでした。もういちど してください。",
    ),
}

_PERSON: Final[Mapping[str, _Said]] = {
    "windows": (
        "GL-2116",
        "いま受け付けている対象は、{windows}です。",
        "Booking is open to: {windows}.",
        "いま 予約(よやく)できる 人は {windows}です。",
    ),
    "who": (
        "GL-2117",
        "対象は{who}です。",
        "This is for: {who}.",
        "予約(よやく)できる 人は {who}です。",
    ),
    "ages": (
        "GL-2118",
        "対象は{on}に{ages}の方です。",
        "This is for people who are {ages} on {on}.",
        "予約(よやく)できる 人は {on}に {ages}の 人です。",
    ),
    "unknown": (
        "GL-2119",
        "対象は{who}です。登録がないため確認できません。先に登録してください。",
        "This is for: {who}. You have not told us yet. Please register first.",
        "予約(よやく)できる 人は {who}です。さきに とうろくしてください。",
    ),
    "group": (
        "GL-2120",
        "対象は{who}の登録団体です。",
        "This is for registered groups: {who}.",
        "予約(よやく)できるのは {who}の グループです。",
    ),
    "group_ended": (
        "GL-2121",
        "団体登録の有効期限({until})を過ぎた日です。更新してください。",
        "Your group is registered until {until} only. Please renew its registration.",
        "グループの とうろくは {until}までです。もういちど とうろくしてください。",
    ),
    "purposes": (
        "GL-2122",
        "登録された利用目的は{purposes}です。",
        "Your group is registered for: {purposes}.",
        "とうろくした ことは {purposes}です。",
    ),
    "needs_voucher": (
        "GL-2123",
        "先に{name}と生年月日を、予約ページで入力してください。",
        "First enter your {name} and date of birth on the booking page.",
        "さきに {name}と うまれた 日を 予約(よやく)の ページに 入(い)れてください。",
    ),
    "voucher_taken": (
        "GL-2124",
        "この{name}では、すでに予約されています。",
        "There is a booking with this {name} already.",
        "この {name}で もう 予約(よやく)しています。",
    ),
    "voucher_ended": (
        "GL-2125",
        "この{name}の有効期限は{until}です。",
        "This {name} is good until {until}.",
        "この {name}は {until}まで つかえます。",
    ),
    "nothing_before": (
        "GL-2126",
        "先に必要な回の予約または記録がありません。",
        "The earlier booking that is needed first was not found.",
        "まえの 予約(よやく)が ありません。さきに まえの 予約(よやく)を してください。",
    ),
    "too_near": (
        "GL-2127",
        "前の回から{limit}日以上あける必要があります。{from}以降をお選びください。",
        "Days needed after the earlier one: {limit}. Please choose {from} or later.",
        "まえの 日から {limit}日より あとです。{from}から あとを えらんでください。",
    ),
    "too_far": (
        "GL-2128",
        "前の回から{limit}日以内の日({until}まで)をお選びください。",
        "Please choose a day within {limit} days of the earlier one (until {until}).",
        "まえの 日から {limit}日までです。{until}までを えらんでください。",
    ),
    "product": (
        "GL-2129",
        "前の回と同じ「{product}」の枠をお選びください。",
        "Please choose a time for “{product}”, the same as before.",
        "まえと おなじ「{product}」を えらんでください。",
    ),
    "unanswered": (
        "GL-2130",
        "先にお答えください。{question}",
        "Please answer first: {question}",
        "さきに こたえてください。{question}",
    ),
    "stopped": (
        "GL-2131",
        "お答えの内容から、この予約はお受けできません。窓口にご相談ください。",
        "From what you answered, this booking cannot be taken. Please ask at the counter.",
        "この 予約(よやく)は できません。市役所(しやくしょ)の 人に きいてください。",
    ),
}

_ENTRY: Final[Mapping[str, _Said]] = {
    "number_digits": (
        "GL-2132",
        "{name}は{digits}桁の数字で入力してください。",
        "Please enter your {name} as {digits} digits.",
        "{name}は {digits}この すうじです。",
    ),
    "number_shape": (
        "GL-2132",
        "{name}は書類に印字されたとおりで入力してください。",
        "Please enter your {name} as it is printed on your paper.",
        "{name}を かみの とおりに 入(い)れてください。",
    ),
    "not_listed": (
        "GL-2133",
        "{name}と生年月日の組み合わせを確認できませんでした。お手元の書類をご確認ください。あと{remaining}回入力できます。",
        "This {name} and date of birth do not match our list. Please look at your paper. Tries left: {remaining}.",
        "{name}か うまれた 日が ちがいます。かみを みてください。あと {remaining}かい できます。",
    ),
    "claim_locked": (
        "GL-2134",
        "入力の誤りが続いたため、{until}まで受け付けを止めています。お急ぎの方は窓口にお電話ください。",
        "There were too many wrong entries. You can try again from {until}. If it is urgent, please call the office.",
        "なんども ちがいました。{until}まで できません。いそぐ 人は 市役所(しやくしょ)に 電話(でんわ)してください。",
    ),
    "voucher_of_another": (
        "GL-2135",
        "この{name}では、すでに別の方が予約されています。窓口にご相談ください。",
        "Somebody else has a booking with this {name}. Please ask at the counter.",
        "この {name}で ほかの 人が 予約(よやく)しています。市役所(しやくしょ)の 人に きいてください。",
    ),
    "wrong_code": (
        "GL-2154",
        "このコードは確認できませんでした。期限切れか、すでに使われたコードかもしれません。あと{remaining}回入力できます。",
        "This code was not found. It may have run out or have been used before. Tries left: {remaining}.",
        "この コードは つかえません。もう つかったか、ふるい コードです。あと {remaining}かい できます。",
    ),
    "code_locked": (
        "GL-2155",
        "コードの入力が続けて違っていたため、{until}まで受け付けません。",
        "There were too many wrong codes. You can try again from {until}.",
        "なんども ちがいました。{until}まで できません。",
    ),
}

_COUNTER: Final[Mapping[str, _Said]] = {
    "not_arrivable": (
        "GL-2112",
        "この予約は受付できる状態ではありません。",
        "This booking cannot be checked in.",
        "この 予約(よやく)は うけつけ できません。",
    ),
    "no_arrival": (
        "GL-2112",
        "取り消せる受付はありません。",
        "There is no check-in to take back.",
        "やめる うけつけは ありません。",
    ),
    "no_such_code": (
        "GL-2156",
        "この番号の予約は見つかりません。",
        "There is no booking with this code.",
        "この ばんごうの 予約(よやく)は ありません。",
    ),
    "other_day": (
        "GL-2157",
        "この予約は{starts}のものです。今日受け付ける場合は理由を入力してください。",
        "This booking is for {starts}. To check in today, enter a reason.",
        "この 予約(よやく)は {starts}です。きょう うけつける わけを 書(か)いてください。",
    ),
    "undo_needs_why": (
        "GL-2158",
        "取り消す理由を入力してください。",
        "Enter a reason for taking it back.",
        "やめる わけを 書(か)いてください。",
    ),
    "no_closure": (
        "GL-2159",
        "再開できる中止はありません。",
        "There is no closure to take back.",
        "もどす やすみは ありません。",
    ),
    "staff_only": (
        "GL-2161",
        "この操作は職員だけができます。",
        "Only staff can do this.",
        "これは 市役所(しやくしょ)の 人だけが できます。",
    ),
    "contact_needed": (
        "GL-2162",
        "この予約には、連絡先(名前か電話番号)が必要です。",
        "This booking needs a name or a telephone number.",
        "名前(なまえ)か 電話番号(でんわばんごう)が いります。",
    ),
    "contact_unwanted": (
        "GL-2163",
        "この予約は匿名です。名前や電話番号は登録しません。",
        "This booking is anonymous. No name or telephone number is kept.",
        "名前(なまえ)や 電話番号(でんわばんごう)は いりません。",
    ),
    "not_unsettled": (
        "GL-2164",
        "この予約に、処理の済んでいない入金はありません。",
        "There is no payment of this booking to be settled.",
        "この 予約(よやく)の お金(かね)は もう だいじょうぶです。",
    ),
    "no_places": (
        "GL-2165",
        "この枠や共有の定員は見つかりません。",
        "There is no such slot or shared supply.",
        "この 時間は ありません。",
    ),
    "no_lock": (
        "GL-2166",
        "この受付停止は見つかりません。すでに終わったか、解除されています。",
        "There is no such lock any more.",
        "もう とまって いません。",
    ),
    "group_decided": (
        "GL-2171",
        "この団体の登録は、ほかの職員がすでに決めています。内容を見直してください。",
        "Somebody else has already decided on this group. Please look at it again.",
        "この だんたいは もう きまっています。",
    ),
    "groups_waiting": (
        "GL-2172",
        "審査を待っている団体登録が{limit}件あります。結果が出てからお申し込みください。",
        "{limit} registrations are waiting already. Please ask again once they are decided.",
        "{limit}つ まっています。きまってから もう いちど してください。",
    ),
}

_SPANS: Final[Mapping[str, tuple[str, str, str]]] = {
    "slot": ("1枠に", " for one time", "1つの 時間に "),
    "day": ("1日に", " a day", "1日に "),
    "month": ("1か月に", " a month", "1か月に "),
    "fiscal_year": ("年度に", " a year (April to March)", "1年(4月から)に "),
    "rolling": ("{days}日間に", " in {days} days", "{days}日に "),
    "programme": ("全部で", " in all", "ぜんぶで "),
}
_UNITS: Final[Mapping[str, tuple[str, str, str]]] = {
    "bookings": ("件", "Bookings per person", "つ"),
    "places": ("名分", "Places per person", "人"),
}


def _limits() -> Iterator[tuple[str, _Said]]:
    for per, (ja, en, easy) in _SPANS.items():
        for counts, (unit, lead, plain) in _UNITS.items():
            yield (
                f"limit_{per}_{counts}",
                (
                    "GL-2108",
                    f"予約はお一人{ja}{{limit}}{unit}までです。",
                    f"{lead}{en}: up to {{limit}}.",
                    f"予約(よやく)は 1人 {easy}{{limit}}{plain}までです。",
                ),
            )


_PHRASES: Final[Mapping[str, tuple[str, str, str]]] = {
    "ages_from": ("{least}歳以上", "{least} or older", "{least}さいから 上"),
    "ages_to": ("{most}歳以下", "{most} or younger", "{most}さいまで"),
    "ages_between": (
        "{least}歳から{most}歳まで",
        "{least} to {most} years old",
        "{least}さいから {most}さいまで",
    ),
    "somebody": ("条件に合う方", "people who meet its conditions", "きまりに あう 人"),
}
_ALL: Final = {
    **_SLOT,
    **OPTION_REASONS,
    **_BOOKING,
    **LINK_REASONS,
    **_PERSON,
    **_ENTRY,
    **_COUNTER,
    **dict(_limits()),
}

CODES: Final[Mapping[str, str]] = {name: code for name, (code, *_) in _ALL.items()}
"""The code of each reason's name."""
REASON_TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    PREFIX + name: dict(zip(("ja", "en", "ja-easy"), said, strict=True))
    for name, said in [*((name, said[1:]) for name, said in _ALL.items()), *_PHRASES.items()]
}
"""The catalogue for `govline.core.texts`."""
