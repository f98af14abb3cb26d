// The right side: what the town sees, section by section, and every request it made of LINE.

import { byId, clock, h } from "./dom.js";
import { get } from "./net.js";

const NAMES = { events: "受信イベント", outbox: "送信箱", bookings: "予約", deliveries: "配信", citizens: "住民", schedules: "予定", audit: "監査", talks: "対話" };
const COLUMNS = { at: "時刻", status: "状態", state: "状態", kind: "種類", type: "種類", topic: "用件", citizen: "住民", slot: "枠", name: "名前", endpoint: "操作", method: "方式", path: "パス", fault: "故障", due: "期日", attempts: "試行", count: "件数", party: "人数", start: "開始" };
const GOOD = /^(done|ok|sent|delivered|booked|confirmed|active|20\d|完了|済|予約済|配信済)/i;
const BAD = /^(dead|failed|error|cancelled|canceled|unknown|[45]\d\d|失敗|取消|不明)/i;
const WAIT = /^(pending|waiting|queued|leased|retry|received|held|scheduled|待|仮)/i;

let current = "";
let last = "";
const seen = new Map();

export async function town() {
  const [seenByTown, line] = await Promise.all([get("/town").catch(() => null), get("/log?last=60").catch(() => ({ log: [], total: 0 }))]);
  const calls = line.log.reverse().map((row) => ({ at: row.at, method: row.method, path: row.path, status: row.status, fault: row.fault ?? "" }));
  const sections = [...(seenByTown?.sections ?? []), { name: "line", rows: calls, total: line.total }];
  const state = JSON.stringify([sections, current, seenByTown === null]);
  if (state === last) return;
  last = state;
  if (!sections.some((section) => section.name === current)) current = sections[0].name;
  tabs(sections);
  sheet(sections.find((section) => section.name === current), seenByTown === null);
}

const title = (name) => (name === "line" ? "LINE への要求" : NAMES[name] ?? name);

function tabs(sections) {
  const focused = document.activeElement?.dataset?.section;
  byId("tabs").replaceChildren(
    ...sections.map((section) => {
      const chosen = section.name === current;
      const node = h("button", { type: "button", role: "tab", "data-section": section.name, "aria-selected": String(chosen), onclick: () => pick(section.name) }, title(section.name), h("span", { class: "count" }, section.total ?? section.rows.length));
      return node;
    }),
  );
  if (focused) byId("tabs").querySelector(`[data-section="${CSS.escape(focused)}"]`)?.focus();
}

function pick(name) {
  current = name;
  last = "";
  town();
}

function sheet(section, broken) {
  const panel = byId("sheet");
  if (broken && section.name !== "line") return panel.replaceChildren(h("p", { class: "empty" }, "まちの画面を読めませんでした。役場側のログを確かめてください。"));
  if (!section.rows.length) return panel.replaceChildren(h("p", { class: "empty" }, "まだ何もありません。電話から話しかけると、ここに現れます。"));
  const columns = [...new Set(section.rows.flatMap((row) => Object.keys(row)))];
  const before = seen.get(section.name);
  const now = new Set();
  const body = section.rows.map((row) => {
    const key = JSON.stringify(row);
    now.add(key);
    return h("tr", { class: before && !before.has(key) ? "fresh" : "" }, ...columns.map((column) => cell(column, row[column])));
  });
  seen.set(section.name, now);
  const top = panel.scrollTop;
  panel.replaceChildren(h("table", {}, h("thead", {}, h("tr", {}, ...columns.map((column) => h("th", { scope: "col" }, COLUMNS[column] ?? column)))), h("tbody", {}, ...body)));
  panel.scrollTop = top;
}

function cell(column, value) {
  const text = value === null || value === undefined ? "" : String(value);
  if (/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/.test(text) && !Number.isNaN(Date.parse(text))) return h("td", { class: "when", title: text }, clock(text, true));
  if (/status|state|fate|状態/.test(column)) return h("td", {}, h("span", { class: `pill ${GOOD.test(text) ? "good" : BAD.test(text) ? "bad" : WAIT.test(text) ? "wait" : ""}` }, text));
  return h("td", { class: /^[\d,.]+$/.test(text) ? "number" : "", title: text.length > 60 ? text : null }, text.length > 160 ? `${text.slice(0, 160)}…` : text);
}
