// Behind the scenes of the chosen phone: session, last turn, and the fault switches.
import { call, path } from "/simulator/page/api.js";
import { el, news } from "/simulator/page/dom.js";
import { icon } from "/simulator/page/icons.js";
import { avatar } from "/simulator/page/phone.js";

const SETTINGS = [["0", "Off"], ["once", "Next time"], ["0.3", "Now and then"], ["1", "Always"]];
const FIRST = ["current_service", "current_step", "language", "stack"];
const NAMES = { current_service: "Service", current_step: "Step", language: "Language", stack: "Stack" };

/** The drawer; `show(person)` fills it. */
export class Drawer {
  constructor(place, onClose) {
    this.place = place;
    this.session = el("div");
    this.faults = el("div");
    this.head = el("header");
    this.place.append(this.head, this.session, el("h3", {}, "Make the world misbehave",
      el("button", { type: "button", class: "quiet", onclick: () => this.set("PUT", {}) }, "All off")), this.faults);
    this.onClose = onClose;
  }

  async show(person) {
    this.person = person;
    this.head.replaceChildren(avatar(person, 40), el("div", {}, el("h2", {}, `Behind ${person.name}'s chat`), el("small", {}, person.display ?? `@${person.username}`)),
      el("button", { type: "button", class: "round", "aria-label": "Close", onclick: this.onClose }, icon("close")));
    await Promise.all([this.refresh(), this.loadFaults()]);
  }

  /** Read the session again; called after every message. */
  async refresh() {
    if (!this.person || this.place.hidden) return;
    const wanted = this.person;
    const profile = await call("GET", path(wanted.person));
    if (wanted === this.person) this.session.replaceChildren(...sections(profile));
  }

  async loadFaults() {
    const { faults, about } = await call("GET", "/faults");
    this.about = about;
    this.showFaults(faults);
  }

  showFaults(faults) {
    const switches = Object.entries(this.about ?? {}).map(([name, words]) => this.fault(name, words, faults[name]));
    this.faults.replaceChildren(this.delay(faults.delay_ms), ...switches);
  }

  fault(name, words, value) {
    const now = typeof value === "object" ? (value.count ? "once" : "0") : String(value);
    const known = SETTINGS.some(([setting]) => setting === now) ? SETTINGS : [...SETTINGS, [now, now]];
    const select = el("select", { id: `fault-${name}`, onchange: (event) => this.set("PATCH", { [name]: event.target.value === "once" ? { count: 1 } : Number(event.target.value) }) },
      ...known.map(([setting, label]) => el("option", { value: setting, selected: setting === now }, label)));
    return el("div", { class: now === "0" ? "fault" : "fault on" }, el("label", { for: `fault-${name}` }, name.replaceAll("_", " "), el("small", {}, words)), select);
  }

  delay(value) {
    const input = el("input", { id: "fault-delay", type: "number", min: 0, step: 100, value, onchange: (event) => this.set("PATCH", { delay_ms: Number(event.target.value) || 0 }) });
    return el("div", { class: value ? "fault on" : "fault" }, el("label", { for: "fault-delay" }, "delay", el("small", {}, "milliseconds before every webhook")), input);
  }

  async set(method, body) {
    try {
      this.showFaults((await call(method, "/faults", body)).faults);
    } catch (problem) {
      news(problem.message);
    }
  }
}

function sections(profile) {
  const window_words = profile.window_open ? "open, anything may be sent" : "closed, only templates reach this phone";
  const parts = [el("dl", { class: "facts" }, ...fact("24 h window", window_words), ...fact("User id", el("code", {}, profile.user_id)))];
  const session = profile.session;
  if (!session) return [...parts, el("h3", {}, "Session"), el("p", { class: "none" }, "No session yet. It begins with the first word this phone sends.")];
  const known = FIRST.filter((key) => session[key] !== undefined && session[key] !== null);
  const rest = Object.entries(session).filter(([key, value]) => !FIRST.includes(key) && key !== "last_turn" && value !== null);
  parts.push(el("h3", {}, "Session"), el("dl", { class: "facts" },
    ...known.flatMap((key) => fact(NAMES[key], key === "stack" ? stack(session.stack) : el("code", {}, String(session[key])))),
    ...rest.flatMap(([key, value]) => fact(titled(key), value))));
  if (session.last_turn) parts.push(el("h3", {}, "Written by the last turn"), el("dl", { class: "facts glow" }, ...entries(session.last_turn)));
  return parts;
}

function entries(value) {
  return Object.entries(value).flatMap(([key, each]) => fact(titled(key), each));
}

function fact(name, value) {
  if (value instanceof Node || typeof value !== "object" || value === null) {
    return [el("dt", {}, name), el("dd", {}, value instanceof Node ? value : shown(value))];
  }
  if (Array.isArray(value)) {
    const lines = value.map((each) => (typeof each === "object" && each ? Object.values(each).map(shown).join(" · ") : shown(each)));
    return [el("dt", {}, name), el("dd", {}, ...(lines.length ? lines.map((line) => el("div", {}, line)) : ["none"]))];
  }
  const inner = entries(value);
  if (!inner.length) return [el("dt", {}, name), el("dd", {}, "none")];
  return [el("dt", {}, name), el("dd"), el("dd", { class: "deep" }, el("dl", { class: "facts" }, ...inner))];
}

function stack(steps) {
  const names = (Array.isArray(steps) ? steps : []).map((step) => (typeof step === "string" ? step : step?.tag ?? step?.step ?? JSON.stringify(step)));
  return el("ul", { class: "stack" }, ...(names.length ? names.map((name) => el("li", {}, el("code", {}, name))) : [el("li", {}, "empty")]));
}

function shown(value) {
  if (value === true) return "yes";
  if (value === false) return "no";
  if (value && typeof value === "object") return JSON.stringify(value);
  return value === null || value === undefined || value === "" ? "none" : String(value);
}

function titled(key) {
  const words = key.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
