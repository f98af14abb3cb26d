"""What the City itself says to citizens, beside the texts of `govline.core.texts`."""

from typing import Final

__all__ = ["CITY_TEXTS"]

CITY_TEXTS: Final = {
    "talk.welcome": {
        "ja": "友だち追加ありがとうございます。{town}の公式アカウントです。",
        "en": "Thank you for adding us. This is the official account of {town}.",
        "ja-easy": "ともだちに なってくれて ありがとう。{town}の アカウントです。",
    },
    "talk.language_ask": {
        "ja": "どの言葉でご案内しますか?",
        "en": "Which language do you want to read?",
        "ja-easy": "どの ことばが いいですか?",
    },
    "talk.language_set": {
        "ja": "これからは日本語でご案内します。",
        "en": "From now on you will read English.",
        "ja-easy": "これから やさしい にほんごで はなします。",
    },
    "city.expiries.title": {
        "ja": "期限のあるもの",
        "en": "What runs out",
        "ja-easy": "おわりが あるもの",
    },
    "city.expiries.caption": {
        "ja": "暦・一覧・証明書などの期限",
        "en": "The last days of calendars, lists and certificates",
        "ja-easy": "いつまで つかえるか",
    },
    "city.expiries.due": {
        "ja": "期限が近いもの、過ぎたものが{count}件あります。表の順に対応してください。",
        "en": "{count} of these end soon or have ended. Please see to them, from the top.",
        "ja-easy": "もうすぐ おわるものが {count}こ あります。うえから なおして ください。",
    },
    "city.expiries.none_due": {
        "ja": "期限の近いものはありません。",
        "en": "Nothing ends soon.",
        "ja-easy": "もうすぐ おわるものは ありません。",
    },
    "city.expiries.what": {"ja": "対象", "en": "What", "ja-easy": "なに"},
    "city.expiries.last_day": {"ja": "最後の日", "en": "Last day", "ja-easy": "さいごの ひ"},
    "city.expiries.left": {"ja": "残り日数", "en": "Days left", "ja-easy": "あと なんにち"},
    "city.expiries.remedy": {"ja": "対応", "en": "What to do", "ja-easy": "すること"},
}
