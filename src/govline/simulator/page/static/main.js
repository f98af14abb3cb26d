// The phone: citizens, talk, composer, and the polling that keeps them true.

import { askCitizen, askMoment, askName, askPlace } from "./dialogs.js";
import { byId, clock, day, h, hue, isLoopback, toast } from "./dom.js";
import { menu, toggle } from "./menu.js";
import { render } from "./messages.js";
import { get, post, send } from "./net.js";
import { STICKERS, sticker } from "./stickers.js";
import { town } from "./town.js";

const POLL = 700;
const state = { citizen: null, after: 0, citizens: [], lastDay: "", shownPeople: "", polling: null, speaker: "", stick: true };

const mine = () => state.citizens.find((each) => each.userId === state.citizen);
const path = (gesture) => `/citizens/${encodeURIComponent(state.citizen)}/${gesture}`;

function avatar(name, size = "") {
  return h("span", { class: `avatar ${size}`, "aria-hidden": "true", style: { background: `hsl(${hue(name)} 52% 62%)` } }, [...name][0] ?? "?");
}

// ---- actions

async function act(action) {
  if (!action) return;
  let params = null;
  if (action.type === "datetimepicker") {
    params = await askMoment(action);
    if (!params) return;
  }
  const next = await post(path("tap"), { action, params });
  if (next.open) visit(next.open);
  if (next.copy) navigator.clipboard?.writeText(next.copy).then(() => toast("コピーしました"), () => toast("コピーできませんでした"));
  if (next.ask === "location") place();
  if (next.ask === "image" || next.ask === "camera") byId("file").click();
  if (next.fillIn) byId("text").value = next.fillIn;
  if (action.inputOption === "openKeyboard") byId("text").focus();
  if (action.inputOption === "closeRichMenu") toggle(false);
  if (action.inputOption === "openRichMenu") toggle(true);
  await poll();
}

function visit(url) {
  if (isLoopback(url)) window.open(`/sim/open?${new URLSearchParams({ citizen: state.citizen, url })}`, "_blank", "noopener");
  else if (String(url).startsWith("tel:")) toast(`電話をかけます: ${String(url).slice(4)}`);
  else toast(`外のページはここでは開きません\n${url}`);
}

async function place() {
  const found = await askPlace();
  if (found) await post(path("location"), found).then(poll);
}

// ---- the talk

function line(entry) {
  const stamp = h("time", { datetime: entry.at }, clock(entry.at));
  if (entry.side === "note") return h("div", { class: "note" }, entry.message.text);
  const body = render(entry.message, act);
  if (entry.side === "citizen") return h("div", { class: "line own", "data-seq": entry.seq }, stamp, body);
  const name = entry.message.sender?.name ?? byId("bar-town").textContent;
  const again = state.speaker === name ? " again" : "";
  const face = h("span", { class: "avatar crest", "aria-hidden": "true" }, [...name][0]);
  return h("div", { class: `line${again}`, "data-seq": entry.seq, "data-via": entry.via }, face, h("div", { class: "said" }, h("small", {}, name), h("div", { class: "with-time" }, body, stamp)));
}

function append(messages) {
  const talk = byId("talk");
  for (const entry of messages) {
    const today = day(entry.at);
    if (today !== state.lastDay) talk.append(h("div", { class: "day" }, today));
    state.lastDay = today;
    talk.append(line(entry));
    state.after = entry.seq;
    state.speaker = entry.side === "town" ? entry.message.sender?.name ?? byId("bar-town").textContent : "";
  }
  if (state.stick || messages.some((entry) => entry.side === "citizen")) down();
  quick(messages.at(-1));
}

function down() {
  const talk = byId("talk");
  talk.scrollTop = talk.scrollHeight;
  state.stick = true;
}

// Stay at the newest line while pictures load and the keyboard or the menu opens, unless the reader has scrolled up.
function stay() {
  const talk = byId("talk");
  talk.addEventListener("scroll", () => (state.stick = talk.scrollHeight - talk.scrollTop - talk.clientHeight < 120));
  talk.addEventListener("load", () => (state.stick ? down() : null), true);
  new ResizeObserver(() => (state.stick ? down() : null)).observe(talk);
}

function quick(entry) {
  const items = entry.side === "town" ? entry.message.quickReply?.items ?? [] : [];
  byId("quick").replaceChildren(...items.map((item) => h("button", { type: "button", class: "chip", onclick: () => act(item.action) }, item.action.label)));
}

function typing(on) {
  const talk = byId("talk");
  const dots = talk.querySelector(".typing");
  if (on && !dots) {
    talk.append(h("div", { class: "line typing", "aria-label": "入力中" }, h("div", { class: "bubble dots" }, h("i"), h("i"), h("i"))));
    down();
  } else if (!on) dots?.remove();
}

// ---- citizens

function people() {
  const key = JSON.stringify([state.citizens, state.citizen]);
  if (key === state.shownPeople) return;
  state.shownPeople = key;
  const focused = document.activeElement?.dataset?.user;
  byId("people").replaceChildren(
    ...state.citizens.slice(0, 40).map((each) =>
      h(
        "button",
        { type: "button", "data-user": each.userId, class: each.friend ? "" : "away", "aria-current": each.userId === state.citizen ? "true" : null, "aria-label": each.unread ? `${each.name} 未読${each.unread}件` : each.name, title: each.name, onclick: () => choose(each.userId) },
        avatar(each.name),
        h("span", { class: "who" }, each.name),
        each.unread ? h("b", { class: "badge" }, each.unread > 99 ? "99+" : each.unread) : null,
      ),
    ),
  );
  if (focused) byId("people").querySelector(`[data-user="${CSS.escape(focused)}"]`)?.focus();
  stranger();
}

function stranger() {
  const citizen = mine();
  const away = !citizen?.friend;
  byId("stranger").hidden = !away;
  byId("composer").hidden = away;
  if (away) byId("tray").hidden = true;
  byId("more").disabled = !citizen;
  byId("bar-citizen").textContent = citizen ? `${citizen.name} さんの電話` : "";
  byId("stranger-text").textContent = citizen ? (citizen.known ? "この公式アカウントをブロックしています" : "まだ友だちではありません") : "住民を追加して、話しかけてみましょう";
  byId("befriend").textContent = citizen ? (citizen.known ? "ブロックを解除" : "友だち追加") : "住民を追加してはじめる";
}

async function choose(user) {
  state.citizen = user;
  state.after = 0;
  state.lastDay = "";
  state.speaker = "";
  sessionStorage.setItem("citizen", user);
  byId("talk").replaceChildren();
  byId("quick").replaceChildren();
  await post(path("open"));
  await poll();
  down();
}

async function add() {
  const name = await askName("住民を追加", suggestion());
  if (!name) return;
  const made = await post("/citizens", { name, follow: true });
  await poll();
  await choose(made.userId);
}

function suggestion() {
  const names = ["佐藤 さくら", "田中 健", "鈴木 ひなた", "高橋 みどり", "伊藤 大地", "山本 あおい"];
  return names.find((name) => !state.citizens.some((each) => each.name === name)) ?? "";
}

async function settings() {
  const citizen = mine();
  if (!citizen) return;
  const deed = await askCitizen(citizen);
  if (deed === "rename") {
    const name = await askName("名前を変える", citizen.name);
    if (name) await post(path("rename"), { name });
  } else if (deed) await post(path(deed));
  await poll();
}

const TROUBLES = {
  no_webhook: "webhook の宛先がまだ決まっていません",
  could_not_connect: "まちのサーバーにつながりません",
  request_timeout: "まちのサーバーが2秒以内に答えませんでした",
};

function trouble(kind) {
  const node = byId("trouble");
  const words = kind ? TROUBLES[kind] ?? `まちのサーバーがエラーを返しました (${kind})` : "";
  if (node.textContent !== words) node.textContent = words;
  node.hidden = !words;
}

// ---- polling

async function fetchState() {
  const wanted = state.citizen;
  const query = wanted ? `?citizen=${encodeURIComponent(wanted)}&after=${state.after}` : "";
  const found = await get(`/poll${query}`);
  if (wanted !== state.citizen) return;
  byId("clock").textContent = clock(found.now, true);
  byId("clock").dateTime = found.now;
  byId("bar-town").textContent = found.town;
  state.citizens = found.citizens;
  trouble(found.trouble);
  if (wanted && !mine()) {
    Object.assign(state, { citizen: null, after: 0, lastDay: "", speaker: "" });
    byId("talk").replaceChildren();
    byId("quick").replaceChildren();
  }
  people();
  if (found.messages.length) {
    typing(false);
    append(found.messages);
  }
  typing(Boolean(found.typing));
  if (menu(state.citizen ? found.menu ?? null : null, Boolean(found.menuImage), act)) down();
}

// One request at a time: two answers must never append the same lines.
function poll() {
  state.polling = (state.polling ?? Promise.resolve()).then(fetchState).catch(() => {});
  return state.polling;
}

async function loop(work, pause) {
  await work();
  setTimeout(() => loop(work, pause), pause);
}

// ---- composer

function composer() {
  const text = byId("text");
  const fit = () => {
    text.style.height = "auto";
    text.style.height = `${Math.min(text.scrollHeight, 110)}px`;
  };
  text.addEventListener("input", fit);
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    byId("composer").requestSubmit();
  });
  byId("composer").addEventListener("submit", async (event) => {
    event.preventDefault();
    const said = text.value.trim();
    if (!said || !state.citizen) return;
    text.value = "";
    fit();
    await post(path("say"), { text: said });
    await poll();
  });
}

function tray() {
  const panel = byId("tray");
  byId("plus").addEventListener("click", () => {
    panel.hidden = !panel.hidden;
    byId("plus").setAttribute("aria-expanded", String(!panel.hidden));
    down();
  });
  const stickers = byId("stickers");
  stickers.append(...STICKERS.map((each) => h("button", { type: "button", "aria-label": each.word, onclick: () => post(path("sticker"), { packageId: each.packageId, stickerId: each.stickerId }).then(poll) }, sticker(each, 64))));
  const deeds = { image: () => byId("file").click(), location: place, sticker: () => (stickers.hidden = !stickers.hidden) };
  for (const node of panel.querySelectorAll("[data-tray]")) node.addEventListener("click", () => deeds[node.dataset.tray]());
  byId("file").addEventListener("change", async (event) => {
    const [file] = event.target.files;
    if (file) await send(path("image"), file, file.type || "image/jpeg").then(poll);
    event.target.value = "";
  });
}

const forward = (seconds) => post("/clock", { seconds }).then(poll);

// Until 18:01 in Japan, when the notices of the next day have gone out; JST is UTC+9 all year.
function secondsToEvening(now) {
  const target = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate(), 9, 1);
  return Math.ceil((target + (target > now.getTime() ? 0 : 86_400_000) - now.getTime()) / 1000);
}

function start() {
  composer();
  tray();
  stay();
  byId("add").addEventListener("click", add);
  byId("more").addEventListener("click", settings);
  byId("befriend").addEventListener("click", () => (mine() ? post(path("follow")).then(poll) : add()));
  for (const node of document.querySelectorAll("[data-advance]")) node.addEventListener("click", () => forward(Number(node.dataset.advance)));
  byId("evening").addEventListener("click", () => forward(secondsToEvening(new Date(byId("clock").dateTime))));
}

async function begin() {
  start();
  await poll();
  const remembered = sessionStorage.getItem("citizen");
  const first = state.citizens.find((each) => each.userId === remembered) ?? state.citizens[0];
  if (first) await choose(first.userId);
  else stranger();
  loop(poll, POLL);
  loop(() => town().catch(() => {}), POLL * 2);
}

begin();
