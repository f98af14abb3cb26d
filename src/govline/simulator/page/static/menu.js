// The rich menu: an image with tappable areas, or drawn tiles where there is no image worth showing.

import { byId, h, svg } from "./dom.js";
import { area } from "./messages.js";
import { address } from "./net.js";

// Drawn where a tile's word is a common one; else its first letter stands there.
const ICONS = [
  [/確認|一覧/, "M5 4h14v16H5zM8 9h8M8 13h8M8 17h5"],
  [/変更|引っ越/, "M4 9h14l-4-4M20 15H6l4 4"],
  [/取消|キャンセル/, "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM8.5 8.5l7 7M15.5 8.5l-7 7"],
  [/予約|申込/, "M4 6h16v14H4zM4 10h16M8 3v4M16 3v4M9 15l2 2 4-4"],
  [/ごみ|ゴミ/, "M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13M10 11v5M14 11v5"],
  [/地区|住所|登録/, "M3 11l9-8 9 8M6 9v11h12V9M10 20v-6h4v6"],
  [/通知|お知らせ|設定/, "M6 17V11a6 6 0 0 1 12 0v6l2 1H4zM10 21h4"],
  [/災害|避難|防災/, "M12 3 2 20h20ZM12 9v5M12 17v.5"],
  [/相談|問い合わせ/, "M4 5h16v11H11l-5 4v-4H4z"],
];

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
  if (!hasImage) node.append(h("i", {}, icon(name)), h("span", {}, name));
  return node;
}

function icon(name) {
  const found = ICONS.find(([words]) => words.test(name));
  if (!found) return [...name][0] ?? "";
  const stroke = { fill: "none", stroke: "currentColor", "stroke-width": 2, "stroke-linecap": "round", "stroke-linejoin": "round" };
  return svg("svg", { viewBox: "0 0 24 24", width: 23, height: 23, "aria-hidden": "true" }, svg("path", { d: found[1], ...stroke }));
}

export function toggle(wanted, label) {
  open = wanted;
  const bar = byId("menu-bar");
  if (label !== undefined) bar.dataset.label = label;
  byId("menu-area").hidden = !open;
  bar.setAttribute("aria-expanded", String(open));
  bar.textContent = `${bar.dataset.label ?? "メニュー"} ${open ? "▾" : "▴"}`;
}
