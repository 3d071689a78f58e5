// One message as a phone shows it.
import { el, svg } from "/simulator/page/dom.js";
import { icon } from "/simulator/page/icons.js";
import { voice } from "/simulator/page/voice.js";
import { clock, marked, plain } from "/simulator/page/words.js";

const TICKS = { sent: "one", delivered: "two", read: "two", failed: "alert" };
const TICK_WORDS = { sent: "sent", delivered: "delivered", read: "read", failed: "failed" };

/** The element of a message. `acts` has tap(message, choice), openList(message), open(url), place(), react(message), find(id). */
export function bubble(message, acts) {
  const mine = message.from === "person";
  if (message.revoked) return gone(message, mine);
  const asks = !mine && (message.choices.length || message.link || message.kind === "location_request_message");
  const body = el("div", { class: `bubble ${message.type}` },
    quote(message, acts), picture(message), attachment(message),
    message.header ? el("h3", {}, ...marked(message.header)) : null,
    message.text && message.type !== "contacts" && message.type !== "location" ? el("div", { class: "words" }, ...marked(message.text)) : null,
    message.footer ? el("p", { class: "foot" }, message.footer) : null,
    when(message, mine),
    message.reaction ? el("span", { class: "reaction", title: "Reaction" }, message.reaction) : null);
  return el("div", { class: `turn${mine ? " mine" : ""}${asks ? " asks" : ""}`, "data-id": message.id },
    body,
    asks ? choices(message, acts) : null,
    mine ? null : reactButton(message, acts));
}

/** Show a newer status on a bubble that is already there. */
export function restatus(turn, status) {
  const old = turn.querySelector(".ticks");
  if (old) old.replaceWith(ticks(status));
}

function gone(message, mine) {
  return el("div", { class: `turn${mine ? " mine" : ""}`, "data-id": message.id },
    el("div", { class: "bubble" }, el("i", { class: "foot" }, "This message was deleted"), when(message, mine)));
}

function when(message, mine) {
  return el("p", { class: "when" }, message.edited ? el("span", {}, "edited") : null, el("time", { datetime: message.time }, clock(message.time)), mine ? ticks(message.status) : null);
}

function ticks(status) {
  const name = TICKS[status] ?? "clock";
  return el("span", { class: `ticks ${status}`, title: TICK_WORDS[status] ?? "on its way", role: "img", "aria-label": TICK_WORDS[status] ?? "on its way" }, icon(name, 16));
}

function quote(message, acts) {
  const original = message.reply_to && acts.find(message.reply_to);
  if (!original) return null;
  const words = plain(original.text || original.header || original.type);
  return el("span", { class: "quote" }, words.length > 90 ? `${words.slice(0, 90)}…` : words);
}

function picture({ media, text, type }) {
  if (!media || !["image", "sticker", "video"].includes(media.kind)) return null;
  const source = address(media);
  if (media.kind === "video") return el("video", { class: "photo", src: source, controls: true, preload: "metadata" });
  const alt = type === "sticker" ? "Sticker" : text ? `Photo: ${text.slice(0, 80)}` : "Photo";
  return el("a", { href: source, target: "_blank", rel: "noopener" }, el("img", { class: "photo", src: source, alt }));
}

function attachment({ media, type, location, contacts }) {
  if (type === "location") return map(location ?? {});
  if (type === "contacts") return (contacts ?? []).map(card);
  if (!media) return null;
  if (media.kind === "voice" || media.kind === "audio") return voice(address(media));
  if (media.kind !== "document") return null;
  const name = media.filename ?? "Document";
  const kind = name.includes(".") ? name.split(".").pop().toUpperCase() : "FILE";
  return el("a", { class: "file", href: address(media), target: "_blank", rel: "noopener" }, icon("file", 28), el("span", {}, name, el("small", {}, kind)));
}

function card(contact) {
  const phone = contact.phones?.[0]?.phone;
  return el("div", { class: "card" }, icon("person", 28), el("span", {}, contact.name?.formatted_name ?? "Contact", phone ? el("small", {}, phone) : null));
}

function map({ latitude, longitude, name, address: street }) {
  const shift = Math.abs(Math.round((latitude + longitude) * 1000)) % 40;
  const roads = [`M-10 ${60 + shift / 4}C60 ${30 + shift} 160 ${100 - shift} 270 ${50 + shift / 2}`, `M${60 + shift} -10C${80 + shift} 50 ${40 + shift} 90 ${90 + shift} 150`, `M${170 - shift / 2} -10V150`];
  return el("div", {},
    svg("svg", { class: "map", viewBox: "0 0 260 130", role: "img", "aria-label": "Map with a pin" },
      svg("rect", { width: 260, height: 130, fill: "#dfe9e2" }),
      svg("path", { d: `M180 130C190 ${90 - shift / 2} 230 80 270 ${70 - shift / 3}V140H180Z`, fill: "#a9d3ea" }),
      ...roads.map((d) => svg("path", { d, fill: "none", stroke: "#fff", "stroke-width": 9 })),
      svg("path", { d: "M130 78s-17-15-17-28a17 17 0 0 1 34 0c0 13-17 28-17 28Z", fill: "#a83a22" }),
      svg("circle", { cx: 130, cy: 50, r: 6, fill: "#fff" })),
    el("div", { class: "words" }, name ? el("b", {}, name) : "Location"),
    el("p", { class: "foot" }, street ?? `${latitude}, ${longitude}`));
}

function choices(message, acts) {
  if (message.kind === "list") {
    return el("div", { class: "choices" }, el("button", { type: "button", onclick: () => acts.openList(message) }, icon("list", 18), message.button || "See all"));
  }
  const row = message.choices.map((choice) => el("button", { type: "button", onclick: () => acts.tap(message, choice) }, icon("reply", 18), choice.label));
  if (message.link) {
    const { label, url } = message.link;
    row.push(el("a", { href: url, target: "_blank", rel: "noopener", onclick: (event) => acts.open(event, url) }, icon("link", 18), label));
  }
  if (message.kind === "location_request_message") {
    row.push(el("button", { type: "button", onclick: () => acts.place() }, icon("pin", 18), "Send location"));
  }
  return el("div", { class: "choices" }, ...row);
}

function reactButton(message, acts) {
  return el("button", { type: "button", class: "react", "aria-label": "React", title: "React", onclick: () => acts.react(message) }, icon("face", 20));
}

function address(media) {
  return media.id ? `/simulator/media/${encodeURIComponent(media.id)}` : media.url;
}
