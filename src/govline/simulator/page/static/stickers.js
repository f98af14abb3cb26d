// Drawn stickers of our own: a face, a word, a colour. Any sticker id shows as one of them.

import { hue, svg } from "./dom.js";

export const STICKERS = [
  { packageId: "446", stickerId: "1988", word: "ありがとう", fill: "#ffd166", mouth: "M38 60q12 12 24 0" },
  { packageId: "446", stickerId: "1989", word: "了解です", fill: "#8fd3a9", mouth: "M40 62h20" },
  { packageId: "446", stickerId: "1990", word: "お願いします", fill: "#9cc9ee", mouth: "M40 64q10 -8 20 0" },
  { packageId: "446", stickerId: "1991", word: "すごい!", fill: "#f7a6b0", mouth: "M44 58a6 8 0 1 0 12 0a6 8 0 1 0-12 0" },
  { packageId: "446", stickerId: "1992", word: "こまった", fill: "#c9b6ee", mouth: "M40 66q10 -12 20 0" },
  { packageId: "446", stickerId: "1993", word: "おやすみ", fill: "#b6c2d6", mouth: "M42 62q8 6 16 0" },
];

export function sticker(message, size = 120) {
  const known = STICKERS.find((each) => each.stickerId === message.stickerId);
  const drawn = known ?? STICKERS[hue(`${message.packageId}/${message.stickerId}`) % STICKERS.length];
  const eyes = drawn.word === "おやすみ" ? "M34 44q5 5 10 0M56 44q5 5 10 0" : "M39 40v7M61 40v7";
  const label = svg("text", { x: 50, y: 96, "text-anchor": "middle", "font-size": 13, "font-weight": 800, fill: "#3b4650", stroke: "#fff", "stroke-width": 4, "paint-order": "stroke" });
  label.textContent = drawn.word;
  return svg(
    "svg",
    { viewBox: "0 0 100 104", width: size, height: size, role: "img", "aria-label": `スタンプ ${drawn.word}` },
    svg("path", { d: "M50 8c24 0 40 16 40 38S74 84 50 84 10 68 10 46 26 8 50 8Z", fill: drawn.fill }),
    svg("path", { d: eyes, stroke: "#3b4650", "stroke-width": 5, "stroke-linecap": "round", fill: "none" }),
    svg("path", { d: drawn.mouth, stroke: "#3b4650", "stroke-width": 4, "stroke-linecap": "round", fill: drawn.word === "すごい!" ? "#3b4650" : "none" }),
    svg("circle", { cx: 27, cy: 56, r: 6, fill: "#fff", opacity: 0.55 }),
    svg("circle", { cx: 73, cy: 56, r: 6, fill: "#fff", opacity: 0.55 }),
    label,
  );
}
