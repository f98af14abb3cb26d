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
}
