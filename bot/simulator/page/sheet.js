// Sheets that slide up over one phone: lists, attachments, places, faces, and the till.
import { el } from "/simulator/page/dom.js";
import { icon } from "/simulator/page/icons.js";

/** Open a sheet in a phone; answers the function that closes it. Escape, the veil and the cross close it too. */
export function sheet(phone, title, content, kind = "") {
  phone.querySelectorAll(".sheet, .veil").forEach((old) => old.remove());
  const before = document.activeElement;
  const cross = el("button", { type: "button", class: "round", "aria-label": "Close", onclick: close }, icon("close"));
  const box = el("section", { class: `sheet ${kind}`, role: "dialog", "aria-modal": "true", "aria-label": title, onkeydown: keys },
    el("header", {}, el("h2", {}, title), cross), content);
  const veil = el("button", { type: "button", class: "veil", tabindex: "-1", "aria-label": "Close", onclick: close });
  phone.append(veil, box);
  (content.querySelector("button") ?? cross).focus({ preventScroll: true });

  function close() {
    veil.remove();
    box.remove();
    if (before?.isConnected) before.focus({ preventScroll: true });
  }
  function keys(event) {
    if (event.key === "Escape") close();
    if (event.key === "Tab") wrap(event, box);
  }
  return close;
}

/** A row of a sheet. */
export function row(title, detail, act, mark = null) {
  return el("button", { type: "button", onclick: act }, mark, el("span", {}, title, detail ? el("small", {}, detail) : null));
}

function wrap(event, box) {
  const stops = [...box.querySelectorAll("button, iframe, a[href], input")];
  const edge = event.shiftKey ? stops[0] : stops[stops.length - 1];
  if (document.activeElement !== edge) return;
  event.preventDefault();
  (event.shiftKey ? stops[stops.length - 1] : stops[0]).focus();
}
