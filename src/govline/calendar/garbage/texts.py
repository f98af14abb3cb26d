"""What citizens read about garbage days; a town replaces any of it with `texts:` in the feature's settings."""

from typing import Final

__all__ = ["GARBAGE_TEXTS"]

GARBAGE_TEXTS: Final = {
    "garbage.tomorrow": {"ja": "【ごみ収集のお知らせ】明日 {day} の収集"},
    "garbage.today": {"ja": "【ごみ収集のお知らせ】今日 {day} の収集"},
    "garbage.line": {"ja": "{area}: {kinds}"},
    "garbage.day_off": {"ja": "※{area}: {day} の{kinds}はお休みです。"},
    "garbage.day_moved": {"ja": "※{area}: {day} の{kinds}は {to} に変わります。"},
    "garbage.ask_area": {"ja": "お住まいの地区の名前を入力してください(一部やひらがなでも探せます)。"},
    "garbage.which_area": {"ja": "どの地区ですか?"},
    "garbage.many_areas": {"ja": "{count}件見つかりました。もう少し長く入力するか、下からお選びください。"},
    "garbage.no_such_area": {"ja": "「{words}」に合う地区が見つかりません。別の書き方でお試しください。"},
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
