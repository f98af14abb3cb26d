// Flex messages: boxes, texts, buttons, images, icons, separators, spacers. Values are checked before they become style.

import { h, picture } from "./dom.js";

const SPACE = { none: 0, xs: 2, sm: 4, md: 8, lg: 12, xl: 16, xxl: 20 };
const FONT = { xxs: 11, xs: 13, sm: 14, md: 16, lg: 19, xl: 22, xxl: 29, "3xl": 35, "4xl": 48, "5xl": 74 };
const IMAGE = { xxs: 40, xs: 60, sm: 80, md: 100, lg: 120, xl: 140, xxl: 160, "3xl": 180, "4xl": 200, "5xl": 220 };
const RADIUS = { none: 0, xs: 2, sm: 4, md: 8, lg: 12, xl: 16, xxl: 20 };
const BORDER = { none: 0, light: 0.5, normal: 1, medium: 2, "semi-bold": 3, bold: 4 };
const WIDTH = { nano: 120, micro: 160, deca: 220, hecto: 241, kilo: 260, mega: 300, giga: 330 };
const ALIGN = { start: "left", center: "center", end: "right" };
const GRAVITY = { top: "flex-start", center: "center", bottom: "flex-end" };
const COLOUR = /^#[0-9a-f]{6}([0-9a-f]{2})?$/i;
const LENGTH = /^\d+(\.\d+)?(px|%)$/;

const colour = (value) => (COLOUR.test(value ?? "") ? value : "");
const length = (value, scale = SPACE) => (value in scale ? `${scale[value]}px` : LENGTH.test(value ?? "") ? value : "");

function place(node, part, parent) {
  if (part.margin) node.style[parent === "vertical" ? "marginTop" : "marginLeft"] = length(part.margin);
  if (part.position === "absolute") node.style.position = "absolute";
  const sides = { offsetTop: "top", offsetBottom: "bottom", offsetStart: "left", offsetEnd: "right" };
  for (const [from, to] of Object.entries(sides)) if (part[from]) node.style[to] = length(part[from]);
  return node;
}

function grow(node, part, parent, natural) {
  const flex = part.flex ?? (parent === "vertical" ? 0 : natural);
  node.style.flex = flex ? `${flex} ${flex} 0` : "0 0 auto";
  if (parent !== "vertical") node.style.minWidth = "0";
  return node;
}

function tappable(node, action, act) {
  if (!action) return node;
  node.classList.add("tap");
  node.tabIndex = 0;
  node.setAttribute("role", "button");
  if (action.label) node.setAttribute("aria-label", action.label);
  const go = (event) => {
    event.stopPropagation();
    act(action);
  };
  node.addEventListener("click", go);
  node.addEventListener("keydown", (event) => (event.key === "Enter" ? go(event) : null));
  return node;
}

function letters(node, part) {
  if (part.size) node.style.fontSize = length(part.size, FONT);
  if (part.color) node.style.color = colour(part.color);
  if (part.weight === "bold") node.style.fontWeight = "700";
  if (part.style === "italic") node.style.fontStyle = "italic";
  if (part.decoration && part.decoration !== "none") node.style.textDecoration = part.decoration;
  return node;
}

function text(part, parent, act) {
  const spans = (part.contents ?? []).map((span) => letters(h("span", {}, span.text ?? ""), span));
  const node = letters(h("div", { class: part.wrap ? "fx-text wrap" : "fx-text" }, ...(spans.length ? spans : [part.text ?? ""])), part);
  node.style.textAlign = ALIGN[part.align] ?? "left";
  if (part.gravity) node.style.alignSelf = GRAVITY[part.gravity];
  if (part.lineSpacing) node.style.lineHeight = `calc(1.35em + ${length(part.lineSpacing)})`;
  if (part.maxLines > 0) {
    node.classList.add("clamp");
    node.style.setProperty("--lines", String(Number(part.maxLines)));
  }
  return tappable(grow(node, part, parent, 1), part.action, act);
}

function ratio(value, fallback) {
  const [width, height] = String(value ?? fallback).split(":").map(Number);
  return width > 0 && height > 0 ? `${width} / ${height}` : fallback.replace(":", " / ");
}

function image(part, parent, act, hero = false) {
  const node = h("div", { class: "fx-image" }, h("img", { src: picture(part.url), alt: "", loading: "lazy" }));
  const full = part.size === "full" || hero;
  node.style.width = full ? "100%" : length(part.size ?? "md", IMAGE) || "100px";
  node.style.aspectRatio = ratio(part.aspectRatio, "1:1");
  node.style.backgroundColor = colour(part.backgroundColor);
  node.firstChild.style.objectFit = part.aspectMode === "cover" ? "cover" : "contain";
  if (parent === "vertical") node.style.alignSelf = { start: "flex-start", end: "flex-end" }[part.align] ?? "center";
  return tappable(grow(node, part, parent, full ? 1 : 0), part.action, act);
}

function icon(part) {
  const side = length(part.size ?? "md", FONT);
  return h("img", { class: "fx-icon", src: picture(part.url), alt: "", style: { height: side, aspectRatio: ratio(part.aspectRatio, "1:1") } });
}

function button(part, parent, act) {
  const kind = part.style ?? "link";
  const node = h("button", { type: "button", class: `fx-button ${kind} ${part.height ?? "md"}`, onclick: () => act(part.action) }, part.action?.label ?? "");
  if (part.color) node.style[kind === "link" ? "color" : "backgroundColor"] = colour(part.color);
  if (part.gravity) node.style.alignSelf = GRAVITY[part.gravity];
  return grow(node, part, parent, 1);
}

function paint(node, part) {
  node.style.backgroundColor = colour(part.backgroundColor);
  const gradient = part.background;
  if (gradient?.type === "linearGradient" && colour(gradient.startColor) && colour(gradient.endColor)) {
    const angle = /^\d+(\.\d+)?deg$/.test(gradient.angle ?? "") ? gradient.angle : "0deg";
    node.style.backgroundImage = `linear-gradient(${angle}, ${gradient.startColor}, ${gradient.endColor})`;
  }
  if (part.borderWidth || part.borderColor) node.style.border = `${length(part.borderWidth ?? "normal", BORDER)} solid ${colour(part.borderColor) || "#00000022"}`;
  if (part.cornerRadius) node.style.borderRadius = length(part.cornerRadius, RADIUS);
}

function box(part, parent, act) {
  const node = h("div", { class: `fx-box ${part.layout}` });
  const inner = part.layout === "vertical" ? "vertical" : "horizontal";
  for (const child of part.contents ?? []) node.append(component(child, inner, act));
  if (part.spacing) node.style.gap = length(part.spacing);
  paint(node, part);
  for (const name of ["width", "maxWidth", "height", "maxHeight"]) if (part[name]) node.style[name] = length(part[name], {});
  if (part.paddingAll) node.style.padding = length(part.paddingAll);
  const pads = { paddingTop: "paddingTop", paddingBottom: "paddingBottom", paddingStart: "paddingLeft", paddingEnd: "paddingRight" };
  for (const [from, to] of Object.entries(pads)) if (part[from]) node.style[to] = length(part[from]);
  if (/^[a-z-]+$/.test(part.justifyContent ?? "")) node.style.justifyContent = part.justifyContent;
  if (/^[a-z-]+$/.test(part.alignItems ?? "")) node.style.alignItems = part.alignItems;
  return tappable(grow(node, part, parent, 1), part.action, act);
}

function separator(part, parent) {
  return h("div", { class: parent === "vertical" ? "fx-line" : "fx-line upright", style: { backgroundColor: colour(part.color) } });
}

const BUILD = {
  box,
  text,
  button,
  image,
  icon,
  separator,
  filler: (part) => h("div", { style: { flex: String(Number(part.flex ?? 1)) } }),
  spacer: (part) => h("div", { style: { height: length(part.size ?? "md"), width: length(part.size ?? "md") } }),
  video: (part, parent, act) => image({ ...part, url: part.previewUrl, size: "full", aspectMode: "cover" }, parent, act, true),
};

function component(part, parent, act) {
  const build = BUILD[part?.type];
  return build ? place(build(part, parent, act), part, parent) : h("span");
}

function bubble(part, act) {
  const node = h("div", { class: "fx-bubble", style: { width: `${WIDTH[part.size] ?? WIDTH.mega}px` } });
  for (const name of ["header", "hero", "body", "footer"]) {
    if (!part[name]) continue;
    const style = part.styles?.[name] ?? {};
    const block = h("div", { class: `fx-${name}` });
    const content = name === "hero" && part.hero.type === "image" ? image(part.hero, "vertical", act, part.hero.size === "full") : component(part[name], "vertical", act);
    if (style.separator) block.append(separator({ color: style.separatorColor }, "vertical"));
    block.append(content);
    block.style.backgroundColor = colour(style.backgroundColor);
    node.append(block);
  }
  return tappable(node, part.action, act);
}

export function flex(message, act) {
  const contents = message.contents ?? {};
  if (contents.type !== "carousel") return bubble(contents, act);
  const row = (contents.contents ?? []).map((each) => bubble(each, act));
  return h("div", { class: "carousel", tabindex: 0, role: "group", "aria-label": message.altText ?? "カルーセル" }, ...row);
}
