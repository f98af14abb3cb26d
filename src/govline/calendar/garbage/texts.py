"""What citizens read about garbage days; a town replaces any of it with `texts:` in the feature's settings."""

from typing import Final

__all__ = ["GARBAGE_TEXTS"]

GARBAGE_TEXTS: Final = {
    "garbage.tomorrow": {
        "ja": "【ごみ収集のお知らせ】明日 {day} の収集",
        "en": "[Garbage collection] Tomorrow, {day}",
        "ja-easy": "【ごみの おしらせ】あした {day}",
    },
    "garbage.today": {
        "ja": "【ごみ収集のお知らせ】今日 {day} の収集",
        "en": "[Garbage collection] Today, {day}",
        "ja-easy": "【ごみの おしらせ】きょう {day}",
    },
    "garbage.line": {
        "ja": "{area}: {kinds}",
        "en": "{area}: {kinds}",
        "ja-easy": "{area}: {kinds}",
    },
    "garbage.changes": {
        "ja": "【ごみ収集のお知らせ】収集日が変わります",
        "en": "[Garbage collection] A collection day changes",
        "ja-easy": "【ごみの おしらせ】ごみの日が かわります",
    },
    "garbage.day_off": {
        "ja": "※{area}: {day} の{kinds}はお休みです。",
        "en": "* {area}: no collection of {kinds} on {day}.",
        "ja-easy": "※{area}: {day} の {kinds}は ありません。",
    },
    "garbage.day_moved": {
        "ja": "※{area}: {day} の{kinds}は {to} に変わります。",
        "en": "* {area}: {kinds} of {day} will be collected on {to}.",
        "ja-easy": "※{area}: {day} の {kinds}は {to} に なります。",
    },
    "garbage.ask_area": {
        "ja": "お住まいの地区の名前を入力してください(一部やひらがなでも探せます)。",
        "en": "Please type the name of your area (a part of it is enough).",
        "ja-easy": "すんでいる ところの 名前(なまえ)を かいてください。ひらがなでも いいです。",
    },
    "garbage.ask_town": {
        "ja": "どの地区ですか? お住まいの町名か郵便番号でも探せます(一部やひらがなでもかまいません。番地や建物名は要りません)。",
        "en": "Which area? Type the name of your neighbourhood or your postcode (a part is enough; no house number or building, please).",
        "ja-easy": "どこに すんでいますか? 町(まち)の 名前(なまえ)か 郵便番号(ゆうびんばんごう)を かいてください。ひらがなでも いいです。番地(ばんち)は いりません。",
    },
    "garbage.town_only": {
        "ja": "番地や建物名は要りません。町名だけで探し、ほかは残しません。",
        "en": "House numbers and buildings are not needed: only the neighbourhood is looked up, and the rest is not kept.",
        "ja-easy": "番地(ばんち)は いりません。町(まち)の 名前(なまえ)だけで さがします。ほかは のこしません。",
    },
    "garbage.which_part": {
        "ja": "「{town}」は地区が分かれています。どちらですか?",
        "en": "{town} has several areas. Which one is yours?",
        "ja-easy": "「{town}」には いくつか あります。どれですか?",
    },
    "garbage.which_area": {
        "ja": "どの地区ですか?",
        "en": "Which area?",
        "ja-easy": "どこですか?",
    },
    "garbage.many_areas": {
        "ja": "{count}件見つかりました。もう少し長く入力するか、下からお選びください。",
        "en": "{count} areas found. Type a little more, or choose below.",
        "ja-easy": "{count}こ あります。もうすこし かくか、下から えらんでください。",
    },
    "garbage.no_such_area": {
        "ja": "合う地区が見つかりません。別の書き方でお試しください(町名の一部や、ひらがなでも探せます)。",
        "en": "No such area was found. Please try another spelling (a part of the name is enough).",
        "ja-easy": "みつかりません。ほかの かきかたで かいてください。ひらがなでも いいです。",
    },
    "garbage.area_saved": {
        "ja": "地区を「{area}」に設定しました。",
        "en": "Your area is now {area}.",
        "ja-easy": "「{area}」に しました。",
    },
    "garbage.move_ask": {
        "ja": "お引越しですね。ごみ収集日のお知らせを「{area}」に変えますか?",
        "en": "You have moved. Shall the garbage notices be for {area} from now on?",
        "ja-easy": "ひっこしましたか? ごみの おしらせを「{area}」に しますか?",
    },
    "garbage.move_yes": {
        "ja": "はい、変えます",
        "en": "Yes, please",
        "ja-easy": "はい",
    },
    "garbage.move_no": {
        "ja": "いいえ、このままで",
        "en": "No, leave it",
        "ja-easy": "いいえ",
    },
    "garbage.not_moved": {
        "ja": "お知らせの地区は変えていません。",
        "en": "Your area was not changed.",
        "ja-easy": "かえていません。",
    },
    "garbage.area_added": {
        "ja": "地区「{area}」を追加しました。お知らせする地区: {areas}",
        "en": "{area} was added. Your areas: {areas}",
        "ja-easy": "「{area}」を ふやしました。おしらせする ところ: {areas}",
    },
    "garbage.areas_full": {
        "ja": "登録できる地区は{count}つまでです。",
        "en": "You can have up to {count} areas.",
        "ja-easy": "{count}こまで です。",
    },
    "garbage.which_to_remove": {
        "ja": "どの地区のお知らせをやめますか?",
        "en": "Which area do you want to remove?",
        "ja-easy": "どこの おしらせを やめますか?",
    },
    "garbage.area_removed": {
        "ja": "地区「{area}」を外しました。",
        "en": "{area} was removed.",
        "ja-easy": "「{area}」を やめました。",
    },
    "garbage.no_area": {
        "ja": "地区がまだ設定されていません。",
        "en": "You have not chosen an area yet.",
        "ja-easy": "まだ すんでいる ところを きめていません。",
    },
    "garbage.no_calendar": {
        "ja": "収集日の情報がまだ登録されていません。",
        "en": "The collection days are not available yet.",
        "ja-easy": "ごみの日は まだ わかりません。",
    },
    "garbage.ask_time": {
        "ja": "{area}のお知らせ: {now}\nいつお知らせしますか?",
        "en": "Notices for {area}: {now}\nWhen do you want to be told?",
        "ja-easy": "{area}の おしらせ: {now}\nいつ おしらせしますか?",
    },
    "garbage.time_saved": {
        "ja": "お知らせを「{now}」に設定しました。",
        "en": "Notices are now set to: {now}.",
        "ja-easy": "おしらせを「{now}」に しました。",
    },
    "garbage.quiet": {
        "ja": "「{time}」は、町がお知らせを送らない時間帯のため選べません。",
        "en": "{time} cannot be chosen: the town sends no notices at that hour.",
        "ja-easy": "「{time}」は えらべません。おしらせを おくらない 時間(じかん)です。",
    },
    "garbage.ask_kinds": {
        "ja": "お知らせする種類を選んでください。\n{kinds}",
        "en": "Choose what you want to be told about.\n{kinds}",
        "ja-easy": "おしらせする ごみを えらんでください。\n{kinds}",
    },
    "garbage.evening": {
        "ja": "前日{hour}時",
        "en": "{hour}:00 the day before",
        "ja-easy": "まえの日の {hour}時",
    },
    "garbage.morning": {
        "ja": "当日{hour}時",
        "en": "{hour}:00 on the day",
        "ja-easy": "その日の {hour}時",
    },
    "garbage.off": {
        "ja": "お知らせを止める",
        "en": "Stop notices",
        "ja-easy": "おしらせを やめる",
    },
    "garbage.is_off": {
        "ja": "停止中",
        "en": "Stopped",
        "ja-easy": "やめています",
    },
    "garbage.choose_kinds": {
        "ja": "種類を選ぶ",
        "en": "Choose kinds",
        "ja-easy": "ごみを えらぶ",
    },
    "garbage.done": {
        "ja": "終わる",
        "en": "Done",
        "ja-easy": "おわる",
    },
    "garbage.next_days": {
        "ja": "{area}の収集日",
        "en": "Collection days of {area}",
        "ja-easy": "{area}の ごみの日",
    },
    "garbage.pickups": {
        "ja": "{area}の粗大ごみの収集日",
        "en": "Bulky waste days of {area}",
        "ja-easy": "{area}の 大きい ごみの日",
    },
    "garbage.pickup": {
        "ja": "{day} {kinds}",
        "en": "{day} {kinds}",
        "ja-easy": "{day} {kinds}",
    },
    "garbage.apply_by": {
        "ja": "(申込みは{day}まで)",
        "en": "(apply by {day})",
        "ja-easy": "({day}までに もうしこみ)",
    },
    "garbage.apply": {
        "ja": "申込み: {how}",
        "en": "To apply: {how}",
        "ja-easy": "もうしこみ: {how}",
    },
    "garbage.no_pickups": {
        "ja": "{area}の粗大ごみの収集日は、今のところありません。",
        "en": "{area}: no bulky waste days at the moment.",
        "ja-easy": "{area}の 大きい ごみの日は いま ありません。",
    },
    "garbage.no_days": {
        "ja": "{area}の収集日は、この先{days}日間ありません。",
        "en": "{area}: no collection in the next {days} days.",
        "ja-easy": "{area}は、これから {days}日の あいだ ごみの日が ありません。",
    },
}
