// The control API of the simulator.

import { toast } from "./dom.js";

const CHANNEL = new URLSearchParams(window.location.search).get("channel");

// With several channels the page is opened as /?channel=<id>.
export function address(path) {
  const mark = path.includes("?") ? "&" : "?";
  return `/sim${path}${CHANNEL ? `${mark}channel=${encodeURIComponent(CHANNEL)}` : ""}`;
}

export async function get(path) {
  const answer = await fetch(address(path));
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

export async function post(path, body = {}) {
  return send(path, JSON.stringify(body), "application/json");
}

export async function send(path, body, type) {
  const answer = await fetch(address(path), { method: "POST", headers: { "content-type": type }, body });
  const value = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    const error = value.error ?? {};
    toast([error.message ?? "うまくいきませんでした", error.hint].filter(Boolean).join("\n"));
    throw new Error(error.code ?? String(answer.status));
  }
  return value;
}
