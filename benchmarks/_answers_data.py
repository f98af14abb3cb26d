"""Queries for the answers benchmark: eight ways in which people type an item's name, and words that no list holds.

The method is the fact sheet's: 400 random items of a list (seed 42), names cut at the first bracket. Sudachi makes the kana, so a
search that reads with Sudachi is flattered; figures without readings stand beside. Tails in `SEEN` were at hand when the grammar
of endings was written; those in `UNSEEN` were written afterwards, and the grammar was not changed for them.
"""

import random
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from govline.answers import Item, SudachiReader
from govline.answers.forms import base_name, fold, is_kana

SEEN = (
    "{}を捨てたい",
    "{}は何ゴミ",
    "{}の捨て方は?",
    "{}の捨て方を教えてください",
    "{}は何ごみですか?",
    "{}を処分したいのですが",
    "{}って燃えるゴミ?",
    "{}はどこに捨てればいいですか",
    "{}の出し方",
    "{} 分別",
    "{}ってどうしたらいいの",
    "{}が壊れたので処分したいです",
    "{}はいつ出すの?",
    "{}の回収日っていつですか",
    "{}は粗大ごみになりますか?",
    "すみません、{}の分別が分からないんですが",
    "いらなくなった{}を引き取ってもらえますか",
    "{}なんだけど何に分ければいい?",
    "{}どこに出すん",
    "{}も資源ごみでええの?",
    "{}捨てるのにお金かかりますか",
    "{}、どうやって捨てますか",
    "{}を市で回収してくれる?",
    "{}は可燃でしょうか",
    "{}をほったらかしにしてるけどどうやって処分するの",
    "{}って何曜日に出せる?",
    "{}、捨てるならどの袋?",
    "{}を回収に来てほしい",
    "{}の分け方おしえて",
    "{}は金属ごみ?それとも埋立?",
    "{}を持ち込みたいです",
    "{}を捨てるときの注意点",
    "古くなった{}、どうしよう",
    "{}ゴミの日いつ",
    "{}って燃やしていいやつ?",
    "市で{}は収集していますか",
    "{}のリサイクル料金が知りたい",
    "{}がいっぱい出たんだけど",
    "{}はそのまま捨ててもよいのでしょうか",
    "うちにある{}ってどのごみに入りますか",
    "{}すてかたおしえて",
    "{}の廃棄について",
    "{}捨てんのどこ",
    "{}を手放したい場合の手続き",
    "{}の処理で悩んでます",
    "{}どうすりゃいい?",
    "{}って市で持って行ってくれますか",
    "{}は資源になりますか",
    "引っ越しで出た{}の捨て場所",
    "{}を出すのは何曜日でしょう",
    "{}をゴミに出したい",
    "ねえ、{}ってなにごみなの",
    "{}はプラスチックですか?燃やすごみですか?",
    "壊れちゃった{}を捨てるには",
    "{}は不燃物扱いですか",
    "使わなくなった{}があるんだけどどう処分する?",
    "{}もう要らんねんけど",
    "{} 捨てる 料金",
)
UNSEEN = (
    "{}を捨てようと思うのですが、どうしたらよいでしょう",
    "{}はゴミの日に出していいんですか",
    "{}捨てる場所教えて",
    "ちょっと聞きたいんですけど{}はどう分別しますか",
    "{}って捨てるとき有料?",
    "{}の処分、どうしてる?",
    "実家の{}を片付けたい",
    "{}はもやせますか",
    "{}を一個だけ捨てたいです",
    "{}捨てちゃっていい?",
    "{}なんですが、いつの収集に出しますか",
    "{}は清掃センターに持っていけばいいですか",
    "大きい{}は何に出す",
    "{}の収集日を教えてほしい",
    "{}をリサイクルしたい",
    "去年買った{}がいらなくなりました",
)
OUTSIDE = [
    "住民票を取りたい",
    "保育園に入りたいのですが",
    "図書館は何時までですか",
    "市長って誰",
    "水道料金の払い方",
    "引っ越しの手続きはどうすればいい",
    "確定申告の書類はどこに出すの?",
    "花火大会はいつですか",
    "予防接種を受けるには",
    "休日に開いている病院を教えて",
    "住民票",
    "戸籍謄本",
    "印鑑登録",
    "マイナンバーカード",
    "市役所",
    "図書館",
    "公民館",
    "保育園",
    "小学校の入学",
    "児童手当",
    "出産一時金",
    "国民健康保険",
    "介護保険",
    "後期高齢者医療",
    "年金",
    "確定申告",
    "住民税",
    "固定資産税",
    "ふるさと納税",
    "軽自動車税",
    "転入届",
    "転出届",
    "婚姻届",
    "離婚届",
    "出生届",
    "死亡届",
    "火葬場",
    "市民病院",
    "休日診療",
    "予防接種",
    "健康診断",
    "がん検診",
    "子育て支援センター",
    "学童保育",
    "給食費",
    "成人式",
    "花火大会",
    "盆踊り",
    "マラソン大会",
    "市長",
    "議会",
    "選挙",
    "投票所",
    "期日前投票",
    "避難所",
    "ハザードマップ",
    "地震",
    "津波",
    "台風",
    "洪水",
    "防災無線",
    "消防署",
    "救急車",
    "警察",
    "交番",
    "バスの時刻表",
    "駐輪場",
    "市営住宅",
    "水道料金",
    "下水道",
    "停電",
    "道路の穴",
    "街灯",
    "公園の予約",
    "体育館",
    "市民プール",
    "温泉",
    "美術館",
    "博物館",
    "動物園",
    "観光案内",
    "特産品",
    "レストラン",
    "ラーメン",
    "天気予報",
    "気温",
    "こんにちは",
    "ありがとう",
    "おはようございます",
    "疲れた",
    "好きです",
    "誕生日",
    "結婚",
    "恋人",
    "友達",
    "先生",
    "宇宙人",
    "恐竜",
    "富士山",
    "東京タワー",
    "新幹線",
    "飛行機",
    "サッカー",
    "野球",
    "将棋",
    "映画",
    "アイドル",
    "株価",
    "為替",
    "仮想通貨",
    "人工知能",
    "プログラミング",
    "英会話",
    "大学受験",
    "面接",
    "転職",
    "ハローワーク",
    "失業保険",
    "弁護士",
    "相続",
    "遺言",
    "墓地",
    "お寺",
    "神社",
    "クリスマス",
    "正月",
    "ハロウィン",
    "桜の開花",
    "紅葉",
    "釣り堀",
    "キャンプ場",
    "登山",
    "ゴルフ場",
    "たのしいうた",
    "さんぽみち",
    "ゆうやけぞら",
    "あおいそら",
    "まちづくり",
    "おまつり",
    "こうほう",
    "せいかつほご",
    "しょうがいしゃてちょう",
    "ぜいきん",
]
PERTURBATIONS = (
    "exact",
    "hiragana",
    "katakana",
    "half_width",
    "edit_surface",
    "edit_hiragana",
    "no_long_mark",
    "sentence",
)
_HIRAGANA = "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわん"
_HALF = {unicodedata.normalize("NFKC", chr(code)): chr(code) for code in range(0xFF66, 0xFF9E)}


@dataclass(frozen=True)
class Query:
    """What is typed, how it was made, and the reading that a right answer has."""

    text: str
    kind: str
    reading: str


def readings(items: list[Item], reader: SudachiReader) -> dict[str, str]:
    """Folded reading of each name cut at the first bracket; the name itself where there is none."""
    found = {}
    for item in items:
        base = base_name(item.name)
        found[item.name] = fold(next(iter(reader.read(base)), base))
    return found


def queries(items: list[Item], reader: SudachiReader, *, count: int = 400, seed: int = 42) -> Iterator[Query]:
    """Every perturbation of `count` random items; those that change nothing or leave nothing are left out."""
    dice = random.Random(seed)
    letters = "".join(base_name(item.name) for item in items)
    for item in dice.sample(items, min(count, len(items))):
        base = base_name(item.name)
        spoken = next(iter(reader.read(base)), base)
        gold = fold(spoken)
        hiragana, katakana = _hiragana(spoken), _katakana(spoken)
        yield Query(base, "exact", gold)
        if is_kana(katakana):
            yield Query(hiragana, "hiragana", gold)
            yield Query(katakana, "katakana", gold)
            yield Query(_half_width(katakana), "half_width", gold)
            if len(hiragana) > 2:
                yield Query(_edit(hiragana, dice, _HIRAGANA), "edit_hiragana", gold)
        if len(base) > 2:
            yield Query(_edit(base, dice, letters), "edit_surface", gold)
        if "ー" in base:
            yield Query(base.replace("ー", ""), "no_long_mark", gold)
        yield Query(dice.choice(SEEN).format(base), "sentence_seen", gold)
        yield Query(dice.choice(UNSEEN).format(base), "sentence_unseen", gold)


def _edit(word: str, dice: random.Random, letters: str) -> str:
    """One random insertion, deletion, substitution or swap."""
    at = dice.randrange(len(word))
    kind = dice.choice(("insert", "delete", "change", "swap"))
    if kind == "swap":
        at = dice.randrange(len(word) - 1)
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    new = "" if kind == "delete" else dice.choice(letters)
    return word[:at] + new + word[at if kind == "insert" else at + 1 :]


def _hiragana(text: str) -> str:
    return "".join(chr(ord(char) - 0x60) if "ァ" <= char <= "ヶ" else char for char in text)


def _katakana(text: str) -> str:
    return "".join(chr(ord(char) + 0x60) if "ぁ" <= char <= "ゖ" else char for char in text)


def _half_width(text: str) -> str:
    """Half-width kana, 濁点 apart, as old systems and some keyboards write."""
    apart = unicodedata.normalize("NFD", text).replace("\u3099", "ﾞ").replace("\u309a", "ﾟ")
    return "".join(_HALF.get(char, char) for char in apart)
