"""What is read on the pages of group registration."""

from typing import Final

__all__ = ["GROUP_TEXTS"]


def _said(ja: str, en: str, easy: str) -> dict[str, str]:
    return {"ja": ja, "en": en, "ja-easy": easy}


GROUP_TEXTS: Final = {
    "calendar.page.groups": _said("団体登録", "Group registration", "だんたいの とうろく"),
    "calendar.page.groups_why": _said(
        "団体として登録すると、団体の区分に応じた受付や減免で予約できます。職員が確かめた後、結果をLINEでお知らせします。規約や名簿は、求められたときに窓口へお持ちください。",
        "A registered group books in its own reception, with the reduction of its class. Staff look at it and you hear of it on LINE. Bring your rules and list of members to the counter when asked.",
        "だんたいを とうろくすると、やすく なる ことが あります。けっかは LINEで しらせます。",
    ),
    "calendar.page.groups_mine": _said("登録している団体", "Your groups", "わたしの だんたい"),
    "calendar.page.group": _said("団体の名前", "Name of the group", "だんたいの 名前(なまえ)"),
    "calendar.page.group_help": _said(
        "会員の方のお名前や電話番号は書かないでください。",
        "No names or telephone numbers of members.",
        "人の 名前(なまえ)や 電話番号(でんわばんごう)は 書かないでください。",
    ),
    "calendar.page.group_kind": _said("団体の区分", "Class", "どんな だんたい"),
    "calendar.page.group_purposes": _said("利用目的", "Purposes", "なにに つかう"),
    "calendar.page.group_state": _said("登録の状態", "State", "いま"),
    "calendar.page.group_rate": _said("減免の率(%)", "Reduction (%)", "どれだけ やすい(%)"),
    "calendar.page.group_until": _said("有効期限", "Good until", "いつまで"),
    "calendar.page.group_asked_at": _said("申込", "Asked for", "もうしこみ"),
    "calendar.page.group_none": _said("なし", "none", "ありません"),
    "calendar.page.group_asked": _said("審査中", "waiting for staff", "まっている"),
    "calendar.page.group_approved": _said("登録済み", "registered", "とうろくずみ"),
    "calendar.page.group_over": _said("期限切れ", "has run out", "おわり"),
    "calendar.page.group_rejected": _said("登録なし", "not registered", "とうろくなし"),
    "calendar.page.do_ask_group": _said("登録を申し込む", "Ask for registration", "もうしこむ"),
    "calendar.page.group_taken": _said(
        "団体登録を受け付けました", "Your request has been taken", "もうしこみを うけつけました"
    ),
    "calendar.page.group_taken_text": _said(
        "職員が確かめた後、結果をLINEでお知らせします。",
        "Staff look at it, and you hear of it on LINE.",
        "けっかは LINEで しらせます。",
    ),
    "calendar.page.group_line": _said(
        "団体登録の申込を受け付けました。結果が出たらお知らせします。",
        "Your request for group registration has been taken. You hear of it here.",
        "だんたいの もうしこみを うけつけました。けっかは あとで しらせます。",
    ),
    "calendar.page.registrations": _said("団体登録の審査", "Group registrations", "だんたいの とうろく"),
    "calendar.page.registrations_waiting": _said("審査を待つ団体", "Waiting", "まっている だんたい"),
    "calendar.page.registrations_all": _said("登録している団体", "Registered", "とうろくした だんたい"),
    "calendar.page.registrations_none": _said("ありません。", "None.", "ありません。"),
    "calendar.page.registrations_more": _said(
        "ほかにもあります。govline calendar groups で全部を見られます。",
        "There are more: govline calendar groups lists all of them.",
        "もっと あります。",
    ),
    "calendar.page.registration": _said("団体の登録を決める", "Decide on a group", "だんたいを きめる"),
    "calendar.page.decision": _said("決定", "Decision", "どうする"),
    "calendar.page.decision_approve": _said("登録を承認する", "Register it", "とうろくする"),
    "calendar.page.decision_reject": _said("登録しない", "Do not register it", "とうろくしない"),
    "calendar.page.decision_renew": _said(
        "この内容で登録を更新する", "Renew it like this", "あたらしく する"
    ),
    "calendar.page.decision_end": _said("登録を終える", "End its registration", "おわりに する"),
    "calendar.page.do_decide": _said("決めて知らせる", "Decide and tell them", "きめて しらせる"),
    "calendar.page.group_decided": _said("登録を決めました", "Decided", "きめました"),
    "calendar.page.group_unlimited": _said(
        "空欄なら、期限はありません。", "Empty: without an end.", "なければ ずっと。"
    ),
}
