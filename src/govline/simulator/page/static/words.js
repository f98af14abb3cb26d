// Japanese for what a town's tables hold: titles, columns and states. An unknown word is shown as it is.

export const TITLES = { events: "受信イベント", outbox: "送信箱", bookings: "予約", calendar: "予約", deliveries: "配信", delivery: "配信", citizens: "住民", segments: "属性", garbage: "ごみ通知", answers: "回答", scenario: "対話", talks: "対話", schedules: "予定", audit: "監査", line: "LINE への要求" };

export const COLUMNS = {
  at: "時刻", due: "期日", started: "開始", start: "開始", finished: "終了", updated: "更新",
  status: "状態", state: "状態", outcome: "結果", reason: "理由", code: "理由", fault: "故障",
  kind: "種類", type: "種類", topic: "用件", endpoint: "操作", method: "方式", path: "パス", attempts: "試行",
  programme: "行事・施設", slot: "枠", party: "人数", booking: "番号", id: "番号", run: "番号",
  source: "配信元", batches: "単位", planned: "送信待ち", sent: "送信済", unknown: "不明", not_reached: "届かない人",
  citizen: "住民", citizens: "登録者", name: "名前", count: "件数", attribute: "属性", data: "区分", answered: "登録者", area: "地区", notice: "お知らせ",
  scenario: "シナリオ", version: "版", step: "ステップ", turns: "往復",
};

const STATES = {
  done: "完了", failed: "失敗", received: "受付", ready: "待機", waiting: "順番待ち", asleep: "再試行待ち", leased: "実行中", dead: "中止", unknown: "不明", skipped: "飛ばした",
  held: "仮押さえ", confirmed: "予約済", cancelled: "取消済", expired: "期限切れ",
};
const KINDS = {
  "message.text": "メッセージ", "message.image": "写真", "message.location": "位置情報", "message.sticker": "スタンプ", follow: "友だち追加", unfollow: "ブロック", postback: "ボタン",
  "line.reply": "返信", "line.push": "お知らせ", "line.multicast": "一斉配信", "line.menu": "メニュー",
  choice: "一つ選ぶ", tags: "複数選ぶ", preference: "設定", public: "公開", garbage: "ごみ通知", segments: "セグメント", calendar: "予約", items: "品目の表", faq: "質問の表", links: "リンクの表", unmatched: "答えのない言葉", true: "完了", null: "",
};

export const isState = (column) => /status|state|fate|状態/.test(column);

export const isKey = (column) => ["id", "booking", "run"].includes(column);

export function word(column, text) {
  return (isState(column) ? STATES[text] : /^(kind|type|topic|source|data)$/.test(column) ? KINDS[text] : undefined) ?? text;
}

const EMPTY = {
  calendar: "まだ予約はありません。電話で予約すると、ここに現れます。",
  delivery: "まだ配信はありません。別の端末で govline segments send を実行すると、ここに現れます。",
  garbage: "まだ登録はありません。電話で地区を登録すると、ここに現れます。",
};

export const empty = (name) => EMPTY[name] ?? "まだ何もありません。電話から話しかけると、ここに現れます。";
