"""What staff read where they book for somebody by telephone or at the counter."""

from typing import Final

__all__ = ["TAKE_TEXTS"]


def _said(ja: str, en: str, easy: str) -> dict[str, str]:
    return {"ja": ja, "en": en, "ja-easy": easy}


TAKE_TEXTS: Final = {
    "calendar.page.take": _said(
        "電話・窓口の予約を入れる", "Book by telephone or at the counter", "でんわの 予約(よやく)を いれる"
    ),
    "calendar.page.take_how": _said(
        "日付を選ぶと時間が出ます。規則で断られる枠も、理由を書いて特例で予約できることがあります。",
        "Choose a day to see its times. What a rule refuses can sometimes be booked with a reason.",
        "日を えらんでください。",
    ),
    "calendar.page.take_name": _said("お名前", "Name", "名前"),
    "calendar.page.take_phone": _said("電話番号", "Telephone number", "でんわばんごう"),
    "calendar.page.take_sealed": _said(
        "封印して保存します。お名前か電話番号があれば、LINEへの引き継ぎコードが出ます。",
        "Kept sealed. With a name or number, a code to bring the booking to LINE is given.",
        "ひみつに します。",
    ),
    "calendar.page.take_second": _said("続けて予約する2回目", "The second one with it", "2かいめ"),
    "calendar.page.take_override": _said(
        "規則による断りを外して予約する(特例)", "Set the rules' refusal aside", "とくべつに 予約(よやく)する"
    ),
    "calendar.page.take_override_help": _said(
        "理由が必要で、記録に残ります。定員を超える予約は入りません。",
        "Needs a reason, which stays on record. Never beyond the places.",
        "わけを 書いてください。",
    ),
    "calendar.page.take_may": _said(
        "上の断りは、理由を書けば特例で外せます。",
        "What refuses this can be set aside with a reason.",
        "わけを 書けば 予約(よやく)できます。",
    ),
    "calendar.page.take_reason": _said(
        "特例の理由を書いてください。", "Say why the rules are set aside.", "わけを 書いてください。"
    ),
    "calendar.page.take_why": _said(
        "理由(特例のとき。記録に残ります)", "Reason (to set rules aside; stays on record)", "わけ"
    ),
    "calendar.page.take_code": _said(
        "LINEへの引き継ぎコード(読み上げ用、30日間・一度だけ)",
        "Code for LINE (to read out; 30 days, once)",
        "LINEの コード",
    ),
    "calendar.page.take_more": _said("続けて予約を入れる", "Book another", "もう ひとつ 予約(よやく)する"),
    "calendar.page.take_day": _said("この日の予約を見る", "Bookings of this day", "この日の 予約(よやく)"),
}
