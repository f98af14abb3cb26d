"""Words that mean the same thing when it is thrown away: スマホ and 携帯電話. govline's own table; a town adds to it or does without."""

from collections.abc import Iterable, Mapping
from typing import Final

from attrs import field, frozen

from govline.answers.forms import fold

__all__ = ["GENERAL", "Synonyms"]


@frozen
class Synonyms:
    """Groups of words with one meaning; made by `of`."""

    _groups: Mapping[str, tuple[str, ...]] = field(factory=dict, repr=False, hash=False)

    @classmethod
    def of(cls, groups: Iterable[Iterable[str]]) -> "Synonyms":
        """Take groups; a word may stand in several, and means every other word of each."""
        found: dict[str, dict[str, None]] = {}
        for group in groups:
            words = tuple(group)
            for word in words:
                found.setdefault(fold(word), {}).update(dict.fromkeys(words))
        return cls({word: tuple(others) for word, others in found.items()})

    def with_words(self, words: Mapping[str, Iterable[str]]) -> "Synonyms":
        """These and a town's own: each word with what it may be called, too."""
        own = Synonyms.of([word, *others] for word, others in words.items())._groups  # noqa: SLF001 - of its own class
        keys = dict.fromkeys([*self._groups, *own])
        return Synonyms(
            {key: tuple(dict.fromkeys([*self._groups.get(key, ()), *own.get(key, ())])) for key in keys}
        )

    def others(self, word: str) -> list[str]:
        """What a word may be called, too, itself left out."""
        folded = fold(word)
        return [other for other in self._groups.get(folded, ()) if fold(other) != folded]


_TABLE: Final = """
スマホ スマートフォン 携帯電話 携帯 ケータイ アイフォン iPhone アンドロイド携帯 ガラケー
自転車 チャリ チャリンコ ママチャリ 自転車本体
電子レンジ レンジ レンチン レンチンするやつ チンするやつ オーブンレンジ
テレビ TV テレビジョン 液晶テレビ テレビ受像機
パソコン PC ノートパソコン ノーパソ ノートPC デスクトップパソコン パーソナルコンピューター
タブレット タブレット端末 iPad アイパッド
エアコン クーラー ルームエアコン 冷暖房機
冷蔵庫 冷凍冷蔵庫
洗濯機 全自動洗濯機 ドラム式洗濯機
炊飯器 炊飯ジャー 電気釜 電気炊飯器
掃除機 クリーナー 電気掃除機
ドライヤー ヘアドライヤー ヘアードライヤー
扇風機 サーキュレーター
ストーブ 石油ストーブ 灯油ストーブ
ファンヒーター 石油ファンヒーター
カセットボンベ ガスボンベ ガス缶 カセットコンロ用ボンベ カセットガス カセット式ガスボンベ 卓上コンロ用ボンベ
スプレー缶 エアゾール缶 スプレー ヘアスプレー缶 殺虫剤の缶
ライター 百円ライター 100円ライター 使い捨てライター チャッカマン
乾電池 電池 単三 単三電池 単3電池 単四電池 単4電池 アルカリ電池 マンガン電池
ボタン電池 コイン電池
充電池 充電式電池 リチウムイオン電池 リチウム電池 小型充電式電池 ニカド電池
モバイルバッテリー モバブ 携帯充電器 充電式バッテリー
蛍光灯 蛍光管 けい光管 蛍光ランプ 蛍光灯管
電球 白熱電球 裸電球 豆電球
ペットボトル ペット PETボトル ペットの空き容器
ペットボトルのキャップ ペットボトルキャップ ペットボトルのふた ペットボトルの蓋 キャップ(ペットボトル) ペットボトルふた
ペットボトルのラベル ペットボトルラベル ラベル(ペットボトル)
牛乳パック 紙パック 飲料用紙パック
ダンボール 段ボール 段ボール箱 ダンボール箱 だんぼーる
新聞 新聞紙 古新聞 朝刊
雑誌 古雑誌 週刊誌 マンガ雑誌
本 書籍 単行本 文庫本 古本
漫画 マンガ コミック コミックス
チラシ 広告 折込チラシ 折り込みチラシ 新聞折込広告
レジ袋 ビニール袋 買い物袋 スーパーの袋
ラップ 食品用ラップ サランラップ ラップフィルム
アルミホイル アルミ箔 アルミはく
食品トレイ トレー 発泡トレー 発泡トレイ 食品トレー 白色トレイ 肉のトレー トレイ
発泡スチロール 発砲スチロール 発泡スチロール箱
弁当がら 弁当の容器 弁当容器 コンビニ弁当の容器 弁当ガラ
カップ麺の容器 カップ麺 カップラーメンの容器 カップめん容器 カップラーメン
たまごパック 卵パック 卵のパック 玉子パック
生ごみ 生ゴミ 残飯 食べ残し 野菜くず 台所ごみ 食品くず
食用油 天ぷら油 てんぷら油 サラダ油 揚げ油 廃食用油 廃食油
割り箸 わりばし 割箸
紙おむつ おむつ オムツ 紙オムツ 使い捨ておむつ パンパース
生理用品 ナプキン 生理用ナプキン
ティッシュ ティッシュペーパー ちり紙 鼻紙
トイレットペーパーの芯 トイレの芯 ペーパー芯
空き缶 アルミ缶 缶 ジュースの缶 空缶 飲料缶
空きびん 空き瓶 びん 瓶 ガラスびん ビン
割れたガラス ガラス 割れガラス ガラスの破片 ガラスくず
茶碗 茶わん ご飯茶碗 飯碗 お茶碗
湯呑み 湯飲み 湯のみ 湯呑
コップ グラス タンブラー
食器 皿 お皿
フライパン テフロン鍋
鍋 なべ 両手鍋 片手鍋
やかん ケトル 薬缶
魔法瓶 ポット 水筒 保温ポット
包丁 ナイフ 出刃包丁
はさみ ハサミ 鋏
カミソリ かみそり 髭剃り ひげそり T字カミソリ
シェーバー 電気シェーバー 電気カミソリ 電動ひげそり 電気かみそり
水銀体温計 水銀式体温計 水銀の体温計
薬 医薬品 飲み薬 錠剤
注射針 インスリンの針 注射器
化粧品 コスメ 口紅 ファンデーション
シャンプーの容器 シャンプーボトル シャンプー容器
歯ブラシ ハブラシ
タオル バスタオル 手ぬぐい
衣類 服 洋服 古着 衣服
下着 パンツ 肌着
靴 くつ スニーカー 革靴 運動靴
長靴 レインブーツ ゴム長
かばん 鞄 バッグ カバン ハンドバッグ
ランドセル 学生鞄 通学かばん
スーツケース キャリーバッグ キャリーケース トランク
傘 かさ 雨傘 ビニール傘 折りたたみ傘
帽子 キャップ(帽子) ハット
布団 ふとん 掛け布団 敷布団 羽毛布団
毛布 ブランケット
マットレス ベッドマット ベッドマットレス スプリングマットレス
ベッド ベット 寝台
枕 まくら ピロー
じゅうたん 絨毯 カーペット ラグ ラグマット
カーテン 窓のカーテン
タンス たんす 箪笥 洋服ダンス
ソファ ソファー 長椅子
椅子 いす イス チェア チェアー
机 デスク 勉強机 学習机
テーブル 食卓 ダイニングテーブル
本棚 書棚 本だな
下駄箱 げた箱 靴箱 シューズボックス
鏡 ミラー 姿見
物干し竿 物干しざお ものほしざお 竿
アイロン スチームアイロン
アイロン台 アイロンかけ台
ミシン 電動ミシン
ハンガー えもんかけ 衣紋掛け 洋服掛け
時計 掛け時計 目覚まし時計
カメラ デジカメ デジタルカメラ
ゲーム機 ファミコン 家庭用ゲーム機 プレステ スイッチ(ゲーム機)
リモコン リモートコントローラー
充電器 ACアダプター ACアダプタ アダプター
コード 電源コード 延長コード 電気コード ケーブル
イヤホン イヤフォン ヘッドホン ヘッドフォン
CD DVD ブルーレイ コンパクトディスク CD・DVD
ビデオテープ VHS ビデオカセット
カセットテープ カセット
プリンター プリンタ
インクカートリッジ プリンターのインク インクカセット
ベビーカー 乳母車 バギー
チャイルドシート ジュニアシート
三輪車 子供用三輪車
おもちゃ 玩具 オモチャ プラモデル
ぬいぐるみ 縫いぐるみ 人形(布製)
植木鉢 鉢植えの鉢 プランター
土 園芸用土 鉢の土 培養土
草 雑草 刈草 草刈りの草 刈り草
枝 剪定枝 木の枝 庭木の枝 剪定した枝
落ち葉 落葉 枯れ葉
使い捨てカイロ カイロ ホッカイロ
保冷剤 アイスノン
消火器 家庭用消火器
タイヤ 車のタイヤ 自動車タイヤ
バッテリー 車のバッテリー カーバッテリー
灯油 石油
ペンキ 塗料
花火 手持ち花火
はがき ハガキ 年賀状 葉書 年賀はがき
封筒 窓付き封筒
シュレッダーごみ シュレッダーした紙 シュレッダー紙 シュレッダーくず
レシート 感熱紙
乾燥剤 シリカゲル
ペットシーツ 犬のトイレシート ペット用シート トイレシート(ペット用)
猫砂 ネコ砂 猫のトイレの砂
"""

GENERAL: Final = Synonyms.of(line.split() for line in _TABLE.strip().splitlines())
"""Everyday words for what households throw away."""
