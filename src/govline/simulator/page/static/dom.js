// Small helpers for building the page. Text only ever becomes a text node: nothing that a town or a citizen writes is markup.

const SVG = "http://www.w3.org/2000/svg";

export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else if (name === "style") Object.assign(node.style, value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}

export const byId = (id) => document.getElementById(id);

// Own origin and loopback are shown as they are; every other address is drawn by the simulator.
export function picture(url) {
  const text = String(url ?? "");
  if (isLoopback(text)) return text;
  return `/sim/asset?url=${encodeURIComponent(text)}`;
}

export function isLoopback(url) {
  try {
    const parsed = new URL(url);
    return parsed.protocol === "http:" && ["127.0.0.1", "localhost"].includes(parsed.hostname);
  } catch {
    return false;
  }
}

let toastTimer = 0;
export function toast(text) {
  const node = byId("toast");
  node.textContent = text;
  node.classList.add("shown");
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => node.classList.remove("shown"), 4200);
}

export function clock(iso, withDay = false) {
  const options = { hour: "2-digit", minute: "2-digit", timeZone: "Asia/Tokyo" };
  if (withDay) Object.assign(options, { month: "long", day: "numeric", weekday: "short" });
  return new Intl.DateTimeFormat("ja-JP", options).format(new Date(iso));
}

export function day(iso) {
  const options = { month: "long", day: "numeric", weekday: "short", timeZone: "Asia/Tokyo" };
  return new Intl.DateTimeFormat("ja-JP", options).format(new Date(iso));
}

// A stable hue for a name, for avatars.
export function hue(text) {
  let sum = 0;
  for (const letter of String(text)) sum = (sum * 31 + letter.codePointAt(0)) % 360;
  return sum;
}
