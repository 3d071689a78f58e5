// One person's phone: the chat with the business, live.
import { call, path, say } from "/simulator/page/api.js";
import { bay, face, shop } from "/simulator/page/avatar.js";
import { bubble, restatus } from "/simulator/page/bubble.js";
import { composer, faces, places } from "/simulator/page/composer.js";
import { el, news } from "/simulator/page/dom.js";
import { icon } from "/simulator/page/icons.js";
import { row, sheet } from "/simulator/page/sheet.js";
import { day } from "/simulator/page/words.js";

const KEPT = 200;
const TYPING_MS = 25000;

/** A phone on the stage. */
export class Phone {
  constructor(person, business, onChosen) {
    this.person = person;
    this.messages = new Map();
    this.lastSeq = Math.max(0, person.last_seq - KEPT);
    this.unread = 0;
    this.shown = false;
    this.state = el("small", {}, "online");
    this.talk = el("div", { class: "talk", role: "log", "aria-label": `${person.name}'s chat`, tabindex: "0" });
    this.screen = el("div", { class: "phone" });
    this.screen.append(
      el("div", { class: "partner" }, bay(38), el("span", {}, el("b", {}, business), this.state)),
      this.talk, composer(person, this.screen));
    this.place = el("section", { class: "place", "aria-label": `${person.name}'s phone`, onpointerdown: onChosen, onfocusin: onChosen },
      this.owner(), this.screen);
    this.hello();
  }

  owner() {
    const { person, name, phone, display, username, role } = this.person;
    return el("header", { class: "owner" }, avatar(this.person, 44),
      el("span", { class: "owner-name" },
        el("b", {}, name),
        el("small", {}, display ?? `@${username}`, role === "business" ? el("span", { class: "badge" }, "Shop") : null)),
      this.only = el("a", { href: `#/phone/${encodeURIComponent(phone ?? person)}`, title: "Only this phone", "aria-label": `Show only ${name}'s phone` }, icon("link", 20)));
  }

  /** The link beside the name: to this phone alone, or back to all of them. */
  offer(alone) {
    const { name, phone, person } = this.person;
    const words = alone ? "All phones" : `Show only ${name}'s phone`;
    this.only.href = alone ? "#/" : `#/phone/${encodeURIComponent(phone ?? person)}`;
    this.only.title = words;
    this.only.setAttribute("aria-label", words);
  }

  hello() {
    const { name, role } = this.person;
    const chips = role === "business" ? ["Orders", "Menu"] : ["Hi 👋", "Menu", "Help"];
    this.greeting = el("div", { class: "hello" }, avatar(this.person, 64), el("b", {}, `This is ${name}'s phone`),
      el("p", {}, role === "business" ? "Orders arrive here. Or ask for them:" : "Write anything, or start with one of these:"),
      el("div", { class: "chips" }, ...chips.map((words) => el("button", { type: "button", onclick: () => this.say({ text: words }) }, words))));
    this.talk.append(this.greeting);
  }

  /** Fetch what is newer than what is shown; for the start and after every break of the stream. */
  async catchUp() {
    const { messages } = await call("GET", `${path(this.person.person)}/messages?peek=1&after=${this.lastSeq}`);
    messages.forEach((message) => this.add(message));
    this.look();
  }

  /** Show a message at its end of the chat. */
  add(message, { live = false } = {}) {
    if (message.seq <= this.lastSeq) return;
    this.lastSeq = message.seq;
    const before = [...this.messages.values()].pop();
    this.messages.set(message.id, message);
    this.greeting?.remove();
    this.greeting = null;
    if (message.from === "bot") this.typing(false);
    if (message.type === "reaction") return this.react(message);
    if (message.type === "edit" || message.type === "revoke") return this.change(message);
    const turn = bubble(message, this.acts());
    if (before?.from !== message.from || day(before.time) !== day(message.time)) turn.classList.add("tail");
    if (!before || day(before.time) !== day(message.time)) this.talk.append(el("p", { class: "day" }, day(message.time)));
    if (live) turn.classList.add("new");
    this.talk.append(turn);
    turn.querySelector("img.photo")?.addEventListener("load", () => this.down());
    this.down();
    if (live && message.from === "bot" && !this.shown) this.unread += 1;
    if (live) this.look();
  }

  react(message) {
    const target = message.reaction_to?.message_id;
    const turn = this.turn(target);
    turn?.querySelector(".reaction")?.remove();
    if (turn && message.text) turn.querySelector(".bubble").append(el("span", { class: "reaction" }, message.text));
  }

  change({ type, about, text }) {
    const old = this.messages.get(about);
    if (!old) return;
    Object.assign(old, type === "revoke" ? { revoked: true } : { text, edited: true });
    const turn = this.turn(about);
    const fresh = bubble(old, this.acts());
    fresh.className = turn.className;
    turn.replaceWith(fresh);
  }

  status({ id, status }) {
    const turn = this.turn(id);
    if (turn) restatus(turn, status);
  }

  typing(on) {
    clearTimeout(this.typingTimer);
    this.dots?.remove();
    this.dots = null;
    this.state.textContent = on ? "typing…" : "online";
    this.state.classList.toggle("typing", on);
    if (!on) return;
    this.dots = el("div", { class: "dots", "aria-label": "typing" }, el("i"), el("i"), el("i"));
    this.talk.append(this.dots);
    this.down();
    this.typingTimer = setTimeout(() => this.typing(false), TYPING_MS);
  }

  /** The person looks at the phone: what is there becomes read. */
  look() {
    if (!this.shown || document.hidden || !this.lastSeq) return;
    this.unread = 0;
    call("POST", `${path(this.person.person)}/read`, { seq: this.lastSeq }).catch(() => {});
  }

  acts() {
    return {
      find: (id) => this.messages.get(id),
      tap: (message, choice) => this.say({ tap: choice.id, message: message.id }),
      openList: (message) => this.openList(message),
      open: (event, url) => this.open(event, url),
      place: () => places(this.person, this.screen),
      react: (message) => faces(this.screen, "React", (emoji) => this.say({ reaction: emoji, message: message.id })),
    };
  }

  openList(message) {
    const rows = [];
    let section;
    for (const choice of message.choices) {
      if (choice.section && choice.section !== section) rows.push(el("h3", {}, choice.section));
      section = choice.section;
      rows.push(row(choice.label, choice.description, () => { close(); this.say({ tap: choice.id, message: message.id }); }, el("i", { class: "ring" })));
    }
    const close = sheet(this.screen, message.button || "Choose", el("div", { class: "rows" }, ...rows));
  }

  /** Our own till opens inside the phone; any other link in a new tab. */
  open(event, url) {
    const target = new URL(url, window.location.href);
    if (!target.pathname.startsWith("/simulator/checkout/")) return;
    event.preventDefault();
    this.openTill(url, "Checkout");
  }

  /** A page of ours to pay on: one that was tapped, or the prompt that M-Pesa shows by itself. */
  openTill(url, title) {
    this.closeTill?.();
    const { pathname } = new URL(url, window.location.href);
    const frame = el("iframe", { src: `${pathname}?in=phone`, title });
    this.closeTill = sheet(this.screen, title, frame, "till-sheet");
  }

  async say(body) {
    try {
      await say(this.person.person, body);
    } catch (problem) {
      news(problem.message);
    }
  }

  turn(id) {
    return id ? this.talk.querySelector(`[data-id="${CSS.escape(id)}"]`) : null;
  }

  down() {
    this.talk.scrollTop = this.talk.scrollHeight;
  }
}

/** The drawn likeness of a person or a shop. */
export function avatar({ name, role }, size) {
  return role === "business" ? shop(name, size) : face(name, size);
}
