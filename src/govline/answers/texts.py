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
