// The right side: what the town sees, section by section, and every request it made of LINE.

import { byId, clock, h } from "./dom.js";
import { get } from "./net.js";
import { COLUMNS, TITLES, empty, isKey, isState, word } from "./words.js";

const GOOD = /^(done|ok|sent|delivered|booked|confirmed|active|20\d|完了|済|予約済|配信済)/i;
const BAD = /^(dead|failed|error|cancelled|canceled|unknown|[45]\d\d|失敗|取消|不明)/i;
const WAIT = /^(pending|ready|waiting|asleep|queued|leased|retry|received|held|scheduled|待|仮)/i;

let current = "";
let last = "";
const seen = new Map();
const read = new Map();

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

const title = (name) => TITLES[name] ?? name;

function tabs(sections) {
  const focused = document.activeElement?.dataset?.section;
  byId("tabs").replaceChildren(
    ...sections.map((section) => {
      const chosen = section.name === current;
      const node = h("button", { type: "button", class: news(section, chosen) ? "news" : "", role: "tab", "data-section": section.name, "aria-selected": String(chosen), onclick: () => pick(section.name) }, title(section.name), h("span", { class: "count" }, section.total ?? section.rows.length));
      return node;
    }),
  );
  if (focused) byId("tabs").querySelector(`[data-section="${CSS.escape(focused)}"]`)?.focus();
}

// A dot on every tab whose table has changed since it was last looked at; LINE's log changes with each of them.
function news(section, chosen) {
  const text = JSON.stringify(section.rows);
  if (chosen || !read.has(section.name)) read.set(section.name, text);
  return section.name !== "line" && read.get(section.name) !== text;
}

function pick(name) {
  current = name;
  last = "";
  town();
}

function sheet(section, broken) {
  const panel = byId("sheet");
  if (broken && section.name !== "line") return panel.replaceChildren(h("p", { class: "empty" }, "まちの画面を読めませんでした。役場側のログを確かめてください。"));
  if (!section.rows.length) return panel.replaceChildren(h("p", { class: "empty" }, empty(section.name)));
  const columns = shown(section.rows);
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

// Columns in which no row has anything are left out; keys, which only machines read, stand last.
function shown(rows) {
  const all = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((column) => rows.some((row) => (row[column] ?? "") !== ""));
  return [...all.filter((column) => !isKey(column)), ...all.filter(isKey)];
}

function cell(column, value) {
  const text = value === null || value === undefined ? "" : String(value);
  if (/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/.test(text) && !Number.isNaN(Date.parse(text))) return h("td", { class: "when", title: text }, clock(text, true));
  if (isKey(column)) return h("td", { class: "key", title: text }, text.length > 8 ? `…${text.slice(-6)}` : text);
  if (isState(column)) return h("td", {}, h("span", { class: `pill ${GOOD.test(text) ? "good" : BAD.test(text) ? "bad" : WAIT.test(text) ? "wait" : ""}`, title: text }, word(column, text)));
  return h("td", { class: /^[\d,.]+$/.test(text) ? "number" : "", title: text.length > 60 ? text : null }, text.length > 160 ? `${text.slice(0, 160)}…` : word(column, text));
}
