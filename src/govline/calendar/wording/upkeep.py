"""What staff read on the pages of places, locks and payments."""

from typing import Final

__all__ = ["UPKEEP_TEXTS"]


def _said(ja: str, en: str, easy: str) -> dict[str, str]:
    return {"ja": ja, "en": en, "ja-easy": easy}


UPKEEP_TEXTS: Final = {
    "calendar.page.places": _said("定員を変える", "Change places", "なん人までか かえる"),
    "calendar.page.places_of": _said(
        "{programme}: {day}の定員", "{programme}: places on {day}", "{programme}: {day}"
    ),
    "calendar.page.places_why": _said(
        "減らしても、予約は消えません。定員を超える予約を一覧に出し、新しい予約は入りません。",
        "No booking is lost. Bookings beyond the places are listed, and nobody else comes in.",
        "へらしても 予約は きえません。",
    ),
    "calendar.page.subject": _said("枠または共有の定員", "Slot or supply", "どの 時間"),
    "calendar.page.places_now": _said(
        "{name} (いま{capacity}、予約{booked})",
        "{name} (now {capacity}, booked {booked})",
        "{name} ({booked}/{capacity})",
    ),
    "calendar.page.places_new": _said("新しい定員", "Places", "なん人"),
    "calendar.page.do_places": _said("定員を変える", "Change", "かえる"),
    "calendar.page.placed": _said("定員を変えました", "Changed", "かえました"),
    "calendar.page.beyond": _said("定員を超える予約", "Bookings beyond the places", "おおすぎる 予約"),
    "calendar.page.staff_why": _said("理由(記録に残ります)", "Reason (stays on record)", "わけ"),
    "calendar.page.staff_why_help": _said(
        "お名前や電話番号は書かないでください。",
        "No names or telephone numbers.",
        "名前は 書かないでください。",
    ),
    "calendar.page.locks": _said("入力の誤りによる受付停止", "Locks of wrong entries", "とまっている 人"),
    "calendar.page.no_locks": _said("受付停止はありません。", "Nobody is locked.", "ありません。"),
    "calendar.page.locks_count": _said("いまの件数", "Now", "いま"),
    "calendar.page.lock": _said("記号", "Pseudonym", "きごう"),
    "calendar.page.lock_kind": _said("止めているもの", "What is locked", "なに"),
    "calendar.page.lock_until": _said("いつまで", "Until", "いつまで"),
    "calendar.page.lock_wrong": _said("誤りの回数", "Wrong entries", "まちがい"),
    "calendar.page.lock_citizen": _said("住民", "citizen", "人"),
    "calendar.page.lock_number": _said("番号", "number", "ばんごう"),
    "calendar.page.lock_source": _said("受付の経路全体", "whole channel", "ぜんたい"),
    "calendar.page.lock_codes": _said("電話予約のコード", "codes of telephone bookings", "コード"),
    "calendar.page.do_release": _said(
        "本人と確かめたので解除する", "Release: I made sure who it is", "もとに もどす"
    ),
    "calendar.page.released": _said("解除しました", "Released", "もどしました"),
    "calendar.page.unsettled": _said(
        "終わった予約への入金", "Payments of bookings that are over", "おわった 予約の お金"
    ),
    "calendar.page.none_unsettled": _said(
        "処理を待つ入金はありません。", "No payment waits.", "ありません。"
    ),
    "calendar.page.paid_at": _said("入金", "Paid", "お金"),
    "calendar.page.repriced": _said(
        "料金が変わった({billed}円→{owed}円)",
        "costs something else now ({billed} → {owed} yen)",
        "おかねが かわった({billed}円→{owed}円)",
    ),
    "calendar.page.paid_late": _said("終わった後", "too late", "おそい"),
    "calendar.page.paid_before": _said("終わる前", "before its end", "まえ"),
    "calendar.page.outcome": _said("どうしたか", "What was done", "どうした"),
    "calendar.page.refunded": _said("返金した", "refunded", "かえした"),
    "calendar.page.kept": _said("返金しない(規則による)", "kept, by the town's terms", "かえさない"),
    "calendar.page.do_settle": _said("記録する", "Note it", "書く"),
    "calendar.page.settled": _said("記録しました", "Noted", "書きました"),
    "calendar.page.staff_booking": _said("予約", "Booking", "予約"),
}
