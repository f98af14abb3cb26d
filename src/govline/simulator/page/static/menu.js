// The rich menu: an image with tappable areas, or drawn tiles where there is no image worth showing.

import { byId, h } from "./dom.js";
import { area } from "./messages.js";
import { address } from "./net.js";

let shown = "";
let open = true;

export function menu(found, hasImage, act) {
  const key = JSON.stringify([found, hasImage]);
  if (key === shown) return false;
  shown = key;
  byId("menu").hidden = !found;
  if (!found) return true;
  const panel = byId("menu-area");
  panel.style.aspectRatio = `${found.size.width} / ${found.size.height}`;
  panel.style.backgroundImage = hasImage ? `url("${address(`/menu-image/${encodeURIComponent(found.richMenuId)}`)}")` : "none";
  panel.classList.toggle("drawn", !hasImage);
  panel.replaceChildren(...found.areas.map((each, index) => tile(each, index, found, hasImage, act)));
  byId("menu-bar").onclick = () => toggle(!open);
  toggle(found.selected !== false, found.chatBarText);
  return true;
}

function tile(each, index, found, hasImage, act) {
  const name = each.action.label || each.action.displayText || each.action.text || each.action.data || "";
  const style = { ...area(each.bounds, found.size), "--tile": String((150 + index * 37) % 360) };
  const node = h("button", { type: "button", "aria-label": name, title: name, style, onclick: () => act(each.action) });
  node.style.setProperty("--tile", style["--tile"]);
  if (!hasImage) node.append(h("i", {}, [...name][0] ?? ""), h("span", {}, name));
  return node;
}

export function toggle(wanted, label) {
  open = wanted;
  const bar = byId("menu-bar");
  if (label !== undefined) bar.dataset.label = label;
  byId("menu-area").hidden = !open;
  bar.setAttribute("aria-expanded", String(open));
  bar.textContent = `${bar.dataset.label ?? "メニュー"} ${open ? "▾" : "▴"}`;
}
