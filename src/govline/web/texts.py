"""What the pages say by themselves: ja, en and やさしい日本語; a town replaces any of them under `features: web: texts:`."""

from collections.abc import Mapping
from typing import Final

__all__ = ["WEB_TEXTS"]


def _all(ja: str, en: str, easy: str) -> Mapping[str, str]:
    return {"ja": ja, "en": en, "ja-easy": easy}


WEB_TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    # the shell
    "web.skip": _all("本文へ移動", "Skip to the content", "ほんぶんへ"),
    "web.language": _all("表示言語", "Language", "ことば"),
    "web.sign_out": _all("ログアウト", "Sign out", "ログアウト"),
    "web.signed_out": _all("ログアウトしました。", "You are signed out.", "ログアウトしました。"),
    "web.menu": _all("手続きの一覧", "All pages", "できること"),
    "web.menu_empty": _all(
        "現在ご利用になれる手続きはありません。",
        "There is nothing to do here now.",
        "いま できることは ありません。",
    ),
    "web.back": _all("手続きの一覧へ戻る", "Back to all pages", "さいしょへ もどる"),
    "web.staff_area": _all("職員用", "For staff", "しょくいんよう"),
    # forms
    "web.send": _all("送信する", "Send", "おくる"),
    "web.keep": _all("入力の途中で保存する", "Save as a draft", "とちゅうで ほぞんする"),
    "web.kept": _all(
        "途中まで保存しました。{days}日以内に、この画面から続きを入力できます。",
        "Saved as a draft. You can go on from this page within {days} days.",
        "とちゅうまで ほぞんしました。{days}にち いないに つづけられます。",
    ),
    "web.resumed": _all(
        "前回の入力の続きを表示しています。ファイルは選び直してください。",
        "This is what you entered before. Please choose files again.",
        "まえの つづきです。ファイルは もういちど えらんでください。",
    ),
    "web.review": _all("入力内容の確認へ進む", "Review your entries", "かいたものを みる"),
    "web.review_title": _all("入力内容の確認", "Check your entries", "かいたものを みてください"),
    "web.check": _all(
        "まだ送信されていません。内容を確認してください。",
        "Nothing has been sent yet. Please check your entries.",
        "まだ おくって いません。まちがいが ないか みてください。",
    ),
    "web.edit": _all("修正する", "Correct", "なおす"),
    "web.yes": _all("はい", "Yes", "はい"),
    "web.no": _all("いいえ", "No", "いいえ"),
    "web.not_given": _all("入力なし", "Not given", "なし"),
    "web.discard": _all("入力を取り消して最初から", "Discard the draft", "けして さいしょから"),
    "web.required_mark": _all("必須", "required", "かならず"),
    "web.choose": _all("選択してください", "Please choose", "えらんでください"),
    "web.errors": _all(
        "入力を確認してください({count}件)",
        "Please check your entries ({count})",
        "もういちど みてください({count})",
    ),
    "web.required": _all(
        "「{label}」を入力してください。", "Please fill in “{label}”.", "「{label}」を かいてください。"
    ),
    "web.choose_one": _all(
        "「{label}」を選択してください。", "Please choose “{label}”.", "「{label}」を えらんでください。"
    ),
    "web.must_agree": _all(
        "「{label}」にチェックしてください。", "Please tick “{label}”.", "「{label}」を おしてください。"
    ),
    "web.too_long": _all(
        "「{label}」は{most}文字以内で入力してください。",
        "“{label}” may have at most {most} characters.",
        "「{label}」は {most}もじまで です。",
    ),
    "web.too_short": _all(
        "「{label}」は{least}文字以上で入力してください。",
        "“{label}” needs at least {least} characters.",
        "「{label}」は {least}もじより おおく かいてください。",
    ),
    "web.unreadable": _all(
        "「{label}」に使えない文字があります。",
        "“{label}” holds characters that cannot be used.",
        "「{label}」に つかえない もじが あります。",
    ),
    "web.individual_number": _all(
        "「{label}」に個人番号(マイナンバー)と思われる数字があります。個人番号は入力しないでください。",
        "“{label}” seems to hold an Individual Number (My Number). Please do not enter it.",
        "「{label}」に マイナンバーを かかないでください。",
    ),
    "web.no_number": _all(
        "「{label}」は数字で入力してください。",
        "“{label}” must be a number.",
        "「{label}」は すうじで かいてください。",
    ),
    "web.too_small": _all(
        "「{label}」は{least}以上で入力してください。",
        "“{label}” must be {least} or more.",
        "「{label}」は {least}か、{least}より おおきい すうじです。",
    ),
    "web.too_large": _all(
        "「{label}」は{most}以下で入力してください。",
        "“{label}” must be {most} or less.",
        "「{label}」は {most}か、{most}より ちいさい すうじです。",
    ),
    "web.no_date": _all(
        "「{label}」は2026-04-01のような日付で入力してください。",
        "“{label}” must be a date such as 2026-04-01.",
        "「{label}」は 2026-04-01 のように かいてください。",
    ),
    "web.file.GL-8120": _all(
        "「{label}」のファイルが大きすぎます。",
        "The file for “{label}” is too large.",
        "「{label}」が おおきすぎます。",
    ),
    "web.file.GL-8121": _all(
        "「{label}」のファイルは受け付けられない種類か、壊れています。",
        "The file for “{label}” is of a type that is not taken, or broken.",
        "「{label}」は つかえない ファイルです。",
    ),
    "web.file.GL-8122": _all(
        "「{label}」のファイルは開くと大きくなりすぎるため、受け付けられません。",
        "The file for “{label}” would become far too large when opened.",
        "「{label}」は おおきすぎて つかえません。",
    ),
    "web.file_help": _all("{kinds}、{size}まで", "{kinds}, at most {size}", "{kinds} {size}まで"),
    # signing in
    "web.sign_in": _all("LINEでログイン", "Sign in with LINE", "LINEで ログイン"),
    "web.sign_in_why": _all(
        "ご本人の画面を表示するため、LINEでログインしてください。",
        "Please sign in with LINE to see your own page.",
        "あなたの がめんを みるために、LINEで ログインしてください。",
    ),
    "web.staff_sign_in": _all("職員ログイン", "Staff sign-in", "しょくいん ログイン"),
    "web.staff_name": _all("ログイン名", "Name", "なまえ"),
    "web.staff_password": _all("パスワード", "Password", "パスワード"),
    "web.enter": _all("ログインする", "Sign in", "ログインする"),
    # refusals, by code
    "web.refused": _all("表示できません", "This cannot be shown", "みることが できません"),
    "web.refused.default": _all(
        "お手数ですが、LINEの画面から開き直してください。",
        "Please open the page again from LINE.",
        "LINEから もういちど ひらいてください。",
    ),
    "web.refused.GL-8107": _all(
        "LINEでのログインを完了できませんでした。もう一度お試しください。",
        "Signing in with LINE did not work. Please try again.",
        "ログインできませんでした。もういちど してください。",
    ),
    "web.refused.GL-8110": _all(
        "安全のため、この送信は受け付けませんでした。画面を開き直して、もう一度送信してください。",
        "For your safety this was not taken. Please open the page again and send once more.",
        "うけとりませんでした。もういちど ひらいて おくってください。",
    ),
    "web.refused.GL-8111": _all(
        "ログインの有効時間が過ぎました。もう一度ログインしてください。",
        "You are no longer signed in. Please sign in again.",
        "じかんが すぎました。もういちど ログインしてください。",
    ),
    "web.draft_saved": _all(
        "入力した内容は下書きに残しました。ログイン後、この画面から続けられます。",
        "What you entered is kept as a draft. You can go on after signing in.",
        "かいたことは のこっています。ログインすると つづけられます。",
    ),
    "web.refused.GL-8112": _all(
        "別の自治体の画面です。その自治体のLINEから開いてください。",
        "This page belongs to another town. Please open it from that town's account.",
        "ほかの まちの がめんです。その まちの LINEから ひらいてください。",
    ),
    "web.refused.GL-8113": _all(
        "このリンクは、有効期限が過ぎたか、すでに使用されています。",
        "This link has expired, or was used already.",
        "この リンクは もう つかえません。",
    ),
    "web.refused.GL-8114": _all(
        "この画面を使う権限がありません。", "You may not use this page.", "この がめんは つかえません。"
    ),
    "web.refused.GL-8115": _all(
        "ログイン名かパスワードが違うか、一時的に使えなくなっています。",
        "Name or password do not fit, or the account is locked for a while.",
        "なまえか パスワードが ちがいます。",
    ),
    "web.refused.GL-8120": _all(
        "送信されたデータが大きすぎるか、時間がかかりすぎました。",
        "What was sent is too large, or took too long.",
        "おおきすぎて うけとれません。",
    ),
    "web.refused.GL-8123": _all(
        "送信されたデータを読み取れませんでした。",
        "What was sent cannot be read.",
        "よむことが できませんでした。",
    ),
    "web.refused.GL-8124": _all(
        "操作が続いたため、少し時間をおいてからお試しください。",
        "Too many requests. Please wait a little.",
        "すこし まってから もういちど してください。",
    ),
    "web.refused.GL-8125": _all(
        "お探しのページは見つかりませんでした。", "There is no such page.", "ページが ありません。"
    ),
    "web.refused.GL-8126": _all(
        "この操作は受け付けられません。", "This cannot be done here.", "それは できません。"
    ),
    "web.again": _all("もう一度試す", "Try again", "もういちど"),
    "web.refused.GL-8128": _all(
        "ただいま混み合っていて、処理を終えられませんでした。少し待ってから、もう一度お試しください。同じ申込みが二重に受け付けられることはありません。",
        "We are very busy and could not finish. Please wait a moment and try again. The same request is never taken twice.",
        "いま こんでいます。すこし まってから もういちど してください。おなじ ことが 2かい うけつけられることは ありません。",
    ),
    "web.refused.GL-8127": _all(
        "処理中に問題が起きました。しばらくしてから、もう一度お試しください。",
        "Something went wrong. Please try again in a little while.",
        "うまく できませんでした。すこし まってから もういちど してください。",
    ),
    "web.code": _all("番号", "Code", "ばんごう"),
    # kinds of notices, said in words
    "web.notice.info": _all("お知らせ", "Note", "おしらせ"),
    "web.notice.done": _all("完了", "Done", "できました"),
    "web.notice.warning": _all("注意", "Please note", "ちゅうい"),
    # the chat
    "web.open": _all("画面を開く", "Open", "ひらく"),
    "web.here": _all("こちらから手続きできます。", "You can do this here.", "ここから できます。"),
    "web.closed": _all(
        "申し訳ありません。現在この画面は開けません。",
        "Sorry, this page cannot be opened now.",
        "ごめんなさい。いま この がめんは ひらけません。",
    ),
    # staff's own page
    "web.outbox": _all("送信の状況", "What goes out", "おくったもの"),
    "web.outbox_caption": _all("種類と状態ごとの件数", "Count by kind and state", "かず"),
    "web.outbox_kind": _all("種類", "Kind", "しゅるい"),
    "web.outbox_state": _all("状態", "State", "じょうたい"),
    "web.outbox_count": _all("件数", "Count", "かず"),
    "web.state.asleep": _all("予約中", "waiting for its time", "まっています"),
    "web.state.ready": _all("送信待ち", "about to go", "もうすぐ"),
    "web.state.leased": _all("送信中", "going out", "おくっています"),
    "web.state.done": _all("完了", "done", "おわりました"),
    "web.state.dead": _all("失敗(要確認)", "failed (needs attention)", "だめでした"),
    "web.state.unknown": _all("結果不明(要確認)", "outcome unknown (needs attention)", "わかりません"),
    "web.state.skipped": _all("取りやめ", "skipped", "やめました"),
    "web.queue.reply": _all("返信", "replies", "へんじ"),
    "web.queue.line": _all("個別の通知", "single notices", "おしらせ"),
    "web.queue.delivery": _all("一斉配信", "deliveries", "みんなへ"),
    "web.queue.event": _all("機能の連携", "between features", "なかの れんらく"),
    "web.outbox_empty": _all("送信はありません。", "Nothing has gone out.", "ありません。"),
    "web.outbox_attention": _all(
        "確認の必要な送信が{count}件あります。govline outbox list で内容を確かめてください。",
        "{count} need attention: see govline outbox list.",
        "{count}けん たしかめてください。",
    ),
}
