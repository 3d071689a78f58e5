// The foot of a phone: words, faces, attachments and the microphone.
import { call, path, say } from "/simulator/page/api.js";
import { el, news } from "/simulator/page/dom.js";
import { icon } from "/simulator/page/icons.js";
import { row, sheet } from "/simulator/page/sheet.js";
import { record } from "/simulator/page/voice.js";

const FACES = [..."😀😂🙂😉😍🤔😎😢😡🥳👍👎🙏👏💪👋❤️🔥✨🎉✅❌⭐📦🛒🍞🍎☕🏠🚚📍📷💳⏰🌧️☀️".matchAll(/\p{Extended_Pictographic}\uFE0F?/gu)].map((found) => found[0]);
const PLACES = [
  ["Riverside Market, Nairobi", -1.2701, 36.8078, "Riverside Drive"],
  ["Old Harbour, Mombasa", -4.0621, 39.6795, "Harbour Road"],
  ["Hilltop School, Kampala", 0.3327, 32.5705, "Hilltop Lane"],
];

/** The composer of one person; `phone` is the element that sheets open in. */
export function composer(person, phone) {
  const words = el("textarea", { rows: 1, placeholder: "Message", "aria-label": `Message as ${person.name}`, enterkeyhint: "send" });
  const send = el("button", { type: "button", class: "round send" });
  let ending = null;

  const show = () => {
    const name = ending ? "stop" : words.value.trim() ? "send" : "microphone";
    const title = { stop: "Stop and send the voice note", send: "Send", microphone: "Record a voice note" }[name];
    send.replaceChildren(icon(name));
    send.setAttribute("aria-label", title);
    send.title = title;
    send.classList.toggle("live", Boolean(ending));
    words.style.height = "auto";
    words.style.height = `${Math.min(words.scrollHeight, 120)}px`;
  };
  const speak = async () => {
    const text = words.value.trim();
    if (!text) return;
    words.value = "";
    show();
    await tried(() => say(person.person, { text }));
  };
  const press = async () => {
    if (ending) {
      const finish = ending;
      ending = null;
      show();
      return tried(async () => upload(person, "voice", await finish()));
    }
    if (words.value.trim()) return speak();
    ending = await record();
    return show();
  };
  words.addEventListener("input", show);
  words.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      speak();
    }
  });
  send.addEventListener("click", press);
  const insert = (face) => { words.setRangeText(face, words.selectionStart, words.selectionEnd, "end"); show(); words.focus(); };
  show();
  return el("div", { class: "composer" },
    tool("plus", "Attach", () => attach(person, phone)),
    el("div", { class: "field" }, tool("face", "Emoji", () => faces(phone, "Emoji", insert)), words),
    send);
}

/** A sheet of faces; `chosen` gets the one that is tapped. */
export function faces(phone, title, chosen) {
  const close = sheet(phone, title, el("div", { class: "faces" }, ...FACES.map((face) =>
    el("button", { type: "button", "aria-label": face, onclick: () => { close(); chosen(face); } }, face))));
}

/** A sheet of places to send. */
export function places(person, phone) {
  const rows = PLACES.map(([name, latitude, longitude, address]) => row(name, address, () => {
    close();
    tried(() => say(person.person, { location: { latitude, longitude, name, address } }));
  }, icon("pin")));
  const close = sheet(phone, "Send a place", el("div", { class: "rows" }, ...rows));
}

function attach(person, phone) {
  const rows = [
    row("Photo", "From this device", () => { close(); pick(person, "image", "image/*"); }, icon("photo")),
    row("A drawn photo", "When you have none at hand", () => { close(); drawn(person); }, icon("brush")),
    row("Document", "PDF, text or spreadsheet", () => { close(); pick(person, "document", ""); }, icon("file")),
    row("Location", "One of three places", () => places(person, phone), icon("pin")),
    row("Contact", "Joy, a friend", () => { close(); tried(() => say(person.person, { contacts: [{ name: "Joy Example", phone: "+254700000009" }] })); }, icon("person")),
  ];
  const close = sheet(phone, "Attach", el("div", { class: "rows" }, ...rows));
}

function pick(person, kind, accept) {
  const input = el("input", { type: "file", accept });
  input.addEventListener("change", () => input.files[0] && tried(() => upload(person, kind, input.files[0])));
  input.click();
}

function drawn(person) {
  const canvas = el("canvas", { width: 640, height: 420 });
  const pen = canvas.getContext("2d");
  const sky = pen.createLinearGradient(0, 0, 0, 420);
  sky.addColorStop(0, "#8ecae6");
  sky.addColorStop(1, "#f3e3c3");
  const shapes = [[sky, () => pen.rect(0, 0, 640, 420)], ["#f3c969", () => pen.arc(500, 110, 50, 0, 7)], ["#5f9e8f", () => { pen.moveTo(0, 420); pen.lineTo(180, 180); pen.lineTo(380, 420); }], ["#38705f", () => { pen.moveTo(220, 420); pen.lineTo(430, 230); pen.lineTo(640, 420); }], ["#0b6a9c", () => pen.rect(0, 360, 640, 60)]];
  for (const [colour, shape] of shapes) { pen.fillStyle = colour; pen.beginPath(); shape(); pen.fill(); }
  canvas.toBlob((blob) => tried(() => upload(person, "image", new File([blob], "bay.jpg", { type: "image/jpeg" }))), "image/jpeg", 0.9);
}

function upload(person, kind, file) {
  const form = new FormData();
  form.append(kind, file, file.name);
  return call("POST", `${path(person.person)}/messages`, form);
}

async function tried(act) {
  try {
    await act();
  } catch (problem) {
    news(problem.message);
  }
}

function tool(name, title, act) {
  return el("button", { type: "button", class: "round", "aria-label": title, title, onclick: act }, icon(name));
}
