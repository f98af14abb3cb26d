// Native dialogs: ask for a name, a moment or a place; each answers a promise, null when it was dismissed.

import { byId, h } from "./dom.js";

function ask(title, fields, confirm) {
  const dialog = byId("dialog");
  const form = byId("dialog-form");
  form.replaceChildren(
    h("h2", {}, title),
    ...fields,
    h(
      "div",
      { class: "dialog-buttons" },
      h("button", { type: "button", class: "ghost", onclick: () => dialog.close("") }, "やめる"),
      h("button", { type: "submit", value: "ok" }, confirm),
    ),
  );
  dialog.returnValue = "";
  dialog.showModal();
  form.querySelector("input")?.focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "ok" ? new FormData(form) : null), { once: true });
  });
}

const labelled = (text, attributes) => h("label", {}, text, h("input", attributes));

export async function askName(title, value = "") {
  const data = await ask(title, [labelled("名前", { name: "name", required: true, maxlength: 50, value })], "決める");
  return data?.get("name") ?? null;
}

const INPUT = { date: "date", time: "time", datetime: "datetime-local" };

export async function askMoment(action) {
  const trim = (value) => value?.replace("t", "T");
  const field = labelled("日時", {
    name: "moment",
    type: INPUT[action.mode] ?? "date",
    required: true,
    value: trim(action.initial),
    min: trim(action.min),
    max: trim(action.max),
  });
  const data = await ask(action.label || "日時を選ぶ", [field], "送信");
  return data ? { [action.mode]: data.get("moment") } : null;
}

const PLACES = [
  ["町役場", "ひなた町中央1-1", 34.8531, 135.7799],
  ["中央公園", "ひなた町緑が丘3-2", 34.8574, 135.7852],
  ["駅前広場", "ひなた町駅前2-8", 34.8489, 135.7741],
];

export async function askPlace() {
  const choose = h("div", { class: "places" });
  const title = labelled("名前", { name: "title", maxlength: 100, value: PLACES[0][0] });
  const address = labelled("住所", { name: "address", maxlength: 100, value: PLACES[0][1] });
  const latitude = labelled("緯度", { name: "latitude", type: "number", step: "any", min: -90, max: 90, required: true, value: PLACES[0][2] });
  const longitude = labelled("経度", { name: "longitude", type: "number", step: "any", min: -180, max: 180, required: true, value: PLACES[0][3] });
  const inputs = [title, address, latitude, longitude].map((label) => label.querySelector("input"));
  for (const place of PLACES) {
    const fill = () => inputs.forEach((input, index) => (input.value = place[index]));
    choose.append(h("button", { type: "button", class: "chip", onclick: fill }, place[0]));
  }
  const data = await ask("位置情報を送る", [choose, title, address, h("div", { class: "pair" }, latitude, longitude)], "送信");
  if (!data) return null;
  return {
    title: data.get("title"),
    address: data.get("address"),
    latitude: Number(data.get("latitude")),
    longitude: Number(data.get("longitude")),
  };
}

export async function askCitizen(citizen) {
  const dialog = byId("dialog");
  const form = byId("dialog-form");
  const row = (value, text, kind = "") => h("button", { type: "submit", value, class: `row ${kind}` }, text);
  form.replaceChildren(
    h("h2", {}, citizen.name),
    row("rename", "名前を変える"),
    citizen.friend ? row("block", "ブロックする", "danger") : row("follow", citizen.known ? "ブロックを解除する" : "友だちに追加する"),
    h("button", { type: "button", class: "row ghost", onclick: () => dialog.close("") }, "閉じる"),
  );
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue || null), { once: true });
  });
}

export function showPicture(source) {
  const dialog = byId("dialog");
  byId("dialog-form").replaceChildren(
    h("img", { src: source, alt: "画像", class: "large" }),
    h("button", { type: "button", class: "row ghost", onclick: () => dialog.close("") }, "閉じる"),
  );
  dialog.showModal();
}
