"""What a sentence asks about: 「古い扇風機ってどう捨てればいい?」 asks about 扇風機.

The sentence is cut by the grammar of Japanese endings (a particle, then verbs of disposal, question words and politeness to the
end), not by a list of whole phrases. Cuts are offered beside the untouched words, never instead of them: a name that happens to
look like an ending is still found.
"""

import re
from typing import Final

from govline.core.text import normalize

__all__ = ["candidates"]

_MOST: Final = 24
_LONGEST: Final = 200
_FEW: Final = 5
# Repetitions are possessive (*+): with backtracking, a hundred letters of どうどうどう… would take a day.
_PARTICLE: Final = (
    r"(?:っていうのは|というのは|について(?:は|の)?|に関して(?:は)?|に付いて|なんですけど|なんですが|なんだけど|なんやけど"
    r"|ですけど|ですが|だけど|やけど|とかって?|とは|って|なら|だと|を|は|の|が|も)"
)
_VERB: Final = (
    r"(?:(?:ごみ|ゴミ)(?=の日)|(?:捨|棄)[ぁ-ん]*+|すて[るたてかよられ][ぁ-ん]*+|ほか(?:す|し)[ぁ-ん]*+|放[るりっ][ぁ-ん]*+|出[さしすせそ][ぁ-ん]*+"
    r"|だし(?:たい|かた|て)[ぁ-ん]*+|だせ[ぁ-ん]*+|だす[ぁ-ん]*+|(?:処分|廃棄|処理|破棄|回収|収集|分別|リサイクル|片付け|始末)[ぁ-ん]*+"
    r"|しょぶん[ぁ-ん]*+|ぶんべつ[ぁ-ん]*+|分け[ぁ-ん]*+|手放[ぁ-ん]*+|(?:引き?|受け?)取[ぁ-ん]*+|持(?:ち?込|って)[ぁ-ん]*+|入れ[ぁ-ん]*+"
    r"|燃[ええやせ][ぁ-ん]*+|もえ[るまな][ぁ-ん]*+|教え[ぁ-ん]*+|おしえ[ぁ-ん]*+|知り[ぁ-ん]*+|調べ[ぁ-ん]*+|聞き[ぁ-ん]*+|困[っり][ぁ-ん]*+"
    r"|迷[っい][ぁ-ん]*+|(?:要|い)ら(?:な|ん)[ぁ-ん]*+|(?:分|わ)か(?:ら|り)[ぁ-ん]*+|(?:扱|あつか)[ぁ-ん]*+|縛[ぁ-ん]*+|置[ぁ-ん]*+)"
)
_QUESTION: Final = (
    r"(?:何[ぁ-ん]*+|なに[ぁ-ん]*+|なん(?:の|で|な)?[ぁ-ん]*+|どう[ぁ-ん]*+|どこ[ぁ-ん]*+|どれ[ぁ-ん]*+|どの|どちら[ぁ-ん]*+|どっち[ぁ-ん]*+"
    r"|どんな|いつ[ぁ-ん]*+|いくら[ぁ-ん]*+|可能[ぁ-ん]*+|大丈夫[ぁ-ん]*+|だいじょうぶ[ぁ-ん]*+|(?:良|よ)い?(?:です)?か|OK[ぁ-ん]*+)"
)
_REST: Final = (
    r"(?:ごみ|ゴミ|種類|区分|曜日|場所|方法|仕方|しかた|やり方|かた|方|日|料金|費用|資源|粗大|可燃|不燃|燃える|埋立|対象|収集日|扱い"
    r"|時|とき|場合|願[ぁ-ん]*+|下さ[ぁ-ん]*+|くださ[ぁ-ん]*+|でしょ[ぁ-ん]*+|です[ぁ-ん]*+|ます[ぁ-ん]*+|だ[ろっ][ぁ-ん]*+|た[いく][ぁ-ん]*+"
    r"|ほし[ぁ-ん]*+|欲し[ぁ-ん]*+|[いよ]い[ぁ-ん]*+|良い[ぁ-ん]*+|する[ぁ-ん]*+|すれ[ぁ-ん]*+|した[ぁ-ん]*+|し(?:て|よう)[ぁ-ん]*+|なる[ぁ-ん]*+"
    r"|なり[ぁ-ん]*+|なの[ぁ-ん]*+|ある[ぁ-ん]*+|あり[ぁ-ん]*+|お(?=願|ねが)|ねがい[ぁ-ん]*+|に|で|と|へ|か[なしね]?|ん|ね|よ|さ|わ|や|な|け[どれ])"
)
_SIGNS: Final = r"[\s?!。、,.…~〜・「」『』w笑]"
_TAIL: Final = re.compile(
    rf"(?:{_PARTICLE}(?={_SIGNS}*(?:{_VERB}|{_QUESTION}|{_REST}|$))|{_VERB}|{_QUESTION})"
    rf"(?:{_PARTICLE}|{_VERB}|{_QUESTION}|{_REST}|{_SIGNS})*+$"
)
_HEAD: Final = re.compile(
    r"^(?:(?:すみません|すいません|あの|えっと|えーと|質問(?:です)?|こんにちは|こんばんは|お世話になります|教えて(?:ください)?)[、。!\s]*"
    r"|(?:とても|すごく|もう)?(?:古|ふる)(?:い|く(?:なった|て使えない))|(?:壊|こわ)れ(?:た|て(?:いる|る|しまった))"
    r"|(?:いら|要ら|使え|使わ)な(?:い|くなった)|不要(?:な|になった)|使用(?:済み?|後)の?|使い(?:終わった|古した|切った|かけの)|汚れた|割れた"
    r"|余った|空になった|(?:大き|小さ)[いな]|(?:この|その|子供の)|(?:市|町|村|区|家|うち|自宅|こちら|そちら|ここ)(?:では|で|には|に(?:ある)?|の))+"
)
_SPLIT: Final = re.compile(rf"(?={_PARTICLE}|{_VERB}|{_QUESTION}|お金|もう|まだ)")
_MARKED: Final = re.compile(r"って|を|は|が|も|なら|だと|について|に関して|なん|です|だけど|やけど")
_PURPOSE: Final = re.compile(
    rf"{_VERB}|{_QUESTION}|ごみ|ゴミ|資源|粗大|不燃|可燃|埋立|やり方|方法|料金|お金|費用"
)
_CLAUSE: Final = re.compile(r"^.*(?:た|ない|[ぁ-ん]い|な|る|いる|てる)(?=[^ぁ-ん])")
_CLAUSE_IN_KANA: Final = re.compile(r"^.*?(?:にある|った|れた|した|てる|ている|出た)(?=[ぁ-んァ-ヶ])")
_GENITIVE: Final = re.compile(r"^.*の(?=[^ぁ-ん])")
_OF_KANA: Final = re.compile(r"^.*[^ぁ-ん]の(?=[ぁ-ん]{2})")
_PREAMBLE: Final = re.compile(
    r"^.{0,40}?(?:んです|のです|ます|です|んだ|のだ|んや|てる|たい)(?:けれども?|けども?|が)[、,。\s]*(?=.)"
)
_BREAKS: Final = re.compile(r"[\s?!。、,「」『』]+")
_TRAILING: Final = re.compile(rf"(?:{_PARTICLE}|{_SIGNS})+$")


def candidates(query: str) -> list[str]:
    """What the words may ask about, at most twenty-four; nothing where there are no words.

    Args:
        query: As the citizen typed it; what goes beyond 200 characters is not read.

    Returns:
        The likeliest first; the whole of the words is always among them.
    """
    plain = normalize(query)[:_LONGEST]
    whole = plain.strip("?!。、, 「」『』")
    pieces = [piece for piece in _BREAKS.split(plain) if piece]
    parts = pieces if len(pieces) > 1 else []
    asked = [rest for rest in (_PREAMBLE.sub("", whole),) if rest != whole]
    cuts = [*_cuts(whole), *(cut for piece in (*asked, *parts) for cut in _cuts(piece))]
    found = [*cuts[: _MOST // 2], whole, *parts[:_FEW], *cuts[_MOST // 2 :]]
    return [word for word in dict.fromkeys(found) if word][:_MOST]


def _cuts(text: str) -> list[str]:
    """A sentence without its end and its beginning; then whatever a particle marks as what it is about."""
    end = _TAIL.search(text)
    bodies = [text[: end.start()] if end else text]
    bodies += [text[:at] for at in _splits(text)]
    asked = bool(_PURPOSE.search(text))
    found = []
    for body in dict.fromkeys(bodies):
        clear = _HEAD.sub("", body)
        plain = _TRAILING.sub("", clear) or clear
        found += [
            plain,
            clear,
            _TRAILING.sub("", body),
            _CLAUSE.sub("", plain),
            _CLAUSE_IN_KANA.sub("", plain),
        ]
        found += [_GENITIVE.sub("", plain), _OF_KANA.sub("", plain)] if asked else []
    return [word for word in found if word]


def _splits(text: str) -> list[int]:
    """Where the thing may end and the sentence about it begin, marked places first.

    を, は, って and the like mark it wherever they stand; の and the verbs do so only when disposal is spoken of behind them.
    """
    places = [match.start() for match in _SPLIT.finditer(text)]
    marked = [at for at in places if at > 0 and _MARKED.match(text, at)]
    return [
        *marked,
        *(at for at in reversed(places) if at > 0 and at not in marked and _PURPOSE.search(text, at)),
    ]
