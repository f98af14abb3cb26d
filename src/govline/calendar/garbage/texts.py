"""What citizens read about garbage days; a town replaces any of it with `texts:` in the feature's settings."""

from typing import Final

__all__ = ["GARBAGE_TEXTS"]

GARBAGE_TEXTS: Final = {
    "garbage.tomorrow": {"ja": "【ごみ収集のお知らせ】明日 {day} の収集"},
    "garbage.today": {"ja": "【ごみ収集のお知らせ】今日 {day} の収集"},
    "garbage.line": {"ja": "{area}: {kinds}"},
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
    "garbage.ask_area": {"ja": "お住まいの地区の名前を入力してください(一部やひらがなでも探せます)。"},
    "garbage.ask_town": {
        "ja": "どの地区ですか? お住まいの町名か郵便番号でも探せます(一部やひらがなでもかまいません。番地や建物名は要りません)。"
    },
    "garbage.town_only": {"ja": "番地や建物名は要りません。町名だけで探し、ほかは残しません。"},
    "garbage.which_part": {"ja": "「{town}」は地区が分かれています。どちらですか?"},
    "garbage.which_area": {"ja": "どの地区ですか?"},
    "garbage.many_areas": {"ja": "{count}件見つかりました。もう少し長く入力するか、下からお選びください。"},
    "garbage.no_such_area": {
        "ja": "合う地区が見つかりません。別の書き方でお試しください(町名の一部や、ひらがなでも探せます)。"
    },
    "garbage.area_saved": {"ja": "地区を「{area}」に設定しました。"},
    "garbage.area_added": {"ja": "地区「{area}」を追加しました。お知らせする地区: {areas}"},
    "garbage.areas_full": {"ja": "登録できる地区は{count}つまでです。"},
    "garbage.which_to_remove": {"ja": "どの地区のお知らせをやめますか?"},
    "garbage.area_removed": {"ja": "地区「{area}」を外しました。"},
    "garbage.no_area": {"ja": "地区がまだ設定されていません。"},
    "garbage.no_calendar": {"ja": "収集日の情報がまだ登録されていません。"},
    "garbage.ask_time": {"ja": "{area}のお知らせ: {now}\nいつお知らせしますか?"},
    "garbage.time_saved": {"ja": "お知らせを「{now}」に設定しました。"},
    "garbage.ask_kinds": {"ja": "お知らせする種類を選んでください。\n{kinds}"},
    "garbage.evening": {"ja": "前日{hour}時"},
    "garbage.morning": {"ja": "当日{hour}時"},
    "garbage.off": {"ja": "お知らせを止める"},
    "garbage.is_off": {"ja": "停止中"},
    "garbage.choose_kinds": {"ja": "種類を選ぶ"},
    "garbage.done": {"ja": "終わる"},
    "garbage.next_days": {"ja": "{area}の収集日"},
    "garbage.no_days": {"ja": "{area}の収集日は、この先{days}日間ありません。"},
}
