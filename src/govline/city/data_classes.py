"""How delicate every column of the built-in tables is, what it is for and how long it stays: the source of the personal-data map.

A new column must be named here, or in its feature's `Offers.data_map`: a test fails until it is. A citizen's own random id counts as
PREFERENCE: it leads to a person only through the sealed identity.
"""

from collections.abc import Mapping
from typing import Final

from attrs import frozen

__all__ = ["TABLES", "Classified"]


@frozen
class Classified:
    """The columns of one table by class, as words separated by blanks.

    Args:
        purpose: Why the table is there, for staff and auditors.
        kept: The name of a retention rule, or words.
        key: The columns of class SECRET.
    """

    purpose: str
    kept: str
    public: str = ""
    preference: str = ""
    personal: str = ""
    key: str = ""


_ERASED: Final = "住民の消去まで"
_KEPT: Final = "保存"
TABLES: Final[Mapping[str, Classified]] = {
    "gl_audit": Classified(
        "誰が何をしたかの記録(仮名)",
        _KEPT,
        public="id at actor_kind channel action subject_kind number hash",
        preference="actor_id subject_id data",
    ),
    "gl_audit_head": Classified("監査記録の末尾と仮名の鍵", _KEPT, public="name number hash", key="secret"),
    "gl_blob": Classified(
        "写真や添付", "blobs.expired", public="id media_type size created expires", personal="sealed"
    ),
    "gl_follow": Classified(
        "友だち追加とブロックの履歴", _ERASED, public="id", preference="citizen blocked at"
    ),
    "gl_identity": Classified(
        "LINEのuserIdと住民idの対応",
        _ERASED,
        public="key_id created",
        preference="citizen blocked",
        personal="lookup sealed",
    ),
    "gl_identity_page": Classified(
        "多人数配信用の宛先のまとめ(派生)",
        _ERASED,
        public="size key_id",
        preference="first last",
        personal="sealed",
    ),
    "gl_inbox": Classified(
        "届いたwebhook",
        "inbox.done",
        public="id kind timestamp_ms sequence sealed state attempts code received ended",
        preference="lane citizen",
        personal="body",
        key="reply_token",
    ),
    "gl_inbox_lane": Classified(
        "住民ごとの処理順", "inbox.done", public="last_ms touched", preference="lane"
    ),
    "gl_language": Classified("読みたい言語", _ERASED, preference="citizen locale", public="at"),
    "gl_outbox": Classified(
        "これから外へ出すもの、出したもの",
        "outbox.rows",
        public="id queue topic version position strict priority enqueued due expires state wake fence attempts"
        " first_attempt reason ended",
        preference="payload dedupe order_key",
    ),
    "gl_outbox_order": Classified(
        "順番待ちの鍵", "outbox.rows", public="tail touched", preference="order_key"
    ),
    "gl_schedule": Classified(
        "通知や期限の予定",
        "実行または取消まで",
        public="due subject_kind quiet_hours",
        preference="key subject_id effect",
    ),
    "gl_schedule_fired": Classified(
        "実行した予定", "schedules.fired", public="effect_id fired", preference="key"
    ),
    "gl_tick": Classified("毎日の仕事の実行状況", _KEPT, public="name last_due failures retry_at code"),
    "gl_answers_feed": Classified("バスや除雪などの最新情報", _KEPT, public="name lines as_of problem"),
    "gl_answers_item": Classified(
        "分別の品目やよくある質問",
        _KEPT,
        public="source position name label reading aliases note kind link fee",
    ),
    "gl_answers_list": Classified("取り込んだ一覧", _KEPT, public="source digest count imported_at"),
    "gl_answers_unmatched": Classified(
        "答えのなかった言葉(誰が尋ねたかは残さない)",
        "最後に尋ねられてから90日",
        public="asked first_day last_day",
        preference="word",
    ),
    "gl_calendar_programme": Classified("予約の枠組み", _KEPT, public="id digest laid_out_at renamed"),
    "gl_calendar_slot": Classified(
        "予約の枠",
        _KEPT,
        public="id programme starts_at ends_at name capacity booked cancelled draws reserved_for reserved_until closure",
    ),
    "gl_calendar_booking": Classified(
        "予約",
        "保存(住民の消去で仮名)",
        public="id slot_id programme party state held_until made_at channel ended_at places draws voucher"
        " contact waived link closure options",
        preference="citizen made_by",
    ),
    "gl_calendar_person": Classified(
        "一人あたりの予約の上限", _ERASED, public="programme requests", preference="citizen"
    ),
    "gl_calendar_request": Classified(
        "同じ操作の重複防止", "90日", public="key verb made_at digest", preference="citizen answer"
    ),
    "gl_calendar_pool": Classified(
        "枠の組ごとの定員", _KEPT, public="id programme key label capacity booked"
    ),
    "gl_calendar_draw": Classified("枠が使う定員の組", _KEPT, public="slot_id pool_id units per_place"),
    "gl_calendar_option_draw": Classified("備品が使う定員の組", _KEPT, public="slot_id pool_id option units"),
    "gl_calendar_booking_draw": Classified("予約が使う定員", _KEPT, public="booking_id pool_id units"),
    "gl_calendar_eligible": Classified(
        "予約の対象者一覧(番号と生年月日は鍵付きハッシュ)",
        _KEPT,
        public="id programme cohort earlier_on product good_until withdrawn claimed_at",
        preference="citizen",
        personal="number born",
    ),
    "gl_calendar_guess": Classified(
        "番号の誤入力の数え",
        "31日",
        public="programme kind wrong since locked_until locks",
        preference="subject",
    ),
    "gl_calendar_group": Classified(
        "登録団体",
        _KEPT,
        public="id label kind state rate good_until purposes asked_at decided_at",
    ),
    "gl_calendar_group_member": Classified(
        "団体として予約する人", _ERASED, public="group_id", preference="citizen"
    ),
    "gl_calendar_contact": Classified(
        "LINEのない予約者(封印)",
        "最後の予約の90日後",
        public="id merge_until made_at",
        preference="citizen",
        personal="label phone phone_hash merge",
    ),
    "gl_calendar_history": Classified(
        "予約の経緯",
        _KEPT,
        public="id booking_id at what was slot_id actor_kind channel reason data",
        preference="actor",
    ),
    "gl_calendar_ticket": Classified(
        "受付の番号(鍵付きハッシュ)", _KEPT, public="booking_id", personal="code"
    ),
    "gl_calendar_closure": Classified(
        "予約枠の一斉中止",
        _KEPT,
        public="id programme since until reason state emergency priority_until made_at",
    ),
    "gl_calendar_due": Classified(
        "予約の支払い期限", _KEPT, public="booking_id due_at paid_at settled_at outcome billed owed"
    ),
    "gl_calendar_fixed": Classified("職員が決めた定員", _KEPT, public="subject programme places at"),
    "gl_calendar_listed": Classified("取り込んだ予約の整理番号", _KEPT, public="programme number booking_id"),
    "gl_calendar_told": Classified("中止の知らせ先", _KEPT, public="closure_id booking_id by_line"),
    "gl_delivery_batch": Classified(
        "配信の単位",
        _KEPT,
        public="id run_id number first last size retry_key state reason recorded_at tries parked",
        preference="messages",
    ),
    "gl_delivery_gate": Classified("配信開始の順番", _KEPT, public="name touched_at"),
    "gl_delivery_incoming": Classified(
        "機械から届いた配信の元",
        _KEPT,
        public="id source key digest dated_at received_at state reasons messages run_id ended_at",
        preference="released_by",
    ),
    "gl_delivery_link": Classified(
        "押されたかを数えるリンク", _KEPT, public="token run_id label url created_at expires_at"
    ),
    "gl_delivery_listed": Classified("計画の宛先", _ERASED, public="plan_id", preference="citizen"),
    "gl_delivery_optout": Classified(
        "受け取らない話題", _ERASED, public="source at", preference="citizen topic"
    ),
    "gl_delivery_plan": Classified(
        "配信の計画と承認",
        _KEPT,
        public="id key campaign source department kind messages renderer selection topic emergency corrects recurs unit due_at"
        " expires_at state revision digest expected found validated approved approved_at changed_at",
        preference="planner editor approver",
    ),
    "gl_delivery_recipient": Classified(
        "誰に何が届いたか",
        "保存(住民の消去で仮名)",
        public="run_id position state reason",
        preference="citizen",
    ),
    "gl_delivery_run": Classified(
        "配信の本文と集計",
        _KEPT,
        public="id key source unit messages digest started_at due_at expires_at batches open_batches left_out finished_at"
        " campaign kind stage control terms counted cursor offered placed sweep",
    ),
    "gl_delivery_tap": Classified("リンクが押された数(日ごと)", _KEPT, public="token day taps"),
    "gl_delivery_tester": Classified("試し送りの宛先", _ERASED, public="name", preference="citizen"),
    "gl_delivery_unit": Classified("LINEの集計単位", _KEPT, public="month name"),
    "gl_account_budget": Classified("連携先ごとの上限", _KEPT, public="partner hour used"),
    "gl_account_import": Classified(
        "友だちの取り込みの進み",
        _KEPT,
        public="name next_page page new known unblocked state began touched",
    ),
    "gl_account_nonce": Classified("連携先の署名の使い回し防止", "短期間", public="partner nonce at"),
    "gl_line_budget": Classified("LINEの送信速度の共有", _KEPT, public="channel endpoint free_at"),
    "gl_scenario_definition": Classified(
        "公開した会話", _KEPT, public="hash scenario version body published"
    ),
    "gl_scenario_session": Classified(
        "進行中の会話",
        _ERASED,
        public="id scenario version step outcome turns updated",
        preference="citizen state",
    ),
    "gl_scenario_turn": Classified(
        "会話のやりとり",
        "90日(scenario.keep_days)",
        public="session number at",
        preference="citizen key body",
    ),
    "gl_segments_column": Classified("属性の列", _KEPT, public="table_name column_name type added_at"),
    "gl_segments_history": Classified(
        "属性の変更の履歴",
        _ERASED,
        public="id attribute source actor_kind at",
        preference="citizen value actor_id",
    ),
    "gl_garbage_area": Classified("収集地区", _KEPT, public="name reading center position"),
    "gl_garbage_kind": Classified("分別の種類", _KEPT, public="label position"),
    "gl_garbage_rule": Classified("収集日の決まり", _KEPT, public="area kind cell"),
    "gl_garbage_closure": Classified("収集しない期間", _KEPT, public="center first_day last_day"),
    "gl_garbage_exception": Classified("振替と休止", _KEPT, public="day area kind action moved_to"),
    "gl_garbage_edition": Classified(
        "年度ごとの収集日の表", _KEPT, public="name starts ends document imported_at"
    ),
    "gl_garbage_change": Classified("変わった収集日", _KEPT, public="day area kind moved_to"),
    "gl_garbage_announced": Classified(
        "誰に知らせたか(変更)", _ERASED, public="day area kind moved_to told_by", preference="citizen"
    ),
    "gl_garbage_day": Classified("収集日", _KEPT, public="day area kind"),
    "gl_garbage_horizon": Classified(
        "収集日をどこまで並べたか", _KEPT, public="name laid_out_to laid_out_at version"
    ),
    "gl_garbage_town": Classified(
        "町名と収集地区の対応", _KEPT, public="position name area reading postcode note"
    ),
    "gl_garbage_setting": Classified(
        "収集日のお知らせの設定",
        _ERASED,
        public="told_for told_by",
        preference="citizen area enabled days_before hour",
    ),
    "gl_garbage_muted": Classified("知らせない種類", _ERASED, preference="citizen kind"),
    "gl_web_draft": Classified(
        "書きかけの申請", "期限まで", public="expires", preference="subject", personal="sealed", key="hash"
    ),
    "gl_web_submission": Classified(
        "送信の重複防止", "期限まで", public="at expires", preference="subject", personal="sealed", key="hash"
    ),
    "gl_web_link": Classified(
        "推測できないリンク",
        "期限まで",
        public="page once used created expires",
        preference="citizen",
        personal="sealed",
        key="hash",
    ),
    "gl_web_session": Classified(
        "ページの利用中の状態", "期限まで", public="kind created expires", preference="subject", key="hash"
    ),
    "gl_web_spent": Classified("使い終えた印", "期限まで", public="expires", key="hash"),
    "gl_web_staff": Classified(
        "職員のログイン",
        "職員の削除まで",
        public="id roles departments failures locked created",
        personal="name",
        key="password",
    ),
    "gl_import": Classified(
        "ファイルの取り込みの記録",
        _KEPT,
        public="id kind state digest rows added changed actor_kind started_at ended_at lease_until token",
        preference="actor_id",
    ),
    "gl_import_change": Classified(
        "取り込みを取り消すための控え",
        "tabular.undo",
        public="id import_id sealed",
        preference="citizen",
        personal="data",
    ),
}
