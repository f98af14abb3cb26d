"""What citizens read of answers; a town replaces any of it with `texts:` in the feature's settings."""

from typing import Final

__all__ = ["ANSWERS_TEXTS"]

ANSWERS_TEXTS: Final = {
    "answers.item": {
        "ja": "「{name}」は「{label}」です。",
        "en": "{name}: {label}.",
        "ja-easy": "「{name}」は 「{label}」です。",
    },
    "answers.faq": {
        "ja": "Q. {name}",
        "en": "Q. {name}",
        "ja-easy": "Q. {name}",
    },
    "answers.link": {
        "ja": "{name}",
        "en": "{name}",
        "ja-easy": "{name}",
    },
    "answers.feed": {
        "ja": "{name}({time}現在)",
        "en": "{name} (as of {time})",
        "ja-easy": "{name}({time}の ことです)",
    },
    "answers.feed_time": {
        "ja": "{hour}時{minute}分",
        "en": "{hour}:{minute}",
        "ja-easy": "{hour}時{minute}分",
    },
    "answers.feed_day": {
        "ja": "{month}月{day}日{hour}時{minute}分",
        "en": "{month}/{day} {hour}:{minute}",
        "ja-easy": "{month}月{day}日 {hour}時{minute}分",
    },
    "answers.feed_empty": {
        "ja": "お知らせはありません。",
        "en": "There is no news.",
        "ja-easy": "おしらせは ありません。",
    },
    "answers.feed_stale": {
        "ja": "※新しい情報を取得できていません。今の状況と違うことがあります。",
        "en": "* This could not be brought up to date and may no longer be right.",
        "ja-easy": "※あたらしく ありません。いまと ちがうことが あります。",
    },
    "answers.feed_none": {
        "ja": "{name}: まだ情報を取得できていません。",
        "en": "{name}: nothing could be fetched yet.",
        "ja-easy": "{name}: まだ わかりません。",
    },
    "answers.fee": {
        "ja": "料金: {fee}",
        "en": "Fee: {fee}",
        "ja-easy": "お金(かね): {fee}",
    },
    "answers.more": {
        "ja": "詳しくはこちら: {link}",
        "en": "More: {link}",
        "ja-easy": "もっと くわしく: {link}",
    },
    "answers.perhaps": {
        "ja": "もしかして「{name}」ですか?",
        "en": "Did you mean {name}?",
        "ja-easy": "「{name}」ですか?",
    },
    "answers.which": {
        "ja": "「{word}」は{count}件あります。どれですか?",
        "en": "There are {count} kinds of {word}. Which one?",
        "ja-easy": "「{word}」は {count}こ あります。どれですか?",
    },
    "answers.ask": {
        "ja": "何の捨て方を調べますか? 品目の名前を入力してください(ひらがなでも探せます)。",
        "en": "What do you want to throw away? Type its name.",
        "ja-easy": "なにを すてますか? なまえを かいて ください。",
    },
    "answers.none": {
        "ja": "「{word}」は見つかりませんでした。別の言い方でお試しください。",
        "en": "{word} was not found. Please try other words.",
        "ja-easy": "「{word}」は ありませんでした。ほかの ことばで かいて ください。",
    },
}
