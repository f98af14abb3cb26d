"""What citizens and staff read on the pages of the calendar, and how the state of a slot is called."""

from typing import Final

__all__ = ["PAGE_TEXTS"]


def _said(ja: str, en: str, easy: str) -> dict[str, str]:
    return {"ja": ja, "en": en, "ja-easy": easy}


_STATES: Final = {
    # short enough for a seventh of a telephone's width
    "open": _said("○空き", "○ open", "○あき"),
    "few": _said("△残少", "△ few", "△すこし"),
    "mine": _said("●予約済", "● yours", "●あなた"),
    "refused": _said("×不可", "× no", "×だめ"),
    "not_yet": _said("受付前", "later", "まだ"),
    "full": _said("×満員", "× full", "×いっぱい"),
    "blocked": _said("×使用中", "× in use", "×つかう"),
    "short": _said("×品切", "× none", "×ない"),
    "cut_off": _said("締切", "ended", "おわり"),
    "over": _said("終了", "over", "おわり"),
    "closed": _said("中止", "closed", "やすみ"),
    "none": _said("−", "–", "−"),
}
_LONG: Final = {
    "open": _said("空きがあります", "open", "あいています"),
    "few": _said("残りわずかです", "few places left", "すこし あいています"),
    "mine": _said("予約しています", "you have booked", "あなたが 予約(よやく)しています"),
    "refused": _said("予約できません", "cannot be booked", "予約(よやく) できません"),
    "not_yet": _said("受付開始前です", "not yet open", "まだ はじまっていません"),
    "full": _said("満員です", "full", "いっぱいです"),
    "blocked": _said("ほかの予約と重なります", "overlaps with another booking", "ほかの 人が つかいます"),
    "short": _said("用意した数に達しました", "no more available", "もう ありません"),
    "cut_off": _said("受付は終わりました", "booking has ended", "うけつけは おわりました"),
    "over": _said("終わりました", "over", "おわりました"),
    "closed": _said("中止になりました", "closed", "やすみに なりました"),
    "none": _said("枠がありません", "nothing on this day", "ありません"),
}

PAGE_TEXTS: Final = {
    **{f"calendar.state.{name}": said for name, said in _STATES.items()},
    **{f"calendar.is.{name}": said for name, said in _LONG.items()},
    "calendar.ask_party": _said(
        "何名ですか?({most}名まで)", "How many people? (up to {most})", "なん人ですか?({most}人まで)"
    ),
    "calendar.people": _said("{party}名", "{party}", "{party}人"),
    "calendar.of_slots": _said(
        "({slots}枠中{bookable}枠)", "({bookable} of {slots} times)", "({slots}の なかの {bookable})"
    ),
    "calendar.see_times": _said("時間を見る", "See times", "時間を みる"),
    "calendar.see_why": _said("ほかの日を探す", "Look for others", "ほかの 日を さがす"),
    "calendar.later_days": _said("ほかの日を見る", "Later days", "ほかの 日"),
    "calendar.from_day": _said("{day}から", "From {day}", "{day}から"),
    "calendar.ask_room": _said(
        "{day}の場所をお選びください。", "{day}: which place?", "{day}の ばしょを えらんでください。"
    ),
    "calendar.page.book": _said("予約する", "Book", "予約(よやく)する"),
    "calendar.page.mine": _said("予約の確認・変更・取消", "Your bookings", "あなたの 予約(よやく)"),
    "calendar.page.which": _said(
        "予約する内容をお選びください。", "What do you want to book?", "なにを 予約(よやく)しますか?"
    ),
    "calendar.page.nothing": _said(
        "いま予約できるものはありません。",
        "Nothing can be booked now.",
        "いま 予約(よやく)できる ものは ありません。",
    ),
    "calendar.page.month": _said(
        "{programme}: {month}の空き", "{programme}: {month}", "{programme}: {month}の あき"
    ),
    "calendar.page.how": _said(
        "日付を選ぶと時間が出ます。{party}名分の空きを表示しています。",
        "Choose a day to see its times. Free places for {party} are shown.",
        "日を えらんでください。{party}人の あきが でています。",
    ),
    "calendar.page.how_day": _said(
        "空いている時間を選んでください。{party}名分の空きを表示しています。",
        "Choose a free time. Free places for {party} are shown.",
        "あいている 時間を えらんでください。{party}人の あきが でています。",
    ),
    "calendar.page.other_times": _said(
        "{day}のほかの時間を見る", "Other times on {day}", "{day}の ほかの 時間"
    ),
    "calendar.page.moving": _said(
        "いまのご予約は{now}です。新しい日時を選ぶまで、いまのご予約は残ります。",
        "Your booking now: {now}. It stays until you have a new one.",
        "いまの 予約(よやく)は {now}です。新しい 日を えらぶまで のこります。",
    ),
    "calendar.page.before": _said("前の月({month})", "Earlier ({month})", "まえの 月({month})"),
    "calendar.page.after": _said("次の月({month})", "Later ({month})", "つぎの 月({month})"),
    "calendar.page.next_free": _said(
        "次に空いている日: {day}", "Next free day: {day}", "つぎに あいている 日: {day}"
    ),
    "calendar.page.for_others": _said("{party}名で探す", "For {party} people", "{party}人で さがす"),
    "calendar.page.day_label": _said("{day} {state}", "{day}: {state}", "{day} {state}"),
    "calendar.page.day_free": _said(
        "{day} {state} {slots}枠中{bookable}枠",
        "{day}: {state}, {bookable} of {slots} times",
        "{day} {state} {slots}の なかの {bookable}",
    ),
    "calendar.page.from": _said("{when}から", "from {when}", "{when}から"),
    "calendar.page.times": _said("{programme}: {day}", "{programme}: {day}", "{programme}: {day}"),
    "calendar.page.time": _said("時間", "Time", "時間"),
    "calendar.page.room": _said("場所", "Place", "ばしょ"),
    "calendar.page.state": _said("空き", "Free", "あき"),
    "calendar.page.booking_state": _said("状態", "State", "じょうたい"),
    "calendar.page.left": _said("残{free}", "{free} left", "あと{free}"),
    "calendar.page.choose": _said("{slot}を選ぶ", "Choose {slot}", "{slot}を えらぶ"),
    "calendar.page.empty_day": _said(
        "この日に枠はありません。", "Nothing on this day.", "この日は ありません。"
    ),
    "calendar.page.month_again": _said("カレンダーに戻る", "Back to the month", "カレンダーに もどる"),
    "calendar.page.confirm": _said("予約内容の確認", "Check your booking", "予約(よやく)の かくにん"),
    "calendar.page.confirm_change": _said("変更内容の確認", "Check the change", "かわりの かくにん"),
    "calendar.page.what": _said("内容", "What", "なに"),
    "calendar.page.when": _said("日時", "When", "いつ"),
    "calendar.page.now": _said("いまのご予約", "Your booking now", "いまの 予約(よやく)"),
    "calendar.page.party": _said("人数", "People", "なん人"),
    "calendar.page.do_book": _said("この内容で予約する", "Book this", "予約(よやく)する"),
    "calendar.page.do_change": _said("この内容に変更する", "Change to this", "かえる"),
    "calendar.page.booked": _said("予約しました", "Booked", "予約(よやく)しました"),
    "calendar.page.changed": _said("変更しました", "Changed", "かえました"),
    "calendar.page.cancelled": _said("取り消しました", "Cancelled", "やめました"),
    "calendar.page.tell_booked": _said(
        "予約しました。{booking}", "Booked: {booking}", "予約(よやく)しました。{booking}"
    ),
    "calendar.page.tell_changed": _said(
        "予約を変更しました。{booking}", "Changed: {booking}", "予約(よやく)を かえました。{booking}"
    ),
    "calendar.page.tell_cancelled": _said(
        "予約を取り消しました。{booking}", "Cancelled: {booking}", "予約(よやく)を やめました。{booking}"
    ),
    "calendar.page.no_slot": _said(
        "この枠は見つかりません。カレンダーからお選びください。",
        "There is no such time. Please choose from the calendar.",
        "ありません。カレンダーから えらんでください。",
    ),
    "calendar.page.none_mine": _said(
        "予約はありません。", "You have no bookings.", "予約(よやく)は ありません。"
    ),
    "calendar.page.change": _said("{booking}を変更する", "Change {booking}", "{booking}を かえる"),
    "calendar.page.cancel": _said("{booking}を取り消す", "Cancel {booking}", "{booking}を やめる"),
    "calendar.page.really": _said(
        "この予約を取り消しますか?", "Cancel this booking?", "この 予約(よやく)を やめますか?"
    ),
    "calendar.page.do_cancel": _said("予約を取り消す", "Cancel the booking", "予約(よやく)を やめる"),
    "calendar.page.not_yours": _said(
        "この予約は見つかりません。すでに取り消されたか、終わっています。",
        "There is no such booking any more.",
        "この 予約(よやく)は ありません。",
    ),
    "calendar.page.desk": _said("予約の状況(日ごと)", "Bookings of a day", "予約(よやく)の ひょう"),
    "calendar.page.use": _said("予約の埋まり具合(月)", "Occupancy of a month", "予約(よやく)の うまりぐあい"),
    "calendar.page.taken": _said("予約/定員", "Booked/places", "よやく/ていいん"),
    "calendar.page.bookings": _said("予約の一覧", "Bookings", "よやくの いちらん"),
    "calendar.page.code": _said("予約番号", "Code", "ばんごう"),
    "calendar.page.channel": _said("受付方法", "By", "うけつけ"),
    "calendar.page.claim": _said(
        "予約できる方かどうかの確認", "Show that you may book", "予約(よやく) できる人か しらべる"
    ),
    "calendar.page.claim_why": _said(
        "{programme}は、{name}をお持ちの方が予約できます。書類のとおりに入力してください。入力した内容は、確認のほかには使いません。",
        "{programme} is for people with a {name}. Enter it as it stands on your paper. It is used for this check only.",
        "{programme}は {name}を もっている 人が 予約(よやく) できます。かみの とおりに いれてください。",
    ),
    "calendar.page.born": _said("生年月日", "Date of birth", "うまれた 日"),
    "calendar.page.do_claim": _said("確認する", "Check", "しらべる"),
    "calendar.page.claimed": _said("確認できました", "You may book", "予約(よやく) できます"),
    "calendar.page.claimed_text": _said(
        "続けて日時をお選びください。", "Please choose a date and time now.", "日と 時間を えらんでください。"
    ),
    "calendar.page.not_claimed": _said("確認できませんでした", "Not confirmed", "できませんでした"),
    "calendar.page.merge": _said(
        "電話・窓口での予約をLINEに引き継ぐ",
        "Bookings by telephone or counter",
        "電話(でんわ)の 予約(よやく)を LINEに いれる",
    ),
    "calendar.page.merge_why": _said(
        "電話や窓口で予約した方は、お渡ししたコードを入力すると、この画面とLINEで予約の確認・変更・取消ができます。コードは一度だけ使えます。",
        "If you booked by telephone or at the counter, enter the code you were given. You can then see, change and cancel the booking here and on LINE. A code works once.",
        "電話(でんわ)で 予約(よやく)した 人は、コードを いれてください。LINEで みたり やめたり できます。コードは 1かい つかえます。",
    ),
    "calendar.page.merge_code": _said("コード", "Code", "コード"),
    "calendar.page.merge_help": _said(
        "例: ABCDE-12345 大文字でも小文字でも、ハイフンがなくてもかまいません。",
        "Such as ABCDE-12345. Capitals and hyphens do not matter.",
        "れい: ABCDE-12345",
    ),
    "calendar.page.do_merge": _said("引き継ぐ", "Add to LINE", "LINEに いれる"),
    "calendar.page.merged": _said("LINEに引き継ぎました", "Added to LINE", "LINEに いれました"),
    "calendar.page.merge_nothing": _said(
        "これからの予約はありませんでした。",
        "There were no bookings to come.",
        "これからの 予約(よやく)は ありません。",
    ),
    "calendar.page.not_merged": _said("確認できませんでした", "Not added", "できませんでした"),
    "calendar.page.again": _said("もう一度入力する", "Try again", "もういちど"),
    "calendar.page.tell_merged": _said(
        "電話・窓口での予約{count}件が、LINEで確認・変更・取消できるようになりました。",
        "Bookings by telephone or counter that are on LINE now: {count}.",
        "電話(でんわ)の 予約(よやく) {count}つが LINEに はいりました。",
    ),
    "calendar.page.ics": _said("カレンダーに入れる", "Add to your calendar", "カレンダーに いれる"),
    "calendar.page.add_to_calendar": _said(
        "{booking}をカレンダーに入れる", "Add {booking} to your calendar", "{booking}を カレンダーに いれる"
    ),
    "calendar.page.take_from_calendar": _said(
        "カレンダーからも消す", "Remove it from your calendar", "カレンダーからも けす"
    ),
    "calendar.page.left_what": _said(
        "つながっている予約({rest})はどうしますか?",
        "What about the booking that belongs to it ({rest})?",
        "つづきの 予約(よやく)({rest})は どうしますか?",
    ),
    "calendar.page.second_of": _said(
        "前の回は{first}です。続きの回の日時を選んでください。両方を選び終えるまで、予約は入りません。",
        "The first one is on {first}. Now choose the second one. Nothing is booked until you have chosen both.",
        "まえの 日は {first}です。つづきの 日を えらんでください。ふたつ えらぶまで 予約(よやく)しません。",
    ),
    "calendar.page.second_moves": _said(
        "もう一方は{first}に変更します。この予約の新しい日時を選んでください。選び終えるまで、いまのご予約は両方残ります。",
        "The other one moves to {first}. Now choose the new time of this one. Both bookings stay until you have chosen.",
        "もう ひとつは {first}に かえます。この 予約(よやく)の 日を えらんでください。えらぶまで ふたつとも のこります。",
    ),
    "calendar.page.to_second": _said("続きの回を選ぶ", "Choose the second one", "つづきの 日を えらぶ"),
    "calendar.page.other_second": _said(
        "続きの回を選び直す", "Choose another second one", "つづきの 日を えらびなおす"
    ),
    "calendar.page.first_again": _said(
        "前の回から選び直す", "Choose the first one again", "まえの 日から えらぶ"
    ),
    "calendar.page.both_or_none": _said(
        "両方を一度に受け付けます。どちらかが埋まっていたときは、どちらも変わりません。",
        "Both are taken at once. Where one of them is gone, nothing changes.",
        "ふたつ いっしょに うけつけます。ひとつが いっぱいの ときは なにも かわりません。",
    ),
    "calendar.page.first_one": _said("1回目", "First", "1かいめ"),
    "calendar.page.second_one": _said("2回目", "Second", "2かいめ"),
    "calendar.page.do_book_both": _said("両方を予約する", "Book both", "ふたつ 予約(よやく)する"),
    "calendar.page.both_cost": _said("料金(合計)", "Fee in all", "おかね(ぜんぶ)"),
    "calendar.page.yen": _said("{yen}円", "{yen} yen", "{yen}円"),
    "calendar.page.belongs": _said("組になる予約", "Belongs to", "つづきの 予約(よやく)"),
    "calendar.page.change_both": _said("両方の日時を変更する", "Change both", "ふたつとも かえる"),
    "calendar.page.move_both": _said(
        "もう一方の予約も一緒に変更する", "Move the other one as well", "もう ひとつも いっしょに かえる"
    ),
    "calendar.page.close": _said(
        "この日の枠を中止する", "Close slots of this day", "この 日を やすみに する"
    ),
    "calendar.page.close_of": _said(
        "{programme}: {day}の中止", "{programme}: close {day}", "{programme}: {day}を やすみに する"
    ),
    "calendar.page.closing": _said(
        "中止すると、予約した方だけにお知らせし、ほかの枠を先にご案内します。予約は消えません。",
        "Only those who have booked are told, and they come first elsewhere. No booking is lost.",
        "やすみに すると、予約(よやく)した 人だけに しらせます。",
    ),
    "calendar.page.since": _said("何時の枠から", "From", "なん時から"),
    "calendar.page.until": _said("何時の枠まで", "Until", "なん時まで"),
    "calendar.page.why": _said("理由", "Reason", "わけ"),
    "calendar.page.why_help": _said(
        "住民にそのまま届きます。お名前や電話番号は書かないでください。",
        "Citizens read it as it stands. No names or telephone numbers.",
        "そのまま おくります。名前(なまえ)や 電話番号(でんわばんごう)は かかないでください。",
    ),
    "calendar.page.emergency": _said(
        "夜間でもすぐに知らせる", "Tell people at night too", "よるでも すぐ しらせる"
    ),
    "calendar.page.do_close": _said("中止して知らせる", "Close and tell people", "やすみに して しらせる"),
    "calendar.page.closed": _said("中止しました", "Closed", "やすみに しました"),
    "calendar.page.closed_slots": _said("中止した枠", "Closed slots", "やすみの わく"),
    "calendar.page.displaced": _said("お知らせする予約", "Bookings to be told", "しらせる 予約(よやく)"),
    "calendar.page.wrong_span": _said(
        "終わりは始まりより後の時刻をお選びください。",
        "The end must come after the start.",
        "おわりは はじまりの あとに してください。",
    ),
    "calendar.page.day_before": _said("前の日({day})", "Day before ({day})", "まえの 日({day})"),
    "calendar.page.day_after": _said("次の日({day})", "Day after ({day})", "つぎの 日({day})"),
    "calendar.page.programme": _said("予約の種類", "Programme", "しゅるい"),
    "calendar.booking.held": _said("仮予約", "held", "かり"),
    "calendar.booking.confirmed": _said("予約済", "booked", "よやく"),
    "calendar.booking.displaced": _said("中止(振替待ち)", "to be moved", "やすみ"),
    "calendar.booking.attended": _said("来所", "came", "きた"),
    "calendar.booking.no_show": _said("来所なし", "did not come", "こなかった"),
    "calendar.booking.cancelled": _said("取消", "cancelled", "やめた"),
    "calendar.booking.expired": _said("時間切れ", "expired", "じかんぎれ"),
    "calendar.channel.line": _said("LINE", "LINE", "LINE"),
    "calendar.channel.web": _said("画面", "page", "がめん"),
    "calendar.channel.phone": _said("電話", "telephone", "でんわ"),
    "calendar.channel.counter": _said("窓口", "counter", "まどぐち"),
    "calendar.channel.walk_in": _said("当日来所", "walk-in", "その日"),
}
