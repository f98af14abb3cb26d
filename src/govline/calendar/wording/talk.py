"""What citizens read about bookings; a town replaces any of it with `texts:` in the feature's settings."""

from typing import Final

from govline.calendar.wording.reasons import REASON_TEXTS

__all__ = ["CALENDAR_TEXTS"]

CALENDAR_TEXTS: Final = {
    **REASON_TEXTS,
    "calendar.ask_slot": {
        "ja": "{programme}の日時をお選びください。",
        "en": "Please choose a date and time for {programme}.",
        "ja-easy": "{programme}の 日と 時間を えらんでください。",
    },
    "calendar.ask_new_slot": {
        "ja": "{now} からの変更です。新しい日時をお選びください。",
        "en": "Changing {now}. Please choose a new date and time.",
        "ja-easy": "{now} を かえます。新しい 日と 時間を えらんでください。",
    },
    "calendar.no_slots": {
        "ja": "{programme}は、いま予約できる枠がありません。",
        "en": "{programme}: nothing can be booked at the moment.",
        "ja-easy": "{programme}は いま 予約(よやく)できません。",
    },
    "calendar.no_slots_on": {
        "ja": "{day}に予約できる枠はありません。ほかの日時をお選びください。",
        "en": "Nothing can be booked on {day}. Please choose another date and time.",
        "ja-easy": "{day}は 予約(よやく)できません。ほかの 日を えらんでください。",
    },
    "calendar.not_a_slot": {
        "ja": "下のボタンから日時をお選びください。",
        "en": "Please choose a date and time with the buttons below.",
        "ja-easy": "下の ボタンから えらんでください。",
    },
    "calendar.ask_second": {
        "ja": "{first} ですね。続きの回の日時をお選びください。",
        "en": "{first}. Now please choose the time of the second one.",
        "ja-easy": "{first} ですね。つづきの 日と 時間を えらんでください。",
    },
    "calendar.ask_both": {
        "ja": "{first} に変更するには、続きの予約({now})も一緒に変更します。その新しい日時をお選びください。",
        "en": "To move to {first}, the booking that belongs to it ({now}) has to move as well. Please choose its new time.",
        "ja-easy": "{first} に かえるときは、つづきの 予約(よやく)({now})も かえます。その 日と 時間を えらんでください。",
    },
    "calendar.first_again": {
        "ja": "前の回を選び直す",
        "en": "Choose first again",
        "ja-easy": "まえの 日から えらぶ",
    },
    "calendar.first_anew": {
        "ja": "{first} は選べませんでした。{why}\nもう一度、別の日時をお選びください。",
        "en": "{first} could not be chosen. {why}\nPlease choose another time.",
        "ja-easy": "{first} は えらべません。{why}\nもういちど べつの 日を えらんでください。",
    },
    "calendar.both": {
        "ja": "{first} と {second}",
        "en": "{first} and {second}",
        "ja-easy": "{first} と {second}",
    },
    "calendar.both_moved": {
        "ja": "両方の予約を変更しました。",
        "en": "Both bookings have been moved.",
        "ja-easy": "ふたつの 予約(よやく)を かえました。",
    },
    "calendar.pair_code": {
        "ja": "{booking} 受付番号 {code}",
        "en": "{booking}, code {code}",
        "ja-easy": "{booking} ばんごう {code}",
    },
    "calendar.follows": {
        "ja": "({first} の続き)",
        "en": " (follows {first})",
        "ja-easy": "({first} の つづき)",
    },
    "calendar.ask_left": {
        "ja": "つながっている予約があります。\n{rest}\nこちらも取り消しますか?お返事がなければ、予約はそのまま残ります。",
        "en": "A booking that belongs to it still stands:\n{rest}\nCancel it as well? Without an answer it stays.",
        "ja-easy": "つづきの 予約(よやく)が あります。\n{rest}\nこれも やめますか? へんじが ないときは のこります。",
    },
    "calendar.cancel_left": {
        "ja": "こちらも取り消す",
        "en": "Cancel it as well",
        "ja-easy": "これも やめる",
    },
    "calendar.keep_left": {
        "ja": "そのまま残す",
        "en": "Keep it",
        "ja-easy": "のこす",
    },
    "calendar.left_by_others": {
        "ja": "【予約のお知らせ】次の予約が取り消されました。\n{booking}",
        "en": "[Booking] This booking has been cancelled:\n{booking}",
        "ja-easy": "【おしらせ】この 予約(よやく)は なくなりました。\n{booking}",
    },
    "calendar.left_gone": {
        "ja": "取り消しました。\n{rest}",
        "en": "Cancelled:\n{rest}",
        "ja-easy": "やめました。\n{rest}",
    },
    "calendar.left_kept": {
        "ja": "次の予約は、そのまま残っています。\n{rest}",
        "en": "This booking still stands:\n{rest}",
        "ja-easy": "この 予約(よやく)は のこっています。\n{rest}",
    },
    "calendar.nothing_left": {
        "ja": "つながっている予約は、もうありません。予約の一覧をご確認ください。",
        "en": "No booking is left of these. Please look at your bookings.",
        "ja-easy": "つづきの 予約(よやく)は もう ありません。",
    },
    "calendar.to_own_calendar": {
        "ja": "{when}をカレンダーへ",
        "en": "Save {when}",
        "ja-easy": "{when} カレンダーへ",
    },
    "calendar.merge_here": {
        "ja": "電話や窓口での予約を、このLINEで確認・変更・取消できるようにします。お渡ししたコードを、下の画面で入力してください。コードはここには書き込まないでください。",
        "en": "See, change and cancel here what you booked by telephone or at the counter. Enter your code on the page below. Please do not write the code here.",
        "ja-easy": "電話(でんわ)の 予約(よやく)を LINEで みることが できます。下の がめんに コードを いれてください。ここには 書(か)かないでください。",
    },
    "calendar.open_page": {
        "ja": "コードを入力する",
        "en": "Enter the code",
        "ja-easy": "コードを いれる",
    },
    "calendar.merge_at_counter": {
        "ja": "いまはこの手続きを受け付けていません。電話か窓口でお申し出ください。",
        "en": "This is not open at the moment. Please call the office or come to the counter.",
        "ja-easy": "いまは できません。市役所(しやくしょ)に 電話(でんわ)してください。",
    },
    "calendar.free": {
        "ja": "残{free}",
        "en": "{free} left",
        "ja-easy": "あと{free}",
    },
    "calendar.next_page": {
        "ja": "次の候補",
        "en": "More choices",
        "ja-easy": "つぎ",
    },
    "calendar.first_page": {
        "ja": "最初の候補",
        "en": "First choices",
        "ja-easy": "はじめ",
    },
    "calendar.pick_day": {
        "ja": "日付で探す",
        "en": "Choose a day",
        "ja-easy": "日から さがす",
    },
    "calendar.no_bookings": {
        "ja": "予約はありません。",
        "en": "You have no bookings.",
        "ja-easy": "予約(よやく)は ありません。",
    },
    "calendar.your_bookings": {
        "ja": "ご予約の一覧です。",
        "en": "Your bookings:",
        "ja-easy": "あなたの 予約(よやく)です。",
    },
    "calendar.which_booking": {
        "ja": "どの予約ですか?",
        "en": "Which booking?",
        "ja-easy": "どの 予約(よやく)ですか?",
    },
    "calendar.not_a_booking": {
        "ja": "下のボタンから予約をお選びください。",
        "en": "Please choose a booking with the buttons below.",
        "ja-easy": "下の ボタンから えらんでください。",
    },
    "calendar.party": {
        "ja": "{label} {party}名",
        "en": "{label} for {party}",
        "ja-easy": "{label} {party}人",
    },
    "calendar.confirm_cancel": {
        "ja": "{booking} の予約を取り消しますか?",
        "en": "Do you want to cancel {booking}?",
        "ja-easy": "{booking} の 予約(よやく)を やめますか?",
    },
    "calendar.yes_cancel": {
        "ja": "取り消す",
        "en": "Cancel it",
        "ja-easy": "やめる",
    },
    "calendar.no_keep": {
        "ja": "取り消さない",
        "en": "Keep it",
        "ja-easy": "やめない",
    },
    "calendar.choose_answer": {
        "ja": "下のボタンからお選びください。",
        "en": "Please choose with the buttons below.",
        "ja-easy": "下の ボタンから えらんでください。",
    },
    "calendar.stopped": {
        "ja": "お答えの内容から、この予約はお受けできません。窓口にご相談ください。",
        "en": "From what you answered, this booking cannot be taken. Please ask at the counter.",
        "ja-easy": "この 予約(よやく)は できません。市役所(しやくしょ)の 人に きいてください。",
    },
    "calendar.unpaid": {
        "ja": "{programme}のご予約は、期限までにお支払いが確認できなかったため取り消しました。",
        "en": "Your booking for {programme} was cancelled because it was not paid in time.",
        "ja-easy": "{programme}の 予約(よやく)は、お金が はらわれなかったので なくなりました。",
    },
    "calendar.soon": {
        "ja": "まもなくのご予約のため、あらためてのお知らせはありません。{when}にお越しください。",
        "en": "Your booking is soon, so there will be no further reminder. Please come on {when}.",
        "ja-easy": "もうすぐの 予約(よやく)です。おしらせは もう ありません。{when}に きてください。",
    },
    "calendar.office_closed": {
        "ja": "ただいまの時間は、職員がお答えできません。職員がお答えする時間は、開庁日の{hours}です。次は{when}からです。",
        "en": "The office is closed now. Staff answer on working days, {hours}; next from {when}.",
        "ja-easy": "いま 職員(しょくいん)は いません。{hours}に います。つぎは {when}からです。",
    },
    "calendar.reminder": {
        "ja": "【予約のお知らせ】{programme}のご予約は{when}です。",
        "en": "[Reminder] Your booking for {programme} is on {when}.",
        "ja-easy": "【予約(よやく)の おしらせ】{programme}は {when}です。",
    },
    "calendar.closed": {
        "ja": "【中止のお知らせ】{programme} {when}は中止になりました。{reason}\n{until}まで、優先して別の日時に変更できます。下のボタンからお選びください。",
        "en": "[Cancelled] {programme} on {when} will not take place. {reason}\nUntil {until} you may choose another time before others. Use the buttons below.",
        "ja-easy": "【おしらせ】{programme} {when}は ありません。{reason}\n{until}までに 下の ボタンから べつの 日を えらんでください。",
    },
    "calendar.reopened": {
        "ja": "【再開のお知らせ】{programme} {when}は予定どおり行います。ご予約はそのまま有効です。",
        "en": "[Takes place] {programme} on {when} takes place after all. Your booking stands.",
        "ja-easy": "【おしらせ】{programme} {when}は あります。予約(よやく)は そのままです。",
    },
    "calendar.rebooked": {
        "ja": "{programme}の予約を{when}に変更しました。",
        "en": "Your booking for {programme} has been moved to {when}.",
        "ja-easy": "{programme}の 予約(よやく)を {when}に かえました。",
    },
    "calendar.rebook_over": {
        "ja": "この変更の受付は終わっているか、すでに変更済みです。予約の一覧をご確認ください。",
        "en": "This can no longer be changed here, or has been changed already. Please look at your bookings.",
        "ja-easy": "ここでは もう かえられません。予約(よやく)を みてください。",
    },
    "calendar.group.approved": {
        "ja": "【団体登録】登録を承認しました。内容は団体登録の画面をご覧ください。",
        "en": "[Group registration] Your group is registered. The page of groups shows how.",
        "ja-easy": "【だんたいの とうろく】とうろくが できました。くわしくは がめんを みてください。",
    },
    "calendar.group.approved_until": {
        "ja": "【団体登録】登録を承認しました({until}まで)。内容は団体登録の画面をご覧ください。",
        "en": "[Group registration] Your group is registered until {until}. The page of groups shows how.",
        "ja-easy": "【だんたいの とうろく】とうろくが できました。{until}までです。くわしくは がめんを みてください。",
    },
    "calendar.group.renewed": {
        "ja": "【団体登録】登録の内容が新しくなりました。団体登録の画面をご覧ください。",
        "en": "[Group registration] Your registration has been renewed. Please see the page of groups.",
        "ja-easy": "【だんたいの とうろく】とうろくが あたらしく なりました。がめんを みてください。",
    },
    "calendar.group.renewed_until": {
        "ja": "【団体登録】登録の内容が新しくなりました({until}まで)。団体登録の画面をご覧ください。",
        "en": "[Group registration] Your registration has been renewed, until {until}. Please see the page of groups.",
        "ja-easy": "【だんたいの とうろく】とうろくが あたらしく なりました。{until}までです。がめんを みてください。",
    },
    "calendar.group.rejected": {
        "ja": "【団体登録】今回は登録を承認できませんでした。くわしくは窓口におたずねください。",
        "en": "[Group registration] Your group could not be registered. Please ask at the counter.",
        "ja-easy": "【だんたいの とうろく】とうろくが できませんでした。市役所(しやくしょ)の 人に きいてください。",
    },
    "calendar.group.ended": {
        "ja": "【団体登録】団体の登録が終わりました。くわしくは窓口におたずねください。",
        "en": "[Group registration] Your registration has ended. Please ask at the counter.",
        "ja-easy": "【だんたいの とうろく】とうろくが おわりました。市役所(しやくしょ)の 人に きいてください。",
    },
}
