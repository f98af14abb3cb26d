// One LINE message object -> one bubble. Unknown types show their alternative text.

import { showPicture } from "./dialogs.js";
import { h, isLoopback, picture, svg, toast } from "./dom.js";
import { flex } from "./flex.js";
import { address } from "./net.js";
import { sticker } from "./stickers.js";

const LINK = /(https?:\/\/[^\s「」、。]+)/g;

function words(text) {
  return String(text).split(LINK).map((part, index) => {
    if (index % 2 === 0) return part;
    if (isLoopback(part)) return h("a", { href: part, target: "_blank", rel: "noopener noreferrer" }, part);
    return h("button", { type: "button", class: "outside", onclick: () => toast(`外のページはここでは開きません\n${part}`) }, part);
  });
}

const text = (message) => h("div", { class: "bubble" }, ...words(message.text ?? ""));

function textV2(message) {
  const filled = String(message.text ?? "").replace(/\{(\w+)\}/g, (whole, key) => {
    const part = message.substitution?.[key];
    return part?.type === "mention" ? "@住民" : part?.type === "emoji" ? "☺" : whole;
  });
  return text({ text: filled });
}

function image(message) {
  const small = message.contentId ? address(`/content/${encodeURIComponent(message.contentId)}`) : picture(message.previewImageUrl);
  const large = message.contentId ? small : picture(message.originalContentUrl);
  return h("button", { type: "button", class: "photo", "aria-label": "画像を大きく見る", onclick: () => showPicture(large) }, h("img", { src: small, alt: "画像" }));
}

function video(message) {
  const play = svg("svg", { viewBox: "0 0 48 48", width: 56, height: 56 }, svg("circle", { cx: 24, cy: 24, r: 24, fill: "#000a" }), svg("path", { d: "M19 14 35 24 19 34Z", fill: "#fff" }));
  return h("div", { class: "photo video", role: "img", "aria-label": "動画" }, h("img", { src: picture(message.previewImageUrl), alt: "" }), play);
}

function audio(message) {
  const seconds = Math.round((message.duration ?? 0) / 1000);
  const bars = Array.from({ length: 18 }, (_, index) => h("i", { style: { height: `${6 + ((index * 7) % 17)}px` } }));
  return h("div", { class: "bubble audio", role: "img", "aria-label": `音声 ${seconds}秒` }, h("b", {}, "▶"), h("span", {}, ...bars), h("small", {}, `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`));
}

function map(latitude, longitude) {
  const shift = Math.abs(Math.round((latitude + longitude) * 10_000)) % 60;
  return svg(
    "svg",
    { viewBox: "0 0 260 120", preserveAspectRatio: "xMidYMid slice", "aria-hidden": "true" },
    svg("rect", { width: 260, height: 120, fill: "#e8efe3" }),
    svg("path", { d: `M-10 ${30 + shift / 3} Q90 ${10 + shift} 270 ${60 - shift / 4}`, stroke: "#b9d9ee", "stroke-width": 22, fill: "none" }),
    svg("path", { d: `M${20 + shift} -10 L${70 + shift} 130 M-10 84 L270 ${70 + shift / 5} M${170 - shift / 2} -10 L${200 - shift} 130`, stroke: "#fff", "stroke-width": 9, fill: "none" }),
    svg("rect", { x: 186, y: 18, width: 52, height: 34, rx: 6, fill: "#cfe3c4" }),
    svg("path", { d: "M130 84c-14-17-21-26-21-36a21 21 0 0 1 42 0c0 10-7 19-21 36Z", fill: "#e0503f" }),
    svg("circle", { cx: 130, cy: 48, r: 8, fill: "#fff" }),
  );
}

function location(message) {
  return h("div", { class: "card place" }, map(message.latitude, message.longitude), h("div", { class: "card-body" }, h("strong", {}, message.title || "位置情報"), h("p", {}, message.address || `${message.latitude}, ${message.longitude}`)));
}

function choices(actions, act, kind = "") {
  return h("div", { class: `choices ${kind}` }, ...(actions ?? []).map((action) => h("button", { type: "button", onclick: () => act(action) }, action.label ?? "")));
}

function column(part, act, options = {}) {
  const square = options.imageAspectRatio === "square" ? " square" : "";
  const fit = options.imageSize === "contain" ? "contain" : "cover";
  const thumb = part.thumbnailImageUrl ? h("img", { class: `thumb${square}`, src: picture(part.thumbnailImageUrl), alt: "", style: { objectFit: fit } }) : null;
  const body = h("div", { class: "card-body" }, part.title ? h("strong", {}, part.title) : null, h("p", {}, part.text ?? ""));
  if (part.defaultAction) body.addEventListener("click", () => act(part.defaultAction));
  return h("div", { class: "card" }, thumb, body, choices(part.actions, act));
}

const TEMPLATES = {
  buttons: (part, act) => column(part, act, part),
  confirm: (part, act) => h("div", { class: "card" }, h("div", { class: "card-body" }, h("p", {}, part.text ?? "")), choices(part.actions, act, "side")),
  carousel: (part, act) => h("div", { class: "carousel", tabindex: 0, role: "group", "aria-label": "カルーセル" }, ...(part.columns ?? []).map((each) => column(each, act, part))),
  image_carousel: (part, act) =>
    h(
      "div",
      { class: "carousel", tabindex: 0, role: "group", "aria-label": "画像カルーセル" },
      ...(part.columns ?? []).map((each) => h("button", { type: "button", class: "picture", onclick: () => act(each.action) }, h("img", { src: picture(each.imageUrl), alt: "" }), each.action?.label ? h("span", {}, each.action.label) : null)),
    ),
};

function imagemap(message, act) {
  const size = message.baseSize ?? { width: 1040, height: 1040 };
  const node = h("div", { class: "imagemap", style: { aspectRatio: `${Number(size.width)} / ${Number(size.height)}` } }, h("img", { src: picture(`${message.baseUrl}/1040`), alt: message.altText ?? "" }));
  for (const action of message.actions ?? []) {
    const kind = { uri: { type: "uri", uri: action.linkUri }, message: { type: "message", text: action.text }, clipboard: action }[action.type] ?? action;
    node.append(h("button", { type: "button", "aria-label": action.label ?? action.text ?? "リンク", style: area(action.area, size), onclick: () => act(kind) }));
  }
  return node;
}

export function area(bounds, size) {
  const part = (value, whole) => `${(100 * Number(value)) / Number(whole)}%`;
  return { left: part(bounds.x, size.width), top: part(bounds.y, size.height), width: part(bounds.width, size.width), height: part(bounds.height, size.height) };
}

const KINDS = {
  text,
  textV2,
  image,
  video,
  audio,
  location,
  imagemap,
  flex,
  sticker: (message) => h("div", { class: "sticker" }, sticker(message)),
  template: (message, act) => TEMPLATES[message.template?.type]?.(message.template, act),
  coupon: () => h("div", { class: "card" }, h("div", { class: "card-body" }, h("strong", {}, "クーポン"), h("p", {}, "クーポンが届きました"))),
};

export function render(message, act) {
  const node = KINDS[message.type]?.(message, act);
  return node ?? h("div", { class: "bubble muted" }, message.altText ?? "このメッセージは表示できません");
}
